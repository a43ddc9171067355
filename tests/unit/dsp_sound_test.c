/* dsp_sound_test.c: companding, tones, levels and the prompt player. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "dsp/dsp.h"

enum { SECOND = DSP_RATE };

/* ---- g711 ---- */

static void g711_matches_the_standards_values(void **state UNUSED)
{
	static const struct { enum dsp_law law; uint8_t octet; int16_t linear; } cases[] = {
		{ DSP_ALAW, 0xD5, 8 }, { DSP_ALAW, 0x55, -8 }, { DSP_ALAW, 0xAA, 32256 }, { DSP_ALAW, 0x2A, -32256 },
		{ DSP_ALAW, 0xD4, 24 }, { DSP_ALAW, 0xC5, 264 }, { DSP_ALAW, 0x45, -264 }, { DSP_ALAW, 0xF5, 528 },
		{ DSP_ALAW, 0x85, 4224 }, { DSP_ULAW, 0xFF, 0 }, { DSP_ULAW, 0x7F, 0 }, { DSP_ULAW, 0x80, 32124 },
		{ DSP_ULAW, 0x00, -32124 }, { DSP_ULAW, 0xFE, 8 }, { DSP_ULAW, 0xEF, 132 }, { DSP_ULAW, 0x8F, 16764 },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		int16_t linear;

		g711_decode(cases[i].law, &cases[i].octet, &linear, 1);
		assert_int_equal(linear, cases[i].linear);
	}
}

static void g711_every_octet_survives_decoding_and_encoding(void **state UNUSED)
{
	for (int law = DSP_ALAW; law <= DSP_ULAW; law++)
		for (int i = 0; i < 256; i++) {
			uint8_t octet = (uint8_t)i, back;
			int16_t linear;

			g711_decode((enum dsp_law)law, &octet, &linear, 1);
			g711_encode((enum dsp_law)law, &linear, &back, 1);
			/* mu-law has two zeros; the positive one is sent. */
			assert_int_equal(back, law == DSP_ULAW && i == 0x7F ? 0xFF : i);
		}
}

/* A step is a sixteenth of the segment's start, so half a step is at most a 32nd of the value (and its bias). */
static void g711_encoding_errs_by_half_a_step_at_most(void **state UNUSED)
{
	for (int law = DSP_ALAW; law <= DSP_ULAW; law++)
		for (int value = -32768; value <= 32767; value++) {
			int16_t in = (int16_t)value, out;
			uint8_t octet;

			g711_encode((enum dsp_law)law, &in, &octet, 1);
			g711_decode((enum dsp_law)law, &octet, &out, 1);
			assert_true(abs(out - value) <= (abs(value) + 132) / 32 + 8);
			assert_true(abs(value) < 16 || (out > 0) == (value > 0));
		}
}

static void g711_idle_is_silence(void **state UNUSED)
{
	for (int law = DSP_ALAW; law <= DSP_ULAW; law++) {
		uint8_t idle = g711_idle((enum dsp_law)law);
		int16_t linear;

		g711_decode((enum dsp_law)law, &idle, &linear, 1);
		assert_in_range(linear, 0, 8);
	}
}

/* ---- tones and levels ---- */

/* The level in dBm0 of one frequency in pcm. */
static double tone_level(const int16_t *pcm, size_t n, double hz)
{
	double re = 0, im = 0;

	for (size_t i = 0; i < n; i++) {
		re += pcm[i] * cos(2 * M_PI * hz * (double)i / DSP_RATE);
		im += pcm[i] * sin(2 * M_PI * hz * (double)i / DSP_RATE);
	}
	return 20 * log10(2 * sqrt(re * re + im * im) / (double)n / 32768 + 1e-9) + 3.14;
}

static double whole_level(const int16_t *pcm, size_t n)
{
	struct level l = { 0 };

	level_add(&l, pcm, n);
	return level_dbm0(&l);
}

static void level_knows_the_digital_milliwatt(void **state UNUSED)
{
	/* ITU-T G.711 tables 5 and 6: these octets, repeated, are 1 kHz at 0 dBm0. */
	static const uint8_t alaw[8] = { 0x34, 0x21, 0x21, 0x34, 0xB4, 0xA1, 0xA1, 0xB4 };
	static const uint8_t ulaw[8] = { 0x1E, 0x0B, 0x0B, 0x1E, 0x9E, 0x8B, 0x8B, 0x9E };
	int16_t pcm[8];
	struct level l = { 0 };

	g711_decode(DSP_ALAW, alaw, pcm, 8);
	for (int i = 0; i < 100; i++)
		level_add(&l, pcm, 8);
	assert_true(fabs(level_dbm0(&l)) < 0.1);
	g711_decode(DSP_ULAW, ulaw, pcm, 8);
	assert_true(fabs(whole_level(pcm, 8)) < 0.15);
}

