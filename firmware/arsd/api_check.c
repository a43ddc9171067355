/* api_check.c: what a merchant may ask for. apid has checked form; here it is held against rules, settings and records. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "arsd/api_priv.h"
#include "arsd/call_vars.h"
#include "arsd/columns.h"
#include "arsd/gateways.h"
#include "arsd/promotion_tables.h"
#include "arsd/speech.h"
#include "store/columns.h"

enum { TTL_LEAST_S = 30, TTL_MOST_S = 604800, MONTHS_LEAST = 2, MONTHS_MOST = 36 };

int problem_set(struct problem *p, uint16_t status, const char *code, const char *field, const char *fmt, ...)
{
	va_list ap;

	memset(p, 0, sizeof(*p));
	p->status = status;
	snprintf(p->code, sizeof(p->code), "%s", code);
	snprintf(p->field, sizeof(p->field), "%s", field);
	va_start(ap, fmt);
	vsnprintf(p->detail, sizeof(p->detail), fmt, ap);
	va_end(ap);
	return ERR_INVALID;
}

static int invalid(struct problem *p, const char *field, const char *why)
{
	return problem_set(p, 422, "invalid_field", field, "%s", why);
}

static bool is_one_of(const char *word, const char *const list[])
{
	for (int i = 0; list[i] != NULL; i++)
		if (strcmp(list[i], word) == 0)
			return true;
	return false;
}

int api_read_months(const char *text, uint8_t months[REQUEST_ALLOWED_MAX])
{
	int count = 0, value = 0, last = 0, digits = 0;

	memset(months, 0, REQUEST_ALLOWED_MAX);
	if (text[0] == '\0')
		return 0;
	for (const char *p = text;; p++) {
		if (*p >= '0' && *p <= '9' && ++digits <= 2) {
			value = value * 10 + (*p - '0');
			continue;
		}
		if ((*p != ',' && *p != '\0') || value < MONTHS_LEAST || value > MONTHS_MOST || value <= last ||
		    count == SCENARIO_CHOICES_MAX - 1)
			return ERR_INVALID;
		months[count++] = (uint8_t)value;
		last = value;
		value = digits = 0;
		if (*p == '\0')
			return 0;
	}
}

/* ---- what both kinds have ---- */

static int check_names(const char *merchant_field, const char *product_field, const struct request *r, struct problem *p)
{
	char clean[SPEECH_TEXT_SIZE];

	if (speech_clean(r->merchant_name, clean) < 0)
		return invalid(p, merchant_field, "must have something in it that can be spoken");
	if (speech_clean(r->product_name, clean) < 0)
		return invalid(p, product_field, "must have something in it that can be spoken");
	return 0;
}

static int check_voice(struct arsd *a, const char *language, const char *speed, struct request *r, struct problem *p)
{
	bool known = false;

	snprintf(r->language, sizeof(r->language), "%s", language[0] != '\0' ? language : a->set.languages[0]);
	snprintf(r->speed, sizeof(r->speed), "%s", speed[0] != '\0' ? speed : "normal");
	for (int i = 0; i < a->set.language_count; i++)
		known |= strcmp(a->set.languages[i], r->language) == 0;
	if (!known)
		return invalid(p, "/language", "must be a language of this appliance");
	if (!is_one_of(r->speed, (const char *const[]){ "normal", "slow", NULL }))
		return invalid(p, "/speed", "must be normal or slow");
	return 0;
}

static int check_cycle(const char *cycle, const char *otherwise, struct request *r, struct problem *p)
{
	static const char *const cycles[] = { "monthly", "yearly", "weekly", "irregular", "once", NULL };

	snprintf(r->cycle, sizeof(r->cycle), "%s", cycle[0] != '\0' ? cycle : otherwise);
	return is_one_of(r->cycle, cycles) ? 0 : invalid(p, "/cycle", "must be monthly, yearly, weekly, irregular or once");
}

