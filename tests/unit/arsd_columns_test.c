/* arsd_columns_test.c: when the data keys of columns count as lost, and may be given up: when the newest of the store is one that keystored's
 * keys do not open, and at no other time. */
#include "arsd_world.h"

#include <string.h>

#include "arsd/columns.h"
#include "store/columns.h"

static int64_t add_key(struct world *w, uint8_t number)
{
	struct column_key k = { .version = 1 };

	memset(k.wrapped, number, sizeof(k.wrapped));
	assert_int_equal(columns_key_add(w->a.store, &k), 0);
	world_turn(w);
	return k.id;
}

static void given(struct world *w, int64_t id, enum vault_status status)
{
	static struct vault_column_key_given m;

	memset(&m, 0, sizeof(m));
	m.req = (uint64_t)id;
	m.status = (uint16_t)status;
	m.version = m.active = m.index_version = m.index_active = 1;
	m.wrapped.len = COLUMNS_WRAPPED_SIZE;
	memset(m.wrapped.data, 9, COLUMNS_WRAPPED_SIZE);
	m.secret.len = m.index.len = status == VAULT_OK ? COLUMNS_KEY_SIZE : 0;
	columns_given(&w->a, &m);
	world_turn(w);
}

/* Two data keys, none of them in memory, as after a start. */
static struct world *start(int64_t ids[2])
{
	struct world *w = world_new("");

	ids[0] = add_key(w, 1);
	ids[1] = add_key(w, 2);
	world_crash(w);
	assert_true(columns_wait(&w->a));
	assert_false(columns_are_lost(&w->a));
	assert_int_equal(columns_begin_anew(&w->a), ERR_STATE);
	return w;
}

static void the_newest_that_does_not_open_is_lost_until_it_opens(void **state UNUSED)
{
	int64_t ids[2];
	struct world *w = start(ids);

	given(w, ids[1], VAULT_FAILED);
	assert_true(columns_are_lost(&w->a));
	given(w, ids[0], VAULT_FAILED);
	assert_true(columns_are_lost(&w->a));
	given(w, ids[1], VAULT_OK);
	assert_false(columns_wait(&w->a));
	assert_false(columns_are_lost(&w->a));
	world_free(&w);
}

static void an_older_one_that_does_not_open_gives_up_nothing(void **state UNUSED)
{
	int64_t ids[2];
	struct world *w = start(ids);

	given(w, ids[0], VAULT_FAILED);
	assert_true(columns_wait(&w->a));
	assert_false(columns_are_lost(&w->a));
	assert_int_equal(columns_begin_anew(&w->a), ERR_STATE);
	/* Nor does a keystored that is too busy to say, or has locked. */
	given(w, ids[1], VAULT_BUSY);
	assert_false(columns_are_lost(&w->a));
	world_free(&w);
}

static void what_was_given_up_is_given_up_once(void **state UNUSED)
{
	int64_t ids[2];
	struct world *w = start(ids);

	given(w, ids[1], VAULT_FAILED);
	assert_int_equal(columns_begin_anew(&w->a), 0);
	given(w, 0, VAULT_OK);
	assert_false(columns_are_lost(&w->a));
	assert_int_equal(columns_begin_anew(&w->a), ERR_STATE);
	world_free(&w);
}

/* Other keys, of a backup perhaps, may open it: whether they do is not known before they were asked. */
static void keys_that_are_opened_anew_are_asked_first(void **state UNUSED)
{
	int64_t ids[2];
	struct world *w = start(ids);

	given(w, ids[1], VAULT_FAILED);
	assert_true(columns_are_lost(&w->a));
	columns_keys_open(&w->a);
	assert_false(columns_are_lost(&w->a));
	given(w, ids[1], VAULT_FAILED);
	assert_true(columns_are_lost(&w->a));
	world_free(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_newest_that_does_not_open_is_lost_until_it_opens), cmocka_unit_test(an_older_one_that_does_not_open_gives_up_nothing),
		cmocka_unit_test(what_was_given_up_is_given_up_once), cmocka_unit_test(keys_that_are_opened_anew_are_asked_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
