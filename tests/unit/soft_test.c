/* soft_test.c: the software trunk: its message survives the way and nothing broken gets in; the line comes and goes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#include "drivers-glue/soft_link.h"
#include "drivers-glue/soft_wire.h"
#include "drivers-glue/trunk.h"
#include "tests/unit/scratch.h"

static uint32_t seed = 1;
static uint8_t some(void)
{
	seed = seed * 1664525 + 1013904223;
	return (uint8_t)(seed >> 24);
}

static void fill(struct trunk_block *b, int frames)
{
	memset(b, 0, sizeof(*b));
	b->tick = UINT64_C(0x0102030405060708);
	b->alarms = TRUNK_ALARM_RED | TRUNK_ALARM_LMFA;
	b->frame_count = (uint16_t)frames;
	for (int s = 0; s < TRUNK_SLOTS; s++)
		for (int i = 0; i < TRUNK_BLOCK; i++)
			b->pcm[s][i] = some();
	for (int f = 0; f < frames; f++) {
		b->frames[f].len = (uint16_t)(f == 0 ? TRUNK_FRAME_MAX : f);
		for (int i = 0; i < b->frames[f].len; i++)
			b->frames[f].octets[i] = some();
	}
}

static void a_block_survives_the_wire(void **state UNUSED)
{
	static struct trunk_block in, out;
	static uint8_t buf[SOFT_WIRE_MAX];

	for (int frames = 0; frames <= TRUNK_FRAMES_MAX; frames++) {
		fill(&in, frames);
		memset(&out, 0, sizeof(out));
		size_t len = soft_wire_encode(&in, TRUNK_T1, TRUNK_ULAW, buf);

		assert_true(len >= SOFT_WIRE_MIN && len <= SOFT_WIRE_MAX);
		assert_int_equal(soft_wire_decode(buf, len, TRUNK_T1, TRUNK_ULAW, &out), 0);
		assert_memory_equal(&in, &out, sizeof(in));
	}
}

static void every_truncation_and_addition_is_refused(void **state UNUSED)
{
	static struct trunk_block in, out, before;
	static uint8_t buf[SOFT_WIRE_MAX + 1];
	size_t len;

	fill(&in, 3);
	len = soft_wire_encode(&in, TRUNK_E1, TRUNK_ALAW, buf);
	memset(&out, 0x5a, sizeof(out));
	before = out;
	for (size_t cut = 0; cut < len; cut++) {
		uint8_t *exact = malloc(cut + 1);         /* so that a sanitizer sees a read beyond the cut */

		memcpy(exact, buf, cut);
		assert_int_equal(soft_wire_decode(exact, cut, TRUNK_E1, TRUNK_ALAW, &out), ERR_INVALID);
		free(exact);
	}
	assert_int_equal(soft_wire_decode(buf, len + 1, TRUNK_E1, TRUNK_ALAW, &out), ERR_INVALID);
	assert_memory_equal(&out, &before, sizeof(out));
}

static void a_broken_header_is_refused(void **state UNUSED)
{
	static struct trunk_block in, out;
	static uint8_t buf[SOFT_WIRE_MAX];
	static const struct { int at; uint8_t value; } broken[] = {
		{ 0, 'X' }, { 3, '2' }, { 4, TRUNK_T1 }, { 4, 7 }, { 5, TRUNK_ULAW }, { 6, 1 }, { 7, 1 }, { 20, 2 }, { 20, 17 },
		{ 21, 0xff }, { 22, 1 }, { 23, 1 }, { SOFT_WIRE_MIN, 0 }, { SOFT_WIRE_MIN + 1, 0xff },
	};
	size_t len;

	fill(&in, 1);
	in.frames[0].len = 9;
	for (size_t i = 0; i < ARRAY_LEN(broken); i++) {
		len = soft_wire_encode(&in, TRUNK_E1, TRUNK_ALAW, buf);
		assert_int_equal(soft_wire_decode(buf, len, TRUNK_E1, TRUNK_ALAW, &out), 0);
		buf[broken[i].at] = broken[i].value;
		if (soft_wire_decode(buf, len, TRUNK_E1, TRUNK_ALAW, &out) != ERR_INVALID)
			fail_msg("octet %d = %d was let in", broken[i].at, broken[i].value);
	}
}

static void random_messages_do_no_harm(void **state UNUSED)
{
	static struct trunk_block in, out;
	static uint8_t buf[SOFT_WIRE_MAX];

	fill(&in, TRUNK_FRAMES_MAX);
	for (int round = 0; round < 20000; round++) {
		size_t len = soft_wire_encode(&in, TRUNK_E1, TRUNK_ALAW, buf);

		for (int n = some() % 4; n >= 0; n--) {
			size_t at = n % 2 ? 16u + some() % 8u : SOFT_WIRE_MIN + (some() << 8 | some()) % (len - SOFT_WIRE_MIN);

			buf[at] = some();
		}
		if (soft_wire_decode(buf, len, TRUNK_E1, TRUNK_ALAW, &out) == 0) {
			assert_true(out.frame_count <= TRUNK_FRAMES_MAX);
			for (int f = 0; f < out.frame_count; f++)
				assert_in_range(out.frames[f].len, 1, TRUNK_FRAME_MAX);
		}
	}
}

/* ---- the line ---- */
struct line { char dir[64]; struct trunk_config config; struct soft_carrier *carrier; struct trunk *trunk; };

