/* pri_loss_test.c: what the line does to calls between two real libpri ends: RESTART, glare, a D-channel that is cut or silent,
 * a side that starts anew, messages that nobody answers. */
#include "tests/unit/pri_calls.h"

static void a_restart_from_the_network_ends_the_call(void **state)
{
	struct link *l = link_new(kind_of(state), 0);
	struct pri_stats stats;

	up_call(l, 9);
	assert_int_equal(pri_port_restart_slot(l->end[NET].port, 9), 0);
	must_end(l, NET, PRI_TEMPORARY_FAILURE, false, true);
	carry(l);
	must_end(l, CPE, PRI_TEMPORARY_FAILURE, true, true);
	pri_port_stats(l->end[CPE].port, &stats);
	assert_true(stats.restarts > 0);
	must_be_free(l, 9);
	link_free(l);
}

static void a_restart_from_the_appliance_ends_the_call(void **state)
{
	struct link *l = link_new(kind_of(state), 0);

	up_call(l, 9);
	assert_int_equal(pri_port_restart_slot(l->end[CPE].port, 9), 0);
	carry(l);
	must_end(l, CPE, PRI_TEMPORARY_FAILURE, false, true);
	must_end(l, NET, PRI_TEMPORARY_FAILURE, true, true);
	assert_int_equal(pri_port_restart_slot(l->end[CPE].port, line_of(state) == TRUNK_E1 ? 16 : 24), ERR_INVALID);
	must_be_free(l, 9);
	link_free(l);
}

static void a_restart_ends_only_its_own_slot(void **state)
{
	struct link *l = link_new(kind_of(state), 0);

	up_call(l, 9);
	assert_int_equal(pri_port_restart_slot(l->end[NET].port, 10), 0);
	carry(l);
	assert_int_equal(count(l, CPE, PRI_EV_ENDED), 0);
	assert_int_equal(count(l, NET, PRI_EV_ENDED), 0);
	link_free(l);
}

static void glare_is_won_by_the_network(void **state)
{
	struct link *l = link_new(kind_of(state), 0);
	struct pri_setup in = a_setup(5), out = a_setup(5);
	struct pri_stats stats;
	struct pri_call *lost, *won;

	snprintf(out.called, sizeof(out.called), "0212345678");
	l->end[CPE].answer = true;
	won = place(l, NET, &in);
	lost = place(l, CPE, &out);
	assert_non_null(lost);
	carry(l);
	assert_int_equal(count(l, CPE, PRI_EV_ENDED), 1);
	assert_int_equal(first(l, CPE, PRI_EV_ENDED)->cause, PRI_CHANNEL_UNAVAILABLE);
	assert_int_equal(count(l, NET, PRI_EV_OFFERED), 0);
	assert_int_equal(count(l, NET, PRI_EV_ENDED), 0);
	assert_ptr_equal(first(l, NET, PRI_EV_CONNECTED)->call, won);
	assert_string_equal(first(l, CPE, PRI_EV_OFFERED)->called, "07012340001");
	pri_port_stats(l->end[CPE].port, &stats);
	assert_int_equal(stats.glare, 1);
	pri_call_hangup(won, PRI_NORMAL_CLEARING);
	carry(l);
	must_be_free(l, 5);
	link_free(l);
}

static void a_busy_slot_takes_no_second_call_of_ours(void **state)
{
	struct link *l = link_new(kind_of(state), 0);
	struct pri_setup s = a_setup(5);
	struct pri_call *c = NULL;

	up_call(l, 5);
	assert_int_equal(pri_call_setup(l->end[NET].port, &s, &c), ERR_EXISTS);
	assert_int_equal(pri_call_setup(l->end[CPE].port, &s, &c), ERR_EXISTS);
	assert_null(c);
	link_free(l);
}

static void a_short_loss_of_the_line_is_survived(void **state)
{
	struct link *l = link_new(kind_of(state), 0);
	struct pri_call *c = up_call(l, 6);

	l->cut = true;
	pri_port_line(l->end[NET].port, false);
	pri_port_line(l->end[CPE].port, false);
	assert_int_equal(count(l, CPE, PRI_EV_DCHAN_DOWN), 1);
	pass(l, 5500);
	l->cut = false;
	pri_port_line(l->end[NET].port, true);
	pri_port_line(l->end[CPE].port, true);
	pass(l, 30000);
	assert_true(pri_port_up(l->end[NET].port) && pri_port_up(l->end[CPE].port));
	assert_int_equal(count(l, NET, PRI_EV_ENDED), 0);
	assert_int_equal(count(l, CPE, PRI_EV_ENDED), 0);
	pri_call_hangup(c, PRI_NORMAL_CLEARING);
	carry(l);
	must_end(l, CPE, PRI_NORMAL_CLEARING, true, false);
	must_be_free(l, 6);
	link_free(l);
}

static void a_long_loss_of_the_line_ends_calls_by_the_line(void **state)
{
	struct link *l = link_new(kind_of(state), 0);

	up_call(l, 6);
	l->cut = true;
	pri_port_line(l->end[NET].port, false);
	pri_port_line(l->end[CPE].port, false);
	pass(l, 5900);
	assert_int_equal(count(l, CPE, PRI_EV_ENDED), 0);
	pass(l, 200);
	must_end(l, CPE, 27, false, true);
	must_end(l, NET, 27, false, true);
	pass(l, 20000);
	l->cut = false;
	pri_port_line(l->end[NET].port, true);
	pri_port_line(l->end[CPE].port, true);
	pass(l, 8000);
	assert_true(pri_port_up(l->end[NET].port) && pri_port_up(l->end[CPE].port));
	must_be_free(l, 6);
	link_free(l);
}

