/* The rules of the secret fields, key by key. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "keystored/field.h"

enum { MORE = 0 };

static struct field_facts facts = { .year = 2026, .month = 11 };

/* Types keys into a new field; the last one's answer. Any before must be "go on". */
static int type_into(struct field *f, enum vault_kind kind, const char *keys)
{
	int r = MORE;

	field_start(f, kind);
	for (const char *k = keys; *k != '\0'; k++) {
		assert_int_equal(r, MORE);
		r = field_key(f, *k, &facts);
	}
	return r;
}

static int typed(enum vault_kind kind, const char *keys)
{
	struct field f;

	return type_into(&f, kind, keys);
}

/* digits, of which the last is set so that Luhn's sum fits */
static void fit_luhn(char *digits)
{
	size_t len = strlen(digits);

	for (char c = '0'; c <= '9'; c++) {
		digits[len - 1] = c;
		if (field_luhn(digits, len))
			return;
	}
	fail();
}

/* ---- card number ---- */

static void published_test_numbers_are_complete(void **state)
{
	static const char *const numbers[] = {
		"4111111111111111", "5555555555554444", "378282246310005", "371449635398431", "30569309025904", "38520000023237",
		"36000000000008", "3530111333300000", "6200000000000005", "9461200012345673", "2223003122003222",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
		assert_int_equal(typed(VAULT_CARD_NUMBER, numbers[i]), VAULT_COMPLETE);
}

static void the_first_two_digits_tell_the_length(void **state)
{
	(void)state;
	for (int prefix = 0; prefix < 100; prefix++) {
		size_t want = prefix == 30 || prefix == 36 || prefix == 38 ? 14 : prefix == 34 || prefix == 37 ? 15 : 16;
		char number[20] = "", early[24];
		struct field f;

		snprintf(number, sizeof(number), "%02d", prefix);
		memset(number + 2, '5', want - 2);
		fit_luhn(number);
		assert_int_equal(type_into(&f, VAULT_CARD_NUMBER, number), VAULT_COMPLETE);
		assert_string_equal(f.digits, number);
		number[want - 1] = (char)(number[want - 1] == '9' ? '0' : number[want - 1] + 1);
		assert_int_equal(typed(VAULT_CARD_NUMBER, number), VAULT_INVALID);
		for (size_t len = 0; len < want; len++) {
			snprintf(early, sizeof(early), "%.*s#", (int)len, number);
			assert_int_equal(typed(VAULT_CARD_NUMBER, early), VAULT_TOO_SHORT);
		}
	}
}

static void luhn_finds_every_wrong_digit_and_most_swaps(void **state)
{
	static const char number[] = "9461200012345673";
	char wrong[17];

	(void)state;
	for (size_t i = 0; i < 16; i++)
		for (char c = '0'; c <= '9'; c++) {
			memcpy(wrong, number, sizeof(wrong));
			wrong[i] = c;
			assert_int_equal(field_luhn(wrong, 16), c == number[i]);
		}
	for (size_t i = 0; i + 1 < 16; i++) {
		int differ = number[i] != number[i + 1];

		memcpy(wrong, number, sizeof(wrong));
		wrong[i] = number[i + 1];
		wrong[i + 1] = number[i];
		assert_int_equal(field_luhn(wrong, 16), !differ);      /* no 09 in it, the one pair that Luhn misses */
	}
}

/* ---- expiry ---- */

static void an_expiry_is_good_to_the_end_of_its_month(void **state)
{
	(void)state;
	for (int month = 0; month < 100; month++)
		for (int year = 0; year < 100; year++) {
			char keys[8];
			int want;

			snprintf(keys, sizeof(keys), "%02d%02d", month, year);
			if (month < 1 || month > 12 || year > 46)
				want = VAULT_INVALID;
			else
				want = year * 12 + month < 26 * 12 + 11 ? VAULT_EXPIRED : VAULT_COMPLETE;
			assert_int_equal(typed(VAULT_EXPIRY, keys), want);
		}
}

static void an_expiry_too_short_is_said_so(void **state)
{
	(void)state;
	assert_int_equal(typed(VAULT_EXPIRY, "#"), VAULT_TOO_SHORT);
	assert_int_equal(typed(VAULT_EXPIRY, "1#"), VAULT_TOO_SHORT);
	assert_int_equal(typed(VAULT_EXPIRY, "123#"), VAULT_TOO_SHORT);
	assert_int_equal(typed(VAULT_EXPIRY, "123"), MORE);
}

/* ---- identity ---- */

static int days_of(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	return month == 2 && (year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)) ? 29 : days[month - 1];
}

