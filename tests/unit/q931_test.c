/* q931_test.c: what a trace keeps of a frame, what it masks, and its words; against octets written from Q.931 (05/98). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "lib/attr.h"
#include "model/q931.h"

#define I_FRAME 0x02, 0x01, 0x00, 0x00
#define MESSAGE(reference, type) I_FRAME, 0x08, 0x02, (reference) >> 8, (reference) & 0xff, type
#define BEARER 0x04, 0x03, 0x80, 0x90, 0xa3
#define CHANNEL 0x18, 0x03, 0xa9, 0x83, 0x83
#define CALLING 0x6c, 0x0d, 0x21, 0x83, '0', '1', '0', '1', '2', '3', '4', '5', '6', '7', '8'
#define CALLED 0x70, 0x0c, 0x80, '0', '7', '0', '1', '2', '3', '4', '0', '0', '0', '1'
#define KEYPAD 0x2c, 0x04, '4', '9', '1', '1'

static const uint8_t setup[] = { MESSAGE(5, 0x05), 0xa1, BEARER, CHANNEL, CALLING, CALLED };

static const char *print(const uint8_t *frame, size_t len)
{
	static char text[Q931_TEXT_SIZE];

	return q931_print(frame, len, text);
}
#define PRINT(...) print((const uint8_t[]){ __VA_ARGS__ }, sizeof((const uint8_t[]){ __VA_ARGS__ }))

static bool has(const uint8_t *frame, size_t len, const char *octets)
{
	return memmem(frame, len, octets, strlen(octets)) != NULL;
}

static void a_setup_is_put_into_words(void **state UNUSED)
{
	assert_string_equal(print(setup, sizeof(setup)),
		"SETUP\n"
		"    reference: 5, from the side that called\n"
		"    sending complete\n"
		"    bearer capability: speech, 64 kbit/s, A-law\n"
		"    channel: 3, exclusive\n"
		"    calling number: 01012345678 (national, allowed, network)\n"
		"    called number: 07012340001 (unknown)");
}

static void other_messages_are_put_into_words(void **state UNUSED)
{
	assert_string_equal(PRINT(MESSAGE(0x8005, 0x45), 0x08, 0x02, 0x80, 0x90),
		"DISCONNECT\n    reference: 5, to the side that called\n    cause: 16 normal call clearing (user)");
	assert_string_equal(PRINT(MESSAGE(0, 0x46), 0x18, 0x03, 0xa9, 0x83, 0x87, 0x79, 0x01, 0x80),
		"RESTART\n    reference: 0, from the side that called\n    channel: 7, exclusive\n    restart: indicated channels");
	assert_string_equal(PRINT(MESSAGE(7, 0x7d), 0x08, 0x03, 0x02, 0x80, 0xe2, 0x14, 0x01, 0x0a),
		"STATUS\n    reference: 7, from the side that called\n    cause: 98 message not compatible with state (public network, local user)\n"
		"    call state: active");
	assert_string_equal(PRINT(I_FRAME, 0x43, 0x02, 0x00, 0x00, 0x07, 0x01, 0x01, 0xc2, 0x18, 0x03, 0xa9, 0x83, 0x85),
		"SERVICE\n    reference: 0, from the side that called\n    change status: out of service\n    channel: 5, exclusive");
	assert_string_equal(PRINT(MESSAGE(1, 0x05), 0x18, 0x04, 0xe9, 0x81, 0x83, 0x83),
		"SETUP\n    reference: 1, from the side that called\n    channel: interface 1, 3, exclusive");
	assert_string_equal(PRINT(MESSAGE(1, 0x03), 0x1e, 0x02, 0x82, 0x88),
		"PROGRESS\n    reference: 1, from the side that called\n    progress: in-band information (public network, local user)");
	assert_string_equal(PRINT(MESSAGE(1, 0x05), 0x74, 0x05, 0x01, 0x03, 0x8f, '0', '2'),
		"SETUP\n    reference: 1, from the side that called\n    redirecting number: 02 (unknown, allowed, network), unconditional");
	assert_string_equal(PRINT(MESSAGE(1, 0x3f), 0x95, 0x2a, 0x01, 0x80, 0x04, 0x00),
		"message 0x3f\n    reference: 1, from the side that called\n    element 0x95\n    element 0x2a of codeset 5: 80\n"
		"    element 0x04 of codeset 5: ");
	assert_string_equal(PRINT(0x00, 0x01, 0x7f), "SABME");
	assert_string_equal(PRINT(0x00, 0x01, 0x73), "UA");
	assert_string_equal(PRINT(0x00, 0x01, 0x01, 0x02), "RR");
}

static void a_call_is_recognised_by_its_reference(void **state UNUSED)
{
	struct q931_head h;

	q931_read_head(setup, sizeof(setup), &h);
	assert_true(h.is_message && !h.is_service && !h.to_origin);
	assert_int_equal(h.reference, 5);
	assert_int_equal(h.type, Q931_SETUP);
	q931_read_head((const uint8_t[]){ MESSAGE(0xff01, 0x07) }, 9, &h);
	assert_true(h.to_origin);
	assert_int_equal(h.reference, 0x7f01);
	q931_read_head((const uint8_t[]){ I_FRAME, 0x08, 0x01, 0x85, 0x07 }, 8, &h);
	assert_true(h.to_origin);
	assert_int_equal(h.reference, 5);
	q931_read_head((const uint8_t[]){ 0x00, 0x01, 0x01, 0x02 }, 4, &h);
	assert_false(h.is_message);
}

static void keys_that_a_caller_sends_in_a_call_are_not_kept(void **state UNUSED)
{
	uint8_t keypad[] = { MESSAGE(5, 0x7b), KEYPAD };
	uint8_t called[] = { MESSAGE(5, 0x7b), 0x70, 0x05, 0x80, '4', '9', '1', '1' };
	uint8_t in_setup[] = { MESSAGE(5, 0x05), BEARER, KEYPAD, CALLED };
	uint8_t user_user[] = { MESSAGE(5, 0x20), 0x7e, 0x05, 0x04, '4', '9', '1', '1' };
	uint8_t display[] = { MESSAGE(5, 0x07), 0x28, 0x04, '4', '9', '1', '1' };
	uint8_t facility[] = { MESSAGE(5, 0x62), 0x1c, 0x05, 0x91, '4', '9', '1', '1' };
	uint8_t shifted[] = { MESSAGE(5, 0x62), 0x9e, 0x70, 0x05, 0x80, '4', '9', '1', '1', 0x08, 0x02, 0x80, 0x90 };
	uint8_t locked[] = { MESSAGE(5, 0x05), 0x96, 0x70, 0x05, 0x80, '4', '9', '1', '1' };
	uint8_t diagnostics[] = { MESSAGE(5, 0x7d), 0x08, 0x08, 0x80, 0xe4, 0x2c, 0x04, '4', '9', '1', '1' };
	uint8_t odd[] = { MESSAGE(5, 0x7b), 0x6c, 0x05, 0x80, '4', '9', '1', '1' };
	uint8_t cut[] = { MESSAGE(5, 0x05), BEARER, 0x70, 0x20, 0x80, '4', '9', '1', '1' };
	uint8_t other[] = { I_FRAME, 0x4f, 0x02, 0x00, 0x05, 0x7b, '4', '9', '1', '1' };
	uint8_t ui[] = { 0x02, 0xff, 0x03, 0x08, 0x01, 0x05, 0x05, '4', '9', '1', '1' };
	const struct { uint8_t *frame; size_t len; } all[] = {
		{ keypad, sizeof(keypad) }, { called, sizeof(called) }, { in_setup, sizeof(in_setup) }, { user_user, sizeof(user_user) },
		{ display, sizeof(display) }, { facility, sizeof(facility) }, { shifted, sizeof(shifted) }, { locked, sizeof(locked) },
		{ diagnostics, sizeof(diagnostics) }, { odd, sizeof(odd) }, { cut, sizeof(cut) }, { other, sizeof(other) }, { ui, sizeof(ui) },
	};

	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		size_t len;

		assert_true(has(all[i].frame, all[i].len, "4911"));
		len = q931_scrub(all[i].frame, all[i].len, false);
		assert_true(len <= all[i].len);
		assert_false(has(all[i].frame, len, "4911"));
		assert_null(strstr(print(all[i].frame, len), "4911"));
	}
	assert_string_equal(print(keypad, sizeof(keypad) - 4), "INFORMATION\n    reference: 5, from the side that called\n    keypad: (not kept)");
	assert_non_null(strstr(print(shifted, sizeof(shifted) - 5), "cause: 16"));
}

static void the_called_number_is_kept_while_it_is_dialled(void **state UNUSED)
{
	uint8_t digits[] = { MESSAGE(5, 0x7b), 0x70, 0x03, 0x80, '0', '7', 0xa1 };
	uint8_t copy[sizeof(setup)];

	assert_int_equal(q931_scrub(digits, sizeof(digits), true), sizeof(digits));
	assert_non_null(strstr(print(digits, sizeof(digits)), "called number: 07 (unknown)\n    sending complete"));
	memcpy(copy, setup, sizeof(setup));
	assert_int_equal(q931_scrub(copy, sizeof(copy), false), sizeof(setup));
	assert_memory_equal(copy, setup, sizeof(setup));
}

static void numbers_are_masked_where_they_stand(void **state UNUSED)
{
	uint8_t copy[sizeof(setup)];
	uint8_t some[] = { MESSAGE(5, 0x05), 0x70, 0x05, 0x80, '1', '5', '8', '8', 0x6c, 0x03, 0x01, 0x83, '7', 0x4c, 0x02, 0x00, 0x80,
	                   0x74, 0x03, '4', '9', '1', 0x6c, 0x00 };

	memcpy(copy, setup, sizeof(setup));
	q931_mask(copy, sizeof(copy));
	assert_non_null(strstr(print(copy, sizeof(copy)), "calling number: 010****5678 (national, allowed, network)\n    called number: 070****0001"));
	q931_mask(some, sizeof(some));
	assert_non_null(strstr(print(some, sizeof(some)), "called number: **88 (unknown)\n    calling number: * (unknown, allowed, network)\n"
	                                                  "    connected number: (unknown, allowed, user, not screened)\n    redirecting number: ?"));
	assert_false(has(some, sizeof(some), "491"));
}

static uint32_t seed = 931;
static uint32_t any(uint32_t below)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % below;
}

/* Copies of exact size, so that a sanitizer sees a read beyond. */
static void whatever_a_frame_holds_it_does_no_harm(void **state UNUSED)
{
	for (int i = 0; i < 200000; i++) {
		size_t len = any(3) ? any(sizeof(setup) + 1) : any(Q931_FRAME_MAX + 1), kept;
		uint8_t *frame = malloc(len + 1);
		const char *text;

		assert_non_null(frame);
		for (size_t k = 0; k < len; k++)
			frame[k] = k < sizeof(setup) && any(12) ? setup[k] : (uint8_t)any(256);
		text = print(frame, len);
		for (const char *c = text; *c; c++)
			assert_true(*c == '\n' || (*c >= ' ' && *c <= '~'));
		kept = q931_scrub(frame, len, any(2));
		assert_true(kept <= len);
		assert_int_equal(q931_scrub(frame, kept, true), kept);
		q931_mask(frame, kept);
		print(frame, kept);
		free(frame);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_setup_is_put_into_words),
		cmocka_unit_test(other_messages_are_put_into_words),
		cmocka_unit_test(a_call_is_recognised_by_its_reference),
		cmocka_unit_test(keys_that_a_caller_sends_in_a_call_are_not_kept),
		cmocka_unit_test(the_called_number_is_kept_while_it_is_dialled),
		cmocka_unit_test(numbers_are_masked_where_they_stand),
		cmocka_unit_test(whatever_a_frame_holds_it_does_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
