/* uplinkd_smpp_test.c: SMPP PDUs octet by octet (SMPP 3.4 4.4, 4.6, 5.3), what a receipt says, and parts of long messages. Each
 * PDU is read at the very end of a page that is followed by none, cut at every length. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <cmocka.h>

#include "uplinkd/smpp_receipt.h"
#include "uplinkd/smpp_text.h"

enum { PAGE = 4096 };
static uint8_t *page;                     /* its end is the end of what may be read */

static int make_page(void **state)
{
	(void)state;
	page = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return page == MAP_FAILED || mprotect(page + PAGE, PAGE, PROT_NONE) != 0;
}

static int end_page(void **state)
{
	(void)state;
	return munmap(page, 2 * PAGE);
}

static const uint8_t *at_the_end(const void *octets, size_t len)
{
	return memcpy(page + PAGE - len, octets, len);
}

/* A deliver_sm of its fields, as 4.6.1 has them. */
static size_t delivery(uint8_t *out, uint8_t esm_class, const char *text, const void *tlv, size_t tlv_len)
{
	static const char head[] = "\0\1\1" "01012345678\0" "\1\1" "15881234\0";
	size_t n = SMPP_HEAD_SIZE, len = strlen(text);

	memset(out, 0, SMPP_HEAD_SIZE);
	memcpy(out + n, head, sizeof(head) - 1);
	n += sizeof(head) - 1;
	memcpy(out + n, (const uint8_t[]){ esm_class, 0, 0, 0, 0, 0, 0, 8, 0, (uint8_t)len }, 10);
	n += 10;
	memcpy(out + n, text, len);
	n += len;
	memcpy(out + n, tlv, tlv_len);
	n += tlv_len;
	out[3] = (uint8_t)n;
	out[2] = (uint8_t)(n >> 8);
	out[7] = 5;
	return n;
}

static void a_delivery_is_read_and_no_shorter_one(void **state)
{
	static const char tlv[] = "\x00\x1e\x00\x05" "ab12\0" "\x04\x27\x00\x01\x02" "\x14\x00\x00\x02xx";
	uint8_t pdu[512];
	size_t n = delivery(pdu, 4, "hello", tlv, sizeof(tlv) - 1), least = n - (sizeof(tlv) - 1);
	struct smpp_delivery d;

	(void)state;
	assert_int_equal(smpp_read_delivery(at_the_end(pdu, n), n, &d), 0);
	assert_string_equal(d.source, "01012345678");
	assert_string_equal(d.destination, "15881234");
	assert_int_equal(d.esm_class, 4);
	assert_int_equal(d.data_coding, 8);
	assert_int_equal(d.len, 5);
	assert_memory_equal(d.text, "hello", 5);
	assert_string_equal(d.receipted_id, "ab12");
	assert_int_equal(d.message_state, 2);
	for (size_t cut = SMPP_HEAD_SIZE; cut < n; cut++) {
		bool whole = cut == least || cut == least + 9 || cut == least + 14;

		assert_int_equal(smpp_read_delivery(at_the_end(pdu, cut), cut, &d), whole ? 0 : ERR_INVALID);
	}
}

