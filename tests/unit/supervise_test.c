/* supervise_test.c: alarms that are believed only after a while, counters that go on, and the advice for every fault. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "lib/attr.h"
#include "trunkd/supervise.h"

enum { RAISE_MS = 2500, CLEAR_MS = 10000, FIRST = 1700000000 };

static struct supervise s;
static struct supervise_input in;
static int64_t second;
static int raised, cleared;

static int set_up(void **state UNUSED)
{
	supervise_init(&s, &(struct supervise_config){ RAISE_MS, CLEAR_MS });
	memset(&in, 0, sizeof(in));
	in.status.supervised = in.status.present = in.status.alarm_detail = true;
	in.status.measured = (UINT32_C(1) << TRUNK_MEASURES) - 1;
	in.dchan_up = true;
	second = 0;
	raised = cleared = 0;
	return 0;
}

static struct mono now(void) { return (struct mono){ (1000 + second) * 1000000000 }; }

static void pass(int seconds, uint32_t alarms)
{
	for (; seconds > 0; seconds--, second++) {
		in.alarms = in.status.alarms = alarms;
		in.ticks += alarms == 0 ? 50 : 0;
		if (supervise_second(&s, &in, now(), (struct wall){ (FIRST + second) * 1000 }))
			*(s.raised ? &raised : &cleared) += 1;
	}
}

static const char *advice(void) { return supervise_advice(&s, &in, now()); }

static void says(const char *part)
{
	if (strstr(advice(), part) == NULL)
		fail_msg("says \"%s\", not \"%s\"", advice(), part);
}

/* ---- hold-off ---- */

static void a_short_alarm_is_not_raised(void **state UNUSED)
{
	pass(5, 0);
	for (int i = 0; i < 10; i++) {
		pass(2, TRUNK_ALARM_RED);
		pass(1, 0);
	}
	pass(20, 0);
	assert_int_equal(raised + cleared, 0);
	assert_false(s.raised);
	assert_int_equal(s.since.ms, 0);
}

static void a_lasting_alarm_is_raised_once_and_dated_from_its_beginning(void **state UNUSED)
{
	pass(5, 0);
	pass(3, TRUNK_ALARM_RED);
	assert_int_equal(raised, 0);
	pass(1, TRUNK_ALARM_RED);
	assert_int_equal(raised, 1);
	assert_int_equal(s.since.ms, (int64_t)(FIRST + 5) * 1000);
	pass(60, TRUNK_ALARM_YELLOW);                  /* another kind is the same alarm going on */
	assert_int_equal(raised, 1);
	assert_int_equal(s.times, 1);
}

static void a_bouncing_alarm_is_one_alarm(void **state UNUSED)
{
	pass(5, 0);
	pass(10, TRUNK_ALARM_RED);
	for (int i = 0; i < 30; i++) {
		pass(9, 0);
		pass(1, TRUNK_ALARM_RED);
	}
	assert_int_equal(raised, 1);
	assert_int_equal(cleared, 0);
	pass(10, 0);
	assert_int_equal(cleared, 0);
	pass(1, 0);
	assert_int_equal(cleared, 1);
	assert_false(s.raised);
	assert_int_equal(s.since.ms, (int64_t)(FIRST + 5) * 1000);    /* of the one that was last */
	pass(4, TRUNK_ALARM_BLUE);
	assert_int_equal(s.times, 2);
}

static void an_alarm_from_the_start_counts(void **state UNUSED)
{
	pass(4, TRUNK_ALARM_NOTOPEN);
	assert_int_equal(raised, 1);
	assert_int_equal(s.since.ms, (int64_t)FIRST * 1000);
}

/* ---- counters ---- */

static void counters_begin_at_our_start_and_survive_a_driver_that_begins_anew(void **state UNUSED)
{
	in.status.measures[TRUNK_SLIPS] = 1000;
	pass(2, 0);
	assert_int_equal(s.total[TRUNK_SLIPS], 0);
	in.status.measures[TRUNK_SLIPS] = 1007;
	pass(1, 0);
	assert_int_equal(s.total[TRUNK_SLIPS], 7);
	in.status.measures[TRUNK_SLIPS] = 2;             /* zeroed by an alarm, and two since */
	pass(1, 0);
	assert_int_equal(s.total[TRUNK_SLIPS], 9);
}