static bool is_real_date(int yy, int month, int day)
{
	return month >= 1 && month <= 12 && day >= 1 &&
	       (day <= days_of(1900 + yy, month) || day <= days_of(2000 + yy, month));
}

/* Every six digits, against the calendar. */
static void dates_are_those_of_the_calendar(void **state)
{
	char digits[8];

	(void)state;
	for (int n = 0; n < 1000000; n++) {
		snprintf(digits, sizeof(digits), "%06d", n);
		if (field_is_date(digits) != is_real_date(n / 10000, n / 100 % 100, n % 100))
			fail_msg("%s", digits);
	}
}

/* Six digits end the field at once when they are a date and no corporation's number begins so. */
static void a_birth_date_ends_by_itself_unless_a_corporation_may_begin_so(void **state)
{
	char keys[8];
	long waits = 0, ends = 0;
	struct field f;

	(void)state;
	for (int n = 0; n < 1000000; n++) {
		bool date, corporation;
		int r;

		snprintf(keys, sizeof(keys), "%06d", n);
		date = is_real_date(n / 10000, n / 100 % 100, n % 100);
		corporation = n / 10 % 100 >= 81 && n / 10 % 100 <= 88;
		r = type_into(&f, VAULT_IDENTITY, keys);
		if (r != (date && !corporation ? VAULT_COMPLETE : MORE))
			fail_msg("%s: %d", keys, r);
		if (field_timeout(&f, &facts) != (date ? VAULT_COMPLETE : VAULT_INVALID) ||
		    field_key(&f, '#', &facts) != (date ? VAULT_COMPLETE : VAULT_INVALID))
			fail_msg("%s", keys);
		waits += date && corporation;
		ends += date && !corporation;
	}
	/* 22 days of August, of 365: who was born then presses '#' or waits. */
	assert_int_equal(waits, 2200);
	assert_true(ends > 34000);
}

static void the_card_may_tell_whose_number_it_is(void **state)
{
	struct field f;

	(void)state;
	facts.owner = VAULT_OWNER_PERSON;
	assert_int_equal(typed(VAULT_IDENTITY, "900812"), VAULT_COMPLETE);
	facts.owner = VAULT_OWNER_BUSINESS;
	assert_int_equal(typed(VAULT_IDENTITY, "870923"), MORE);
	assert_int_equal(typed(VAULT_IDENTITY, "870923#"), VAULT_COMPLETE);
	assert_int_equal(typed(VAULT_IDENTITY, "1208147521"), VAULT_COMPLETE);
	facts.owner = VAULT_OWNER_UNKNOWN;
	assert_int_equal(type_into(&f, VAULT_IDENTITY, "1208147521"), VAULT_COMPLETE);
	assert_int_equal(field_owner(&f), VAULT_OWNER_BUSINESS);
	assert_int_equal(type_into(&f, VAULT_IDENTITY, "870923"), VAULT_COMPLETE);
	assert_int_equal(field_owner(&f), VAULT_OWNER_PERSON);
}

static void business_numbers_have_their_check_digit(void **state)
{
	/* Published by their owners: Samsung Electronics, Kakao, Naver, Hyundai Motor, SK Telecom. */
	static const char *const numbers[] = { "1248100998", "1208147521", "2208162517", "1018109147", "1048137225" };
	char wrong[12];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
		assert_true(field_is_business_number(numbers[i]));
		assert_int_equal(typed(VAULT_IDENTITY, numbers[i]), VAULT_COMPLETE);
		for (char c = '0'; c <= '9'; c++) {
			snprintf(wrong, sizeof(wrong), "%.9s%c", numbers[i], c);
			assert_int_equal(typed(VAULT_IDENTITY, wrong), c == numbers[i][9] ? VAULT_COMPLETE : VAULT_INVALID);
		}
	}
}

