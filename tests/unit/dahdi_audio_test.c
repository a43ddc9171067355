/* dahdi_audio_test.c: what reaches a call over a card and what may not: no sample lost, doubled or of the call before, however late
 * a thread is and whatever events a driver puts between. */
#include "dahdi_fixture.h"

/* ---- a media thread allocates nothing; a sanitizer's malloc is its own ---- */

static bool armed;
static int allocations;

#ifndef __SANITIZE_ADDRESS__
void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t m);

void *malloc(size_t n)
{
	allocations += armed;
	return __libc_malloc(n);
}

void *calloc(size_t n, size_t m)
{
	allocations += armed;
	return __libc_calloc(n, m);
}
#endif

/* ---- audio ---- */

static void a_call_hears_and_speaks_and_others_are_left_alone(void **state UNUSED)
{
	come_up();
	for (int slot = 1; slot <= 31; slot++)
		chan(slot)->line = (uint8_t)slot;
	begin_in_tick(1);
	begin_in_tick(9);
	for (int i = 0; i < 3; i++)
		tick();
	assert_true(all(rx.pcm[1], TRUNK_BLOCK, 1));
	assert_true(all(rx.pcm[9], TRUNK_BLOCK, 9));
	for (int slot = 2; slot <= 31; slot++)
		if (slot != 9)
			assert_true(all(rx.pcm[slot], TRUNK_BLOCK, IDLE));
	memset(tx.pcm[9], 0x2a, TRUNK_BLOCK);
	memset(tx.pcm[10], 0x2a, TRUNK_BLOCK);
	for (int i = 0; i < 5; i++)
		tick();
	assert_int_equal(chan(9)->heard[chan(9)->heard_count - 1], 0x2a);
	assert_true(all(chan(10)->heard, (size_t)chan(10)->heard_count, IDLE));
	assert_int_equal(chan(10)->reads + chan(10)->writes, 0);        /* no call, no system calls */
}

static void ticks_are_counted_and_come_one_by_one(void **state UNUSED)
{
	come_up();
	assert_int_equal(trunk_receive(t, &rx), ERR_AGAIN);
	for (uint64_t i = 0; i < 5; i++) {
		tick();
		assert_int_equal(rx.tick, i);
		assert_int_equal(trunk_receive(t, &rx), ERR_AGAIN);
	}
}

/* The line says A for long, then B from the moment of the call's begin. Not one octet of A may reach the call. */
static void nothing_from_before_a_call_reaches_it(void **state UNUSED)
{
	come_up();
	for (int slot = 1; slot <= 31; slot++) {
		if (slot == 16)
			continue;
		chan(slot)->line = 0xaa;
		for (int i = 0; i < 7; i++)
			tick();
		k_run_ms(slot % 4);                      /* threads are late by some milliseconds */
		begin_in_tick(slot);
		assert_true(all(rx.pcm[slot], TRUNK_BLOCK, IDLE));
		chan(slot)->line = 0xbb;
		for (int i = 0; i < 6; i++) {
			tick();
			for (int s = 0; s < TRUNK_BLOCK; s++)
				assert_true(rx.pcm[slot][s] == IDLE || rx.pcm[slot][s] == 0xbb);
		}
		assert_true(all(rx.pcm[slot], TRUNK_BLOCK, 0xbb));
		trunk_end(t, slot);
	}
}

static void what_is_left_to_say_at_the_end_is_not_said(void **state UNUSED)
{
	int before;

	come_up();
	begin_in_tick(5);
	memset(tx.pcm[5], 0x33, TRUNK_BLOCK);
	for (int i = 0; i < 5; i++)
		tick();
	trunk_end(t, 5);
	before = chan(5)->heard_count;
	k_run_ms(100);
	assert_true(all(chan(5)->heard + before, (size_t)(chan(5)->heard_count - before), IDLE));
	assert_false(chan(5)->buffer_events);
}

static int late_by(void)
{
	static uint32_t seed = 1;

	seed = seed * 1664525 + 1013904223;
	return (int)(seed >> 24) % 36;
}

