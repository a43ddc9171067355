/* trunkd_plays_test.c: what a call of trunkd says and hears: keys to whom they belong, plays lent and given back, and what arsd and
 * keystored may not. */
#include "tests/unit/trunkd_calls.h"

/* ---- keys ---- */

static void keys_go_to_whom_they_belong(void **state UNUSED)
{
	uint64_t number;

	call_up(1, &number);
	media_says(number, MEDIA_KEY, CALLCTL_COLLECT_MENU, '1', 5, 1);
	assert_string_equal(done(), "menu_key");
	assert_int_equal(last_arsd.u.menu_key.key, '1');
	assert_int_equal(last_arsd.u.menu_key.play, 5);
	media_says(number, MEDIA_KEY, CALLCTL_COLLECT_SECRET, '4', 7, 1);
	assert_string_equal(done(), "key");
	assert_int_equal(last_keystored.u.key.key, '4');
	assert_int_equal(last_keystored.u.key.field, 7);
	media_says(number, MEDIA_KEY_TIMEOUT, CALLCTL_COLLECT_SECRET, 1, 7, 1);
	assert_string_equal(done(), "key_timeout");
	assert_int_equal(last_keystored.u.key_timeout.field, 7);
	media_says(number, MEDIA_KEY_TIMEOUT, CALLCTL_COLLECT_MENU, 0, 5, 1);
	assert_string_equal(done(), "key_timeout");
	assert_int_equal(last_arsd.u.key_timeout.play, 5);
	keystored_dead = true;
	media_says(number, MEDIA_KEY, CALLCTL_COLLECT_SECRET, '4', 7, 1);
	assert_string_equal(done(), "");
	assert_int_equal(meter(METER_KEYS_SECRET), 1);
	assert_int_equal(meter(METER_KEYS_NO_KEYSTORE), 1);
	assert_int_equal(meter(METER_KEYS_MENU), 1);
}

static void keys_of_the_call_before_on_the_slot_reach_nobody(void **state UNUSED)
{
	uint64_t before, now;
	struct call *k = call_up(1, &before);

	line_ends(k, 16, true, false);
	call_up(1, &now);
	media_says(before, MEDIA_KEY, CALLCTL_COLLECT_SECRET, '4', 7, 1);
	media_says(before, MEDIA_KEY, CALLCTL_COLLECT_MENU, '4', 7, 1);
	assert_string_equal(done(), "");
	media_says(before, MEDIA_CALL_OVER, 0, 0, 2, 1);
	assert_string_equal(done(), "");
	assert_int_equal(meter(METER_MACHINE_BUGS), 0);
}

static void keystored_that_is_back_learns_of_calls_that_are_up(void **state UNUSED)
{
	uint64_t number;

	offer(9, 0);
	call_up(1, &number);
	done();
	calls_keystore_up(calls);
	assert_string_equal(done(), "call_begin");
	assert_int_equal(last_keystored.u.call_begin.call, number);
}

/* ---- what arsd and keystored may not ---- */

static void broken_messages_are_refused(void **state UNUSED)
{
	uint64_t number;
	struct callctl_msg m = { .type = callctl_type_call_hangup };

	call_up(1, &number);
	m.u.call_hangup.call = number;
	assert_int_equal(calls_from_arsd(calls, &m), ERR_INVALID);         /* cause 0 */
	m.u.call_hangup.cause = 200;
	assert_int_equal(calls_from_arsd(calls, &m), ERR_INVALID);
	m = (struct callctl_msg){ .type = callctl_type_call_up, .u.call_up.call = number };
	assert_int_equal(calls_from_arsd(calls, &m), ERR_INVALID);
	m = (struct callctl_msg){ .type = callctl_type_play, .u.play = { .call = number, .voice = "ko", .collect = 3 } };
	assert_int_equal(calls_from_arsd(calls, &m), ERR_INVALID);
	assert_string_equal(done(), "");
	m.u.play.call = 4711;                                              /* nobody's call: nothing */
	assert_int_equal(calls_from_arsd(calls, &m), 0);
	m.u.play = (struct callctl_play){ .call = number, .play = 8, .voice = "xx" };
	assert_int_equal(calls_from_arsd(calls, &m), 0);
	assert_string_equal(done(), "play_ended");
	assert_int_equal(last_arsd.u.play_ended.why, CALLCTL_UNKNOWN_PROMPT);
}

/* ---- plays ---- */

static void play(uint64_t call, uint32_t number, const char *items, enum callctl_collect collect, uint32_t field)
{
	static struct callctl_msg m;

	m = (struct callctl_msg){ .type = callctl_type_play,
	                          .u.play = { .call = call, .play = number, .voice = "ko", .collect = (uint8_t)collect, .field = field,
	                                      .first_ms = 5000, .inter_ms = UINT32_MAX } };
	snprintf(m.u.play.items, sizeof(m.u.play.items), "%s", items);
	assert_int_equal(calls_from_arsd(calls, &m), 0);
}

