/* pri_service_test.c: a port that is locked and unlocked, what the far end hears of it, channels that a loss of the D-channel
 * has orphaned, other interfaces, and the dialects' names. Between two real libpri ends; time is the test's own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "tests/unit/pri_link.h"

static const struct link_kind *kind_of(void **state) { return *(const struct link_kind **)state; }

static uint32_t all_slots(void **state)
{
	uint32_t all = 0;

	for (int slot = 0; slot < TRUNK_SLOTS; slot++)
		all |= trunk_slot_is_bearer(kind_of(state)->line, slot) ? UINT32_C(1) << slot : 0;
	return all;
}

static bool has_service(void **state)
{
	return kind_of(state)->line == TRUNK_T1 && kind_of(state)->dialect != PRI_DIALECT_EUROISDN &&
	       kind_of(state)->dialect != PRI_DIALECT_QSIG;
}

static struct pri_call *call_on(struct link *l, int end, int slot)
{
	struct pri_setup s = { .called = "07012340001", .caller = "01012345678", .screening = PRI_NETWORK_PROVIDED,
	                       .presentation_allowed = true, .slot = slot };
	struct pri_call *c = NULL;

	assert_int_equal(pri_call_setup(l->end[end].port, &s, &c), 0);
	carry(l);
	return c;
}

/* What Q.931 messages of this type an end has sent and nobody took yet. */
static int queued(const struct link *l, int end, uint8_t discriminator, uint8_t type)
{
	int n = 0;

	for (int i = 0; i < l->end[end].queued; i++) {
		const struct trunk_frame *f = &l->end[end].queue[i];

		n += f->len > 8 && !(f->octets[2] & 1) && f->octets[4] == discriminator && f->octets[8] == type;
	}
	return n;
}

static void a_locked_port_refuses_new_calls_and_lets_go_the_others(void **state)
{
	struct link *l = link_new(kind_of(state), 0);
	struct pri_port *ours = l->end[CPE].port, *theirs = l->end[NET].port;
	struct pri_call *old, *none = NULL;
	struct pri_setup s = { .called = "0212345678", .slot = 9, .screening = PRI_NO_NUMBER };
	struct pri_stats stats;

	l->end[CPE].answer = true;
	old = call_on(l, NET, 3);
	assert_int_equal(pri_port_service(ours), PRI_IN_SERVICE);
	pri_port_lock(ours, true);
	carry(l);
	assert_int_equal(pri_port_service(ours), PRI_DRAINING);
	assert_int_equal(count(l, CPE, PRI_EV_ENDED), 0);
	assert_int_equal(pri_port_busied_out(theirs), has_service(state) ? all_slots(state) & ~(1u << 3) : 0);
	assert_int_equal(pri_call_setup(ours, &s, &none), ERR_STATE);

	forget_events(l);
	if (has_service(state)) {                  /* told, the exchange does not even try */
		assert_int_equal(pri_call_setup(theirs, &s, &none), ERR_EXISTS);
	} else {
		call_on(l, NET, 9);
		assert_int_equal(count(l, CPE, PRI_EV_OFFERED), 0);
		assert_int_equal(count(l, NET, PRI_EV_PROCEEDING), 0);
		assert_int_equal(first(l, NET, PRI_EV_ENDED)->cause, PRI_CHANNEL_UNAVAILABLE);
		pri_port_stats(ours, &stats);
		assert_int_equal(stats.refused_locked, 1);
	}

	pri_call_hangup(old, PRI_NORMAL_CLEARING);
	carry(l);
	assert_int_equal(pri_port_service(ours), PRI_OUT_OF_SERVICE);
	assert_int_equal(pri_port_busied_out(theirs), has_service(state) ? all_slots(state) : 0);

	forget_events(l);
	pri_port_lock(ours, false);
	carry(l);
	assert_int_equal(pri_port_service(ours), PRI_IN_SERVICE);
	assert_int_equal(pri_port_busied_out(theirs), 0);
	call_on(l, NET, 3);
	assert_int_equal(count(l, CPE, PRI_EV_CONNECTED), 1);
	link_free(l);
}

