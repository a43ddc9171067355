/* dsp_gone_test.c: the tones of a caller who is gone are known by their rhythm, and nothing else is: no other tone, no key, no prompt. */
#include <glob.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "dsp/analog.h"
#include "dsp/dsp.h"
#include "tests/unit/dsp_line.h"

static int set_up(void **state UNUSED)
{
	dsp_thread_init();
	return 0;
}

static void add_tone(enum dsp_tone tone, int ms, double gain)
{
	uint64_t sample = 0;
	int16_t pcm[BLOCK];

	for (int done = 0; done < ms; done += 20) {
		tone_block(tone, &sample, pcm, BLOCK);
		for (int i = 0; i < BLOCK; i++)
			line[line_len++] += (float)gain * pcm[i];
	}
}

/* Milliseconds until a tone was told, -1: none. */
static int tone_after(enum tone_plan plan, enum call_tone *tone)
{
	struct call_tones t;
	int16_t pcm[BLOCK];

	call_tones_init(&t, plan);
	for (size_t at = 0; at + BLOCK <= line_len; at += BLOCK) {
		line_take_block(at, pcm);
		*tone = call_tones_block(&t, pcm);
		if (*tone != CALL_TONE_NONE)
			return (int)(at / 8);
	}
	return -1;
}

static void test_busy_and_reorder_of_the_Korean_network(void **state UNUSED)
{
	static const double gains[] = { 2, 1, 0.3, 0.08 };
	enum call_tone tone;

	for (size_t i = 0; i < ARRAY_LEN(gains); i++)
		for (int shift = 0; shift < BLOCK; shift += 37) {
			line_start();
			line_len += (size_t)shift;
			add_tone(DSP_TONE_BUSY, 8000, gains[i]);
			assert_in_range(tone_after(TONE_PLAN_KR, &tone), 3000, 4200);
			assert_int_equal(tone, CALL_TONE_BUSY);
			line_start();
			line_len += (size_t)shift;
			add_tone(DSP_TONE_REORDER, 8000, gains[i]);
			assert_in_range(tone_after(TONE_PLAN_KR, &tone), 1500, 2400);
			assert_int_equal(tone, CALL_TONE_REORDER);
		}
}

/* What comes back of our own prompt while the tone sounds, 14 dB below it. */
static void test_busy_beneath_an_echo(void **state UNUSED)
{
	enum call_tone tone;

	line_start();
	add_tone(DSP_TONE_BUSY, 8000, 1);
	line_add_noise(-27);
	assert_in_range(tone_after(TONE_PLAN_KR, &tone), 3000, 4200);
}

static void expect_no_tone(const char *what)
{
	enum call_tone tone;
	int after = tone_after(TONE_PLAN_KR, &tone);

	if (after >= 0)
		fail_msg("%s is taken for tone %d after %d ms", what, tone, after);
}

static void test_other_tones_are_not_busy(void **state UNUSED)
{
	static const enum dsp_tone others[] = { DSP_TONE_DIAL, DSP_TONE_RINGBACK, DSP_TONE_BEEP };
	static const double all_hz[] = { 400, 425, 440, 480, 620, 941, 1000 };

	for (size_t i = 0; i < ARRAY_LEN(others); i++) {
		line_start();
		add_tone(others[i], 30000, 1);
		expect_no_tone("a tone of another meaning");
	}
	for (size_t i = 0; i < ARRAY_LEN(all_hz); i++) {       /* busy's rhythm, another frequency or half of it */
		line_start();
		for (; line_len < 10 * DSP_RATE; line_len++)
			line[line_len] = line_len / 4000 % 2 == 0 ? line_amplitude(-10) * (float)sin(2 * M_PI * all_hz[i] * (double)line_len / DSP_RATE) : 0;
		expect_no_tone("one sine");
	}
	line_start();                                          /* three bursts, then an odd one, again and again */
	for (int i = 0; i < 4; i++) {
		add_tone(DSP_TONE_BUSY, 3000, 1);
		line_len += 12000;
	}
	expect_no_tone("a rhythm that breaks off");
	line_start();
	line_len = 30 * DSP_RATE;
	line_add_noise(-10);
	expect_no_tone("noise");
}

static void test_keys_are_not_busy(void **state UNUSED)
{
	struct dtmf_tx keys = { .count = 0 };
	int16_t pcm[BLOCK];

	line_start();
	assert_int_equal(dtmf_tx_queue(&keys, "1234567890*#ABCD1111111122222222", 4000, 4000, -9, -7), 0);
	for (bool more = true; more; line_len += BLOCK) {
		memset(pcm, 0, sizeof(pcm));
		more = dtmf_tx_block(&keys, pcm, BLOCK) > 0;
		for (int i = 0; i < BLOCK; i++)
			line[line_len + (size_t)i] = pcm[i];
	}
	expect_no_tone("keys in busy's rhythm");
}

/* All prompts that are built, spoken and slow, in a row: seconds of speech in many voices' pitches. */
static void test_prompts_are_not_busy(void **state UNUSED)
{
	const char *build = getenv("CALLKEY_BUILD");
	char pattern[256];
	glob_t found;

	snprintf(pattern, sizeof(pattern), "%s/share/prompts/*/*/*.wav", build != NULL ? build : "build");
	if (glob(pattern, 0, NULL, &found) != 0)
		skip();
	for (size_t i = 0; i < found.gl_pathc; i++) {
		static uint8_t bytes[4 << 20];
		FILE *f = fopen(found.gl_pathv[i], "rb");
		size_t len = f != NULL ? fread(bytes, 1, sizeof(bytes), f) : 0, n;
		int16_t *pcm;

		if (f != NULL)
			fclose(f);
		if (wav_read(bytes, len, &pcm, &n) != WAV_OK)
			continue;
		line_start();
		for (size_t k = 0; k < n && line_len < LINE_MAX; k++)
			line[line_len++] = pcm[k];
		free(pcm);
		expect_no_tone(found.gl_pathv[i]);
	}
	globfree(&found);
}

static void test_tones_of_other_plans(void **state UNUSED)
{
	enum call_tone tone;
	enum tone_plan plan;

	line_start();
	for (; line_len < 10 * DSP_RATE; line_len++)
		line[line_len] = line_len / 4000 % 2 == 0 ? line_amplitude(-10) * (float)sin(2 * M_PI * 425 * (double)line_len / DSP_RATE) : 0;
	assert_in_range(tone_after(TONE_PLAN_EU, &tone), 3000, 5000);
	assert_int_equal(tone_plan_parse("kr", &plan), 0);
	assert_int_equal(plan, TONE_PLAN_KR);
	assert_int_equal(tone_plan_parse("xx", &plan), ERR_NOT_FOUND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_busy_and_reorder_of_the_Korean_network),
		cmocka_unit_test(test_busy_beneath_an_echo),
		cmocka_unit_test(test_other_tones_are_not_busy),
		cmocka_unit_test(test_keys_are_not_busy),
		cmocka_unit_test(test_prompts_are_not_busy),
		cmocka_unit_test(test_tones_of_other_plans),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
