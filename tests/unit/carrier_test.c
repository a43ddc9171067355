/* carrier_test.c: the sandbox's switch as a process, with this test as the appliance: the user side of libpri behind a
 * software trunk. What a phone is told to be arrives in the SETUP, what it presses in the samples, and what it hears it
 * names; and what is wrong with a line reaches the appliance. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "tests/unit/carrier_appliance.h"

static void begin_call(struct appliance *a, const char *more)
{
	char line[1024];

	snprintf(line, sizeof(line), "{\"cmd\":\"call\",\"id\":\"p\",\"called\":\"07012340001\"%s}", more);
	assert_true(asked_ok(a, line));
}

#define SCRIPT ",\"caller\":\"01012345678\",\"dtmf\":{\"on_ms\":50,\"off_ms\":50},\"script\":[" \
	"{\"hear\":[\"x\",\"first\"],\"press\":\"159*0#A\",\"secret\":true},{\"hear\":\"second\",\"after_ms\":40,\"hangup\":true}]"

static void a_call_from_dialling_to_hanging_up(void **state)
{
	struct appliance *a = *state;
	json_t *heard;

	a->answer = true;
	begin_call(a, SCRIPT);
	wait_event(a, "connected", NULL);
	assert_string_equal(a->offer.called, "07012340001");
	assert_string_equal(a->offer.caller, "01012345678");
	play_prompt(a, 0);
	heard = wait_event(a, "heard", "first");
	assert_string_equal(text(heard, "voice"), "ko");
	assert_int_equal(number(wait_event(a, "pressed", NULL), "count"), 7);
	wait_keys(a, 7);
	assert_string_equal(a->keys, "159*0#A");
	play_prompt(a, 1);
	wait_event(a, "ended", NULL);
	assert_int_equal(number(a->event, "cause"), 16);
	assert_string_equal(text(a->event, "by"), "phone");
	assert_true(json_is_true(json_object_get(a->event, "script_done")));
	assert_false(json_is_true(json_object_get(a->event, "timeout")));
	assert_int_equal(json_array_size(json_object_get(a->event, "heard")), 2);
	run_until(a, call_is_over);
	assert_int_equal(a->ended_cause, 16);
	assert_null(strstr(a->all_lines, "159"));                 /* no key in any event */
}

static void who_calls_is_told_as_set(void **state)
{
	static const struct {
		const char *command, *caller;
		enum pri_screening screening;
		bool allowed, diverted;
	} all[] = {
		{ ",\"caller\":\"01012345678\"", "01012345678", PRI_NETWORK_PROVIDED, true, false },
		{ ",\"caller\":\"01012345678\",\"screening\":\"passed\"", "01012345678", PRI_USER_PASSED, true, false },
		{ ",\"caller\":\"01012345678\",\"screening\":\"failed\"", "01012345678", PRI_USER_FAILED, true, false },
		{ ",\"caller\":\"01012345678\",\"screening\":\"unscreened\"", "01012345678", PRI_USER_UNSCREENED, true, false },
		{ ",\"caller\":\"01012345678\",\"presentation\":\"restricted\"", "01012345678", PRI_NETWORK_PROVIDED, false, false },
		{ ",\"caller\":\"01012345678\",\"diverted_from\":\"0311234567\"", "01012345678", PRI_NETWORK_PROVIDED, true, true },
		{ ",\"caller\":\"\",\"presentation\":\"none\"", "", PRI_NO_NUMBER, false, false },
	};
	struct appliance *a = *state;

	a->refuse = PRI_REJECTED;
	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		begin_call(a, all[i].command);
		wait_event(a, "ended", NULL);
		assert_int_equal(number(a->event, "cause"), PRI_REJECTED);
		assert_string_equal(text(a->event, "by"), "appliance");
		assert_string_equal(a->offer.caller, all[i].caller);
		assert_int_equal(a->offer.screening, all[i].screening);
		assert_int_equal(a->offer.diverted, all[i].diverted);
		if (all[i].screening != PRI_NO_NUMBER)
			assert_int_equal(a->offer.presentation_allowed, all[i].allowed);
	}
}