static void level_of_silence_and_of_nothing_is_minus_99(void **state UNUSED)
{
	int16_t silence[160] = { 0 }, lowest[4] = { INT16_MIN, INT16_MIN, INT16_MIN, INT16_MIN };
	struct level l = { 0 };

	assert_true(level_dbm0(&l) == -99.0);
	level_add(&l, silence, 160);
	assert_true(level_dbm0(&l) == -99.0);
	assert_int_equal(l.peak, 0);
	level_add(&l, lowest, 4);
	assert_int_equal(l.peak, INT16_MAX);
	assert_int_equal(l.samples, 164);
}

static void a_key_has_its_two_frequencies_at_the_levels_asked(void **state UNUSED)
{
	struct dtmf_tx t = { 0 };
	static int16_t pcm[SECOND];

	memset(pcm, 0, sizeof(pcm));
	assert_int_equal(dtmf_tx_queue(&t, "8", SECOND, 0, -12, -10), 0);
	assert_int_equal(dtmf_tx_block(&t, pcm, SECOND), 0);
	assert_true(fabs(tone_level(pcm, SECOND, 852) + 12) < 0.05);
	assert_true(fabs(tone_level(pcm, SECOND, 1336) + 10) < 0.05);
	assert_true(tone_level(pcm, SECOND, 770) < -50 && tone_level(pcm, SECOND, 1209) < -50);
}

static void keys_keep_their_times_whatever_the_block(void **state UNUSED)
{
	static int16_t one[4000], parts[4000];
	struct dtmf_tx a = { 0 }, b = { 0 };

	memset(one, 0, sizeof(one));
	memset(parts, 0, sizeof(parts));
	assert_int_equal(dtmf_tx_queue(&a, "1*D", 500, 300, -9, -7), 0);
	assert_int_equal(dtmf_tx_queue(&b, "1*D", 500, 300, -9, -7), 0);
	assert_int_equal(dtmf_tx_block(&a, one, 4000), 0);
	assert_int_equal(dtmf_tx_block(&b, parts, 160), 3 * 800 - 160);
	for (size_t at = 160; at < 4000; at += 160)
		(void)dtmf_tx_block(&b, parts + at, 160);
	assert_memory_equal(one, parts, sizeof(one));
	for (size_t i = 0; i < 4000; i++)
		if (i >= 2400 || i % 800 >= 500)
			assert_int_equal(one[i], 0);
	assert_true(whole_level(one + 800, 500) > -6);
}

static void a_key_is_added_to_what_is_there(void **state UNUSED)
{
	struct dtmf_tx t = { 0 };
	int16_t pcm[160];

	for (size_t i = 0; i < 160; i++)
		pcm[i] = 1000;
	assert_int_equal(dtmf_tx_queue(&t, "5", 80, 80, -60, -60), 0);
	(void)dtmf_tx_block(&t, pcm, 160);
	for (size_t i = 0; i < 160; i++)
		assert_in_range(pcm[i], i < 80 ? 900 : 1000, i < 80 ? 1100 : 1000);
}

static void keys_that_cannot_be_sent_are_refused(void **state UNUSED)
{
	struct dtmf_tx t = { 0 };

	assert_int_equal(dtmf_tx_queue(&t, "", 400, 400, -9, -7), ERR_INVALID);
	assert_int_equal(dtmf_tx_queue(&t, "12x", 400, 400, -9, -7), ERR_INVALID);
	assert_int_equal(dtmf_tx_queue(&t, "1", 0, 400, -9, -7), ERR_INVALID);
	assert_int_equal(dtmf_tx_queue(&t, "1", 400, -1, -9, -7), ERR_INVALID);
	assert_int_equal(dtmf_tx_queue(&t, "1", 400, 400, 9, -7), ERR_INVALID);
	assert_int_equal(dtmf_tx_queue(&t, "12345678901234567890", 400, 400, -9, -7), 0);
	assert_int_equal(dtmf_tx_queue(&t, "12345678901234567890", 400, 400, -9, -7), 0);
	assert_int_equal(dtmf_tx_queue(&t, "1", 400, 400, -9, -7), ERR_TOO_LONG);
}