/* Its SETUP crosses our lock. */
static void an_exchange_that_has_not_heard_of_it_is_refused(void **state)
{
	struct link *l = link_new(kind_of(state), 0);
	struct pri_setup s = { .called = "07012340001", .slot = 9, .screening = PRI_NO_NUMBER };
	struct pri_call *c;
	struct pri_stats stats;

	assert_int_equal(pri_call_setup(l->end[NET].port, &s, &c), 0);
	pri_port_lock(l->end[CPE].port, true);
	carry(l);
	assert_int_equal(count(l, CPE, PRI_EV_OFFERED), 0);
	assert_int_equal(count(l, NET, PRI_EV_PROCEEDING), 0);
	assert_int_equal(count(l, NET, PRI_EV_ENDED), 1);
	assert_int_equal(first(l, NET, PRI_EV_ENDED)->cause, PRI_CHANNEL_UNAVAILABLE);
	assert_true(first(l, NET, PRI_EV_ENDED)->by_far_end);
	pri_port_stats(l->end[CPE].port, &stats);
	assert_int_equal(stats.refused_locked, 1);
	link_free(l);
}

static void a_lock_outlives_the_d_channel(void **state)
{
	struct link *l = link_new(kind_of(state), 0);

	pri_port_lock(l->end[CPE].port, true);
	carry(l);
	l->cut = true;
	pri_port_line(l->end[NET].port, false);
	pri_port_line(l->end[CPE].port, false);
	pass(l, 20000);
	l->cut = false;
	new_port(l, NET, kind_of(state), 0);       /* an exchange that has forgotten everything */
	pri_port_line(l->end[CPE].port, true);
	pass(l, 15000);
	assert_true(pri_port_up(l->end[NET].port) && pri_port_up(l->end[CPE].port));
	assert_int_equal(pri_port_service(l->end[CPE].port), PRI_OUT_OF_SERVICE);
	assert_int_equal(pri_port_busied_out(l->end[NET].port), has_service(state) ? all_slots(state) : 0);
	link_free(l);
}

static void the_exchange_may_take_channels_out_too(void **state)
{
	struct link *l = link_new(kind_of(state), 0);
	struct pri_setup s = { .called = "0212345678", .slot = 9, .screening = PRI_NO_NUMBER };
	struct pri_call *none = NULL;
	struct pri_stats stats;

	pri_port_lock(l->end[NET].port, true);
	carry(l);
	pri_port_stats(l->end[CPE].port, &stats);
	assert_int_equal(stats.services, has_service(state) ? 23 : 0);
	assert_int_equal(pri_port_busied_out(l->end[CPE].port), has_service(state) ? all_slots(state) : 0);
	if (has_service(state))
		assert_int_equal(pri_call_setup(l->end[CPE].port, &s, &none), ERR_EXISTS);
	assert_true(pri_port_up(l->end[CPE].port));
	pri_port_lock(l->end[NET].port, false);
	carry(l);
	assert_int_equal(pri_port_busied_out(l->end[CPE].port), 0);
	call_on(l, NET, 9);
	assert_int_equal(count(l, CPE, PRI_EV_OFFERED), 1);
	link_free(l);
}

/* T3M1: once more, and no more than that. */
static void a_service_message_without_an_answer_is_sent_again(void **state)
{
	struct link *l = link_new(kind_of(state), 0);
	uint8_t discriminator = kind_of(state)->dialect == PRI_DIALECT_NI2 ? 0x43 : 0x03;
	uint8_t type = kind_of(state)->dialect == PRI_DIALECT_NI2 ? 0x07 : 0x0f;

	pri_port_lock(l->end[CPE].port, true);
	assert_int_equal(queued(l, CPE, discriminator, type), has_service(state) ? 7 : 0);      /* Q.921's window; the rest waits */
	carry(l);
	forget_events(l);
	pri_port_lock(l->end[CPE].port, false);
	carry(l);
	pass(l, 130000);
	assert_int_equal(queued(l, CPE, discriminator, type), 0);       /* all were acknowledged */
	l->hush = discriminator;
	pri_port_lock(l->end[CPE].port, true);
	pass(l, 100000);
	assert_int_equal(l->hushed, has_service(state) ? 23 : 0);
	pass(l, 400000);
	assert_int_equal(l->hushed, has_service(state) ? 2 * 23 : 0);
	assert_int_equal(pri_port_busied_out(l->end[NET].port), 0);
	assert_true(pri_port_up(l->end[CPE].port));
	link_free(l);
}

