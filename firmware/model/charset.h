/* charset.h: the characters that Korean text messages are made of. KS X 1001 as EUC-KR has 2,350 of the 11,172 syllables;
 * CP949 (Microsoft's UHC) is its superset with all of them, in octets that a receiver of EUC-KR takes for rubbish.
 *
 * Made once at start: the tables are read from iconv(3), which loads its modules from disk. After that pure. */
#ifndef MODEL_CHARSET_H
#define MODEL_CHARSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/err.h"

/* UNICODE: every character is one of it; encoded it is UTF-16BE, which is what SMPP calls UCS-2. */
enum charset_name { CHARSET_EUC_KR, CHARSET_CP949, CHARSET_UNICODE };

struct charset;
/* ERR_NOT_FOUND: this machine's iconv does not know CP949. ERR_NOMEM. */
int charset_new(enum charset_name name, struct charset **c) MUST_CHECK;
void charset_free(struct charset **c);
/* "euc-kr" "cp949" "unicode" */
int charset_parse(const char *word, enum charset_name *name) MUST_CHECK;

/* Octets of a text (UTF-8) as a Korean provider bills it: one for ASCII, two for anything else. */
size_t charset_octets(const char *text);

/* Rewrites text so that every character of it is in the set. Jamo that a syllable was taken apart into (NFD) are put together.
 * What is not in the set becomes what looks like it, or '?', or nothing if it is not seen, if replace is set; otherwise ERR_INVALID.
 * bad receives the first character that was refused, or that was replaced and is seen, as UTF-8; "" for none. Control characters but the line feed are dropped. Returns the length of out;
 * ERR_TOO_LONG. */
int charset_clean(const struct charset *c, const char *text, bool replace, char *out, size_t size, char bad[8]) MUST_CHECK;

/* The octets of a cleaned text. Returns how many; ERR_INVALID: a character that is not in the set, or no UTF-8;
 * ERR_TOO_LONG. */
int charset_encode(const struct charset *c, const char *text, uint8_t *out, size_t size) MUST_CHECK;

/* Length of the longest start of text that has no more than octets, whole characters only. */
size_t charset_cut(const char *text, size_t octets);

#endif
