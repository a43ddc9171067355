/* A bundle proves its record to whoever pinned the key, and no bit of it can be another. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "evidence/evidence.h"

enum { RECORDS = 5 };
static const uint8_t seed[CRYPTO_SEED_SIZE] = { 1, 2, 3 }, other_seed[CRYPTO_SEED_SIZE] = { 9 };
static char pem[CRYPTO_PUBLIC_SIZE], id[CRYPTO_KEY_ID_SIZE], other_pem[CRYPTO_PUBLIC_SIZE], other_id[CRYPTO_KEY_ID_SIZE];
static char record[RECORDS][400], why[EVIDENCE_WHY_SIZE];
static struct evidence_link chain[RECORDS];

static void sign_link(struct evidence_link *l, const uint8_t key[CRYPTO_SEED_SIZE], const char *key_id)
{
	assert_int_equal(sign_hash(key, EVIDENCE_USAGE, l->link, l->signature), 0);
	snprintf(l->key, sizeof(l->key), "%s", key_id);
}

static int setup(void **state)
{
	(void)state;
	memset(chain, 0, sizeof(chain));
	assert_int_equal(sign_public(seed, pem, id), 0);
	assert_int_equal(sign_public(other_seed, other_pem, other_id), 0);
	for (int i = 0; i < RECORDS; i++) {
		char previous[EVIDENCE_HEX_SIZE];

		if (i > 0)
			memcpy(chain[i].previous, chain[i - 1].link, sizeof(chain[i].previous));
		chain[i].number = i + 1;
		assert_int_equal(hex_encode(chain[i].previous, 32, previous, sizeof(previous)), 64);
		snprintf(record[i], sizeof(record[i]), "{\"number\":%d,\"previous\":\"%s\",\"text\":\"결제에 \\\"동의\\\"하시면\"}", i + 1, previous);
		assert_int_equal(crypto_sha256(record[i], strlen(record[i]), chain[i].record), 0);
		assert_int_equal(evidence_link_make(&chain[i]), 0);
		sign_link(&chain[i], seed, id);
	}
	return 0;
}

/* The bundle of record n (from 0) with so many that follow. */
static char *bundle_of(int n, size_t after)
{
	struct evidence_parts p = { record[n], &chain[n], n > 0 ? &chain[n - 1] : NULL, &chain[n + 1], after, json_pack("{s:s}", id, pem) };
	char *text = NULL;

	assert_int_equal(evidence_bundle_make(&p, &text), 0);
	return text;
}

static int check(const char *text, size_t len)
{
	const char *const trusted[] = { id };
	struct evidence_proof proof = { 0 };
	int e = evidence_bundle_check(text, len, trusted, 1, &proof, why);

	json_decref(proof.record);
	return e;
}

static void a_bundle_proves_its_record(void **state)
{
	const char *const trusted[] = { other_id, id };
	struct evidence_proof proof;
	char *text = bundle_of(2, 2);

	(void)state;
	assert_int_equal(evidence_bundle_check(text, strlen(text), trusted, 2, &proof, why), 0);
	assert_int_equal(proof.number, 3);
	assert_int_equal(proof.after_count, 2);
	assert_string_equal(proof.key, id);
	assert_memory_equal(proof.link, chain[2].link, 32);
	assert_string_equal(json_string_value(json_object_get(proof.record, "text")), "결제에 \"동의\"하시면");
	json_decref(proof.record);
	free(text);
	text = bundle_of(0, 0);
	assert_int_equal(check(text, strlen(text)), 0);
	free(text);
}

static void every_bit_counts(void **state)
{
	/* One shape with all its bits, the others with one of each byte. */
	const struct { int n; size_t after; int bits; } shapes[] = { { 0, 0, 1 }, { 0, 3, 1 }, { 2, 0, 1 }, { 3, 1, 8 } };

	(void)state;
	for (size_t k = 0; k < ARRAY_LEN(shapes); k++) {
		char *text = bundle_of(shapes[k].n, shapes[k].after);
		size_t len = strlen(text);

		text = realloc(text, len + 2);
		assert_non_null(text);
		strcpy(text + len, "\n");
		assert_int_equal(check(text, len + 1), 0);
		for (size_t i = 0; i <= len; i++)
			for (int bit = 0; bit < shapes[k].bits; bit++) {
				text[i] = (char)(text[i] ^ 1 << bit);
				if (check(text, len + 1) != ERR_INVALID)
					fail_msg("shape %zu: byte %zu, bit %d can be changed", k, i, bit);
				text[i] = (char)(text[i] ^ 1 << bit);
			}
		/* One missing, one more. */
		for (size_t i = 0; i < len; i++) {
			char *cut = strdup(text);

			memmove(cut + i, cut + i + 1, len + 1 - i);
			assert_int_equal(check(cut, strlen(cut)), ERR_INVALID);
			free(cut);
		}
		free(text);
	}
}

