/* dahdi_test.c: a span of a card, against a kernel of the test's own: what is opened and how, what reaches a call and what may
 * not, and every fault that a driver is known to have. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "dahdi_kernel.h"
#include "drivers-glue/dahdi_gain.h"
#include "drivers-glue/trunk.h"

/* Spans 1 and 3; 2 is a hole. */
enum { SPAN = 3, BASE = 40, IDLE = 0xd5, DCHAN = BASE + 15 };

static struct trunk *t;
static struct trunk_block rx, tx;
static struct trunk_config config;

static struct k_chan *chan(int slot) { return &k.chans[BASE + slot - 1]; }

static uint64_t counted(enum trunk_count which)
{
	struct trunk_status status;

	trunk_watch(t, &status);
	return status.counts[which];
}

static enum trunk_fault fault(void)
{
	struct trunk_status status;

	trunk_watch(t, &status);
	return status.fault;
}

static int set_up(void **state UNUSED)
{
	k_start();
	k_span(1, 1, 31, 16);
	k_span(SPAN, BASE, 31, 16);
	config = (struct trunk_config){ .name = "tel1", .kind = "dahdi", .span = SPAN, .line = TRUNK_E1, .law = TRUNK_ALAW };
	memset(&tx, 0, sizeof(tx));
	memset(tx.pcm, IDLE, sizeof(tx.pcm));
	assert_int_equal(trunk_open(&config, &t), 0);
	return 0;
}

static int tear_down(void **state UNUSED)
{
	trunk_free(&t);
	assert_int_equal(k_open_count(), 0);
	return 0;
}

static void reopen(void)
{
	trunk_free(&t);
	assert_int_equal(trunk_open(&config, &t), 0);
}

static void come_up(void)
{
	assert_true(trunk_revive(t));
	assert_true(trunk_fd(t) >= K_FD);
}

/* One tick of the line, answered. */
static void tick(void)
{
	k_run_ms(20);
	assert_int_equal(trunk_receive(t, &rx), 0);
	assert_int_equal(trunk_send(t, &tx), 0);
}

static void begin_in_tick(int slot)
{
	k_run_ms(20);
	assert_int_equal(trunk_receive(t, &rx), 0);
	trunk_begin(t, slot);
	assert_int_equal(trunk_send(t, &tx), 0);
}

static bool all(const uint8_t *octets, size_t count, uint8_t value)
{
	for (size_t i = 0; i < count; i++)
		if (octets[i] != value)
			return false;
	return true;
}

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

/* ---- opening ---- */

static void a_span_behind_a_hole_is_found_and_opened_as_measured(void **state UNUSED)
{
	uint8_t louder[256], softer[256];

	config.rx_gain_db = 3;
	config.tx_gain_db = -4;
	dahdi_gain_table(config.law, 3, louder);
	dahdi_gain_table(config.law, -4, softer);
	reopen();
	come_up();
	assert_int_equal(k_open_count(), 31);
	for (int slot = 1; slot <= 31; slot++) {
		const struct k_chan *c = chan(slot);

		assert_true(c->open);
		assert_int_equal(c->numbufs, slot == 16 ? 32 : 8);
		assert_int_equal(c->bufsize, slot == 16 ? 1024 : 160);
		assert_int_equal(c->audio, slot != 16);
		assert_int_equal(c->gained, slot != 16);
		if (slot == 16)
			continue;
		assert_int_equal(c->law, DAHDI_LAW_ALAW);
		assert_memory_equal(c->rxgain, louder, sizeof(louder));
		assert_memory_equal(c->txgain, softer, sizeof(softer));
	}
	for (int n = 1; n <= 31; n++)
		assert_false(k.chans[n].open);           /* the other span's are left alone */
	assert_int_equal(fault(), TRUNK_FAULT_NONE);
}

static void a_T1_has_its_D_channel_at_24(void **state UNUSED)
{
	k_span(5, 100, 24, 24);
	config.span = 5;
	config.line = TRUNK_T1;
	config.law = TRUNK_ULAW;
	reopen();
	come_up();
	assert_int_equal(k_open_count(), 24);
	assert_int_equal(k.chans[123].bufsize, 1024);
	assert_int_equal(k.chans[122].law, DAHDI_LAW_MULAW);
	k.chans[123].sig = DAHDI_SIG_HARDHDLC;           /* a framer that does HDLC itself serves as well */
	reopen();
	come_up();
}

