/* phone.h: Korean telephone numbers in one canonical form, national digits with the leading 0 ("01012345678"), or the
 * digits of a service number ("15881234"). Input may have spaces, hyphens and +82 / 0082 / 82. */
#ifndef MODEL_PHONE_H
#define MODEL_PHONE_H

#include <stdbool.h>

#include "lib/err.h"

enum { PHONE_SIZE = 24 };
struct phone { char digits[PHONE_SIZE]; };

int phone_parse(const char *text, struct phone *p) MUST_CHECK;          /* ERR_INVALID */
bool phone_is_mobile(const struct phone *p);                            /* 010, 011, 016..019 */
bool phone_equal(const struct phone *a, const struct phone *b);
/* "010-****-5678": what a log or a list may show. */
const char *phone_print_masked(const struct phone *p, char buf[PHONE_SIZE]);
/* "070-1234-5678" for people. */
const char *phone_print(const struct phone *p, char buf[PHONE_SIZE + 8]);

#endif
