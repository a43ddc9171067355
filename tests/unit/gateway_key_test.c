/* gateway_key_test.c: which of a gateway's keys seals, by state, date and kid, and what is said when none does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "keys/gateway_key.h"

enum { DAY = 86400000 };
static const int64_t today = INT64_C(1790000000000);

/* Days from today; until 0: none. */
static struct key key(const char *gateway, const char *kid, uint32_t version, enum key_state state, int from, int until)
{
	struct key k = { .version = version, .usage = KEY_GATEWAY_PUBLIC, .algorithm = KEY_PUBLIC_PEM, .state = state };

	strcpy(k.name, gateway);
	strcpy(k.kid, kid);
	k.active_from.ms = today + (int64_t)from * DAY;
	k.active_until.ms = until != 0 ? today + (int64_t)until * DAY : 0;
	return k;
}

/* In either order the same. */
static struct gateway_choice choose(const struct key *keys, size_t count, const char *gateway, const char *kid, int day)
{
	const struct gateway_ask ask = { gateway, kid, { today + (int64_t)day * DAY } };
	struct gateway_choice up = { NULL, NULL, GATEWAY_KEY_NONE }, down = up;

	for (size_t i = 0; i < count; i++) {
		gateway_key_consider(&up, &ask, &keys[i]);
		gateway_key_consider(&down, &ask, &keys[count - 1 - i]);
	}
	assert_ptr_equal(up.key, down.key);
	assert_int_equal(up.lack, down.lack);
	assert_ptr_equal(up.nearest, down.nearest);
	return up;
}

static void the_one_that_acts_since_the_latest_date_seals(void **state)
{
	const struct key keys[] = {
		key("main", "b", 2, KEY_ACTIVE, 10, 0), key("main", "a", 1, KEY_ACTIVE, -10, 20), key("other", "o", 1, KEY_ACTIVE, 5, 0),
		key("main", "c", 3, KEY_ACTIVE, 10, 0), key("main", "z", 4, KEY_RETIRED, 0, 0),
	};
	static const struct { int day; const char *gateway, *kid, *chosen; } rows[] = {
		{ -11, "main", "", NULL }, { -10, "main", "", "a" }, { 9, "main", "", "a" }, { 10, "main", "", "c" }, { 30, "main", "", "c" },
		{ 10, "main", "a", "a" }, { 19, "main", "a", "a" }, { 20, "main", "a", NULL }, { 10, "main", "b", "b" }, { 9, "main", "b", NULL },
		{ 10, "main", "z", NULL }, { 10, "main", "o", NULL }, { 10, "other", "", "o" }, { 10, "", "", NULL }, { 10, "mai", "", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct key *k = choose(keys, ARRAY_LEN(keys), rows[i].gateway, rows[i].kid, rows[i].day).key;

		if ((k == NULL) != (rows[i].chosen == NULL) || (k != NULL && strcmp(k->kid, rows[i].chosen) != 0))
			fail_msg("row %zu: %s", i, k != NULL ? k->kid : "none");
	}
}

static void only_an_active_key_within_its_time_seals(void **state)
{
	static const enum key_state states[] = { KEY_PRE_ACTIVE, KEY_ACTIVE, KEY_RETIRED, KEY_COMPROMISED, KEY_DESTROYED };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(states); i++) {
		const struct key k = key("main", "a", 1, states[i], -1, 1);

		assert_int_equal(choose(&k, 1, "main", "", 0).key != NULL, states[i] == KEY_ACTIVE);
		assert_null(choose(&k, 1, "main", "", 1).key);
		assert_null(choose(&k, 1, "main", "", -2).key);
	}
}

/* Card steps go on; a key that was given a date waits for it. */
static void a_clock_that_was_set_back_ends_no_key(void **state)
{
	struct key k = key("main", "a", 1, KEY_ACTIVE, 0, 0);

	(void)state;
	k.created = k.active_from;
	assert_non_null(choose(&k, 1, "main", "", -1).key);
	k.created.ms -= DAY;
	assert_null(choose(&k, 1, "main", "", -1).key);
}

static void a_key_of_another_use_or_without_a_kid_never_does(void **state)
{
	struct key k = key("main", "", 1, KEY_ACTIVE, -1, 0);

	(void)state;
	assert_null(choose(&k, 1, "main", "", 0).key);
	strcpy(k.kid, "a");
	assert_non_null(choose(&k, 1, "main", "", 0).key);
	for (unsigned u = KEY_USAGE_NONE + 1; u < KEY_USAGES; u++) {
		k.usage = (enum key_usage)u;
		assert_int_equal(choose(&k, 1, "main", "", 0).key != NULL, u == KEY_GATEWAY_PUBLIC || u == KEY_GATEWAY_ENCDATA);
	}
}

static void why_none_does_is_said_of_the_key_that_is_nearest(void **state)
{
	const struct key keys[] = {
		key("main", "gone", 1, KEY_COMPROMISED, -9, 0), key("main", "new", 2, KEY_PRE_ACTIVE, -9, 0), key("main", "old", 3, KEY_ACTIVE, -9, -1),
		key("main", "next", 4, KEY_ACTIVE, 9, 0),
	};
	static const char *const whys[] = {
		"no key was imported", "key gone is compromised", "key new was not activated", "the cryptoperiod of key old is over since ",
		"key next is not active before ",
	};
	char text[GATEWAY_WHY_SIZE];

	(void)state;
	for (size_t count = 0; count <= ARRAY_LEN(keys); count++) {
		const struct gateway_choice c = choose(keys, count, "main", "", 0);

		assert_null(c.key);
		assert_ptr_equal(strstr(gateway_key_why(&c, text), whys[count]), text);
	}
}

static void what_takes_a_keys_place_in_time_follows_it(void **state)
{
	const struct key k = key("main", "a", 1, KEY_ACTIVE, -1, 10);
	struct key next[] = {
		key("main", "b", 2, KEY_ACTIVE, 9, 20), key("main", "b", 2, KEY_ACTIVE, 9, 0), key("main", "b", 2, KEY_ACTIVE, 10, 20),
		key("main", "b", 2, KEY_ACTIVE, 9, 10), key("main", "b", 2, KEY_PRE_ACTIVE, 9, 20), key("other", "b", 2, KEY_ACTIVE, 9, 20),
		key("main", "", 2, KEY_ACTIVE, 9, 20),
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(next); i++)
		assert_int_equal(gateway_key_follows(&k, &next[i]), i < 2);
	assert_false(gateway_key_follows(&k, &k));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_one_that_acts_since_the_latest_date_seals), cmocka_unit_test(only_an_active_key_within_its_time_seals),
		cmocka_unit_test(a_clock_that_was_set_back_ends_no_key),
		cmocka_unit_test(a_key_of_another_use_or_without_a_kid_never_does),
		cmocka_unit_test(why_none_does_is_said_of_the_key_that_is_nearest), cmocka_unit_test(what_takes_a_keys_place_in_time_follows_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
