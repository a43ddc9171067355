/* holder.h: is the caller the holder of the phone that was asked? A pure decision over what the network said of the call
 * and what is leased; two-line rule, all of it here: the number must be vouched for, and the pair must be leased.
 *
 * The number that an analog line tells is weaker: it vouches only together with a card that the caller enters in this call and the
 * PG verifies. Such a caller may register a card and pay with another one, but not with the registered one. */
#ifndef ARSD_HOLDER_H
#define ARSD_HOLDER_H

#include <stdbool.h>
#include <stdint.h>

struct holder_facts {
	bool has_caller;              /* a caller number that is one */
	uint8_t screening;            /* enum callctl_screening */
	bool presentation_allowed, diverted;
	bool leased;                  /* the pair (called, caller) belongs to a live request */
	bool expired;                 /* whose time is over */
	bool busy;                    /* which is in another call, or at the PG */
	bool takes_card;              /* it can be met by a card that is entered in the call: a registration, or another card */
};
enum holder_verdict {
	HOLDER_OK, HOLDER_WITHHELD, HOLDER_UNVERIFIED, HOLDER_DIVERTED, HOLDER_NOT_LEASED, HOLDER_EXPIRED, HOLDER_BUSY,
};

enum holder_verdict holder_decide(const struct holder_facts *f);
/* The caller's number is not enough: nothing may be paid in this call without a card that is entered in it. */
bool holder_needs_card(uint8_t screening);
/* "withheld": a word for events and timelines. */
const char *holder_word(enum holder_verdict v);
/* The right phone that comes late or twice is no mismatch: nobody is warned of it. */
bool holder_is_mismatch(enum holder_verdict v);

#endif