static void shorter_times_queued_in_mid_key_end_it(void **state UNUSED)
{
	struct dtmf_tx t = { 0 };
	int16_t pcm[160] = { 0 };

	assert_int_equal(dtmf_tx_queue(&t, "1", 800, 800, -9, -7), 0);
	(void)dtmf_tx_block(&t, pcm, 160);
	assert_int_equal(dtmf_tx_queue(&t, "2", 40, 40, -9, -7), 0);
	assert_int_equal(dtmf_tx_block(&t, pcm, 160), 0);
}

static void a_sender_that_is_done_holds_no_keys(void **state UNUSED)
{
	static const struct dtmf_tx empty;
	struct dtmf_tx t = { 0 };
	int16_t pcm[160] = { 0 };

	assert_int_equal(dtmf_tx_queue(&t, "12", 40, 40, -9, -7), 0);
	assert_int_equal(dtmf_tx_block(&t, pcm, 160), 0);
	assert_memory_equal(&t, &empty, sizeof(t));
}

static void call_tones_have_the_korean_frequencies_and_cadences(void **state UNUSED)
{
	static const struct { enum dsp_tone tone; double hz[2]; size_t on, off; } plan[] = {
		{ DSP_TONE_DIAL, { 350, 440 }, 5 * SECOND, 0 },
		{ DSP_TONE_RINGBACK, { 440, 480 }, SECOND, 2 * SECOND },
		{ DSP_TONE_BUSY, { 480, 620 }, SECOND / 2, SECOND / 2 },
		{ DSP_TONE_REORDER, { 480, 620 }, SECOND * 3 / 10, SECOND / 5 },
	};
	static int16_t pcm[6 * SECOND];

	for (size_t i = 0; i < ARRAY_LEN(plan); i++) {
		uint64_t sample = 0;

		for (size_t at = 0; at < 6 * SECOND; at += 160)
			tone_block(plan[i].tone, &sample, pcm + at, 160);
		assert_int_equal(sample, 6 * SECOND);
		assert_true(fabs(tone_level(pcm, plan[i].on / 100 * 100, plan[i].hz[0]) + 13) < 0.3);
		assert_true(fabs(tone_level(pcm, plan[i].on / 100 * 100, plan[i].hz[1]) + 13) < 0.3);
		for (size_t at = 0; plan[i].off > 0 && at < 6 * SECOND; at += 100) {
			bool sounding = at % (plan[i].on + plan[i].off) < plan[i].on;

			assert_int_equal(whole_level(pcm + at, 100) > -30, sounding);
		}
	}
}

static void the_beep_sounds_once(void **state UNUSED)
{
	static int16_t pcm[3 * SECOND];
	uint64_t sample = 0;

	tone_block(DSP_TONE_BEEP, &sample, pcm, 3 * SECOND);
	assert_true(fabs(tone_level(pcm, SECOND / 5, 1000) + 16) < 0.1);
	assert_true(whole_level(pcm + SECOND / 5, 2 * SECOND) == -99.0);
}

/* ---- player ---- */

enum { SOUND_MAX = 1000 };
static uint8_t sounds[2][SOUND_MAX];
static struct prompt_audio audio[4];

static void cut_sounds(uint32_t a, uint32_t b, uint32_t c, uint32_t d)
{
	const uint32_t lengths[4] = { a, b, c, d };
	uint32_t at = 0;

	for (size_t i = 0; i < SOUND_MAX; i++) {
		sounds[0][i] = (uint8_t)(i * 7 + 1);
		sounds[1][i] = (uint8_t)(i * 11 + 3);
	}
	for (size_t i = 0; i < 4; i++) {
		audio[i] = (struct prompt_audio){ { &sounds[0][at], &sounds[1][at] }, lengths[i] };
		at += lengths[i];
	}
	assert_true(at <= SOUND_MAX);
}

static const struct prompt_audio *const items[4] = { &audio[0], &audio[1], &audio[2], &audio[3] };

static void items_follow_each_other_bit_by_bit_across_blocks(void **state UNUSED)
{
	static const uint32_t cuts[][4] = { { 160, 160, 160, 160 }, { 1, 159, 1, 500 }, { 17, 0, 333, 250 }, { 0, 0, 0, 5 },
	                                    { 400, 3, 3, 3 } };

	for (size_t c = 0; c < ARRAY_LEN(cuts); c++)
		for (int law = DSP_ALAW; law <= DSP_ULAW; law++) {
			uint32_t total = cuts[c][0] + cuts[c][1] + cuts[c][2] + cuts[c][3];
			uint8_t out[SOUND_MAX + 160];
			struct player p;
			size_t at = 0;

			cut_sounds(cuts[c][0], cuts[c][1], cuts[c][2], cuts[c][3]);
			player_start(&p, items, 4, false);
			while (!player_block(&p, (enum dsp_law)law, out + at, 160)) {
				at += 160;
				assert_true(at < total);
			}
			at += 160;
			assert_true(at >= total && at < total + 160);
			assert_memory_equal(out, sounds[law], total);
			for (size_t i = total; i < at; i++)
				assert_int_equal(out[i], g711_idle((enum dsp_law)law));
			assert_int_equal(p.played_samples, total);
			assert_false(p.playing);
		}
}

