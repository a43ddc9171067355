/* callkey_system_conf_test.c: the file for dahdi_cfg from the spans of callkey.cfg. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "callkey/system_conf.h"

#define HEAD "# For dahdi_cfg. Written by callkey trunks configure from trunkd.spans of callkey.cfg.\n"
#define TAIL "\n# The tones callers hear are the appliance's own; dahdi_cfg wants a zone, and has none for Korea.\n" \
	"loadzone=us\ndefaultzone=us\n"
#define E1_REST "bchan=1-15,17-31\ndchan=16\nalaw=1-31\n"

static struct system_conf_place card[SYSTEM_CONF_SPAN_MAX + 1];
static struct system_conf_span spans[4];
static char why[SYSTEM_CONF_WHY_SIZE];

static int no_card(void **state UNUSED)
{
	memset(card, 0, sizeof(card));
	return 0;
}

static struct system_conf_span digital(int span, enum system_conf_line line)
{
	struct system_conf_span s = { .span = span, .line = line, .mulaw = line == SYSTEM_CONF_T1 };

	snprintf(s.name, sizeof(s.name), "tel%d", span);
	return s;
}

static struct system_conf_span analog(int span, uint32_t lines)
{
	struct system_conf_span s = digital(span, SYSTEM_CONF_ANALOG);

	s.lines = lines;
	return s;
}

static void judge_text(size_t count, const char *present, const char *wanted)
{
	char *text = NULL;

	why[0] = '\0';
	if (system_conf_place(spans, count, card, why) != 0)
		fail_msg("%s", why);
	assert_int_equal(system_conf_text(spans, count, present, &text), 0);
	assert_string_equal(text, wanted);
	free(text);
}

static void judge_refused(size_t count, const char *reason)
{
	assert_int_equal(system_conf_place(spans, count, card, why), ERR_INVALID);
	if (strstr(why, reason) == NULL)
		fail_msg("%s, not %s", why, reason);
}

static void spans_are_counted_in_the_order_of_their_numbers(void **state UNUSED)
{
	spans[0] = analog(3, 1U << 1 | 1U << 2 | 1U << 4);
	spans[1] = digital(2, SYSTEM_CONF_T1);
	spans[2] = digital(1, SYSTEM_CONF_E1);
	spans[0].echo = spans[2].echo = true;
	judge_text(3, "", HEAD
	           "\n# span 1, \"tel1\": E1\nspan=1,1,0,ccs,hdb3,crc4\n" E1_REST "echocanceller=mg2,1-15,17-31\n"
	           "\n# span 2, \"tel2\": T1\nspan=2,2,0,esf,b8zs\nbchan=32-54\ndchan=55\nmulaw=32-55\n"
	           "\n# span 3, \"tel3\": analog\nfxsks=56-57,59\nalaw=56-57,59\nechocanceller=mg2,56-57,59\n" TAIL);
	assert_false(spans[0].told);
	assert_int_equal(spans[2].place.first, 56);
}

static void a_pbx_behind_us_is_no_clock(void **state UNUSED)
{
	spans[0] = digital(1, SYSTEM_CONF_E1);
	spans[0].network_side = true;
	spans[1] = digital(2, SYSTEM_CONF_E1);
	judge_text(2, "", HEAD
	           "\n# span 1, \"tel1\": E1, the network's side\nspan=1,0,0,ccs,hdb3,crc4\n" E1_REST
	           "\n# span 2, \"tel2\": E1\nspan=2,1,0,ccs,hdb3,crc4\nbchan=32-46,48-62\ndchan=47\nalaw=32-62\n" TAIL);
}

static void the_driver_knows_better(void **state UNUSED)
{
	card[3] = (struct system_conf_place){ 101, 31 };
	spans[0] = digital(3, SYSTEM_CONF_E1);
	spans[1] = digital(4, SYSTEM_CONF_T1);        /* counted, from what the driver knows of span 3 */
	judge_text(2, "", HEAD
	           "\n# span 3, \"tel3\": E1\nspan=3,1,0,ccs,hdb3,crc4\nbchan=101-115,117-131\ndchan=116\nalaw=101-131\n"
	           "\n# span 4, \"tel4\": T1\nspan=4,2,0,esf,b8zs\nbchan=132-154\ndchan=155\nmulaw=132-155\n" TAIL);
	assert_true(spans[0].told);
	assert_false(spans[1].told);
}

static void what_callkey_has_no_setting_for_is_kept(void **state UNUSED)
{
	spans[0] = digital(1, SYSTEM_CONF_E1);
	spans[1] = analog(2, 1U << 1 | 1U << 2 | 1U << 3);
	judge_text(2, "span=11,1,7,ccs,hdb3,crc4\nspan = 1,5,3,ccs,hdb3 \nhardhdlc=16\n#fxsls=32\nfxsls=30,33-34\n", HEAD
	           "\n# span 1, \"tel1\": E1\nspan=1,1,3,ccs,hdb3\nbchan=1-15,17-31\nhardhdlc=16\nalaw=1-31\n"
	           "\n# span 2, \"tel2\": analog\nfxsks=32\nfxsls=33-34\nalaw=32-34\n" TAIL);
}

