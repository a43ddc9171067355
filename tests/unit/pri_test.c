/* pri_test.c: calls between two real libpri ends, in each dialect on E1 and T1: how they begin, how they end, and what the
 * line does to them. Time is the test's own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "tests/unit/pri_link.h"

static const struct link_kind *kind_of(void **state) { return *(const struct link_kind **)state; }
static enum trunk_line line_of(void **state) { return kind_of(state)->line; }

static struct pri_setup a_setup(int slot)
{
	return (struct pri_setup){ .called = "07012340001", .caller = "01012345678", .screening = PRI_NETWORK_PROVIDED,
	                           .presentation_allowed = true, .slot = slot };
}

static struct pri_call *place(struct link *l, int end, const struct pri_setup *s)
{
	struct pri_call *c = NULL;

	assert_int_equal(pri_call_setup(l->end[end].port, s, &c), 0);
	return c;
}

static struct pri_call *up_call(struct link *l, int slot)
{
	struct pri_setup s = a_setup(slot);
	struct pri_call *c;

	l->end[CPE].answer = true;
	c = place(l, NET, &s);
	carry(l);
	assert_int_equal(count(l, NET, PRI_EV_CONNECTED), 1);
	assert_int_equal(count(l, CPE, PRI_EV_CONNECTED), 1);
	return c;
}

static void must_end(struct link *l, int end, int cause, bool by_far_end, bool by_line)
{
	const struct pri_event *e = first(l, end, PRI_EV_ENDED);

	assert_non_null(e);
	assert_int_equal(count(l, end, PRI_EV_ENDED), 1);
	assert_int_equal(e->cause, cause);
	assert_int_equal(e->by_far_end, by_far_end);
	assert_int_equal(e->by_line, by_line);
}

/* The slot is idle on both sides when a new call can use it. */
static void must_be_free(struct link *l, int slot)
{
	struct pri_setup s = a_setup(slot);

	forget_events(l);
	place(l, NET, &s);
	carry(l);
	assert_int_equal(count(l, CPE, PRI_EV_OFFERED), 1);
}

static void a_call_is_offered_answered_and_hung_up_by_the_caller(void **state)
{
	struct link *l = link_new(kind_of(state), 0);
	struct pri_setup s = a_setup(3);
	struct pri_call *c = place(l, NET, &s);
	int mark = 42;

	pri_call_set_owner(c, &mark);
	carry(l);
	const struct pri_event *o = first(l, CPE, PRI_EV_OFFERED);

	assert_non_null(o);
	assert_int_equal(o->slot, 3);
	assert_string_equal(o->called, "07012340001");
	assert_string_equal(o->caller, "01012345678");
	assert_int_equal(o->screening, PRI_NETWORK_PROVIDED);
	assert_true(o->presentation_allowed);
	assert_false(o->diverted);
	assert_int_equal(count(l, NET, PRI_EV_PROCEEDING), 1);
	assert_ptr_equal(first(l, NET, PRI_EV_PROCEEDING)->owner, &mark);
	assert_int_equal(count(l, NET, PRI_EV_CONNECTED), 0);

	assert_int_equal(pri_call_answer(o->call), 0);
	assert_int_equal(pri_call_answer(o->call), ERR_STATE);
	carry(l);
	assert_int_equal(count(l, NET, PRI_EV_CONNECTED), 1);
	assert_int_equal(count(l, CPE, PRI_EV_CONNECTED), 1);

	pri_call_hangup(c, PRI_NORMAL_CLEARING);
	assert_int_equal(count(l, NET, PRI_EV_ENDED), 0);
	carry(l);
	must_end(l, NET, PRI_NORMAL_CLEARING, false, false);
	must_end(l, CPE, PRI_NORMAL_CLEARING, true, false);
	assert_ptr_equal(first(l, NET, PRI_EV_ENDED)->owner, &mark);
	must_be_free(l, 3);
	link_free(l);
}

/* The appliance may be the network's side of a line to a PBX: then it is called by the user side. */
static void the_user_side_calls_the_network_side(void **state)
{
	static const int causes[] = { PRI_NORMAL_CLEARING, PRI_USER_BUSY, PRI_UNALLOCATED, PRI_TEMPORARY_FAILURE };

	for (size_t i = 0; i < ARRAY_LEN(causes); i++) {
		struct link *l = link_new(kind_of(state), 0);
		struct pri_setup s = a_setup(11);
		const struct pri_event *o;
		struct pri_call *c;

		l->end[NET].answer = true;
		c = place(l, CPE, &s);
		carry(l);
		o = first(l, NET, PRI_EV_OFFERED);
		assert_non_null(o);
		assert_int_equal(o->slot, 11);
		assert_string_equal(o->called, "07012340001");
		assert_string_equal(o->caller, "01012345678");
		assert_int_equal(count(l, CPE, PRI_EV_PROCEEDING), 1);
		assert_int_equal(count(l, CPE, PRI_EV_CONNECTED), 1);
		assert_int_equal(count(l, NET, PRI_EV_CONNECTED), 1);
		pri_call_hangup(i % 2 ? c : o->call, causes[i]);
		carry(l);
		must_end(l, CPE, causes[i], i % 2 == 0, false);
		must_end(l, NET, causes[i], i % 2 == 1, false);

		forget_events(l);
		l->end[NET].answer = false;
		l->end[NET].refuse = causes[i];
		place(l, CPE, &s);
		carry(l);
		must_end(l, CPE, causes[i], true, false);
		must_be_free(l, 11);
		link_free(l);
	}
}