static void a_play_is_lent_and_its_end_told(void **state UNUSED)
{
	uint64_t number;
	const struct play *p;

	call_up(1, &number);
	play(number, 3, "hello hello", CALLCTL_COLLECT_MENU, 0);
	assert_string_equal(done(), "media_play");
	p = lent[0];
	assert_int_equal(p->count, 2);
	assert_ptr_equal(p->items[1], prompts_find(prompts, "ko", "hello"));
	assert_int_equal(p->first_samples, 40000);
	assert_int_equal(p->inter_samples, 600 * 8000);       /* bounded, or it would wrap */
	lent[0]->why = CALLCTL_FINISHED;
	lent[0]->heard_samples = 1600;
	media_says(number, MEDIA_PLAY_ENDED, 0, 0, 3, 0);
	assert_string_equal(done(), "play_ended");
	assert_int_equal(last_arsd.u.play_ended.play, 3);
	assert_int_equal(last_arsd.u.play_ended.heard_ms, 200);
}

static void more_plays_at_once_than_the_ring_bears_are_refused(void **state UNUSED)
{
	uint64_t number;

	call_up(1, &number);
	for (uint32_t i = 1; i <= MEDIA_PLAYS_MAX; i++)
		play(number, i, "hello", CALLCTL_COLLECT_NONE, 0);
	done();
	play(number, 99, "hello", CALLCTL_COLLECT_NONE, 0);
	assert_string_equal(done(), "play_ended");
	assert_int_equal(last_arsd.u.play_ended.play, 99);
	assert_int_equal(last_arsd.u.play_ended.why, CALLCTL_UNKNOWN_PROMPT);
	while (lent_count > 0)
		media_says(number, MEDIA_PLAY_ENDED, 0, 0, 1, 0);
	done();
	play(number, 100, "hello", CALLCTL_COLLECT_NONE, 0);
	assert_string_equal(done(), "media_play");
	media_says(number, MEDIA_PLAY_ENDED, 0, 0, 1, 0);
}

static void too_many_items_are_refused(void **state UNUSED)
{
	char items[CALLCTL_ITEMS_MAX] = "";
	uint64_t number;

	call_up(1, &number);
	for (int i = 0; i < PLAYER_ITEMS_MAX; i++)
		strcat(items, i > 0 ? " hello" : "hello");
	play(number, 1, items, CALLCTL_COLLECT_NONE, 0);
	assert_string_equal(done(), "media_play");
	assert_int_equal(lent[0]->count, PLAYER_ITEMS_MAX);
	strcat(items, " hello");
	play(number, 2, items, CALLCTL_COLLECT_NONE, 0);
	assert_string_equal(done(), "play_ended");
	media_says(number, MEDIA_PLAY_ENDED, 0, 0, 1, 0);
}

static void speech_is_held_until_the_play_is_back_even_after_the_call(void **state UNUSED)
{
	uint64_t number;
	struct call *k = call_up(1, &number);

	play(number, 1, "speech:" HASH_A " hello speech:" HASH_A, CALLCTL_COLLECT_NONE, 0);
	assert_string_equal(done(), "media_play");
	play(number, 2, "hello speech:" HASH_B, CALLCTL_COLLECT_NONE, 0);      /* no room while A sounds */
	assert_string_equal(done(), "play_ended");
	assert_int_equal(last_arsd.u.play_ended.why, CALLCTL_UNKNOWN_PROMPT);
	line_ends(k, 16, true, false);
	done();
	media_says(number, MEDIA_PLAY_ENDED, 0, 0, 1, 0);
	assert_string_equal(done(), "");
	call_up(1, &number);
	play(number, 1, "speech:" HASH_B, CALLCTL_COLLECT_NONE, 0);
	assert_string_equal(done(), "media_play");
	assert_int_equal(speech_cache_bytes(speech), 1600);
	media_says(number, MEDIA_PLAY_ENDED, 0, 0, 1, 0);
}

static void a_field_is_closed_once_and_only_its_own(void **state UNUSED)
{
	uint64_t number;

	call_up(1, &number);
	play(number, 1, "hello", CALLCTL_COLLECT_SECRET, 7);
	done();
	calls_field_closed(calls, &(struct keypad_field_closed){ number, 6 });
	assert_string_equal(done(), "");
	for (int i = 0; i < 50; i++)
		calls_field_closed(calls, &(struct keypad_field_closed){ number, 7 });
	assert_string_equal(done(), "media_close");
	assert_int_equal(last_media.field, 7);
	play(number, 2, "hello", CALLCTL_COLLECT_MENU, 7);
	done();
	calls_field_closed(calls, &(struct keypad_field_closed){ number, 7 });
	assert_string_equal(done(), "");
	media_says(number, MEDIA_PLAY_ENDED, 0, 0, 1, 0);
	media_says(number, MEDIA_PLAY_ENDED, 0, 0, 1, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(keys_go_to_whom_they_belong),
		TEST(keys_of_the_call_before_on_the_slot_reach_nobody),
		TEST(keystored_that_is_back_learns_of_calls_that_are_up),
		TEST(broken_messages_are_refused),
		TEST(a_play_is_lent_and_its_end_told),
		TEST(more_plays_at_once_than_the_ring_bears_are_refused),
		TEST(too_many_items_are_refused),
		TEST(speech_is_held_until_the_play_is_back_even_after_the_call),
		TEST(a_field_is_closed_once_and_only_its_own),
	};

	return cmocka_run_group_tests(tests, write_files, remove_files);
}
