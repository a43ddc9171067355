/* pg_nicepay_ask.c: requests of NICEPAY's billing protocol, and its signatures. */
#include "uplinkd/pg_nicepay_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "crypto/encdata.h"
#include "model/ids.h"
#include "uplinkd/pg_wire.h"

enum { GOODS_NAME_MAX = 40, REASON_MAX = 100, MONTHS_MOST = 36, KST_S = 9 * 3600 };

static const int64_t amount_most = 999999999999;          /* 12 digits */

/* ---- signing ---- */

int nicepay_sign(const struct pg_account *a, char hex[NICEPAY_HEX_SIZE], const char *const parts[])
{
	uint8_t digest[CRYPTO_SHA256_SIZE];
	char text[600];
	size_t len = 0;

	for (; *parts != NULL; parts++) {
		size_t n = strlen(*parts);

		if (n >= sizeof(text) - len)
			return ERR_TOO_LONG;
		memcpy(text + len, *parts, n);
		len += n;
	}
	if (ENCDATA_KEY_SIZE >= sizeof(text) - len)
		return ERR_TOO_LONG;
	memcpy(text + len, a->secret, ENCDATA_KEY_SIZE);
	if (crypto_sha256(text, len + ENCDATA_KEY_SIZE, digest) < 0)
		return ERR_CRYPTO;
	return hex_encode(digest, sizeof(digest), hex, NICEPAY_HEX_SIZE) < 0 ? ERR_CRYPTO : 0;
}

