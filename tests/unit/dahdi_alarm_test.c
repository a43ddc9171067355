/* dahdi_alarm_test.c: a line that goes down and comes back, a card that is pulled, and the frames and faults of its D-channel. */
#include "dahdi_fixture.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
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
	};

	return cmocka_run_group_tests_name("dahdi alarms", tests, NULL, NULL);
}
