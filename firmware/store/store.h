/* store.h: what the appliance must remember, one function per question, whatever database answers.
 *
 * arsd is the only user. All calls are on its one thread. Writes go into the turn's transaction, which store_commit()
 * makes durable (SQLite: WAL, synchronous=FULL); nothing that tells the world of a write may leave before. No card digit
 * but BIN and last four is in any record. Strings are copied; sizes with NUL. Errors: ERR_NOT_FOUND, ERR_EXISTS (unique
 * key), ERR_STATE (an update's expected state did not match), ERR_IO (the database refused; logged). */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "model/card.h"
#include "model/ids.h"
#include "model/money.h"
#include "model/phone.h"
#include "model/tax_parts.h"

struct store;

enum { STORE_LIST_MAX = 1000, STORE_STEP_WORD_SIZE = 40, STORE_STEP_DETAIL_SIZE = 600 };

/* The functions that call fn for each of many rows stop when it answers other than 0, and pass that on. fn may use the
 * store: a row that it changes meanwhile is seen as it was or as it is. */

/* url: "sqlite:/var/lib/callkey/callkey.db". Runs pending migrations; a database newer than the program is refused. */
int store_open(const char *url, struct store **s) MUST_CHECK;
void store_close(struct store **s);               /* commits nothing: uncommitted writes are lost, as in a crash */
/* Ends the turn: commits if anything was written. ERR_IO: nothing of the turn is stored. */
int store_commit(struct store *s) MUST_CHECK;
void store_rollback(struct store *s);
bool store_dirty(const struct store *s);          /* written since the last commit? */
/* Writes what means nothing: the turn's commit then tells whether the disk takes it. */
int store_try_write(struct store *s) MUST_CHECK;
/* How many turns at the end of the log could not be read when it was opened, or seem to have been there: what they did, other than
 * being stored, may have happened. 0 as a rule. */
int store_damaged_turns(const struct store *s);
/* Octets of the store that are kept in memory: they grow with what is stored, to a bound (db_sqlite.c), not with calls. */
int64_t store_cache_octets(struct store *s);
/* Notes that so many were lost. */
int store_damage_add(struct store *s, int turns, struct wall found) MUST_CHECK;
/* Losses that have not been compared with the gateways' lists: since when anything may be missing, and when the last was found. ERR_NOT_FOUND. */
int store_damage_open(struct store *s, struct wall *since, struct wall *found) MUST_CHECK;
int store_damages_compared(struct store *s, struct wall at) MUST_CHECK;

/* ---- merchants.c ---- */
/* One side of a merchant's account: its tests, or what is live. What is another side's is another merchant's. */
struct merchant {
	struct id id, account;
	char name[121], webhook_url[512], webhook_secret[96];
	char pg[32];                                  /* connector of callkey.cfg */
	bool live;                                    /* test merchants use test keys and test connectors */
	bool may_skip_consent;
	struct wall created;
};
/* account "": a new one, of the side's own id. */
int store_merchant_add(struct store *s, const struct merchant *m, const uint8_t api_key_hash[32]) MUST_CHECK;
/* now: a key that has an end counts until then. */
int store_merchant_by_key(struct store *s, const uint8_t api_key_hash[32], struct wall now, struct merchant *m) MUST_CHECK;
/* The account's other side. ERR_NOT_FOUND. */
int store_merchant_side(struct store *s, const char *account, bool live, struct merchant *m) MUST_CHECK;
int store_merchant_get(struct store *s, const char *id, struct merchant *m) MUST_CHECK;
/* All but its account, mode and beginning. */
int store_merchant_update(struct store *s, const struct merchant *m) MUST_CHECK;
int store_merchants_each(struct store *s, int (*fn)(const struct merchant *m, void *context), void *context) MUST_CHECK;

