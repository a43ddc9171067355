#include "arsd/render.h"

#include <stdio.h>
#include <string.h>

#include "arsd/decline.h"
#include "arsd/promotions.h"
#include "ipc/callctl.h"

json_t *render_time(struct wall t)
{
	char buf[CLOCK_RFC3339_SIZE];

	return t.ms == 0 ? json_null() : json_string(wall_print_rfc3339(t, buf));
}

/* Text from outside may have been cut within a character: what is no UTF-8 must not cost the merchant the whole answer. */
static json_t *render_ascii_of(const char *text)
{
	char plain[512];

	snprintf(plain, sizeof(plain), "%s", text);
	for (char *p = plain; *p != '\0'; p++)
		if ((unsigned char)*p >= 0x80)
			*p = '?';
	return json_string(plain);
}

json_t *render_text(const char *text)
{
	json_t *o = text[0] == '\0' ? json_null() : json_string(text);

	return o != NULL ? o : render_ascii_of(text);
}

json_t *render_card(const struct card_mask *c)
{
	if (c->last4[0] == '\0')
		return json_null();
	return json_pack("{s:s, s:s, s:o, s:o, s:s}", "bin", c->bin, "last4", c->last4, "brand", render_text(c->brand),
	                 "issuer", render_text(c->issuer), "type", card_type_name(c->type));
}

json_t *render_money(const struct money *m)
{
	if (m->amount_minor == 0)
		return json_null();
	return json_pack("{s:I, s:s}", "total", (json_int_t)m->amount_minor, "currency", m->currency);
}

static json_t *render_part(int64_t minor)
{
	return minor < 0 ? json_null() : json_integer(minor);
}

json_t *render_amount(const struct money *m, const struct tax_parts *parts)
{
	return json_pack("{s:I, s:s, s:o, s:o}", "total", m->amount_minor, "currency", m->currency, "tax_free", render_part(parts->free_minor), "vat",
	                 render_part(parts->vat_minor));
}

static json_t *render_failure(const struct request *r)
{
	if (r->failure_code[0] == '\0')
		return json_null();
	return json_pack("{s:s, s:o, s:o, s:s}", "code", r->failure_code, "class", render_text(r->failure_class), "message",
	                 render_text(r->failure_message), "retry", decline_retry(r->failure_code, r->failure_class));
}

static json_t *render_months(const uint8_t months[REQUEST_ALLOWED_MAX])
{
	json_t *list = json_array();

	for (int i = 0; i < REQUEST_ALLOWED_MAX && months[i] != 0; i++)
		json_array_append_new(list, json_integer(months[i]));
	return list;
}

static json_t *render_instalment(const struct request *r)
{
	const char *by = interest_free_word((enum interest_free)r->interest_free_chosen);

	return json_pack("{s:s, s:i, s:b, s:o, s:o, s:o}", "mode", r->instalment_mode[0] ? r->instalment_mode : "none", "months",
	                 (int)r->instalment_months, "interest_free", r->interest_free_chosen != 0, "interest_free_by",
	                 render_text(by != NULL ? by : ""), "allowed",
	                 render_months(r->allowed), "interest_free_months", render_months(r->interest_free));
}

/* What both kinds have. */
static json_t *render_common(const struct request *r, const char *object, bool live)
{
	return json_pack("{s:s, s:s, s:s, s:b, s:o, s:o, s:s, s:s, s:o, s:o, s:s, s:s, s:o, s:o, s:o, s:i, s:o, s:o, s:o, s:o}",
	                 "id", r->id.text, "object", object, "status", r->state, "live", (int)live, "phone", render_text(r->phone.digits),
	                 "virtual_number", render_text(r->virtual_number.digits), "merchant_name", r->merchant_name,
	                 "product_name", r->product_name, "cycle", render_text(r->cycle), "amount",
	                 r->kind == REQUEST_PAYMENT ? render_amount(&r->amount, &r->tax) : render_money(&r->amount),
	                 "language", r->language, "speed", r->speed, "billing_key", render_text(r->billing_key.text), "card",
	                 render_card(&r->card), "failure", render_failure(r), "calls", (int)r->calls, "last_call",
	                 render_text(r->last_call), "created_at", render_time(r->created), "updated_at",
	                 render_time(r->updated), "expires_at", render_time(r->expires));
}

