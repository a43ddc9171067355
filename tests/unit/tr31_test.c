/* tr31_test.c: key blocks against published ones, and every change of a block. With an argument it is the tool of test_tr31.py:
 * lines "wrap KBPK USAGE ALGORITHM MODE VERSION EXPORTABILITY OPTIONAL KEY" and "unwrap KBPK BLOCK" on stdin, "-" for nothing,
 * one line of answer each. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "keys/tr31.h"
#include "tests/unit/hex_values.h"

#define STANDARD_KBPK "88E1AB2A2E3DD38C1FA039A536500CC8A87AB9D62DC92C01058FA79F44657DE6"
#define PAYSHIELD_KBPK "4141414141414141414141414141414141414141414141414141414141414141"
static const struct vector { const char *source, *kbpk, *block, *key, *usage; char algorithm, mode; const char *version; char exportability; } vectors[] = {
	{ "ASC X9 TR 31-2018 A.7.4", STANDARD_KBPK,
	  "D0112P0AE00E0000B82679114F470F540165EDFBF7E250FCEA43F810D215F8D207E2E417C07156A27E8E31DA05F7425509593D03A457DC34",
	  "3F419E1CB7079442AA37474C2EFBF8B8", "P0", 'A', 'E', "00", 'E' },
	{ "ANSI X9.143-2021 8.1", STANDARD_KBPK,
	  "D0144P0AE00E00002C77FA3F4A553BED6E88AE5C172A4166E3D4ACA8E2AC71C158A476FAC12C13C3829DE55D3AB54C48F4C4FEF7AC75E90FC47F1B77E7B19A73"
	  "ED46E64410082557", "3F419E1CB7079442AA37474C2EFBF8B8", "P0", 'A', 'E', "00", 'E' },
	{ "ISO 20038-2017 B.3", "3235362D62697420414553207772617070696E67202849534F20323030333829",
	  "D0112M3TV16N000018462FA5903B8D2B82FEE26B29713C0BE7ED81601087F12252093D06FC0A012C1CF769AD0E3E9E4877166AB013FC22B4",
	  "767361707064642032454552206B6479", "M3", 'T', 'V', "16", 'N' },
	{ "made by a payShield 10K, from the tests of openemv/tr31", PAYSHIELD_KBPK,
	  "D0112B0TN00N000037DB9B046B7B0048785690759580ABC3B9842AB4BB7717B49E92528E575785D8123559376A2553B27BE94F054F4E971C",
	  "1FA1F7CEC798D91545DA8AE0C7796BD9", "B0", 'T', 'N', "00", 'N' },
	{ "made by a payShield 10K, from the tests of openemv/tr31", PAYSHIELD_KBPK,
	  "D0144D0AN00N0000127862F945C2DED04530FAF7CDBC8B0BA10C7AA79BD5E0C2C5D6AC173BF588E4B19ACF1357178D50EA0AB193228E13958304FC6149632DFD"
	  "CADF3A5B3D57E814", "BE19E6A07A760F10EF8E83A226B63AAD141F463FDDD4F47DB244B4023EC3CACC", "D0", 'A', 'N', "00", 'N' },
};
static const char *const example = "D0112P0AE00E0000B82679114F470F540165EDFBF7E250FCEA43F810D215F8D207E2E417C07156A27E8E31DA05F7425509593D03A457DC34";

static void published_blocks_open(void **state UNUSED)
{
	for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
		const struct vector *v = &vectors[i];
		uint8_t kbpk[32], right[32], key[64];
		size_t kbpk_len = hex_read(v->kbpk, kbpk), len = hex_read(v->key, right);
		struct tr31_header h;

		assert_int_equal(tr31_unwrap(kbpk, kbpk_len, v->block, &h, key, sizeof(key)), len);
		assert_memory_equal(key, right, len);
		assert_string_equal(h.usage, v->usage);
		assert_int_equal(h.algorithm, v->algorithm);
		assert_int_equal(h.mode, v->mode);
		assert_string_equal(h.version, v->version);
		assert_int_equal(h.exportability, v->exportability);
		assert_string_equal(h.optional, "");
	}
}

static int open_text(const char *block, struct tr31_header *h)
{
	uint8_t kbpk[32], key[64];

	hex_read(STANDARD_KBPK, kbpk);
	return tr31_unwrap(kbpk, sizeof(kbpk), block, h, key, sizeof(key));
}

/* A block of ours, with an optional block and its padding in it. */
static int ours(char *block)
{
	static const uint8_t key[32] = "a key that goes into a key block";
	struct tr31_header h = { "M7", 'H', 'G', "03", 'E', "HM0621" };
	uint8_t kbpk[32];

	hex_read(STANDARD_KBPK, kbpk);
	return tr31_wrap(kbpk, sizeof(kbpk), &h, key, sizeof(key), block, TR31_BLOCK_MAX);
}

