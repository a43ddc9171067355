/* keyfile_text.h: the key file's text, between keyfile.c (disk) and keyfile_text.c (form). Lines end in LF:
 *   callkey-keys 1
 *   generation 12 token openssl
 *   master scheme components parts 2 needed 2 kcv 1A2B3C salt HEX check HEX,HEX unattended BASE64URL|-
 *   key NAME VERSION USAGE ALGORITHM STATE exportable|fixed KCV CREATED FROM UNTIL WRAPPED [KID of a gateway's key]
 *   mac BASE64URL                                        HMAC-SHA256 of all above, under a key derived from the master key */
#ifndef KEYS_KEYFILE_TEXT_H
#define KEYS_KEYFILE_TEXT_H

#include "keys/keyfile.h"

enum { KEYFILE_LINE_MAX = 2048, KEYFILE_TEXT_MAX = (KEYFILE_KEYS_MAX + 8) * KEYFILE_LINE_MAX };

/* Writes all but the MAC's line; the text's length. */
int keyfile_print(const struct keyfile *f, char *text, size_t size) MUST_CHECK;
/* text is cut up. ERR_INVALID with why, which names the line. */
int keyfile_parse(char *text, struct keyfile *f, char why[KEYFILE_WHY_SIZE]) MUST_CHECK;

#endif