static void add_payment(json_t *o, const struct request *r)
{
	json_object_set_new(o, "order_id", json_string(r->order_id));
	json_object_set_new(o, "order_name", json_string(r->product_name));
	json_object_set_new(o, "schedule", render_text(r->schedule.text));
	json_object_set_new(o, "consent", json_string(r->consent_skip ? "skip" : "ask"));
	json_object_set_new(o, "other_card", json_string(r->other_card_allowed ? "allow" : "deny"));
	json_object_set_new(o, "other_card_used", json_boolean(r->other_card_used));
	json_object_set_new(o, "card_kept", json_boolean(r->keep_card && r->approved.ms != 0));
	json_object_set_new(o, "instalment", render_instalment(r));
	json_object_set_new(o, "approval_no", render_text(r->approval_no));
	json_object_set_new(o, "tid", render_text(r->tid));
	json_object_set_new(o, "approved_at", render_time(r->approved));
}

json_t *render_request(const struct request *r, bool live)
{
	json_t *o = render_common(r, r->kind == REQUEST_PAYMENT ? "payment" : "registration", live);

	if (o == NULL)
		return NULL;
	if (r->kind == REQUEST_PAYMENT)
		add_payment(o, r);
	else
		json_object_set_new(o, "customer_ref", render_text(r->customer_ref));
	return o;
}

json_t *render_billing_key(const struct billing_key *k, bool live)
{
	return json_pack("{s:s, s:s, s:s, s:b, s:o, s:o, s:s, s:o, s:o, s:o, s:o, s:o}", "id", k->id.text, "object",
	                 "billing_key", "status", k->status, "live", (int)live, "customer_ref", render_text(k->customer_ref),
	                 "phone", render_text(k->phone.digits), "registration", k->registration.text, "card", render_card(&k->card),
	                 "delete_reason", render_text(k->delete_reason), "created_at", render_time(k->created), "updated_at",
	                 render_time(k->updated), "last_used_at", render_time(k->last_used));
}

const char *render_screening(uint8_t screening)
{
	switch (screening) {
	case CALLCTL_USER_UNSCREENED: return "user_unscreened";
	case CALLCTL_USER_PASSED: return "user_passed";
	case CALLCTL_USER_FAILED: return "user_failed";
	case CALLCTL_NETWORK: return "network";
	case CALLCTL_ANALOG: return "analog";
	case CALLCTL_ANALOG_TRUSTED: return "analog_trusted";
	default: return "none";
	}
}

json_t *render_call(const struct call_record *c)
{
	char masked[PHONE_SIZE] = "";

	if (c->caller.digits[0] != '\0')
		phone_print_masked(&c->caller, masked);
	return json_pack("{s:s, s:s, s:s, s:o, s:s, s:o, s:s, s:b, s:b, s:s, s:s, s:o, s:i, s:i, s:i, s:o, s:o, s:o}", "id",
	                 c->id.text, "object", "call", "status", c->state, "request", render_text(c->request.text), "called",
	                 c->called.digits, "caller", render_text(masked), "screening", render_screening(c->screening),
	                 "presentation_allowed", (int)c->presentation, "diverted", (int)c->diverted, "scenario", c->scenario,
	                 "language", c->language, "step", render_text(c->step), "span", (int)c->span, "channel",
	                 (int)c->channel, "cause", (int)c->cause, "offered_at", render_time(c->offered), "answered_at",
	                 render_time(c->answered), "ended_at", render_time(c->ended));
}

json_t *render_call_step(struct wall at, const char *what, const char *step, const char *detail)
{
	return json_pack("{s:o, s:s, s:o, s:o}", "at", render_time(at), "what", what, "step", render_text(step), "detail",
	                 render_text(detail));
}

json_t *render_event(const struct event *e)
{
	json_t *o = json_loads(e->body, 0, NULL);

	/* Sealed by keys that are lost: that it was is known still. */
	if (o == NULL)
		o = json_pack("{s:s, s:o, s:n}", "type", e->type, "timestamp", render_time(e->at), "data");
	if (o == NULL)
		return NULL;
	json_object_set_new(o, "id", json_string(e->id.text));
	json_object_set_new(o, "object", json_string("event"));
	json_object_set_new(o, "request", render_text(e->request.text));
	return o;
}

json_t *render_attempt(const struct attempt *t)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "id", t->order_id, "object", "attempt", "verb",
	                 t->verb, "status", t->state, "request", t->request.text, "pg", render_text(t->pg), "amount",
	                 render_money(&t->amount), "code", render_text(t->code), "message", render_text(t->message), "tid",
	                 render_text(t->tid), "created_at", render_time(t->created), "updated_at", render_time(t->updated));
}