static void refused(enum trunk_fault want, int slot)
{
	struct trunk_status status;

	reopen();
	assert_false(trunk_revive(t));
	assert_int_equal(trunk_fd(t), -1);
	assert_int_equal(k_open_count(), 0);
	trunk_watch(t, &status);
	assert_true(status.supervised);
	assert_string_equal(trunk_fault_word(status.fault), trunk_fault_word(want));
	assert_int_equal(status.fault_slot, slot);
	assert_int_equal(trunk_receive(t, &rx), ERR_CLOSED);
	assert_int_equal(trunk_send(t, &tx), ERR_CLOSED);
}

static void what_cannot_be_used_is_told_by_its_cause(void **state UNUSED)
{
	k.ctl_errno = ENOENT;
	refused(TRUNK_FAULT_NO_DRIVER, 0);
	k.ctl_errno = EACCES;
	refused(TRUNK_FAULT_NO_ACCESS, 0);
	k.ctl_errno = 0;
	config.span = 2;
	refused(TRUNK_FAULT_NO_SPAN, 0);
	config.span = SPAN;
	config.line = TRUNK_T1;
	refused(TRUNK_FAULT_LINE, 0);
	config.line = TRUNK_E1;
	chan(7)->sig = DAHDI_SIG_NONE;
	refused(TRUNK_FAULT_UNCONFIGURED, 7);
	chan(7)->sig = DAHDI_SIG_FXOKS;
	refused(TRUNK_FAULT_BEARER, 7);
	chan(7)->sig = DAHDI_SIG_CLEAR;
	chan(16)->sig = DAHDI_SIG_CLEAR;
	refused(TRUNK_FAULT_DCHANNEL, 16);
	chan(16)->sig = DAHDI_SIG_HDLCFCS;
	chan(31)->busy_errno = EBUSY;
	refused(TRUNK_FAULT_BUSY, 31);
	chan(31)->busy_errno = 0;
	k.refuse = DAHDI_SET_BUFINFO;
	refused(TRUNK_FAULT_REFUSED, 1);
	k.refuse = 0;
	reopen();
	come_up();
}

static void a_span_number_that_cannot_be_is_refused(void **state UNUSED)
{
	struct trunk *none = NULL;

	config.span = 0;
	assert_int_equal(trunk_open(&config, &none), ERR_INVALID);
	config.span = DAHDI_MAX_SPANS + 1;
	assert_int_equal(trunk_open(&config, &none), ERR_INVALID);
	assert_null(none);
}

static void tries_become_rarer(void **state UNUSED)
{
	int first, later;

	chan(31)->busy_errno = EBUSY;
	for (int i = 0; i < 10; i++, k.now_ms += 100)
		assert_false(trunk_revive(t));
	first = k.opens;
	for (int i = 0; i < 600; i++, k.now_ms += 100)
		assert_false(trunk_revive(t));
	later = k.opens - first;
	assert_in_range(first, 3 * 31, 5 * 31);          /* in the first second */
	assert_in_range(later, 11 * 31, 15 * 31);        /* in a minute */
	chan(31)->busy_errno = 0;
	k.now_ms += 5000;
	come_up();
}

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

static void the_echo_canceller_is_on_in_calls_alone(void **state UNUSED)
{
	config.echo_taps = 128;
	reopen();
	come_up();
	assert_int_equal(chan(3)->echo, 0);
	trunk_begin(t, 3);
	assert_int_equal(chan(3)->echo, 128);
	trunk_end(t, 3);
	assert_int_equal(chan(3)->echo, 0);
	k.refuse = DAHDI_ECHOCANCEL;
	trunk_begin(t, 3);
	assert_int_equal(counted(TRUNK_COUNT_NO_ECHO_CANCELLER), 1);
	k.refuse = 0;
	begin_in_tick(4);                                /* the call goes on without */
}

