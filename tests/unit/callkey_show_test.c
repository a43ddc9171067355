/* callkey_show_test.c: arsd's answers as a person reads them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "callkey/show.h"
#include "callkey/show_values.h"

static void must_show(const char *verb, const char *answer, const char *want)
{
	struct json_fault fault;
	json_t *o;
	char *text;

	if (json_read_strict(answer, strlen(answer), &o, &fault) != 0)
		fail_msg("%s: %s", fault.where, fault.why);
	assert_int_equal(show(verb, o, &text), 0);
	assert_string_equal(text, want);
	free(text);
	json_decref(o);
}

static void times_are_local(void **state UNUSED)
{
	char buf[SHOW_TIME_SIZE];

	assert_string_equal(show_time("2026-12-31T15:30:05.123Z", buf), "2027-01-01 00:30:05");
	assert_string_equal(show_time("", buf), "-");
	assert_string_equal(show_time(NULL, buf), "-");
	assert_string_equal(show_time("yesterday", buf), "-");
}

static void status_is_a_glance(void **state UNUSED)
{
	must_show("status", "{\"processes\":{\"trunkd\":\"up\",\"arsd\":\"up\",\"uplinkd\":\"down\"},\"calls\":2,\"requests\":"
	          "{\"registrations\":{\"registered\":3,\"sms_sent\":1}},\"version\":\"callkey 1\"}",
	          "processes       trunkd up, arsd up, uplinkd down\n"
	          "calls           2 now\n"
	          "registrations   3 registered, 1 sms_sent\n"
	          "payments        none yet\n"
	          "messages        none yet\n"
	          "version         callkey 1\n");
}

static void status_says_which_keys_of_merchants_end(void **state UNUSED)
{
	must_show("status", "{\"processes\":{},\"calls\":0,\"requests\":{},\"version\":\"1\",\"webhook_secrets_ending\":2,\"api_keys_ending\":{\"count\":1,"
	          "\"days\":7,\"first\":{\"key\":\"key_1\",\"merchant\":\"mer_1\",\"valid_until\":\"2026-11-26T00:00:00.000Z\"}}}",
	          "processes       -\n"
	          "API keys        1 still used and ends within 7 days; first key_1 of mer_1, on 2026-11-26 09:00:00: callkey merchants keys list mer_1\n"
	          "webhooks        2 old secrets end soon\n"
	          "calls           0 now\n"
	          "registrations   none yet\n"
	          "payments        none yet\n"
	          "messages        none yet\n"
	          "version         1\n");
}

static void status_says_whose_answers_to_messages_are_not_as_set(void **state UNUSED)
{
	must_show("status", "{\"processes\":{},\"calls\":0,\"requests\":{},\"version\":\"1\",\"sms_odd\":{\"provider\":\"main\",\"status\":202}}",
	          "processes       -\n"
	          "calls           0 now\n"
	          "registrations   none yet\n"
	          "payments        none yet\n"
	          "messages        none yet\n"
	          "messages        alarm: provider main takes them with HTTP 202, which is not its success_status (uplinkd.sms)\n"
	          "version         1\n");
}

static void status_says_why_no_card_is_taken(void **state UNUSED)
{
	static const char rest[] = "calls           0 now\nregistrations   none yet\npayments        none yet\nmessages        none yet\n"
	                           "version         1\n";
	static const struct { const char *keystored, *why; } all[] = {
		{ "locked", "cards           not taken: the keys are locked; custodians open them with callkey keys unlock\n" },
		{ "no keys", "cards           not taken: there are no keys; they are made with callkey keys ceremony\n" },
		{ "down", "cards           not taken: keystored is down; its log says why\n" }, { "up", "" },
	};

	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		char answer[200], text[600];

		snprintf(answer, sizeof(answer), "{\"processes\":{\"keystored\":\"%s\"},\"calls\":0,\"requests\":{},\"version\":\"1\"}",
		         all[i].keystored);
		snprintf(text, sizeof(text), "processes       keystored %s\n%s%s", all[i].keystored, all[i].why, rest);
		must_show("status", answer, text);
	}
}

static void trunks_show_the_ladder_from_the_cable_to_the_calls(void **state UNUSED)
{
	must_show("trunks", "{\"spans\":["
	          "{\"span\":1,\"name\":\"a\",\"kind\":\"soft\",\"line\":\"E1\",\"alarms\":[],\"dchannel\":true,\"channels\":30,\"busy\":2,"
	          "\"draining\":false,\"alarm_since\":null,\"alarm_times\":0,\"advice\":\"\",\"driver\":null},"
	          "{\"span\":2,\"name\":\"b\",\"kind\":\"soft\",\"line\":\"T1\",\"alarms\":[\"red\",\"los\"],\"dchannel\":false,\"channels\":23,"
	          "\"busy\":0,\"alarm_since\":\"2026-11-25T00:00:00.000Z\",\"alarm_times\":3,\"advice\":\"no signal: cable\",\"driver\":null},"
	          "{\"span\":3,\"name\":\"c\",\"kind\":\"dahdi\",\"line\":\"E1\",\"alarms\":[],\"dchannel\":true,\"channels\":30,\"busy\":30,"
	          "\"driver\":{\"fault\":\"none\",\"crc4\":true}},"
	          "{\"span\":4,\"name\":\"d\",\"kind\":\"dahdi\",\"line\":\"E1\",\"alarms\":[\"red\"],\"dchannel\":false,\"channels\":30,"
	          "\"driver\":{\"fault\":\"none\",\"alarm_detail\":false}},"
	          "{\"span\":5,\"name\":\"e\",\"kind\":\"dahdi\",\"line\":\"E1\",\"alarms\":[\"red\",\"lfa\"],\"dchannel\":false,\"channels\":30,"
	          "\"driver\":{\"fault\":\"none\",\"alarm_detail\":true}},"
	          "{\"span\":6,\"name\":\"f\",\"kind\":\"dahdi\",\"line\":\"E1\",\"alarms\":[\"yellow\"],\"dchannel\":true,\"channels\":30,"
	          "\"driver\":{\"fault\":\"none\",\"crc4\":false}},"
	          "{\"span\":7,\"name\":\"g\",\"kind\":\"dahdi\",\"line\":\"E1\",\"alarms\":[\"not_open\"],\"dchannel\":false,\"channels\":30,"
	          "\"advice\":\"run dahdi_cfg\",\"driver\":{\"fault\":\"not configured\",\"fault_timeslot\":7}}]}",
	          "SPAN  NAME  LINE  KIND   STATE  CABLE           FRAMING    CRC4  D-CHANNEL  CALLS  ALARM SINCE          ALARMS\n"
	          "   1  a     E1    soft   up     ok              ok         -     up          2/30  -                         0\n"
	          "   2  b     T1    soft   ALARM  no signal       -          -     down        0/23  2026-11-25 09:00:00       3\n"
	          "   3  c     E1    dahdi  up     ok              ok         on    up         30/30  -                         0\n"
	          "   4  d     E1    dahdi  ALARM  RED             -          -     down        0/30  -                         0\n"
	          "   5  e     E1    dahdi  ALARM  ok              lost       off   down        0/30  -                         0\n"
	          "   6  f     E1    dahdi  ALARM  ok              far alarm  off   up          0/30  -                         0\n"
	          "   7  g     E1    dahdi  ALARM  not configured  -          -     down        0/30  -                         0\n"
	          "b: no signal: cable\n"
	          "g: run dahdi_cfg (timeslot 7)\n");
	must_show("trunks", "{\"spans\":[]}", "No spans: trunkd is not connected, or none is configured (trunkd.spans).\n");
}

static void trunks_tell_what_is_unusual_about_the_signalling(void **state UNUSED)
{
	must_show("trunks", "{\"spans\":["
	          "{\"span\":1,\"name\":\"a\",\"kind\":\"soft\",\"line\":\"E1\",\"dchannel\":true,\"channels\":30,\"busy\":2,\"signalling\":"
	          "{\"switch\":\"euroisdn\",\"side\":\"user\",\"service\":\"draining\",\"trace_left_s\":61}},"
	          "{\"span\":2,\"name\":\"b\",\"kind\":\"soft\",\"line\":\"T1\",\"dchannel\":true,\"channels\":23,\"signalling\":"
	          "{\"service\":\"out_of_service\",\"busied_out\":3,\"refused_nfas\":7}},"
	          "{\"span\":3,\"name\":\"c\",\"kind\":\"soft\",\"line\":\"T1\",\"dchannel\":true,\"channels\":23,\"signalling\":"
	          "{\"service\":\"in_service\"}}]}",
	          "SPAN  NAME  LINE  KIND  STATE    CABLE  FRAMING  CRC4  D-CHANNEL  CALLS  ALARM SINCE  ALARMS\n"
	          "   1  a     E1    soft  locking  ok     ok       -     up          2/30  -                 0\n"
	          "   2  b     T1    soft  locked   ok     ok       -     up          0/23  -                 0\n"
	          "   3  c     T1    soft  up       ok     ok       -     up          0/23  -                 0\n"
	          "a: locked; waits for its calls to end\n"
	          "a: 2 minutes of trace left\n"
	          "b: locked and out of service; callkey trunks unlock takes it back\n"
	          "b: 3 channels taken out of service by the exchange\n"
	          "b: 7 calls refused that were for another interface: NFAS is not built\n");
}

static void analog_lines_are_counted_by_what_they_do(void **state UNUSED)
{
	must_show("trunks", "{\"spans\":["
	          "{\"span\":1,\"name\":\"a\",\"kind\":\"fxo\",\"line\":\"analog\",\"alarms\":[],\"dchannel\":true,\"channels\":8,\"busy\":2,"
	          "\"driver\":{\"fault\":\"none\"},\"lines\":{\"used\":[1,2,3,4,5,6,7,8],\"ringing\":[3],\"in_call\":[4,5],"
	          "\"no_battery\":[7,8],\"locked\":[2,5],\"refused_locked\":3}},"
	          "{\"span\":2,\"name\":\"b\",\"kind\":\"soft\",\"line\":\"E1\",\"alarms\":[],\"dchannel\":true,\"channels\":30,\"busy\":2},"
	          "{\"span\":3,\"name\":\"c\",\"kind\":\"fxo\",\"line\":\"analog\",\"alarms\":[\"not_open\"],\"dchannel\":false,\"channels\":2,"
	          "\"alarm_since\":\"2026-11-25T00:00:00.000Z\",\"alarm_times\":1,\"advice\":\"the card is gone\","
	          "\"driver\":{\"fault\":\"no such span\"},\"lines\":{\"used\":[1,2],\"ringing\":[],\"in_call\":[],\"no_battery\":[1,2],"
	          "\"locked\":[]}},"
	          "{\"span\":4,\"name\":\"d\",\"kind\":\"fxo\",\"line\":\"analog\",\"alarms\":[],\"dchannel\":true,\"channels\":1,\"busy\":0,"
	          "\"driver\":{\"fault\":\"none\"},\"lines\":{\"used\":[4],\"ringing\":[],\"in_call\":[],\"no_battery\":[],\"locked\":[4]}},"
	          "{\"span\":5,\"name\":\"e\",\"kind\":\"fxo\",\"line\":\"analog\",\"alarms\":[],\"dchannel\":true,\"channels\":2,"
	          "\"driver\":{\"fault\":\"none\"},\"lines\":{\"used\":[1,2],\"no_battery\":[1,2]}}]}",
	          "SPAN  NAME  LINE  KIND  STATE  CABLE  FRAMING  CRC4  D-CHANNEL  CALLS  ALARM SINCE  ALARMS\n"
	          "   2  b     E1    soft  up     ok     ok       -     up          2/30  -                 0\n"
	          "\n"
	          "SPAN  NAME  KIND  STATE   CARD          LINES  IDLE  RINGING  IN CALL  NO BATTERY  LOCKED  ALARM SINCE          ALARMS\n"
	          "   1  a     fxo   up      ok                8     3        1        2           2       2  -                         0\n"
	          "   3  c     fxo   ALARM   no such span      2     -        -        -           -       0  2026-11-25 09:00:00       1\n"
	          "   4  d     fxo   locked  ok                1     1        0        0           0       1  -                         0\n"
	          "   5  e     fxo   DOWN    ok                2     0        0        0           2       0  -                         0\n"
	          "a: line 7 8: no battery: cable, or the exchange's port\n"
	          "a: line 5: locked; waits for the call to end\n"
	          "a: line 2: locked and out of service; callkey trunks unlock SPAN:LINE takes it back\n"
	          "a: 3 calls not answered because their line was locked\n"
	          "c: the card is gone\n"
	          "d: line 4: locked and out of service; callkey trunks unlock SPAN:LINE takes it back\n"
	          "e: line 1 2: no battery: cable, or the exchange's port\n");
}

static void a_trace_is_told_message_by_message(void **state UNUSED)
{
	must_show("trace", "{\"span\":1,\"masked\":true,\"frames\":[{\"at\":\"2026-11-25T00:00:00.120Z\",\"sent\":false,"
	          "\"text\":\"SETUP\\n    channel: 3\\u001b[2J\"},{\"at\":\"2026-11-25T00:00:00.130Z\",\"sent\":true,\"text\":\"UA\"}]}",
	          "2026-11-25 09:00:00.120  <- line  SETUP\n"
	          "        channel: 3?[2J\n"
	          "2026-11-25 09:00:00.130  -> line  UA\n"
	          "2 messages, numbers masked. Digits that a caller sends in a call are never recorded.\n");
	must_show("trace", "{\"span\":1,\"frames\":[]}", "Nothing was recorded. Switch it on before the call: callkey trace 1 --minutes 10\n");
	must_show("trace", "{\"span\":1,\"minutes\":0}",
	          "The trace of span 1 is off. What was recorded can be read for an hour, then it is wiped.\n");
	must_show("lock", "{\"span\":1,\"on\":false}", "Span 1 takes calls again.\n");
	must_show("lock", "{\"span\":1,\"on\":true}", "Span 1 is locked: new calls get cause 44 or 34, calls in progress go on; out of "
	          "service when the last has ended.\nTake it back: callkey trunks unlock 1\n");
	must_show("lock", "{\"span\":3,\"line\":2,\"on\":true,\"analog\":true}", "Line 2 of span 3 is locked: new calls are not answered, "
	          "calls in progress go on; out of service when the last has ended.\nTake it back: callkey trunks unlock 3:2\n");
	must_show("lock", "{\"span\":3,\"line\":2,\"on\":false,\"analog\":true}", "Line 2 of span 3 takes calls again.\n");
}

#define NOTE "Above: since trunkd's start. Below: kept over restarts; ES SES UAS are seconds; callkey trunks zero SPAN begins \"counted\"\n" \
	"anew; by quarters of an hour: callkey trunks history SPAN. n/m: not measured, this card's driver does not support it.\n"

static void what_is_not_measured_is_not_shown_as_zero(void **state UNUSED)
{
	must_show("trunk_counters", "{\"spans\":["
	          "{\"span\":1,\"name\":\"a\",\"underruns\":1,\"late_ticks\":2,\"lost_ticks\":3,\"driver\":null},"
	          "{\"span\":2,\"name\":\"b\",\"driver\":{\"device\":\"TE4/0/1\",\"clock_master\":true,\"overruns\":4,\"blocks_missed\":0,"
	          "\"hdlc_aborts\":5,\"hdlc_bad_fcs\":6,\"measures\":{\"code_violations\":7,\"crc_errors\":null,\"e_bits\":0,"
	          "\"framing_errors\":null,\"errored_seconds\":8,\"slips\":9,\"irq_misses\":null}}}]}",
	          "SPAN  NAME  DEVICE   CODE  CRC  E-BIT  FRAMING  ERR-SEC  SLIPS  IRQ  OVERRUN  MISSED  ABORT  BAD-FCS  UNDERRUN  LATE  LOST\n"
	          "   1  a     -           -    -      -        -        -      -    -        -       -      -        -         1     2     3\n"
	          "   2  b     TE4/0/1     7  n/m      0      n/m        8      9  n/m        4       0      5        6         0     0     0\n"
	          "\n"
	          "SPAN  NAME  OF        SINCE  ES  SES  UAS  CODE  CRC  E-BIT  FRAMING  SLIPS  ZEROED BY\n"
	          "   1  a     24 hours  -       -    -    -     -    -      -        -      -  -\n"
	          "   1  a     counted   -       -    -    -     -    -      -        -      -  -\n"
	          "   2  b     24 hours  -       -    -    -     -    -      -        -      -  -\n"
	          "   2  b     counted   -       -    -    -     -    -      -        -      -  -\n"
	          "clock master: b\n" NOTE);
}

#define COUNTS(errored, ses, uas) "\"seconds\":100,\"errored\":" errored ",\"severely_errored\":" ses ",\"unavailable\":" uas
#define ERRORS(crc, slips) ",\"code_violations\":null,\"crc_errors\":" crc ",\"e_bits\":0,\"framing_errors\":null,\"slips\":" slips
#define NO_ERRORS ",\"code_violations\":null,\"crc_errors\":null,\"e_bits\":null,\"framing_errors\":null,\"slips\":null"
#define BLIND "{\"measures\":{\"code_violations\":null,\"crc_errors\":null,\"framing_errors\":null,\"slips\":null,\"irq_misses\":3}}"

static void seconds_of_a_day_stand_beside_those_since_the_mark(void **state UNUSED)
{
	static const char answer[] = "{\"spans\":["
		"{\"span\":1,\"name\":\"a\",\"driver\":null,\"day\":{" COUNTS("12", "11", "10") NO_ERRORS ",\"since\":\"2026-11-24T00:15:00.000Z\"},"
		"\"counted\":{" COUNTS("0", "0", "4") NO_ERRORS ",\"since\":\"2026-11-25T00:00:01.000Z\",\"zeroed_by\":\"operator\"}},"
		"{\"span\":2,\"name\":\"b\",\"driver\":" BLIND ",\"day\":{" COUNTS("1", "1", "0") NO_ERRORS "},"
		"\"counted\":{" COUNTS("0", "0", "0") NO_ERRORS "}},"
		"{\"span\":3,\"name\":\"c\",\"driver\":null,\"counted\":{\"seconds\":0,\"errored\":null,\"severely_errored\":null,"
		"\"unavailable\":null,\"since\":\"2026-11-25T00:00:01.000Z\",\"zeroed_by\":\"operator\"}},"
		"{\"span\":4,\"name\":\"d\",\"driver\":" BLIND ",\"day\":{" COUNTS("0", "0", "0") ERRORS("37", "0") "}}]}";
	struct json_fault fault;
	json_t *o;
	char *text = NULL;

	assert_int_equal(json_read_strict(answer, strlen(answer), &o, &fault), 0);
	assert_int_equal(show("trunk_counters", o, &text), 0);
	assert_non_null(strstr(text, "\n"
		"SPAN  NAME  OF        SINCE                 ES  SES  UAS  CODE  CRC  E-BIT  FRAMING  SLIPS  ZEROED BY\n"
		"   1  a     24 hours  2026-11-24 09:15:00   12   11   10     -    -      -        -      -  -\n"
		"   1  a     counted   2026-11-25 09:00:01    0    0    4     -    -      -        -      -  operator\n"
		"   2  b     24 hours  -                      1    1    0   n/m  n/m    n/m      n/m    n/m  -\n"
		"   2  b     counted   -                    n/m    0    0   n/m  n/m    n/m      n/m    n/m  -\n"
		"   3  c     24 hours  -                      -    -    -     -    -      -        -      -  -\n"
		"   3  c     counted   2026-11-25 09:00:01    -    -    -     -    -      -        -      -  operator\n"
		"   4  d     24 hours  -                      0    0    0   n/m   37      0      n/m      0  -\n"
		"   4  d     counted   -                      -    -    -     -    -      -        -      -  -\n" NOTE));
	free(text);
	json_decref(o);
	must_show("trunk_zero", "{\"span\":3,\"name\":\"c\\u001b\",\"since\":\"2026-11-25T00:00:01.000Z\"}",
	          "Span 3 (c?) counts from 0 since 2026-11-25 09:00:01; its last 24 hours stay. Both: callkey trunks --counters\n");
}

static void a_line_is_told_by_quarters_of_an_hour(void **state UNUSED)
{
	must_show("trunk_history", "{\"span\":1,\"name\":\"a\\u001b\",\"quarters\":["
	          "{\"quarter\":\"2026-11-25T00:00:00.000Z\"," COUNTS("0", "0", "0") NO_ERRORS "},"
	          "{\"quarter\":\"2026-11-25T00:15:00.000Z\"," COUNTS("3", "0", "20") ERRORS("7", "0") "}]}",
	          "QUARTER OF AN HOUR   SECONDS  ES  SES  UAS  CODE  CRC  E-BIT  FRAMING  SLIPS\n"
	          "2026-11-25 09:00:00      100   0    0    0   n/m  n/m    n/m      n/m    n/m\n"
	          "2026-11-25 09:15:00      100   3    0   20   n/m    7      0      n/m      0\n"
	          "a?: seconds that were looked at (900 are all), and what they were. n/m: not measured, the driver does not support it, or "
	          "there is none.\n");
	must_show("trunk_history", "{\"span\":1,\"name\":\"a\",\"quarters\":[]}", "a: nothing was looked at in the last 24 hours.\n");
}

static void payments_line_up_in_korean_and_hide_numbers(void **state UNUSED)
{
	must_show("payments", "{\"items\":[{\"id\":\"pay_1\",\"created_at\":\"2026-11-25T00:00:00.000Z\",\"status\":\"approved\","
	          "\"phone\":\"01012345678\",\"virtual_number\":\"07012340001\",\"merchant_name\":\"한 가게\",\"order_name\":\"구독\","
	          "\"amount\":{\"total\":53000,\"currency\":\"KRW\"},\"instalment\":{\"months\":3,\"interest_free\":true},"
	          "\"card\":{\"bin\":\"941012\",\"last4\":\"0006\",\"brand\":null,\"issuer\":\"bc\"},\"failure\":null,"
	          "\"approval_no\":\"12345678\"},{\"id\":\"pay_22\",\"status\":\"declined\",\"billing_key\":\"bk_1\",\"failure\":{\"code\":\"limit\"},"
	          "\"merchant_name\":\"b\\u001b[2J\",\"instalment\":{\"months\":0}},{\"id\":\"pay_3\",\"status\":\"sms_sent\",\"billing_key\":\"bk_1\"}]}",
	          "PAYMENT  CREATED         STATE     PHONE          NUMBER         MERCHANT  PRODUCT    AMOUNT  MONTHS  CARD      RESULT\n"
	          "pay_1    11-25 09:00:00  approved  010-****-5678  070-1234-0001  한 가게   구독     53,000원  3 free  bc *0006  12345678\n"
	          "pay_22   -               declined  -              -              b?[2J     -               -       -  -         limit\n"
	          "pay_3    -               sms_sent  -              -              -         -               -       -  -         -\n");
}

static void registrations_and_merchants(void **state UNUSED)
{
	must_show("registrations", "{\"items\":[]}", "No registrations yet.\n");
	must_show("registrations", "{\"items\":[{\"id\":\"reg_1\",\"status\":\"registered\",\"phone\":\"010-****-5678\","
	          "\"billing_key\":\"bk_1\"}]}",
	          "REGISTRATION  CREATED  STATE       PHONE          NUMBER  MERCHANT  PRODUCT  CARD  RESULT\n"
	          "reg_1         -        registered  010-****-5678  -       -         -        -     bk_1\n");
	must_show("merchants", "{\"items\":[{\"id\":\"mer_1\",\"name\":\"S\",\"live\":false,\"may_skip_consent\":false,\"pg\":\"\","
	          "\"webhook_url\":null}]}",
	          "MERCHANT  ACCOUNT  NAME  MODE  CONSENT  PG  WEBHOOK  CREATED  USED\n"
	          "mer_1     -        S     test  asked    -   -        -        -\n");
	must_show("merchant_keys", "{\"items\":[{\"id\":\"key_1\",\"status\":\"ending\",\"created_at\":\"2026-11-25T00:00:00.000Z\",\"valid_until\":"
	          "\"2026-11-26T00:00:00.000Z\",\"last_used_at\":\"2026-11-25T12:00:00.000Z\",\"from\":null,\"certificates\":null}]}",
	          "KEY    STATUS  CREATED         UNTIL           USED            FROM      CERTIFICATE\n"
	          "key_1  ending  11-25 09:00:00  11-26 09:00:00  11-25 21:00:00  anywhere  none\n");
	must_show("merchant_set", "{\"id\":\"mer_1\",\"name\":\"Shop\",\"may_skip_consent\":true,\"pg\":\"\"}",
	          "merchant        mer_1\n"
	          "name            Shop\n"
	          "consent         may be skipped\n"
	          "gateway         the first of its mode\n");
	must_show("merchant_set", "{\"id\":\"mer_1\",\"name\":\"Shop\",\"may_skip_consent\":false,\"pg\":\"main\"}",
	          "merchant        mer_1\n"
	          "name            Shop\n"
	          "consent         asked\n"
	          "gateway         main\n");
	must_show("merchant_add", "{\"id\":\"mer_1\",\"api_key\":\"ck_test_x\",\"webhook_secret\":\"whsec_y\"}",
	          "merchant        mer_1\n"
	          "account         -\n"
	          "API key         ck_test_x\n"
	          "webhook secret  whsec_y\n"
	          "\nBoth are shown this once: the appliance keeps only what it needs to check the key.\n");
}

static void a_call_has_its_timeline(void **state UNUSED)
{
	must_show("call", "{\"id\":\"call_1\",\"status\":\"completed\",\"request\":\"reg_1\",\"called\":\"07012340001\","
	          "\"caller\":\"010-****-5678\",\"screening\":\"network\",\"presentation_allowed\":true,\"diverted\":false,"
	          "\"scenario\":\"registration\",\"span\":1,\"channel\":2,\"cause\":16,\"offered_at\":\"2026-11-25T00:00:00.000Z\","
	          "\"answered_at\":\"2026-11-25T00:00:01.000Z\",\"ended_at\":\"2026-11-25T00:01:05.000Z\",\"timeline\":[{\"at\":"
	          "\"2026-11-25T00:00:00.120Z\",\"what\":\"offered\",\"step\":null,\"detail\":null},{\"at\":\"2026-11-25T00:00:01.000Z\","
	          "\"what\":\"step\",\"step\":\"greeting\",\"detail\":\"x\"}]}",
	          "call            call_1\n"
	          "state           completed\n"
	          "caller          010-****-5678 (network)\n"
	          "called          070-1234-0001\n"
	          "request         reg_1\n"
	          "scenario        registration\n"
	          "span/channel    1/2\n"
	          "offered         2026-11-25 09:00:00\n"
	          "answered        2026-11-25 09:00:01\n"
	          "ended           2026-11-25 09:01:05\n"
	          "length          1:04\n"
	          "cause           16 normal\n"
	          "\n"
	          "TIME          WHAT     STEP      DETAIL\n"
	          "09:00:00.120  offered  -         -\n"
	          "09:00:01.000  step     greeting  x\n");
}

static void an_answer_of_the_wrong_form_does_no_harm(void **state UNUSED)
{
	static const char *const verbs[] = { "status", "trunks", "trunk_counters", "calls", "call", "registrations", "payments",
	                                     "merchants", "merchant_add", "merchant_set", "drain", "lock", "trace", "trunk_zero", "trunk_history" };
	static const char *const answers[] = { "{}", "{\"items\":[1,null,{}],\"spans\":[[]],\"timeline\":[2]}", "{\"items\":3,\"processes\":[],"
	                                       "\"requests\":7,\"spans\":\"x\",\"card\":[],\"alarms\":[1]}" };
	struct json_fault fault;

	for (size_t v = 0; v < ARRAY_LEN(verbs); v++)
		for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
			json_t *o;
			char *text = NULL;

			assert_int_equal(json_read_strict(answers[i], strlen(answers[i]), &o, &fault), 0);
			assert_int_equal(show(verbs[v], o, &text), 0);
			assert_true(strlen(text) > 0);
			free(text);
			json_decref(o);
		}
}

static int seoul(void **state UNUSED)
{
	setenv("TZ", "KST-9", 1);
	tzset();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times_are_local),
		cmocka_unit_test(status_is_a_glance),
		cmocka_unit_test(status_says_which_keys_of_merchants_end),
		cmocka_unit_test(status_says_whose_answers_to_messages_are_not_as_set),
		cmocka_unit_test(status_says_why_no_card_is_taken),
		cmocka_unit_test(trunks_show_the_ladder_from_the_cable_to_the_calls),
		cmocka_unit_test(trunks_tell_what_is_unusual_about_the_signalling),
		cmocka_unit_test(a_trace_is_told_message_by_message),
		cmocka_unit_test(what_is_not_measured_is_not_shown_as_zero),
		cmocka_unit_test(seconds_of_a_day_stand_beside_those_since_the_mark),
		cmocka_unit_test(analog_lines_are_counted_by_what_they_do),
		cmocka_unit_test(a_line_is_told_by_quarters_of_an_hour),
		cmocka_unit_test(payments_line_up_in_korean_and_hide_numbers),
		cmocka_unit_test(registrations_and_merchants),
		cmocka_unit_test(a_call_has_its_timeline),
		cmocka_unit_test(an_answer_of_the_wrong_form_does_no_harm),
	};

	return cmocka_run_group_tests(tests, seoul, NULL);
}
