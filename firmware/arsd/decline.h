/* decline.h: what a no means: by its class (who can mend it) or, when it is ours, by its code. The one table of what the caller may
 * do about it now, what the merchant is advised, and what the caller hears. Pure. */
#ifndef ARSD_DECLINE_H
#define ARSD_DECLINE_H

#include "ipc/uplink.h"

/* What may follow in the call. */
enum decline_next {
	DECLINE_ENDS,             /* the request ends */
	DECLINE_TYPE_AGAIN,       /* who typed may type again, as often as a card bears it */
	DECLINE_CALL_AGAIN,       /* it says nothing of the card: the customer may call again */
};

/* The public word of a class of ipc/uplink.h; one that we do not know is a trouble of the system. */
const char *decline_class_word(uint8_t class);
enum decline_next decline_next(uint8_t class);
/* failure.retry: "no" (not again as it is), "other_card", "later", "now". code: as in failure.code; class: the public word. */
const char *decline_retry(const char *code, const char *class);
/* The prompt that says why; NULL: nothing is to be said of it. */
const char *decline_prompt(const char *code, const char *class);
/* The n-th of all prompts that decline_prompt() may answer with (some come twice); NULL behind the last. */
const char *decline_prompt_at(int n);

#endif
