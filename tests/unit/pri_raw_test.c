/* pri_raw_test.c: the user side against frames written by hand: what libpri's own network side never sends. Ends with
 * 100,000 broken frames. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/pri_peer.h"

/* The value of information element id in the last message, or -1: its octet at. */
static int element(const struct peer *r, uint8_t id, size_t at)
{
	for (size_t i = 5; i + 1 < r->last_len; i += r->last[i] & 0x80 ? 1 : 2u + r->last[i + 1])
		if (r->last[i] == id)
			return r->last[i + 2 + at];
	return -1;
}

static void must_say(const struct peer *r, uint8_t ref, uint8_t type)
{
	assert_int_equal(r->last[3], ref);
	assert_int_equal(r->last[4], type);
}

static void proceeding_leaves_in_the_dispatch_of_setup(void **state UNUSED)
{
	struct peer *r = peer_new(0);

	send_setup(r, 1, BEARER, EXCLUSIVE(3), CALLED, COMPLETE);
	assert_int_equal(r->offers, 1);
	must_say(r, 1, PROCEEDING);
	peer_free(r);
}

static void a_busy_slot_is_refused_with_cause_44(void **state UNUSED)
{
	struct peer *r = peer_new(0);

	send_setup(r, 1, BEARER, EXCLUSIVE(3), CALLED, COMPLETE);
	send_setup(r, 2, BEARER, EXCLUSIVE(3), CALLED, COMPLETE);
	must_say(r, 2, RELEASE_COMPLETE);
	assert_int_equal(element(r, 0x08, 1), 0x80 | PRI_CHANNEL_UNAVAILABLE);
	assert_int_equal(r->offers, 1);
	assert_int_equal(r->ends, 0);
	peer_free(r);
}

static void a_preferred_slot_that_is_busy_gives_way_to_a_free_one(void **state UNUSED)
{
	struct peer *r = peer_new(0);

	send_setup(r, 1, BEARER, EXCLUSIVE(1), CALLED, COMPLETE);
	send_setup(r, 2, BEARER, PREFERRED(1), CALLED, COMPLETE);
	must_say(r, 2, PROCEEDING);
	assert_int_equal(r->offered.slot, 2);
	assert_int_equal(element(r, 0x18, 2), 0x80 | 2);
	peer_free(r);
}

static void a_slot_that_does_not_exist_is_refused(void **state UNUSED)
{
	struct peer *r = peer_new(0);

	send_setup(r, 1, BEARER, EXCLUSIVE(16), CALLED, COMPLETE);
	must_say(r, 1, RELEASE_COMPLETE);
	assert_int_equal(element(r, 0x08, 1), 0x80 | 82);
	send_setup(r, 2, BEARER, EXCLUSIVE(77), CALLED, COMPLETE);
	must_say(r, 2, RELEASE_COMPLETE);
	assert_int_equal(r->offers, 0);
	peer_free(r);
}

/* Octet 3.1 names an interface: 0 is this one, any other is a span whose D-channel this would be (NFAS). */
#define OF_INTERFACE(id, slot) 0x18, 0x04, 0xe9, 0x80 | (id), 0x83, 0x80 | (slot)

static void a_channel_of_another_interface_is_refused(void **state UNUSED)
{
	struct peer *r = peer_new(0);
	struct pri_stats stats;

	send_setup(r, 1, BEARER, OF_INTERFACE(1, 3), CALLED, COMPLETE);
	must_say(r, 1, RELEASE_COMPLETE);
	assert_int_equal(element(r, 0x08, 1), 0x80 | 82);
	assert_int_equal(r->offers, 0);
	pri_port_stats(r->port, &stats);
	assert_int_equal(stats.other_interface, 1);
	send_setup(r, 2, BEARER, OF_INTERFACE(0, 3), CALLED, COMPLETE);
	assert_int_equal(r->offers, 1);
	assert_int_equal(r->offered.slot, 3);
	peer_free(r);
}

static void a_restart_of_another_interface_ends_no_call_of_ours(void **state UNUSED)
{
	struct peer *r = peer_new(0);

	send_setup(r, 1, BEARER, EXCLUSIVE(3), CALLED, COMPLETE);
	send_message(r, 0, RESTART, (const uint8_t[]){ OF_INTERFACE(1, 3), 0x79, 0x01, 0x80 }, 9);
	assert_int_equal(r->ends, 0);
	send_message(r, 0, RESTART, (const uint8_t[]){ OF_INTERFACE(0, 3), 0x79, 0x01, 0x80 }, 9);
	assert_int_equal(r->ends, 1);
	peer_free(r);
}

