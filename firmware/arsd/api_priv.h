/* api_priv.h: between api.c (who asks, what for, how it is answered) and one api_*.c for each resource. */
#ifndef ARSD_API_PRIV_H
#define ARSD_API_PRIV_H

#include "arsd/api.h"
#include "arsd/rate.h"
#include "json/json.h"
#include "store/schedules.h"

/* RFC 9457, as apid will word it. */
struct problem { uint16_t status; char code[48], detail[300], field[80]; uint32_t retry_after_s; };

/* What is asked, and by whom. A POST with an Idempotency-Key (route, key) is carried out once: its answer is kept. */
struct api_ask {
	uint64_t peer, req;
	struct merchant merchant;         /* not set where nobody need be known: health, metrics */
	const struct api_msg *m;          /* borrowed until the handler returns */
	const char *route;                /* "POST /v1/payments"; "" for what may be done twice */
	char key[301];
	struct rate_state rate;           /* what the merchant is told of its requests */
	uint8_t body_hash[32];            /* of all but who asks and by which key */
};

/* A request that is being made; it waits for the sound of its names. */
struct create {
	struct create *next;
	struct api_ask ask;               /* m is not valid any more */
	struct request request;
	uint64_t speech[2];               /* jobs under way, 0: none */
	bool speech_failed, again;        /* again: a payment that failed, tried once more */
	bool scheduled;                   /* the request is the pattern of what schedule makes; patch: if that was made before */
	struct schedule schedule;
	struct api_schedule_update patch;
	const char *silent;               /* the member whose name has no sound, or NULL */
	struct mono give_up;
};
struct answered { uint64_t peer, req; };
struct api {
	struct create *first;
	uint64_t speech_number;
	struct answered *answered;        /* in this turn */
	size_t answered_count, answered_room;
	struct rate *rate;
	struct api_msg out;               /* scratch: one is 60 KB */
};

/* ---- api.c: every ask is answered once, by one of these ---- */
/* The body as it is; nothing is kept for repeats. */
void api_answer_text(struct arsd *a, const struct api_ask *q, uint16_t status, const char *body, size_t len);
/* Takes the object, and keeps the answer for repeats in the same commit. */
void api_answer_json(struct arsd *a, const struct api_ask *q, uint16_t status, json_t *o);
void api_answer_problem(struct arsd *a, const struct api_ask *q, const struct problem *p);
/* Fills a problem and returns ERR_INVALID, for tail calls. field: a JSON Pointer or "". */
/* Custodians are people. */
enum { LOCKED_RETRY_S = 30 };
int problem_set(struct problem *p, uint16_t status, const char *code, const char *field, const char *fmt, ...) PRINTF_LIKE(5, 6);
/* For tail calls: 404 for what is not there or another merchant's, and 503 for a store that refused. */
int problem_not_found(struct problem *p);
int problem_store(struct problem *p);
/* What is sealed cannot be read now: answered, and true. */
bool api_answer_locked(struct arsd *a, const struct api_ask *q);

/* ---- api_once.c: once per idempotency key ---- */
/* Fills route, key and body_hash of q, whose m is set. */
int once_begin(struct api_ask *q, const char *route) MUST_CHECK;
/* Has this key been used? Then it is answered here. */
bool once_is_repeat(struct arsd *a, const struct api_ask *q);
void once_keep(struct arsd *a, const struct api_ask *q, uint16_t status, const char *body);

/* ---- what is asked: one function each ---- */
void api_registration_create(struct arsd *a, const struct api_ask *q);
void api_payment_create(struct arsd *a, const struct api_ask *q);
/* Is a creation with this route and key waiting for its sound? */
bool create_is_under_way(const struct api *api, const struct api_ask *q);
/* Goes on with a payment that failed, whose request is as it is to be stored next. */
void create_again(struct arsd *a, const struct api_ask *q, const struct request *r);
/* What a schedule makes: a checked payment, in this turn's commit. Its sounds must be there. A payment that was made and ended at once
 * is one that was made. */
