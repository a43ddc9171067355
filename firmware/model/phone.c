#include "model/phone.h"

#include <stdio.h>
#include <string.h>

#include "lib/attr.h"

/* Lengths of national numbers with their 0: 02-123-4567 is the shortest, 0507-1234-5678 the longest. */
enum { NATIONAL_MIN = 9, NATIONAL_MAX = 12, SERVICE_LEN = 8, MOBILE_LEN = 11, SHOWN_TAIL = 4 };

/* 1588-1234 and its like: eight digits, no area code. */
static bool is_service(const char *digits)
{
	return strlen(digits) == SERVICE_LEN && digits[0] == '1' && digits[1] >= '5' && digits[1] <= '8';
}

/* A number of 010 has eight digits after it; those of the older mobile prefixes have seven or eight. */
static bool is_national(const char *digits)
{
	size_t len = strlen(digits);

	if (strncmp(digits, "010", 3) == 0)
		return len == MOBILE_LEN;
	return len >= NATIONAL_MIN && len <= NATIONAL_MAX && digits[0] == '0' && digits[1] != '0';
}

/* The digits without separators; *plus tells a leading +. False for any other character or too many digits. */
static bool take_digits(const char *text, char digits[PHONE_SIZE], bool *plus)
{
	size_t n = 0;

	*plus = *text == '+';
	for (text += *plus; *text != '\0'; text++) {
		if (*text == ' ' || *text == '-')
			continue;
		if (*text < '0' || *text > '9' || n + 2 > PHONE_SIZE)
			return false;
		digits[n++] = *text;
	}
	digits[n] = '\0';
	return true;
}

/* What follows the country code of Korea; NULL when there is none. */
static const char *after_country(const char *digits, bool plus)
{
	if (plus)
		return strncmp(digits, "82", 2) == 0 ? digits + 2 : NULL;
	if (strncmp(digits, "0082", 4) == 0)
		return digits + 4;
	/* No Korean number begins with 82, so a bare 82 can only be the country. */
	return strncmp(digits, "82", 2) == 0 ? digits + 2 : NULL;
}

int phone_parse(const char *text, struct phone *p)
{
	char digits[PHONE_SIZE], national[PHONE_SIZE + 1];
	const char *rest;
	bool plus;

	if (!take_digits(text, digits, &plus))
		return ERR_INVALID;
	rest = after_country(digits, plus);
	if (rest == NULL && plus)
		return ERR_INVALID;
	if (rest == NULL)
		snprintf(national, sizeof(national), "%s", digits);
	else
		snprintf(national, sizeof(national), "%s%s", rest[0] == '0' || is_service(rest) ? "" : "0", rest);
	if (!is_national(national) && !is_service(national))
		return ERR_INVALID;
	memset(p, 0, sizeof(*p));
	memcpy(p->digits, national, strlen(national));
	return 0;
}

bool phone_is_mobile(const struct phone *p)
{
	const char *d = p->digits;
	size_t len = strlen(d);

	if (strncmp(d, "010", 3) == 0)
		return len == MOBILE_LEN;
	return (len == 10 || len == 11) && strncmp(d, "01", 2) == 0 && (d[2] == '1' || (d[2] >= '6' && d[2] <= '9'));
}

bool phone_equal(const struct phone *a, const struct phone *b)
{
	return strcmp(a->digits, b->digits) == 0;
}

/* Digits before the first hyphen; the last group has four, the middle one the rest. */
static size_t first_group(const char *d)
{
	if (is_service(d))
		return SHOWN_TAIL;
	if (d[0] == '0' && d[1] == '2')
		return 2;
	return strlen(d) == NATIONAL_MAX ? 4 : 3;
}

const char *phone_print_masked(const struct phone *p, char buf[PHONE_SIZE])
{
	const char *d = p->digits;
	size_t len = strlen(d);

	if (is_service(d))
		snprintf(buf, PHONE_SIZE, "%.4s-****", d);
	else if (is_national(d))
		snprintf(buf, PHONE_SIZE, "%.*s-****-%s", (int)first_group(d), d, d + len - SHOWN_TAIL);
	else
		snprintf(buf, PHONE_SIZE, "%s", len > 0 ? "****" : "");
	return buf;
}

const char *phone_print(const struct phone *p, char buf[PHONE_SIZE + 8])
{
	const char *d = p->digits;
	int first = (int)first_group(d), middle = (int)strlen(d) - first - SHOWN_TAIL;

	if (is_service(d))
		snprintf(buf, PHONE_SIZE + 8, "%.4s-%s", d, d + 4);
	else if (is_national(d))
		snprintf(buf, PHONE_SIZE + 8, "%.*s-%.*s-%s", first, d, middle, d + first, d + first + middle);
	else
		snprintf(buf, PHONE_SIZE + 8, "%s", d);
	return buf;
}
