/* pg_nicepay.c: answers of NICEPAY's billing protocol, and its account. An answer counts only when it is whole, of our order and our
 * amount, and signed where the protocol signs. */
#include "uplinkd/pg_nicepay_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/encdata.h"
#include "uplinkd/pg_wire.h"

enum { LEAST_WON = 1000 };

/* ---- answers ---- */

/* Of tid, amount and ediDate: the answer is the gateway's own, whole where money is concerned. */
static bool is_signed(const struct pg_account *a, const json_t *o)
{
	const char *tid = json_string_value(json_object_get(o, "tid")), *at = json_string_value(json_object_get(o, "ediDate"));
	const json_t *amount = json_object_get(o, "amount");
	char number[24], want[NICEPAY_HEX_SIZE];

	if (tid == NULL || at == NULL || !json_is_integer(amount))
		return false;
	snprintf(number, sizeof(number), "%" JSON_INTEGER_FORMAT, json_integer_value(amount));
	return nicepay_sign(a, want, (const char *const[]){ tid, number, at, NULL }) == 0 && pg_wire_is(o, "signature", want);
}

/* "94612000****5673": six or eight digits, stars, four digits. Anything else is not kept. */
static void take_mask(const char *number, struct uplink_pg_result *r)
{
	size_t head = strspn(number, "0123456789"), stars = strspn(number + head, "*");
	const char *tail = number + head + stars;

	if ((head != 6 && head != 8) || stars == 0 || strlen(tail) != 4 || strspn(tail, "0123456789") != 4)
		return;
	snprintf(r->bin, sizeof(r->bin), "%.*s", (int)head, number);
	snprintf(r->last4, sizeof(r->last4), "%s", tail);
}

static void take_card(const json_t *o, struct uplink_pg_result *r)
{
	const char *code = json_string_value(json_object_get(o, "cardCode"));
	const char *number = json_string_value(json_object_get(o, "cardNum"));

	snprintf(r->issuer, sizeof(r->issuer), "%s", code != NULL ? nicepay_issuer(code) : "");
	r->card_type = pg_wire_is(o, "cardType", "credit") ? 1 : pg_wire_is(o, "cardType", "check") ? 2 : 0;
	if (number != NULL)
		take_mask(number, r);
}

static bool read_registered(const json_t *o, struct uplink_pg_result *r)
{
	if (!pg_wire_take(o, "tid", true, r->tid, sizeof(r->tid)) ||
	    !pg_wire_take(o, "bid", true, r->pg_billing_key, sizeof(r->pg_billing_key)))
		return false;
	take_card(o, r);
	return true;
}

/* amount: what we asked for, or -1 when that is not known here. approveNo is optional in the protocol: the tid stands in. */
static bool read_paid(const struct pg_account *a, const json_t *o, int64_t amount, struct uplink_pg_result *r)
{
	const json_t *currency = json_object_get(o, "currency");

	if (!is_signed(a, o) || !pg_wire_take(o, "tid", true, r->tid, 31) || !pg_wire_take_time(o, "paidAt", &r->at_ms) ||
	    !pg_wire_take(o, "approveNo", false, r->approval_no, sizeof(r->approval_no)) ||
	    (json_is_string(currency) && strcmp(json_string_value(currency), "KRW") != 0))
		return false;
	if (r->approval_no[0] == '\0')
		memcpy(r->approval_no, r->tid, 31);
	take_card(json_object_get(o, "card"), r);
	r->amount_minor = json_integer_value(json_object_get(o, "amount"));
	snprintf(r->currency, sizeof(r->currency), "KRW");
	return amount < 0 ? r->amount_minor > 0 : r->amount_minor == amount;
}

/* A no may come from before the order was looked at, and does not name it then. */
static bool names_another(const json_t *o, const struct pg_job *job)
{
	const json_t *id = json_object_get(o, "orderId");

	return id != NULL && !json_is_null(id) && !pg_wire_is(o, "orderId", job->order_id);
}

static bool names_ours(const json_t *o, const struct pg_job *job)
{
	return pg_wire_is(o, "orderId", job->order_id);
}

static enum uplink_pg_status decline(enum nicepay_says says, const char *code, struct uplink_pg_result *r)
{
	if (says != NICEPAY_NO && says != NICEPAY_NO_KEY)
		return UPLINK_PG_UNKNOWN;
	r->decline = (uint8_t)nicepay_class(code, r->message);
	return UPLINK_PG_DECLINED;
}

