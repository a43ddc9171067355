/* schedules.h: payments that are made by themselves; and the clocks of test merchants, which move them. As in store.h: arsd alone,
 * its one thread, the turn's transaction. */
#ifndef STORE_SCHEDULES_H
#define STORE_SCHEDULES_H

#include "store/lists.h"

enum { SCHEDULE_ORDER_SIZE = 49, SCHEDULE_REASON_SIZE = 32 };
struct schedule {
	struct id id, merchant, billing_key;
	char state[REQUEST_STATE_SIZE];               /* "active" "paused" "ended" */
	char reason[SCHEDULE_REASON_SIZE];            /* why it is paused or ended, "" */
	/* what each payment is, as it would be asked for */
	char order_id[SCHEDULE_ORDER_SIZE];           /* with {n} and {date}: schedule_rule.h in arsd */
	char order_name[121];
	struct money amount;
	struct tax_parts tax;
	char cycle[16];
	bool consent_skip, other_card_allowed, sms_skip;
	char instalment_mode[8], instalment_allowed[80], interest_free[80];
	uint8_t instalment_months;
	char language[4], speed[8];
	uint32_t expires_in_s;                        /* 0: the appliance's */
	/* when */
	uint8_t repeat, month_day;                    /* enum schedule_repeat */
	uint16_t every_days, minute;
	int64_t starts, ends;
	uint32_t runs_most;                           /* 0: no limit */
	/* how far */
	uint32_t runs, missed;
	char delay[SCHEDULE_REASON_SIZE];             /* what keeps the run that is due from being made, "" */
	char last_payment[ID_SIZE];
	struct wall next_run, due;                    /* of the merchant's clock, of ours; 0: none */
	struct wall made_for;                         /* when the last run that was made was due, of the merchant's clock; 0: none */
	struct wall last_run, created, updated;
};
int store_schedule_add(struct store *s, const struct schedule *c) MUST_CHECK;
int store_schedule_get(struct store *s, const char *id, struct schedule *c) MUST_CHECK;
/* Replaces the record if its state is still expected_state. */
int store_schedule_update(struct store *s, const struct schedule *c, const char *expected_state) MUST_CHECK;
/* Active ones whose time has come, the longest due first; at most limit. */
int store_schedules_due(struct store *s, struct wall now, int limit, int (*fn)(const struct schedule *c, void *context), void *context) MUST_CHECK;
/* Of a billing key, those that have not ended. */
int store_schedules_of_key(struct store *s, const char *billing_key, int (*fn)(const struct schedule *c, void *context), void *context) MUST_CHECK;
/* A page of a merchant's; of: a billing key. As in lists.h. */
int list_schedules(struct store *s, const struct list_page *p, int (*fn)(const struct schedule *c, void *context), void *context) MUST_CHECK;

/* ---- test_clocks.c ---- */
/* How far the merchant's clock is ahead of ours; 0 for one that was never moved. */
int store_test_clock_get(struct store *s, const char *merchant, int64_t *offset_ms) MUST_CHECK;
/* Moves it on. Live requests end, schedules are due and what the outbox holds for the merchant is tried so much earlier. */
int store_test_clock_advance(struct store *s, const char *merchant, int64_t by_ms, struct wall now) MUST_CHECK;

#endif