/* One side has noticed the loss sooner, and is rid of a call that is still up on the other. */
static void a_call_that_t309_ended_on_one_side_alone_is_ended_on_the_other_by_restart(void **state)
{
	for (int sooner = NET; sooner <= CPE; sooner++) {
		struct link *l = link_new(kind_of(state), 0);

		up_call(l, 6);
		l->cut = true;
		pri_port_line(l->end[sooner].port, false);
		pass(l, 6100);
		must_end(l, sooner, 27, false, true);
		assert_int_equal(count(l, !sooner, PRI_EV_ENDED), 0);
		l->cut = false;
		pri_port_line(l->end[sooner].port, true);
		pass(l, 20000);
		must_end(l, !sooner, 41, true, true);
		assert_true(pri_port_up(l->end[NET].port) && pri_port_up(l->end[CPE].port));
		must_be_free(l, 6);
		link_free(l);
	}
}

static void silence_on_the_d_channel_is_noticed_and_ends_calls_after_t309(void **state)
{
	struct link *l = link_new(kind_of(state), 0);
	struct pri_call *c;
	struct pri_setup s = a_setup(7);

	up_call(l, 6);
	l->cut = true;
	for (int i = 0; i < 40 && count(l, CPE, PRI_EV_DCHAN_DOWN) == 0; i++)
		pass(l, 500);
	assert_int_equal(count(l, CPE, PRI_EV_DCHAN_DOWN), 1);
	assert_int_equal(count(l, CPE, PRI_EV_ENDED), 0);
	pass(l, 1000);
	assert_int_equal(pri_call_setup(l->end[NET].port, &s, &c), ERR_STATE);
	pass(l, 4000);
	assert_int_equal(count(l, CPE, PRI_EV_ENDED), 0);
	pass(l, 2000);
	must_end(l, CPE, 27, false, true);
	must_end(l, NET, 27, false, true);
	link_free(l);
}

static void a_silence_shorter_than_t309_is_survived(void **state)
{
	struct link *l = link_new(kind_of(state), 0);

	up_call(l, 6);
	l->cut = true;
	for (int i = 0; i < 40 && count(l, CPE, PRI_EV_DCHAN_DOWN) == 0; i++)
		pass(l, 500);
	pass(l, 3000);
	l->cut = false;
	pass(l, 20000);
	assert_int_equal(count(l, CPE, PRI_EV_ENDED), 0);
	assert_int_equal(count(l, NET, PRI_EV_ENDED), 0);
	assert_true(pri_port_up(l->end[NET].port) && pri_port_up(l->end[CPE].port));
	link_free(l);
}

/* Kill -9 and a new start on one side; on the other the call is still there until the RESTARTs come. */
static void a_side_that_starts_anew_clears_the_calls_of_before(void **state)
{
	for (int dead = NET; dead <= CPE; dead++) {
		struct link *l = link_new(kind_of(state), 0);
		int other = !dead;

		up_call(l, 6);
		l->end[NET].queued = l->end[CPE].queued = 0;
		pri_port_line(l->end[other].port, false);
		new_port(l, dead, kind_of(state), 0);
		pass(l, 500);
		assert_int_equal(count(l, other, PRI_EV_ENDED), 0);
		pri_port_line(l->end[other].port, true);
		pass(l, 3000);
		assert_int_equal(count(l, other, PRI_EV_ENDED), 1);
		assert_true(first(l, other, PRI_EV_ENDED)->by_line);
		assert_true(pri_port_up(l->end[NET].port) && pri_port_up(l->end[CPE].port));
		must_be_free(l, 6);
		link_free(l);
	}
}

static void a_hang_up_that_nobody_answers_still_ends(void **state)
{
	struct link *l = link_new(kind_of(state), 0);
	struct pri_call *c = up_call(l, 6);

	l->cut = true;
	pri_call_hangup(c, PRI_NORMAL_CLEARING);
	pass(l, 50000);
	assert_int_equal(count(l, NET, PRI_EV_ENDED), 1);
	assert_int_equal(first(l, NET, PRI_EV_ENDED)->cause, PRI_NORMAL_CLEARING);
	link_free(l);
}

static void a_setup_that_nobody_answers_ends(void **state)
{
	struct link *l = link_new(kind_of(state), 0);
	struct pri_setup s = a_setup(8);

	place(l, NET, &s);
	l->end[NET].queued = 0;                   /* layer 2 repeats it: the call gets through after all */
	pass(l, 3000);
	assert_int_equal(count(l, CPE, PRI_EV_OFFERED), 1);
	l->cut = true;
	pass(l, 60000);
	assert_int_equal(count(l, NET, PRI_EV_ENDED), 1);
	assert_int_equal(count(l, CPE, PRI_EV_ENDED), 1);
	link_free(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		EACH(a_restart_from_the_network_ends_the_call),
		EACH(a_restart_from_the_appliance_ends_the_call),
		EACH(a_restart_ends_only_its_own_slot),
		EACH(glare_is_won_by_the_network),
		EACH(a_busy_slot_takes_no_second_call_of_ours),
		EACH(a_short_loss_of_the_line_is_survived),
		EACH(a_long_loss_of_the_line_ends_calls_by_the_line),
		EACH(a_call_that_t309_ended_on_one_side_alone_is_ended_on_the_other_by_restart),
		EACH(silence_on_the_d_channel_is_noticed_and_ends_calls_after_t309),
		EACH(a_silence_shorter_than_t309_is_survived),
		EACH(a_side_that_starts_anew_clears_the_calls_of_before),
		EACH(a_hang_up_that_nobody_answers_still_ends),
		EACH(a_setup_that_nobody_answers_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
