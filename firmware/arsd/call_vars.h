/* call_vars.h: what a scenario may say and ask of a call: its variables, conditions and choices. Pure look-ups in facts
 * that the call gathers before each step. */
#ifndef ARSD_CALL_VARS_H
#define ARSD_CALL_VARS_H

#include "arsd/arsd.h"
#include "arsd/withdrawal.h"
#include "arsd/promotions.h"

struct call_facts {
	const struct request *request;
	const char *language;
	struct card_mask registered;      /* behind the billing key; last4 "" when there is none */
	struct card_mask typed;           /* last4 "" until a card number was complete */
	bool other_card;                  /* the caller chose to pay with another card */
	bool needs_card;                  /* the caller's number does not suffice for the registered card */
	bool takes_cards;                 /* the keystore is not locked */
	bool may_keep;                    /* there is a billing key that it could be kept behind, and its gateway keeps cards */
	const struct withdrawal *withdrawal;   /* of a call that ends a registration; NULL of others */
	bool (*has_prompt)(const char *language, const char *id, void *context);
	void *context;
	struct promotion_sources promotions;   /* of the gateway that is asked for the money */
	struct wall now;
};

/* Look-ups for the engine; facts must outlive them. */
struct scenario_vars call_vars_make(const struct call_facts *facts);
/* The card that is or would be charged. */
const struct card_mask *call_vars_card(const struct call_facts *f);
/* May this payment be split? Only if asked for, from 50,000 won, with a card known to be a credit card. */
bool call_vars_instalments_possible(const struct request *r, const struct card_mask *card);
/* The months behind option n of the choice: 0 (one payment) first, then those allowed. -1: no such option. */
int call_vars_months(const struct request *r, int n);
/* Bit n: n months are offered, and free of interest by these facts. */
uint64_t call_vars_free_months(const struct call_facts *f);
/* Who pays the interest of so many months with this card today: the merchant by its request, the card company by the table. */
enum interest_free call_vars_interest_free(const struct request *r, const struct card_mask *card, int months,
                                           const struct promotion_sources *p, struct wall now);

#endif