static void digits_come_one_by_one_when_asked(void **state)
{
	struct appliance *a = *state;

	a->answer = true;
	begin_call(a, ",\"caller\":\"01012345678\",\"overlap\":true");
	wait_event(a, "connected", NULL);
	assert_string_equal(a->offer.called, "07012340001");
	assert_true(asked_ok(a, "{\"cmd\":\"hangup\",\"id\":\"p\",\"cause\":31}"));
	run_until(a, call_is_over);
	assert_int_equal(a->ended_cause, 31);
}

/* Levels as told, noise too: within 1 dB of what was asked for. */
static void tones_and_noise_have_their_level(void **state)
{
	struct appliance *a = *state;
	double quiet, loud;

	a->answer = true;
	begin_call(a, ",\"caller\":\"01012345678\",\"dtmf\":{\"on_ms\":400,\"low_dbm0\":-12,\"high_dbm0\":-12,\"noise_dbm0\":-40}");
	wait_event(a, "connected", NULL);
	quiet = measure(a, 50);
	assert_true(asked_ok(a, "{\"cmd\":\"press\",\"id\":\"p\",\"keys\":\"5\"}"));
	loud = measure(a, 15);
	assert_true(quiet > -41 && quiet < -39);
	assert_true(loud > -10 && loud < -8);                     /* two tones of -12 dBm0 are -9 dBm0 */
	wait_keys(a, 1);
	assert_string_equal(a->keys, "5");
}

static void a_restart_of_the_slot_ends_its_call(void **state)
{
	struct appliance *a = *state;

	a->answer = true;
	begin_call(a, ",\"caller\":\"01012345678\"");
	wait_event(a, "connected", NULL);
	assert_true(asked_ok(a, "{\"cmd\":\"restart\",\"span\":\"s\",\"slot\":1}"));
	wait_event(a, "ended", NULL);
	assert_string_equal(text(a->event, "by"), "line");
	run_until(a, call_is_over);
	assert_true(a->ended_by_line);
	assert_false(asked_ok(a, "{\"cmd\":\"restart\",\"span\":\"s\",\"slot\":16}"));
}

static void alarms_reach_the_appliance_and_stop_new_calls(void **state)
{
	struct appliance *a = *state;
	static const char call[] = "{\"cmd\":\"call\",\"id\":\"p\",\"called\":\"1\",\"caller\":\"2\"}";

	assert_true(asked_ok(a, "{\"cmd\":\"alarm\",\"span\":\"s\",\"alarms\":8}"));
	run_ticks(a, 3);
	assert_int_equal(a->alarms, TRUNK_ALARM_RED);
	assert_false(asked_ok(a, call));
	assert_true(asked_ok(a, "{\"cmd\":\"alarm\",\"span\":\"s\",\"alarms\":0}"));
	run_ticks(a, 3);
	assert_int_equal(a->alarms, 0);
	for (int patience = 0; patience < 100 && !asked_ok(a, call); patience++)
		run_ms(a, 50);
	assert_string_equal(text(a->answered, "ev"), "ok");
}

static void a_call_outlives_a_short_loss_of_the_d_channel(void **state)
{
	struct appliance *a = *state;

	a->answer = true;
	begin_call(a, ",\"caller\":\"01012345678\"");
	wait_event(a, "connected", NULL);
	assert_true(asked_ok(a, "{\"cmd\":\"dchan\",\"span\":\"s\",\"up\":false,\"for_ms\":300}"));
	assert_true(asked_ok(a, "{\"cmd\":\"hangup\",\"id\":\"p\"}"));    /* its DISCONNECT is lost, and sent again later */
	run_ms(a, 200);
	assert_false(call_is_over(a));
	wait_event(a, "ended", NULL);
	run_until(a, call_is_over);
	assert_int_equal(a->ended_cause, 16);
}

static void a_phone_goes_with_the_connection_that_made_it(void **state)
{
	struct appliance *a = *state;

	a->answer = true;
	begin_call(a, ",\"caller\":\"01012345678\"");
	wait_event(a, "connected", NULL);
	control_again(a);
	run_until(a, call_is_over);
	assert_int_equal(a->ended_cause, 16);
}