static void a_locked_port_names_the_cause_by_what_was_asked_for(void **state UNUSED)
{
	struct peer *r = peer_new(0);

	pri_port_lock(r->port, true);
	send_setup(r, 1, BEARER, EXCLUSIVE(3), CALLED, COMPLETE);
	must_say(r, 1, RELEASE_COMPLETE);
	assert_int_equal(element(r, 0x08, 1), 0x80 | PRI_CHANNEL_UNAVAILABLE);
	send_setup(r, 2, BEARER, PREFERRED(3), CALLED, COMPLETE);
	must_say(r, 2, RELEASE_COMPLETE);
	assert_int_equal(element(r, 0x08, 1), 0x80 | PRI_NO_CHANNEL);
	assert_int_equal(r->offers, 0);
	pri_port_lock(r->port, false);
	send_setup(r, 3, BEARER, PREFERRED(3), CALLED, COMPLETE);
	assert_int_equal(r->offers, 1);
	peer_free(r);
}

static void a_full_span_refuses_with_cause_34(void **state UNUSED)
{
	struct peer *r = peer_new(0);

	for (uint8_t slot = 1; slot < 32; slot++)
		if (slot != 16)
			send_setup(r, slot, BEARER, EXCLUSIVE(slot), CALLED, COMPLETE);
	assert_int_equal(r->offers, 30);
	send_setup(r, 99, BEARER, PREFERRED(1), CALLED, COMPLETE);
	must_say(r, 99, RELEASE_COMPLETE);
	assert_int_equal(element(r, 0x08, 1), 0x80 | PRI_NO_CHANNEL);
	peer_free(r);
}

static void the_networks_number_beside_the_users_wins(void **state UNUSED)
{
	struct peer *r = peer_new(0);

	send_setup(r, 1, BEARER, EXCLUSIVE(1), 0x6c, 0x06, 0x01, 0x83, '0', '1', '0', '7', 0x6c, 0x06, 0x01, 0x80, '0', '2', '9', '9',
	           CALLED, COMPLETE);
	assert_string_equal(r->offered.caller, "0107");
	assert_int_equal(r->offered.screening, PRI_NETWORK_PROVIDED);
	send_setup(r, 2, BEARER, EXCLUSIVE(2), 0x6c, 0x06, 0x01, 0x80, '0', '2', '9', '9', 0x6c, 0x06, 0x01, 0x83, '0', '1', '0', '7',
	           CALLED, COMPLETE);
	assert_string_equal(r->offered.caller, "0107");
	assert_int_equal(r->offered.screening, PRI_NETWORK_PROVIDED);
	peer_free(r);
}

static void a_withheld_number_is_no_number(void **state UNUSED)
{
	struct peer *r = peer_new(0);

	send_setup(r, 1, BEARER, EXCLUSIVE(1), 0x6c, 0x02, 0x00, 0xa3, CALLED, COMPLETE);
	assert_string_equal(r->offered.caller, "");
	assert_int_equal(r->offered.screening, PRI_NO_NUMBER);
	assert_false(r->offered.presentation_allowed);
	send_setup(r, 2, BEARER, EXCLUSIVE(2), 0x6c, 0x02, 0x00, 0xc3, CALLED, COMPLETE);   /* not available */
	assert_int_equal(r->offered.screening, PRI_NO_NUMBER);
	assert_false(r->offered.presentation_allowed);
	send_setup(r, 3, BEARER, EXCLUSIVE(3), CALLED, COMPLETE);
	assert_int_equal(r->offered.screening, PRI_NO_NUMBER);
	assert_false(r->offered.presentation_allowed);
	peer_free(r);
}

static void a_number_without_presentation_octet_is_unscreened(void **state UNUSED)
{
	struct peer *r = peer_new(0);

	send_setup(r, 1, BEARER, EXCLUSIVE(1), 0x6c, 0x05, 0x81, '0', '1', '0', '7', CALLED, COMPLETE);
	assert_string_equal(r->offered.caller, "0107");
	assert_int_equal(r->offered.screening, PRI_USER_UNSCREENED);
	peer_free(r);
}