/* 4.7.1: addresses of up to 64 characters, and no text but by message_payload. */
static void a_data_sm_is_read_and_no_shorter_one(void **state)
{
	static const char body[] = "\0\1\1" "0123456789012345678901234567890123456789012345678901234567890123\0" "\1\1" "15881234\0" "\x04\0\x08",
	                  tlv[] = "\x00\x1e\x00\x05" "ab12\0" "\x04\x27\x00\x01\x02" "\x04\x24\x00\x04\x00i\x00" "d";
	uint8_t pdu[256] = { [6] = 1, [7] = 3 };
	const size_t least = SMPP_HEAD_SIZE + sizeof(body) - 1, n = least + sizeof(tlv) - 1;
	struct smpp_delivery d;

	(void)state;
	pdu[3] = (uint8_t)n;
	memcpy(pdu + SMPP_HEAD_SIZE, body, sizeof(body) - 1);
	memcpy(pdu + least, tlv, sizeof(tlv) - 1);
	assert_int_equal(smpp_read_delivery(at_the_end(pdu, n), n, &d), 0);
	assert_int_equal(strlen(d.source), 64);
	assert_string_equal(d.destination, "15881234");
	assert_true(smpp_is_receipt(&d));
	assert_int_equal(d.data_coding, 8);
	assert_string_equal(d.receipted_id, "ab12");
	assert_int_equal(d.message_state, 2);
	assert_int_equal(d.len, 4);
	assert_memory_equal(d.text, "\0i\0d", 4);
	for (size_t cut = SMPP_HEAD_SIZE; cut < n; cut++) {
		bool whole = cut == least || cut == least + 9 || cut == least + 14;

		assert_int_equal(smpp_read_delivery(at_the_end(pdu, cut), cut, &d), whole ? 0 : ERR_INVALID);
	}
	pdu[SMPP_HEAD_SIZE + 3 + 64] = '4';                /* 65 characters */
	assert_int_equal(smpp_read_delivery(at_the_end(pdu, n), n, &d), ERR_INVALID);
}

static void an_answer_is_that_of_what_came(void **state)
{
	static const uint8_t to_data[] = { 0, 0, 0, 17, 0x80, 0, 1, 3, 0, 0, 0, 0x64, 0, 0, 0, 9, 0 },
	                     to_deliver[] = { 0, 0, 0, 17, 0x80, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 9, 0 };
	uint8_t pdu[64];

	(void)state;
	assert_int_equal(smpp_write_delivery_answer(pdu, sizeof(pdu), SMPP_DATA_SM, 9, SMPP_RECEIVER_BUSY), sizeof(to_data));
	assert_memory_equal(pdu, to_data, sizeof(to_data));
	assert_int_equal(smpp_write_delivery_answer(pdu, sizeof(pdu), SMPP_DELIVER_SM, 9, SMPP_OK), sizeof(to_deliver));
	assert_memory_equal(pdu, to_deliver, sizeof(to_deliver));
}

static void strings_without_an_end_and_too_long_ones_are_refused(void **state)
{
	uint8_t pdu[64] = { 0 };
	char id[SMPP_ID_SIZE] = "kept";

	(void)state;
	memset(pdu + SMPP_HEAD_SIZE, 'A', sizeof(pdu) - SMPP_HEAD_SIZE);
	assert_int_equal(smpp_read_message_id(at_the_end(pdu, sizeof(pdu)), sizeof(pdu), id), ERR_INVALID);
	assert_string_equal(id, "kept");
	assert_int_equal(smpp_read_delivery(page + PAGE - sizeof(pdu), sizeof(pdu), &(struct smpp_delivery){ 0 }), ERR_INVALID);
	assert_int_equal(smpp_read_message_id(at_the_end(pdu, SMPP_HEAD_SIZE), SMPP_HEAD_SIZE, id), 0);
	assert_string_equal(id, "");
	pdu[20] = 0;
	assert_int_equal(smpp_read_message_id(at_the_end(pdu, sizeof(pdu)), sizeof(pdu), id), 0);
	assert_string_equal(id, "AAAA");
}