/* ---- requests.c: registrations and payments share what a call needs ---- */
enum request_kind { REQUEST_REGISTRATION = 1, REQUEST_PAYMENT = 2 };
enum { REQUEST_STATE_SIZE = 24, REQUEST_ALLOWED_MAX = 16 };
struct request {
	struct id id;
	enum request_kind kind;
	struct id merchant;
	char state[REQUEST_STATE_SIZE];               /* a name of the kind's machine: registration.h, payment.h in arsd */
	char customer_ref[65], order_id[65];          /* order_id: payments; unique per merchant */
	struct phone phone;                           /* never updated; "" when its data key is not in memory */
	struct phone virtual_number;                  /* "" when no call is asked for */
	char merchant_name[121], product_name[121];
	char speech_merchant[80], speech_product[80]; /* "speech:<hash>" */
	struct money amount;                          /* registration: amount_minor 0 = not said */
	struct tax_parts tax;                         /* payment: parts of its amount */
	char cycle[16];                               /* "monthly" "irregular" "once" */
	char language[4], speed[8];                   /* "ko" "en"; "normal" "slow" */
	struct id billing_key;                        /* payment: asked; registration: result */
	struct id schedule;                           /* that made this payment, "" none */
	bool consent_skip, other_card_allowed, sms_skip;
	char instalment_mode[8];                      /* "none" "fixed" "ask" */
	uint8_t instalment_months;                    /* fixed: asked; result: chosen (0 = one payment) */
	uint8_t allowed[REQUEST_ALLOWED_MAX], interest_free[REQUEST_ALLOWED_MAX];   /* months, 0-ended */
	uint8_t interest_free_chosen;                 /* 0: no; who pays: 1 the merchant, 2 the card company */
	bool other_card_used, keep_card;
	struct card_mask card;                        /* the card in question, when known */
	char pg_order_id[ID_SIZE];                    /* of the attempt under way or last made, "" none */
	char approval_no[32], tid[64];
	char failure_code[32], failure_class[16], failure_message[200];
	uint32_t calls, attempts;                     /* calls: since the last retry */
	uint32_t retries, attempts_before;            /* attempts_before: those made before the last retry */
	int64_t canceled_minor;                       /* given back of what was approved */
	char last_call[ID_SIZE];
	struct wall created, updated, expires, approved;
};
int store_request_add(struct store *s, const struct request *r) MUST_CHECK;        /* ERR_EXISTS: order_id used */
int store_request_get(struct store *s, const char *id, struct request *r) MUST_CHECK;
/* Replaces the record if its state is still expected_state. */
int store_request_update(struct store *s, const struct request *r, const char *expected_state) MUST_CHECK;
/* Newest first. kind 0: both. limit <= 1000. */
int store_requests_list(struct store *s, int kind, int limit, int (*fn)(const struct request *r, void *context), void *context) MUST_CHECK;
/* Requests that are in state, oldest first: for recovery after a start. */
int store_requests_in_state(struct store *s, int kind, const char *state, int (*fn)(const struct request *r, void *context), void *context) MUST_CHECK;
/* Of a billing key, those that have not ended: payments of it, and registrations whose card is to take its place. */
int store_requests_live_with_key(struct store *s, const char *billing_key, int (*fn)(const struct request *r, void *context), void *context) MUST_CHECK;
/* Live (leased) requests whose time is over at now, and which are neither in a call nor at the PG; at most limit. */
int store_requests_expired(struct store *s, struct wall now, int limit, int (*fn)(const struct request *r, void *context), void *context) MUST_CHECK;

/* ---- leases.c: a virtual number belongs to one caller for one live request ---- */
/* A caller is known by a blind index (columns.h). ERR_STATE: its key is not in memory now. */
/* ERR_EXISTS: the pair is leased, or rests in quarantine. */
int store_lease_add(struct store *s, const struct phone *virtual_number, const struct phone *caller, const char *request_id) MUST_CHECK;
/* Ends the lease; the pair rests until quarantine_until. */
int store_lease_end(struct store *s, const char *request_id, struct wall quarantine_until) MUST_CHECK;
/* Whose call is it? ERR_NOT_FOUND. One indexed look-up. */
int store_lease_find(struct store *s, const struct phone *virtual_number, const struct phone *caller, char request_id[ID_SIZE]) MUST_CHECK;
/* Is the number leased to anybody? For telling a wrong caller from a number nobody uses, and whose merchant hears of it:
 * calls fn with every live request on the number. */
