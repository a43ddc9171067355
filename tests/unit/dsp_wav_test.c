/* dsp_wav_test.c: good sound files are read exactly, 16 kHz without aliases, and every bad one is refused by name. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "dsp/dsp.h"

enum { PCM = 1, ALAW = 6, ULAW = 7, EXTENSIBLE = 0xFFFE, FILE_MAX = 4000000 };

static uint8_t file[FILE_MAX];
static size_t len;

static void put(const char *tag) { memcpy(file + len, tag, 4); len += 4; }
static void put16(unsigned int v) { file[len++] = (uint8_t)v; file[len++] = (uint8_t)(v >> 8); }
static void put32(uint32_t v) { put16(v & 0xFFFF); put16(v >> 16); }

static void begin(unsigned int coding, unsigned int channels, uint32_t rate, unsigned int bits)
{
	len = 0;
	put("RIFF");
	put32(0);
	put("WAVE");
	put("fmt ");
	put32(coding == EXTENSIBLE ? 40 : 16);
	put16(coding);
	put16(channels);
	put32(rate);
	put32(rate * channels * bits / 8);
	put16(channels * bits / 8);
	put16(bits);
	if (coding == EXTENSIBLE) {
		put16(22);
		put16(bits);
		put32(4);
		put16(PCM);
		for (int i = 0; i < 14; i++)
			file[len++] = (uint8_t)i;
	}
}

static void begin_data(uint32_t size)
{
	put("data");
	put32(size);
}

static void put_tone(double hz, double rate, size_t n, double peak)
{
	begin_data((uint32_t)(2 * n));
	for (size_t i = 0; i < n; i++)
		put16((unsigned int)(uint16_t)(int16_t)lrint(peak * sin(2 * M_PI * hz * (double)i / rate)));
}

/* Hands over an exact-size copy, so that a sanitizer sees the first octet read behind it. */
static enum wav_fault read_file(int16_t **pcm, size_t *n)
{
	uint8_t *exact = malloc(len > 0 ? len : 1);
	enum wav_fault f;

	assert_non_null(exact);
	memcpy(exact, file, len);
	*pcm = NULL;
	*n = 12345;
	f = wav_read(exact, len, pcm, n);
	free(exact);
	if (f != WAV_OK) {
		assert_null(*pcm);
		assert_int_equal(*n, 12345);
	}
	return f;
}

static enum wav_fault fault_of_file(void)
{
	int16_t *pcm;
	size_t n;
	enum wav_fault f = read_file(&pcm, &n);

	free(pcm);
	return f;
}

static void linear_8_khz_is_read_bit_by_bit(void **state UNUSED)
{
	static const unsigned int codings[] = { PCM, EXTENSIBLE };

	for (size_t c = 0; c < ARRAY_LEN(codings); c++) {
		int16_t *pcm;
		size_t n;

		begin(codings[c], 1, 8000, 16);
		begin_data(600);
		for (int i = 0; i < 300; i++)
			put16((unsigned int)(i * 211 - 30000) & 0xFFFF);
		assert_int_equal(read_file(&pcm, &n), WAV_OK);
		assert_int_equal(n, 300);
		for (int i = 0; i < 300; i++)
			assert_int_equal(pcm[i], (int16_t)(i * 211 - 30000));
		free(pcm);
	}
}

static void companded_8_khz_is_decoded(void **state UNUSED)
{
	for (int law = DSP_ALAW; law <= DSP_ULAW; law++) {
		int16_t *pcm, expected[256];
		size_t n;

		begin(law == DSP_ALAW ? ALAW : ULAW, 1, 8000, 8);
		begin_data(256);
		for (int i = 0; i < 256; i++)
			file[len++] = (uint8_t)i;
		g711_decode((enum dsp_law)law, file + len - 256, expected, 256);
		assert_int_equal(read_file(&pcm, &n), WAV_OK);
		assert_int_equal(n, 256);
		assert_memory_equal(pcm, expected, sizeof(expected));
		free(pcm);
	}
}

static void other_chunks_are_stepped_over(void **state UNUSED)
{
	int16_t *pcm;
	size_t n;

	begin(PCM, 1, 8000, 16);
	put("LIST");
	put32(5);                            /* odd: one octet of padding follows */
	len += 6;
	begin_data(4);
	put32(0x00020001);
	put("tail");
	put32(2);
	put16(0);
	assert_int_equal(read_file(&pcm, &n), WAV_OK);
	assert_int_equal(n, 2);
	assert_int_equal(pcm[0], 1);
	assert_int_equal(pcm[1], 2);
	free(pcm);
}