/* The far end waits longer than we do and holds its call when the line is back: our RESTART frees it. */
static void a_channel_orphaned_by_a_loss_is_restarted(void **state)
{
	struct link *l = link_new(kind_of(state), 0);

	l->end[CPE].answer = true;
	call_on(l, NET, 6);
	pri_port_line(l->end[CPE].port, false);    /* only our receiver is dead; the far end believes all is well */
	for (int i = 0; i < 7; i++) {
		now_ms += 1000;
		pri_port_run(l->end[CPE].port);
	}
	assert_int_equal(count(l, CPE, PRI_EV_ENDED), 1);
	assert_int_equal(first(l, CPE, PRI_EV_ENDED)->cause, PRI_OUT_OF_ORDER);
	assert_int_equal(count(l, NET, PRI_EV_ENDED), 0);
	forget_events(l);
	pri_port_line(l->end[CPE].port, true);
	for (int i = 0; i < 20 && count(l, NET, PRI_EV_ENDED) == 0; i++)
		pass(l, 500);
	assert_int_equal(count(l, NET, PRI_EV_ENDED), 1);
	assert_true(first(l, NET, PRI_EV_ENDED)->by_line);
	forget_events(l);
	pass(l, 3000);
	call_on(l, NET, 6);
	assert_int_equal(count(l, CPE, PRI_EV_CONNECTED), 1);
	link_free(l);
}

/* Nobody answers RELEASE, so nobody knows what the far end holds. */
static void a_call_that_ended_without_an_answer_has_its_channel_restarted(void **state)
{
	struct link *l = link_new(kind_of(state), 0);
	struct pri_call *c;
	uint8_t restart = 0x46;

	l->end[CPE].answer = true;
	c = call_on(l, NET, 6);
	assert_non_null(c);
	pri_call_hangup(first(l, CPE, PRI_EV_OFFERED)->call, PRI_NORMAL_CLEARING);
	l->cut = true;
	for (int i = 0; i < 200 && count(l, CPE, PRI_EV_ENDED) == 0; i++) {
		l->end[CPE].queued = 0;
		pass(l, 500);
	}
	assert_int_equal(count(l, CPE, PRI_EV_ENDED), 1);
	l->cut = false;
	for (int i = 0; i < 40 && queued(l, CPE, 0x08, restart) == 0; i++) {
		now_ms += 500;
		carry(l);
		pri_port_run(l->end[NET].port);
		carry(l);
		pri_port_run(l->end[CPE].port);
	}
	carry(l);
	pass(l, 20000);
	assert_int_equal(count(l, NET, PRI_EV_ENDED), 1);
	forget_events(l);
	call_on(l, NET, 6);
	assert_int_equal(count(l, CPE, PRI_EV_CONNECTED), 1);
	link_free(l);
}

static void dialects_have_names(void **state UNUSED)
{
	static const char *const names[] = { "euroisdn", "ni2", "5ess", "dms100", "4ess", "qsig" };
	enum pri_dialect d;

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		bool on_e1 = i == 0 || i == 5;

		assert_int_equal(pri_dialect_parse(names[i], TRUNK_T1, &d), 0);
		assert_string_equal(pri_dialect_word(d, TRUNK_T1), names[i]);
		assert_int_equal(pri_dialect_parse(names[i], TRUNK_E1, &d), on_e1 ? 0 : ERR_INVALID);
	}
	assert_int_equal(pri_dialect_parse("ni1", TRUNK_T1, &d), ERR_INVALID);
	assert_int_equal(pri_dialect_parse("", TRUNK_E1, &d), 0);
	assert_string_equal(pri_dialect_word(d, TRUNK_E1), "euroisdn");
	assert_string_equal(pri_dialect_word(d, TRUNK_T1), "ni2");
}

#define OF(f, name, n) { #f " (" name ")", f, NULL, NULL, &kinds[n] }
#define EACH(f) OF(f, "E1", 0), OF(f, "E1 QSIG", 1), OF(f, "T1 EuroISDN", 2), OF(f, "T1 NI2", 3), OF(f, "T1 5ESS", 4), \
	OF(f, "T1 DMS100", 5), OF(f, "T1 4ESS", 6)

int main(void)
{
	static struct link_kind kinds[] = {
		{ TRUNK_E1, PRI_DIALECT_USUAL }, { TRUNK_E1, PRI_DIALECT_QSIG }, { TRUNK_T1, PRI_DIALECT_EUROISDN },
		{ TRUNK_T1, PRI_DIALECT_NI2 }, { TRUNK_T1, PRI_DIALECT_5ESS }, { TRUNK_T1, PRI_DIALECT_DMS100 },
		{ TRUNK_T1, PRI_DIALECT_4ESS },
	};
	const struct CMUnitTest tests[] = {
		EACH(a_locked_port_refuses_new_calls_and_lets_go_the_others),
		EACH(an_exchange_that_has_not_heard_of_it_is_refused),
		EACH(a_lock_outlives_the_d_channel),
		EACH(the_exchange_may_take_channels_out_too),
		EACH(a_service_message_without_an_answer_is_sent_again),
		EACH(a_channel_orphaned_by_a_loss_is_restarted),
		EACH(a_call_that_ended_without_an_answer_has_its_channel_restarted),
		cmocka_unit_test(dialects_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