static int check_expiry(struct arsd *a, uint32_t expires_in_s, struct request *r, struct problem *p)
{
	int64_t ttl_s = expires_in_s != 0 ? expires_in_s : a->set.request_ttl_s;

	if (expires_in_s != 0 && (expires_in_s < TTL_LEAST_S || expires_in_s > TTL_MOST_S))
		return invalid(p, "/expires_in_s", "must be from 30 to 604800");
	r->expires.ms = a->wall.ms + ttl_s * 1000;
	return 0;
}

static int check_time(struct arsd *a, uint32_t expires_in_s, struct request *r, struct problem *p)
{
	r->created = r->updated = a->wall;
	return check_expiry(a, expires_in_s, r, p);
}

static int check_sms(const char *sms, struct request *r, struct problem *p)
{
	if (!is_one_of(sms, (const char *const[]){ "", "send", "skip", NULL }))
		return invalid(p, "/sms", "must be send or skip");
	r->sms_skip = strcmp(sms, "skip") == 0;
	return 0;
}

static void begin_request(const struct merchant *m, enum request_kind kind, struct request *r)
{
	memset(r, 0, sizeof(*r));
	r->id = id_new(kind == REQUEST_PAYMENT ? "pay_" : "reg_");
	r->kind = kind;
	r->merchant = m->id;
	snprintf(r->instalment_mode, sizeof(r->instalment_mode), "none");
	snprintf(r->amount.currency, sizeof(r->amount.currency), "KRW");
	r->tax = (struct tax_parts){ TAX_NOT_SAID, TAX_NOT_SAID };
}

int api_check_registration(struct arsd *a, const struct merchant *m, const struct api_registration_create *c,
                           struct request *r, struct problem *p)
{
	int e;

	begin_request(m, REQUEST_REGISTRATION, r);
	snprintf(r->customer_ref, sizeof(r->customer_ref), "%s", c->customer_ref);
	snprintf(r->merchant_name, sizeof(r->merchant_name), "%s", c->merchant_name[0] != '\0' ? c->merchant_name : m->name);
	snprintf(r->product_name, sizeof(r->product_name), "%s", c->product_name);
	e = check_sms(c->sms, r, p);
	if (e < 0)
		return e;
	if (phone_parse(c->phone, &r->phone) < 0 || (!r->sms_skip && !phone_is_mobile(&r->phone)))
		return invalid(p, "/phone", "must be a Korean number, and a mobile one if an SMS is sent to it");
	if (c->amount_minor != 0 && money_make(c->amount_minor, c->currency[0] ? c->currency : "KRW", &r->amount) < 0)
		return invalid(p, "/amount", "must be from 1 to 1000000000000, in KRW or USD");
	e = check_names("/merchant_name", "/product_name", r, p);
	if (e == 0)
		e = check_voice(a, c->language, c->speed, r, p);
	if (e == 0)
		e = check_cycle(c->cycle, "irregular", r, p);
	if (e == 0)
		e = gateways_check_mode(a, gateways_of_merchant(a, m), m->live, "", p);
	if (e == 0)
		e = gateways_check(a, gateways_of_merchant(a, m), UPLINK_CAN_BILLING, 0, "", p);
	return e < 0 ? e : check_time(a, c->expires_in_s, r, p);
}

/* ---- payments ---- */

static int check_key(struct arsd *a, const struct merchant *m, const char *id, struct request *r, struct problem *p)
{
	struct billing_key k;

	if (store_billing_key_get(a->store, id, &k) < 0 || strcmp(k.merchant.text, m->id.text) != 0)
		return problem_set(p, 422, "billing_key_not_found", "/billing_key", "there is no such billing key");
	if (strcmp(k.status, "issued") != 0)
		return problem_set(p, 422, "billing_key_unusable", "/billing_key", "the billing key is %s", k.status);
	if (columns_wait(a)) {
		problem_set(p, 503, "keystore_locked", "", "the gateway's key cannot be read now; nothing was created");
		p->retry_after_s = LOCKED_RETRY_S;
		return ERR_STATE;
	}
	if (columns_is_sealed(k.pg_billing_key))
		return problem_set(p, 422, "billing_key_unusable", "/billing_key",
		                   "the billing key was sealed by keys that are lost; the customer must register a card again");
	r->billing_key = k.id;
	r->phone = k.phone;
	r->card = k.card;
	snprintf(r->customer_ref, sizeof(r->customer_ref), "%s", k.customer_ref);
	return 0;
}

