/* ledger_priv.h: orders, between ledger.c (what becomes of them) and ledger_file.c (what of that is kept). */
#ifndef WORLD_LEDGER_PRIV_H
#define WORLD_LEDGER_PRIV_H

#include "model/ids.h"
#include "sandbox/world/journal.h"
#include "sandbox/world/ledger.h"

enum { LEDGER_BUCKETS = 4096, LEDGER_WORD_SIZE = 96 };
enum order_state { ORDER_VERIFIED, ORDER_APPROVED, ORDER_DECLINED, ORDER_NET_CANCELED, ORDER_CANCELED, ORDER_STATES };
extern const char *const ledger_state_names[ORDER_STATES];

struct ledger_order {
	struct ledger_order *next_in_bucket, *next;
	struct ledger_ask ask;
	enum order_state state;
	bool known;                          /* it was asked for; false: only its cancellation came */
	int bookings;
	int64_t remaining_minor;             /* of what was approved */
	int64_t tax_free_left, vat_left;     /* of it, when the order said its parts; else -1 */
	char tid[ID_SIZE], approval_no[9], issued_key[LEDGER_KEY_SIZE];
	bool issued_key_lives;
	struct wall at;
	struct card_mask mask;
	json_t *history;
	struct card_decline read_decline;    /* of a journal: what ask.decline points at then */
	char read_words[3][LEDGER_WORD_SIZE];
};

struct ledger {
	struct ledger_order *bucket[LEDGER_BUCKETS], *first, **last;
	size_t count;
	struct journal *journal;             /* NULL: nothing is kept, or it is just being read */
};

struct ledger_order *ledger_order_of(const struct ledger *l, const char *order_id);
/* An approved order's amount, of which nothing has been given back; and what a cancellation takes from it. */
void ledger_order_fill(struct ledger_order *o);
void ledger_order_take(struct ledger_order *paid, struct ledger_order *cancel);
int ledger_order_add(struct ledger *l, const struct ledger_ask *a, struct wall now, struct ledger_order **o) MUST_CHECK;
void ledger_order_note(struct ledger_order *o, const char *op, const char *text, struct wall now);

/* ---- ledger_file.c ---- */
/* What has just been decided goes to the journal. */
int ledger_keep_order(struct ledger *l, const struct ledger_order *o) MUST_CHECK;
int ledger_keep_net_cancel(struct ledger *l, const char *order_id, const char *reason, struct wall now) MUST_CHECK;
int ledger_keep_expiry(struct ledger *l, const char *billing_key) MUST_CHECK;

#endif