/* A thread that is late by up to 35 ms, now and then: not one sample is lost or doubled, either way. */
static void jitter_costs_no_sample(void **state UNUSED)
{
	uint8_t want = 0, say = 0;
	int late = 0, heard = 0, at = 0;

	come_up();
	begin_in_tick(7);
	chan(7)->counts = true;
	for (int i = 0; i < 300; i++) {
		k_run_ms(20 - late);
		late = i % 3 == 0 ? late_by() % 20 : 0;
		k_run_ms(late);
		while (trunk_receive(t, &rx) == 0) {
			for (int s = 0; s < TRUNK_BLOCK; s++) {
				tx.pcm[7][s] = say;
				say = (uint8_t)((say + 1) % 251);
			}
			assert_int_equal(trunk_send(t, &tx), 0);
			if (heard++ < 1)
				continue;                    /* before the first block */
			for (int s = 0; s < TRUNK_BLOCK; s++) {
				assert_int_equal(rx.pcm[7][s], want);
				want = (uint8_t)((want + 1) % 251);
			}
		}
	}
	assert_int_equal(counted(TRUNK_COUNT_BLOCKS_MISSED) + counted(TRUNK_COUNT_UNDERRUNS) + counted(TRUNK_COUNT_OVERRUNS), 0);
	while (chan(7)->heard[at] == IDLE)
		at++;
	want = chan(7)->heard[at];
	for (at += 1; at < chan(7)->heard_count; at++)
		assert_int_equal(chan(7)->heard[at], want = (uint8_t)((want + 1) % 251));
	assert_int_equal(counted(TRUNK_COUNT_SEND_FULL), 0);
}

/* The line runs up to late_ms behind the end of its next block, and we take all that is there. */
static void late_tick(int64_t *due_ms, int late_ms)
{
	*due_ms += 20;
	if (*due_ms + late_ms > k.now_ms)
		k_run_ms((int)(*due_ms + late_ms - k.now_ms));
	while (k_sys_readable(trunk_fd(t))) {
		assert_int_equal(trunk_receive(t, &rx), 0);
		assert_int_equal(trunk_send(t, &tx), 0);
	}
}

/* Whatever the first ticks of a call were late by: from its first block on it hears all. */
static void a_call_that_begins_late_misses_nothing(void **state UNUSED)
{
	int64_t due_ms;

	come_up();
	chan(7)->counts = true;
	due_ms = k.now_ms;
	for (int begin = 0; begin < 40; begin++)
		for (int first = 0; first < 40; first += 3) {
			late_tick(&due_ms, 0);
			k_run_ms(begin);
			trunk_begin(t, 7);
			late_tick(&due_ms, first);
			late_tick(&due_ms, first);
			for (int i = 0; i < 4; i++)
				late_tick(&due_ms, 0);
			trunk_end(t, 7);
		}
	assert_int_equal(counted(TRUNK_COUNT_BLOCKS_MISSED) + counted(TRUNK_COUNT_OVERRUNS), 0);
}

static void a_long_pause_is_counted_and_overcome(void **state UNUSED)
{
	uint64_t underruns;
	int taken = 0;

	come_up();
	begin_in_tick(7);
	for (int i = 0; i < 10; i++)
		tick();
	k_run_ms(300);
	while (trunk_receive(t, &rx) == 0) {
		taken++;
		assert_int_equal(trunk_send(t, &tx), 0);
	}
	assert_int_equal(taken, 8);
	assert_int_equal(counted(TRUNK_COUNT_UNDERRUNS), 1);
	assert_true(counted(TRUNK_COUNT_OVERRUNS) >= 1);
	for (int i = 0; i < 50; i++)
		tick();
	underruns = counted(TRUNK_COUNT_UNDERRUNS);
	for (int i = 0; i < 10; i++) {                   /* what was ahead is ahead again */
		k_run_ms(30);
		assert_int_equal(trunk_receive(t, &rx), 0);
		assert_int_equal(trunk_send(t, &tx), 0);
		k_run_ms(10);
		assert_int_equal(trunk_receive(t, &rx), 0);
		assert_int_equal(trunk_send(t, &tx), 0);
	}
	assert_int_equal(counted(TRUNK_COUNT_UNDERRUNS), underruns);
}

static void a_lost_block_shows_in_the_count_of_ticks(void **state UNUSED)
{
	uint64_t before;

	come_up();
	begin_in_tick(1);                                /* the clock's own timeslot: its events are on */
	tick();
	before = rx.tick;
	k_run_ms(200);
	assert_int_equal(trunk_receive(t, &rx), 0);
	assert_true(rx.tick > before + 1);
}

