/* pg_json.c: requests and answers of the JSON gateway. An answer counts only when it is whole, of the expected status,
 * about our order, and of our amount; members we do not know are left alone. */
#include "uplinkd/pg_json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "uplinkd/pg_json_list.h"
#include "uplinkd/pg_wire.h"

/* ---- requests ---- */

static json_t *pay_body(const struct uplink_pg_pay *p)
{
	json_t *b = json_pack("{s:s, s:{s:I, s:s}, s:i, s:b, s:s}", "order_id", p->order_id, "amount", "total",
	                      (json_int_t)p->amount_minor, "currency", p->currency, "instalment_months", (int)p->instalment_months,
	                      "interest_free", (int)p->interest_free, "order_name", p->order_name);

	if (b == NULL)
		return NULL;
	if (p->tax_free_minor >= 0)
		json_object_set_new(json_object_get(b, "amount"), "tax_free", json_integer(p->tax_free_minor));
	if (p->vat_minor >= 0)
		json_object_set_new(json_object_get(b, "amount"), "vat", json_integer(p->vat_minor));
	if (p->jwe.len > 0) {
		json_object_set_new(b, "jwe", json_stringn((const char *)p->jwe.data, p->jwe.len));
		json_object_set_new(b, "keep", json_boolean(p->keep));
	} else {
		json_object_set_new(b, "billing_key", json_string(p->pg_billing_key));
	}
	return b;
}

static json_t *cancel_body(const struct uplink_pg_cancel *c)
{
	json_t *b = json_pack("{s:s, s:{s:I, s:s}, s:I, s:s}", "cancel_id", c->cancel_id, "amount", "total",
	                      (json_int_t)c->amount_minor, "currency", c->currency, "tax_free", (json_int_t)c->tax_free_minor, "reason",
	                      c->reason);

	if (b != NULL && c->vat_minor >= 0)
		json_object_set_new(b, "vat", json_integer(c->vat_minor));
	return b;
}

static int request(const struct pg_account *a, const struct uplink_msg *job, const struct pg_job *j UNUSED, struct pg_request *r)
{
	const char *base = a->url;
	int e = ERR_INVALID;

	switch (job->type) {
	case uplink_type_pg_verify: {
		const struct uplink_pg_verify *v = &job->u.pg_verify;

		e = pg_wire_plain_url(base, "/v1/cards/verify", r->url);
		return e < 0 ? e : pg_wire_post(r, json_pack("{s:s, s:s%}", "order_id", v->order_id, "jwe", (const char *)v->jwe.data,
		                                          (size_t)v->jwe.len));
	}
	case uplink_type_pg_pay:
		if ((job->u.pg_pay.jwe.len > 0) == (job->u.pg_pay.pg_billing_key[0] != '\0'))
			return ERR_INVALID;
		e = pg_wire_plain_url(base, "/v1/payments", r->url);
		return e < 0 ? e : pg_wire_post(r, pay_body(&job->u.pg_pay));
	case uplink_type_pg_net_cancel:
		e = pg_wire_url(base, "/v1/orders/", job->u.pg_net_cancel.order_id, "/net-cancel", r->url);
		return e < 0 ? e : pg_wire_post(r, json_pack("{s:s}", "reason", job->u.pg_net_cancel.reason));
	case uplink_type_pg_query:
		r->method = "GET";
		return pg_wire_url(base, "/v1/orders/", job->u.pg_query.order_id, "", r->url);
	case uplink_type_pg_cancel:
		e = pg_wire_url(base, "/v1/orders/", job->u.pg_cancel.order_id, "/cancel", r->url);
		return e < 0 ? e : pg_wire_post(r, cancel_body(&job->u.pg_cancel));
	case uplink_type_pg_query_cancel:
		r->method = "GET";
		return pg_wire_url(base, "/v1/orders/", job->u.pg_query_cancel.cancel_id, "", r->url);
	case uplink_type_pg_list:
		r->method = "GET";
		return pg_json_list_url(base, &job->u.pg_list, r->url);
	case uplink_type_pg_promotions:
		r->method = "GET";
		return pg_wire_plain_url(base, "/v1/interest-free", r->url);
	case uplink_type_pg_expire_key:
		r->method = "DELETE";
		return pg_wire_url(base, "/v1/billing-keys/", job->u.pg_expire_key.pg_billing_key, "", r->url);
	default:
		return e;
	}
}

