/* dahdi_test.c: how a span of a card is opened and set up, what it measures, and what cannot be used, told by its cause. */
#include "dahdi_fixture.h"

/* ---- opening ---- */

static void a_span_behind_a_hole_is_found_and_opened_as_measured(void **state UNUSED)
{
	uint8_t louder[256], softer[256];

	config.rx_gain_db = 3;
	config.tx_gain_db = -4;
	dahdi_gain_table(config.law, 3, louder);
	dahdi_gain_table(config.law, -4, softer);
	reopen();
	come_up();
	assert_int_equal(k_open_count(), 31);
	for (int slot = 1; slot <= 31; slot++) {
		const struct k_chan *c = chan(slot);

		assert_true(c->open);
		assert_int_equal(c->numbufs, slot == 16 ? 32 : 8);
		assert_int_equal(c->bufsize, slot == 16 ? 1024 : 160);
		assert_int_equal(c->audio, slot != 16);
		assert_int_equal(c->gained, slot != 16);
		if (slot == 16)
			continue;
		assert_int_equal(c->law, DAHDI_LAW_ALAW);
		assert_memory_equal(c->rxgain, louder, sizeof(louder));
		assert_memory_equal(c->txgain, softer, sizeof(softer));
	}
	for (int n = 1; n <= 31; n++)
		assert_false(k.chans[n].open);           /* the other span's are left alone */
	assert_int_equal(fault(), TRUNK_FAULT_NONE);
}

static void a_T1_has_its_D_channel_at_24(void **state UNUSED)
{
	k_span(5, 100, 24, 24);
	config.span = 5;
	config.line = TRUNK_T1;
	config.law = TRUNK_ULAW;
	reopen();
	come_up();
	assert_int_equal(k_open_count(), 24);
	assert_int_equal(k.chans[123].bufsize, 1024);
	assert_int_equal(k.chans[122].law, DAHDI_LAW_MULAW);
	k.chans[123].sig = DAHDI_SIG_HARDHDLC;           /* a framer that does HDLC itself serves as well */
	reopen();
	come_up();
}

static void refused(enum trunk_fault want, int slot)
{
	struct trunk_status status;

	reopen();
	assert_false(trunk_revive(t));
	assert_int_equal(trunk_fd(t), -1);
	assert_int_equal(k_open_count(), 0);
	trunk_watch(t, &status);
	assert_true(status.supervised);
	assert_string_equal(trunk_fault_word(status.fault), trunk_fault_word(want));
	assert_int_equal(status.fault_slot, slot);
	assert_int_equal(trunk_receive(t, &rx), ERR_CLOSED);
	assert_int_equal(trunk_send(t, &tx), ERR_CLOSED);
}

static void what_cannot_be_used_is_told_by_its_cause(void **state UNUSED)
{
	k.ctl_errno = ENOENT;
	refused(TRUNK_FAULT_NO_DRIVER, 0);
	k.ctl_errno = EACCES;
	refused(TRUNK_FAULT_NO_ACCESS, 0);
	k.ctl_errno = 0;
	config.span = 2;
	refused(TRUNK_FAULT_NO_SPAN, 0);
	config.span = SPAN;
	config.line = TRUNK_T1;
	refused(TRUNK_FAULT_LINE, 0);
	config.line = TRUNK_E1;
	chan(7)->sig = DAHDI_SIG_NONE;
	refused(TRUNK_FAULT_UNCONFIGURED, 7);
	chan(7)->sig = DAHDI_SIG_FXOKS;
	refused(TRUNK_FAULT_BEARER, 7);
	chan(7)->sig = DAHDI_SIG_CLEAR;
	chan(16)->sig = DAHDI_SIG_CLEAR;
	refused(TRUNK_FAULT_DCHANNEL, 16);
	chan(16)->sig = DAHDI_SIG_HDLCFCS;
	chan(31)->busy_errno = EBUSY;
	refused(TRUNK_FAULT_BUSY, 31);
	chan(31)->busy_errno = 0;
	k.refuse = DAHDI_SET_BUFINFO;
	refused(TRUNK_FAULT_REFUSED, 1);
	k.refuse = 0;
	reopen();
	come_up();
}

static void a_span_number_that_cannot_be_is_refused(void **state UNUSED)
{
	struct trunk *none = NULL;

	config.span = 0;
	assert_int_equal(trunk_open(&config, &none), ERR_INVALID);
	config.span = DAHDI_MAX_SPANS + 1;
	assert_int_equal(trunk_open(&config, &none), ERR_INVALID);
	assert_null(none);
}

