/* ledger.h: what the sandbox's PG has booked: orders with their history, and billing keys. In memory: it ends with the
 * process, unless a journal keeps it. Holds masks of cards, never a number. */
#ifndef WORLD_LEDGER_H
#define WORLD_LEDGER_H

#include <stdbool.h>
#include <stdint.h>

#include "json/json.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "sandbox/world/cards.h"

enum { LEDGER_ORDER_SIZE = 64, LEDGER_KEY_SIZE = 64, LEDGER_NAME_SIZE = 161 };

/* What is to be given back of an order, under an id of its own. */
struct ledger_cancel {
	char cancel_id[LEDGER_ORDER_SIZE], order_id[LEDGER_ORDER_SIZE], currency[4], reason[LEDGER_NAME_SIZE];
	int64_t amount_minor, tax_free_minor, vat_minor;   /* vat_minor -1: not said */
};

/* An order as the merchant asks for it and as the PG has decided. */
struct ledger_ask {
	bool pay;                              /* false: verify */
	char order_id[LEDGER_ORDER_SIZE];
	int64_t amount_minor;                  /* of pay: these eight */
	int64_t tax_free_minor, vat_minor;     /* parts of it; -1: not said */
	char currency[4];
	int instalment_months;                 /* 0: at once */
	bool interest_free, keep;
	char order_name[LEDGER_NAME_SIZE];
	char billing_key[LEDGER_KEY_SIZE];     /* what it is paid with; "": a sealed card */
	char kid[LEDGER_ORDER_SIZE];           /* of a sealed card: the key that its record names */
	const struct test_card *card;          /* NULL: none of the table */
	const struct card_decline *decline;    /* NULL: yes */
	struct ledger_cancel cancel;           /* a cancellation: order_id is not "" */
};

struct ledger;
struct ledger_order;

int ledger_new(struct ledger **l) MUST_CHECK;
/* Reads what DIR/pg.journal has, and keeps there what is decided from now on: written before the functions below return. */
int ledger_open_journal(struct ledger *l, const char *dir) MUST_CHECK;
void ledger_free(struct ledger **l);

/* Books an order once. Asked again for the same order, the first decision stands and nothing is booked: 0 when the questions
 * are the same, ERR_EXISTS when they differ. ERR_STATE: it was cancelled before. ERR_EXHAUSTED, ERR_NOMEM: nothing done.
 * ERR_IO: booked, but not kept, and nobody is to be told. */
int ledger_book(struct ledger *l, const struct ledger_ask *a, struct wall now, const struct ledger_order **o) MUST_CHECK;
/* Takes an order back, with the billing key it issued; one that is not known is noted, so that it cannot be booked later. */
int ledger_net_cancel(struct ledger *l, const char *order_id, const char *reason, struct wall now,
                      const struct ledger_order **o) MUST_CHECK;
/* Gives part of an approved order back, once for each cancel_id: asked again, the first decision stands. More than remains, or of
 * no approved order, is declined, and that is kept too. Errors as of ledger_book(). */
int ledger_cancel(struct ledger *l, const struct ledger_cancel *c, struct wall now, const struct ledger_order **o) MUST_CHECK;
const struct ledger_order *ledger_find(const struct ledger *l, const char *order_id);
/* Notes a question about an order in its history. */
void ledger_note(struct ledger *l, const char *order_id, const char *op, const char *note, struct wall now);

/* The card behind a living billing key, or NULL. */
const struct test_card *ledger_card_of(const struct ledger *l, const char *billing_key);
int ledger_expire(struct ledger *l, const char *billing_key) MUST_CHECK;      /* ERR_NOT_FOUND */

/* Rows of pg_list.h for what moved money, or took it back, from from_ms until before to_ms. */
json_t *ledger_list(const struct ledger *l, int64_t from_ms, int64_t to_ms);

/* The PG's answer about an order (pg.h). */
json_t *ledger_answer(const struct ledger_order *o);
/* The same with all that was asked, "bookings" (how often money or a key was given: 0 or 1) and "history". */
json_t *ledger_show(const struct ledger_order *o);
/* All orders in the order of their arrival, and totals over them; approved_total is less what was given back. */
json_t *ledger_show_all(const struct ledger *l);

#endif
