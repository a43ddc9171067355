/* secret_file.h: what uplinkd authenticates itself with: a file holds it, not the configuration. */
#ifndef UPLINKD_SECRET_FILE_H
#define UPLINKD_SECRET_FILE_H

#include <stddef.h>

#include "lib/err.h"

/* One line, printable ASCII, without its end of line. ERR_INVALID, ERR_IO, ERR_TOO_LONG. */
int secret_file_read(const char *path, char *out, size_t size) MUST_CHECK;

#endif