/* ---- answers ---- */

static uint8_t decline_class(const char *word)
{
	static const char *const words[] = {
		[UPLINK_DECLINE_INPUT] = "input", [UPLINK_DECLINE_FUNDS] = "funds", [UPLINK_DECLINE_DEAD_CARD] = "dead_card",
		[UPLINK_DECLINE_ASK_ISSUER] = "ask_issuer", [UPLINK_DECLINE_MERCHANT] = "merchant", [UPLINK_DECLINE_SYSTEM] = "system",
	};

	for (uint8_t i = 1; i < ARRAY_LEN(words); i++)
		if (strcmp(words[i], word) == 0)
			return i;
	return UPLINK_DECLINE_NONE;
}

static void take_card(const json_t *o, struct uplink_pg_result *r)
{
	pg_wire_take_shown(o, "issuer", true, r->issuer, sizeof(r->issuer));
	pg_wire_take_shown(o, "bin", true, r->bin, sizeof(r->bin));
	pg_wire_take_shown(o, "last4", true, r->last4, sizeof(r->last4));
	r->card_type = pg_wire_is(o, "card_type", "credit") ? 1 : pg_wire_is(o, "card_type", "check") ? 2 : 0;
}

static bool read_verified(const json_t *o, struct uplink_pg_result *r)
{
	take_card(o, r);
	return pg_wire_take(o, "tid", true, r->tid, sizeof(r->tid)) &&
	       pg_wire_take(o, "billing_key", true, r->pg_billing_key, sizeof(r->pg_billing_key));
}

/* Whether it is the currency that was asked for, who asked knows. */
static bool take_amount(const json_t *o, struct uplink_pg_result *r)
{
	const json_t *amount = json_object_get(o, "amount"), *total = json_object_get(amount, "total");

	if (!json_is_integer(total) || !pg_wire_take(amount, "currency", true, r->currency, sizeof(r->currency)))
		return false;
	r->amount_minor = json_integer_value(total);
	return true;
}

/* amount: what we asked for, or -1 when not known here (a query). */
static bool read_approved(const json_t *o, int64_t amount, struct uplink_pg_result *r)
{
	if (!pg_wire_take(o, "tid", true, r->tid, sizeof(r->tid)) ||
	    !pg_wire_take(o, "approval_no", true, r->approval_no, sizeof(r->approval_no)) ||
	    !pg_wire_take(o, "billing_key", false, r->pg_billing_key, sizeof(r->pg_billing_key)) ||
	    !take_amount(o, r) || !pg_wire_take_time(o, "approved_at", &r->at_ms))
		return false;
	take_card(o, r);
	return amount < 0 ? r->amount_minor > 0 : r->amount_minor == amount;
}

static bool read_declined(const json_t *o, struct uplink_pg_result *r)
{
	char class[24] = "";

	pg_wire_take_shown(o, "code", false, r->code, sizeof(r->code));
	pg_wire_take_shown(o, "message", false, r->message, sizeof(r->message));
	if (!pg_wire_take(o, "class", true, class, sizeof(class)) || r->code[0] == '\0')
		return false;
	r->decline = decline_class(class);
	/* A no stays a no, also in a class that we do not know. */
	if (r->decline == UPLINK_DECLINE_NONE)
		r->decline = UPLINK_DECLINE_SYSTEM;
	return true;
}

/* Given back, and exactly what was asked for. */
static bool read_canceled(const json_t *o, int64_t amount, struct uplink_pg_result *r)
{
	return pg_wire_take(o, "tid", true, r->tid, sizeof(r->tid)) && take_amount(o, r) && pg_wire_take_time(o, "canceled_at", &r->at_ms) &&
	       r->amount_minor == amount;
}

static bool is_our_order(const json_t *o, const struct pg_job *job)
{
	const json_t *id = json_object_get(o, "order_id");

	return job->op == uplink_type_pg_expire_key || job->op == uplink_type_pg_promotions || (json_is_string(id) && strcmp(json_string_value(id), job->order_id) == 0);
}

static enum uplink_pg_status read_cancellation(const struct pg_job *job, const char *word, const json_t *o,
                                               struct uplink_pg_result *r)
{
	if (strcmp(word, "canceled") == 0 && read_canceled(o, job->amount_minor, r))
		return UPLINK_PG_OK;
	return strcmp(word, "declined") == 0 && read_declined(o, r) ? UPLINK_PG_DECLINED : UPLINK_PG_UNKNOWN;
}