void nicepay_print_time(int64_t ms, char edi_date[NICEPAY_TIME_SIZE], char day[NICEPAY_DAY_SIZE])
{
	time_t s = (time_t)(ms / 1000 + KST_S);
	char text[24];
	struct tm tm;

	gmtime_r(&s, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(edi_date, NICEPAY_TIME_SIZE, "%s.%03d+0900", text, (int)(ms % 1000));
	strftime(day, NICEPAY_DAY_SIZE, "%Y%m%d", &tm);
}

/* Adds what every signed request has. what: the parts before ediDate, up to NULL. Takes over body. */
static int post_signed(const struct pg_account *a, const struct pg_job *job, json_t *body, const char *const what[],
                       struct pg_request *r)
{
	char edi_date[NICEPAY_TIME_SIZE], day[NICEPAY_DAY_SIZE], signature[NICEPAY_HEX_SIZE];
	const char *parts[5] = { NULL };
	size_t n = 0;

	nicepay_print_time(job->now.ms, edi_date, day);
	for (; what[n] != NULL; n++)
		parts[n] = what[n];
	parts[n] = edi_date;
	if (body == NULL || nicepay_sign(a, signature, parts) < 0 || json_object_set_new(body, "ediDate", json_string(edi_date)) < 0 ||
	    json_object_set_new(body, "signData", json_string(signature)) < 0 ||
	    json_object_set_new(body, "returnCharSet", json_string("utf-8")) < 0) {
		json_decref(body);
		return ERR_NOMEM;
	}
	return pg_wire_post(r, body);
}

/* ---- requests ---- */

static int ask_regist(const struct pg_account *a, const struct uplink_pg_verify *v, const struct pg_job *job, struct pg_request *r)
{
	struct encdata e;
	json_t *body;
	int err = encdata_unbind(a->secret, "verify", v->order_id, v->jwe.data, v->jwe.len, &e);

	if (err == 0)
		err = pg_wire_plain_url(a->url, "/v1/subscribe/regist", r->url);
	if (err < 0)
		return ERR_INVALID;
	body = json_pack("{s:s, s:s}", "encData", e.hex, "orderId", v->order_id);
	if (body != NULL && e.aes256)
		json_object_set_new(body, "encMode", json_string("A2"));
	return post_signed(a, job, body, (const char *const[]){ v->order_id, NULL }, r);
}

static int ask_payment(const struct pg_account *a, const struct uplink_pg_pay *p, const struct pg_job *job, struct pg_request *r)
{
	char name[GOODS_NAME_MAX + 1];
	json_t *body;

	/* useShopInterest: "only false can be used at present". There is no field for a part that is VAT. One-off cards (키인) have no published operation. */
	if (p->jwe.len > 0 || p->pg_billing_key[0] == '\0' || p->interest_free || strcmp(p->currency, "KRW") != 0 || p->vat_minor >= 0 ||
	    p->amount_minor <= 0 || p->amount_minor > amount_most || p->instalment_months > MONTHS_MOST)
		return ERR_INVALID;
	if (pg_wire_url(a->url, "/v1/subscribe/", p->pg_billing_key, "/payments", r->url) < 0)
		return ERR_INVALID;
	pg_wire_cut(p->order_name, GOODS_NAME_MAX, name);
	body = json_pack("{s:s, s:I, s:s, s:i, s:b}", "orderId", p->order_id, "amount", (json_int_t)p->amount_minor, "goodsName", name,
	                 "cardQuota", (int)p->instalment_months, "useShopInterest", 0);
	if (body != NULL && p->tax_free_minor >= 0)
		json_object_set_new(body, "taxFreeAmt", json_integer(p->tax_free_minor));
	return post_signed(a, job, body, (const char *const[]){ p->order_id, p->pg_billing_key, NULL }, r);
}

/* signData is optional here, and its published rule needs the tid that is asked for: it is left out. */
static int ask_find(const struct pg_account *a, const struct pg_job *job, int64_t at_ms, struct pg_request *r)
{
	char edi_date[NICEPAY_TIME_SIZE], day[NICEPAY_DAY_SIZE], suffix[80];

	nicepay_print_time(at_ms, edi_date, day);
	snprintf(suffix, sizeof(suffix), "?orderDate=%s&returnCharSet=utf-8", day);
	r->method = "GET";
	return pg_wire_url(a->url, "/v1/payments/find/", job->order_id, suffix, r->url);
}

static int ask_net_cancel(const struct pg_account *a, const struct pg_job *job, struct pg_request *r)
{
	int e = pg_wire_plain_url(a->url, "/v1/payments/netcancel", r->url);

	return e < 0 ? e : post_signed(a, job, json_pack("{s:s}", "orderId", job->order_id),
	                               (const char *const[]){ job->order_id, NULL }, r);
}

/* Of an order that is to be undone. */
static int ask_undoing(const struct pg_account *a, const struct pg_job *job, struct pg_request *r)
{
	int e = pg_wire_url(a->url, "/v1/payments/", job->tid, "/cancel", r->url);

	return e < 0 ? e : post_signed(a, job, json_pack("{s:s, s:s}", "reason", "no answer in time", "orderId", job->order_id),
	                               (const char *const[]){ job->tid, NULL }, r);
}

/* The reason begins with the cancellation's id: by it the cancellation is found again among those of the payment, which tell
 * their reason and not their order id. The protocol has no field for a part that is VAT. */
static int ask_cancel(const struct pg_account *a, const struct uplink_pg_cancel *c, const struct pg_job *job, struct pg_request *r)
{
	char reason[sizeof(c->cancel_id) + sizeof(c->reason) + 1], shown[REASON_MAX + 1];
	json_t *body;

	if (c->vat_minor >= 0 || c->amount_minor <= 0 || c->amount_minor > amount_most || c->tax_free_minor < 0 ||
	    strcmp(c->currency, "KRW") != 0 || pg_wire_url(a->url, "/v1/payments/", c->tid, "/cancel", r->url) < 0)
		return ERR_INVALID;
	snprintf(reason, sizeof(reason), "%s %s", c->cancel_id, c->reason);
	pg_wire_cut(reason, REASON_MAX, shown);
	body = json_pack("{s:s, s:s}", "reason", shown, "orderId", c->cancel_id);
	if (body != NULL && !c->whole)
		json_object_set_new(body, "cancelAmt", json_integer(c->amount_minor));
	if (body != NULL && c->tax_free_minor > 0)
		json_object_set_new(body, "taxFreeAmt", json_integer(c->tax_free_minor));
	return post_signed(a, job, body, (const char *const[]){ c->tid, NULL }, r);
}

static int ask_by_tid(const struct pg_account *a, const struct pg_job *job, struct pg_request *r)
{
	r->method = "GET";
	return pg_wire_url(a->url, "/v1/payments/", job->tid, "?returnCharSet=utf-8", r->url);
}

/* Under an order id of its own: whether an earlier try has arrived does not matter to this one. */
static int ask_expire(const struct pg_account *a, const struct pg_job *job, struct pg_request *r)
{
	const struct id order = id_new("exp_");
	int e = pg_wire_url(a->url, "/v1/subscribe/", job->pg_billing_key, "/expire", r->url);

	return e < 0 ? e : post_signed(a, job, json_pack("{s:s}", "orderId", order.text),
	                               (const char *const[]){ order.text, job->pg_billing_key, NULL }, r);
}

/* For charges of billing keys: the table of payments in a browser is another. The manual's example shows the SecretKey in the
 * query; its table of parameters does not, and no secret belongs into an address. */
static int ask_promotions(const struct pg_account *a, const struct pg_job *job, struct pg_request *r)
{
	char edi_date[NICEPAY_TIME_SIZE], day[NICEPAY_DAY_SIZE], signature[NICEPAY_HEX_SIZE], suffix[200], *plus;
	int n;

	nicepay_print_time(job->now.ms, edi_date, day);
	if (nicepay_sign(a, signature, (const char *const[]){ edi_date, NULL }) < 0)
		return ERR_INVALID;
	plus = strchr(edi_date, '+');
	*plus = '\0';
	n = snprintf(suffix, sizeof(suffix), "/v1/card/interest-free?useAuth=false&ediDate=%s%%2B%s&signData=%s&returnCharSet=utf-8",
	             edi_date, plus + 1, signature);
	r->method = "GET";
	return n < (int)sizeof(suffix) ? pg_wire_plain_url(a->url, suffix, r->url) : ERR_INVALID;
}

int64_t nicepay_order_at(const struct pg_job *job)
{
	return job->order_at_ms > 0 ? job->order_at_ms : job->now.ms;
}

int nicepay_request(const struct pg_account *a, const struct uplink_msg *m, const struct pg_job *job, struct pg_request *r)
{
	switch (job->step) {
	case NICEPAY_STEP_FIND: return ask_find(a, job, nicepay_order_at(job), r);
	case NICEPAY_STEP_FIND_NEXT_DAY:
		return ask_find(a, job, nicepay_order_at(job) + (job->op == uplink_type_pg_query ? NICEPAY_MIDNIGHT_MS : NICEPAY_DAY_MS), r);
	case NICEPAY_STEP_FIND_DAY_BEFORE: return ask_find(a, job, nicepay_order_at(job) - NICEPAY_DAY_MS, r);
	case NICEPAY_STEP_CANCEL: return ask_undoing(a, job, r);
	default: break;
	}
	switch (job->op) {
	case uplink_type_pg_verify: return ask_regist(a, &m->u.pg_verify, job, r);
	case uplink_type_pg_pay: return ask_payment(a, &m->u.pg_pay, job, r);
	case uplink_type_pg_query: return ask_find(a, job, nicepay_order_at(job), r);
	case uplink_type_pg_net_cancel: return ask_net_cancel(a, job, r);
	case uplink_type_pg_expire_key: return ask_expire(a, job, r);
	case uplink_type_pg_promotions: return ask_promotions(a, job, r);
	case uplink_type_pg_cancel: return ask_cancel(a, &m->u.pg_cancel, job, r);
	case uplink_type_pg_query_cancel: return ask_by_tid(a, job, r);
	default: return ERR_INVALID;
	}
}
