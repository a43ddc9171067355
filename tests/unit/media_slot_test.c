/* media_slot_test.c: one timeslot block by block: barge-in, whose a key is, the timers in samples, and what is wiped. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "trunkd/media_slot.h"

enum { BLOCK = DSP_BLOCK_MAX, EVENTS = 64, SOUND = 0x2a, OTHER = 0x55 ^ 0x33, FIRST = 800, INTER = 480 };

static struct media_slot *slot;
static struct media_out out;
static struct ring *ring;
static uint8_t tx[BLOCK];
static struct dtmf_tx keys;
static uint8_t sound_a[100 * BLOCK], sound_b[100 * BLOCK];
static struct prompt_audio a = { { sound_a, sound_a }, 10 * BLOCK }, b = { { sound_b, sound_b }, 3 * BLOCK };

static int set_up(void **state UNUSED)
{
	memset(sound_a, SOUND, sizeof(sound_a));
	memset(sound_b, OTHER, sizeof(sound_b));
	slot = aligned_alloc(64, media_slot_size());
	assert_non_null(slot);
	assert_int_equal(ring_new(sizeof(struct media_event), EVENTS, &ring), 0);
	memset(&out, 0, sizeof(out));
	memset(&keys, 0, sizeof(keys));
	out.events = ring;
	media_slot_init(slot, 9);
	media_slot_start(slot, 77, &out);
	return 0;
}

static int tear_down(void **state UNUSED)
{
	struct media_event e;

	media_slot_stop(slot, &out);
	while (ring_take(ring, &e))
		free(e.play);
	ring_free(&ring);
	free(slot);
	return 0;
}

static struct play *play_new(uint64_t call, uint32_t number, enum callctl_collect collect, const struct prompt_audio *audio)
{
	struct play *p = calloc(1, sizeof(*p) + sizeof(p->items[0]));

	assert_non_null(p);
	*p = (struct play){ .call = call, .number = number, .field = 40 + number, .first_samples = FIRST, .inter_samples = INTER,
	                    .collect = (uint8_t)collect };
	p->count = audio != NULL;
	p->items[0] = audio;
	return p;
}

static void block(void)
{
	int16_t pcm[BLOCK] = { 0 };
	uint8_t rx[BLOCK];

	dtmf_tx_block(&keys, pcm, BLOCK);
	g711_encode(DSP_ALAW, pcm, rx, BLOCK);
	media_slot_block(slot, DSP_ALAW, rx, tx, &out);
}

/* The next event, within so many blocks; *after: how many it took. */
static struct media_event next(int blocks, int *after)
{
	struct media_event e = { 0 };

	for (int n = 0; n <= blocks; n++) {
		if (ring_take(ring, &e)) {
			if (after != NULL)
				*after = n;
			return e;
		}
		if (n < blocks)
			block();
	}
	return e;
}

static void expect_nothing(int blocks)
{
	assert_int_equal(next(blocks, NULL).type, 0);
}

static void expect_ended(uint32_t number, enum callctl_why why, uint32_t heard_samples, int blocks)
{
	struct media_event e = next(blocks, NULL);

	assert_int_equal(e.type, MEDIA_PLAY_ENDED);
	assert_int_equal(e.call, e.play->call);
	assert_int_equal(e.number, number);
	assert_int_equal(e.play->why, why);
	assert_int_equal(e.play->heard_samples, heard_samples);
	free(e.play);
}

static struct media_event expect_key(char key, enum callctl_collect collect, uint32_t number)
{
	struct media_event e = next(20, NULL);

	assert_int_equal(e.type, MEDIA_KEY);
	assert_int_equal(e.detail, key);
	assert_int_equal(e.collect, collect);
	assert_int_equal(e.number, number);
	assert_int_equal(e.slot, 9);
	assert_int_equal(e.call, 77);
	return e;
}

static bool all(uint8_t octet)
{
	for (int i = 0; i < BLOCK; i++)
		if (tx[i] != octet)
			return false;
	return true;
}