int store_lease_each_on(struct store *s, const struct phone *virtual_number, int (*fn)(const char *request_id, void *context), void *context) MUST_CHECK;
int store_lease_count(struct store *s, const struct phone *virtual_number, int *count) MUST_CHECK;
int store_leases_purge(struct store *s, struct wall now) MUST_CHECK;               /* quarantines that are over */

/* ---- billing_keys.c ---- */
struct billing_key {
	struct id id;
	struct id merchant, registration;
	char customer_ref[65], pg[32];
	char pg_billing_key[256];                     /* under 96 octets; or its sealed text (columns.h) */
	char status[12];                              /* "issued" "suspended" "deleted" */
	struct phone phone;                           /* as a request's */
	struct card_mask card;
	uint8_t fingerprint[32];                      /* HMAC made by keystored (PCI DSS 3.5.1.1) */
	char delete_reason[201];
	struct wall created, updated, last_used;
};
int store_billing_key_add(struct store *s, const struct billing_key *k) MUST_CHECK;
int store_billing_key_get(struct store *s, const char *id, struct billing_key *k) MUST_CHECK;
/* Those of a telephone that are not deleted, of all merchants, newest first. ERR_STATE: they cannot be found now. */
int store_billing_keys_of_phone(struct store *s, const struct phone *phone, int limit, int (*fn)(const struct billing_key *k, void *context), void *context) MUST_CHECK;
int store_billing_key_update(struct store *s, const struct billing_key *k) MUST_CHECK;

/* ---- calls.c: a call and its timeline; never a digit ---- */
struct call_record {
	struct id id;
	uint64_t line_call;                           /* trunkd's number */
	uint16_t span; uint8_t channel;
	struct phone called, caller;                  /* caller "" when withheld, or sealed and unread */
	uint8_t screening, presentation; bool diverted;
	struct id request, merchant;                  /* "" until the holder check has passed */
	char scenario[24], language[4], speed[8];
	char state[REQUEST_STATE_SIZE];               /* named end state, or "offered" "up" */
	char step[40];                                /* where it is or ended */
	uint8_t cause;
	struct wall offered, answered, ended;
};
int store_call_add(struct store *s, const struct call_record *c) MUST_CHECK;
int store_call_update(struct store *s, const struct call_record *c) MUST_CHECK;
int store_call_get(struct store *s, const char *id, struct call_record *c) MUST_CHECK;
int store_calls_list(struct store *s, int limit, int (*fn)(const struct call_record *c, void *context), void *context) MUST_CHECK;
int store_calls_open(struct store *s, int (*fn)(const struct call_record *c, void *context), void *context) MUST_CHECK;  /* not ended */
/* One line of the timeline (what and step under STORE_STEP_WORD_SIZE, detail under STORE_STEP_DETAIL_SIZE): what ("step", "prompt", "key", "field", "pg", "end"), detail without any digit of a field. */
int store_call_step_add(struct store *s, const char *call_id, struct wall at, const char *what, const char *step, const char *detail) MUST_CHECK;
int store_call_steps_each(struct store *s, const char *call_id,
                          int (*fn)(struct wall at, const char *what, const char *step, const char *detail, void *context), void *context) MUST_CHECK;

/* ---- consents.c ---- */
struct consent {
	struct id id, request, call;
	char kind[24];                                /* a word of scenario_consents */
	char scenario[24]; char scenario_hash[65];    /* SHA-256 of the file, hex */
	char prompts[4000];                           /* ids as played */
	char language[4], speed[8];
	char key;                                     /* the consent key that was pressed */
	struct phone called, caller; uint8_t screening;
	char software[48];
	struct wall at;
};
int store_consent_add(struct store *s, const struct consent *c) MUST_CHECK;
int store_consents_of(struct store *s, const char *request_id, int (*fn)(const struct consent *c, void *context), void *context) MUST_CHECK;

