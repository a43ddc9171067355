#include "arsd/events.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arsd/render.h"
#include "arsd/schedules.h"
#include "arsd/view.h"
#include "arsd/webhooks.h"
#include "lib/log.h"

/* Stores the event. Takes data. */
static int record(struct arsd *a, const struct merchant *m, const char *request, const char *type, json_t *data, struct event *e)
{
	json_t *body;
	char *text;

	memset(e, 0, sizeof(*e));
	e->id = id_new("evt_");
	e->merchant = m->id;
	e->at = a->wall;
	snprintf(e->request.text, sizeof(e->request.text), "%s", request);
	snprintf(e->type, sizeof(e->type), "%s", type);
	body = json_pack("{s:s, s:o, s:b, s:o}", "type", type, "timestamp", render_time(a->wall), "live", (int)m->live, "data", data);
	text = body != NULL ? json_dumps(body, JSON_COMPACT) : NULL;
	json_decref(body);
	if (text == NULL || strlen(text) >= sizeof(e->body)) {
		free(text);
		log_error("event_failed", "type=%s request=%s error=no_memory", type, request);
		return ERR_NOMEM;
	}
	snprintf(e->body, sizeof(e->body), "%s", text);
	free(text);
	return store_event_add(a->store, e);
}

/* Stores the event and its deliveries. Takes data. */
static int emit(struct arsd *a, const struct merchant *m, const char *request, const char *type, json_t *data)
{
	static struct event e;
	int err = record(a, m, request, type, data, &e);

	return err < 0 ? err : webhooks_tell(a, &e);
}

int events_test(struct arsd *a, const struct merchant *m, struct event *e)
{
	return record(a, m, "", "webhook.test", json_pack("{s:s, s:b}", "object", "test", "live", (int)m->live), e);
}

/* The ends that a customer, a clock or the merchant has made are told apart by their types; failed is what is left: a card or a
 * gateway that said no, and what would not go. */
static const char *type_of(const struct request *r, bool ok)
{
	static const struct { const char *state, *payment, *registration; } own[] = {
		{ "refused", "payment.refused", "registration.refused" },
		{ "expired", "payment.expired", "registration.expired" },
		{ "abandoned", "payment.abandoned", "registration.abandoned" },
		{ "canceled_before_auth", "payment.canceled_before_auth", "" },
		{ "canceled", "", "registration.canceled" },
	};

	for (size_t i = 0; i < ARRAY_LEN(own); i++)
		if (strcmp(r->state, own[i].state) == 0)
			return r->kind == REQUEST_PAYMENT ? own[i].payment : own[i].registration;
	if (r->kind == REQUEST_PAYMENT)
		return ok ? "payment.approved" : "payment.failed";
	return ok ? "registration.completed" : "registration.failed";
}

int events_request_ended(struct arsd *a, const struct request *r, bool ok)
{
	struct merchant m;
	int e = store_merchant_get(a->store, r->merchant.text, &m);

	return e < 0 ? e : emit(a, &m, r->id.text, type_of(r, ok), view_request(a, r, m.live));
}

/* r as it is, with more, which is taken, as the member name. */
static int emit_with(struct arsd *a, const struct request *r, const char *type, const char *name, json_t *more)
{
	struct merchant m;
	json_t *data;
	int e = store_merchant_get(a->store, r->merchant.text, &m);

	data = e == 0 ? view_request(a, r, m.live) : NULL;
	if (data == NULL) {
		json_decref(more);
		return e < 0 ? e : ERR_NOMEM;
	}
	json_object_set_new(data, name, more);
	return emit(a, &m, r->id.text, type, data);
}

int events_cancellation(struct arsd *a, const struct request *r, const struct cancellation *c, const char *type)
{
	return emit_with(a, r, type, "cancellation", view_cancellation(c));
}

int events_sms(struct arsd *a, const struct request *r, const char *type, json_t *message)
{
	return emit_with(a, r, type, "message", message);
}

int events_holder_mismatch(struct arsd *a, const struct request *r, const struct call_record *c, enum holder_verdict why)
{
	char masked[PHONE_SIZE] = "";

	if (c->caller.digits[0] != '\0')
		phone_print_masked(&c->caller, masked);
	return emit_with(a, r, r->kind == REQUEST_PAYMENT ? "payment.holder_mismatch" : "registration.holder_mismatch", "mismatch",
	                 json_pack("{s:s, s:s, s:o, s:o}", "call", c->id.text, "reason", holder_word(why), "caller", render_text(masked),
	                           "at", render_time(a->wall)));
}

int events_billing_key(struct arsd *a, const struct billing_key *k, const char *type)
{
	struct merchant m;
	int e = store_merchant_get(a->store, k->merchant.text, &m);

	return e < 0 ? e : emit(a, &m, k->registration.text, type, render_billing_key(k, m.live));
}

int events_reconciled(struct arsd *a, const struct merchant *m, json_t *report)
{
	return emit(a, m, "", "reconciliation.completed", report);
}

int events_schedule(struct arsd *a, const struct schedule *s, const char *type, const char *name, json_t *more)
{
	struct merchant m;
	json_t *data;
	int e = store_merchant_get(a->store, s->merchant.text, &m);

	if (e < 0) {
		json_decref(more);
		return e;
	}
	data = schedules_view(s, m.live);
	if (data == NULL) {
		json_decref(more);
		return ERR_NOMEM;
	}
	if (more != NULL)
		json_object_set_new(data, name, more);
	return emit(a, &m, s->id.text, type, data);
}