static void a_head_is_whole_sane_or_not_there_yet(void **state)
{
	uint8_t pdu[SMPP_HEAD_SIZE] = { 0, 0, 0, 16, 0x80, 0, 0, 4, 0, 0, 4, 5, 0x7f, 0xff, 0xff, 0xff };
	struct smpp_head h = { 0 };

	(void)state;
	for (size_t n = 0; n < sizeof(pdu); n++)
		assert_int_equal(smpp_read_head(at_the_end(pdu, n), n, &h), ERR_AGAIN);
	assert_int_equal(smpp_read_head(at_the_end(pdu, sizeof(pdu)), sizeof(pdu), &h), 0);
	assert_int_equal(h.command, SMPP_SUBMIT_SM_RESP);
	assert_int_equal(h.status, 0x405);
	assert_int_equal(h.sequence, 0x7fffffff);
	pdu[3] = 15;
	assert_int_equal(smpp_read_head(pdu, sizeof(pdu), &h), ERR_INVALID);
	memcpy(pdu, "\0\0\x20\x01", 4);
	assert_int_equal(smpp_read_head(pdu, sizeof(pdu), &h), ERR_INVALID);
	memcpy(pdu, "\0\0\x20\0", 4);
	assert_int_equal(smpp_read_head(pdu, sizeof(pdu), &h), ERR_AGAIN);
}

static void a_submit_is_the_octets_of_the_standard(void **state)
{
	static const uint8_t want[] = {
		0, 0, 0, 59, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 1, '1', '5', '8', '8', '1', '2', '3', '4', 0, 2, 1,
		'0', '1', '0', '1', '2', '3', '4', '5', '6', '7', '8', 0, 0x40, 0, 0, 0, 0, 1, 0, 8, 0, 8, 0xac, 0, 0xb0, 0x98, 0xb2, 0xe4, 0, '!',
	};
	struct smpp_submit s = {
		.source = { "15881234", 0, 1 }, .destination = { "01012345678", 2, 1 }, .esm_class = 0x40, .data_coding = 8, .receipt = true,
		.text = want + 52, .len = 8,
	};
	uint8_t out[512], long_text[SMPP_PAYLOAD_MAX + 1] = { 0 };
	int n = smpp_write_submit(out, sizeof(out), 7, &s);

	(void)state;
	assert_int_equal(n, (int)sizeof(want));
	assert_memory_equal(out + 4, want + 4, sizeof(want) - 4);
	assert_int_equal(out[3], sizeof(want));
	s.payload = true;
	n = smpp_write_submit(out, sizeof(out), 7, &s);
	assert_int_equal(n, (int)sizeof(want) + 4);
	assert_int_equal(out[3], n);
	assert_int_equal(out[51], 0);
	assert_memory_equal(out + 52, "\x04\x24\0\x08", 4);
	assert_memory_equal(out + 56, want + 52, 8);
	/* What does not fit is refused, not cut. */
	s.len = sizeof(long_text);
	s.text = long_text;
	assert_int_equal(smpp_write_submit(out, sizeof(out), 7, &s), ERR_TOO_LONG);
	s.payload = false;
	s.len = SMPP_SHORT_MAX + 1;
	assert_int_equal(smpp_write_submit(out, sizeof(out), 7, &s), ERR_TOO_LONG);
	s.len = SMPP_SHORT_MAX;
	assert_true(smpp_write_submit(out, sizeof(out), 7, &s) > 0);
	s.destination.digits = "012345678901234567890";
	assert_int_equal(smpp_write_submit(out, sizeof(out), 7, &s), ERR_TOO_LONG);
	assert_int_equal(smpp_write_bind(out, sizeof(out), SMPP_BIND_TRANSCEIVER, 1, "callkey", "ninechars", ""), ERR_TOO_LONG);
	assert_true(smpp_write_bind(out, sizeof(out), SMPP_BIND_TRANSCEIVER, 1, "callkey", "eight888", "") > 0);
}

/* ---- receipts ---- */

static int read_text(const char *text, const char *id, int message_state, enum smpp_id_form form, struct smpp_receipt *r)
{
	struct smpp_delivery d = { .esm_class = 4, .text = (const uint8_t *)text, .len = strlen(text), .message_state = message_state };

	snprintf(d.receipted_id, sizeof(d.receipted_id), "%s", id);
	return smpp_receipt_read(&d, form, r);
}

