/* show_lines.h: what was done to a line, and the trace of its D-channel, in words. For show.c. */
#ifndef CALLKEY_SHOW_LINES_H
#define CALLKEY_SHOW_LINES_H

#include <stdio.h>

#include "json/json.h"

void print_lock(FILE *f, const json_t *answer);
void print_zeroed(FILE *f, const json_t *answer);
void print_trace(FILE *f, const json_t *answer);
/* What is unusual about a span's signalling, of callkey trunks: locked, traced, refused. One line each, nothing when all is usual. */
void print_signalling(FILE *f, const json_t *span);
/* The same of a span's analog lines. */
void print_analog(FILE *f, const json_t *span);

#endif
