/* key_file.h: a secret key of keystored's own: 32 random bytes in a file of mode 0600, made once. */
#ifndef KEYSTORED_KEY_FILE_H
#define KEYSTORED_KEY_FILE_H

#include <stdint.h>

#include "conf/conf.h"

enum { KEY_FILE_SIZE = 32 };

/* setting: where callkey.cfg names it. anew, without: for people: what begins anew if it is removed, what is lost without it. */
struct key_file { const char *path, *setting, *anew, *without; };

/* Reads the file; if there is none, makes it: whole or not at all, whatever happens meanwhile. On failure why says file
 * and what to do. */
int key_file_load(const struct key_file *f, uint8_t key[KEY_FILE_SIZE], char why[CONF_WHY_SIZE]) MUST_CHECK;

#endif
