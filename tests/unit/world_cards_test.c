/* world_cards_test.c: the sandbox PG's test cards, the opened record, and behaviours that tests ask for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "sandbox/world/behaviour.h"
#include "sandbox/world/cards.h"
#include "sandbox/world/record.h"
#include "sandbox/world/reply.h"

enum { YEAR = 2026, MONTH = 11 };

static struct typed_card typed(const char *number)
{
	struct typed_card t = { .expiry = CARDS_EXPIRY, .identity = CARDS_BIRTH, .password2 = CARDS_PASSWORD2 };

	snprintf(t.number, sizeof(t.number), "%s", number);
	return t;
}

static const struct card_decline *check(const struct typed_card *t)
{
	const struct test_card *card = NULL;

	return cards_check(t, YEAR, MONTH, &card);
}

static void every_card_of_the_table_has_its_check_digit_and_stands_there_once(void **state)
{
	size_t count = 0;
	const struct test_card *cards = cards_all(&count);

	(void)state;
	assert_true(count >= 14);
	for (size_t i = 0; i < count; i++) {
		assert_true(cards_luhn(cards[i].number));
		assert_ptr_equal(cards_find(cards[i].number), &cards[i]);
	}
}

static void the_check_digit_is_luhns(void **state)
{
	(void)state;
	assert_true(cards_luhn("4111111111111111"));
	assert_false(cards_luhn("4111111111111112"));
	assert_false(cards_luhn("4111111111111"));
	assert_false(cards_luhn("41111111111111a1"));
	assert_false(cards_luhn(""));
	assert_false(cards_luhn("0"));
}

static void what_fits_every_card_is_accepted_for_it(void **state)
{
	size_t count = 0;
	const struct test_card *cards = cards_all(&count), *found = NULL;

	(void)state;
	for (size_t i = 0; i < count; i++) {
		struct typed_card t = typed(cards[i].number);

		if (cards[i].business)
			snprintf(t.identity, sizeof(t.identity), "%s", CARDS_BUSINESS);
		assert_null(cards_check(&t, YEAR, MONTH, &found));
		assert_ptr_equal(found, &cards[i]);
	}
}

static void each_wrong_field_is_an_input_decline_of_its_own(void **state)
{
	struct typed_card t = typed("9461200012345673");

	(void)state;
	snprintf(t.password2, sizeof(t.password2), "38");
	assert_string_equal(check(&t)->code, "P011");
	assert_string_equal(check(&t)->class, "input");
	t = typed("9461200012345673");
	snprintf(t.identity, sizeof(t.identity), "870924");
	assert_string_equal(check(&t)->code, "P012");
	snprintf(t.identity, sizeof(t.identity), CARDS_BUSINESS);
	assert_string_equal(check(&t)->code, "P012");
	t = typed("9461200012345673");
	snprintf(t.expiry, sizeof(t.expiry), "1330");
	assert_string_equal(check(&t)->code, "P015");
	snprintf(t.expiry, sizeof(t.expiry), "1130");
	assert_string_equal(check(&t)->code, "P015");
	t = typed("9461200012345674");
	assert_string_equal(check(&t)->code, "P014");
	t = typed("4111111111111111");
	assert_string_equal(check(&t)->code, "P014");
}

static void a_card_ends_with_its_month(void **state)
{
	struct typed_card t = typed("9461200012345673");

	(void)state;
	snprintf(t.expiry, sizeof(t.expiry), "1026");
	assert_string_equal(check(&t)->class, "dead_card");
	snprintf(t.expiry, sizeof(t.expiry), "1126");
	assert_string_equal(check(&t)->class, "input");
	snprintf(t.expiry, sizeof(t.expiry), "1225");
	assert_string_equal(check(&t)->class, "dead_card");
}

static void a_mask_is_short(void **state)
{
	struct card_mask m = cards_mask(cards_find("9461200012345673"));

	(void)state;
	assert_string_equal(m.bin, "94612000");
	assert_string_equal(m.last4, "5673");
	assert_string_equal(m.issuer, "shinhan");
	m = cards_mask(cards_find("36000000000008"));
	assert_string_equal(m.bin, "360000");
}

/* ---- the record ---- */

static int read_text(const char *text, struct record *r)
{
	return record_read(text, strlen(text), r);
}

#define RECORD "\"card_number\":\"9461200012345673\",\"expiry\":\"1230\",\"identity\":\"870923\",\"password2\":\"37\"," \
	"\"order_id\":\"ord_1\""

static void a_record_gives_its_five_members(void **state)
{
	struct record r;

	(void)state;
	assert_int_equal(read_text("{" RECORD ",\"purpose\":\"verify\"}", &r), 0);
	assert_string_equal(r.card.number, "9461200012345673");
	assert_string_equal(r.card.expiry, "1230");
	assert_string_equal(r.card.identity, "870923");
	assert_string_equal(r.card.password2, "37");
	assert_string_equal(r.order_id, "ord_1");
	assert_int_equal(read_text(" { \"order_id\" : \"o\" , \"card_number\":\"1\",\"expiry\":\"2\",\"identity\":\"3\",\n"
	                           "\"password2\":\"4\" } ", &r), 0);
	assert_string_equal(r.order_id, "o");
}