static void an_identity_of_another_length_is_too_short(void **state)
{
	static const char digits[] = "1208147521";
	char keys[12];

	(void)state;
	for (int len = 0; len < 10; len++) {
		snprintf(keys, sizeof(keys), "%.*s#", len, digits);
		assert_int_equal(typed(VAULT_IDENTITY, keys), len == 6 ? VAULT_COMPLETE : VAULT_TOO_SHORT);
	}
	assert_int_equal(typed(VAULT_IDENTITY, "991332#"), VAULT_INVALID);
}

/* ---- password, and keys of all fields ---- */

static void every_two_digits_are_a_password(void **state)
{
	char keys[4];

	(void)state;
	for (int n = 0; n < 100; n++) {
		snprintf(keys, sizeof(keys), "%02d", n);
		assert_int_equal(typed(VAULT_PASSWORD2, keys), VAULT_COMPLETE);
	}
	assert_int_equal(typed(VAULT_PASSWORD2, "1"), MORE);
	assert_int_equal(typed(VAULT_PASSWORD2, "1#"), VAULT_TOO_SHORT);
	assert_int_equal(typed(VAULT_PASSWORD2, "#"), VAULT_TOO_SHORT);
}

static void a_star_erases_and_the_field_goes_on(void **state)
{
	struct field f;

	(void)state;
	for (enum vault_kind kind = VAULT_CARD_NUMBER; kind <= VAULT_PASSWORD2; kind++) {
		assert_int_equal(type_into(&f, kind, "4*"), VAULT_ERASED);
		assert_int_equal(f.len, 0);
		assert_int_equal(f.kind, kind);
		assert_memory_equal(f.digits, (char[sizeof(f.digits)]){ 0 }, sizeof(f.digits));
		assert_int_equal(field_timeout(&f, &facts), VAULT_NO_INPUT);
	}
	assert_int_equal(type_into(&f, VAULT_EXPIRY, "9*"), VAULT_ERASED);
	for (const char *k = "123"; *k != '\0'; k++)
		assert_int_equal(field_key(&f, *k, &facts), MORE);
	assert_int_equal(field_key(&f, '0', &facts), VAULT_COMPLETE);
	assert_string_equal(f.digits, "1230");
}

static void a_timeout_ends_as_a_hash_does(void **state)
{
	struct field f;

	(void)state;
	for (enum vault_kind kind = VAULT_CARD_NUMBER; kind <= VAULT_PASSWORD2; kind++) {
		field_start(&f, kind);
		assert_int_equal(field_timeout(&f, &facts), VAULT_NO_INPUT);
		assert_int_equal(field_key(&f, '1', &facts), MORE);
		assert_int_equal(field_timeout(&f, &facts), VAULT_TOO_SHORT);
	}
}

static void other_keys_change_nothing(void **state)
{
	struct field f;

	(void)state;
	field_start(&f, VAULT_EXPIRY);
	for (int key = -128; key < 128; key++)
		if ((key < '0' || key > '9') && key != '*' && key != '#')
			assert_int_equal(field_key(&f, (char)key, &facts), MORE);
	assert_int_equal(f.len, 0);
}

static void there_are_four_kinds(void **state)
{
	(void)state;
	for (unsigned kind = 0; kind < 256; kind++)
		assert_int_equal(field_is_kind(kind), kind >= 1 && kind <= 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(published_test_numbers_are_complete),
		cmocka_unit_test(the_first_two_digits_tell_the_length),
		cmocka_unit_test(luhn_finds_every_wrong_digit_and_most_swaps),
		cmocka_unit_test(an_expiry_is_good_to_the_end_of_its_month),
		cmocka_unit_test(an_expiry_too_short_is_said_so),
		cmocka_unit_test(dates_are_those_of_the_calendar),
		cmocka_unit_test(a_birth_date_ends_by_itself_unless_a_corporation_may_begin_so),
		cmocka_unit_test(the_card_may_tell_whose_number_it_is),
		cmocka_unit_test(business_numbers_have_their_check_digit),
		cmocka_unit_test(an_identity_of_another_length_is_too_short),
		cmocka_unit_test(every_two_digits_are_a_password),
		cmocka_unit_test(a_star_erases_and_the_field_goes_on),
		cmocka_unit_test(a_timeout_ends_as_a_hash_does),
		cmocka_unit_test(other_keys_change_nothing),
		cmocka_unit_test(there_are_four_kinds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