static int set_up(void **state)
{
	static struct line l;

	memset(&l, 0, sizeof(l));
	scratch_path(l.dir, sizeof(l.dir), "callkey-soft-test.XXXXXX");
	assert_non_null(mkdtemp(l.dir));
	snprintf(l.config.name, sizeof(l.config.name), "span1");
	snprintf(l.config.kind, sizeof(l.config.kind), "soft");
	snprintf(l.config.path, sizeof(l.config.path), "%s/span1.sock", l.dir);
	assert_int_equal(trunk_open(&l.config, &l.trunk), 0);
	*state = &l;
	return 0;
}

static int tear_down(void **state)
{
	struct line *l = *state;

	trunk_free(&l->trunk);
	soft_carrier_free(&l->carrier);
	rmdir(l->dir);
	return 0;
}

/* Revives against the back-off, which is wall time; a second is many times what it needs. */
static bool revive(struct line *l)
{
	for (int i = 0; i < 1000; i++) {
		if (trunk_revive(l->trunk))
			return true;
		usleep(2000);
	}
	return false;
}

static void connect_line(struct line *l)
{
	assert_int_equal(soft_carrier_listen(l->config.path, TRUNK_E1, TRUNK_ALAW, &l->carrier), 0);
	assert_true(revive(l));
	assert_true(soft_carrier_accept(l->carrier));
	assert_true(trunk_fd(l->trunk) >= 0);
}

static void a_line_is_down_until_the_carrier_listens(void **state)
{
	struct line *l = *state;
	static struct trunk_block b;

	assert_false(trunk_revive(l->trunk));
	assert_int_equal(trunk_fd(l->trunk), -1);
	assert_int_equal(trunk_receive(l->trunk, &b), ERR_CLOSED);
	assert_int_equal(trunk_send(l->trunk, &b), ERR_CLOSED);
	connect_line(l);
}

static void ticks_go_and_answers_come(void **state)
{
	struct line *l = *state;
	static struct trunk_block tick, got;

	connect_line(l);
	assert_int_equal(trunk_receive(l->trunk, &got), ERR_AGAIN);
	for (int i = 0; i < 50; i++) {
		fill(&tick, i % 3);
		tick.tick = (uint64_t)i;
		assert_int_equal(soft_carrier_send(l->carrier, &tick), 0);
		assert_int_equal(trunk_receive(l->trunk, &got), 0);
		assert_memory_equal(&tick, &got, sizeof(got.tick) + sizeof(got.alarms));
		assert_memory_equal(tick.pcm, got.pcm, sizeof(tick.pcm));
		assert_int_equal(trunk_send(l->trunk, &got), 0);
		assert_int_equal(soft_carrier_receive(l->carrier, &tick), 0);
		assert_int_equal(tick.tick, i);
	}
	assert_int_equal(trunk_receive(l->trunk, &got), ERR_AGAIN);
}

static void a_broken_block_is_thrown_away_and_the_line_lives(void **state)
{
	struct line *l = *state;
	static struct trunk_block tick, got;

	connect_line(l);
	assert_int_equal(send(soft_carrier_fd(l->carrier), "CKL1 nonsense", 13, 0), 13);
	fill(&tick, 1);
	assert_int_equal(soft_carrier_send(l->carrier, &tick), 0);
	assert_int_equal(trunk_receive(l->trunk, &got), ERR_INVALID);
	assert_int_equal(trunk_receive(l->trunk, &got), 0);
}

static void a_carrier_that_dies_is_found_again(void **state)
{
	struct line *l = *state;
	static struct trunk_block b;

	connect_line(l);
	soft_carrier_free(&l->carrier);
	assert_int_equal(trunk_receive(l->trunk, &b), ERR_CLOSED);
	assert_int_equal(trunk_fd(l->trunk), -1);
	assert_false(trunk_revive(l->trunk));
	connect_line(l);
	fill(&b, 0);
	assert_int_equal(soft_carrier_send(l->carrier, &b), 0);
	assert_int_equal(trunk_receive(l->trunk, &b), 0);
}

static void an_appliance_that_dies_is_replaced_and_a_second_refused(void **state)
{
	struct line *l = *state;
	struct trunk *second;
	static struct trunk_block b;

	connect_line(l);
	assert_int_equal(trunk_open(&l->config, &second), 0);
	assert_true(trunk_revive(second));
	assert_true(soft_carrier_accept(l->carrier));
	assert_int_equal(trunk_receive(second, &b), ERR_CLOSED);
	trunk_free(&l->trunk);
	assert_int_equal(soft_carrier_receive(l->carrier, &b), ERR_CLOSED);
	assert_false(soft_carrier_connected(l->carrier));
	l->trunk = second;
	assert_true(revive(l));
	assert_true(soft_carrier_accept(l->carrier));
}

static void a_strange_kind_and_a_path_too_long_are_refused(void **state)
{
	struct line *l = *state;
	struct trunk_config c = l->config;
	struct trunk *none = NULL;

	snprintf(c.kind, sizeof(c.kind), "hard");
	assert_int_equal(trunk_open(&c, &none), ERR_NOT_FOUND);
	c = l->config;
	c.path[0] = '\0';
	assert_int_equal(trunk_open(&c, &none), ERR_TOO_LONG);
	assert_null(none);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_block_survives_the_wire),
		cmocka_unit_test(every_truncation_and_addition_is_refused),
		cmocka_unit_test(a_broken_header_is_refused),
		cmocka_unit_test(random_messages_do_no_harm),
		cmocka_unit_test_setup_teardown(a_line_is_down_until_the_carrier_listens, set_up, tear_down),
		cmocka_unit_test_setup_teardown(ticks_go_and_answers_come, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_broken_block_is_thrown_away_and_the_line_lives, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_carrier_that_dies_is_found_again, set_up, tear_down),
		cmocka_unit_test_setup_teardown(an_appliance_that_dies_is_replaced_and_a_second_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_strange_kind_and_a_path_too_long_are_refused, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