static void a_receipt_is_understood_by_its_text(void **state)
{
	struct smpp_receipt r;

	(void)state;
	assert_int_equal(read_text("id:00AB12 sub:001 dlvrd:001 submit date:2611251200 done date:2611251201 stat:DELIVRD err:000 text:id:9",
	                           "", -1, SMPP_ID_AS_IS, &r), 0);
	assert_string_equal(r.id, "ab12");
	assert_int_equal(r.state, UPLINK_RECEIPT_DELIVERED);
	assert_string_equal(r.detail, "DELIVRD err 000");
	assert_int_equal(read_text("ID:7 STAT:undeliv", "", -1, SMPP_ID_AS_IS, &r), 0);
	assert_int_equal(r.state, UPLINK_RECEIPT_UNDELIVERED);
	/* Parameters go before text. */
	assert_int_equal(read_text("id:7 stat:UNDELIV", "8", 2, SMPP_ID_AS_IS, &r), 0);
	assert_string_equal(r.id, "8");
	assert_int_equal(r.state, UPLINK_RECEIPT_DELIVERED);
}

/* Octet by octet at the end of memory, for a text in UCS-2 may be cut anywhere. */
static void a_text_in_ucs2_is_understood_and_one_that_is_only_called_so(void **state)
{
	static const char text[] = "id:00AB12 stat:UNDELIV err:027 ";
	uint8_t wide[2 * sizeof(text)];
	struct smpp_delivery d = { .esm_class = 4, .data_coding = SMPP_CODING_UCS2, .message_state = -1 };
	struct smpp_receipt r;

	(void)state;
	for (size_t i = 0; i < sizeof(text) - 1; i++) {
		wide[2 * i] = 0;
		wide[2 * i + 1] = (uint8_t)text[i];
	}
	memcpy(wide + 2 * (sizeof(text) - 1), "\xce\x74", 2);               /* a syllable whose low octet is a letter */
	for (d.len = 0; d.len <= sizeof(wide); d.len++) {
		d.text = at_the_end(wide, d.len);
		assert_int_equal(smpp_receipt_read(&d, SMPP_ID_AS_IS, &r), d.len < 2 * 22 ? ERR_INVALID : 0);
	}
	assert_string_equal(r.id, "ab12");
	assert_int_equal(r.state, UPLINK_RECEIPT_UNDELIVERED);
	assert_string_equal(r.detail, "UNDELIV err 027");
	/* As octets, with a NUL behind them or without. */
	for (d.len = sizeof(text) - 1; d.len <= sizeof(text); d.len++) {
		d.text = at_the_end(text, d.len);
		assert_int_equal(smpp_receipt_read(&d, SMPP_ID_AS_IS, &r), 0);
		assert_string_equal(r.id, "ab12");
	}
}

static void what_names_no_message_or_no_state_is_no_receipt(void **state)
{
	static const char *const none[] = { "", "hello", "id: stat:DELIVRD", "id:5 stat:WHATEVR", "stat:DELIVRD", "valid:5 stat:DELIVRD" };
	struct smpp_receipt r = { .id = "kept" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(none); i++)
		assert_int_equal(read_text(none[i], "", -1, SMPP_ID_AS_IS, &r), ERR_INVALID);
	assert_int_equal(read_text("", "5", 9, SMPP_ID_AS_IS, &r), ERR_INVALID);
	assert_string_equal(r.id, "kept");
	assert_false(smpp_is_receipt(&(struct smpp_delivery){ .esm_class = 0 }));
	assert_false(smpp_is_receipt(&(struct smpp_delivery){ .esm_class = 0x40 }));
	assert_true(smpp_is_receipt(&(struct smpp_delivery){ .esm_class = 0x04 }));
	assert_true(smpp_is_receipt(&(struct smpp_delivery){ .esm_class = 0x60 }));
}

static void assert_plain(const char *id, enum smpp_id_form form, const char *want)
{
	char out[SMPP_ID_SIZE];

	smpp_id_plain(id, form, out);
	assert_string_equal(out, want);
}

