/* pri_test.c: calls between two real libpri ends: how they begin, what is known of the caller, overlap dialling, how they end. */
#include "tests/unit/pri_calls.h"

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

int main(void)
{
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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
