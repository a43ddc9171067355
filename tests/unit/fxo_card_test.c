/* fxo_card_test.c: analog lines of a card, against a kernel of the test's own: which channels are opened, what the wires tell,
 * what is done to hooks, sound both ways, and what a card does that is gone or set up for something else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "dahdi_kernel.h"
#include "drivers-glue/fxo_wire.h"

enum { SPAN = 2, BASE = 60, CHANNELS = 24, IDLE = 0xd5 };

static struct trunk *t;
static struct trunk_block rx, tx;
static struct trunk_config config;

static struct k_chan *chan(int slot) { return &k.chans[BASE + slot - 1]; }

static void lay(int sig)
{
	k_span(SPAN, BASE, CHANNELS, 0);
	for (int slot = 1; slot <= CHANNELS; slot++)
		chan(slot)->sig = sig;
}

static int set_up(void **state UNUSED)
{
	k_start();
	k_span(1, 1, 31, 16);
	lay(DAHDI_SIG_FXSKS);
	config = (struct trunk_config){
		.name = "tel1", .kind = "fxo", .span = SPAN, .lines = 1U << 2 | 1U << 5 | 1U << 24, .line = TRUNK_ANALOG, .law = TRUNK_ALAW,
	};
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

static struct trunk_status status_of(void)
{
	struct trunk_status status;

	trunk_watch(t, &status);
	return status;
}

static void tick(void)
{
	k_run_ms(20);
	assert_int_equal(trunk_receive(t, &rx), 0);
	assert_int_equal(trunk_send(t, &tx), 0);
	tx.frame_count = 0;
}

static void come_up(void)
{
	assert_true(trunk_revive(t));
	tick();
	tick();
}

static void order(int slot, enum fxo_sign what)
{
	fxo_put(&tx.frames[tx.frame_count++], slot, what);
}

/* The one thing that the next tick tells. */
static void expect_told(int slot, enum fxo_sign what)
{
	struct fxo_message m;

	tick();
	assert_int_equal(rx.frame_count, 1);
	assert_int_equal(fxo_decode(rx.frames[0].octets, rx.frames[0].len, &m), 0);
	assert_int_equal(m.slot, slot);
	assert_int_equal(m.sign, what);
}

static void only_its_lines_are_opened_and_on_hook(void **state UNUSED)
{
	come_up();
	assert_int_equal(k_open_count() , 3 + 0);
	for (int slot = 1; slot <= CHANNELS; slot++) {
		assert_int_equal(chan(slot)->open, slot == 2 || slot == 5 || slot == 24);
		assert_int_equal(chan(slot)->hooks, slot == 2 || slot == 5 || slot == 24);
	}
	assert_int_equal(chan(5)->numbufs, 8);
	assert_int_equal(chan(5)->bufsize, 160);
	assert_int_equal(chan(5)->law, DAHDI_LAW_ALAW);
	assert_true(chan(5)->buffer_events);
	assert_int_equal(status_of().fault, TRUNK_FAULT_NONE);
}

static void wires_are_told_in_their_order(void **state UNUSED)
{
	come_up();
	k_event(chan(5), DAHDI_EVENT_POLARITY);
	k_event(chan(5), DAHDI_EVENT_RINGBEGIN);
	k_event(chan(5), DAHDI_EVENT_RINGOFFHOOK);       /* the end of a ring: nothing */
	k_event(chan(5), DAHDI_EVENT_HOOKCOMPLETE);
	tick();
	assert_int_equal(rx.frame_count, 2);
	assert_memory_equal(rx.frames[0].octets, ((uint8_t[]){ 5, FXO_POLARITY }), 2);
	assert_memory_equal(rx.frames[1].octets, ((uint8_t[]){ 5, FXO_RING }), 2);
	k_event(chan(2), DAHDI_EVENT_ONHOOK);            /* the clock's own */
	expect_told(2, FXO_BATTERY_LOST);
	k_event(chan(24), DAHDI_EVENT_ALARM);
	expect_told(24, FXO_NO_BATTERY);
	k_event(chan(24), DAHDI_EVENT_NOALARM);
	expect_told(24, FXO_BATTERY);
	tick();
	assert_int_equal(rx.frame_count, 0);
}

static void more_than_a_block_can_tell_is_told_later(void **state UNUSED)
{
	int told = 0;

	config.lines = 0x01fffffe;
	reopen();
	come_up();
	for (int slot = 1; slot <= CHANNELS; slot++)
		k_event(chan(slot), DAHDI_EVENT_RINGBEGIN);
	for (int i = 0; i < 3; i++) {
		tick();
		told += rx.frame_count;
	}
	assert_int_equal(told, CHANNELS);
	assert_int_equal(status_of().counts[TRUNK_COUNT_EVENTS_LOST], 0);
}

