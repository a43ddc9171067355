/* intake_fields.c: the members of the API's requests. One table a body holds all their limits; what a table cannot say
 * (how members depend on each other) follows it. Lengths are in bytes of UTF-8. */
#include <stdio.h>
#include <string.h>

#include "apid/intake.h"
#include "model/money.h"
#include "model/phone.h"

#define DIGITS "0123456789"
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define AMOUNT_MAX INT64_C(1000000000000)

enum {
	TTL_MIN_S = 30, TTL_MAX_S = 604800,       /* as arsd.request_ttl_s */
	MONTHS_MIN = 2, MONTHS_MAX = 36,
	CHOICES_MAX = 7,                          /* of months in a call, one payment being the eighth */
	INSTALMENT_LEAST_WON = 50000,             /* card issuers take no instalments below (NICEPAY 3024) */
	MEMBERS_MAX = 16,
};

/* A member and where it goes in the message: at, size. Objects and arrays have no place; they are read by hand. */
struct member {
	const char *name;
	enum json_want want;
	bool required;
	int64_t least, most;                      /* bytes of a string, value of a number, members of an array */
	const char *chars;                        /* of a string; "": any but control characters */
	const char *words, *otherwise;            /* "a|b": one of these; what it is when left out */
	size_t at, size;
};

