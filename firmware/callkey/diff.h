/* diff.h: two texts as a unified diff, as diff -u prints it. Pure. */
#ifndef CALLKEY_DIFF_H
#define CALLKEY_DIFF_H

#include "lib/err.h"

enum { DIFF_LINES_MAX = 8192 };

/* out: malloc'd, the caller's; "" when the texts are equal. The names stand in the head. ERR_TOO_LONG: a text has more than
 * DIFF_LINES_MAX lines. */
int diff_unified(const char *old_name, const char *old, const char *new_name, const char *fresh, char **out) MUST_CHECK;

#endif
