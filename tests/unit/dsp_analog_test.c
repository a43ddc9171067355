/* dsp_analog_test.c: caller id by FSK and keys at the levels and in the noise of long lines, through companding; damaged and
 * hostile messages tell nothing. */
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

static void *rx_memory, *tx_memory;

static int set_up(void **state UNUSED)
{
	dsp_thread_init();
	rx_memory = aligned_alloc(64, caller_id_rx_size());
	tx_memory = aligned_alloc(64, caller_id_tx_size());
	return rx_memory != NULL && tx_memory != NULL ? 0 : -1;
}

static int tear_down(void **state UNUSED)
{
	free(rx_memory);
	free(tx_memory);
	return 0;
}

/* The message as spandsp sends it, its sound at the level that is wanted. */
static void add_message(enum caller_id_kind kind, const struct caller_id *id, double dbm0)
{
	struct caller_id_tx *tx = caller_id_tx_setup(tx_memory, kind);
	struct level l = { 0 };
	size_t begin = line_len;
	int16_t pcm[BLOCK];
	double gain;

	assert_int_equal(caller_id_tx_put(tx, id), 0);
	while (caller_id_tx_block(tx, pcm, BLOCK)) {
		level_add(&l, pcm, BLOCK);
		for (int i = 0; i < BLOCK; i++)
			line[line_len++] = pcm[i];
	}
	gain = pow(10, (dbm0 - level_dbm0(&l)) / 20);
	for (size_t i = begin; i < line_len; i++)
		line[i] *= (float)gain;
	line_len += 5 * DSP_RATE / 10;
}

/* How many messages were told; the last in *id. */
static int listen(enum caller_id_kind kind, struct caller_id *id)
{
	struct caller_id_rx *rx = caller_id_rx_setup(rx_memory, kind);
	int16_t pcm[BLOCK];
	int told = 0;

	memset(id, 0, sizeof(*id));
	for (size_t at = 0; at + BLOCK <= line_len; at += BLOCK) {
		line_take_block(at, pcm);
		told += caller_id_rx_block(rx, pcm, BLOCK, id);
	}
	return told;
}

static const struct caller_id usual = { CALLER_ID_GIVEN, "01012345678" };

static void judge(enum caller_id_kind kind, double dbm0, double noise_dbm0, const struct caller_id *wanted)
{
	struct caller_id got;

	line_start();
	add_message(kind, wanted, dbm0);
	line_add_noise(noise_dbm0);
	if (listen(kind, &got) != 1)
		fail_msg("kind %d at %.0f dBm0, noise %.0f dBm0: not heard", kind, dbm0, noise_dbm0);
	assert_int_equal(got.status, wanted->status);
	assert_string_equal(got.number, wanted->number);
}

/* GR-30: -32 to -12 dBm at the telephone, signal to noise 25 dB and better. */
static void test_fsk_at_all_levels(void **state UNUSED)
{
	static const enum caller_id_kind kinds[] = { CALLER_ID_BELLCORE, CALLER_ID_V23 };
	static const int levels[] = { -3, -9, -13, -20, -28, -34, -38 };

	for (size_t k = 0; k < ARRAY_LEN(kinds); k++)
		for (size_t i = 0; i < ARRAY_LEN(levels); i++)
			judge(kinds[k], levels[i], -75, &usual);
}

static void test_fsk_in_noise(void **state UNUSED)
{
	for (int i = 0; i < 20; i++) {
		judge(CALLER_ID_BELLCORE, -14, -34, &usual);
		judge(CALLER_ID_V23, -14, -34, &usual);
	}
}

static void test_keys_at_all_levels(void **state UNUSED)
{
	static const int levels[] = { -5, -10, -16, -22 };

	for (size_t i = 0; i < ARRAY_LEN(levels); i++)
		judge(CALLER_ID_DTMF, levels[i], levels[i] - 25, &usual);
}

