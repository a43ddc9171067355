/* line_ear_test.c: one line's ear: it listens for the caller's number when the line rings, and for the caller's hang-up in a
 * call, but never in a secret field. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "trunkd/line_ear.h"

enum { BLOCK = DSP_BLOCK_MAX, SILENCE_S = 30 };

static struct line_ear *ear;
static struct caller_id_tx *tx;
static struct fxo_message found;
static uint64_t tone_at;

static int set_up(void **state UNUSED)
{
	ear = aligned_alloc(64, (line_ear_size() + 63) / 64 * 64);
	tx = aligned_alloc(64, caller_id_tx_size());
	tone_at = 0;
	return ear != NULL && tx != NULL ? 0 : -1;
}

static int tear_down(void **state UNUSED)
{
	free(ear);
	free(tx);
	return 0;
}

static void start(enum caller_id_kind kind)
{
	line_ear_init(ear, &(struct line_ear_config){ .caller_id = kind, .plan = TONE_PLAN_KR, .silence_s = SILENCE_S });
	caller_id_tx_setup(tx, kind);
}

static bool block(const int16_t *pcm, bool in_call, bool in_field)
{
	uint8_t octets[BLOCK];

	g711_encode(DSP_ALAW, pcm, octets, BLOCK);
	return line_ear_block(ear, DSP_ALAW, octets, in_call, in_field, &found);
}

static bool silence(int ms, bool in_call, bool in_field)
{
	static const int16_t pcm[BLOCK];
	bool any = false;

	for (; ms > 0 && !any; ms -= 20)
		any = block(pcm, in_call, in_field);
	return any;
}

static bool message(const char *number, bool in_call)
{
	struct caller_id id = { number[0] != '\0' ? CALLER_ID_GIVEN : CALLER_ID_WITHHELD, "" };
	int16_t pcm[BLOCK];
	bool any = false;

	strcpy(id.number, number);
	assert_int_equal(caller_id_tx_put(tx, &id), 0);
	while (caller_id_tx_block(tx, pcm, BLOCK))
		any |= block(pcm, in_call, false);
	return any | silence(600, in_call, false);
}

/* So many milliseconds of the busy tone, from where it was. */
static bool busy(int ms, bool in_field)
{
	int16_t pcm[BLOCK];
	bool any = false;

	for (; ms > 0; ms -= 20) {
		tone_block(DSP_TONE_BUSY, &tone_at, pcm, BLOCK);
		any |= block(pcm, true, in_field);
	}
	return any;
}

static void fsk_is_listened_for_after_a_ring(void **state UNUSED)
{
	for (int kind = CALLER_ID_BELLCORE; kind <= CALLER_ID_V23; kind++) {
		start((enum caller_id_kind)kind);
		assert_false(message("01012345678", false));
		line_ear_sign(ear, kind == CALLER_ID_V23 ? FXO_POLARITY : FXO_RING);
		silence(500, false, false);
		assert_true(message("01012345678", false));
		assert_int_equal(found.sign, FXO_CALLER);
		assert_string_equal(found.number, "01012345678");
		line_ear_sign(ear, FXO_RING);
		assert_true(message("", false));
		assert_int_equal(found.sign, FXO_NO_CALLER);
		assert_string_equal(found.number, "");
		assert_false(silence(20000, false, false));
		assert_false(message("01012345678", false));     /* long after the last ring */
	}
}

static void keys_are_listened_for_at_all_times(void **state UNUSED)
{
	start(CALLER_ID_DTMF);
	assert_true(message("0212345678", false));
	assert_string_equal(found.number, "0212345678");
	line_ear_sign(ear, FXO_RING);
	assert_true(message("01055556666", false));
	assert_string_equal(found.number, "01055556666");
}

static void a_line_without_caller_id_hears_none(void **state UNUSED)
{
	int16_t pcm[BLOCK] = { 0 };

	start(CALLER_ID_NONE);
	line_ear_sign(ear, FXO_RING);
	assert_false(block(pcm, false, false));
}

/* What sounds like caller id in a call is the caller's doing. */
static void no_number_is_taken_from_a_call(void **state UNUSED)
{
	for (int kind = CALLER_ID_BELLCORE; kind <= CALLER_ID_DTMF; kind++) {
		start((enum caller_id_kind)kind);
		line_ear_sign(ear, FXO_RING);
		assert_false(message("01012345678", true));
	}
}

static void busy_ends_a_call(void **state UNUSED)
{
	start(CALLER_ID_BELLCORE);
	assert_true(busy(4200, false));
	assert_int_equal(found.sign, FXO_TONE);
}

static void busy_in_a_field_ends_nothing(void **state UNUSED)
{
	start(CALLER_ID_BELLCORE);
	assert_false(busy(60000, true));
	assert_false(silence(3 * SILENCE_S * 1000, true, true));
	assert_false(busy(2000, false));                 /* what was heard in the field is not counted afterwards */
	assert_true(busy(4200, false));
}

static void silence_ends_a_call(void **state UNUSED)
{
	int16_t loud[BLOCK] = { 5000 };

	start(CALLER_ID_BELLCORE);
	assert_false(silence(SILENCE_S * 1000 - 100, true, false));
	assert_false(block(loud, true, false));
	assert_false(silence(SILENCE_S * 1000 - 100, true, false));
	assert_true(silence(200, true, false));
	assert_int_equal(found.sign, FXO_SILENCE);
	assert_false(silence(SILENCE_S * 2000, false, false));      /* an idle line is silent */
	line_ear_init(ear, &(struct line_ear_config){ .silence_s = 0 });
	assert_false(silence(3600000, true, false));
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(fsk_is_listened_for_after_a_ring), T(keys_are_listened_for_at_all_times), T(a_line_without_caller_id_hears_none),
		T(no_number_is_taken_from_a_call), T(busy_ends_a_call), T(busy_in_a_field_ends_nothing), T(silence_ends_a_call),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