static void hooks_follow_orders(void **state UNUSED)
{
	config.echo_taps = 128;
	reopen();
	come_up();
	order(5, FXO_SEIZE);
	tick();
	assert_int_equal(chan(5)->hook, DAHDI_OFFHOOK);
	assert_int_equal(chan(5)->echo, 128);
	expect_told(5, FXO_OFF_HOOK);
	order(5, FXO_HANG_UP);
	tick();
	assert_int_equal(chan(5)->hook, DAHDI_ONHOOK);
	assert_int_equal(chan(5)->echo, 0);
	expect_told(5, FXO_ON_HOOK);
	order(9, FXO_SEIZE);                              /* not a line of ours */
	tick();
	assert_int_equal(chan(9)->hooks, 0);
	k.refuse = DAHDI_HOOK;
	order(5, FXO_SEIZE);
	tick();
	k.refuse = 0;
	expect_told(5, FXO_FAILED);
	tx.frames[0] = (struct trunk_frame){ .len = 300 };
	tx.frame_count = 1;
	tick();
}

static void every_line_has_its_own_sound(void **state UNUSED)
{
	come_up();
	chan(5)->counts = true;
	chan(24)->line = 0x11;
	memset(tx.pcm[24], 0x77, TRUNK_BLOCK);
	for (int i = 0; i < 5; i++)
		tick();
	assert_int_equal(rx.pcm[24][0], 0x11);
	assert_int_equal(rx.pcm[2][0], IDLE);
	assert_int_equal(rx.pcm[9][0], IDLE);
	for (int i = 1; i < TRUNK_BLOCK; i++)
		assert_int_equal(rx.pcm[5][i], (rx.pcm[5][i - 1] + 1) % 251);
	for (int i = 0; i < 50; i++)
		tick();
	assert_int_equal(chan(24)->heard[chan(24)->heard_count - 1], 0x77);
	assert_int_equal(chan(5)->heard[chan(5)->heard_count - 1], IDLE);
	trunk_end(t, 24);                                  /* what waits is not sent any more */
	memset(tx.pcm[24], IDLE, TRUNK_BLOCK);
	k_run_ms(1);
	assert_int_equal(chan(24)->heard[chan(24)->heard_count - 1], IDLE);
	assert_int_equal(status_of().counts[TRUNK_COUNT_OVERRUNS], 0);
	assert_int_equal(status_of().counts[TRUNK_COUNT_BLOCKS_MISSED], 0);
}

/* ---- a hang-up empties the line's buffers, also if the others go by its blocks ---- */

static uint8_t said;

/* As the thread does it: it sleeps until the descriptor says something, and then is late by so much. */
static void wait_and_tick(int late_ms)
{
	int e = ERR_AGAIN, waited = 0;

	while (e == ERR_AGAIN) {
		while (!k_sys_readable(trunk_fd(t))) {
			k_run_ms(1);
			assert_true(++waited < 100);
		}
		k_run_ms(late_ms);
		late_ms = 0;
		e = trunk_receive(t, &rx);
	}
	assert_int_equal(e, 0);
	for (int i = 0; i < TRUNK_BLOCK; i++)
		tx.pcm[24][i] = said = (uint8_t)((said + 1) % 200);
	assert_int_equal(trunk_send(t, &tx), 0);
	tx.frame_count = 0;
}

/* What line 5 brings arrives whole. Its octets count up from block to block. */
static void expect_whole(uint8_t *last)
{
	for (int i = 0; i < TRUNK_BLOCK; i++) {
		assert_int_equal(rx.pcm[5][i], (*last + 1) % 251);
		*last = rx.pcm[5][i];
	}
}

static void hang_up_late(int slot, int late_ms, uint8_t *last)
{
	order(slot, FXO_SEIZE);
	wait_and_tick(0);
	expect_whole(last);
	order(slot, FXO_HANG_UP);
	wait_and_tick(late_ms);
	expect_whole(last);
	for (int i = 0; i < 4; i++) {
		wait_and_tick(0);
		expect_whole(last);
	}
}

static void a_hang_up_disturbs_no_other_line(void **state UNUSED)
{
	uint8_t last;
	int from = 0;

	config.lines = 0x01fffffe;
	reopen();
	assert_true(trunk_revive(t));
	chan(5)->counts = true;
	for (int i = 0; i < 5; i++)
		wait_and_tick(0);
	chan(24)->heard_count = 0;
	last = rx.pcm[5][TRUNK_BLOCK - 1];
	for (int round = 0; round < 200; round++) {
		int slot = 1 + round * 7 % 23;               /* every line but 24, the first clock among them */

		if (slot != 5)
			hang_up_late(slot, round % 38, &last);
	}
	while (chan(24)->heard[from] == IDLE || chan(24)->heard[from] == 0)
		from++;
	assert_true(from < 3 * TRUNK_BLOCK);
	for (int i = from + 1; i < chan(24)->heard_count; i++)
		assert_int_equal(chan(24)->heard[i], (chan(24)->heard[i - 1] + 1) % 200);
	assert_int_equal(status_of().counts[TRUNK_COUNT_OVERRUNS], 0);
	assert_int_equal(status_of().counts[TRUNK_COUNT_UNDERRUNS], 0);
	assert_int_equal(status_of().counts[TRUNK_COUNT_BLOCKS_MISSED], 0);
	assert_int_equal(status_of().counts[TRUNK_COUNT_SEND_FULL], 0);
}