static void what_is_not_measured_is_not_added(void **state UNUSED)
{
	pass(2, 0);
	in.status.measured = 0;
	in.status.measures[TRUNK_SLIPS] = UINT32_MAX;
	pass(2, 0);
	assert_int_equal(s.total[TRUNK_SLIPS], 0);
	assert_string_equal(advice(), "");
}

static void a_card_that_was_away_does_not_count_its_return(void **state UNUSED)
{
	in.status.measures[TRUNK_CRC_ERRORS] = 50;
	pass(2, 0);
	in.status.present = false;
	memset(in.status.measures, 0, sizeof(in.status.measures));
	pass(5, TRUNK_ALARM_NOTOPEN);
	in.status.present = true;
	in.status.measures[TRUNK_CRC_ERRORS] = 50;
	pass(2, 0);
	assert_int_equal(s.total[TRUNK_CRC_ERRORS], 0);
}

/* ---- advice ---- */

static void every_fault_of_the_set_up_has_its_own(void **state UNUSED)
{
	const char *all[TRUNK_FAULTS];

	pass(2, 0);
	assert_string_equal(advice(), "");
	for (int f = TRUNK_FAULT_NONE + 1; f < TRUNK_FAULTS; f++) {
		in.status.fault = (enum trunk_fault)f;
		all[f] = advice();
		assert_true(all[f][0] != '\0' && strlen(all[f]) < 128);
		for (int g = TRUNK_FAULT_NONE + 1; g < f; g++)
			assert_string_not_equal(all[f], all[g]);
	}
}

static void alarms_are_explained_from_the_cable_upwards(void **state UNUSED)
{
	pass(1, TRUNK_ALARM_RED | TRUNK_ALARM_LOS | TRUNK_ALARM_LFA);
	says("no signal");
	pass(1, TRUNK_ALARM_RED | TRUNK_ALARM_LFA | TRUNK_ALARM_LMFA);
	says("without framing");
	pass(1, TRUNK_ALARM_RED | TRUNK_ALARM_LMFA);
	says("crc4");
	pass(1, TRUNK_ALARM_BLUE);
	says("AIS");
	pass(1, TRUNK_ALARM_YELLOW);
	says("does not hear us");
	pass(1, TRUNK_ALARM_YELLOW | TRUNK_ALARM_LOOPBACK);
	says("looped");
	in.status.alarm_detail = false;                  /* a driver that says RED and nothing else */
	pass(1, TRUNK_ALARM_RED);
	says("no signal");
	pass(1, 0);
	assert_string_equal(advice(), "");
}

static void rising(enum trunk_measure which, uint32_t by, const char *part)
{
	set_up(NULL);
	pass(5, 0);
	in.status.measures[which] += by;
	pass(1, 0);
	says(part);
	pass(125, 0);                                    /* long ago: no advice any more */
	assert_string_equal(advice(), "");
}

static void rising_counters_are_explained(void **state UNUSED)
{
	rising(TRUNK_SLIPS, 2, "clock master");
	rising(TRUNK_CRC_ERRORS, 5, "CRC errors without slips");
	rising(TRUNK_CODE_VIOLATIONS, 5, "code violations");
	rising(TRUNK_IRQ_MISSES, 2, "interrupts come late");
	set_up(NULL);
	pass(5, 0);
	in.status.measures[TRUNK_CRC_ERRORS] = 100;
	in.status.measures[TRUNK_SLIPS] = 5;             /* CRC errors of slips are no matter of CRC4 */
	pass(1, 0);
	says("clock master");
	set_up(NULL);
	pass(5, 0);
	in.status.measures[TRUNK_SLIPS] = 1;             /* one after a start is usual */
	pass(1, 0);
	assert_string_equal(advice(), "");
	in.status.counts[TRUNK_COUNT_HDLC_ABORTS] = 5;
	pass(1, 0);
	says("D-channel");
	set_up(NULL);
	pass(5, 0);
	in.status.counts[TRUNK_COUNT_UNDERRUNS] = 10;
	pass(1, 0);
	says("too late");
}