static void the_appliance_hangs_up_with_its_cause(void **state)
{
	static const int causes[] = { PRI_NORMAL_CLEARING, PRI_UNALLOCATED, PRI_REJECTED, PRI_TEMPORARY_FAILURE, PRI_CONGESTION };

	for (size_t i = 0; i < ARRAY_LEN(causes); i++) {
		struct link *l = link_new(kind_of(state), 0);

		up_call(l, 1);
		pri_call_hangup(first(l, CPE, PRI_EV_OFFERED)->call, causes[i]);
		carry(l);
		must_end(l, CPE, causes[i], false, false);
		must_end(l, NET, causes[i], true, false);
		must_be_free(l, 1);
		link_free(l);
	}
}

static void a_call_is_refused_in_its_dispatch_with_the_cause(void **state)
{
	static const int causes[] = { PRI_UNALLOCATED, PRI_USER_BUSY, PRI_REJECTED, PRI_NO_CHANNEL, PRI_TEMPORARY_FAILURE,
	                              PRI_CONGESTION, PRI_CHANNEL_UNAVAILABLE };

	for (size_t i = 0; i < ARRAY_LEN(causes); i++) {
		struct link *l = link_new(kind_of(state), 0);
		struct pri_setup s = a_setup(7);

		l->end[CPE].refuse = causes[i];
		place(l, NET, &s);
		carry(l);
		must_end(l, NET, causes[i], true, false);
		must_end(l, CPE, causes[i], false, false);
		l->end[CPE].refuse = 0;
		must_be_free(l, 7);
		link_free(l);
	}
}

static void a_caller_who_gives_up_before_the_answer_is_not_lost(void **state)
{
	struct link *l = link_new(kind_of(state), 0);
	struct pri_setup s = a_setup(2);
	struct pri_call *c = place(l, NET, &s);

	carry(l);
	pri_call_hangup(c, PRI_NORMAL_CLEARING);
	carry(l);
	must_end(l, CPE, PRI_NORMAL_CLEARING, true, false);
	must_end(l, NET, PRI_NORMAL_CLEARING, false, false);
	must_be_free(l, 2);
	link_free(l);
}

static void both_may_hang_up_at_once(void **state)
{
	struct link *l = link_new(kind_of(state), 0);
	struct pri_call *c = up_call(l, 2);

	pri_call_hangup(c, PRI_NORMAL_CLEARING);
	pri_call_hangup(first(l, CPE, PRI_EV_OFFERED)->call, PRI_NORMAL_CLEARING);
	carry(l);
	assert_int_equal(count(l, NET, PRI_EV_ENDED), 1);
	assert_int_equal(count(l, CPE, PRI_EV_ENDED), 1);
	must_be_free(l, 2);
	link_free(l);
}

static void the_callers_number_is_read_with_its_worth(void **state)
{
	static const struct { const char *caller; enum pri_screening screening; bool allowed; } given[] = {
		{ "01012345678", PRI_NETWORK_PROVIDED, true }, { "01012345678", PRI_USER_PASSED, true },
		{ "01012345678", PRI_USER_FAILED, true },      { "01012345678", PRI_USER_UNSCREENED, true },
		{ "01012345678", PRI_NETWORK_PROVIDED, false }, { "01012345678", PRI_USER_PASSED, false },
		{ "", PRI_NO_NUMBER, false },                   { "01012345678901234567890123456", PRI_USER_PASSED, true },
	};
	enum pri_dialect d = kind_of(state)->dialect;

	for (size_t i = 0; i < ARRAY_LEN(given); i++) {
		struct link *l = link_new(kind_of(state), 0);
		struct pri_setup s = a_setup(1);
		const struct pri_event *o;

		snprintf(s.caller, sizeof(s.caller), "%s", given[i].caller);
		s.screening = given[i].screening;
		s.presentation_allowed = given[i].allowed;
		place(l, NET, &s);
		carry(l);
		o = first(l, CPE, PRI_EV_OFFERED);
		assert_non_null(o);
		assert_string_equal(o->caller, given[i].caller);
		/* As a sender, libpri's DMS100 and 4ESS call every number that may be shown the network's (q931_party_id_fixup). */
		if ((d == PRI_DIALECT_DMS100 || d == PRI_DIALECT_4ESS) && given[i].allowed)
			assert_int_equal(o->screening, PRI_NETWORK_PROVIDED);
		else
			assert_int_equal(o->screening, given[i].screening);
		assert_int_equal(o->presentation_allowed, given[i].allowed);
		link_free(l);
	}
}

