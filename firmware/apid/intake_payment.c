/* intake_payment.c: POST /v1/payments, and what is done with one. */
#include <stdio.h>
#include <string.h>

#include "apid/intake.h"
#include "apid/members.h"
#include "model/ids.h"

enum {
	MONTHS_MIN = 2, MONTHS_MAX = 36,
	CHOICES_MAX = 7,                          /* of months in a call, one payment being the eighth */
	INSTALMENT_LEAST_WON = 50000,             /* card issuers take no instalments below (NICEPAY 3024) */
};

static const struct member payment_members[] = {
	TEXT(payment_create, order_id, true, 6, 64, DIGITS LETTERS "-_."),
	TEXT(payment_create, billing_key, true, 29, 29, DIGITS LETTERS "_"),
	TEXT(payment_create, order_name, true, 1, 120, ""),
	OBJECT("amount", true),
	WORD(payment_create, cycle, false, "monthly|once", "once"),
	WORD(payment_create, consent, false, "ask|skip", "ask"),
	WORD(payment_create, other_card, false, "allow|deny", "deny"),
	OBJECT("instalment", false),
	WORD(payment_create, language, false, "ko|en", "ko"),
	WORD(payment_create, speed, false, "normal|slow", "normal"),
	SECONDS(payment_create, expires_in_s),
	WORD(payment_create, sms, false, "send|skip", "send"),
};

static const struct json_field instalment_fields[] = {
	{ "mode", JSON_WANT_STRING, true, 1, 16, "" },
	{ "months", JSON_WANT_INT, false, MONTHS_MIN, MONTHS_MAX, NULL },
	{ "allowed", JSON_WANT_ARRAY, false, 1, CHOICES_MAX, NULL },
	{ "interest_free", JSON_WANT_ARRAY, false, 0, CHOICES_MAX, NULL },
};

/* ---- instalments ---- */
/* Months in rising order; set has bit n for n months. text receives "2,3,6". */
static int read_months(const json_t *list, const char *where, uint64_t *set, char *text, size_t size,
                       struct json_fault *fault)
{
	int64_t before = 0;
	size_t len = 0;

	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *v = json_array_get(list, i);
		char at[JSON_WHERE_SIZE];

		snprintf(at, sizeof(at), "%s/%zu", where, i);
		if (!json_is_integer(v) || json_integer_value(v) < MONTHS_MIN || json_integer_value(v) > MONTHS_MAX)
			return members_fault(fault, at, "must be an integer from 2 to 36");
		if (json_integer_value(v) <= before)
			return members_fault(fault, at, "months must rise and not repeat");
		before = json_integer_value(v);
		*set |= UINT64_C(1) << before;
		len += (size_t)snprintf(text + len, size - len, "%s%d", i > 0 ? "," : "", (int)before);
	}
	return 0;
}

/* Which members go with which mode. */
static int check_mode(const json_t *o, const char *mode, struct json_fault *fault)
{
	const json_t *months = json_object_get(o, "months"), *allowed = json_object_get(o, "allowed");

	if (!members_is_word(mode, "none|fixed|ask"))
		return members_fault(fault, "/instalment/mode", "must be one of none|fixed|ask");
	if ((months != NULL) != (strcmp(mode, "fixed") == 0))
		return members_fault(fault, "/instalment/months",
		                months != NULL ? "goes with mode fixed alone" : "is required by mode fixed");
	if ((allowed != NULL) != (strcmp(mode, "ask") == 0))
		return members_fault(fault, "/instalment/allowed",
		                allowed != NULL ? "goes with mode ask alone" : "is required by mode ask");
	if (json_object_get(o, "interest_free") != NULL && strcmp(mode, "none") == 0)
		return members_fault(fault, "/instalment/interest_free", "does not go with mode none");
	return 0;
}