static int no_skipping(const char *field, struct problem *p)
{
	return problem_set(p, 403, "consent_skip_not_allowed", field, "this merchant may not charge without consent");
}

static int check_consent(const struct merchant *m, const struct api_payment_create *c, struct request *r, struct problem *p)
{
	if (!is_one_of(c->consent, (const char *const[]){ "", "ask", "skip", NULL }))
		return invalid(p, "/consent", "must be ask or skip");
	if (!is_one_of(c->other_card, (const char *const[]){ "", "allow", "deny", NULL }))
		return invalid(p, "/other_card", "must be allow or deny");
	r->consent_skip = strcmp(c->consent, "skip") == 0;
	if (r->consent_skip && !m->may_skip_consent)
		return no_skipping("/consent", p);
	/* Without a caller there is only the registered card, whatever was asked for. */
	r->other_card_allowed = !r->consent_skip && strcmp(c->other_card, "allow") == 0;
	return 0;
}

static int check_fixed(struct arsd *a, const struct api_payment_create *c, struct request *r, struct problem *p)
{
	struct promotion_sources promotions = promotion_sources_of(a, r, true);

	if (c->instalment_months == 1 || c->instalment_months > MONTHS_MOST)
		return invalid(p, "/instalment/months", "must be 0 (one payment) or from 2 to 36");
	if (c->instalment_months > 0 && !call_vars_instalments_possible(r, &r->card))
		return problem_set(p, 422, "instalment_not_possible", "/instalment/months",
		                   "instalments need a credit card and at least 50000 won");
	r->instalment_months = c->instalment_months;
	r->interest_free_chosen = (uint8_t)call_vars_interest_free(r, &r->card, c->instalment_months, &promotions, a->wall);
	/* What was asked for, for the card that is charged in the end: instalment_months becomes what was done. */
	memset(r->allowed, 0, sizeof(r->allowed));
	r->allowed[0] = c->instalment_months;
	return 0;
}

static int check_instalment(struct arsd *a, const struct api_payment_create *c, struct request *r, struct problem *p)
{
	const char *mode = c->instalment_mode[0] != '\0' ? c->instalment_mode : "none";

	if (!is_one_of(mode, (const char *const[]){ "none", "fixed", "ask", NULL }))
		return invalid(p, "/instalment/mode", "must be none, fixed or ask");
	if (strcmp(mode, "ask") == 0 && r->consent_skip)
		return invalid(p, "/instalment/mode", "must not be ask when consent is skipped: there is nobody to ask");
	snprintf(r->instalment_mode, sizeof(r->instalment_mode), "%s", mode);
	if (api_read_months(c->instalment_allowed, r->allowed) < 0)
		return invalid(p, "/instalment/allowed", "must be at most 7 months from 2 to 36, ascending");
	if (api_read_months(c->interest_free, r->interest_free) < 0)
		return invalid(p, "/instalment/interest_free", "must be at most 7 months from 2 to 36, ascending");
	return strcmp(mode, "fixed") == 0 ? check_fixed(a, c, r, p) : 0;
}

static int check_tax(const struct api_payment_create *c, struct request *r, struct problem *p)
{
	r->tax = (struct tax_parts){ c->tax_free_minor, c->vat_minor };
	switch (tax_parts_fit(r->amount.amount_minor, &r->tax)) {
	case TAX_FINE: return 0;
	case TAX_FREE_ABOVE_AMOUNT: return invalid(p, "/amount/tax_free", "must not be more than the total");
	default: return invalid(p, "/amount/vat", "must not be more than the total less what is free of tax");
	}
}