static double level_of_converted(double hz)
{
	struct level l = { 0 };
	int16_t *pcm;
	size_t n;

	begin(PCM, 1, 16000, 16);
	put_tone(hz, 16000, 16000, 10000);
	assert_int_equal(read_file(&pcm, &n), WAV_OK);
	assert_int_equal(n, 8000);
	level_add(&l, pcm + 200, n - 400);
	free(pcm);
	return level_dbm0(&l);
}

static void conversion_from_16_khz_keeps_speech_and_makes_no_aliases(void **state UNUSED)
{
	static const double kept[] = { 200, 300, 1000, 2500, 3000, 3400 }, gone[] = { 4500, 5000, 5500, 6500, 7500 };
	double full = 20 * log10(10000 / 32768.0) + 3.14;

	for (size_t i = 0; i < ARRAY_LEN(kept); i++)
		assert_true(fabs(level_of_converted(kept[i]) - full) < 0.3);
	for (size_t i = 0; i < ARRAY_LEN(gone); i++)
		assert_true(level_of_converted(gone[i]) < full - 45);
}

static void conversion_keeps_time(void **state UNUSED)
{
	int16_t *pcm;
	size_t n, top = 0;

	/* A click at sample 1000 of 16 kHz is at 500 of 8 kHz. */
	begin(PCM, 1, 16000, 16);
	begin_data(4000);
	for (int i = 0; i < 2000; i++)
		put16(i == 1000 ? 20000 : 0);
	assert_int_equal(read_file(&pcm, &n), WAV_OK);
	assert_int_equal(n, 1000);
	for (size_t i = 0; i < n; i++)
		if (pcm[i] > pcm[top])
			top = i;
	assert_int_equal(top, 500);
	free(pcm);
}

static void what_is_no_wave_file_is_refused(void **state UNUSED)
{
	len = 0;
	assert_int_equal(fault_of_file(), WAV_NOT_WAVE);
	memcpy(file, "OggS....vorbis", 14);
	len = 14;
	assert_int_equal(fault_of_file(), WAV_NOT_WAVE);
	begin(PCM, 1, 8000, 16);
	put_tone(1000, 8000, 100, 1000);
	file[0] = 'X';
	assert_int_equal(fault_of_file(), WAV_NOT_WAVE);
	/* data before fmt */
	len = 0;
	put("RIFF");
	put32(0);
	put("WAVE");
	begin_data(4);
	put32(0);
	assert_int_equal(fault_of_file(), WAV_NOT_WAVE);
	/* a fmt too short to be one */
	begin(PCM, 1, 8000, 16);
	file[16] = 8;
	assert_int_equal(fault_of_file(), WAV_NOT_WAVE);
}

static void every_wrong_format_is_named(void **state UNUSED)
{
	static const struct { unsigned int coding, channels, rate, bits; enum wav_fault fault; } cases[] = {
		{ PCM, 1, 44100, 16, WAV_BAD_RATE }, { PCM, 1, 22050, 16, WAV_BAD_RATE }, { PCM, 1, 0, 16, WAV_BAD_RATE },
		{ PCM, 1, 0xFFFFFFFF, 16, WAV_BAD_RATE }, { PCM, 2, 8000, 16, WAV_NOT_MONO }, { PCM, 0, 8000, 16, WAV_NOT_MONO },
		{ PCM, 1, 8000, 8, WAV_BAD_CODING }, { PCM, 1, 8000, 24, WAV_BAD_CODING }, { PCM, 1, 8000, 0, WAV_BAD_CODING },
		{ ALAW, 1, 8000, 16, WAV_BAD_CODING }, { 3, 1, 8000, 32, WAV_BAD_CODING }, { 0x55, 1, 8000, 0, WAV_BAD_CODING },
		{ ULAW, 2, 8000, 8, WAV_NOT_MONO },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		begin(cases[i].coding, cases[i].channels, cases[i].rate, cases[i].bits);
		put_tone(1000, 8000, 1000, 1000);
		assert_int_equal(fault_of_file(), cases[i].fault);
	}
}

static void an_empty_sound_is_refused(void **state UNUSED)
{
	begin(PCM, 1, 8000, 16);
	begin_data(0);
	assert_int_equal(fault_of_file(), WAV_EMPTY);
	begin(PCM, 1, 8000, 16);
	begin_data(1);
	file[len++] = 0;
	assert_int_equal(fault_of_file(), WAV_EMPTY);
	begin(PCM, 1, 16000, 16);
	begin_data(2);
	put16(5);
	assert_int_equal(fault_of_file(), WAV_EMPTY);
}

