/* intake_schedule.c: /v1/schedules, and the clock that test merchants move. */
#include <stdio.h>
#include <string.h>

#include "apid/intake.h"
#include "apid/members.h"
#include "model/date.h"
#include "model/ids.h"

enum { COUNT_MAX = 100000, DAYS_MAX = 366, ADVANCE_MAX_S = 366 * 24 * 3600 };
#define ORDER_CHARS DIGITS LETTERS "-_.{}"

static const struct member schedule_members[] = {
	TEXT(schedule_create, billing_key, true, 29, 29, DIGITS LETTERS "_"),
	TEXT(schedule_create, order_id, true, 4, 48, ORDER_CHARS),
	TEXT(schedule_create, order_name, true, 1, 120, ""),
	OBJECT("amount", true),
	OBJECT("repeat", true),
	TEXT(schedule_create, time, false, 5, 5, DIGITS ":"),
	TEXT(schedule_create, starts_on, false, 10, 10, DIGITS "-"),
	TEXT(schedule_create, ends_on, false, 10, 10, DIGITS "-"),
	INTEGER(schedule_create, count, false, 1, COUNT_MAX),
	WORD(schedule_create, consent, false, "ask|skip", "ask"),
	WORD(schedule_create, other_card, false, "allow|deny", "deny"),
	OBJECT("instalment", false),
	WORD(schedule_create, language, false, "ko|en", "ko"),
	WORD(schedule_create, speed, false, "normal|slow", "normal"),
	SECONDS(schedule_create, expires_in_s),
	WORD(schedule_create, sms, false, "send|skip", "send"),
};

static const struct json_field repeat_fields[] = {
	{ "every", JSON_WANT_STRING, true, 1, 8, "" },
	{ "day", JSON_WANT_INT, false, 1, 31, NULL },
	{ "days", JSON_WANT_INT, false, 1, DAYS_MAX, NULL },
};

/* {"every": "month", "day": 31}, {"every": "days", "days": 14}, {"every": "once"} */
static int read_repeat(const json_t *o, char word[8], uint32_t *month_day, uint32_t *every_days, struct json_fault *fault)
{
	const json_t *day, *days;
	const char *every;
	int e = o != NULL ? json_fields(o, "/repeat", repeat_fields, ARRAY_LEN(repeat_fields), fault) : 0;

	if (o == NULL || e < 0)
		return e;
	every = json_string_value(json_object_get(o, "every"));
	day = json_object_get(o, "day");
	days = json_object_get(o, "days");
	if (!members_is_word(every, "month|days|once"))
		return members_fault(fault, "/repeat/every", "must be one of month|days|once");
	if ((day != NULL) != (strcmp(every, "month") == 0))
		return members_fault(fault, "/repeat/day", day != NULL ? "goes with every month alone" : "is required by every month");
	if ((days != NULL) != (strcmp(every, "days") == 0))
		return members_fault(fault, "/repeat/days", days != NULL ? "goes with every days alone" : "is required by every days");
	snprintf(word, 8, "%s", every);
	*month_day = (uint32_t)json_integer_value(day);
	*every_days = (uint32_t)json_integer_value(days);
	return 0;
}

static int check_date(const char *text, const char *where, struct json_fault *fault)
{
	struct date d;

	if (text[0] == '\0' || date_parse(text, &d) == 0)
		return 0;
	return members_fault(fault, where, "must be a day that exists, as 2026-12-31");
}

static int check_clock_time(const char *t, struct json_fault *fault)
{
	if (t[0] == '\0' || (t[2] == ':' && strspn(t, DIGITS) == 2 && strspn(t + 3, DIGITS) == 2 && strncmp(t, "24", 2) < 0 && t[3] < '6'))
		return 0;
	return members_fault(fault, "/time", "must be a time of the day in Korea, from 00:00 to 23:59");
}

static int check_order_id(const char *text, struct json_fault *fault)
{
	for (const char *p = text; (p = strpbrk(p, "{}")) != NULL; p = strchr(p, '}') + 1)
		if (strncmp(p, "{n}", 3) != 0 && strncmp(p, "{date}", 6) != 0)
			return members_fault(fault, "/order_id", "may hold {n} and {date}, and no other braces");
	return 0;
}

