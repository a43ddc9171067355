/* terminal.h: a person at a terminal who types what nobody else may see. Nothing that is typed is echoed unless it is asked for
 * so; a screen that showed a part is cleared, and what a terminal keeps above it, too. Ctrl-C, SIGTERM, the end of the
 * input and long silence are one thing: the person goes away. A pipe in the terminal's place works, without screens. One at a time in a process. */
#ifndef CALLKEY_TERMINAL_H
#define CALLKEY_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/err.h"

enum { TERMINAL_LINE_SIZE = 256 };

/* Takes standard input and output. Signals wait from here on until somebody is asked. Who does not type for idle_s is gone. */
void terminal_open(int idle_s);
/* Was it silence? */
bool terminal_was_idle(void);
/* The terminal as it was; what was typed ahead is thrown away, lest a shell gets it. */
void terminal_close(void);
bool terminal_types(void);      /* input is a terminal */
bool terminal_shows(void);      /* output is one */

/* An empty screen for the next person. */
void terminal_clear(void);
/* The screen of before the first terminal_clear(); nothing of between is left. */
void terminal_leave(void);
void terminal_say(const char *fmt, ...) PRINTF_LIKE(1, 2);
/* Asks, and waits for a line; text without its end. hidden: not echoed. ERR_CLOSED: gone. ERR_TOO_LONG: nothing was taken. */
int terminal_ask(const char *question, bool hidden, char text[TERMINAL_LINE_SIZE]) MUST_CHECK;
/* Asks and waits for Enter; on a pipe, for nothing. ERR_CLOSED. */
int terminal_wait(const char *question) MUST_CHECK;
/* Asks until the answer is yes (1) or no (0); on a pipe it is yes. ERR_CLOSED. */
int terminal_agrees(const char *question) MUST_CHECK;

#endif
