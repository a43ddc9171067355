/* pg_json.c: requests and answers of the JSON gateway. An answer counts only when it is whole, of the expected status,
 * about our order, and of our amount; members we do not know are left alone. */
#include "uplinkd/pg_json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "json/json.h"
#include "uplinkd/template.h"

/* ---- requests ---- */

/* BASE/PREFIX/{id}SUFFIX with id percent-escaped. An id that would be no segment of a path of its own (RFC 3986 5.2.4) is
 * refused: it would ask for something else. */
static int make_url(const char *base, const char *prefix, const char *id, const char *suffix, char url[PG_URL_SIZE])
{
	const struct template_values v = { .value = { [TEMPLATE_ID] = id } };
	char escaped[3 * 96 + 1];
	int n = template_fill("{id}", TEMPLATE_PERCENT, &v, escaped, sizeof(escaped));

	if (n <= 0 || strcmp(id, ".") == 0 || strcmp(id, "..") == 0)
		return ERR_INVALID;
	n = snprintf(url, PG_URL_SIZE, "%s%s%s%s", base, prefix, escaped, suffix);
	return n < PG_URL_SIZE ? 0 : ERR_INVALID;
}

static int make_plain_url(const char *base, const char *path, char url[PG_URL_SIZE])
{
	return snprintf(url, PG_URL_SIZE, "%s%s", base, path) < PG_URL_SIZE ? 0 : ERR_INVALID;
}

/* Takes over body, which may be NULL after a failed json_pack(). */
static int make_post(struct pg_request *r, json_t *body)
{
	r->method = "POST";
	r->body = body != NULL ? json_dumps(body, JSON_COMPACT) : NULL;
	json_decref(body);
	return r->body != NULL ? 0 : ERR_INVALID;
}

static json_t *pay_body(const struct uplink_pg_pay *p)
{
	json_t *b = json_pack("{s:s, s:{s:I, s:s}, s:i, s:b, s:s}", "order_id", p->order_id, "amount", "total",
	                      (json_int_t)p->amount_minor, "currency", p->currency, "instalment_months", (int)p->instalment_months,
	                      "interest_free", (int)p->interest_free, "order_name", p->order_name);

	if (b == NULL)
		return NULL;
	if (p->jwe.len > 0) {
		json_object_set_new(b, "jwe", json_stringn((const char *)p->jwe.data, p->jwe.len));
		json_object_set_new(b, "keep", json_boolean(p->keep));
	} else {
		json_object_set_new(b, "billing_key", json_string(p->pg_billing_key));
	}
	return b;
}

static int request(const char *base, const struct uplink_msg *job, struct pg_request *r)
{
	int e = ERR_INVALID;

	switch (job->type) {
	case uplink_type_pg_verify: {
		const struct uplink_pg_verify *v = &job->u.pg_verify;

		e = make_plain_url(base, "/v1/cards/verify", r->url);
		return e < 0 ? e : make_post(r, json_pack("{s:s, s:s%}", "order_id", v->order_id, "jwe", (const char *)v->jwe.data,
		                                          (size_t)v->jwe.len));
	}
	case uplink_type_pg_pay:
		if ((job->u.pg_pay.jwe.len > 0) == (job->u.pg_pay.pg_billing_key[0] != '\0'))
			return ERR_INVALID;
		e = make_plain_url(base, "/v1/payments", r->url);
		return e < 0 ? e : make_post(r, pay_body(&job->u.pg_pay));
	case uplink_type_pg_net_cancel:
		e = make_url(base, "/v1/orders/", job->u.pg_net_cancel.order_id, "/net-cancel", r->url);
		return e < 0 ? e : make_post(r, json_pack("{s:s}", "reason", job->u.pg_net_cancel.reason));
	case uplink_type_pg_query:
		r->method = "GET";
		return make_url(base, "/v1/orders/", job->u.pg_query.order_id, "", r->url);
	case uplink_type_pg_expire_key:
		r->method = "DELETE";
		return make_url(base, "/v1/billing-keys/", job->u.pg_expire_key.pg_billing_key, "", r->url);
	default:
		return e;
	}
}

/* ---- answers ---- */

/* Copies a string member. False: it is there but no string or too long for us, or it is missing though required. */
static bool take(const json_t *from, const char *name, bool required, char *out, size_t size)
{
	const json_t *v = json_object_get(from, name);

	if (v == NULL || json_is_null(v))
		return !required;
	if (!json_is_string(v) || json_string_length(v) >= size || (required && json_string_length(v) == 0))
		return false;
	memcpy(out, json_string_value(v), json_string_length(v) + 1);
	return true;
}