int intake_schedule(const json_t *body, struct api_msg *message, struct json_fault *fault)
{
	struct api_schedule_create *m = &message->u.schedule_create;
	struct api_payment_create p = { 0 };
	struct tax_parts parts = { TAX_NOT_SAID, TAX_NOT_SAID };
	int e = members_read(body, schedule_members, ARRAY_LEN(schedule_members), m, fault);

	if (e == 0)
		e = members_amount_with_tax(body, &m->amount_minor, m->currency, &parts, fault);
	m->tax_free_minor = parts.free_minor;
	m->vat_minor = parts.vat_minor;
	if (e == 0)
		e = read_repeat(json_object_get(body, "repeat"), m->repeat, &m->month_day, &m->every_days, fault);
	if (e == 0)
		e = check_clock_time(m->time, fault);
	if (e == 0)
		e = check_date(m->starts_on, "/starts_on", fault);
	if (e == 0)
		e = check_date(m->ends_on, "/ends_on", fault);
	if (e == 0)
		e = check_order_id(m->order_id, fault);
	if (e == 0 && !id_has_form(m->billing_key, "bk_"))
		e = members_fault(fault, "/billing_key", "must be the id of a billing key");
	if (e < 0)
		return e;
	p.amount_minor = m->amount_minor;
	snprintf(p.consent, sizeof(p.consent), "%s", m->consent);
	snprintf(p.other_card, sizeof(p.other_card), "%s", m->other_card);
	e = intake_instalment(body, &p, fault);
	snprintf(m->instalment_mode, sizeof(m->instalment_mode), "%s", p.instalment_mode);
	m->instalment_months = p.instalment_months;
	snprintf(m->instalment_allowed, sizeof(m->instalment_allowed), "%s", p.instalment_allowed);
	snprintf(m->interest_free, sizeof(m->interest_free), "%s", p.interest_free);
	return e;
}

static const struct member update_members[] = {
	TEXT(schedule_update, order_id, false, 4, 48, ORDER_CHARS),
	TEXT(schedule_update, order_name, false, 1, 120, ""),
	OBJECT("amount", false),
	OBJECT("repeat", false),
	TEXT(schedule_update, time, false, 5, 5, DIGITS ":"),
	TEXT(schedule_update, starts_on, false, 10, 10, DIGITS "-"),
	TEXT(schedule_update, ends_on, false, 5, 10, DIGITS "-never"),
	INTEGER(schedule_update, count, false, 0, COUNT_MAX),
	WORD(schedule_update, consent, false, "ask|skip", NULL),
	SECONDS(schedule_update, expires_in_s),
	WORD(schedule_update, sms, false, "send|skip", NULL),
};

int intake_schedule_update(const json_t *body, struct api_msg *message, struct json_fault *fault)
{
	struct api_schedule_update *m = &message->u.schedule_update;
	struct tax_parts parts = { TAX_NOT_SAID, TAX_NOT_SAID };
	int e;

	m->count = -1;
	e = members_read(body, update_members, ARRAY_LEN(update_members), m, fault);
	if (e == 0 && json_object_size(body) == 0)
		e = members_fault(fault, "", "must have at least one member");
	if (e == 0)
		e = members_amount_with_tax(body, &m->amount_minor, m->currency, &parts, fault);
	m->tax_free_minor = parts.free_minor;
	m->vat_minor = parts.vat_minor;
	if (e == 0)
		e = read_repeat(json_object_get(body, "repeat"), m->repeat, &m->month_day, &m->every_days, fault);
	if (e == 0)
		e = check_clock_time(m->time, fault);
	if (e == 0)
		e = check_date(m->starts_on, "/starts_on", fault);
	if (e == 0 && strcmp(m->ends_on, "never") != 0)
		e = check_date(m->ends_on, "/ends_on", fault);
	return e < 0 ? e : check_order_id(m->order_id, fault);
}

static const struct member clock_members[] = { INTEGER(test_clock_advance, advance_s, true, 1, ADVANCE_MAX_S) };

int intake_test_clock(const json_t *body, struct api_msg *m, struct json_fault *fault)
{
	return members_read(body, clock_members, ARRAY_LEN(clock_members), &m->u.test_clock_advance, fault);
}