/* The billing key is charged by the gateway that made it; another card, typed in the call, by the merchant's own. */
static int check_gateways(const struct arsd *a, const struct merchant *m, const struct request *r, struct problem *p)
{
	unsigned money = strcmp(r->amount.currency, "KRW") != 0 ? UPLINK_CAN_FOREIGN : 0, vat = r->tax.vat_minor >= 0 ? UPLINK_CAN_VAT : 0;
	unsigned free_months = r->interest_free[0] != 0 ? UPLINK_CAN_INTEREST_FREE : 0;
	struct billing_key k;
	const char *by_key = gateways_of_merchant(a, m);
	int e;

	if (store_billing_key_get(a->store, r->billing_key.text, &k) == 0 && k.pg[0] != '\0')
		by_key = k.pg;
	e = gateways_check_mode(a, by_key, m->live, "/billing_key", p);
	if (e == 0 && r->other_card_allowed)
		e = gateways_check_mode(a, gateways_of_merchant(a, m), m->live, "/other_card", p);
	if (e == 0)
		e = gateways_check(a, by_key, UPLINK_CAN_BILLING, r->amount.amount_minor, "/billing_key", p);
	if (e == 0)
		e = gateways_check(a, by_key, money, 0, "/amount/currency", p);
	if (e == 0)
		e = gateways_check(a, by_key, vat, 0, "/amount/vat", p);
	if (e == 0)
		e = gateways_check(a, by_key, free_months, 0, "/instalment/interest_free", p);
	if (e == 0 && r->other_card_allowed)
		e = gateways_check(a, gateways_of_merchant(a, m), UPLINK_CAN_KEY_IN | money | vat | free_months, r->amount.amount_minor, "/other_card", p);
	return e;
}

static int check_sms_possible(const struct request *r, struct problem *p)
{
	if (!r->consent_skip && !r->sms_skip && !phone_is_mobile(&r->phone))
		return invalid(p, "/sms", "must be skip: the billing key's phone is no mobile one");
	return 0;
}

int api_check_payment(struct arsd *a, const struct merchant *m, const struct api_payment_create *c, struct request *r,
                      struct problem *p)
{
	int e;

	begin_request(m, REQUEST_PAYMENT, r);
	if (c->order_id[0] == '\0')
		return invalid(p, "/order_id", "must not be empty");
	snprintf(r->order_id, sizeof(r->order_id), "%s", c->order_id);
	snprintf(r->merchant_name, sizeof(r->merchant_name), "%s", m->name);
	snprintf(r->product_name, sizeof(r->product_name), "%s", c->order_name);
	if (money_make(c->amount_minor, c->currency[0] != '\0' ? c->currency : "KRW", &r->amount) < 0)
		return invalid(p, "/amount", "must be from 1 to 1000000000000, in KRW or USD");
	e = check_tax(c, r, p);
	if (e == 0)
		e = check_key(a, m, c->billing_key, r, p);
	if (e == 0)
		e = check_names("/merchant_name", "/order_name", r, p);
	if (e == 0)
		e = check_voice(a, c->language, c->speed, r, p);
	if (e == 0)
		e = check_cycle(c->cycle, "once", r, p);
	if (e == 0)
		e = check_time(a, c->expires_in_s, r, p);
	if (e == 0)
		e = check_sms(c->sms, r, p);
	if (e == 0)
		e = check_consent(m, c, r, p);
	if (e == 0)
		e = check_sms_possible(r, p);
	if (e == 0)
		e = check_instalment(a, c, r, p);
	return e < 0 ? e : check_gateways(a, m, r, p);
}

int api_check_retry(struct arsd *a, const struct merchant *m, const struct api_payment_retry *c, struct request *r,
                    struct problem *p)
{
	int e = c->sms[0] != '\0' ? check_sms(c->sms, r, p) : 0;

	if (e == 0)
		e = check_expiry(a, c->expires_in_s, r, p);
	if (e == 0)
		e = check_key(a, m, r->billing_key.text, r, p);
	if (e == 0 && r->consent_skip && !m->may_skip_consent)
		e = no_skipping("", p);
	if (e == 0)
		e = check_sms_possible(r, p);
	/* The card behind the key may be another one by now. */
	if (e == 0 && strcmp(r->instalment_mode, "fixed") == 0 && r->allowed[0] > 0 && !call_vars_instalments_possible(r, &r->card))
		e = problem_set(p, 422, "instalment_not_possible", "", "instalments need a credit card and at least 50000 won");
	return e < 0 ? e : check_gateways(a, m, r, p);
}