static void a_diverted_call_is_known_as_such(void **state)
{
	struct link *l = link_new(kind_of(state), 0);
	struct pri_setup s = a_setup(1);

	snprintf(s.diverted_from, sizeof(s.diverted_from), "01099998888");
	place(l, NET, &s);
	carry(l);
	assert_true(first(l, CPE, PRI_EV_OFFERED)->diverted);
	assert_string_equal(first(l, CPE, PRI_EV_OFFERED)->caller, "01012345678");
	link_free(l);
}

static void dial(struct link *l, struct pri_call *c, const char *digits)
{
	for (; *digits; digits++) {
		assert_int_equal(pri_call_digit(c, *digits), 0);
		carry(l);
	}
}

static void an_overlap_number_is_complete_at_its_length(void **state)
{
	struct link *l = link_new(kind_of(state), 11);
	struct pri_setup s = a_setup(4);
	struct pri_call *c;

	s.overlap = true;
	c = place(l, NET, &s);
	assert_int_equal(pri_call_digit(c, 'x'), ERR_INVALID);
	carry(l);
	assert_int_equal(count(l, NET, PRI_EV_DIGITS), 1);
	dial(l, c, "0701234000");
	assert_int_equal(count(l, CPE, PRI_EV_OFFERED), 0);
	dial(l, c, "1");
	assert_int_equal(count(l, CPE, PRI_EV_OFFERED), 1);
	assert_string_equal(first(l, CPE, PRI_EV_OFFERED)->called, "07012340001");
	assert_int_equal(count(l, NET, PRI_EV_PROCEEDING), 1);
	dial(l, c, "9");
	assert_int_equal(count(l, CPE, PRI_EV_OFFERED), 1);
	link_free(l);
}

static void the_network_side_receives_overlap_numbers_too(void **state)
{
	struct link *l = link_new(kind_of(state), 8);
	struct pri_setup s = a_setup(4);
	struct pri_call *c;

	s.overlap = true;
	c = place(l, CPE, &s);
	carry(l);
	assert_int_equal(count(l, CPE, PRI_EV_DIGITS), 1);
	dial(l, c, "1588123");
	assert_int_equal(count(l, NET, PRI_EV_OFFERED), 0);
	dial(l, c, "4");
	assert_int_equal(count(l, NET, PRI_EV_OFFERED), 1);
	assert_string_equal(first(l, NET, PRI_EV_OFFERED)->called, "15881234");
	link_free(l);
}

static void a_short_overlap_number_is_taken_after_t302(void **state)
{
	struct link *l = link_new(kind_of(state), 11);
	struct pri_setup s = a_setup(4);
	struct pri_call *c;

	s.overlap = true;
	c = place(l, NET, &s);
	carry(l);
	pass(l, 3000);
	dial(l, c, "15881234");
	pass(l, 3900);
	assert_int_equal(count(l, CPE, PRI_EV_OFFERED), 0);
	pass(l, 200);
	assert_int_equal(count(l, CPE, PRI_EV_OFFERED), 1);
	assert_string_equal(first(l, CPE, PRI_EV_OFFERED)->called, "15881234");
	link_free(l);
}

static void an_overlap_call_without_digits_ends_as_incomplete(void **state)
{
	struct link *l = link_new(kind_of(state), 11);
	struct pri_setup s = a_setup(4);

	s.overlap = true;
	place(l, NET, &s);
	carry(l);
	pass(l, 4100);
	assert_int_equal(l->end[CPE].count, 0);
	must_end(l, NET, PRI_NUMBER_INCOMPLETE, true, false);
	must_be_free(l, 4);
	link_free(l);
}

static void a_caller_who_gives_up_while_dialling_leaves_nothing(void **state)
{
	struct link *l = link_new(kind_of(state), 11);
	struct pri_setup s = a_setup(4);
	struct pri_call *c;

	s.overlap = true;
	c = place(l, NET, &s);
	carry(l);
	dial(l, c, "070");
	pri_call_hangup(c, PRI_NORMAL_CLEARING);
	carry(l);
	pass(l, 5000);
	assert_int_equal(l->end[CPE].count, 0);
	must_end(l, NET, PRI_NORMAL_CLEARING, false, false);
	must_be_free(l, 4);
	link_free(l);
}