static void what_does_not_fit_is_not_kept(void **state UNUSED)
{
	static const char *const all[] = {
		"span=1,1,0,esf,b8zs\n", "span=1,1,8,ccs,hdb3\n", "span=1,1\n", "span=1", "span=", "span", "span=99999999999,1,2,ccs,hdb3\n",
		"span=2,1,3,ccs,hdb3\n", "span=1,1,2,ccs,hdb3,xyz\n", "hardhdlc=1-15\n", "hardhdlc=17,\n", "hardhdlc=-16\n", "hardhdlc=\n16\n", "\n\n",
	};

	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		spans[0] = digital(1, SYSTEM_CONF_E1);
		judge_text(1, all[i], HEAD "\n# span 1, \"tel1\": E1\nspan=1,1,0,ccs,hdb3,crc4\n" E1_REST TAIL);
	}
}

static void a_name_stays_in_its_comment(void **state UNUSED)
{
	spans[0] = digital(1, SYSTEM_CONF_E1);
	snprintf(spans[0].name, sizeof(spans[0].name), "a\nspan=9,1,0,ccs,hdb3");
	judge_text(1, "", HEAD "\n# span 1, \"a?span=9,1,0,ccs,hdb3\": E1\nspan=1,1,0,ccs,hdb3,crc4\n" E1_REST TAIL);
}

static void what_cannot_be_counted_is_refused(void **state UNUSED)
{
	spans[0] = digital(2, SYSTEM_CONF_E1);
	judge_refused(1, "neither callkey.cfg nor the driver knows span 1 before it");
	spans[0] = digital(1, SYSTEM_CONF_E1);
	spans[1] = digital(3, SYSTEM_CONF_E1);
	judge_refused(2, "knows span 2 before it");
	spans[0] = analog(1, 1U << 1);
	spans[1] = digital(2, SYSTEM_CONF_E1);
	judge_refused(2, "how many the analog card of span 1");
	spans[0] = digital(1, SYSTEM_CONF_E1);
	spans[1] = digital(1, SYSTEM_CONF_T1);
	judge_refused(2, "both are span 1");
	card[2] = (struct system_conf_place){ 20, 31 };       /* it came before span 1's card */
	spans[0] = digital(1, SYSTEM_CONF_E1);
	judge_refused(1, "1 to 31 would be theirs, and span 2 has some of them");
}

static void another_card_than_configured_is_refused(void **state UNUSED)
{
	card[1] = (struct system_conf_place){ 1, 24 };
	spans[0] = digital(1, SYSTEM_CONF_E1);
	judge_refused(1, "has 24 channels, an E1 has 31");
	card[1] = (struct system_conf_place){ 1, 4 };
	spans[0] = analog(1, 1U << 1 | 1U << 5);
	judge_refused(1, "has 4 channels, lines= names channel 5");
}

static void the_kernels_list_is_read(void **state UNUSED)
{
	struct system_conf_place place = { 0 };
	static const char *const wrong[] = {
		"", "Span 1: X \"\" \n\n", "31 x\n", "Span 1: X\n\n\t   1 a \n\t   3 b \n", "Span 1: X\n\n\t   0 a \n",
	};

	assert_int_equal(system_conf_read_proc("Span 2: TE2/0/2 \"T2XXP (PCI) Card 0 Span 2\" (MASTER) HDB3/CCS/CRC4 RED ClockSource \n"
	                                       "\tIRQ misses: 3\n\tTiming slips: 12\n\n\t  32 TE2/0/2/1 Clear (In use) \n\t  33 TE2/0/2/2 \n"
	                                       "\t  34 TE2/0/2/3 HDLCFCS", &place), 0);
	assert_int_equal(place.first, 32);
	assert_int_equal(place.count, 3);
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
		assert_int_equal(system_conf_read_proc(wrong[i], &place), ERR_INVALID);
	assert_int_equal(place.first, 32);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(spans_are_counted_in_the_order_of_their_numbers, no_card),
		cmocka_unit_test_setup(a_pbx_behind_us_is_no_clock, no_card),
		cmocka_unit_test_setup(the_driver_knows_better, no_card),
		cmocka_unit_test_setup(what_callkey_has_no_setting_for_is_kept, no_card),
		cmocka_unit_test_setup(what_does_not_fit_is_not_kept, no_card),
		cmocka_unit_test_setup(a_name_stays_in_its_comment, no_card),
		cmocka_unit_test_setup(what_cannot_be_counted_is_refused, no_card),
		cmocka_unit_test_setup(another_card_than_configured_is_refused, no_card),
		cmocka_unit_test_setup(the_kernels_list_is_read, no_card),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