static void a_record_of_another_form_is_refused(void **state)
{
	static const char *const bad[] = {
		"", "{}", "{", "[]", "{" RECORD, "{" RECORD "}x", "{" RECORD ",}", "{" RECORD ",\"expiry\":\"1230\"}",
		"{\"order_id\":\"ord_1\"}", "{" RECORD ",\"n\":1}", "{" RECORD ",\"n\":\"\\u0031\"}", "{" RECORD ",\"n\"}",
	};
	struct record r = { .order_id = "untouched" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(read_text(bad[i], &r), ERR_INVALID);
	assert_string_equal(r.order_id, "untouched");
}

static void every_cut_of_a_record_is_refused(void **state)
{
	static const char whole[] = "{" RECORD "}";
	struct record r;

	(void)state;
	for (size_t len = 0; len + 1 < sizeof(whole); len++)
		assert_int_equal(record_read(whole, len, &r), ERR_INVALID);
}

static void a_value_longer_than_its_place_is_refused(void **state)
{
	struct record r;

	(void)state;
	assert_int_equal(read_text("{\"card_number\":\"94612000123456730000\",\"expiry\":\"1230\",\"identity\":\"870923\","
	                           "\"password2\":\"37\",\"order_id\":\"o\"}", &r), ERR_INVALID);
	assert_int_equal(read_text("{\"card_number\":\"9461200012345673\",\"expiry\":\"12301\",\"identity\":\"870923\","
	                           "\"password2\":\"37\",\"order_id\":\"o\"}", &r), ERR_INVALID);
}

/* ---- behaviours ---- */

static int read_behaviour(const char *text, struct behaviour *b)
{
	struct json_fault fault;
	json_t *o = NULL;
	int e = json_read_strict(text, strlen(text), &o, &fault);

	if (e == 0)
		e = behaviour_read(o, b, &fault);
	json_decref(o);
	return e;
}

static void a_behaviour_lasts_for_its_requests_and_its_operation(void **state)
{
	struct behaviour b = { .mode = BEHAVE_NORMAL };

	(void)state;
	assert_int_equal(read_behaviour("{\"mode\":\"drop_after\",\"op\":\"pay\",\"times\":2,\"delay_ms\":7}", &b), 0);
	assert_int_equal(behaviour_take(&b, "verify").mode, BEHAVE_NORMAL);
	assert_int_equal(behaviour_take(&b, "pay").mode, BEHAVE_DROP_AFTER);
	assert_int_equal(behaviour_take(&b, "pay").delay_ms, 7);
	assert_int_equal(behaviour_take(&b, "pay").mode, BEHAVE_NORMAL);
	assert_int_equal(read_behaviour("{\"mode\":\"fail\"}", &b), 0);
	for (int i = 0; i < 10; i++)
		assert_int_equal(behaviour_take(&b, "any").mode, BEHAVE_FAIL);
	assert_int_equal(read_behaviour("{\"mode\":\"normal\"}", &b), 0);
	assert_int_equal(behaviour_take(&b, "pay").mode, BEHAVE_NORMAL);
}

static void an_unknown_word_changes_nothing(void **state)
{
	static const char *const bad[] = {
		"{}", "{\"mode\":\"explode\"}", "{\"mode\":\"fail\",\"op\":\"steal\"}", "{\"mode\":\"refuse\",\"class\":\"x\"}",
		"{\"mode\":\"fail\",\"time\":1}", "{\"mode\":\"slow\",\"delay_ms\":-1}", "{\"mode\":\"slow\",\"delay_ms\":120001}",
	};
	struct behaviour b = { .mode = BEHAVE_CUT };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(read_behaviour(bad[i], &b), ERR_INVALID);
	assert_int_equal(b.mode, BEHAVE_CUT);
}

static void a_query_gives_its_parameters(void **state)
{
	char v[8];

	(void)state;
	assert_true(reply_query("a=1&to=010%2B1&b", "to", v, sizeof(v)));
	assert_string_equal(v, "010+1");
	assert_true(reply_query("to=", "to", v, sizeof(v)));
	assert_string_equal(v, "");
	assert_false(reply_query("", "to", v, sizeof(v)));
	assert_false(reply_query("auto=1", "to", v, sizeof(v)));
	assert_false(reply_query("to", "to", v, sizeof(v)));
	assert_false(reply_query("to=%4", "to", v, sizeof(v)));
	assert_false(reply_query("to=%zz", "to", v, sizeof(v)));
	assert_false(reply_query("to=%00", "to", v, sizeof(v)));
	assert_false(reply_query("to=12345678", "to", v, sizeof(v)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_card_of_the_table_has_its_check_digit_and_stands_there_once),
		cmocka_unit_test(the_check_digit_is_luhns),
		cmocka_unit_test(what_fits_every_card_is_accepted_for_it),
		cmocka_unit_test(each_wrong_field_is_an_input_decline_of_its_own),
		cmocka_unit_test(a_card_ends_with_its_month),
		cmocka_unit_test(a_mask_is_short),
		cmocka_unit_test(a_record_gives_its_five_members),
		cmocka_unit_test(a_record_of_another_form_is_refused),
		cmocka_unit_test(every_cut_of_a_record_is_refused),
		cmocka_unit_test(a_value_longer_than_its_place_is_refused),
		cmocka_unit_test(a_behaviour_lasts_for_its_requests_and_its_operation),
		cmocka_unit_test(an_unknown_word_changes_nothing),
		cmocka_unit_test(a_query_gives_its_parameters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