static void press(const char *which)
{
	assert_int_equal(dtmf_tx_queue(&keys, which, 640, 640, -9, -7), 0);
}

static void a_prompt_is_copied_and_comes_back(void **state UNUSED)
{
	media_slot_play(slot, play_new(77, 1, CALLCTL_COLLECT_NONE, &a), &out);
	for (int i = 0; i < 10; i++) {
		block();
		assert_true(all(SOUND));
	}
	expect_ended(1, CALLCTL_FINISHED, 10 * BLOCK, 0);
	block();
	assert_true(all(g711_idle(DSP_ALAW)));
	expect_nothing(100);
}

static void the_first_key_silences_its_own_block_and_is_not_lost(void **state UNUSED)
{
	struct media_event e;
	int blocks = 0;

	media_slot_play(slot, play_new(77, 1, CALLCTL_COLLECT_MENU, &a), &out);
	press("5");
	do {
		block();
		blocks++;
	} while (!ring_take(ring, &e) && blocks < 9);
	assert_in_range(blocks, 2, 4);                           /* a key needs 26 to 51 ms to be sure */
	assert_true(all(g711_idle(DSP_ALAW)));
	assert_int_equal(e.type, MEDIA_PLAY_ENDED);
	assert_int_equal(e.play->why, CALLCTL_KEY);
	assert_int_equal(e.play->heard_samples, (blocks - 1) * BLOCK);
	free(e.play);
	assert_true(ring_take(ring, &e));
	assert_int_equal(e.type, MEDIA_KEY);
	assert_int_equal(e.detail, '5');
}

static void a_menu_takes_one_key_a_play(void **state UNUSED)
{
	media_slot_play(slot, play_new(77, 1, CALLCTL_COLLECT_MENU, NULL), &out);
	expect_ended(1, CALLCTL_FINISHED, 0, 1);
	press("123#*");
	expect_key('1', CALLCTL_COLLECT_MENU, 1);
	expect_nothing(100);                                     /* no second key, and no time-out after the first */
	media_slot_play(slot, play_new(77, 2, CALLCTL_COLLECT_MENU, NULL), &out);
	expect_ended(2, CALLCTL_FINISHED, 0, 1);
	press("*");
	expect_key('*', CALLCTL_COLLECT_MENU, 2);
	media_slot_stop(slot, &out);
	assert_int_equal(next(0, NULL).dropped, 4);
}

/* One menu after the other, each as soon as the last has its key: as a taken-over arsd would gather a card number. */
static void menus_in_a_row_do_not_gather_a_number(void **state UNUSED)
{
	struct media_event e;
	uint32_t number = 0;
	int taken = 0, blocks = 0;

	media_slot_play(slot, play_new(77, ++number, CALLCTL_COLLECT_MENU, NULL), &out);
	for (int digit = 0; digit < 16; digit++) {
		press("7");
		for (int i = 0; i < 20; i++, blocks++) {
			block();
			while (ring_take(ring, &e)) {
				free(e.play);
				if (e.type != MEDIA_KEY)
					continue;
				taken++;
				media_slot_play(slot, play_new(77, ++number, CALLCTL_COLLECT_MENU, NULL), &out);
			}
		}
	}
	assert_int_equal(taken, 5 + blocks * BLOCK / (3 * DSP_RATE));
	assert_true(taken <= 8);                                 /* of 16; a BIN is no secret */
	for (int i = 0; i < 3 * DSP_RATE / BLOCK; i++)
		block();
	while (ring_take(ring, &e))
		free(e.play);
	media_slot_play(slot, play_new(77, ++number, CALLCTL_COLLECT_MENU, NULL), &out);
	expect_ended(number, CALLCTL_FINISHED, 0, 1);
	press("1");
	expect_key('1', CALLCTL_COLLECT_MENU, number);
}