static void sixty_seconds_are_enough(void **state UNUSED)
{
	begin(ALAW, 1, 8000, 8);
	begin_data(60 * 8000);
	memset(file + len, 0xD5, 60 * 8000);
	len += 60 * 8000;
	assert_int_equal(fault_of_file(), WAV_OK);
	begin(ALAW, 1, 8000, 8);
	begin_data(60 * 8000 + 1);
	memset(file + len, 0xD5, 60 * 8000 + 1);
	len += 60 * 8000 + 1;
	assert_int_equal(fault_of_file(), WAV_TOO_LONG);
}

static void a_flat_top_is_clipped_and_one_high_sample_is_not(void **state UNUSED)
{
	begin(PCM, 1, 8000, 16);
	put_tone(200, 8000, 800, 32767);
	assert_int_equal(fault_of_file(), WAV_OK);
	begin(PCM, 1, 8000, 16);
	begin_data(1600);
	for (int i = 0; i < 800; i++)
		put16((unsigned int)(uint16_t)(int16_t)fmax(-32768, fmin(32767, 60000 * sin(2 * M_PI * 200 * i / 8000))));
	assert_int_equal(fault_of_file(), WAV_CLIPPED);
	begin(ULAW, 1, 8000, 8);
	begin_data(100);
	memset(file + len, 0x80, 100);
	len += 100;
	assert_int_equal(fault_of_file(), WAV_CLIPPED);
}

/* A file cut anywhere is refused or is read in bounds; a chunk that claims more than there is is refused. */
static void a_cut_file_is_never_read_past_its_end(void **state UNUSED)
{
	size_t whole;

	begin(EXTENSIBLE, 1, 16000, 16);
	put("LIST");
	put32(3);
	len += 4;
	put_tone(1000, 16000, 50, 1000);
	whole = len;
	for (len = 0; len < whole; len++)
		assert_true(fault_of_file() == WAV_NOT_WAVE || fault_of_file() == WAV_TRUNCATED);
	assert_int_equal(fault_of_file(), WAV_OK);
}

static void hostile_sizes_are_refused(void **state UNUSED)
{
	static const uint32_t sizes[] = { 0xFFFFFFFF, 0xFFFFFFFE, 0x80000000, 0x7FFFFFFF, 201 };

	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		begin(PCM, 1, 8000, 16);
		put_tone(1000, 8000, 100, 1000);
		memcpy(file + 40, &sizes[i], 4);
		assert_int_equal(fault_of_file(), WAV_TRUNCATED);
		begin(PCM, 1, 8000, 16);
		memcpy(file + 16, &sizes[i], 4);
		assert_int_equal(fault_of_file(), WAV_TRUNCATED);
	}
}

static void random_damage_does_no_harm(void **state UNUSED)
{
	uint32_t seed = 7;

	for (int round = 0; round < 20000; round++) {
		begin(round & 1 ? EXTENSIBLE : PCM, 1, 16000, 16);
		put_tone(1000, 16000, 64, 1000);
		for (int hit = 0; hit < 4; hit++) {
			seed = seed * 1664525 + 1013904223;
			file[(seed >> 8) % 80] = (uint8_t)(seed >> 3);
		}
		(void)fault_of_file();
	}
}

static void every_fault_has_words(void **state UNUSED)
{
	for (int f = WAV_OK; f <= WAV_NO_MEMORY; f++) {
		assert_true(strlen(wav_fault_text((enum wav_fault)f)) > 3);
		for (int g = WAV_OK; g < f; g++)
			assert_string_not_equal(wav_fault_text((enum wav_fault)f), wav_fault_text((enum wav_fault)g));
	}
	assert_string_equal(wav_fault_text((enum wav_fault)99), "unreadable");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(linear_8_khz_is_read_bit_by_bit),
		cmocka_unit_test(companded_8_khz_is_decoded),
		cmocka_unit_test(other_chunks_are_stepped_over),
		cmocka_unit_test(conversion_from_16_khz_keeps_speech_and_makes_no_aliases),
		cmocka_unit_test(conversion_keeps_time),
		cmocka_unit_test(what_is_no_wave_file_is_refused),
		cmocka_unit_test(every_wrong_format_is_named),
		cmocka_unit_test(an_empty_sound_is_refused),
		cmocka_unit_test(sixty_seconds_are_enough),
		cmocka_unit_test(a_flat_top_is_clipped_and_one_high_sample_is_not),
		cmocka_unit_test(a_cut_file_is_never_read_past_its_end),
		cmocka_unit_test(hostile_sizes_are_refused),
		cmocka_unit_test(random_damage_does_no_harm),
		cmocka_unit_test(every_fault_has_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
