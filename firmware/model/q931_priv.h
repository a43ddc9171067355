/* q931_priv.h: the walk over a message's information elements, shared by q931.c and q931_print.c. */
#ifndef MODEL_Q931_PRIV_H
#define MODEL_Q931_PRIV_H

#include "model/q931.h"

/* Codeset 0, Q.931 table 4-3; CHANGE_STATUS of maintenance messages, AT&T TR 41459. */
enum {
	IE_CHANGE_STATUS = 0x01, IE_BEARER = 0x04, IE_CAUSE = 0x08, IE_CALL_STATE = 0x14, IE_CHANNEL = 0x18, IE_FACILITY = 0x1c,
	IE_PROGRESS = 0x1e, IE_NETWORK_FACILITIES = 0x20, IE_NOTIFICATION = 0x27, IE_DISPLAY = 0x28, IE_DATE = 0x29, IE_KEYPAD = 0x2c,
	IE_CONNECTED = 0x4c, IE_CALLING = 0x6c, IE_CALLED = 0x70, IE_REDIRECTING = 0x74, IE_RESTART = 0x79, IE_LOW_LAYER = 0x7c,
	IE_HIGH_LAYER = 0x7d, IE_USER_USER = 0x7e, IE_SENDING_COMPLETE = 0xa1,
};

struct q931_elements {
	const uint8_t *frame;
	size_t len, next;
	uint8_t codeset_locked, codeset_once;
	bool once;
	/* of the element at hand */
	size_t at;
	uint8_t id, codeset;
	bool single;                  /* one octet, without a value */
	size_t value_len;
	const uint8_t *value;
	bool broken;                  /* the message ended within an element */
};
void elements_begin(struct q931_elements *e, const uint8_t *frame, size_t len);
bool elements_next(struct q931_elements *e);
/* Of an element that is a number: where its digits begin. False: it is none, or has none. */
bool element_digits(const struct q931_elements *e, size_t *from);

#endif