static void a_secret_takes_all_keys_for_its_field(void **state UNUSED)
{
	struct play *p = play_new(77, 3, CALLCTL_COLLECT_SECRET, &a);

	p->inter_samples = DSP_RATE;
	media_slot_play(slot, p, &out);
	press("4A1#");
	expect_ended(3, CALLCTL_KEY, BLOCK, 20);
	expect_key('4', CALLCTL_COLLECT_SECRET, 43);
	expect_key('1', CALLCTL_COLLECT_SECRET, 43);             /* 'A' is on no telephone */
	expect_key('#', CALLCTL_COLLECT_SECRET, 43);
}

static void without_collecting_keys_are_counted_and_the_sound_goes_on(void **state UNUSED)
{
	struct media_event e;

	media_slot_play(slot, play_new(77, 1, CALLCTL_COLLECT_NONE, &a), &out);
	press("12");
	expect_ended(1, CALLCTL_FINISHED, 10 * BLOCK, 10);
	expect_nothing(30);
	media_slot_stop(slot, &out);
	e = next(0, NULL);
	assert_int_equal(e.type, MEDIA_CALL_OVER);
	assert_int_equal(e.number, 2);
	assert_int_equal(e.dropped, 2);
	assert_in_range(e.level_dbm0 + 100, 100 - 40, 100 - 3);
}

static void times_out_in_samples_of_the_line(void **state UNUSED)
{
	struct media_event e;
	int after;

	media_slot_play(slot, play_new(77, 1, CALLCTL_COLLECT_SECRET, &b), &out);
	expect_ended(1, CALLCTL_FINISHED, 3 * BLOCK, 3);
	e = next(50, &after);                                    /* counted from the end of the sound */
	assert_int_equal(e.type, MEDIA_KEY_TIMEOUT);
	assert_int_equal(e.detail, 1);
	assert_int_equal(e.number, 41);
	assert_int_equal(after, FIRST / BLOCK);
	expect_nothing(100);                                     /* once */
	press("7");
	expect_key('7', CALLCTL_COLLECT_SECRET, 41);
	e = next(50, &after);
	assert_int_equal(e.type, MEDIA_KEY_TIMEOUT);
	assert_int_equal(e.detail, 0);
	assert_int_equal(after, INTER / BLOCK);
}

static void a_time_of_zero_and_a_loop_have_no_timer(void **state UNUSED)
{
	struct play *p = play_new(77, 1, CALLCTL_COLLECT_MENU, NULL);

	p->first_samples = 0;
	media_slot_play(slot, p, &out);
	expect_ended(1, CALLCTL_FINISHED, 0, 1);
	expect_nothing(500);
	p = play_new(77, 2, CALLCTL_COLLECT_MENU, &b);
	p->loop = true;
	media_slot_play(slot, p, &out);
	expect_nothing(500);
	assert_true(all(OTHER));
}

static void a_new_play_replaces_the_old_and_its_timer(void **state UNUSED)
{
	media_slot_play(slot, play_new(77, 1, CALLCTL_COLLECT_MENU, &a), &out);
	block();
	media_slot_play(slot, play_new(77, 2, CALLCTL_COLLECT_NONE, &b), &out);
	expect_ended(1, CALLCTL_REPLACED, BLOCK, 0);
	expect_ended(2, CALLCTL_FINISHED, 3 * BLOCK, 3);
	media_slot_play(slot, play_new(77, 3, CALLCTL_COLLECT_MENU, NULL), &out);
	expect_ended(3, CALLCTL_FINISHED, 0, 1);
	media_slot_play(slot, play_new(77, 4, CALLCTL_COLLECT_NONE, NULL), &out);
	expect_ended(4, CALLCTL_FINISHED, 0, 1);
	expect_nothing(100);
}

static void a_play_of_another_call_comes_back_at_once(void **state UNUSED)
{
	media_slot_play(slot, play_new(76, 1, CALLCTL_COLLECT_MENU, &a), &out);
	expect_ended(1, CALLCTL_REPLACED, 0, 0);
	block();
	assert_true(all(g711_idle(DSP_ALAW)));
}

