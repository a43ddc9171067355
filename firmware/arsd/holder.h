/* holder.h: is the caller the holder of the phone that was asked? A pure decision over what the network said of the call
 * and what is leased; two-line rule, all of it here: the number must be vouched for, and the pair must be leased. */
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
};
enum holder_verdict {
	HOLDER_OK, HOLDER_WITHHELD, HOLDER_UNVERIFIED, HOLDER_DIVERTED, HOLDER_NOT_LEASED, HOLDER_EXPIRED, HOLDER_BUSY,
};

enum holder_verdict holder_decide(const struct holder_facts *f);
/* "withheld": a word for events and timelines. */
const char *holder_word(enum holder_verdict v);
/* The right phone that comes late or twice is no mismatch: nobody is warned of it. */
bool holder_is_mismatch(enum holder_verdict v);

#endif
