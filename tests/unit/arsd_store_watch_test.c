/* arsd_store_watch_test.c: a store that takes no writes is told at once, and is well again only when one went through. */
#include "arsd_world.h"

#include <string.h>

#include "arsd/status.h"
#include "arsd/store_watch.h"

static const char *health(struct world *w)
{
	bool ok;
	json_t *o = status_health(&w->a, &ok);
	bool says_ok = strcmp(json_string_value(json_object_get(o, "store")), "ok") == 0;

	json_decref(o);
	/* The neighbours of this world are all up. */
	assert_int_equal(ok, says_ok);
	return says_ok ? "ok" : "failing";
}

static bool metric_is(struct world *w, const char *line)
{
	static char text[60000];

	status_metrics(&w->a, text, sizeof(text));
	return strstr(text, line) != NULL;
}

static void a_turn_that_was_not_stored_is_told(void **state UNUSED)
{
	struct world *w = world_new("");

	assert_string_equal(health(w), "ok");
	assert_true(metric_is(w, "callkey_arsd_store_writable 1\n"));
	store_watch_turn(&w->a, false);
	assert_string_equal(health(w), "failing");
	assert_true(metric_is(w, "callkey_arsd_store_writable 0\n"));
	world_free(&w);
}

/* What the store keeps in memory is told, so that it is not taken for the calls'. */
static void its_pages_in_memory_are_told(void **state UNUSED)
{
	struct world *w = world_new("");

	assert_true(metric_is(w, "\ncallkey_arsd_store_cache_bytes "));
	assert_false(metric_is(w, "\ncallkey_arsd_store_cache_bytes 0\n"));
	assert_true(store_cache_octets(w->a.store) > 4096);
	world_free(&w);
}

/* A transaction that changes nothing ends well on a full disk, too. */
static void only_a_write_makes_it_well_again(void **state UNUSED)
{
	struct world *w = world_new("");

	store_watch_turn(&w->a, false);
	store_watch_turn(&w->a, true);
	world_turn(w);
	assert_string_equal(health(w), "failing");
	world_wait(w, 900);
	assert_string_equal(health(w), "failing");
	world_wait(w, 200);
	assert_string_equal(health(w), "ok");
	assert_true(metric_is(w, "callkey_arsd_store_writable 1\n"));
	world_free(&w);
}

/* The write that is made to see is one: SQLite leaves out what stays the same. */
static void a_quiet_night_has_its_writes(void **state UNUSED)
{
	struct world *w = world_new("");

	world_wait(w, 29000);
	assert_false(w->a.watch.trying);
	store_watch_tick(&w->a);
	assert_false(store_dirty(w->a.store));
	w->a.mono = mono_add_ms(w->a.mono, 1000);
	store_watch_tick(&w->a);
	assert_true(w->a.watch.trying && store_dirty(w->a.store));
	world_turn(w);
	assert_false(w->a.watch.trying);
	world_free(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_turn_that_was_not_stored_is_told),
		cmocka_unit_test(its_pages_in_memory_are_told),
		cmocka_unit_test(only_a_write_makes_it_well_again),
		cmocka_unit_test(a_quiet_night_has_its_writes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
