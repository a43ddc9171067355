/* q931.h: D-channel frames as a trace keeps and shows them: what must not be kept is taken out, numbers are masked, the rest is
 * put into words. Pure; a frame may hold anything. Frames begin with the Q.921 address and have no FCS.
 *
 * Information elements are kept by a list of those that a trace needs; of all others only the identifier stays, with length 0. So
 * digits that a caller sends in a call (keypad facility), texts, user-user data and what nobody knows are never in a trace. */
#ifndef MODEL_Q931_H
#define MODEL_Q931_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/err.h"

enum { Q931_FRAME_MAX = 300, Q931_TEXT_SIZE = 4096 };

/* Q.931 table 4-2, as far as this code asks for them by name. */
enum q931_type {
	Q931_ALERTING = 0x01, Q931_CALL_PROCEEDING = 0x02, Q931_PROGRESS = 0x03, Q931_SETUP = 0x05, Q931_CONNECT = 0x07,
	Q931_SETUP_ACK = 0x0d, Q931_CONNECT_ACK = 0x0f, Q931_DISCONNECT = 0x45, Q931_RELEASE = 0x4d, Q931_RELEASE_COMPLETE = 0x5a,
	Q931_INFORMATION = 0x7b,
};

struct q931_head {
	bool is_message;              /* an I frame with Q.931 or SERVICE in it; else the rest is unset */
	bool is_service;              /* a maintenance message (protocol discriminator 0x03 or 0x43) */
	bool to_origin;               /* the flag: sent to the side that made the call */
	uint16_t reference;
	uint8_t type;
};
void q931_read_head(const uint8_t *frame, size_t len, struct q931_head *h);

/* Takes out of the frame what must not be kept. dialling: the called number is not complete yet, so digits of INFORMATION are
 * its; a SETUP's are always. Returns the frame's new length, never more than before. */
size_t q931_scrub(uint8_t *frame, size_t len, bool dialling);
/* Masks the digits of all numbers, "010****5678": at most the first three and the last four stay, and half of a short one. */
void q931_mask(uint8_t *frame, size_t len);
/* The name of what it is ("SETUP", "SABME"), then, each on a line of its own after four spaces, what it says. Printable ASCII
 * whatever the frame holds; text is cut rather than overrun. Returns text. */
const char *q931_print(const uint8_t *frame, size_t len, char text[Q931_TEXT_SIZE]);
/* "normal call clearing", "" when unknown. */
const char *q931_cause_word(int cause);

#endif
