/* trunkd_calls_test.c: the call machine, every cell; and the life of calls, whoever is lost in it. */
#include "tests/unit/trunkd_calls.h"

/* ---- the machine ---- */

static void every_cell_is_set_and_leads_to_an_end(void **state UNUSED)
{
	char why[200] = "";

	if (fsm_check(&call_fsm, why, sizeof(why)) != 0)
		fail_msg("%s", why);
	assert_true(fsm_is_final(&call_fsm, CALL_GONE));
}

static void every_cell_does_what_the_design_says(void **state UNUSED)
{
	/* One row a state, one letter an event: W O A U E G go there, s stay, - ignore, ! bug. */
	static const char *const want[CALL_STATES] = {
		/*                  up lost ans rej hup play conn end snd ks fc late fault stop */
		[CALL_WAITING] =   "O!----!G!--E!E",
		[CALL_OFFERED] =   "!WAEE-!G!--E!E",
		[CALL_ANSWERING] = "!E--E-UG!--!EE",
		[CALL_UP] =        "!E--Es!Gsss!EE",
		[CALL_ENDING] =    "-------G---!--",
		[CALL_GONE] =      "!!!!!!!!!!!!!!",
	};
	static const char letters[] = "WOAUEG";

	for (int s = 0; s < CALL_STATES; s++)
		for (int e = 0; e < CALL_EVENTS; e++) {
			int to = s;
			enum fsm_kind kind = fsm_step(&call_fsm, &to, e);
			char got = kind == FSM_GO ? letters[to] : kind == FSM_STAY ? 's' : kind == FSM_IGNORE ? '-' : '!';

			if (got != want[s][e])
				fail_msg("[%s][%s] is %c, not %c", call_fsm.state_names[s], call_fsm.event_names[e], got, want[s][e]);
		}
}

/* ---- the life of a call ---- */

static void a_call_from_offer_to_end(void **state UNUSED)
{
	struct call *k;
	uint64_t number;

	calls_brain_up(calls, at(0));
	k = offer(3, 0);
	assert_string_equal(done(), "call_offered");
	number = last_arsd.u.call_offered.call;
	assert_int_equal(last_arsd.u.call_offered.span, 2);
	assert_string_equal(last_arsd.u.call_offered.caller, "01012345678");
	arsd_answers(number);
	assert_string_equal(done(), "connect");
	calls_connected(calls, k);
	assert_string_equal(done(), "start, call_begin, call_up");
	assert_int_equal(calls_busy(calls, 1), 1);
	assert_int_equal(calls_busy(calls, 0), 0);
	arsd_hangs_up(number);
	assert_string_equal(done(), "call_end, stop, disconnect 16");
	arsd_hangs_up(number);
	media_says(number, MEDIA_KEY, CALLCTL_COLLECT_SECRET, '5', 7, 3);
	assert_string_equal(done(), "");
	line_ends(k, 16, false, false);
	assert_string_equal(done(), "call_ended 16");
	assert_int_equal(last_arsd.u.call_ended.by, CALLCTL_BY_US);
	assert_int_equal(calls_count(calls), 0);
	arsd_hangs_up(number);                            /* a late one finds nobody */
	assert_string_equal(done(), "");
	assert_int_equal(meter(METER_MACHINE_BUGS), 0);
}

static void a_withheld_number_goes_no_further(void **state UNUSED)
{
	struct line_event e = { .type = LINE_OFFERED, .slot = 1, .screening = LINE_NETWORK_PROVIDED };

	snprintf(e.caller, sizeof(e.caller), "01012345678");
	calls_brain_up(calls, at(0));
	assert_non_null(calls_offered(calls, 0, &e, at(0)));
	assert_string_equal(last_arsd.u.call_offered.caller, "");
	assert_int_equal(last_arsd.u.call_offered.presentation, 0);
	assert_null(calls_offered(calls, 0, &e, at(0)));   /* the slot has a call */
}

static void numbers_grow_and_are_not_shared_by_two_starts(void **state UNUSED)
{
	uint64_t first;

	calls_brain_up(calls, at(0));
	offer(1, 0);
	first = last_arsd.u.call_offered.call;
	offer(2, 0);
	assert_true(last_arsd.u.call_offered.call > first);
	assert_true(first > (uint64_t)1790000000000 << 20);
	assert_true(first < (uint64_t)1790000000001 << 20);
	assert_true(first < INT64_MAX);                     /* it is stored as a signed one */
}