/* Of a payment under way, or one that is asked after. */
static enum uplink_pg_status read_status(const struct pg_account *a, const struct pg_job *job, const json_t *o, int64_t amount,
                                         struct uplink_pg_result *r)
{
	if (!names_ours(o, job))
		return UPLINK_PG_UNKNOWN;
	if (pg_wire_is(o, "status", "paid") || pg_wire_is(o, "status", "partialCancelled"))
		return read_paid(a, o, amount, r) ? UPLINK_PG_OK : UPLINK_PG_UNKNOWN;
	if (amount < 0 && pg_wire_is(o, "status", "cancelled") && is_signed(a, o)) {
		/* It has no effect any more: for whoever asks, as if it had never been. */
		snprintf(r->code, sizeof(r->code), "cancelled");
		return UPLINK_PG_NOT_FOUND;
	}
	if (pg_wire_is(o, "status", "failed") || pg_wire_is(o, "status", "expired")) {
		snprintf(r->code, sizeof(r->code), "%s", json_string_value(json_object_get(o, "status")));
		r->decline = UPLINK_DECLINE_SYSTEM;
		return UPLINK_PG_DECLINED;
	}
	return UPLINK_PG_UNKNOWN;
}

/* Nobody knows the order. That holds for good when nothing can be under way to the gateway any more; of a registration, which the gateway does not
 * find even if it made it, no more than that is known then. */
static enum uplink_pg_status no_order_yet(const struct pg_account *a, const struct pg_job *job, struct uplink_pg_result *r)
{
	if (job->lost_for_ms >= a->late_ms) {
		snprintf(r->code, sizeof(r->code), "not_known");
		return UPLINK_PG_OK;
	}
	snprintf(r->message, sizeof(r->message), "the gateway does not know the order; it may still arrive");
	return UPLINK_PG_UNKNOWN;
}

/* Goes on to another day, if the order may be there. */
static bool looks_further(struct pg_job *job)
{
	char edi_date[NICEPAY_TIME_SIZE], day[NICEPAY_DAY_SIZE], next[NICEPAY_DAY_SIZE];

	if (job->op == uplink_type_pg_net_cancel && job->step != NICEPAY_STEP_FIND_DAY_BEFORE) {
		job->step = job->step == NICEPAY_STEP_FIND ? NICEPAY_STEP_FIND_NEXT_DAY : NICEPAY_STEP_FIND_DAY_BEFORE;
		return true;
	}
	if (job->step == NICEPAY_STEP_FIND_NEXT_DAY || job->step == NICEPAY_STEP_FIND_DAY_BEFORE)
		return false;
	nicepay_print_time(nicepay_order_at(job), edi_date, day);
	nicepay_print_time(nicepay_order_at(job) + NICEPAY_MIDNIGHT_MS, edi_date, next);
	if (strcmp(day, next) == 0)
		return false;
	job->step = NICEPAY_STEP_FIND_NEXT_DAY;
	return true;
}

static enum uplink_pg_status on_found(const struct pg_account *a, struct pg_job *job, enum nicepay_says says, const json_t *o,
                                      struct uplink_pg_result *r, bool *more)
{
	enum uplink_pg_status status = UPLINK_PG_UNKNOWN;

	if (says == NICEPAY_YES)
		status = read_status(a, job, o, -1, r);
	else if (says == NICEPAY_NO_ORDER && !names_another(o, job) && !(*more = looks_further(job)))
		status = UPLINK_PG_NOT_FOUND;
	if (job->op != uplink_type_pg_net_cancel)
		return status;
	if (status == UPLINK_PG_OK) {
		memcpy(job->tid, r->tid, sizeof(job->tid));
		job->step = NICEPAY_STEP_CANCEL;
		*more = true;
		return UPLINK_PG_UNKNOWN;
	}
	if (status == UPLINK_PG_DECLINED || (status == UPLINK_PG_NOT_FOUND && strcmp(r->code, "cancelled") == 0))
		return UPLINK_PG_OK;              /* what has failed needs no undoing */
	/* Too late for what is not there: one of both is wrong, and the money may be the customer's. */
	if (status == UPLINK_PG_NOT_FOUND)
		snprintf(r->message, sizeof(r->message), "too late to net-cancel it, and on no day near its own: look for it at the gateway");
	return UPLINK_PG_UNKNOWN;
}

static enum uplink_pg_status on_canceled(const struct pg_account *a, struct pg_job *job, enum nicepay_says says, const json_t *o,
                                         struct uplink_pg_result *r, bool *more)
{
	if (names_another(o, job))
		return UPLINK_PG_UNKNOWN;
	switch (says) {
	case NICEPAY_YES: return names_ours(o, job) && pg_wire_is(o, "status", "cancelled") && is_signed(a, o) ? UPLINK_PG_OK
	                                                                                                  : UPLINK_PG_UNKNOWN;
	case NICEPAY_CANCELED: return UPLINK_PG_OK;
	case NICEPAY_NO_ORDER: return job->step == NICEPAY_STEP_CANCEL ? UPLINK_PG_UNKNOWN : no_order_yet(a, job, r);
	case NICEPAY_TOO_LATE:
		*more = job->step == NICEPAY_STEP_FIRST;
		job->step = NICEPAY_STEP_FIND;
		return UPLINK_PG_UNKNOWN;
	default: return UPLINK_PG_UNKNOWN;
	}
}