/* The driver takes the order and does nothing when system.conf names no echo canceller: its list alone tells. */
static void channels_that_are_set_up_without_an_echo_canceller_are_told(void **state UNUSED)
{
	static char proc[4096];
	struct trunk_status status;
	size_t len = (size_t)snprintf(proc, sizeof(proc), "Span 1: TE2/0/1 \"T2XXP\" HDB3/CCS/CRC4 ClockSource \n\tTiming slips: 4\n\n");

	for (int slot = 1; slot <= 31; slot++)
		len += (size_t)snprintf(proc + len, sizeof(proc) - len, "\t%4d TE2/0/1/%d %s(In use) %s\n", 31 + slot, slot,
		                        slot == 16 ? "HDLCFCS " : "Clear ", slot == 16 || slot == 5 ? "" : "(EC: MG2 - INACTIVE) ");
	k.proc = proc;
	config.echo_taps = 128;
	reopen();
	come_up();
	trunk_watch(t, &status);
	assert_int_equal(status.no_echo, 1 << 5);        /* not 16, which has no sound */
	assert_int_equal(status.measures[TRUNK_SLIPS], 4);
	strstr(proc, "(EC: MG2")[1] = 'X';               /* the first, of timeslot 1 */
	trunk_watch(t, &status);
	assert_int_equal(status.no_echo, 1 << 5 | 1 << 1);
	*strstr(proc, "TE2/0/1/5") = '\0';               /* cut off in a line, which is not judged */
	trunk_watch(t, &status);
	assert_int_equal(status.no_echo, 1 << 1);
	config.echo_taps = 0;
	reopen();
	trunk_watch(t, &status);
	assert_int_equal(status.no_echo, 0);             /* none is wanted */
	k.proc = NULL;
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

/* ---- alarms ---- */

static void RED_takes_the_line_down_and_its_end_brings_it_back_with_its_calls(void **state UNUSED)
{
	come_up();
	begin_in_tick(7);
	k_alarms(SPAN, DAHDI_ALARM_RED);
	assert_int_equal(trunk_receive(t, &rx), ERR_CLOSED);
	assert_int_equal(trunk_fd(t), -1);
	assert_int_equal(k_open_count(), 0);
	for (int i = 0; i < 30; i++, k.now_ms += 100)
		assert_false(trunk_revive(t));
	assert_int_equal(fault(), TRUNK_FAULT_NONE);     /* an alarm is no fault of the set-up */
	k_alarms(SPAN, 0);
	k.now_ms += 100;
	come_up();
	chan(7)->line = 0x44;
	for (int i = 0; i < 4; i++)
		tick();
	assert_true(all(rx.pcm[7], TRUNK_BLOCK, 0x44));
}

static void RED_without_an_event_is_seen_by_the_watch(void **state UNUSED)
{
	struct trunk_status status;

	come_up();
	k_alarms(SPAN, DAHDI_ALARM_YELLOW);
	tick();
	assert_int_equal(rx.alarms, TRUNK_ALARM_YELLOW);
	k_run_ms(20);
	k_alarms(SPAN, DAHDI_ALARM_RED);                 /* from some to some: no event */
	trunk_watch(t, &status);
	assert_int_equal(status.alarms, TRUNK_ALARM_RED);
	assert_int_equal(trunk_receive(t, &rx), ERR_CLOSED);
}

static void YELLOW_and_BLUE_are_told_and_the_line_stays(void **state UNUSED)
{
	come_up();
	k_alarms(SPAN, DAHDI_ALARM_YELLOW);
	tick();
	assert_int_equal(rx.alarms, TRUNK_ALARM_YELLOW);
	k_alarms(SPAN, 0);
	tick();
	assert_int_equal(rx.alarms, 0);
	k_alarms(SPAN, DAHDI_ALARM_BLUE);
	tick();
	assert_int_equal(rx.alarms, TRUNK_ALARM_BLUE);
}

static void a_line_that_begins_in_RED_waits(void **state UNUSED)
{
	k.spans[SPAN].alarms = DAHDI_ALARM_RED;
	assert_false(trunk_revive(t));
	assert_int_equal(k.opens, 0);
	k.spans[SPAN].alarms = 0;
	assert_false(trunk_revive(t));                   /* not before its time */
	k.now_ms += 100;
	come_up();
}

static void NOTOPEN_does_not_keep_us_from_opening(void **state UNUSED)
{
	k.spans[SPAN].alarms = DAHDI_ALARM_NOTOPEN;
	come_up();
}

static void a_card_that_is_pulled_is_let_go_at_once_and_taken_again(void **state UNUSED)
{
	int calls = 0;

	come_up();
	begin_in_tick(7);
	k_pull(SPAN);
	assert_int_equal(trunk_receive(t, &rx), ERR_CLOSED);
	assert_int_equal(k_open_count(), 0);
	for (int slot = 1; slot <= 31; slot++)
		calls += chan(slot)->calls_when_gone;
	assert_int_equal(calls, 1);                      /* each would sleep 5 ms in the kernel */
	k.now_ms += 100;
	assert_false(trunk_revive(t));
	assert_int_equal(fault(), TRUNK_FAULT_NO_SPAN);
	for (int i = 0; i < 600; i++, k.now_ms += 100)
		assert_false(trunk_revive(t));
	k_span(SPAN, BASE + 31, 31, 16);                 /* with other channel numbers */
	k.chans[BASE + 31 + 6].line = 0x55;
	k.now_ms += 500;
	come_up();
	for (int i = 0; i < 4; i++)
		tick();
	assert_true(all(rx.pcm[7], TRUNK_BLOCK, 0x55));
}

static void a_card_that_is_pulled_while_we_send_is_let_go(void **state UNUSED)
{
	come_up();
	begin_in_tick(7);
	k_run_ms(20);
	assert_int_equal(trunk_receive(t, &rx), 0);
	k_pull(SPAN);
	assert_int_equal(trunk_send(t, &tx), ERR_CLOSED);
	assert_int_equal(k_open_count(), 0);
	assert_int_equal(trunk_send(t, &tx), ERR_CLOSED);
	trunk_end(t, 7);
	trunk_begin(t, 8);
}

/* ---- the D-channel ---- */

static void frames_go_both_ways(void **state UNUSED)
{
	static const uint8_t frame[] = { 2, 1, 0, 0, 8, 1, 1, 0x5a, 0, 0 };

	come_up();
	k_frame(DCHAN, frame, sizeof(frame));
	tick();
	assert_int_equal(rx.frame_count, 1);
	assert_int_equal(rx.frames[0].len, sizeof(frame));
	assert_memory_equal(rx.frames[0].octets, frame, sizeof(frame));
	tx.frame_count = 1;
	tx.frames[0].len = sizeof(frame);
	memcpy(tx.frames[0].octets, frame, sizeof(frame));
	tick();
	assert_int_equal(rx.frame_count, 0);
	assert_int_equal(chan(16)->tx[0].len, sizeof(frame));
	assert_memory_equal(chan(16)->tx[0].octets, frame, sizeof(frame));
}

static void more_frames_than_a_block_holds_wait_for_the_next(void **state UNUSED)
{
	uint8_t frame[8] = { 0 };

	come_up();
	for (int i = 0; i < 20; i++) {
		frame[0] = (uint8_t)i;
		k_frame(DCHAN, frame, sizeof(frame));
	}
	tick();
	assert_int_equal(rx.frame_count, TRUNK_FRAMES_MAX);
	tick();
	assert_int_equal(rx.frame_count, 4);
	assert_int_equal(rx.frames[3].octets[0], 19);
}

static void a_frame_that_no_Q921_can_send_is_dropped(void **state UNUSED)
{
	static const uint8_t longest[1000], good[7] = { 1, 2, 3 };

	come_up();
	k_frame(DCHAN, longest, TRUNK_FRAME_MAX + 1);
	k_frame(DCHAN, longest, sizeof(longest));
	k_frame(DCHAN, longest, TRUNK_FRAME_MAX);
	k_frame(DCHAN, good, sizeof(good));
	tick();
	assert_int_equal(rx.frame_count, 2);
	assert_int_equal(rx.frames[0].len, TRUNK_FRAME_MAX);
	assert_memory_equal(rx.frames[1].octets, good, sizeof(good));
	assert_int_equal(counted(TRUNK_COUNT_FRAMES_DROPPED), 2);
}

static void frames_without_room_are_counted(void **state UNUSED)
{
	come_up();
	tx.frame_count = TRUNK_FRAMES_MAX;
	for (int i = 0; i < TRUNK_FRAMES_MAX; i++)
		tx.frames[i].len = 8;
	for (int i = 0; i < 3; i++)
		tick();                                  /* nobody sends: the fake line carries audio alone */
	assert_int_equal(counted(TRUNK_COUNT_FRAMES_DROPPED), 3 * TRUNK_FRAMES_MAX - 32);
}

static void faults_of_the_D_channel_are_counted_apart(void **state UNUSED)
{
	come_up();
	k_event(chan(16), DAHDI_EVENT_ABORT);
	k_event(chan(16), DAHDI_EVENT_ABORT);
	k_event(chan(16), DAHDI_EVENT_BADFCS);
	k_event(chan(16), DAHDI_EVENT_OVERRUN);
	tick();
	assert_int_equal(counted(TRUNK_COUNT_HDLC_ABORTS), 2);
	assert_int_equal(counted(TRUNK_COUNT_HDLC_BAD_FCS), 1);
	assert_int_equal(counted(TRUNK_COUNT_HDLC_OVERRUNS), 1);
	assert_int_equal(counted(TRUNK_COUNT_OVERRUNS), 0);
}

/* ---- measures ---- */

static struct trunk_status watched(const char *name, uint32_t value)
{
	struct trunk_status status;
	struct dahdi_spaninfo *info = &k.spans[SPAN].info;

	memset(info, 0, sizeof(*info));
	memcpy(info->name, name, strlen(name));
	info->crc4count = info->ebitcount = (int)value;
	info->cvcount = info->fecount = info->becount = info->errsec = value;
	info->bpvcount = info->fascount = 77;
	trunk_watch(t, &status);
	return status;
}

static void what_a_driver_does_not_measure_is_no_zero(void **state UNUSED)
{
	static const uint32_t framer = (UINT32_C(1) << TRUNK_MEASURES) - 1;
	struct trunk_status s;

	k.proc = "Span 3: TE4/0/3 \"T4XXP (PCI) Card 0 Span 3\" (MASTER) HDB3/CCS/CRC4 ClockSource \n\tTiming slips: 12\n\n\t 1 TE4/0/3/1 Clear\n";
	s = watched("TE4/0/3", 5);
	assert_int_equal(s.measured, framer);
	assert_int_equal(s.measures[TRUNK_CODE_VIOLATIONS], 5);
	assert_int_equal(s.measures[TRUNK_FRAMING_ERRORS], 5);
	assert_int_equal(s.measures[TRUNK_SLIPS], 12);
	assert_true(s.alarm_detail && s.clock_master);
	assert_string_equal(s.device, "TE4/0/3");
	s = watched("WCTE4/0/1", 0);
	assert_int_equal(s.measured, framer);
	assert_false(s.alarm_detail);
	assert_int_equal(watched("WCT13x/0", 5).measured, framer);
	s = watched("Tor2/0/1", 5);
	assert_int_equal(s.measures[TRUNK_CODE_VIOLATIONS], 77);
	assert_false(s.measured & 1u << TRUNK_SLIPS);
	assert_int_equal(watched("WCT1/0", 0).measured, 1u << TRUNK_IRQ_MISSES);
	assert_int_equal(watched("WCT1/0", UINT32_MAX).measured, 1u << TRUNK_IRQ_MISSES);
	assert_int_equal(watched("DYN/loc/1:0", 0).measured, 0);
	assert_int_equal(watched("XBUS-00/XPD-00", 0).measured, 0);
	assert_int_equal(watched("SOMETHING/1", 5).measured, 0);
	s = watched("TE4/0/3", UINT32_MAX);              /* -1: it does not count that after all */
	assert_int_equal(s.measured, 1u << TRUNK_SLIPS | 1u << TRUNK_IRQ_MISSES);
	k.proc = "Span 3: TE4/0/3 \"\" HDB3/CCS \n\n\t 1 (MASTER)\n";
	s = watched("TE4/0/3", 0);
	assert_false(s.clock_master);
	assert_int_equal(s.measures[TRUNK_SLIPS], 0);
	k.proc = NULL;
	assert_false(watched("TE4/0/3", 0).measured & 1u << TRUNK_SLIPS);
}

/* ---- gains ---- */

static void a_gain_of_nothing_changes_nothing_and_others_keep_order_and_sign(void **state UNUSED)
{
	uint8_t table[256], back[256];

	for (int law = 0; law < 2; law++) {
		dahdi_gain_table((enum trunk_law)law, 0, table);
		for (int i = 0; i < 256; i++)
			assert_int_equal(table[i], i);
		for (int db = -DAHDI_GAIN_DB_MAX; db <= DAHDI_GAIN_DB_MAX; db++) {
			dahdi_gain_table((enum trunk_law)law, db, table);
			for (int i = 0; i < 256; i++)
				assert_int_equal(table[i] & 0x80, i & 0x80);
		}
	}
	/* In both laws a step of a segment, 16 codes, is 6 dB; loud enough, up and down again is the same. A-law 0xd5 ^ 0x55. */
	dahdi_gain_table(TRUNK_ALAW, 6, table);
	dahdi_gain_table(TRUNK_ALAW, -6, back);
	for (int code = 0x30; code < 0x60; code++) {
		uint8_t octet = (uint8_t)((code | 0x80) ^ 0x55);

		assert_in_range((table[octet] ^ 0x55) & 0x7f, code + 15, code + 17);
		assert_in_range((back[table[octet]] ^ 0x55) & 0x7f, code - 1, code + 1);
	}
	dahdi_gain_table(TRUNK_ALAW, 24, table);
	assert_int_equal(table[0xaa], 0xaa);             /* the loudest stays the loudest */
	dahdi_gain_table(TRUNK_ULAW, 6, table);
	for (int code = 0x30; code < 0x60; code++)
		assert_in_range((table[0xff - code] ^ 0xff) & 0x7f, code + 14, code + 18);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_span_behind_a_hole_is_found_and_opened_as_measured),
		TEST(a_T1_has_its_D_channel_at_24),
		TEST(what_cannot_be_used_is_told_by_its_cause),
		TEST(a_span_number_that_cannot_be_is_refused),
		TEST(tries_become_rarer),
		TEST(a_call_hears_and_speaks_and_others_are_left_alone),
		TEST(ticks_are_counted_and_come_one_by_one),
		TEST(nothing_from_before_a_call_reaches_it),
		TEST(what_is_left_to_say_at_the_end_is_not_said),
		TEST(jitter_costs_no_sample),
		TEST(a_call_that_begins_late_misses_nothing),
		TEST(a_long_pause_is_counted_and_overcome),
		TEST(a_lost_block_shows_in_the_count_of_ticks),
		TEST(short_and_interrupted_reads_are_survived),
		TEST(the_echo_canceller_is_on_in_calls_alone),
		TEST(channels_that_are_set_up_without_an_echo_canceller_are_told),
		TEST(nothing_is_allocated_after_the_open),
		TEST(pending_events_do_not_hide_audio),
		TEST(an_overflowing_queue_makes_us_look_for_ourselves),
		TEST(an_endless_stream_of_events_does_not_hold_the_thread),
		TEST(RED_takes_the_line_down_and_its_end_brings_it_back_with_its_calls),
		TEST(RED_without_an_event_is_seen_by_the_watch),
		TEST(YELLOW_and_BLUE_are_told_and_the_line_stays),
		TEST(a_line_that_begins_in_RED_waits),
		TEST(NOTOPEN_does_not_keep_us_from_opening),
		TEST(a_card_that_is_pulled_is_let_go_at_once_and_taken_again),
		TEST(a_card_that_is_pulled_while_we_send_is_let_go),
		TEST(frames_go_both_ways),
		TEST(more_frames_than_a_block_holds_wait_for_the_next),
		TEST(a_frame_that_no_Q921_can_send_is_dropped),
		TEST(frames_without_room_are_counted),
		TEST(faults_of_the_D_channel_are_counted_apart),
		TEST(what_a_driver_does_not_measure_is_no_zero),
		TEST(a_gain_of_nothing_changes_nothing_and_others_keep_order_and_sign),
	};

	return cmocka_run_group_tests_name("dahdi", tests, NULL, NULL);
}