static void a_closed_field_has_no_timers_any_more(void **state UNUSED)
{
	media_slot_play(slot, play_new(77, 1, CALLCTL_COLLECT_SECRET, NULL), &out);
	expect_ended(1, CALLCTL_FINISHED, 0, 1);
	press("1");
	expect_key('1', CALLCTL_COLLECT_SECRET, 41);
	media_slot_close_field(slot, 77, 40);                    /* others': nothing */
	media_slot_close_field(slot, 76, 41);
	assert_int_equal(next(20, NULL).type, MEDIA_KEY_TIMEOUT);
	press("2");
	expect_key('2', CALLCTL_COLLECT_SECRET, 41);
	media_slot_close_field(slot, 77, 41);
	expect_nothing(100);
	press("3");                                              /* type-ahead is still keystored's to judge */
	expect_key('3', CALLCTL_COLLECT_SECRET, 41);
	expect_nothing(100);
}

static void a_field_closed_during_its_sound_starts_no_timer(void **state UNUSED)
{
	media_slot_play(slot, play_new(77, 1, CALLCTL_COLLECT_SECRET, &b), &out);
	block();
	media_slot_close_field(slot, 77, 41);
	expect_ended(1, CALLCTL_FINISHED, 3 * BLOCK, 3);
	expect_nothing(100);
}

/* A secret field that the digit 1 has ended, and the next play with its sound on. */
static void end_field_by_a_digit(enum callctl_collect then)
{
	media_slot_play(slot, play_new(77, 1, CALLCTL_COLLECT_SECRET, NULL), &out);
	expect_ended(1, CALLCTL_FINISHED, 0, 1);
	press("1");
	expect_key('1', CALLCTL_COLLECT_SECRET, 41);
	media_slot_close_field(slot, 77, 41);
	media_slot_play(slot, play_new(77, 2, then, &a), &out);
	block();
}

static void a_hash_behind_a_field_that_ended_by_itself_does_nothing(void **state UNUSED)
{
	static const enum callctl_collect next_one[] = { CALLCTL_COLLECT_SECRET, CALLCTL_COLLECT_MENU };

	for (size_t i = 0; i < ARRAY_LEN(next_one); i++) {
		end_field_by_a_digit(next_one[i]);
		press("#");
		expect_ended(2, CALLCTL_FINISHED, 10 * BLOCK, 20);       /* not silenced */
		assert_int_equal(next(6, NULL).detail, 1);               /* no key has come yet */
		press("#");                                              /* the second is meant */
		expect_key('#', next_one[i], next_one[i] == CALLCTL_COLLECT_MENU ? 2 : 42);
		media_slot_close_field(slot, 77, 42);
		expect_nothing(10);
	}
}

/* keystored and arsd speak over ways of their own: the next play may come first. */
static void a_field_may_be_said_to_have_ended_when_the_next_play_is_on(void **state UNUSED)
{
	media_slot_play(slot, play_new(77, 1, CALLCTL_COLLECT_SECRET, NULL), &out);
	expect_ended(1, CALLCTL_FINISHED, 0, 1);
	press("1");
	expect_key('1', CALLCTL_COLLECT_SECRET, 41);
	media_slot_play(slot, play_new(77, 2, CALLCTL_COLLECT_MENU, &a), &out);
	media_slot_close_field(slot, 77, 41);
	block();
	press("#");
	expect_ended(2, CALLCTL_FINISHED, 10 * BLOCK, 20);
}