#define PLACE(message, member) offsetof(struct api_##message, member), sizeof(((struct api_##message *)0)->member)
#define TEXT(message, member, required, least, most, chars) \
	{ #member, JSON_WANT_STRING, required, least, most, chars, NULL, NULL, PLACE(message, member) }
#define WORD(message, member, required, words, otherwise) \
	{ #member, JSON_WANT_STRING, required, 1, 16, "", words, otherwise, PLACE(message, member) }
#define SECONDS(message, member) \
	{ #member, JSON_WANT_INT, false, TTL_MIN_S, TTL_MAX_S, NULL, NULL, NULL, PLACE(message, member) }
#define OBJECT(name, required) { name, JSON_WANT_OBJECT, required, 0, 0, NULL, NULL, NULL, 0, 0 }

static const struct member registration_members[] = {
	TEXT(registration_create, customer_ref, true, 1, 64, ""),
	TEXT(registration_create, phone, true, 8, 23, DIGITS "+- "),
	TEXT(registration_create, product_name, true, 1, 120, ""),
	TEXT(registration_create, merchant_name, false, 1, 120, ""),
	WORD(registration_create, cycle, true, "monthly|irregular", NULL),
	OBJECT("amount", false),
	WORD(registration_create, language, false, "ko|en", "ko"),
	WORD(registration_create, speed, false, "normal|slow", "normal"),
	SECONDS(registration_create, expires_in_s),
	WORD(registration_create, sms, false, "send|skip", "send"),
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

static const struct json_field amount_fields[] = {
	{ "total", JSON_WANT_INT, true, 1, AMOUNT_MAX, NULL },
	{ "currency", JSON_WANT_STRING, true, 3, 3, "" },
};

static const struct json_field instalment_fields[] = {
	{ "mode", JSON_WANT_STRING, true, 1, 16, "" },
	{ "months", JSON_WANT_INT, false, MONTHS_MIN, MONTHS_MAX, NULL },
	{ "allowed", JSON_WANT_ARRAY, false, 1, CHOICES_MAX, NULL },
	{ "interest_free", JSON_WANT_ARRAY, false, 0, CHOICES_MAX, NULL },
};

static const struct member deletion_members[] = {
	TEXT(billing_key_delete, reason, false, 1, 200, ""),
};

/* ---- tables ---- */
static int fault_at(struct json_fault *f, const char *where, const char *why)
{
	snprintf(f->where, sizeof(f->where), "%s", where);
	snprintf(f->why, sizeof(f->why), "%s", why);
	return ERR_INVALID;
}

/* Is word one of "a|b|c"? */
static bool is_word(const char *word, const char *words)
{
	size_t len = strlen(word);

	for (const char *p = words; p != NULL; p = strchr(p, '|') != NULL ? strchr(p, '|') + 1 : NULL)
		if (strncmp(p, word, len) == 0 && (p[len] == '|' || p[len] == '\0'))
			return true;
	return false;
}

static int put_text(const struct member *m, const char *text, void *message, struct json_fault *fault)
{
	char where[JSON_WHERE_SIZE], why[JSON_WHY_SIZE];

	snprintf(where, sizeof(where), "/%s", m->name);
	snprintf(why, sizeof(why), "must be one of %s", m->words != NULL ? m->words : "");
	if (m->words != NULL && !is_word(text, m->words))
		return fault_at(fault, where, why);
	if (m->least > 0 && text[strspn(text, " ")] == '\0')
		return fault_at(fault, where, "must hold more than blanks");
	snprintf((char *)message + m->at, m->size, "%s", text);
	return 0;
}

/* Checks body against a table and copies what has a place into message. */
static int read_members(const json_t *body, const struct member *members, size_t count, void *message,
                        struct json_fault *fault)
{
	struct json_field fields[MEMBERS_MAX];
	int e;

	for (size_t i = 0; i < count; i++)
		fields[i] = (struct json_field){ members[i].name, members[i].want, members[i].required, members[i].least,
		                                 members[i].most, members[i].chars };
	e = json_fields(body, "", fields, count, fault);
	for (size_t i = 0; e == 0 && i < count; i++) {
		const struct member *m = &members[i];
		const json_t *v = json_object_get(body, m->name);

		if (m->want == JSON_WANT_STRING && (v != NULL || m->otherwise != NULL))
			e = put_text(m, v != NULL ? json_string_value(v) : m->otherwise, message, fault);
		else if (m->want == JSON_WANT_INT && v != NULL)
			memcpy((char *)message + m->at, &(uint32_t){ (uint32_t)json_integer_value(v) }, sizeof(uint32_t));
	}
	return e;
}

/* ---- what members share ---- */
static int read_amount(const json_t *body, const char *currencies, int64_t *amount_minor, char currency[4],
                       struct json_fault *fault)
{
	const json_t *amount = json_object_get(body, "amount");
	struct money money;
	int e;

	if (amount == NULL)
		return 0;
	e = json_fields(amount, "/amount", amount_fields, ARRAY_LEN(amount_fields), fault);
	if (e < 0)
		return e;
	if (!is_word(json_string_value(json_object_get(amount, "currency")), currencies) ||
	    money_make(json_integer_value(json_object_get(amount, "total")),
	               json_string_value(json_object_get(amount, "currency")), &money) < 0)
		return fault_at(fault, "/amount/currency", strcmp(currencies, "KRW") == 0 ? "must be KRW" : "must be KRW or USD");
	*amount_minor = money.amount_minor;
	memcpy(currency, money.currency, sizeof(money.currency));
	return 0;
}

int intake_registration(const json_t *body, struct api_registration_create *m, struct json_fault *fault)
{
	struct phone phone;
	int e = read_members(body, registration_members, ARRAY_LEN(registration_members), m, fault);

	if (e == 0)
		e = read_amount(body, "KRW|USD", &m->amount_minor, m->currency, fault);
	if (e < 0)
		return e;
	if (phone_parse(m->phone, &phone) < 0)
		return fault_at(fault, "/phone", "must be a Korean telephone number");
	if (strcmp(m->sms, "send") == 0 && !phone_is_mobile(&phone))
		return fault_at(fault, "/phone", "must be a mobile number, for an SMS is sent to it; or set sms to skip");
	snprintf(m->phone, sizeof(m->phone), "%s", phone.digits);
	return 0;
}

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
			return fault_at(fault, at, "must be an integer from 2 to 36");
		if (json_integer_value(v) <= before)
			return fault_at(fault, at, "months must rise and not repeat");
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

	if (!is_word(mode, "none|fixed|ask"))
		return fault_at(fault, "/instalment/mode", "must be one of none|fixed|ask");
	if ((months != NULL) != (strcmp(mode, "fixed") == 0))
		return fault_at(fault, "/instalment/months",
		                months != NULL ? "goes with mode fixed alone" : "is required by mode fixed");
	if ((allowed != NULL) != (strcmp(mode, "ask") == 0))
		return fault_at(fault, "/instalment/allowed",
		                allowed != NULL ? "goes with mode ask alone" : "is required by mode ask");
	if (json_object_get(o, "interest_free") != NULL && strcmp(mode, "none") == 0)
		return fault_at(fault, "/instalment/interest_free", "does not go with mode none");
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
		return fault_at(fault, "/instalment/interest_free", "names months that are not offered");
	if (offered != 0 && m->amount_minor < INSTALMENT_LEAST_WON)
		return fault_at(fault, "/instalment/mode", "must be none for less than 50000 won");
	snprintf(m->instalment_mode, sizeof(m->instalment_mode), "%s", mode);
	return 0;
}

/* Without a call there is nobody to choose: the registered card alone, and nothing left open. */
static int check_skipped_consent(const struct api_payment_create *m, struct json_fault *fault)
{
	if (strcmp(m->consent, "skip") != 0)
		return 0;
	if (strcmp(m->other_card, "allow") == 0)
		return fault_at(fault, "/other_card", "must be deny when consent is skip");
	if (strcmp(m->instalment_mode, "ask") == 0)
		return fault_at(fault, "/instalment/mode", "must be none or fixed when consent is skip");
	return 0;
}

int intake_payment(const json_t *body, struct api_payment_create *m, struct json_fault *fault)
{
	const json_t *instalment = json_object_get(body, "instalment");
	int e = read_members(body, payment_members, ARRAY_LEN(payment_members), m, fault);

	if (e == 0)
		e = read_amount(body, "KRW", &m->amount_minor, m->currency, fault);
	if (e == 0 && !id_has_form(m->billing_key, "bk_"))
		e = fault_at(fault, "/billing_key", "must be the id of a billing key");
	snprintf(m->instalment_mode, sizeof(m->instalment_mode), "none");
	if (e == 0 && instalment != NULL)
		e = read_instalment(instalment, m, fault);
	return e < 0 ? e : check_skipped_consent(m, fault);
}

int intake_deletion(const json_t *body, struct api_billing_key_delete *m, struct json_fault *fault)
{
	return read_members(body, deletion_members, ARRAY_LEN(deletion_members), m, fault);
}