static void no_octet_may_be_another(void **state UNUSED)
{
	char block[2][TR31_BLOCK_MAX];
	struct tr31_header h;

	snprintf(block[0], sizeof(block[0]), "%s", example);
	assert_int_equal(ours(block[1]), 160);
	for (size_t b = 0; b < 2; b++)
		for (size_t at = 0; block[b][at] != '\0'; at++) {
			char right = block[b][at];

			for (unsigned other = 0; other < 256; other++) {
				block[b][at] = (char)other;
				if (block[b][at] != right && open_text(block[b], &h) >= 0)
					fail_msg("octet %zu may be 0x%02x: %s", at, other, block[b]);
			}
			block[b][at] = right;
			assert_true(open_text(block[b], &h) > 0);
		}
}

static void no_length_but_its_own(void **state UNUSED)
{
	char block[TR31_BLOCK_MAX + 200];
	struct tr31_header h;
	size_t len = strlen(example);

	for (size_t n = 0; n < len; n++) {
		snprintf(block, sizeof(block), "%.*s", (int)n, example);
		assert_int_equal(open_text(block, &h), ERR_INVALID);
		if (n >= 5) {                         /* and one that says so */
			char digits[5];

			snprintf(digits, sizeof(digits), "%04zu", n);
			memcpy(block + 1, digits, 4);
			assert_true(open_text(block, &h) < 0);
		}
	}
	for (size_t more = 1; more < 64; more++) {
		snprintf(block, sizeof(block), "%s%.*s", example, (int)more, "0000000000000000000000000000000000000000000000000000000000000000");
		assert_int_equal(open_text(block, &h), ERR_INVALID);
	}
	memset(block, 'A', sizeof(block) - 1);
	block[sizeof(block) - 1] = '\0';
	assert_int_equal(open_text(block, &h), ERR_INVALID);
}

