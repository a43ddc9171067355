/* arsd_columns_test.c: when the data keys of columns count as lost, and may be given up: when the newest of the store is one that keystored's
 * keys do not open, and at no other time. */
#include "arsd_world.h"

#include <string.h>

#include "arsd/columns.h"
#include "arsd/outbox.h"
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

/* What a data key that does not open any more has sealed: its text is no body of a webhook. */
static void an_event_that_no_data_key_opens_is_told_to_nobody(void **state UNUSED)
{
	struct world *w = world_new("");
	static struct outbox_job j;
	static struct event e;
	int64_t first = add_key(w, 1), second;
	char event[ID_SIZE];
	struct request r;

	given(w, first, VAULT_OK);
	w->sms_waits = w->webhook_waits = true;
	r = world_registered_request(w, "01012345678");
	world_call(w, 1, "01012345678", r.virtual_number.digits);
	world_played(w, 1);
	world_press(w, 1, '2');
	assert_int_equal(w->hook_count, 1);
	snprintf(event, sizeof(event), "%s", w->hooks[0].u.webhook.event_id);
	assert_int_equal(list_event_get(w->a.store, event, &e), 0);
	assert_true(e.body[0] == '{');
	outbox_webhook_result(&w->a, &(struct uplink_webhook_result){ .job = w->hooks[0].u.webhook.job, .status = UPLINK_LATER, .http_status = 503 });
	world_turn(w);
	second = add_key(w, 2);
	world_crash(w);
	w->hook_count = 0;
	given(w, second, VAULT_OK);
	given(w, first, VAULT_FAILED);
	assert_int_equal(list_event_get(w->a.store, event, &e), 0);
	assert_string_equal(e.body, "");
	world_wait(w, 60000);
	/* Nor was the text message, which is an event of its own. */
	assert_int_equal(w->hook_count, 1);
	assert_string_not_equal(w->hooks[0].u.webhook.event_id, event);
	assert_int_equal(w->hooks[0].u.webhook.body.data[0], '{');
	assert_int_equal(store_delivery_get(w->a.store, event, 1, &j), 0);
	assert_string_equal(j.state, "given_up");
	assert_string_equal(j.detail, "its event is gone, or no data key opens it");
	world_free(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_newest_that_does_not_open_is_lost_until_it_opens), cmocka_unit_test(an_older_one_that_does_not_open_gives_up_nothing),
		cmocka_unit_test(what_was_given_up_is_given_up_once), cmocka_unit_test(keys_that_are_opened_anew_are_asked_first),
		cmocka_unit_test(an_event_that_no_data_key_opens_is_told_to_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