static void every_slot_carries_a_call_at_once(void **state)
{
	enum trunk_line line = line_of(state);
	struct link *l = link_new(kind_of(state), 0);
	struct pri_call *calls[TRUNK_SLOTS] = { 0 };
	int placed = 0;

	l->end[CPE].answer = true;
	for (int slot = 0; slot < TRUNK_SLOTS; slot++) {
		struct pri_setup s = a_setup(slot);

		snprintf(s.caller, sizeof(s.caller), "010000000%02d", slot);
		if (!trunk_slot_is_bearer(line, slot)) {
			assert_int_equal(pri_call_setup(l->end[NET].port, &s, &calls[slot]), ERR_INVALID);
			continue;
		}
		calls[slot] = place(l, NET, &s);
		placed++;
	}
	assert_int_equal(placed, line == TRUNK_E1 ? 30 : 23);
	carry(l);
	assert_int_equal(count(l, CPE, PRI_EV_CONNECTED), placed);
	assert_int_equal(count(l, NET, PRI_EV_CONNECTED), placed);
	for (int n = 0; n < placed; n++) {
		char caller[16];

		snprintf(caller, sizeof(caller), "010000000%02d", nth(l, CPE, PRI_EV_OFFERED, n)->slot);
		assert_string_equal(nth(l, CPE, PRI_EV_OFFERED, n)->caller, caller);
	}
	for (int slot = 0; slot < TRUNK_SLOTS; slot++)
		if (calls[slot] != NULL)
			pri_call_hangup(calls[slot], PRI_NORMAL_CLEARING);
	carry(l);
	assert_int_equal(count(l, CPE, PRI_EV_ENDED), placed);
	assert_int_equal(count(l, NET, PRI_EV_ENDED), placed);
	link_free(l);
}

static void thousands_of_calls_leave_nothing_behind(void **state)
{
	struct link *l = link_new(kind_of(state), 0);

	l->end[CPE].answer = true;
	for (int i = 0; i < 5000; i++) {
		struct pri_setup s = a_setup(1 + i % 15);
		struct pri_call *c = place(l, NET, &s);

		carry(l);
		pri_call_hangup(i % 2 ? c : first(l, CPE, PRI_EV_OFFERED)->call, PRI_NORMAL_CLEARING);
		carry(l);
		assert_int_equal(count(l, CPE, PRI_EV_ENDED), 1);
		assert_int_equal(count(l, NET, PRI_EV_ENDED), 1);
		forget_events(l);
	}
	link_free(l);
}

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

#define OF(f, name, n) { #f " (" name ")", f, NULL, NULL, &kinds[n] }
#define EACH(f) OF(f, "E1", 0), OF(f, "E1 QSIG", 1), OF(f, "T1 EuroISDN", 2), OF(f, "T1 NI2", 3), OF(f, "T1 5ESS", 4), \
	OF(f, "T1 DMS100", 5), OF(f, "T1 4ESS", 6), OF(f, "T1 QSIG", 7)

int main(void)
{
	static struct link_kind kinds[] = {
		{ TRUNK_E1, PRI_DIALECT_USUAL }, { TRUNK_E1, PRI_DIALECT_QSIG }, { TRUNK_T1, PRI_DIALECT_EUROISDN },
		{ TRUNK_T1, PRI_DIALECT_USUAL }, { TRUNK_T1, PRI_DIALECT_5ESS }, { TRUNK_T1, PRI_DIALECT_DMS100 },
		{ TRUNK_T1, PRI_DIALECT_4ESS }, { TRUNK_T1, PRI_DIALECT_QSIG },
	};
	const struct CMUnitTest tests[] = {
		EACH(a_call_is_offered_answered_and_hung_up_by_the_caller),
		EACH(the_user_side_calls_the_network_side),
		EACH(the_appliance_hangs_up_with_its_cause),
		EACH(a_call_is_refused_in_its_dispatch_with_the_cause),
		EACH(a_caller_who_gives_up_before_the_answer_is_not_lost),
		EACH(both_may_hang_up_at_once),
		EACH(the_callers_number_is_read_with_its_worth),
		EACH(a_diverted_call_is_known_as_such),
		EACH(an_overlap_number_is_complete_at_its_length),
		EACH(the_network_side_receives_overlap_numbers_too),
		EACH(a_short_overlap_number_is_taken_after_t302),
		EACH(an_overlap_call_without_digits_ends_as_incomplete),
		EACH(a_caller_who_gives_up_while_dialling_leaves_nothing),
		EACH(every_slot_carries_a_call_at_once),
		EACH(thousands_of_calls_leave_nothing_behind),
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
