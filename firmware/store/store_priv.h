/* store_priv.h: what the files of the aggregates share. */
#ifndef STORE_STORE_PRIV_H
#define STORE_STORE_PRIV_H

#include "store/columns_priv.h"
#include "store/record.h"
#include "store/store.h"

enum store_kind {
	KIND_MERCHANT, KIND_REQUEST, KIND_BILLING_KEY, KIND_CALL, KIND_CONSENT, KIND_ATTEMPT, KIND_OUTBOX, KIND_EVENT, KIND_CANCELLATION, KIND_CONSENT_LINK,
	    KIND_SMS, KIND_WEBHOOK, KIND_SCHEDULE, KIND_COUNT
};

struct store {
	struct db *db;
	struct columns *columns;
	bool renew_due;                               /* the job may have something to do */
	bool settled;                                 /* no number is found by an older data key's index, or clear */
	struct record_sql sql[KIND_COUNT];
};

extern const struct record_kind merchant_kind, request_kind, billing_key_kind, call_kind, consent_kind, attempt_kind,
	outbox_kind, event_kind, cancellation_kind, consent_link_kind, sms_kind, webhook_kind, schedule_kind;

/* Brings an empty or older database to the newest schema. ERR_STATE: it is newer than this program. */
int migrations_run(struct db *db) MUST_CHECK;
/* How many migrations this program has, and the newest one's number. */
int migrations_count(void);
int migrations_newest(void);

/* The look-ups that a call waits for: store_test asks SQLite whether they use an index. */
extern const char list_requests_tail[], list_requests_in_tail[];
extern const char *const list_billing_keys_tails[3], *const list_calls_tails[3], *const list_events_tails[3], *const list_schedules_tails[3],
    *const list_attempts_tails[3], *const list_cancellations_tails[3], *const list_consents_tails[3];
extern const char list_consents_unsigned_tail[];
extern const char list_requests_of_tail[], schedules_due_tail[], schedules_key_tail[], billing_keys_phone_tail[];
extern const char lease_find_sql[], lease_rest_sql[], lease_each_sql[], request_expired_tail[], request_in_state_tail[], request_live_key_tail[],
    attempts_open_tail[], cancellations_open_tail[],
	outbox_due_tail[], calls_open_tail[], chain_unsigned_tail[];

/* Loops over the rows of q, which the caller has bound: reads each into record (of kind k) and calls
 *   fn(record, context)
 * until it answers other than 0, which is passed on. */
#define STORE_EACH(q, k, record, fn, context)                          \
	({                                                                 \
		struct db_stmt *each_ = (q);                                   \
		int result_ = 0, end_;                                         \
		while (result_ == 0 && db_row(each_)) {                        \
			record_read(each_, &(k), &(record));                       \
			if (db_is_well(each_))                                     \
				result_ = (fn)(&(record), (context));                  \
		}                                                              \
		end_ = db_end(each_);                                          \
		end_ < 0 ? end_ : result_;                                     \
	})

#endif