static void the_type_of_number_becomes_its_prefix(void **state UNUSED)
{
	struct peer *r = peer_new(0);

	send_setup(r, 1, BEARER, EXCLUSIVE(1), 0x6c, 0x0e, 0x11, 0x83, '8', '2', '1', '0', '1', '2', '3', '4', '5', '6', '7', '8',
	           CALLED, COMPLETE);
	assert_string_equal(r->offered.caller, "+821012345678");
	send_setup(r, 2, BEARER, EXCLUSIVE(2), 0x6c, 0x0c, 0x21, 0x83, '1', '0', '1', '2', '3', '4', '5', '6', '7', '8', CALLED, COMPLETE);
	assert_string_equal(r->offered.caller, "01012345678");
	send_setup(r, 3, BEARER, EXCLUSIVE(3), 0x6c, 0x0d, 0x21, 0x83, '0', '1', '0', '1', '2', '3', '4', '5', '6', '7', '8', CALLED, COMPLETE);
	assert_string_equal(r->offered.caller, "01012345678");
	peer_free(r);
}

static void a_strange_or_endless_number_is_no_number(void **state UNUSED)
{
	struct peer *r = peer_new(0);

	send_setup(r, 1, BEARER, EXCLUSIVE(1), 0x6c, 0x06, 0x01, 0x83, '0', '1', ';', '7', CALLED, COMPLETE);
	assert_string_equal(r->offered.caller, "");
	assert_int_equal(r->offered.screening, PRI_NO_NUMBER);
	send_setup(r, 2, BEARER, EXCLUSIVE(2), 0x6c, 0x24, 0x01, 0x83, '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '0', '1', '2', '3',
	           '4', '5', '6', '7', '8', '9', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '0', '1', '2', '3', CALLED, COMPLETE);
	assert_string_equal(r->offered.caller, "");
	send_setup(r, 3, BEARER, EXCLUSIVE(3), 0x70, 0x04, 0x80, '0', 'x', '1', COMPLETE);
	must_say(r, 3, DISCONNECT);
	assert_int_equal(element(r, 0x08, 1), 0x80 | PRI_NUMBER_INCOMPLETE);
	assert_int_equal(r->offers, 2);
	peer_free(r);
}

static void a_redirecting_number_means_diverted_even_when_withheld(void **state UNUSED)
{
	struct peer *r = peer_new(0);

	send_setup(r, 1, BEARER, EXCLUSIVE(1), CALLED, 0x74, 0x05, 0x01, 0x03, 0x8f, '0', '2', COMPLETE);
	assert_true(r->offered.diverted);
	send_setup(r, 2, BEARER, EXCLUSIVE(2), CALLED, 0x74, 0x03, 0x01, 0x23, 0x8f, COMPLETE);
	assert_true(r->offered.diverted);
	send_setup(r, 3, BEARER, EXCLUSIVE(3), CALLED, COMPLETE);
	assert_false(r->offered.diverted);
	peer_free(r);
}

static void overlap_digits_may_come_in_pieces_and_end_by_sending_complete(void **state UNUSED)
{
	struct peer *r = peer_new(11);

	send_setup(r, 1, BEARER, EXCLUSIVE(1), 0x70, 0x04, 0x80, '1', '5', '8');
	must_say(r, 1, SETUP_ACK);
	send_message(r, 1, INFORMATION, (const uint8_t[]){ 0x70, 0x04, 0x80, '8', '1', '2' }, 6);
	assert_int_equal(r->offers, 0);
	send_message(r, 1, INFORMATION, (const uint8_t[]){ 0x70, 0x03, 0x80, '3', '4', COMPLETE }, 6);
	assert_int_equal(r->offers, 1);
	assert_string_equal(r->offered.called, "15881234");
	must_say(r, 1, PROCEEDING);
	peer_free(r);
}

static void only_digits_keep_an_overlap_call_waiting(void **state UNUSED)
{
	struct peer *r = peer_new(11);

	send_setup(r, 1, BEARER, EXCLUSIVE(1), 0x70, 0x04, 0x80, '1', '5', '8');
	for (int i = 0; i < 10 && r->offers == 0; i++) {
		now_ms += 1000;
		send_message(r, 1, INFORMATION, (const uint8_t[]){ 0x28, 0x01, ' ' }, 3);
		pri_port_run(r->port);
		exchange(r);
	}
	assert_int_equal(r->offers, 1);
	assert_string_equal(r->offered.called, "158");
	peer_free(r);
}

