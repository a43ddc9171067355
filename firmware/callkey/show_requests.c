#include "callkey/show_requests.h"

#include <inttypes.h>
#include <stdio.h>

#include "callkey/show_parts.h"
#include "callkey/show_values.h"
#include "model/money.h"

static const char *card(const json_t *o, char buf[SHOW_SIZE])
{
	const json_t *c = json_object_get(o, "card");
	const char *issuer = part_text(c, "issuer");

	if (!json_is_object(c))
		return "";
	snprintf(buf, SHOW_SIZE, "%s *%s", issuer[0] != '\0' ? issuer : part_text(c, "brand"), part_text(c, "last4"));
	return buf;
}

static const char *amount(const json_t *o, char buf[SHOW_SIZE])
{
	const json_t *a = json_object_get(o, "amount");
	struct money m;

	if (!json_is_object(a) || money_make(part_number(a, "total"), part_text(a, "currency"), &m) < 0)
		return "";
	return money_print(&m, "ko", buf);
}

static const char *instalment(const json_t *o, char buf[SHOW_SIZE])
{
	const json_t *i = json_object_get(o, "instalment");
	int months = (int)part_number(i, "months");

	if (months < 2)
		return "";
	snprintf(buf, SHOW_SIZE, "%d%s", months, part_is_set(i, "interest_free") ? " free" : "");
	return buf;
}

/* Why it came to nothing, or the member that says what came of it. */
static const char *result(const json_t *o, const char *member)
{
	const char *code = part_text(json_object_get(o, "failure"), "code");

	return code[0] != '\0' ? code : part_text(o, member);
}

static int add_registration(struct table *t, const json_t *o)
{
	char at[SHOW_TIME_SIZE], phone[SHOW_SIZE], called[SHOW_SIZE], which[SHOW_SIZE];

	return PART_CELLS(t, part_text(o, "id"), show_short_time(part_text(o, "created_at"), at), part_text(o, "status"),
	                  show_masked(part_text(o, "phone"), phone), show_full_number(part_text(o, "virtual_number"), called),
	                  part_text(o, "merchant_name"), part_text(o, "product_name"), card(o, which), result(o, "billing_key"));
}

int show_registrations(const json_t *answer, char **text)
{
	static const char *const heads[] = { "REGISTRATION", "CREATED", "STATE", "PHONE", "NUMBER", "MERCHANT", "PRODUCT", "CARD",
	                                     "RESULT" };

	return part_list(answer, "items", heads, ARRAY_LEN(heads), add_registration, "No registrations yet.\n", text);
}

static int add_payment(struct table *t, const json_t *o)
{
	char at[SHOW_TIME_SIZE], phone[SHOW_SIZE], called[SHOW_SIZE], which[SHOW_SIZE], sum[SHOW_SIZE], months[SHOW_SIZE];

	return PART_CELLS(t, part_text(o, "id"), show_short_time(part_text(o, "created_at"), at), part_text(o, "status"),
	                  show_masked(part_text(o, "phone"), phone), show_full_number(part_text(o, "virtual_number"), called),
	                  part_text(o, "merchant_name"), part_text(o, "order_name"), amount(o, sum), instalment(o, months),
	                  card(o, which), result(o, "approval_no"));
}

int show_payments(const json_t *answer, char **text)
{
	static const char *const heads[] = { "PAYMENT", "CREATED", "STATE", "PHONE", "NUMBER", "MERCHANT", "PRODUCT", ">AMOUNT",
	                                     ">MONTHS", "CARD", "RESULT" };

	return part_list(answer, "items", heads, ARRAY_LEN(heads), add_payment, "No payments yet.\n", text);
}

static int add_consent(struct table *t, const json_t *o)
{
	char at[SHOW_TIME_SIZE], number[SHOW_SIZE];

	snprintf(number, sizeof(number), "%" PRId64, part_number(o, "number"));
	return PART_CELLS(t, number, part_text(o, "id"), show_short_time(part_text(o, "created_at"), at), part_text(o, "to"),
	                  part_text(o, "request"), part_text(o, "status"));
}

int show_consents(const json_t *answer, char **text)
{
	static const char *const heads[] = { ">NUMBER", "CONSENT", "AGREED", "TO", "REQUEST", "SIGNATURE" };

	return part_list(answer, "items", heads, ARRAY_LEN(heads), add_consent, "No consents yet.\n", text);
}