static void tries_become_rarer(void **state UNUSED)
{
	int first, later;

	chan(31)->busy_errno = EBUSY;
	for (int i = 0; i < 10; i++, k.now_ms += 100)
		assert_false(trunk_revive(t));
	first = k.opens;
	for (int i = 0; i < 600; i++, k.now_ms += 100)
		assert_false(trunk_revive(t));
	later = k.opens - first;
	assert_in_range(first, 3 * 31, 5 * 31);          /* in the first second */
	assert_in_range(later, 11 * 31, 15 * 31);        /* in a minute */
	chan(31)->busy_errno = 0;
	k.now_ms += 5000;
	come_up();
}

/* ---- measures ---- */

static struct trunk_status watched(const char *name, uint32_t value)
{
	struct trunk_status status;
	struct dahdi_spaninfo *info = &k.spans[SPAN].info;

	memset(info, 0, sizeof(*info));
	memcpy(info->name, name, strlen(name));
	info->crc4count = info->ebitcount = (int)value;
	info->cvcount = info->fecount = info->becount = info->errsec = value;
	info->bpvcount = info->fascount = 77;
	trunk_watch(t, &status);
	return status;
}

static void what_a_driver_does_not_measure_is_no_zero(void **state UNUSED)
{
	static const uint32_t framer = (UINT32_C(1) << TRUNK_MEASURES) - 1;
	struct trunk_status s;

	k.proc = "Span 3: TE4/0/3 \"T4XXP (PCI) Card 0 Span 3\" (MASTER) HDB3/CCS/CRC4 ClockSource \n\tTiming slips: 12\n\n\t 1 TE4/0/3/1 Clear\n";
	s = watched("TE4/0/3", 5);
	assert_int_equal(s.measured, framer);
	assert_int_equal(s.measures[TRUNK_CODE_VIOLATIONS], 5);
	assert_int_equal(s.measures[TRUNK_FRAMING_ERRORS], 5);
	assert_int_equal(s.measures[TRUNK_SLIPS], 12);
	assert_true(s.alarm_detail && s.clock_master);
	assert_string_equal(s.device, "TE4/0/3");
	s = watched("WCTE4/0/1", 0);
	assert_int_equal(s.measured, framer);
	assert_false(s.alarm_detail);
	assert_int_equal(watched("WCT13x/0", 5).measured, framer);
	s = watched("Tor2/0/1", 5);
	assert_int_equal(s.measures[TRUNK_CODE_VIOLATIONS], 77);
	assert_false(s.measured & 1u << TRUNK_SLIPS);
	assert_int_equal(watched("WCT1/0", 0).measured, 1u << TRUNK_IRQ_MISSES);
	assert_int_equal(watched("WCT1/0", UINT32_MAX).measured, 1u << TRUNK_IRQ_MISSES);
	assert_int_equal(watched("DYN/loc/1:0", 0).measured, 0);
	assert_int_equal(watched("XBUS-00/XPD-00", 0).measured, 0);
	assert_int_equal(watched("SOMETHING/1", 5).measured, 0);
	s = watched("TE4/0/3", UINT32_MAX);              /* -1: it does not count that after all */
	assert_int_equal(s.measured, 1u << TRUNK_SLIPS | 1u << TRUNK_IRQ_MISSES);
	k.proc = "Span 3: TE4/0/3 \"\" HDB3/CCS \n\n\t 1 (MASTER)\n";
	s = watched("TE4/0/3", 0);
	assert_false(s.clock_master);
	assert_int_equal(s.measures[TRUNK_SLIPS], 0);
	k.proc = NULL;
	assert_false(watched("TE4/0/3", 0).measured & 1u << TRUNK_SLIPS);
}

/* ---- gains ---- */