static void another_kbpk_opens_nothing(void **state UNUSED)
{
	uint8_t kbpk[32], key[64];
	struct tr31_header h;

	hex_read(STANDARD_KBPK, kbpk);
	for (size_t bit = 0; bit < 256; bit++) {
		kbpk[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_equal(tr31_unwrap(kbpk, 32, example, &h, key, sizeof(key)), ERR_CRYPTO);
		kbpk[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	assert_int_equal(tr31_unwrap(kbpk, 16, example, &h, key, sizeof(key)), ERR_CRYPTO);
	assert_int_equal(tr31_unwrap(kbpk, 24, example, &h, key, sizeof(key)), ERR_INVALID);
	assert_int_equal(tr31_unwrap(kbpk, 32, example, &h, key, 15), ERR_TOO_LONG);
}

/* A header that cannot be, on the way out. */
static void a_wrong_header_is_not_wrapped(void **state UNUSED)
{
	static const char *const optionals[] = { "HM", "HM06", "HM0721", "HM0021", "hm0621", "HM0321", "HM06\x7f""1", "PB0800", "HM0621X" };
	static const uint8_t kbpk[32] = { 1 }, key[32] = { 2 };
	struct tr31_header good = { "K0", 'A', 'B', "00", 'N', "" }, h;
	char block[TR31_BLOCK_MAX];

	assert_true(tr31_wrap(kbpk, 32, &good, key, 32, block, sizeof(block)) > 0);
	for (size_t i = 0; i < ARRAY_LEN(optionals); i++) {
		h = good;
		snprintf(h.optional, sizeof(h.optional), "%s", optionals[i]);
		assert_int_equal(tr31_wrap(kbpk, 32, &h, key, 32, block, sizeof(block)), ERR_INVALID);
	}
	h = good, h.usage[0] = 'k';
	assert_int_equal(tr31_wrap(kbpk, 32, &h, key, 32, block, sizeof(block)), ERR_INVALID);
	h = good, h.exportability = 'X';
	assert_int_equal(tr31_wrap(kbpk, 32, &h, key, 32, block, sizeof(block)), ERR_INVALID);
	h = good, h.mode = '\0';
	assert_int_equal(tr31_wrap(kbpk, 32, &h, key, 32, block, sizeof(block)), ERR_INVALID);
	assert_int_equal(tr31_wrap(kbpk, 32, &good, key, 0, block, sizeof(block)), ERR_INVALID);
	assert_int_equal(tr31_wrap(kbpk, 24, &good, key, 32, block, sizeof(block)), ERR_INVALID);
	assert_int_equal(tr31_wrap(kbpk, 32, &good, key, 32, block, 100), ERR_TOO_LONG);
}

/* Right by its MAC, and still not what the key is to be. */
static void a_block_for_another_use_does_not_fit(void **state UNUSED)
{
	static const struct { struct tr31_header h; int fits; } cases[] = {
		{ { "M7", 'H', 'G', "01", 'E', "HM0621" }, 0 }, { { "M7", 'H', 'G', "01", 'S', "HM0621" }, 0 },
		{ { "M7", 'H', 'G', "01", 'N', "HM0621" }, ERR_DENIED }, { { "M7", 'H', 'V', "01", 'E', "HM0621" }, ERR_DENIED },
		{ { "M6", 'H', 'G', "01", 'E', "HM0621" }, ERR_DENIED }, { { "D0", 'A', 'B', "01", 'E', "" }, ERR_DENIED },
		{ { "M7", 'A', 'G', "01", 'E', "HM0621" }, ERR_DENIED }, { { "M7", 'H', 'G', "01", 'E', "HM0610" }, ERR_DENIED },
		{ { "M7", 'H', 'G', "01", 'E', "" }, ERR_DENIED },
	};
	const struct key fingerprint = { .name = "fingerprint", .usage = KEY_FINGERPRINT, .algorithm = KEY_HMAC_SHA256, .exportable = true };
	const struct key signing = { .name = "consent", .usage = KEY_CONSENT_SIGNING, .algorithm = KEY_ED25519 };
	struct tr31_header h;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_int_equal(tr31_header_fits(&cases[i].h, &fingerprint), cases[i].fits);
	assert_int_equal(tr31_header_of(&fingerprint, &h), 0);
	assert_int_equal(tr31_header_fits(&h, &fingerprint), 0);
	assert_int_equal(tr31_header_of(&signing, &h), ERR_DENIED);
	assert_int_equal(tr31_header_fits(&cases[0].h, &signing), ERR_DENIED);
}

/* ---- the tool ---- */

static void print_key(const struct tr31_header *h, const uint8_t *key, size_t len)
{
	printf("%s %c %c %s %c %s ", h->usage, h->algorithm, h->mode, h->version, h->exportability, h->optional[0] != '\0' ? h->optional : "-");
	for (size_t i = 0; i < len; i++)
		printf("%02X", key[i]);
	printf("\n");
}

static void tool_line(const char *line)
{
	char kbpk_text[65], key_text[257], block[TR31_BLOCK_MAX + 1], optional[TR31_OPTIONAL_MAX];
	uint8_t kbpk[32], key[128];
	struct tr31_header h = { .usage = "" };
	int n;

	if (sscanf(line, "wrap %64s %2s %c %c %2s %c %255s %256s", kbpk_text, h.usage, &h.algorithm, &h.mode, h.version, &h.exportability, optional,
	           key_text) == 8) {
		if (strcmp(optional, "-") != 0)
			memcpy(h.optional, optional, sizeof(h.optional));
		n = tr31_wrap(kbpk, hex_read(kbpk_text, kbpk), &h, key, hex_read(key_text, key), block, sizeof(block));
		printf("%s\n", n < 0 ? err_name(n) : block);
	} else if (sscanf(line, "unwrap %64s %1024s", kbpk_text, block) == 2) {
		n = tr31_unwrap(kbpk, hex_read(kbpk_text, kbpk), block, &h, key, sizeof(key));
		if (n < 0)
			printf("%s\n", err_name(n));
		else
			print_key(&h, key, (size_t)n);
	} else {
		printf("no such line\n");
	}
}

int main(int argc, char **argv UNUSED)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(published_blocks_open), cmocka_unit_test(no_octet_may_be_another), cmocka_unit_test(no_length_but_its_own),
		cmocka_unit_test(another_kbpk_opens_nothing), cmocka_unit_test(a_wrong_header_is_not_wrapped),
		cmocka_unit_test(a_block_for_another_use_does_not_fit),
	};
	char line[2048];

	if (argc == 1)
		return cmocka_run_group_tests(tests, NULL, NULL);
	while (fgets(line, sizeof(line), stdin) != NULL)
		tool_line(line);
	return 0;
}
