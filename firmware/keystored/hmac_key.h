/* hmac_key.h: the key of the card fingerprints: 32 random bytes in a file of mode 0600, made once. Whoever has it can try
 * card numbers against fingerprints, so it stays with keystored. */
#ifndef KEYSTORED_HMAC_KEY_H
#define KEYSTORED_HMAC_KEY_H

#include <stdint.h>

#include "conf/conf.h"

enum { HMAC_KEY_SIZE = 32 };

/* Reads the file; if there is none, makes it: whole or not at all, whatever happens meanwhile. On failure why says file
 * and what to do. */
int hmac_key_load(const char *path, uint8_t key[HMAC_KEY_SIZE], char why[CONF_WHY_SIZE]) MUST_CHECK;

#endif