static void a_gain_of_nothing_changes_nothing_and_others_keep_order_and_sign(void **state UNUSED)
{
	uint8_t table[256], back[256];

	for (int law = 0; law < 2; law++) {
		dahdi_gain_table((enum trunk_law)law, 0, table);
		for (int i = 0; i < 256; i++)
			assert_int_equal(table[i], i);
		for (int db = -DAHDI_GAIN_DB_MAX; db <= DAHDI_GAIN_DB_MAX; db++) {
			dahdi_gain_table((enum trunk_law)law, db, table);
			for (int i = 0; i < 256; i++)
				assert_int_equal(table[i] & 0x80, i & 0x80);
		}
	}
	/* In both laws a step of a segment, 16 codes, is 6 dB; loud enough, up and down again is the same. A-law 0xd5 ^ 0x55. */
	dahdi_gain_table(TRUNK_ALAW, 6, table);
	dahdi_gain_table(TRUNK_ALAW, -6, back);
	for (int code = 0x30; code < 0x60; code++) {
		uint8_t octet = (uint8_t)((code | 0x80) ^ 0x55);

		assert_in_range((table[octet] ^ 0x55) & 0x7f, code + 15, code + 17);
		assert_in_range((back[table[octet]] ^ 0x55) & 0x7f, code - 1, code + 1);
	}
	dahdi_gain_table(TRUNK_ALAW, 24, table);
	assert_int_equal(table[0xaa], 0xaa);             /* the loudest stays the loudest */
	dahdi_gain_table(TRUNK_ULAW, 6, table);
	for (int code = 0x30; code < 0x60; code++)
		assert_in_range((table[0xff - code] ^ 0xff) & 0x7f, code + 14, code + 18);
}

/* ---- echo cancellers ---- */

static void the_echo_canceller_is_on_in_calls_alone(void **state UNUSED)
{
	config.echo_taps = 128;
	reopen();
	come_up();
	assert_int_equal(chan(3)->echo, 0);
	trunk_begin(t, 3);
	assert_int_equal(chan(3)->echo, 128);
	trunk_end(t, 3);
	assert_int_equal(chan(3)->echo, 0);
	k.refuse = DAHDI_ECHOCANCEL;
	trunk_begin(t, 3);
	assert_int_equal(counted(TRUNK_COUNT_NO_ECHO_CANCELLER), 1);
	k.refuse = 0;
	begin_in_tick(4);                                /* the call goes on without */
}

/* The driver takes the order and does nothing when system.conf names no echo canceller: its list alone tells. */
static void channels_that_are_set_up_without_an_echo_canceller_are_told(void **state UNUSED)
{
	static char proc[4096];
	struct trunk_status status;
	size_t len = (size_t)snprintf(proc, sizeof(proc), "Span 1: TE2/0/1 \"T2XXP\" HDB3/CCS/CRC4 ClockSource \n\tTiming slips: 4\n\n");

	for (int slot = 1; slot <= 31; slot++)
		len += (size_t)snprintf(proc + len, sizeof(proc) - len, "\t%4d TE2/0/1/%d %s(In use) %s\n", 31 + slot, slot,
		                        slot == 16 ? "HDLCFCS " : "Clear ", slot == 16 || slot == 5 ? "" : "(EC: MG2 - INACTIVE) ");
	k.proc = proc;
	config.echo_taps = 128;
	reopen();
	come_up();
	trunk_watch(t, &status);
	assert_int_equal(status.no_echo, 1 << 5);        /* not 16, which has no sound */
	assert_int_equal(status.measures[TRUNK_SLIPS], 4);
	strstr(proc, "(EC: MG2")[1] = 'X';               /* the first, of timeslot 1 */
	trunk_watch(t, &status);
	assert_int_equal(status.no_echo, 1 << 5 | 1 << 1);
	*strstr(proc, "TE2/0/1/5") = '\0';               /* cut off in a line, which is not judged */
	trunk_watch(t, &status);
	assert_int_equal(status.no_echo, 1 << 1);
	config.echo_taps = 0;
	reopen();
	trunk_watch(t, &status);
	assert_int_equal(status.no_echo, 0);             /* none is wanted */
	k.proc = NULL;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_span_behind_a_hole_is_found_and_opened_as_measured),
		TEST(a_T1_has_its_D_channel_at_24),
		TEST(what_cannot_be_used_is_told_by_its_cause),
		TEST(a_span_number_that_cannot_be_is_refused),
		TEST(tries_become_rarer),
		TEST(the_echo_canceller_is_on_in_calls_alone),
		TEST(channels_that_are_set_up_without_an_echo_canceller_are_told),
		TEST(what_a_driver_does_not_measure_is_no_zero),
		TEST(a_gain_of_nothing_changes_nothing_and_others_keep_order_and_sign),
	};

	return cmocka_run_group_tests_name("dahdi", tests, NULL, NULL);
}
