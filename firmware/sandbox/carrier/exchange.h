/* exchange.h: the exchange's end of the analog lines of one span: it rings, sees who answers, opens the loop for half a second when
 * the caller hangs up. What it says by sound is the phone's. */
#ifndef CARRIER_EXCHANGE_H
#define CARRIER_EXCHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/clock.h"
#include "lib/err.h"

enum exchange_event {
	EXCHANGE_RINGS,              /* a burst of ringing is over: now caller id may be said */
	EXCHANGE_ANSWERED,
	EXCHANGE_ENDED,              /* the line is free; far: the subscriber hung up, or the card failed */
};

struct exchange;
struct exchange_callbacks {
	void (*send_frame)(void *context, const uint8_t *octets, size_t len);
	void (*event)(void *context, int slot, enum exchange_event e, bool far);
	void *context;
};

int exchange_new(const struct exchange_callbacks *cb, struct exchange **x) MUST_CHECK;
void exchange_free(struct exchange **x);
/* Rings, as soon as the line has been on hook for long enough. ERR_EXISTS: it is in a call. */
int exchange_call(struct exchange *x, int slot) MUST_CHECK;
/* EXCHANGE_ENDED follows, never inside. */
void exchange_hang_up(struct exchange *x, int slot);
void exchange_receive(struct exchange *x, const uint8_t *octets, size_t len);
void exchange_run(struct exchange *x, struct mono now);
/* The card is gone: all calls end. */
void exchange_lost(struct exchange *x);

#endif