static void slurp(const char *path, char *buf, size_t size)
{
	FILE *f = fopen(path, "r");
	size_t len;

	if (f == NULL)
		fail_msg("%s: cannot be read; tests run in the source's folder", path);
	len = fread(buf, 1, size, f);
	fclose(f);
	assert_in_range(len, 1, size - 1);
	buf[len] = '\0';
}

/* Whoever reads the table of faults in docs/trunks.md finds the very words. The source is read, so that none is forgotten. */
static void every_advice_stands_in_the_documentation(void **state UNUSED)
{
	static char source[32768], docs[65536];
	int count = 0;

	slurp("firmware/trunkd/supervise.c", source, sizeof(source));
	slurp("docs/trunks.md", docs, sizeof(docs));
	for (char *at = strstr(source, "/* ---- advice ---- */"); (at = strchr(at + 1, '"')) != NULL; ) {
		char *end = strchr(at + 1, '"');

		assert_non_null(end);
		*end = '\0';
		if (at[1] != '\0' && strstr(docs, at + 1) == NULL)
			fail_msg("not in docs/trunks.md: %s", at + 1);
		count += at[1] != '\0';
		at = end;
	}
	assert_in_range(count, 20, 60);
}

static void calls_without_an_echo_canceller_are_seen(void **state UNUSED)
{
	pass(5, 0);
	in.status.no_echo = 1 << 3;
	says("no echo canceller");
	in.status.counts[TRUNK_COUNT_UNDERRUNS] = 10;    /* what is worse comes first */
	pass(1, 0);
	says("too late");
	set_up(NULL);
	pass(5, 0);
	in.status.counts[TRUNK_COUNT_NO_ECHO_CANCELLER] = 1;
	pass(1, 0);
	says("refuses calls their echo canceller");
	pass(125, 0);
	assert_string_equal(advice(), "");
}

static void a_card_without_interrupts_is_seen(void **state UNUSED)
{
	pass(5, 0);
	for (int i = 0; i < 4; i++) {
		in.ticks -= 50;                          /* what pass() adds */
		pass(1, 0);
	}
	says("no interrupts");
	pass(1, 0);
	assert_string_equal(advice(), "");
	in.status.supervised = false;                    /* a software trunk stands still when nobody is there */
	for (int i = 0; i < 10; i++) {
		in.ticks -= 50;
		pass(1, 0);
	}
	assert_string_equal(advice(), "");
}

static void a_silent_D_channel_on_a_good_line_is_seen(void **state UNUSED)
{
	pass(5, 0);
	in.dchan_up = false;
	pass(10, 0);
	assert_string_equal(advice(), "");
	pass(10, 0);
	says("D-channel silent");
	pass(1, TRUNK_ALARM_YELLOW);
	says("does not hear us");
}

#define TEST(f) cmocka_unit_test_setup(f, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_short_alarm_is_not_raised),
		TEST(a_lasting_alarm_is_raised_once_and_dated_from_its_beginning),
		TEST(a_bouncing_alarm_is_one_alarm),
		TEST(an_alarm_from_the_start_counts),
		TEST(counters_begin_at_our_start_and_survive_a_driver_that_begins_anew),
		TEST(what_is_not_measured_is_not_added),
		TEST(a_card_that_was_away_does_not_count_its_return),
		TEST(every_fault_of_the_set_up_has_its_own),
		TEST(alarms_are_explained_from_the_cable_upwards),
		TEST(rising_counters_are_explained),
		TEST(every_advice_stands_in_the_documentation),
		TEST(calls_without_an_echo_canceller_are_seen),
		TEST(a_card_without_interrupts_is_seen),
		TEST(a_silent_D_channel_on_a_good_line_is_seen),
	};

	return cmocka_run_group_tests_name("supervise", tests, NULL, NULL);
}
