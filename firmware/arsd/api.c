#include "arsd/api.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arsd/api_priv.h"
#include "arsd/callers.h"
#include "arsd/columns.h"
#include "arsd/key_use.h"
#include "arsd/status.h"
#include "crypto/crypto.h"
#include "lib/log.h"

int api_new(struct arsd *a, struct api **api)
{
	struct api *made = calloc(1, sizeof(*made));

	if (made == NULL)
		return ERR_NOMEM;
	if (rate_new((uint32_t)a->set.rate_per_s, (uint32_t)a->set.rate_burst, &made->rate) < 0) {
		free(made);
		return ERR_NOMEM;
	}
	*api = made;
	return 0;
}

void api_free(struct api **api)
{
	struct create *c;

	if (*api == NULL)
		return;
	while ((c = (*api)->first) != NULL) {
		(*api)->first = c->next;
		free(c);
	}
	free((*api)->answered);
	rate_free(&(*api)->rate);
	free(*api);
	*api = NULL;
}

/* ---- answers ---- */

/* Remembers whom to tell otherwise if this turn is lost. */
static void note_answered(struct api *api, uint64_t peer, uint64_t req)
{
	if (api->answered_count == api->answered_room) {
		size_t room = api->answered_room == 0 ? 64 : api->answered_room * 2;
		struct answered *more = realloc(api->answered, room * sizeof(*more));

		if (more == NULL)
			return;
		api->answered = more;
		api->answered_room = room;
	}
	api->answered[api->answered_count++] = (struct answered){ peer, req };
}

static struct api_answer *blank_answer(struct arsd *a, uint64_t req, uint16_t status)
{
	struct api_msg *m = &a->api->out;

	m->type = api_type_answer;
	/* The body is large and read up to its length only. */
	memset(&m->u.answer, 0, offsetof(struct api_answer, body));
	m->u.answer.body.len = 0;
	m->u.answer.req = req;
	m->u.answer.status = status;
	return &m->u.answer;
}

/* Sends what blank_answer() began. */
static void send_answer(struct arsd *a, const struct api_ask *q)
{
	struct api_answer *out = &a->api->out.u.answer;

	out->rate_limit = q->rate.limit;
	out->rate_remaining = q->rate.remaining;
	out->rate_reset_s = q->rate.reset_s;
	note_answered(a->api, q->peer, q->req);
	a->ports.api(a->ports.context, q->peer, &a->api->out);
}

void api_answer_text(struct arsd *a, const struct api_ask *q, uint16_t status, const char *body, size_t len)
{
	struct api_answer *out = blank_answer(a, q->req, status);

	if (len > sizeof(out->body.data)) {
		log_error("answer_too_long", "len=%zu", len);
		len = 0;
		out->status = 500;
		snprintf(out->code, sizeof(out->code), "internal");
	}
	memcpy(out->body.data, body, len);
	out->body.len = (uint32_t)len;
	send_answer(a, q);
}

/* Each object says whose it is: of tests, or live. In a list its items do; a page leaves room for that (api_page.c). */
static void say_mode(const struct api_ask *q, json_t *o)
{
	const char *object = json_string_value(json_object_get(o, "object"));
	const json_t *items = json_object_get(o, "items");

	if (q->merchant.id.text[0] == '\0' || object == NULL)
		return;
	for (size_t i = 0; strcmp(object, "list") == 0 && i < json_array_size(items); i++)
		say_mode(q, json_array_get(items, i));
	if (strcmp(object, "list") != 0 && json_object_set_new(o, "live", json_boolean(q->merchant.live)) != 0)
		log_error("answer", "error=no_memory");
}

void api_answer_json(struct arsd *a, const struct api_ask *q, uint16_t status, json_t *o)
{
	char *text;
	struct problem p;

	say_mode(q, o);
	text = o != NULL ? json_dumps(o, JSON_COMPACT) : NULL;
	json_decref(o);
	if (text != NULL) {
		once_keep(a, q, status, text);
		api_answer_text(a, q, status, text, strlen(text));
	} else {
		problem_set(&p, 500, "internal", "", "the answer could not be written");
		api_answer_problem(a, q, &p);
	}
	free(text);
}

void api_answer_problem(struct arsd *a, const struct api_ask *q, const struct problem *p)
{
	struct api_answer *out = blank_answer(a, q->req, p->status);

	snprintf(out->code, sizeof(out->code), "%s", p->code);
	snprintf(out->detail, sizeof(out->detail), "%s", p->detail);
	snprintf(out->field, sizeof(out->field), "%s", p->field);
	out->retry_after_s = p->retry_after_s;
	send_answer(a, q);
}

int problem_not_found(struct problem *p)
{
	return problem_set(p, 404, "not_found", "", "there is no such thing, or it is not this merchant's");
}

bool api_answer_locked(struct arsd *a, const struct api_ask *q)
{
	struct problem p;

	if (!columns_wait(a))
		return false;
	problem_set(&p, 503, "keystore_locked", "", "what the store has sealed cannot be read now");
	p.retry_after_s = LOCKED_RETRY_S;
	api_answer_problem(a, q, &p);
	return true;
}

