/* files.h: the files and sockets of the world's folder, made by whoever starts it (the rig). */
#ifndef WORLD_FILES_H
#define WORLD_FILES_H

#include <stddef.h>

#include "lib/err.h"

enum { FILES_PATH_SIZE = 108, FILES_SECRET_SIZE = 256 };    /* a path must fit a socket's address */

int files_path(const char *dir, const char *name, char path[FILES_PATH_SIZE]) MUST_CHECK;      /* ERR_TOO_LONG */
/* One line of printable ASCII, without its end. ERR_IO, ERR_INVALID; said in the log. */
int files_secret(const char *dir, const char *name, char secret[FILES_SECRET_SIZE]) MUST_CHECK;

#endif