static void a_call_that_hears_nothing_ends_at_its_time(void **state)
{
	struct appliance *a = *state;

	a->answer = true;
	begin_call(a, ",\"caller\":\"01012345678\",\"timeout_s\":2,\"script\":[{\"hear\":\"never\",\"press\":\"1\"}]");
	wait_event(a, "ended", NULL);
	assert_true(json_is_true(json_object_get(a->event, "timeout")));
	assert_false(json_is_true(json_object_get(a->event, "script_done")));
	assert_true(number(a->event, "t_ms") >= 2000);
	assert_int_equal(json_array_size(json_object_get(a->event, "heard")), 0);
}

static void what_is_wrong_is_refused_with_its_place(void **state)
{
	static const struct { const char *line, *why; } all[] = {
		{ "nonsense", "" }, { "[]", "" }, { "{}", "cmd" }, { "{\"cmd\":\"fly\"}", "cmd" }, { "{\"cmd\":1}", "cmd" },
		{ "{\"cmd\":\"call\",\"id\":\"a\",\"caller\":\"1\"}", "/called" },
		{ "{\"cmd\":\"call\",\"id\":\"a\",\"caller\":\"1\",\"called\":\"2\",\"colour\":3}", "/colour" },
		{ "{\"cmd\":\"call\",\"id\":\"a\",\"caller\":\"+1\",\"called\":\"2\"}", "/caller" },
		{ "{\"cmd\":\"call\",\"id\":\"a\",\"caller\":\"1\",\"called\":\"2\",\"span\":\"z\"}", "span" },
		{ "{\"cmd\":\"call\",\"id\":\"a\",\"caller\":\"1\",\"called\":\"2\",\"screening\":\"maybe\"}", "screening" },
		{ "{\"cmd\":\"call\",\"id\":\"a\",\"caller\":\"1\",\"called\":\"2\",\"dtmf\":{\"on_ms\":0}}", "/dtmf/on_ms" },
		{ "{\"cmd\":\"call\",\"id\":\"a\",\"caller\":\"1\",\"called\":\"2\",\"script\":[{\"press\":\"x\"}]}", "/script/0/press" },
		{ "{\"cmd\":\"call\",\"id\":\"a\",\"caller\":\"1\",\"called\":\"2\",\"script\":[{},{\"hear\":[]}]}", "/script/1" },
		{ "{\"cmd\":\"press\",\"id\":\"a\",\"keys\":\"1\"}", "id" }, { "{\"cmd\":\"hangup\",\"id\":\"a\"}", "id" },
		{ "{\"cmd\":\"rate\",\"rate\":-1}", "/rate" }, { "{\"cmd\":\"alarm\",\"span\":\"z\",\"alarms\":0}", "span" },
	};
	struct appliance *a = *state;

	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		if (asked_ok(a, all[i].line))
			fail_msg("%s was obeyed", all[i].line);
		if (strncmp(text(a->answered, "why"), all[i].why, strlen(all[i].why)) != 0)
			fail_msg("%s: %s", all[i].line, text(a->answered, "why"));
	}
	assert_true(asked_ok(a, "{\"cmd\":\"status\"}"));
	assert_int_equal(number(a->answered, "prompts"), 2);
}

#define ON(test, up) cmocka_unit_test_setup_teardown(test, up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON(a_call_from_dialling_to_hanging_up, set_up_e1),
		ON(a_call_from_dialling_to_hanging_up, set_up_t1),
		ON(who_calls_is_told_as_set, set_up_e1),
		ON(who_calls_is_told_as_set, set_up_t1),
		ON(digits_come_one_by_one_when_asked, set_up_overlap),
		ON(tones_and_noise_have_their_level, set_up_e1),
		ON(a_restart_of_the_slot_ends_its_call, set_up_e1),
		ON(alarms_reach_the_appliance_and_stop_new_calls, set_up_e1),
		ON(a_call_outlives_a_short_loss_of_the_d_channel, set_up_e1),
		ON(a_phone_goes_with_the_connection_that_made_it, set_up_e1),
		ON(a_call_that_hears_nothing_ends_at_its_time, set_up_e1),
		ON(what_is_wrong_is_refused_with_its_place, set_up_e1),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