static void test_what_is_said_without_a_number(void **state UNUSED)
{
	static const struct caller_id withheld = { CALLER_ID_WITHHELD, "" }, unavailable = { CALLER_ID_UNAVAILABLE, "" };

	for (int kind = CALLER_ID_BELLCORE; kind <= CALLER_ID_DTMF; kind++) {
		judge((enum caller_id_kind)kind, -14, -60, &withheld);
		judge((enum caller_id_kind)kind, -14, -60, &unavailable);
	}
}

/* Every bit rhythm: all digits, and the longest number there is room for. */
static void test_numbers(void **state UNUSED)
{
	static const char *const numbers[] = { "0", "5", "1234567890", "0212345678", "821012345678", "00000000000000000000" };

	for (int kind = CALLER_ID_BELLCORE; kind <= CALLER_ID_DTMF; kind++)
		for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
			struct caller_id id = { CALLER_ID_GIVEN, "" };

			snprintf(id.number, sizeof(id.number), "%s", numbers[i]);
			judge((enum caller_id_kind)kind, -14, -60, &id);
		}
}

static void test_nothing_is_told_by_noise_alone(void **state UNUSED)
{
	struct caller_id id;

	for (int kind = CALLER_ID_NONE; kind <= CALLER_ID_DTMF; kind++) {
		line_start();
		line_len = 20 * DSP_RATE;
		line_add_noise(-14);
		assert_int_equal(listen((enum caller_id_kind)kind, &id), 0);
	}
}

/* A click of 20 ms anywhere: the right number or none. */
static void test_a_click_never_makes_another_number(void **state UNUSED)
{
	struct caller_id id;
	int told = 0, clicks = 0;

	for (size_t at = 0; LEAD + at * 97 + 160 < line_len || at == 0; at++, clicks++) {
		line_start();
		add_message(CALLER_ID_BELLCORE, &usual, -14);
		for (size_t i = 0; i < 160; i++)
			line[LEAD + at * 97 + i] = line_amplitude(-8) * line_noise_sample();
		if (listen(CALLER_ID_BELLCORE, &id) == 0)
			continue;
		told++;
		assert_string_equal(id.number, usual.number);
	}
	assert_in_range(told, 20, clicks - 20);      /* in seizure and marks they do no harm, within the message they do */
}

static double phase;
static void add_bit(int bit)
{
	static double rest;
	double samples = DSP_RATE / 1200.0 + rest;

	rest = samples - floor(samples);
	for (int i = 0; i < (int)samples; i++) {
		phase += 2 * M_PI * (bit ? 1200 : 2200) / DSP_RATE;
		line[line_len++] = line_amplitude(-14) * (float)sin(phase);
	}
}

static void add_octet(uint8_t octet)
{
	add_bit(0);
	for (int i = 0; i < 8; i++)
		add_bit(octet >> i & 1);
	add_bit(1);
}

/* type, length as it is claimed, body, a right check sum over what is there. */
static void add_raw(const uint8_t *octets, size_t len, uint8_t damage)
{
	uint8_t sum = damage;

	for (int i = 0; i < 300; i++)
		add_bit(i & 1);
	for (int i = 0; i < 180; i++)
		add_bit(1);
	for (size_t i = 0; i < len; i++) {
		add_octet(octets[i]);
		sum = (uint8_t)(sum + octets[i]);
	}
	add_octet((uint8_t)-sum);
	for (int i = 0; i < 20; i++)
		add_bit(1);
	line_len += BLOCK * 10;
}

static int raw(const uint8_t *octets, size_t len, struct caller_id *id)
{
	line_start();
	add_raw(octets, len, 0);
	return listen(CALLER_ID_BELLCORE, id);
}

#define RAW(id, ...) raw((const uint8_t[]){ __VA_ARGS__ }, sizeof((const uint8_t[]){ __VA_ARGS__ }), id)