static int read_instalment(const json_t *o, struct api_payment_create *m, struct json_fault *fault)
{
	const char *mode = json_string_value(json_object_get(o, "mode"));
	uint64_t offered = 0, interest_free = 0;
	int e = json_fields(o, "/instalment", instalment_fields, ARRAY_LEN(instalment_fields), fault);

	if (e == 0)
		e = check_mode(o, mode, fault);
	if (e == 0)
		e = read_months(json_object_get(o, "allowed"), "/instalment/allowed", &offered, m->instalment_allowed,
		                sizeof(m->instalment_allowed), fault);
	if (e == 0)
		e = read_months(json_object_get(o, "interest_free"), "/instalment/interest_free", &interest_free, m->interest_free,
		                sizeof(m->interest_free), fault);
	if (e < 0)
		return e;
	m->instalment_months = (uint8_t)json_integer_value(json_object_get(o, "months"));
	if (m->instalment_months > 0)
		offered |= UINT64_C(1) << m->instalment_months;
	if ((interest_free & ~offered) != 0)
		return members_fault(fault, "/instalment/interest_free", "names months that are not offered");
	if (offered != 0 && m->amount_minor < INSTALMENT_LEAST_WON)
		return members_fault(fault, "/instalment/mode", "must be none for less than 50000 won");
	snprintf(m->instalment_mode, sizeof(m->instalment_mode), "%s", mode);
	return 0;
}

/* Without a call there is nobody to choose: the registered card alone, and nothing left open. */
static int check_skipped_consent(const struct api_payment_create *m, struct json_fault *fault)
{
	if (strcmp(m->consent, "skip") != 0)
		return 0;
	if (strcmp(m->other_card, "allow") == 0)
		return members_fault(fault, "/other_card", "must be deny when consent is skip");
	if (strcmp(m->instalment_mode, "ask") == 0)
		return members_fault(fault, "/instalment/mode", "must be none or fixed when consent is skip");
	return 0;
}

int intake_instalment(const json_t *body, struct api_payment_create *m, struct json_fault *fault)
{
	const json_t *instalment = json_object_get(body, "instalment");
	int e;

	snprintf(m->instalment_mode, sizeof(m->instalment_mode), "none");
	e = instalment != NULL ? read_instalment(instalment, m, fault) : 0;
	return e < 0 ? e : check_skipped_consent(m, fault);
}

int intake_payment(const json_t *body, struct api_msg *message, struct json_fault *fault)
{
	struct api_payment_create *m = &message->u.payment_create;
	struct tax_parts parts = { TAX_NOT_SAID, TAX_NOT_SAID };
	int e = members_read(body, payment_members, ARRAY_LEN(payment_members), m, fault);

	if (e == 0)
		e = members_amount_with_tax(body, &m->amount_minor, m->currency, &parts, fault);
	m->tax_free_minor = parts.free_minor;
	m->vat_minor = parts.vat_minor;
	if (e == 0 && !id_has_form(m->billing_key, "bk_"))
		e = members_fault(fault, "/billing_key", "must be the id of a billing key");
	return e < 0 ? e : intake_instalment(body, m, fault);
}

/* ---- what is done with one ---- */

static const struct member retry_members[] = {
	WORD(payment_retry, sms, false, "send|skip", NULL),
	SECONDS(payment_retry, expires_in_s),
};

int intake_payment_retry(const json_t *body, struct api_msg *m, struct json_fault *fault)
{
	return members_read(body, retry_members, ARRAY_LEN(retry_members), &m->u.payment_retry, fault);
}

#define MONEY(name, member) \
	{ name, JSON_WANT_INT, false, 0, AMOUNT_MAX, NULL, NULL, NULL, PLACE(payment_cancel, member), false }
static const struct member cancel_members[] = {
	OBJECT("amount", false),
	MONEY("tax_free", tax_free_minor),
	MONEY("vat", vat_minor),
	MONEY("cancelable_amount", cancelable_minor),
	TEXT(payment_cancel, reason, true, 1, 200, ""),
	WORD(payment_cancel, requester, true, "customer|merchant|admin", NULL),
};

int intake_payment_cancel(const json_t *body, struct api_msg *message, struct json_fault *fault)
{
	struct api_payment_cancel *m = &message->u.payment_cancel;
	int e;

	m->tax_free_minor = m->vat_minor = m->cancelable_minor = -1;
	e = members_read(body, cancel_members, ARRAY_LEN(cancel_members), m, fault);
	return e < 0 ? e : members_amount(body, "KRW|USD", &m->amount_minor, m->currency, fault);
}