int problem_store(struct problem *p)
{
	return problem_set(p, 503, "store_unavailable", "", "try again");
}

void api_turn_done(struct arsd *a)
{
	a->api->answered_count = 0;
}

void api_turn_failed(struct arsd *a)
{
	struct problem p;
	size_t count = a->api->answered_count;

	problem_set(&p, 503, "store_unavailable", "", "nothing was stored; try again");
	p.retry_after_s = 1;
	for (size_t i = 0; i < count; i++) {
		struct api_ask q = { .peer = a->api->answered[i].peer, .req = a->api->answered[i].req };

		api_answer_problem(a, &q, &p);
	}
	a->api->answered_count = 0;
}

/* ---- who asks ---- */

int api_key_hash(const char *bearer, uint8_t hash[32])
{
	return crypto_sha256(bearer, strlen(bearer), hash);
}

/* A key that is right in a place that is wrong is told so: who has it is the merchant, or a thief whom the merchant should hear of. */
static int check_caller(const struct api_key_callers *c, const struct merchant *m, const struct api_head *h, struct problem *p)
{
	enum callers_verdict v = callers_judge(c, h);

	if (v == CALLERS_OK)
		return 0;
	log_warn("api_key_elsewhere", "merchant=%s from=%s certificate=%s why=%s", m->id.text, h->client_address,
	         h->client_certificate[0] != '\0' ? "shown" : "none", v == CALLERS_WRONG_ADDRESS ? "address" : "certificate");
	if (v == CALLERS_WRONG_ADDRESS)
		problem_set(p, 403, "address_not_allowed", "", "this API key does not count from %s",
		            h->client_address[0] != '\0' ? h->client_address : "an address that is not known");
	else
		problem_set(p, 403, "certificate_required", "", "this API key counts only together with a client certificate that it names; %s was shown",
		            h->client_certificate[0] != '\0' ? "another" : "none");
	return ERR_DENIED;
}

/* ERR_DENIED with the problem set: nobody's key, or not from there. */
static int authenticate(struct arsd *a, const struct api_head *h, struct merchant *m, struct problem *p)
{
	struct api_key_callers callers;
	uint8_t hash[32];

	if (h->bearer[0] == '\0' || api_key_hash(h->bearer, hash) < 0 || store_merchant_by_key(a->store, hash, a->wall, m) < 0) {
		problem_set(p, 401, "unauthorized", "", "the API key is missing or not known");
		return ERR_DENIED;
	}
	if (store_api_key_callers(a->store, hash, &callers) < 0)
		return problem_store(p);
	if (check_caller(&callers, m, h, p) < 0)
		return ERR_DENIED;
	key_use_note(a, hash);
	return 0;
}

/* ---- what is asked ---- */

static void answer_metrics(struct arsd *a, const struct api_ask *q)
{
	static char text[60000];

	api_answer_text(a, q, 200, text, status_metrics(a, text, sizeof(text)));
}

static void answer_health(struct arsd *a, const struct api_ask *q)
{
	bool ok;
	json_t *o = status_health(a, &ok);

	api_answer_json(a, q, ok ? 200 : 503, o);
}

