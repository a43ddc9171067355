/* keystored_keypad.h: the table of calls with a keypad, and everything around it, for the tests of it: messages in, messages out. */
#ifndef TESTS_KEYSTORED_KEYPAD_H
#define TESTS_KEYSTORED_KEYPAD_H

#include "keystored/calls.h"
#include "keystored/meters.h"

static const char card[] = "9461200012345673";
enum { CALL = 7, IDLE_MS = 120000, PLACES = 8 };

/* Everything around the table. said: what went out, in words. */
extern struct keypad {
	struct calls *calls;
	struct issuers *issuers;
	struct metrics meters;
	struct calls_now now;
	char said[2000];
	struct vault_field_result last;
} keypad;

/* A table with CALL in it. */
int keypad_set_up(void **state);
int keypad_tear_down(void **state);
/* All that went out since it was asked for last: "complete 7/1 ". */
void keypad_expect_said(const char *want);
/* ---- what CALL does ---- */
void keypad_open(uint32_t field, enum vault_kind kind, bool fresh);
void keypad_type(uint32_t field, const char *keys);
void keypad_time_out(uint32_t field);

int64_t keypad_meter(enum meters which);

#endif