static void one_line_alone_goes_on_after_its_hang_up(void **state UNUSED)
{
	config.lines = 1U << 5;
	reopen();
	assert_true(trunk_revive(t));
	for (int i = 0; i < 10; i++) {
		order(5, FXO_SEIZE);
		wait_and_tick(0);
		order(5, FXO_HANG_UP);
		wait_and_tick(i);
	}
	chan(5)->counts = true;
	for (int i = 0; i < 3; i++)
		wait_and_tick(0);
	assert_int_equal(rx.pcm[5][1], (rx.pcm[5][0] + 1) % 251);
	assert_int_equal(status_of().counts[TRUNK_COUNT_BLOCKS_MISSED], 0);
}

static void a_late_thread_is_counted_and_gets_its_lead_back(void **state UNUSED)
{
	come_up();
	k_run_ms(200);
	for (int i = 0; i < 10; i++)
		if (trunk_receive(t, &rx) == 0)
			assert_int_equal(trunk_send(t, &tx), 0);
	assert_true(status_of().counts[TRUNK_COUNT_UNDERRUNS] > 0);
	assert_true(status_of().counts[TRUNK_COUNT_OVERRUNS] > 0);
	for (int i = 0; i < 20; i++)
		tick();
	assert_true(chan(5)->tx_out >= 0);
}

static void a_card_that_is_pulled_and_put_back(void **state UNUSED)
{
	come_up();
	k_pull(SPAN);
	assert_int_equal(trunk_receive(t, &rx), ERR_CLOSED);
	assert_int_equal(trunk_fd(t), -1);
	assert_int_equal(trunk_send(t, &tx), ERR_CLOSED);
	assert_false(trunk_revive(t));
	assert_int_equal(status_of().fault, TRUNK_FAULT_NO_SPAN);
	assert_int_equal(status_of().alarms, TRUNK_ALARM_NOTOPEN);
	lay(DAHDI_SIG_FXSKS);
	k.now_ms += 10000;
	come_up();
	assert_int_equal(status_of().alarms, 0);
}

static void a_line_that_has_no_battery_from_the_start(void **state UNUSED)
{
	chan(5)->chan_alarms = DAHDI_ALARM_RED;
	assert_true(trunk_revive(t));
	expect_told(5, FXO_NO_BATTERY);
}

static void what_it_is_set_up_for(void **state UNUSED)
{
	static const struct { int sig; enum trunk_fault fault; } cases[] = {
		{ DAHDI_SIG_NONE, TRUNK_FAULT_UNCONFIGURED }, { DAHDI_SIG_FXOKS, TRUNK_FAULT_SIGNALLING },
		{ DAHDI_SIG_CLEAR, TRUNK_FAULT_SIGNALLING }, { DAHDI_SIG_FXSLS, TRUNK_FAULT_NONE },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		chan(24)->sig = cases[i].sig;
		reopen();
		assert_int_equal(trunk_revive(t), cases[i].fault == TRUNK_FAULT_NONE);
		assert_int_equal(status_of().fault, cases[i].fault);
		assert_int_equal(status_of().fault_slot, cases[i].fault == TRUNK_FAULT_NONE ? 0 : 24);
	}
	config.lines = 1U << 30;                           /* there are 24 */
	reopen();
	assert_false(trunk_revive(t));
	assert_int_equal(status_of().fault, TRUNK_FAULT_LINE);
	trunk_free(&t);
	config.lines = 0;
	assert_int_equal(trunk_open(&config, &t), ERR_INVALID);
}

static void the_exchanges_end(void **state UNUSED)
{
	trunk_free(&t);
	lay(DAHDI_SIG_FXOKS);
	strcpy(config.kind, "fxs");
	assert_int_equal(trunk_open(&config, &t), 0);
	come_up();
	order(5, FXO_RING_IT);
	tick();
	assert_int_equal(chan(5)->hook, DAHDI_RING);
	k_event(chan(5), DAHDI_EVENT_RINGEROFF);
	expect_told(5, FXO_RINGER_OFF);
	k_event(chan(5), DAHDI_EVENT_RINGOFFHOOK);
	expect_told(5, FXO_SEIZED);
	k_event(chan(5), DAHDI_EVENT_ONHOOK);
	expect_told(5, FXO_RELEASED);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(only_its_lines_are_opened_and_on_hook), T(wires_are_told_in_their_order), T(more_than_a_block_can_tell_is_told_later),
		T(hooks_follow_orders), T(every_line_has_its_own_sound),
		T(a_hang_up_disturbs_no_other_line), T(one_line_alone_goes_on_after_its_hang_up), T(a_late_thread_is_counted_and_gets_its_lead_back),
		T(a_card_that_is_pulled_and_put_back), T(a_line_that_has_no_battery_from_the_start), T(what_it_is_set_up_for),
		T(the_exchanges_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