static void test_forms_of_messages(void **state UNUSED)
{
	struct caller_id id;

	/* SDMF: eight digits of date, then the number or a reason */
	assert_int_equal(RAW(&id, 0x04, 12, '0', '1', '0', '1', '1', '2', '0', '0', '5', '5', '1', '2'), 1);
	assert_string_equal(id.number, "5512");
	assert_int_equal(RAW(&id, 0x04, 9, '0', '1', '0', '1', '1', '2', '0', '0', 'P'), 1);
	assert_int_equal(id.status, CALLER_ID_WITHHELD);
	/* MDMF: fields in any order, unknown ones passed over, the first number counts */
	assert_int_equal(RAW(&id, 0x80, 13, 0x55, 1, 9, 0x02, 3, '1', '2', '3', 0x02, 3, '4', '5', '6'), 1);
	assert_string_equal(id.number, "123");
	assert_int_equal(RAW(&id, 0x80, 3, 0x04, 1, 'O'), 1);
	assert_int_equal(id.status, CALLER_ID_UNAVAILABLE);
	assert_string_equal(id.number, "");
}

static void test_hostile_messages(void **state UNUSED)
{
	uint8_t longest[2 + 255] = { 0x80, 255, 0x02, 253 };
	struct caller_id id;

	assert_int_equal(RAW(&id, 0x80, 0), 0);
	assert_int_equal(RAW(&id, 0x80, 2, 0x02, 200), 0);                      /* a field longer than its message */
	assert_int_equal(RAW(&id, 0x80, 1, 0x02), 0);
	assert_int_equal(RAW(&id, 0x80, 5, 0x02, 3, '1', 'x', '3'), 0);         /* not digits */
	assert_int_equal(RAW(&id, 0x80, 2, 0x02, 0), 0);
	assert_int_equal(RAW(&id, 0x04, 3, '1', '2', '3'), 0);                  /* no room for a date */
	assert_int_equal(RAW(&id, 0x82, 3, 0x0b, 1, 255), 0);                   /* message waiting: nobody calls */
	memset(longest + 4, '1', sizeof(longest) - 4);
	assert_int_equal(raw(longest, sizeof(longest), &id), 0);                /* 253 digits are no number */
	longest[2] = 0x55;
	assert_int_equal(raw(longest, sizeof(longest), &id), 0);
}

static void test_a_wrong_check_sum(void **state UNUSED)
{
	static const uint8_t message[] = { 0x80, 5, 0x02, 3, '1', '2', '3' };
	struct caller_id id;

	for (int bit = 0; bit < 8; bit++) {
		line_start();
		add_raw(message, sizeof(message), (uint8_t)(1 << bit));
		assert_int_equal(listen(CALLER_ID_BELLCORE, &id), 0);
	}
	line_start();
	add_raw(message, sizeof(message), 0);
	assert_int_equal(listen(CALLER_ID_BELLCORE, &id), 1);
}

static void test_bad_orders_to_the_sender(void **state UNUSED)
{
	struct caller_id_tx *tx = caller_id_tx_setup(tx_memory, CALLER_ID_BELLCORE);
	enum caller_id_kind kind;

	assert_int_equal(caller_id_tx_put(tx, &(struct caller_id){ CALLER_ID_GIVEN, "" }), ERR_INVALID);
	assert_int_equal(caller_id_tx_put(tx, &(struct caller_id){ CALLER_ID_GIVEN, "12a" }), ERR_INVALID);
	assert_int_equal(caller_id_tx_put(caller_id_tx_setup(tx_memory, CALLER_ID_NONE), &usual), ERR_INVALID);
	assert_int_equal(caller_id_kind_parse("v23", &kind), 0);
	assert_int_equal(kind, CALLER_ID_V23);
	assert_int_equal(caller_id_kind_parse("v24", &kind), ERR_NOT_FOUND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fsk_at_all_levels),
		cmocka_unit_test(test_fsk_in_noise),
		cmocka_unit_test(test_keys_at_all_levels),
		cmocka_unit_test(test_what_is_said_without_a_number),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_nothing_is_told_by_noise_alone),
		cmocka_unit_test(test_a_click_never_makes_another_number),
		cmocka_unit_test(test_a_wrong_check_sum),
		cmocka_unit_test(test_forms_of_messages),
		cmocka_unit_test(test_hostile_messages),
		cmocka_unit_test(test_bad_orders_to_the_sender),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
