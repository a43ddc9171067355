/* dahdi_fixture.h: a span of a card, open against a kernel of the test's own (dahdi_kernel.h), fresh for each test. */
#ifndef UNIT_DAHDI_FIXTURE_H
#define UNIT_DAHDI_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "dahdi_kernel.h"
#include "drivers-glue/dahdi_gain.h"
#include "drivers-glue/trunk.h"

/* Spans 1 and 3; 2 is a hole. */
enum { SPAN = 3, BASE = 40, IDLE = 0xd5, DCHAN = BASE + 15 };

static struct trunk *t;
static struct trunk_block rx, tx;
static struct trunk_config config;

static struct k_chan *chan(int slot) { return &k.chans[BASE + slot - 1]; }

static uint64_t counted(enum trunk_count which)
{
	struct trunk_status status;

	trunk_watch(t, &status);
	return status.counts[which];
}

static UNUSED enum trunk_fault fault(void)
{
	struct trunk_status status;

	trunk_watch(t, &status);
	return status.fault;
}

static int set_up(void **state UNUSED)
{
	k_start();
	k_span(1, 1, 31, 16);
	k_span(SPAN, BASE, 31, 16);
	config = (struct trunk_config){ .name = "tel1", .kind = "dahdi", .span = SPAN, .line = TRUNK_E1, .law = TRUNK_ALAW };
	memset(&tx, 0, sizeof(tx));
	memset(tx.pcm, IDLE, sizeof(tx.pcm));
	assert_int_equal(trunk_open(&config, &t), 0);
	return 0;
}

static int tear_down(void **state UNUSED)
{
	trunk_free(&t);
	assert_int_equal(k_open_count(), 0);
	return 0;
}

static UNUSED void reopen(void)
{
	trunk_free(&t);
	assert_int_equal(trunk_open(&config, &t), 0);
}

static void come_up(void)
{
	assert_true(trunk_revive(t));
	assert_true(trunk_fd(t) >= K_FD);
}

/* One tick of the line, answered. */
static UNUSED void tick(void)
{
	k_run_ms(20);
	assert_int_equal(trunk_receive(t, &rx), 0);
	assert_int_equal(trunk_send(t, &tx), 0);
}

static void begin_in_tick(int slot)
{
	k_run_ms(20);
	assert_int_equal(trunk_receive(t, &rx), 0);
	trunk_begin(t, slot);
	assert_int_equal(trunk_send(t, &tx), 0);
}

static UNUSED bool all(const uint8_t *octets, size_t count, uint8_t value)
{
	for (size_t i = 0; i < count; i++)
		if (octets[i] != value)
			return false;
	return true;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

#endif