/* Returns the status that the answer proves, or UPLINK_PG_UNKNOWN. */
static enum uplink_pg_status read_result(const struct pg_job *job, int http, const json_t *o, struct uplink_pg_result *r)
{
	const char *word = json_string_value(json_object_get(o, "result"));
	bool query = job->op == uplink_type_pg_query, query_cancel = job->op == uplink_type_pg_query_cancel;

	if (word == NULL)
		return UPLINK_PG_UNKNOWN;
	if (http == 404 && strcmp(word, "not_found") == 0 && (query || query_cancel || job->op == uplink_type_pg_expire_key))
		return UPLINK_PG_NOT_FOUND;
	if (http != 200 || !is_our_order(o, job))
		return UPLINK_PG_UNKNOWN;
	if (query_cancel || job->op == uplink_type_pg_cancel)
		return read_cancellation(job, word, o, r);
	if ((query || job->op == uplink_type_pg_verify) && strcmp(word, "verified") == 0 && read_verified(o, r))
		return UPLINK_PG_OK;
	if ((query || job->op == uplink_type_pg_pay) && strcmp(word, "approved") == 0 &&
	    read_approved(o, query ? -1 : job->amount_minor, r))
		return UPLINK_PG_OK;
	if ((query || job->op == uplink_type_pg_pay || job->op == uplink_type_pg_verify) && strcmp(word, "declined") == 0 &&
	    read_declined(o, r))
		return UPLINK_PG_DECLINED;
	if (job->op == uplink_type_pg_net_cancel && strcmp(word, "net_canceled") == 0)
		return UPLINK_PG_OK;
	/* The order has no effect any more: for whoever asks, as if it had never been; asking to cancel it again is harmless. */
	if (query && strcmp(word, "net_canceled") == 0) {
		snprintf(r->code, sizeof(r->code), "net_canceled");
		return UPLINK_PG_NOT_FOUND;
	}
	if (job->op == uplink_type_pg_expire_key && strcmp(word, "expired") == 0)
		return UPLINK_PG_OK;
	if (job->op == uplink_type_pg_promotions && strcmp(word, "listed") == 0)
		return UPLINK_PG_OK;
	return UPLINK_PG_UNKNOWN;
}

static bool answer(const struct pg_account *account UNUSED, struct pg_job *job, const struct http_answer *a,
                   struct uplink_pg_result *result)
{
	struct uplink_pg_result read = { 0 };
	struct json_fault fault = { .why = "" };
	json_t *o = NULL;

	if (json_read_strict(a->body, a->len, &o, &fault) == 0)
		read.status = read_result(job, a->status, o, &read);
	else
		read.status = UPLINK_PG_UNKNOWN;
	if (read.status == UPLINK_PG_UNKNOWN) {
		read = (struct uplink_pg_result){ .status = UPLINK_PG_UNKNOWN };
		snprintf(read.message, sizeof(read.message), "HTTP %d without a usable answer%s%s", a->status,
		         fault.why[0] != '\0' ? ": " : "", fault.why);
	}
	json_decref(o);
	*result = read;
	return false;
}

static int open_account(struct pg_account *a, char why[PG_WHY_SIZE])
{
	if (a->client_id[0] != '\0') {
		snprintf(why, PG_WHY_SIZE, "kind json has no client_id");
		return ERR_INVALID;
	}
	if (a->secret[0] != '\0')
		snprintf(a->authorization, sizeof(a->authorization), "Authorization: Bearer %s", a->secret);
	return 0;
}

const struct pg_connector pg_json_connector = {
	.kind = "json",
	.can = UPLINK_CAN_BILLING | UPLINK_CAN_KEY_IN | UPLINK_CAN_INTEREST_FREE | UPLINK_CAN_QUERY | UPLINK_CAN_NET_CANCEL |
	       UPLINK_CAN_CANCEL | UPLINK_CAN_PARTIAL_CANCEL | UPLINK_CAN_LIST | UPLINK_CAN_FOREIGN |
	       UPLINK_CAN_PROMOTIONS | UPLINK_CAN_VAT,
	.open = open_account,
	.request = request,
	.answer = answer,
	.list = pg_json_list,
	.promotions = pg_json_promotions,
};