/* "2026-11-24T05:12:33.123Z" in milliseconds since 1970; false for anything else. */
static bool take_time(const json_t *from, const char *name, int64_t *ms)
{
	const char *text = json_string_value(json_object_get(from, name)), *rest;
	struct tm tm = { 0 };

	if (text == NULL || (rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm)) == NULL)
		return false;
	*ms = (int64_t)timegm(&tm) * 1000;
	if (*rest == '.') {
		int64_t unit = 100;

		for (rest++; *rest >= '0' && *rest <= '9'; rest++, unit /= 10)
			*ms += (*rest - '0') * unit;
	}
	return strcmp(rest, "Z") == 0;
}

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

static bool take_card(const json_t *o, struct uplink_pg_result *r)
{
	char type[16] = "";

	if (!take(o, "issuer", false, r->issuer, sizeof(r->issuer)) || !take(o, "bin", false, r->bin, sizeof(r->bin)) ||
	    !take(o, "last4", false, r->last4, sizeof(r->last4)) || !take(o, "card_type", false, type, sizeof(type)))
		return false;
	r->card_type = strcmp(type, "credit") == 0 ? 1 : strcmp(type, "check") == 0 ? 2 : 0;
	return true;
}

static bool read_verified(const json_t *o, struct uplink_pg_result *r)
{
	return take(o, "tid", true, r->tid, sizeof(r->tid)) &&
	       take(o, "billing_key", true, r->pg_billing_key, sizeof(r->pg_billing_key)) && take_card(o, r);
}

/* amount: what we asked for, or -1 when not known here (a query). */
static bool read_approved(const json_t *o, int64_t amount, struct uplink_pg_result *r)
{
	const json_t *total = json_object_get(json_object_get(o, "amount"), "total");

	if (!take(o, "tid", true, r->tid, sizeof(r->tid)) ||
	    !take(o, "approval_no", true, r->approval_no, sizeof(r->approval_no)) ||
	    !take(o, "billing_key", false, r->pg_billing_key, sizeof(r->pg_billing_key)) || !take_card(o, r) ||
	    !json_is_integer(total) || !take_time(o, "approved_at", &r->at_ms))
		return false;
	r->amount_minor = json_integer_value(total);
	return amount < 0 ? r->amount_minor > 0 : r->amount_minor == amount;
}

static bool read_declined(const json_t *o, struct uplink_pg_result *r)
{
	char class[24] = "";

	if (!take(o, "class", true, class, sizeof(class)) || !take(o, "code", true, r->code, sizeof(r->code)) ||
	    !take(o, "message", false, r->message, sizeof(r->message)))
		return false;
	r->decline = decline_class(class);
	/* A no stays a no, also in a class that we do not know. */
	if (r->decline == UPLINK_DECLINE_NONE)
		r->decline = UPLINK_DECLINE_SYSTEM;
	return true;
}

static bool is_our_order(const json_t *o, const struct pg_job *job)
{
	const json_t *id = json_object_get(o, "order_id");

	return job->op == uplink_type_pg_expire_key || (json_is_string(id) && strcmp(json_string_value(id), job->order_id) == 0);
}

/* Returns the status that the answer proves, or UPLINK_PG_UNKNOWN. */
static enum uplink_pg_status read_result(const struct pg_job *job, int http, const json_t *o, struct uplink_pg_result *r)
{
	const char *word = json_string_value(json_object_get(o, "result"));
	bool query = job->op == uplink_type_pg_query;

	if (word == NULL)
		return UPLINK_PG_UNKNOWN;
	if (http == 404 && strcmp(word, "not_found") == 0 && (query || job->op == uplink_type_pg_expire_key))
		return UPLINK_PG_NOT_FOUND;
	if (http != 200 || !is_our_order(o, job))
		return UPLINK_PG_UNKNOWN;
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
	return UPLINK_PG_UNKNOWN;
}

static void answer(const struct pg_job *job, const struct http_answer *a, struct uplink_pg_result *result)
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
}

const struct pg_connector pg_json_connector = {
	.kind = "json",
	.can = PG_CAN_VERIFY | PG_CAN_PAY_BY_KEY | PG_CAN_PAY_BY_CARD | PG_CAN_KEEP_CARD | PG_CAN_QUERY | PG_CAN_NET_CANCEL |
	       PG_CAN_EXPIRE_KEY,
	.request = request,
	.answer = answer,
};