static void a_restart_of_the_whole_interface_ends_every_call(void **state UNUSED)
{
	struct peer *r = peer_new(0);

	for (uint8_t slot = 1; slot < 5; slot++)
		send_setup(r, slot, BEARER, EXCLUSIVE(slot), CALLED, COMPLETE);
	send_message(r, 0, RESTART, (const uint8_t[]){ 0x79, 0x01, 0x87 }, 3);
	assert_int_equal(r->ends, 4);
	assert_true(r->ended.by_line && r->ended.by_far_end);
	must_say(r, 0, RESTART_ACK);
	peer_free(r);
}

static void a_preferred_call_waits_for_nobody_when_t316_runs_out(void **state UNUSED)
{
	struct peer *r = calloc(1, sizeof(*r));
	struct pri_port_config config = { .side = PRI_SIDE_CPE, .line = TRUNK_E1, .law = TRUNK_ALAW };
	struct pri_callbacks cb = { peer_frame, peer_event, r };
	struct pri_stats before, after;

	assert_non_null(r);
	assert_int_equal(pri_port_new(&config, &cb, &r->port), 0);
	pri_port_run(r->port);
	pri_port_receive(r->port, r->reply[0].octets, r->reply[0].len);    /* UA; the RESTART that follows gets no answer */
	r->replies = 0;
	assert_true(pri_port_up(r->port));
	pri_port_stats(r->port, &before);
	now_ms += 5100;
	r->replies = 0;
	pri_port_run(r->port);
	pri_port_stats(r->port, &after);
	assert_true(after.frames_out > before.frames_out);
	peer_free(r);
}

/* libpri reports SERVICE without a channel as the loss of the D-channel, which it is not. National (NI2) and AT&T's. */
static void a_service_message_does_not_end_the_d_channel(void **state UNUSED)
{
	static const struct { enum pri_dialect dialect; uint8_t discriminator, type; } given[] = {
		{ PRI_DIALECT_NI2, 0x43, 0x07 }, { PRI_DIALECT_5ESS, 0x03, 0x0f }, { PRI_DIALECT_4ESS, 0x03, 0x0f },
	};

	for (size_t i = 0; i < ARRAY_LEN(given); i++) {
		struct peer *r = calloc(1, sizeof(*r));
		struct pri_port_config config = { .side = PRI_SIDE_CPE, .dialect = given[i].dialect, .line = TRUNK_T1, .law = TRUNK_ULAW };
		struct pri_callbacks cb = { peer_frame, peer_event, r };
		uint8_t out[] = { given[i].discriminator, 0x02, 0x00, 0x00, given[i].type, 0x01, 0x01, 0xc2 };
		uint8_t one[] = { given[i].discriminator, 0x02, 0x00, 0x00, given[i].type, 0x01, 0x01, 0xc2, EXCLUSIVE(5) };

		assert_non_null(r);
		assert_int_equal(pri_port_new(&config, &cb, &r->port), 0);
		pri_port_run(r->port);
		exchange(r);
		assert_true(pri_port_up(r->port));
		q931(r, one, sizeof(one));
		exchange(r);
		assert_int_equal(pri_port_busied_out(r->port), 1u << 5);
		q931(r, out, sizeof(out));
		exchange(r);
		assert_true(pri_port_up(r->port));
		assert_int_equal(pri_port_busied_out(r->port), 0xfffffe);
		out[7] = 0xc0;
		q931(r, out, sizeof(out));
		exchange(r);
		assert_true(pri_port_up(r->port));
		assert_int_equal(pri_port_busied_out(r->port), 0);
		peer_free(r);
	}
}

static uint32_t seed = 20;
static uint32_t some(uint32_t below)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % below;
}

static void frames_of_no_length_are_counted_and_dropped(void **state UNUSED)
{
	struct peer *r = peer_new(0);
	struct pri_stats stats;
	static const uint8_t big[TRUNK_FRAME_MAX + 1];

	for (size_t len = 0; len < 5; len++)
		pri_port_receive(r->port, big, len);
	pri_port_receive(r->port, big, sizeof(big));
	pri_port_stats(r->port, &stats);
	assert_int_equal(stats.frames_bad, 6);
	peer_free(r);
}

