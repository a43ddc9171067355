#include "keystored/field.h"

#include <string.h>

#include "lib/secret.h"

enum { DATE_LEN = 6, BUSINESS_LEN = 10, EXPIRY_LEN = 4, PASSWORD_LEN = 2, EXPIRY_YEARS_AHEAD = 20 };

static int two(const char *digits)
{
	return (digits[0] - '0') * 10 + digits[1] - '0';
}

bool field_luhn(const char *digits, size_t len)
{
	int sum = 0;

	for (size_t i = 0; i < len; i++) {
		int d = digits[len - 1 - i] - '0';

		sum += i % 2 == 0 ? d : 2 * d > 9 ? 2 * d - 9 : 2 * d;
	}
	return sum % 10 == 0;
}

bool field_is_date(const char *yymmdd)
{
	static const int days[] = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	int year = two(yymmdd), month = two(yymmdd + 2), day = two(yymmdd + 4);

	if (month < 1 || month > 12 || day < 1 || day > days[month - 1])
		return false;
	return month != 2 || day < 29 || year % 4 == 0;      /* 1900 was no leap year, 2000 was */
}

bool field_is_business_number(const char *digits)
{
	static const int weights[] = { 1, 3, 7, 1, 3, 7, 1, 3, 5 };
	int sum = (digits[8] - '0') * 5 / 10;

	for (int i = 0; i < 9; i++)
		sum += (digits[i] - '0') * weights[i];
	return (10 - sum % 10) % 10 == digits[9] - '0';
}

/* ---- the kinds ---- */

static size_t card_length(const struct field *f)
{
	int prefix = f->len >= 2 ? two(f->digits) : 0;

	if (prefix == 30 || prefix == 36 || prefix == 38)
		return 14;
	return prefix == 34 || prefix == 37 ? 15 : 16;
}

static int judge_card(const struct field *f)
{
	if (f->len < card_length(f))
		return VAULT_TOO_SHORT;
	return field_luhn(f->digits, f->len) ? VAULT_COMPLETE : VAULT_INVALID;
}

static int judge_expiry(const struct field *f, const struct field_facts *facts)
{
	int month, year;

	if (f->len < EXPIRY_LEN)
		return VAULT_TOO_SHORT;
	month = two(f->digits);
	year = 2000 + two(f->digits + 2);
	if (month < 1 || month > 12 || year > facts->year + EXPIRY_YEARS_AHEAD)
		return VAULT_INVALID;
	return year < facts->year || (year == facts->year && month < facts->month) ? VAULT_EXPIRED : VAULT_COMPLETE;
}

static int judge_identity(const struct field *f)
{
	if (f->len == DATE_LEN)
		return field_is_date(f->digits) ? VAULT_COMPLETE : VAULT_INVALID;
	if (f->len < BUSINESS_LEN)
		return VAULT_TOO_SHORT;
	return field_is_business_number(f->digits) ? VAULT_COMPLETE : VAULT_INVALID;
}

/* The field ends here, whatever it holds. */
static int judge(const struct field *f, const struct field_facts *facts)
{
	switch (f->kind) {
	case VAULT_CARD_NUMBER: return judge_card(f);
	case VAULT_EXPIRY: return judge_expiry(f, facts);
	case VAULT_IDENTITY: return judge_identity(f);
	default: return f->len < PASSWORD_LEN ? VAULT_TOO_SHORT : VAULT_COMPLETE;
	}
}

/* Office (3), kind of holder (2), serial (4), check digit (1): corporations are 81 to 88. */
static bool may_begin_corporation(const char *digits)
{
	return digits[3] == '8' && digits[4] >= '1' && digits[4] <= '8';
}

static bool identity_is_whole(const struct field *f, const struct field_facts *facts)
{
	if (f->len != DATE_LEN || !field_is_date(f->digits))
		return f->len >= BUSINESS_LEN;
	switch (facts->owner) {
	case VAULT_OWNER_PERSON: return true;
	case VAULT_OWNER_BUSINESS: return false;
	default: return !may_begin_corporation(f->digits);
	}
}

static bool is_whole(const struct field *f, const struct field_facts *facts)
{
	switch (f->kind) {
	case VAULT_CARD_NUMBER: return f->len >= card_length(f);
	case VAULT_EXPIRY: return f->len >= EXPIRY_LEN;
	case VAULT_IDENTITY: return identity_is_whole(f, facts);
	default: return f->len >= PASSWORD_LEN;
	}
}

/* ---- keys ---- */

int field_key(struct field *f, char key, const struct field_facts *facts)
{
	if (key == '*') {
		field_start(f, (enum vault_kind)f->kind);
		return VAULT_ERASED;
	}
	if (key == '#')
		return judge(f, facts);
	if (key >= '0' && key <= '9' && f->len < FIELD_DIGITS_MAX)
		f->digits[f->len++] = key;
	return is_whole(f, facts) ? judge(f, facts) : 0;
}

int field_timeout(const struct field *f, const struct field_facts *facts)
{
	return f->len == 0 ? VAULT_NO_INPUT : judge(f, facts);
}

void field_start(struct field *f, enum vault_kind kind)
{
	secret_wipe(f, sizeof(*f));
	f->kind = (uint8_t)kind;
}

void field_wipe(struct field *f)
{
	secret_wipe(f, sizeof(*f));
}

bool field_is_kind(unsigned kind)
{
	return kind >= VAULT_CARD_NUMBER && kind <= VAULT_PASSWORD2;
}

enum vault_owner field_owner(const struct field *identity)
{
	return identity->len == BUSINESS_LEN ? VAULT_OWNER_BUSINESS : VAULT_OWNER_PERSON;
}