int create_payment(struct arsd *a, const struct merchant *m, struct request *r, struct problem *p) MUST_CHECK;
/* Has a text made into sound in the request's language and speed; name is how prompts name it. 0: it is there already, or *failed. */
uint64_t create_sound(struct arsd *a, const struct request *r, const char *text, char name[80], int *failed);
/* 0: the sounds of the names are there. 1: they are being made. ERR_IO: they cannot be now. */
int create_sounds(struct arsd *a, struct request *r) MUST_CHECK;
/* Goes on with c's schedule when the sounds of its payments are there. checked: of its request, with the problem. Takes c. */
void create_scheduled(struct arsd *a, struct create *c, int checked, struct problem *p);
struct create *create_new(struct arsd *a, const struct api_ask *q);
void api_billing_key_suspend(struct arsd *a, const struct api_ask *q);
void api_billing_key_resume(struct arsd *a, const struct api_ask *q);
void api_billing_key_replace(struct arsd *a, const struct api_ask *q);
/* Makes a registration whose card will take the place of k's. */
void create_replacement(struct arsd *a, const struct api_ask *q, const struct api_registration_create *m, const struct billing_key *k);
void api_payment_cancel(struct arsd *a, const struct api_ask *q);
void api_registration_cancel(struct arsd *a, const struct api_ask *q);
void api_cancellation_get(struct arsd *a, const struct api_ask *q);
void api_payment_retry(struct arsd *a, const struct api_ask *q);
/* Has nothing happened to the payment since r was read and made ready to be tried again? */
bool retry_still_may(struct arsd *a, const struct request *r);
int problem_not_retryable(const struct request *r, struct problem *p);
void api_registration_get(struct arsd *a, const struct api_ask *q);
void api_payment_get(struct arsd *a, const struct api_ask *q);
void api_call_get(struct arsd *a, const struct api_ask *q);
void api_registrations_list(struct arsd *a, const struct api_ask *q);
void api_payments_list(struct arsd *a, const struct api_ask *q);
void api_billing_keys_list(struct arsd *a, const struct api_ask *q);
void api_calls_list(struct arsd *a, const struct api_ask *q);
void api_attempts_list(struct arsd *a, const struct api_ask *q);
void api_cancellations_list(struct arsd *a, const struct api_ask *q);
void api_events_list(struct arsd *a, const struct api_ask *q);
void api_event_get(struct arsd *a, const struct api_ask *q);
void api_card_promotions_list(struct arsd *a, const struct api_ask *q);
void api_virtual_numbers_get(struct arsd *a, const struct api_ask *q);
void api_webhook_create(struct arsd *a, const struct api_ask *q);
void api_webhook_get(struct arsd *a, const struct api_ask *q);
void api_webhook_update(struct arsd *a, const struct api_ask *q);
void api_webhook_delete(struct arsd *a, const struct api_ask *q);
void api_webhook_rotate(struct arsd *a, const struct api_ask *q);
void api_webhook_test(struct arsd *a, const struct api_ask *q);
void api_webhook_redeliver(struct arsd *a, const struct api_ask *q);
void api_webhooks_list(struct arsd *a, const struct api_ask *q);
void api_deliveries_list(struct arsd *a, const struct api_ask *q);
void api_event_redeliver(struct arsd *a, const struct api_ask *q);
/* Answers with r, and with what is named in expand ("billing_key,last_call") instead of its ids. */
void api_show_request(struct arsd *a, const struct api_ask *q, const struct request *r, const char *expand);
void api_billing_key_get(struct arsd *a, const struct api_ask *q);
void api_billing_key_delete(struct arsd *a, const struct api_ask *q);
void api_reconciliations_list(struct arsd *a, const struct api_ask *q);
void api_reconciliation_get(struct arsd *a, const struct api_ask *q);
void api_reconciliation_differences(struct arsd *a, const struct api_ask *q);
void api_reconciliation_csv(struct arsd *a, const struct api_ask *q);
void api_consent_get(struct arsd *a, const struct api_ask *q);
void api_consents_list(struct arsd *a, const struct api_ask *q);
void api_consents_of(struct arsd *a, const struct api_ask *q);         /* of the registration or payment of the path */
void api_consent_bundle(struct arsd *a, const struct api_ask *q);
struct consent_link;
json_t *render_consent(const struct consent_link *l, bool whole);      /* whole: with its record */
void api_registration_sms(struct arsd *a, const struct api_ask *q);
void api_payment_sms(struct arsd *a, const struct api_ask *q);
void api_sms_template_put(struct arsd *a, const struct api_ask *q);
void api_sms_templates_list(struct arsd *a, const struct api_ask *q);
/* The text that asks the customer of r to call; a problem names field, whose member is the likeliest to be shortened. */
struct sms_draft;
int api_sms_draft(struct arsd *a, const struct request *r, const char *field, struct sms_draft *d, struct problem *p) MUST_CHECK;

void api_schedule_create(struct arsd *a, const struct api_ask *q);
void api_schedule_get(struct arsd *a, const struct api_ask *q);
void api_schedules_list(struct arsd *a, const struct api_ask *q);
void api_schedule_update(struct arsd *a, const struct api_ask *q);
void api_schedule_delete(struct arsd *a, const struct api_ask *q);
void api_schedule_pause(struct arsd *a, const struct api_ask *q);
void api_schedule_resume(struct arsd *a, const struct api_ask *q);
/* The sounds are there: stores c's schedule, or its patch, and answers. */
void api_schedule_store(struct arsd *a, struct create *c);
void api_test_clock_get(struct arsd *a, const struct api_ask *q);
void api_test_clock_advance(struct arsd *a, const struct api_ask *q);

/* ---- api_check.c: a message into a request. Pure but for the billing key's look-up. ---- */
int api_check_registration(struct arsd *a, const struct merchant *m, const struct api_registration_create *c,
                           struct request *r, struct problem *p) MUST_CHECK;
int api_check_payment(struct arsd *a, const struct merchant *m, const struct api_payment_create *c, struct request *r,
                      struct problem *p) MUST_CHECK;
/* May r, which was checked when it was made, be asked for again? Its card becomes the billing key's. */
int api_check_retry(struct arsd *a, const struct merchant *m, const struct api_payment_retry *c, struct request *r,
                    struct problem *p) MUST_CHECK;
/* "2,3,6" into months, 0-ended: ascending, 2..36, at most as many as a menu has keys for. */
int api_read_months(const char *text, uint8_t months[REQUEST_ALLOWED_MAX]) MUST_CHECK;

#endif