/* ---- attempts.c: one exchange with the PG, stored before it is sent ---- */
struct attempt {
	char order_id[ID_SIZE];                       /* towards the PG, never reused */
	struct id request, merchant;
	char verb[12];                                /* "verify" "pay" */
	char pg[32];                                  /* the gateway that it went to, and that alone knows of it; "": the first */
	char state[16];                               /* "intended" "sent" "ok" "declined" "unknown" "canceling" "canceled" "failed" */
	struct money amount;
	char code[32], message[200], tid[64], approval_no[32];
	uint8_t fingerprint[32];                      /* of the card that was sealed; 0: none was */
	int64_t counted_day;                          /* that has it as an entry of the card (password_tries.h); 0: none */
	struct wall created, updated;
};
int store_attempt_add(struct store *s, const struct attempt *a) MUST_CHECK;
int store_attempt_update(struct store *s, const struct attempt *a, const char *expected_state) MUST_CHECK;
int store_attempt_get(struct store *s, const char *order_id, struct attempt *a) MUST_CHECK;
/* Of a request, newest first, at most limit. */
int store_attempts_of(struct store *s, const char *request_id, int limit, int (*fn)(const struct attempt *a, void *context), void *context) MUST_CHECK;
int store_attempts_open(struct store *s, int (*fn)(const struct attempt *a, void *context), void *context) MUST_CHECK;   /* intended, sent, unknown, canceling */

/* ---- outbox.c: SMS and webhooks: intended here, sent by uplinkd, repeated until done ---- */
struct outbox_job {
	int64_t id;                                   /* given by store_outbox_add */
	char kind[12];                                /* "sms" "webhook" */
	char ref[ID_SIZE];                            /* sms_... or evt_... : the receiver's key against doubles */
	struct id request, merchant;
	char to[512];                                 /* phone or URL */
	char body[16384];                             /* "" for a webhook: its event has it */
	char state[12];                               /* "waiting" "sending" "done" "refused" "given_up" */
	uint32_t tries;
	char detail[200];
	struct wall created, next_try;
};
int store_outbox_add(struct store *s, struct outbox_job *j) MUST_CHECK;
int store_outbox_update(struct store *s, const struct outbox_job *j) MUST_CHECK;
int store_outbox_get(struct store *s, int64_t id, struct outbox_job *j) MUST_CHECK;
/* to and body may be sealed (columns.h). Waiting jobs of a kind whose time has come, the longest due first, but for merchants with per_merchant or more of the kind
 * being sent. */
int store_outbox_due(struct store *s, const char *kind, struct wall now, int per_merchant, int limit,
                     int (*fn)(const struct outbox_job *j, void *context), void *context) MUST_CHECK;
/* Jobs that wait for a time after now wait so much longer, or less. */
int store_outbox_put_off(struct store *s, struct wall now, int64_t by_ms) MUST_CHECK;
/* No job waits longer than until latest: what was put off by a clock that was set back since would wait for days. */
int store_outbox_bring_forward(struct store *s, struct wall latest) MUST_CHECK;
int store_outbox_requeue_sending(struct store *s) MUST_CHECK;                        /* after a loss of uplinkd: sending -> waiting */

/* ---- events.c: what merchants are told, and the log of it ---- */
/* body: "" when it is sealed and its data key is not in memory. */
struct event { struct id id, merchant, request; char type[48]; char body[16384]; struct wall at; };
int store_event_add(struct store *s, const struct event *e) MUST_CHECK;

/* ---- idempotency.c: the answer to a POST, kept for repeats ---- */
/* ERR_NOT_FOUND: new. Otherwise the stored answer; *same_body says whether body_hash matches. ERR_STATE: there is one, sealed, whose data
 * key is not in memory. */
int store_idempotency_find(struct store *s, const char *merchant, const char *route, const char *key, const uint8_t body_hash[32],
                           bool *same_body, uint16_t *status, char *body, size_t body_size) MUST_CHECK;
int store_idempotency_add(struct store *s, const char *merchant, const char *route, const char *key, const uint8_t body_hash[32],
                          uint16_t status, const char *body, struct wall expires) MUST_CHECK;
/* Deletes answers that were kept long enough, so many at most; how many it were. */
int store_idempotency_purge(struct store *s, struct wall now, int most) MUST_CHECK;

/* Totals for metrics: how many rows of what ("registrations", "payments", "outbox") are in each state. */
int store_counts(struct store *s, int (*fn)(const char *what, const char *state, int64_t count, void *context), void *context) MUST_CHECK;

#endif