enum who { ANYBODY, MERCHANT };
/* once: the route of what must not be done twice for one Idempotency-Key; NULL for the others. */
static const struct operation {
	enum api_type type;
	enum who who;
	const char *once;
	void (*run)(struct arsd *a, const struct api_ask *q);
} operations[] = {
	{ api_type_registration_create, MERCHANT, "POST /v1/registrations", api_registration_create },
	{ api_type_registration_cancel, MERCHANT, "POST /v1/registrations/{id}/cancel", api_registration_cancel },
	{ api_type_registration_get, MERCHANT, NULL, api_registration_get },
	{ api_type_payment_create, MERCHANT, "POST /v1/payments", api_payment_create },
	{ api_type_payment_retry, MERCHANT, "POST /v1/payments/{id}/retry", api_payment_retry },
	{ api_type_payment_cancel, MERCHANT, "POST /v1/payments/{id}/cancel", api_payment_cancel },
	{ api_type_cancellation_get, MERCHANT, NULL, api_cancellation_get },
	{ api_type_payment_get, MERCHANT, NULL, api_payment_get },
	{ api_type_billing_key_get, MERCHANT, NULL, api_billing_key_get },
	{ api_type_billing_key_suspend, MERCHANT, "POST /v1/billing-keys/{id}/suspend", api_billing_key_suspend },
	{ api_type_billing_key_resume, MERCHANT, "POST /v1/billing-keys/{id}/resume", api_billing_key_resume },
	{ api_type_billing_key_replace, MERCHANT, "POST /v1/billing-keys/{id}/replace", api_billing_key_replace },
	{ api_type_billing_key_delete, MERCHANT, NULL, api_billing_key_delete },
	{ api_type_reconciliations_list, MERCHANT, NULL, api_reconciliations_list },
	{ api_type_reconciliation_get, MERCHANT, NULL, api_reconciliation_get },
	{ api_type_reconciliation_differences, MERCHANT, NULL, api_reconciliation_differences },
	{ api_type_reconciliation_csv, MERCHANT, NULL, api_reconciliation_csv },
	{ api_type_consent_get, MERCHANT, NULL, api_consent_get },
	{ api_type_consents_of, MERCHANT, NULL, api_consents_of },
	{ api_type_consents_list, MERCHANT, NULL, api_consents_list },
	{ api_type_consent_bundle, MERCHANT, NULL, api_consent_bundle },
	{ api_type_call_get, MERCHANT, NULL, api_call_get },
	{ api_type_registrations_list, MERCHANT, NULL, api_registrations_list },
	{ api_type_payments_list, MERCHANT, NULL, api_payments_list },
	{ api_type_billing_keys_list, MERCHANT, NULL, api_billing_keys_list },
	{ api_type_calls_list, MERCHANT, NULL, api_calls_list },
	{ api_type_attempts_list, MERCHANT, NULL, api_attempts_list },
	{ api_type_cancellations_list, MERCHANT, NULL, api_cancellations_list },
	{ api_type_events_list, MERCHANT, NULL, api_events_list },
	{ api_type_event_get, MERCHANT, NULL, api_event_get },
	{ api_type_card_promotions_list, MERCHANT, NULL, api_card_promotions_list },
	{ api_type_virtual_numbers_get, MERCHANT, NULL, api_virtual_numbers_get },
	{ api_type_registration_sms, MERCHANT, "POST /v1/registrations/{id}/sms", api_registration_sms },
	{ api_type_payment_sms, MERCHANT, "POST /v1/payments/{id}/sms", api_payment_sms },
	{ api_type_sms_template_put, MERCHANT, "POST /v1/sms-templates", api_sms_template_put },
	{ api_type_sms_templates_list, MERCHANT, NULL, api_sms_templates_list },
	{ api_type_webhook_create, MERCHANT, "POST /v1/webhook-endpoints", api_webhook_create },
	{ api_type_webhooks_list, MERCHANT, NULL, api_webhooks_list },
	{ api_type_webhook_get, MERCHANT, NULL, api_webhook_get },
	{ api_type_webhook_update, MERCHANT, NULL, api_webhook_update },
	{ api_type_webhook_delete, MERCHANT, NULL, api_webhook_delete },
	{ api_type_webhook_rotate, MERCHANT, "POST /v1/webhook-endpoints/{id}/rotate-secret", api_webhook_rotate },
	{ api_type_webhook_test, MERCHANT, "POST /v1/webhook-endpoints/{id}/test", api_webhook_test },
	{ api_type_webhook_redeliver, MERCHANT, "POST /v1/webhook-endpoints/{id}/redeliver", api_webhook_redeliver },
	{ api_type_event_redeliver, MERCHANT, "POST /v1/events/{id}/redeliver", api_event_redeliver },
	{ api_type_deliveries_list, MERCHANT, NULL, api_deliveries_list },
	{ api_type_schedule_create, MERCHANT, "POST /v1/schedules", api_schedule_create },
	{ api_type_schedule_get, MERCHANT, NULL, api_schedule_get },
	{ api_type_schedules_list, MERCHANT, NULL, api_schedules_list },
	{ api_type_schedule_update, MERCHANT, NULL, api_schedule_update },
	{ api_type_schedule_delete, MERCHANT, NULL, api_schedule_delete },
	{ api_type_schedule_pause, MERCHANT, "POST /v1/schedules/{id}/pause", api_schedule_pause },
	{ api_type_schedule_resume, MERCHANT, "POST /v1/schedules/{id}/resume", api_schedule_resume },
	{ api_type_test_clock_get, MERCHANT, NULL, api_test_clock_get },
	{ api_type_test_clock_advance, MERCHANT, "POST /v1/test/clock", api_test_clock_advance },
	{ api_type_health, ANYBODY, NULL, answer_health },
	{ api_type_metrics_get, ANYBODY, NULL, answer_metrics },
};

static void carry_out(struct arsd *a, const struct operation *op, struct api_ask *q)
{
	struct problem p;

	if (op->who == MERCHANT && authenticate(a, &q->m->u.head, &q->merchant, &p) < 0) {
		api_answer_problem(a, q, &p);
	} else if (op->who == MERCHANT && !rate_take(a->api->rate, q->merchant.id.text, a->mono, &q->rate)) {
		problem_set(&p, 429, "rate_limited", "", "too many requests; nothing was done");
		p.retry_after_s = q->rate.retry_after_s;
		api_answer_problem(a, q, &p);
	} else if (op->once != NULL && once_begin(q, op->once) < 0) {
		problem_set(&p, 500, "internal", "", "the request could not be read");
		api_answer_problem(a, q, &p);
	} else if (op->once == NULL || !once_is_repeat(a, q)) {
		op->run(a, q);
	}
}

int api_handle(struct arsd *a, uint64_t peer, const struct api_msg *m)
{
	for (size_t i = 0; i < ARRAY_LEN(operations); i++)
		if (operations[i].type == m->type) {
			struct api_ask q = { .peer = peer, .req = m->u.head.req, .m = m, .route = "" };

			carry_out(a, &operations[i], &q);
			return 0;
		}
	return ERR_INVALID;
}