/* Q.931 behind a right Q.921 header, so that the mutations get deep; now and then plain noise. */
static void a_hundred_thousand_broken_frames_do_no_harm(void **state UNUSED)
{
	static const uint8_t types[] = { SETUP, PROCEEDING, CONNECT, CONNECT_ACK, SETUP_ACK, DISCONNECT, RELEASE, RELEASE_COMPLETE,
	                                 RESTART, RESTART_ACK, INFORMATION, 0x75, 0x7d, 0x62, 0x6e, 0x24, 0x28, 0x31 };
	static const uint8_t elements[] = { BEARER, EXCLUSIVE(3), 0x1c, 0x08, 0x91, 0xa1, 0x05, 0x02, 0x01, 0x01, 0x02, 0x01, 0x28, 0x03, 0x80,
	                                    'h', 'i', 0x6c, 0x06, 0x01, 0x83, '0', '1', '0', '7', CALLED, 0x74, 0x05, 0x01, 0x03, 0x8f, '0', '2',
	                                    0x08, 0x02, 0x80, 0x90, 0x79, 0x01, 0x87, 0x14, 0x01, 0x0a };
	struct peer *r = peer_new(11);

	for (int i = 0; i < 100000; i++) {
		uint8_t message[TRUNK_FRAME_MAX] = { 0x08, 0x02, (uint8_t)(some(8) ? 0 : 0x80), (uint8_t)some(200),
		                                     types[some(3) ? 0 : some(ARRAY_LEN(types))] };
		size_t len = 5 + (some(2) ? sizeof(elements) : some(sizeof(elements) + 1));

		memcpy(message + 5, elements, sizeof(elements));
		message[14] = (uint8_t)(0x80 | some(32));
		for (uint32_t n = some(4); n > 0; n--)
			message[some(10) ? 5 + some(sizeof(elements)) : some(5)] = (uint8_t)some(256);
		if (some(20) == 0) {
			for (size_t o = 0; o < len; o++)
				message[o] = (uint8_t)some(256);
			pri_port_receive(r->port, message, len);
		} else {
			q931(r, message, len);
		}
		receive_ready(r, 0);                   /* noise may have said RNR */
		exchange(r);
		if (some(50) == 0) {
			now_ms += some(3000);
			pri_port_run(r->port);
			exchange(r);
		}
		if (some(10) == 0 && r->offers > r->ends)
			pri_call_hangup(r->offered.call, PRI_NORMAL_CLEARING);
	}
	assert_true(r->offers > 1000);
	pri_port_line(r->port, false);
	now_ms += 7000;
	pri_port_run(r->port);
	assert_int_equal(r->offers, r->ends);          /* whatever came, each call that was told ended exactly once */
	peer_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(proceeding_leaves_in_the_dispatch_of_setup),
		cmocka_unit_test(a_busy_slot_is_refused_with_cause_44),
		cmocka_unit_test(a_preferred_slot_that_is_busy_gives_way_to_a_free_one),
		cmocka_unit_test(a_slot_that_does_not_exist_is_refused),
		cmocka_unit_test(a_channel_of_another_interface_is_refused),
		cmocka_unit_test(a_restart_of_another_interface_ends_no_call_of_ours),
		cmocka_unit_test(a_locked_port_names_the_cause_by_what_was_asked_for),
		cmocka_unit_test(a_service_message_does_not_end_the_d_channel),
		cmocka_unit_test(a_full_span_refuses_with_cause_34),
		cmocka_unit_test(the_networks_number_beside_the_users_wins),
		cmocka_unit_test(a_withheld_number_is_no_number),
		cmocka_unit_test(a_number_without_presentation_octet_is_unscreened),
		cmocka_unit_test(the_type_of_number_becomes_its_prefix),
		cmocka_unit_test(a_strange_or_endless_number_is_no_number),
		cmocka_unit_test(a_redirecting_number_means_diverted_even_when_withheld),
		cmocka_unit_test(overlap_digits_may_come_in_pieces_and_end_by_sending_complete),
		cmocka_unit_test(only_digits_keep_an_overlap_call_waiting),
		cmocka_unit_test(a_restart_of_the_whole_interface_ends_every_call),
		cmocka_unit_test(a_preferred_call_waits_for_nobody_when_t316_runs_out),
		cmocka_unit_test(frames_of_no_length_are_counted_and_dropped),
		cmocka_unit_test(a_hundred_thousand_broken_frames_do_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