static void the_end_is_told_once_and_then_there_is_silence(void **state UNUSED)
{
	uint8_t out[160];
	struct player p;

	cut_sounds(160, 0, 0, 0);
	player_start(&p, items, 2, false);
	assert_true(player_block(&p, DSP_ALAW, out, 160));
	assert_false(player_block(&p, DSP_ALAW, out, 160));
	for (size_t i = 0; i < 160; i++)
		assert_int_equal(out[i], 0xD5);
	assert_int_equal(p.played_samples, 160);
}

static void an_empty_list_ends_at_once(void **state UNUSED)
{
	uint8_t out[160];
	struct player p;

	player_start(&p, NULL, 0, false);
	assert_true(player_block(&p, DSP_ULAW, out, 160));
	player_start(&p, NULL, 0, true);
	assert_true(player_block(&p, DSP_ULAW, out, 160));
	cut_sounds(0, 0, 0, 0);
	player_start(&p, items, 4, true);
	assert_true(player_block(&p, DSP_ULAW, out, 160));
	assert_int_equal(out[0], 0xFF);
}

static void a_loop_goes_round_without_a_seam(void **state UNUSED)
{
	uint8_t out[160];
	struct player p;
	size_t heard = 0;

	cut_sounds(30, 0, 11, 7);
	player_start(&p, items, 4, true);
	for (int block = 0; block < 50; block++) {
		assert_false(player_block(&p, DSP_ULAW, out, 160));
		for (size_t i = 0; i < 160; i++, heard++)
			assert_int_equal(out[i], sounds[DSP_ULAW][heard % 48]);
	}
	player_stop(&p);
	assert_false(player_block(&p, DSP_ULAW, out, 160));
	assert_int_equal(out[0], 0xFF);
}

/* The first key stops the sound in the middle of a block: what was made of the block up to there stays as it was. */
static void a_stop_in_mid_block_leaves_only_silence_behind(void **state UNUSED)
{
	uint8_t out[160];
	struct player p;

	cut_sounds(500, 0, 0, 0);
	player_start(&p, items, 1, false);
	assert_false(player_block(&p, DSP_ALAW, out, 77));
	player_stop(&p);
	assert_false(player_block(&p, DSP_ALAW, out + 77, 83));
	assert_memory_equal(out, sounds[DSP_ALAW], 77);
	for (size_t i = 77; i < 160; i++)
		assert_int_equal(out[i], 0xD5);
	assert_int_equal(p.played_samples, 77);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(g711_matches_the_standards_values),
		cmocka_unit_test(g711_every_octet_survives_decoding_and_encoding),
		cmocka_unit_test(g711_encoding_errs_by_half_a_step_at_most),
		cmocka_unit_test(g711_idle_is_silence),
		cmocka_unit_test(level_knows_the_digital_milliwatt),
		cmocka_unit_test(level_of_silence_and_of_nothing_is_minus_99),
		cmocka_unit_test(a_key_has_its_two_frequencies_at_the_levels_asked),
		cmocka_unit_test(keys_keep_their_times_whatever_the_block),
		cmocka_unit_test(a_key_is_added_to_what_is_there),
		cmocka_unit_test(keys_that_cannot_be_sent_are_refused),
		cmocka_unit_test(shorter_times_queued_in_mid_key_end_it),
		cmocka_unit_test(a_sender_that_is_done_holds_no_keys),
		cmocka_unit_test(call_tones_have_the_korean_frequencies_and_cadences),
		cmocka_unit_test(the_beep_sounds_once),
		cmocka_unit_test(items_follow_each_other_bit_by_bit_across_blocks),
		cmocka_unit_test(the_end_is_told_once_and_then_there_is_silence),
		cmocka_unit_test(an_empty_list_ends_at_once),
		cmocka_unit_test(a_loop_goes_round_without_a_seam),
		cmocka_unit_test(a_stop_in_mid_block_leaves_only_silence_behind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
