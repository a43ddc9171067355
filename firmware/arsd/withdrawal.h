/* withdrawal.h: what a caller of a service number can end: the registrations of the telephone that he calls from, of all merchants, in
 * pages as a menu has keys for. The number itself must be vouched for by the network; no lease is needed, for nobody has asked for
 * this call. What ends is the billing key, as if its merchant had deleted it (billing_keys.h). */
#ifndef ARSD_WITHDRAWAL_H
#define ARSD_WITHDRAWAL_H

#include "arsd/arsd.h"
#include "arsd/holder.h"

/* MOST: further ones come after some of these have ended. */
enum { WITHDRAWAL_MOST = 64, WITHDRAWAL_KEYS = 8 };
struct withdrawal_item {
	struct id key;
	struct card_mask card;
	char merchant_name[121], speech[80];
	bool has_sound;
};
struct withdrawal {
	struct withdrawal_item item[WITHDRAWAL_MOST];
	int count, first;                 /* first: of the page */
	int chosen;                       /* -1: none */
	bool more;                        /* the caller wants the next page */
};

/* May this caller end what is registered for the number? HOLDER_OK, or why not. */
enum holder_verdict withdrawal_verdict(const struct call_record *c);
/* The language in which the caller registered last; language and speed stay without any registration. */
void withdrawal_language(struct arsd *a, struct call_record *c);
/* Reads what there is now, from the first page on; the sounds of merchants' names that are missing are being made. */
int withdrawal_read(struct arsd *a, const struct call_record *c, struct withdrawal *w) MUST_CHECK;
/* Looks which names of the page can be spoken. */
void withdrawal_hear(struct arsd *a, const struct call_record *c, struct withdrawal *w);

/* How many options the page has; the last of them may be the next page. Pure, as what follows. */
int withdrawal_options(const struct withdrawal *w);
/* What option n (0..) is; NULL: the next page, or none. */
const struct withdrawal_item *withdrawal_option(const struct withdrawal *w, int n);
void withdrawal_choose(struct withdrawal *w, int n);
const struct withdrawal_item *withdrawal_chosen(const struct withdrawal *w);      /* NULL: none */

/* Ends what was chosen, and reads anew. "ok" or "system", as a scenario's outcome. */
const char *withdrawal_carry_out(struct arsd *a, const struct call_record *c, struct withdrawal *w);

#endif