static enum uplink_pg_status on_expired(const struct pg_job *job, enum nicepay_says says, const json_t *o)
{
	if (says == NICEPAY_YES && pg_wire_is(o, "bid", job->pg_billing_key))
		return UPLINK_PG_OK;
	return says == NICEPAY_NO_KEY ? UPLINK_PG_NOT_FOUND : UPLINK_PG_UNKNOWN;
}

static enum uplink_pg_status on_promotions(const struct pg_account *a, enum nicepay_says says, const char *code, const json_t *o,
                                           struct uplink_pg_result *r)
{
	const char *at = json_string_value(json_object_get(o, "ediDate"));
	char want[NICEPAY_HEX_SIZE];

	if (says != NICEPAY_YES)
		return decline(says, code, r);
	if (at == NULL || nicepay_sign(a, want, (const char *const[]){ at, NULL }) < 0 || !pg_wire_is(o, "signature", want) ||
	    !json_is_array(json_object_get(o, "interestFree")))
		return UPLINK_PG_UNKNOWN;
	return UPLINK_PG_OK;
}

/* The cancellation among those of the payment: the one that this answer is about, or (answered NULL) ours by its reason. */
static const json_t *find_cancel(const struct pg_job *job, const json_t *o, const char *answered)
{
	const json_t *list = json_object_get(o, "cancels"), *c;
	size_t i, len = strlen(job->order_id);

	json_array_foreach(list, i, c) {
		const char *reason = json_string_value(json_object_get(c, "reason"));
		bool ours = reason != NULL && strncmp(reason, job->order_id, len) == 0 && (reason[len] == ' ' || reason[len] == '\0');

		if (answered != NULL ? pg_wire_is(c, "tid", answered) : ours)
			return c;
	}
	return NULL;
}

/* Given back, and exactly what was asked for. */
static enum uplink_pg_status read_cancel(const struct pg_job *job, const json_t *c, struct uplink_pg_result *r)
{
	const json_t *amount = json_object_get(c, "amount");

	if (!json_is_integer(amount) || json_integer_value(amount) != job->amount_minor ||
	    !pg_wire_take(c, "tid", true, r->tid, sizeof(r->tid)) || !pg_wire_take_time(c, "cancelledAt", &r->at_ms))
		return UPLINK_PG_UNKNOWN;
	r->amount_minor = job->amount_minor;
	snprintf(r->currency, sizeof(r->currency), "KRW");
	return UPLINK_PG_OK;
}

/* The tid is the payment's, and signed: it says more than the order id, of which the protocol does not tell whose it is here. */
static bool is_our_payment(const struct pg_account *a, const struct pg_job *job, const json_t *o)
{
	return pg_wire_is(o, "tid", job->tid) && is_signed(a, o);
}

static enum uplink_pg_status on_given_back(const struct pg_account *a, const struct pg_job *job, enum nicepay_says says,
                                           const char *code, const json_t *o, struct uplink_pg_result *r)
{
	const char *tid = json_string_value(json_object_get(o, "cancelledTid"));
	const json_t *c;

	if (says == NICEPAY_NO || says == NICEPAY_NO_ORDER || says == NICEPAY_CANCELED) {
		r->decline = (uint8_t)nicepay_class(code, r->message);
		return UPLINK_PG_DECLINED;
	}
	if (says != NICEPAY_YES || tid == NULL || !is_our_payment(a, job, o))
		return UPLINK_PG_UNKNOWN;
	c = find_cancel(job, o, tid);
	return c != NULL ? read_cancel(job, c, r) : UPLINK_PG_UNKNOWN;
}

static enum uplink_pg_status on_cancel_found(const struct pg_account *a, const struct pg_job *job, enum nicepay_says says,
                                             const json_t *o, struct uplink_pg_result *r)
{
	const json_t *c;

	if (says != NICEPAY_YES || !is_our_payment(a, job, o))
		return UPLINK_PG_UNKNOWN;
	c = find_cancel(job, o, NULL);
	return c != NULL ? read_cancel(job, c, r) : UPLINK_PG_NOT_FOUND;
}

/* An order that is being made. */
static enum uplink_pg_status on_order(const struct pg_account *a, const struct pg_job *job, enum nicepay_says says,
                                      const char *code, const json_t *o, struct uplink_pg_result *r)
{
	if (says != NICEPAY_YES)
		return names_another(o, job) ? UPLINK_PG_UNKNOWN : decline(says, code, r);
	if (job->op == uplink_type_pg_verify)
		return names_ours(o, job) && read_registered(o, r) ? UPLINK_PG_OK : UPLINK_PG_UNKNOWN;
	return read_status(a, job, o, job->amount_minor, r);
}