static void an_id_is_the_same_in_hex_and_decimal(void **state)
{
	(void)state;
	assert_plain("001A2B", SMPP_ID_AS_IS, "1a2b");
	assert_plain("6699", SMPP_ID_DECIMAL_TO_HEX, "1a2b");
	assert_plain("1A2B", SMPP_ID_HEX_TO_DECIMAL, "6699");
	assert_plain("0000", SMPP_ID_AS_IS, "0");
	assert_plain("ID-007", SMPP_ID_AS_IS, "id-007");
	assert_plain("ID-007", SMPP_ID_DECIMAL_TO_HEX, "id-007");
	assert_plain("18446744073709551616999", SMPP_ID_DECIMAL_TO_HEX, "18446744073709551616999");
	assert_plain("9999999999999999999", SMPP_ID_DECIMAL_TO_HEX, "8ac7230489e7ffff");
}

/* ---- parts ---- */

static void parts_have_headers_and_divide_no_character(void **state)
{
	static struct smpp_part parts[SMPP_PARTS_MAX];
	static uint8_t octets[SMPP_PARTS_MAX * 140];
	size_t at = 0;
	int count;

	(void)state;
	memset(octets, 'a', sizeof(octets));
	assert_int_equal(smpp_split(CHARSET_EUC_KR, octets, 140, 140, 1, parts), 1);
	assert_int_equal(parts[0].len, 140);
	/* 141 octets of Korean behind one letter: 134 minus one, since a character would be divided. */
	memset(octets + 1, 0xb0, 140);
	count = smpp_split(CHARSET_EUC_KR, octets, 141, 140, 0x5a, parts);
	assert_int_equal(count, 2);
	assert_memory_equal(parts[1].octets, "\5\0\3\x5a\2\2", 6);
	assert_int_equal(parts[0].len, 6 + 133);
	assert_int_equal(parts[1].len, 6 + 8);
	/* A pair of surrogates stays together. */
	memset(octets, 0, sizeof(octets));
	for (size_t i = 0; i < 200; i += 4)
		memcpy(octets + i, "\xd8\x3d\xde\x00", 4);
	count = smpp_split(CHARSET_UNICODE, octets, 200, 140, 1, parts);
	assert_int_equal(count, 2);
	for (int i = 0; i < count; i++) {
		assert_int_equal((parts[i].len - 6) % 4, 0);
		assert_memory_equal(parts[i].octets + 6, octets + at, parts[i].len - 6);
		at += parts[i].len - 6;
	}
	assert_int_equal(at, 200);
	assert_int_equal(smpp_split(CHARSET_UNICODE, octets, 0, 140, 1, parts), 1);
	assert_int_equal(parts[0].len, 0);
	assert_int_equal(smpp_split(CHARSET_UNICODE, octets, SMPP_PARTS_MAX * 134 - 2, 140, 1, parts), SMPP_PARTS_MAX);
	assert_int_equal(smpp_split(CHARSET_UNICODE, octets, SMPP_PARTS_MAX * 14 + 2, 20, 1, parts), ERR_TOO_LONG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_delivery_is_read_and_no_shorter_one),
		cmocka_unit_test(strings_without_an_end_and_too_long_ones_are_refused),
		cmocka_unit_test(a_head_is_whole_sane_or_not_there_yet),
		cmocka_unit_test(a_submit_is_the_octets_of_the_standard),
		cmocka_unit_test(a_data_sm_is_read_and_no_shorter_one),
		cmocka_unit_test(an_answer_is_that_of_what_came),
		cmocka_unit_test(a_receipt_is_understood_by_its_text),
		cmocka_unit_test(a_text_in_ucs2_is_understood_and_one_that_is_only_called_so),
		cmocka_unit_test(what_names_no_message_or_no_state_is_no_receipt),
		cmocka_unit_test(an_id_is_the_same_in_hex_and_decimal),
		cmocka_unit_test(parts_have_headers_and_divide_no_character),
	};

	return cmocka_run_group_tests(tests, make_page, end_page);
}