static void without_arsd_the_grace_runs(void **state UNUSED)
{
	struct call *k = offer(1, 0);

	assert_string_equal(done(), "");
	assert_true(calls_wait_for_brain(calls));
	calls_tick(calls, at(GRACE_MS - 1));
	assert_string_equal(done(), "");
	calls_tick(calls, at(GRACE_MS));
	assert_string_equal(done(), "disconnect 41");
	assert_false(calls_wait_for_brain(calls));
	assert_int_equal(meter(METER_REFUSED_NO_BRAIN), 1);
	calls_tick(calls, at(GRACE_MS + 60000));
	calls_brain_up(calls, at(GRACE_MS + 60000));
	line_ends(k, 41, false, false);
	assert_string_equal(done(), "call_ended 41");
}

static void an_arsd_that_hangs_does_not_keep_callers_ringing(void **state UNUSED)
{
	calls_brain_up(calls, at(0));
	offer(1, 0);
	calls_tick(calls, at(9999));
	assert_string_equal(done(), "call_offered");
	calls_tick(calls, at(10000));
	assert_string_equal(done(), "disconnect 41");
}

static void loss_of_arsd_ends_answered_calls_and_offers_the_others_again(void **state UNUSED)
{
	uint64_t number;
	struct call *up = call_up(1, &number), *answering = offer(2, 0), *ringing;

	arsd_answers(last_arsd.u.call_offered.call);
	ringing = offer(3, 0);
	done();
	calls_brain_lost(calls, at(5000));
	assert_string_equal(done(), "call_end, stop, disconnect 41, disconnect 41");
	calls_tick(calls, at(5000 + GRACE_MS - 1));
	calls_brain_up(calls, at(5000 + GRACE_MS - 1));
	assert_string_equal(done(), "call_offered");
	assert_int_equal(last_arsd.u.call_offered.channel, 3);
	calls_connected(calls, answering);                 /* its CONNECT ACK crossed our DISCONNECT */
	assert_string_equal(done(), "");
	line_ends(up, 41, false, false);
	line_ends(answering, 41, false, false);
	line_ends(ringing, 16, true, false);
	assert_int_equal(last_arsd.u.call_ended.by, CALLCTL_BY_CALLER);
	assert_int_equal(calls_count(calls), 0);
	assert_int_equal(meter(METER_MACHINE_BUGS), 0);
}

static void the_line_takes_a_call_in_mid_sound(void **state UNUSED)
{
	uint64_t number;
	struct call *k = call_up(1, &number);

	line_ends(k, 27, false, true);
	assert_string_equal(done(), "call_end, stop, call_ended 27");
	assert_int_equal(last_arsd.u.call_ended.by, CALLCTL_BY_LINE);
	assert_int_equal(meter(METER_ENDED_BY_LINE), 1);
}

static void a_failure_of_our_own_ends_the_call(void **state UNUSED)
{
	struct call *k;

	calls_brain_up(calls, at(0));
	k = offer(1, 0);
	arsd_answers(last_arsd.u.call_offered.call);
	media_full = true;
	done();
	calls_connected(calls, k);
	assert_string_equal(done(), "call_end, disconnect 41");
	media_full = false;
	line_dead = true;
	offer(2, 0);
	arsd_answers(last_arsd.u.call_offered.call);
	assert_string_equal(done(), "call_offered, connect, disconnect 41");
}

static void stop_tells_answered_from_unanswered(void **state UNUSED)
{
	uint64_t number;

	call_up(1, &number);
	offer(2, 0);
	done();
	calls_stop(calls);
	assert_string_equal(done(), "call_end, stop, disconnect 41, disconnect 42");
	calls_stop(calls);
	assert_string_equal(done(), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_cell_is_set_and_leads_to_an_end),
		TEST(every_cell_does_what_the_design_says),
		TEST(a_call_from_offer_to_end),
		TEST(a_withheld_number_goes_no_further),
		TEST(numbers_grow_and_are_not_shared_by_two_starts),
		TEST(without_arsd_the_grace_runs),
		TEST(an_arsd_that_hangs_does_not_keep_callers_ringing),
		TEST(loss_of_arsd_ends_answered_calls_and_offers_the_others_again),
		TEST(the_line_takes_a_call_in_mid_sound),
		TEST(a_failure_of_our_own_ends_the_call),
		TEST(stop_tells_answered_from_unanswered),
	};

	return cmocka_run_group_tests(tests, write_files, remove_files);
}