static void a_hash_is_a_habit_only_at_once_and_behind_a_digit(void **state UNUSED)
{
	end_field_by_a_digit(CALLCTL_COLLECT_NONE);
	expect_ended(2, CALLCTL_FINISHED, 10 * BLOCK, 20);
	expect_nothing(150);
	media_slot_play(slot, play_new(77, 3, CALLCTL_COLLECT_MENU, NULL), &out);
	expect_ended(3, CALLCTL_FINISHED, 0, 1);
	press("#");                                                      /* seconds later it goes back, as was said */
	expect_key('#', CALLCTL_COLLECT_MENU, 3);
	expect_nothing(10);
	media_slot_play(slot, play_new(77, 4, CALLCTL_COLLECT_SECRET, NULL), &out);
	expect_ended(4, CALLCTL_FINISHED, 0, 1);
	press("#");
	expect_key('#', CALLCTL_COLLECT_SECRET, 44);
	media_slot_close_field(slot, 77, 44);                            /* ended by that key: another one is no habit */
	expect_nothing(10);
	media_slot_play(slot, play_new(77, 5, CALLCTL_COLLECT_MENU, NULL), &out);
	expect_ended(5, CALLCTL_FINISHED, 0, 1);
	press("#");
	expect_key('#', CALLCTL_COLLECT_MENU, 5);
}

static void the_end_gives_back_and_wipes(void **state UNUSED)
{
	uint8_t *fresh = aligned_alloc(64, media_slot_size());

	assert_non_null(fresh);
	media_slot_init((struct media_slot *)(void *)fresh, 9);
	media_slot_play(slot, play_new(77, 1, CALLCTL_COLLECT_SECRET, &a), &out);
	press("4");
	expect_ended(1, CALLCTL_KEY, BLOCK, 10);
	media_slot_play(slot, play_new(77, 2, CALLCTL_COLLECT_SECRET, &a), &out);
	block();
	expect_key('4', CALLCTL_COLLECT_SECRET, 41);
	media_slot_stop(slot, &out);
	expect_ended(2, CALLCTL_REPLACED, BLOCK, 0);
	assert_int_equal(next(0, NULL).type, MEDIA_CALL_OVER);
	assert_int_equal(media_slot_call(slot), 0);
	assert_memory_equal(slot, fresh, media_slot_size());
	media_slot_stop(slot, &out);
	expect_nothing(0);
	free(fresh);
}

static void plays_wait_when_the_ring_is_full_and_none_is_lost(void **state UNUSED)
{
	struct media_event filler = { .type = MEDIA_KEY }, e;
	int back = 0;

	while (ring_put(ring, &filler))
		;
	for (uint32_t i = 1; i <= 5; i++)
		media_slot_play(slot, play_new(77, i, CALLCTL_COLLECT_NONE, &a), &out);
	media_slot_stop(slot, &out);
	assert_int_equal(out.lost, 1);                           /* MEDIA_CALL_OVER may be; a play may not */
	while (ring_take(ring, &e))
		assert_int_equal(e.type, MEDIA_KEY);
	media_out_flush(&out);
	while (ring_take(ring, &e)) {
		assert_int_equal(e.number, ++back);
		free(e.play);
	}
	assert_int_equal(back, 5);
	assert_null(out.first);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_prompt_is_copied_and_comes_back),
		TEST(the_first_key_silences_its_own_block_and_is_not_lost),
		TEST(a_menu_takes_one_key_a_play),
		TEST(menus_in_a_row_do_not_gather_a_number),
		TEST(a_secret_takes_all_keys_for_its_field),
		TEST(without_collecting_keys_are_counted_and_the_sound_goes_on),
		TEST(times_out_in_samples_of_the_line),
		TEST(a_time_of_zero_and_a_loop_have_no_timer),
		TEST(a_new_play_replaces_the_old_and_its_timer),
		TEST(a_play_of_another_call_comes_back_at_once),
		TEST(a_closed_field_has_no_timers_any_more),
		TEST(a_field_closed_during_its_sound_starts_no_timer),
		TEST(a_hash_behind_a_field_that_ended_by_itself_does_nothing),
		TEST(a_field_may_be_said_to_have_ended_when_the_next_play_is_on),
		TEST(a_hash_is_a_habit_only_at_once_and_behind_a_digit),
		TEST(the_end_gives_back_and_wipes),
		TEST(plays_wait_when_the_ring_is_full_and_none_is_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