static void short_and_interrupted_reads_are_survived(void **state UNUSED)
{
	come_up();
	begin_in_tick(7);
	chan(7)->line = 0x11;
	tick();
	tick();
	k_run_ms(20);
	k.short_by = 60;                                 /* it meets the clock's, which is read first */
	assert_int_equal(trunk_receive(t, &rx), 0);
	assert_int_equal(counted(TRUNK_COUNT_SHORT_BLOCKS), 1);
	assert_int_equal(trunk_send(t, &tx), 0);
	k_run_ms(20);
	k.interrupted = true;
	assert_int_equal(trunk_receive(t, &rx), 0);
	assert_true(all(rx.pcm[7], TRUNK_BLOCK, 0x11));
	k.interrupted = true;
	assert_int_equal(trunk_send(t, &tx), 0);
}

static void nothing_is_allocated_after_the_open(void **state UNUSED)
{
	void *volatile proof;

	armed = true;
	allocations = 0;
	config.echo_taps = 128;
	assert_true(trunk_revive(t));
	trunk_begin(t, 7);
	for (int i = 0; i < 3; i++) {
		k_run_ms(20);
		assert_int_equal(trunk_receive(t, &rx), 0);
		assert_int_equal(trunk_send(t, &tx), 0);
	}
	k_alarms(SPAN, DAHDI_ALARM_RED);
	assert_int_equal(trunk_receive(t, &rx), ERR_CLOSED);
	k_alarms(SPAN, 0);
	k.now_ms += 100;
	assert_true(trunk_revive(t));
	trunk_end(t, 7);
	assert_int_equal(allocations, 0);
	proof = malloc(1);
	armed = false;
#ifndef __SANITIZE_ADDRESS__
	assert_int_equal(allocations, 1);                /* the count does count */
#endif
	free(proof);
}

/* ---- events ---- */

static void pending_events_do_not_hide_audio(void **state UNUSED)
{
	come_up();
	begin_in_tick(7);
	chan(7)->line = 0x11;
	tick();
	tick();
	for (int i = 0; i < 20; i++) {
		k_event(chan(7), DAHDI_EVENT_EC_DISABLED);
		k_event(chan(1), DAHDI_EVENT_BITSCHANGED);
	}
	tick();
	assert_true(all(rx.pcm[7], TRUNK_BLOCK, 0x11));
	assert_int_equal(counted(TRUNK_COUNT_BLOCKS_MISSED), 0);
	k_event(chan(7), DAHDI_EVENT_EC_DISABLED);
	assert_int_equal(trunk_send(t, &tx), 0);         /* a write meets them, too */
	assert_int_equal(counted(TRUNK_COUNT_SEND_FULL), 0);
}

static void an_overflowing_queue_makes_us_look_for_ourselves(void **state UNUSED)
{
	int asked;

	come_up();
	tick();
	for (int i = 0; i < 200; i++)
		k_event(chan(1), DAHDI_EVENT_BITSCHANGED);
	k_run_ms(20);
	k_alarms(SPAN, DAHDI_ALARM_RED);                 /* its event finds no room */
	asked = k.spanstats;
	assert_int_equal(trunk_receive(t, &rx), ERR_CLOSED);
	assert_int_equal(k.spanstats, asked + 1);
	assert_int_equal(counted(TRUNK_COUNT_EVENTS_LOST), 1);
}

static void an_endless_stream_of_events_does_not_hold_the_thread(void **state UNUSED)
{
	come_up();
	k.spans[SPAN].alarms = 0;
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 63; i++)
			k_event(chan(1), DAHDI_EVENT_NOALARM);
		tick();
	}
	assert_int_equal(counted(TRUNK_COUNT_EVENTS_LOST), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_call_hears_and_speaks_and_others_are_left_alone),
		TEST(ticks_are_counted_and_come_one_by_one),
		TEST(nothing_from_before_a_call_reaches_it),
		TEST(what_is_left_to_say_at_the_end_is_not_said),
		TEST(jitter_costs_no_sample),
		TEST(a_call_that_begins_late_misses_nothing),
		TEST(a_long_pause_is_counted_and_overcome),
		TEST(a_lost_block_shows_in_the_count_of_ticks),
		TEST(short_and_interrupted_reads_are_survived),
		TEST(nothing_is_allocated_after_the_open),
		TEST(pending_events_do_not_hide_audio),
		TEST(an_overflowing_queue_makes_us_look_for_ourselves),
		TEST(an_endless_stream_of_events_does_not_hold_the_thread),
	};

	return cmocka_run_group_tests_name("dahdi audio", tests, NULL, NULL);
}
