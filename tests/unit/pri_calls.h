/* pri_calls.h: calls between two real libpri ends (pri_link.h), in each dialect on E1 and T1. Time is the test's own. */
#ifndef TEST_PRI_CALLS_H
#define TEST_PRI_CALLS_H

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

static struct link_kind kinds[] = {
	{ TRUNK_E1, PRI_DIALECT_USUAL }, { TRUNK_E1, PRI_DIALECT_QSIG }, { TRUNK_T1, PRI_DIALECT_EUROISDN },
	{ TRUNK_T1, PRI_DIALECT_USUAL }, { TRUNK_T1, PRI_DIALECT_5ESS }, { TRUNK_T1, PRI_DIALECT_DMS100 },
	{ TRUNK_T1, PRI_DIALECT_4ESS }, { TRUNK_T1, PRI_DIALECT_QSIG },
};
#define OF(f, name, n) { #f " (" name ")", f, NULL, NULL, &kinds[n] }
#define EACH(f) OF(f, "E1", 0), OF(f, "E1 QSIG", 1), OF(f, "T1 EuroISDN", 2), OF(f, "T1 NI2", 3), OF(f, "T1 5ESS", 4), \
	OF(f, "T1 DMS100", 5), OF(f, "T1 4ESS", 6), OF(f, "T1 QSIG", 7)

#endif