/* HTTP 200 carries every result; 401 to 405 and 400 those of requests that went no further than the door. */
static bool may_carry(int http, const struct nicepay_code *c)
{
	return http == 200 || ((http == 400 || http == 401 || (http >= 403 && http <= 405)) && c != NULL && c->says != NICEPAY_YES);
}

static enum uplink_pg_status read_result(const struct pg_account *a, struct pg_job *job, int http, const json_t *o,
                                         struct uplink_pg_result *r, bool *more)
{
	char code[sizeof(r->code)] = "";
	const struct nicepay_code *c;
	enum nicepay_says says;

	if (!pg_wire_take(o, "resultCode", true, code, sizeof(code)))
		return UPLINK_PG_UNKNOWN;
	c = nicepay_code_find(code);
	if (!may_carry(http, c))
		return UPLINK_PG_UNKNOWN;
	says = c != NULL ? c->says : NICEPAY_NO;
	if (says != NICEPAY_YES) {
		snprintf(r->code, sizeof(r->code), "%s", code);
		pg_wire_take_shown(o, "resultMsg", false, r->message, sizeof(r->message));
	}
	if (job->op == uplink_type_pg_query || job->step == NICEPAY_STEP_FIND || job->step == NICEPAY_STEP_FIND_NEXT_DAY ||
	    job->step == NICEPAY_STEP_FIND_DAY_BEFORE)
		return on_found(a, job, says, o, r, more);
	if (job->op == uplink_type_pg_net_cancel)
		return on_canceled(a, job, says, o, r, more);
	if (job->op == uplink_type_pg_expire_key)
		return on_expired(job, says, o);
	if (job->op == uplink_type_pg_promotions)
		return on_promotions(a, says, code, o, r);
	if (job->op == uplink_type_pg_cancel)
		return on_given_back(a, job, says, code, o, r);
	if (job->op == uplink_type_pg_query_cancel)
		return on_cancel_found(a, job, says, o, r);
	return on_order(a, job, says, code, o, r);
}

static bool answer(const struct pg_account *a, struct pg_job *job, const struct http_answer *h, struct uplink_pg_result *result)
{
	struct uplink_pg_result read = { 0 };
	struct json_fault fault = { .why = "" };
	json_t *o = NULL;
	bool more = false;

	read.status = UPLINK_PG_UNKNOWN;
	if (json_read_strict(h->body, h->len, &o, &fault) == 0)
		read.status = (uint8_t)read_result(a, job, h->status, o, &read, &more);
	if (read.status == UPLINK_PG_UNKNOWN) {
		struct uplink_pg_result none = { .status = UPLINK_PG_UNKNOWN };

		memcpy(none.code, read.code, sizeof(none.code));
		if (read.message[0] != '\0')
			memcpy(none.message, read.message, sizeof(none.message));
		else
			snprintf(none.message, sizeof(none.message), "HTTP %d without a usable answer%s%s", h->status,
			         fault.why[0] != '\0' ? ": " : "", fault.why);
		read = none;
	}
	json_decref(o);
	*result = read;
	return more;
}

/* ---- set-up ---- */

/* Basic authentication of client key and SecretKey (common/api.md, "Basic auth"). */
static int open_account(struct pg_account *a, char why[PG_WHY_SIZE])
{
	char pair[sizeof(a->client_id) + 1 + ENCDATA_KEY_SIZE + 1], coded[2 * sizeof(pair)];
	int n, e;

	if (a->client_id[0] == '\0' || strchr(a->client_id, ':') != NULL || strlen(a->secret) != ENCDATA_KEY_SIZE) {
		snprintf(why, PG_WHY_SIZE, "kind nicepay needs client_id (the client key) and in secret_file the SecretKey, 32 characters");
		return ERR_INVALID;
	}
	n = snprintf(pair, sizeof(pair), "%s:%s", a->client_id, a->secret);
	e = base64_encode(pair, (size_t)n, coded, sizeof(coded));
	if (e >= 0)
		snprintf(a->authorization, sizeof(a->authorization), "Authorization: Basic %s", coded);
	return e < 0 ? ERR_INVALID : 0;
}

const struct pg_connector pg_nicepay_connector = {
	.kind = "nicepay",
	.can = UPLINK_CAN_BILLING | UPLINK_CAN_CANCEL | UPLINK_CAN_PARTIAL_CANCEL | UPLINK_CAN_PROMOTIONS |
	       UPLINK_CAN_QUERY | UPLINK_CAN_NET_CANCEL,
	.least_minor = LEAST_WON,
	.open = open_account,
	.request = nicepay_request,
	.answer = answer,
	.promotions = nicepay_promotions,
};