static void the_parts_of_other_bundles_do_not_fit(void **state)
{
	struct { int n; int link; int before; size_t after; } mixed[] = {
		{ 2, 3, 1, 0 }, { 3, 2, 2, 0 }, { 2, 2, 0, 0 }, { 2, 2, -1, 0 }, { 0, 0, 1, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(mixed); i++) {
		struct evidence_parts p = { record[mixed[i].n], &chain[mixed[i].link], mixed[i].before < 0 ? NULL : &chain[mixed[i].before],
		                            NULL, 0, json_pack("{s:s}", id, pem) };
		char *text = NULL;

		assert_int_equal(evidence_bundle_make(&p, &text), 0);
		assert_int_equal(check(text, strlen(text)), ERR_INVALID);
		free(text);
	}
}

/* Its own key, its own chain, all of it sound: only the pin tells. */
static void whoever_makes_a_chain_of_their_own_is_a_stranger(void **state)
{
	struct evidence_parts p = { record[0], &chain[0], NULL, NULL, 0, NULL };
	char *text = NULL;

	(void)state;
	sign_link(&chain[0], other_seed, other_id);
	p.keys = json_pack("{s:s}", other_id, other_pem);
	assert_int_equal(evidence_bundle_make(&p, &text), 0);
	assert_int_equal(check(text, strlen(text)), ERR_DENIED);
	assert_string_equal(why, other_id);
	free(text);
	/* The key under a trusted name, or one more that nobody used. */
	p.keys = json_pack("{s:s}", id, other_pem);
	sign_link(&chain[0], other_seed, id);
	assert_int_equal(evidence_bundle_make(&p, &text), 0);
	assert_int_equal(check(text, strlen(text)), ERR_INVALID);
	free(text);
	sign_link(&chain[0], seed, id);
	p.keys = json_pack("{s:s, s:s}", id, pem, other_id, other_pem);
	assert_int_equal(evidence_bundle_make(&p, &text), 0);
	assert_int_equal(check(text, strlen(text)), ERR_INVALID);
	assert_non_null(strstr(why, "has signed nothing"));
	free(text);
}

static void nothing_is_made_of_links_without_a_signature(void **state)
{
	char *text = NULL;

	(void)state;
	for (int without = 1; without <= 3; without++) {
		struct evidence_parts p = { record[2], &chain[2], &chain[1], &chain[3], 1, json_pack("{s:s}", id, pem) };

		chain[without].key[0] = '\0';
		assert_int_equal(evidence_bundle_make(&p, &text), ERR_STATE);
		assert_null(text);
		snprintf(chain[without].key, sizeof(chain[without].key), "%s", id);
	}
}

static void what_is_no_bundle_is_told_so(void **state)
{
	const struct { const char *text, *part; } cases[] = {
		{ "", "is no bundle" }, { "[]", "is no bundle" }, { "{}", "/chain: is required" }, { "{ }", "not written as bundles are" },
		{ "{\"chain\":{},\"format\":\"callkey-consent-bundle/2\",\"keys\":{},\"record\":\"{}\",\"signature\":{}}", "another release" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		assert_int_equal(check(cases[i].text, strlen(cases[i].text)), ERR_INVALID);
		if (strstr(why, cases[i].part) == NULL)
			fail_msg("%s: %s", cases[i].text, why);
	}
}

/* Which characters a text may have is a rule of the day that it comes; what was signed before a rule is as true as ever. */
static void a_record_may_hold_what_no_request_may_any_more(void **state)
{
	char previous[EVIDENCE_HEX_SIZE], *text;

	(void)state;
	assert_int_equal(hex_encode(chain[0].previous, 32, previous, sizeof(previous)), 64);
	snprintf(record[0], sizeof(record[0]), "{\"number\":1,\"previous\":\"%s\",\"text\":\"a\xe2\x80\x8f\xe2\x80\xae\x7f\xd8\x9c\"}", previous);
	assert_int_equal(crypto_sha256(record[0], strlen(record[0]), chain[0].record), 0);
	assert_int_equal(evidence_link_make(&chain[0]), 0);
	sign_link(&chain[0], seed, id);
	text = bundle_of(0, 0);
	if (check(text, strlen(text)) != 0)
		fail_msg("%s", why);
	free(text);
}

/* What the maker of a bundle names is shown to its reader on a terminal. */
static void no_word_of_a_bundle_is_a_command_to_a_terminal(void **state)
{
	static const char text[] = "{\"\\u001B[1A\\u001B[2Kx: proven\\r\xc2\x9b\xe2\x80\xae\":1}";

	(void)state;
	assert_int_equal(check(text, strlen(text)), ERR_INVALID);
	assert_non_null(strstr(why, "is not a member"));
	for (const char *p = why; *p != '\0'; p++)
		if (*p < 0x20 || *p > 0x7e)
			fail_msg("octet %02x in: %s", (unsigned char)*p, why);
}

#define CASE(f) cmocka_unit_test_setup(f, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_bundle_proves_its_record),
		CASE(every_bit_counts),
		CASE(the_parts_of_other_bundles_do_not_fit),
		CASE(whoever_makes_a_chain_of_their_own_is_a_stranger),
		CASE(nothing_is_made_of_links_without_a_signature),
		CASE(what_is_no_bundle_is_told_so),
		CASE(a_record_may_hold_what_no_request_may_any_more),
		CASE(no_word_of_a_bundle_is_a_command_to_a_terminal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
