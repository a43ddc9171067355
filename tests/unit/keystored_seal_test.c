/* Which key a record is sealed with, and what it holds when the gateway opens it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "crypto/crypto.h"
#include "crypto/encdata.h"
#include "keys/keyring.h"
#include "keystored/seal.h"
#include "tests/unit/pem_pair.h"
#include "tests/unit/scratch.h"

static char folder[64];

static const char *path_of(const char *name)
{
	static char path[4][200];
	static int turn;
	char *p = path[turn++ % 4];

	snprintf(p, sizeof(path[0]), "%s/%s", folder, name);
	return p;
}

static struct keyring *ring;
static struct seal *s;
static const struct wall today = { INT64_C(1790000000000) };

static int make_files(void **state)
{
	(void)state;
	scratch_path(folder, sizeof(folder), "seal-test-XXXXXX");
	if (mkdtemp(folder) == NULL)
		return -1;
	pem_pair_write(folder, "ec", EVP_EC_gen("P-256"));
	pem_pair_write(folder, "rsa", EVP_RSA_gen(2048));
	return 0;
}

static int remove_files(void **state)
{
	char command[64];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	return system(command);
}

/* ---- keys ---- */

static const uint8_t master[TOKEN_MASTER_SIZE] = { 5 };

static int open_ring(void **state)
{
	const struct keyfile_master scheme = { .scheme = KEYFILE_COMPONENTS, .parts = 2, .needed = 2 };
	struct keyring_config c = { .path = path_of("keys") };
	char reason[KEYFILE_WHY_SIZE] = "";

	(void)state;
	assert_int_equal(token_openssl_new(&c.token), 0);
	assert_int_equal(keyring_new(&c, &ring, reason), 0);
	assert_int_equal(keyring_create(ring, master, &scheme, NULL, today, reason), 0);
	assert_int_equal(seal_new(ring, &s), 0);
	return 0;
}

static int close_ring(void **state)
{
	(void)state;
	seal_free(&s);
	assert_int_equal(keyring_zeroise(ring), 0);
	keyring_free(&ring);
	return 0;
}

/* The next version of a gateway's key, active, from from_ms after today on. */
static void import(const char *gateway, const char *kid, enum key_algorithm algorithm, const void *clear, size_t len, int64_t from_ms)
{
	const struct keyring_given g = { gateway, kid, algorithm == KEY_PUBLIC_PEM ? KEY_GATEWAY_PUBLIC : KEY_GATEWAY_ENCDATA, algorithm, clear, len,
	                                 { today.ms + from_ms }, { 0 } };
	char reason[KEYFILE_WHY_SIZE] = "";
	uint32_t version = 0;

	if (keyring_import(ring, &g, today, reason) < 0)
		fail_msg("%s", reason);
	while (keyring_find(ring, gateway, version + 1) != NULL)
		version++;
	assert_int_equal(keyring_set_state(ring, gateway, version, KEY_ACTIVE, today, reason), 0);
}

static void import_pem(const char *gateway, const char *kid, const char *file, int64_t from_ms)
{
	char pem[2000];
	FILE *f = fopen(path_of(file), "r");
	size_t len;

	assert_non_null(f);
	len = fread(pem, 1, sizeof(pem), f);
	fclose(f);
	import(gateway, kid, KEY_PUBLIC_PEM, pem, len, from_ms);
}

static void set_state(const char *gateway, uint32_t version, enum key_state to)
{
	char reason[KEYFILE_WHY_SIZE];

	assert_int_equal(keyring_set_state(ring, gateway, version, to, today, reason), 0);
}

/* ---- sealing ---- */

static const struct field card = { VAULT_CARD_NUMBER, 16, "9461200012345673" }, expiry = { VAULT_EXPIRY, 4, "1230" },
	identity = { VAULT_IDENTITY, 6, "870923" }, password2 = { VAULT_PASSWORD2, 2, "37" }, none;
static const struct calls_record whole = { &card, &expiry, &identity, &password2 };

static struct vault_sealed seal_at(int64_t ms, const char *pg, const char *kid, const char *order_id, const char *purpose,
                                   enum vault_status status, const struct calls_record *r)
{
	static struct vault_sealed out;
	struct vault_seal ask = { .req = 11, .call = 7 };

	memset(&out, 0x77, sizeof(out));
	snprintf(ask.pg, sizeof(ask.pg), "%s", pg);
	snprintf(ask.kid, sizeof(ask.kid), "%s", kid);
	snprintf(ask.order_id, sizeof(ask.order_id), "%s", order_id);
	snprintf(ask.purpose, sizeof(ask.purpose), "%s", purpose);
	seal_make(s, &ask, status, r, (struct wall){ today.ms + ms }, &out);
	assert_int_equal(out.req, 11);
	assert_int_equal(out.call, 7);
	return out;
}

static struct vault_sealed seal_it(const char *kid, const char *order_id, const char *purpose, enum vault_status status,
                                   const struct calls_record *r)
{
	return seal_at(0, "main", kid, order_id, purpose, status, r);
}

/* "2026-a", which seals, and "old", which began a day before. */
static void two_keys(void)
{
	const struct key *old;

	import_pem("main", "old", "rsa.pem", -1);
	import_pem("main", "2026-a", "ec.pem", 0);
	old = keyring_find(ring, "main", 1);
	assert_string_equal(old->kid, "old");
}

static void expect_opened(const struct vault_sealed *m, const char *private_name, const char *want_header_end, const char *want)
{
	struct jwe_private *p = NULL;
	char header[512], clear[512];
	int n;

	assert_int_equal(m->status, VAULT_OK);
	assert_int_equal(jwe_private_load(path_of(private_name), &p), 0);
	n = jwe_open(p, (const char *)m->jwe.data, m->jwe.len, header, sizeof(header), clear, sizeof(clear) - 1);
	assert_true(n > 0);
	clear[n] = '\0';
	assert_string_equal(clear, want);
	assert_true(strlen(header) > strlen(want_header_end));
	assert_string_equal(header + strlen(header) - strlen(want_header_end), want_header_end);
	jwe_private_free(&p);
}

static void the_gateway_opens_what_was_typed_and_for_what(void **state)
{
	struct vault_sealed m;

	(void)state;
	two_keys();
	m = seal_it("", "ord_1", "verify", VAULT_OK, &whole);
	assert_string_equal(m.kid, "2026-a");
	expect_opened(&m, "ec.key", ",\"order_id\":\"ord_1\",\"purpose\":\"verify\"}",
	              "{\"card_number\":\"9461200012345673\",\"expiry\":\"1230\",\"identity\":\"870923\",\"password2\":\"37\","
	              "\"order_id\":\"ord_1\"}");
	m = seal_it("old", "ord_2", "pay", VAULT_OK, &(struct calls_record){ &card, &expiry, &none, &none });
	assert_string_equal(m.kid, "old");
	expect_opened(&m, "rsa.key", ",\"order_id\":\"ord_2\",\"purpose\":\"pay\"}",
	              "{\"card_number\":\"9461200012345673\",\"expiry\":\"1230\",\"order_id\":\"ord_2\"}");
}

static void the_fingerprint_is_the_cards_and_lasts(void **state)
{
	const struct field other = { VAULT_CARD_NUMBER, 16, "4111111111111111" };
	const struct keyring_ask ask = { .name = "fingerprint", .usage = KEY_FINGERPRINT, .caller = KEY_BY_SELF, .now = today };
	uint8_t want[CRYPTO_SHA256_SIZE];
	struct vault_sealed a, b;

	(void)state;
	two_keys();
	a = seal_it("", "ord_1", "verify", VAULT_OK, &whole);
	assert_int_equal(a.fingerprint.len, VAULT_FINGERPRINT_SIZE);
	assert_int_equal(keyring_mac(ring, &ask, card.digits, 16, want, NULL), 0);
	assert_memory_equal(a.fingerprint.data, want, sizeof(want));
	b = seal_it("old", "ord_2", "pay", VAULT_OK, &(struct calls_record){ &card, &expiry, &none, &none });
	assert_memory_equal(a.fingerprint.data, b.fingerprint.data, VAULT_FINGERPRINT_SIZE);
	b = seal_it("", "ord_2", "pay", VAULT_OK, &(struct calls_record){ &other, &expiry, &none, &none });
	assert_memory_not_equal(a.fingerprint.data, b.fingerprint.data, VAULT_FINGERPRINT_SIZE);
}

static void expect_nothing(const struct vault_sealed *m, enum vault_status status)
{
	assert_int_equal(m->status, status);
	assert_int_equal(m->jwe.len, 0);
	assert_int_equal(m->fingerprint.len, 0);
}

static void what_may_not_be_sealed_is_not(void **state)
{
	static const char *const bad[] = { "", "a\"b", "a b", "a\\", "\xec\x9b\x90", "a\n", "a,b", "{", "a}" };
	struct vault_sealed m = seal_it("", "ord_1", "pay", VAULT_OK, &whole);

	(void)state;
	expect_nothing(&m, VAULT_NO_KEY);
	two_keys();
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		m = seal_it("", bad[i], "pay", VAULT_OK, &whole);
		expect_nothing(&m, VAULT_REFUSED);
		m = seal_it("", "ord_1", bad[i], VAULT_OK, &whole);
		expect_nothing(&m, VAULT_REFUSED);
	}
	m = seal_it("2025-z", "ord_1", "pay", VAULT_OK, &whole);
	expect_nothing(&m, VAULT_NO_KEY);
	m = seal_at(0, "", "", "ord_1", "pay", VAULT_OK, &whole);
	expect_nothing(&m, VAULT_NO_KEY);
	m = seal_it("", "ord_1", "pay", VAULT_INCOMPLETE, NULL);
	expect_nothing(&m, VAULT_INCOMPLETE);
	m = seal_it("", "ord_1", "pay", VAULT_NO_CALL, NULL);
	expect_nothing(&m, VAULT_NO_CALL);
}

static void a_newer_key_takes_over_at_its_moment(void **state)
{
	struct vault_sealed m;

	(void)state;
	import_pem("main", "a", "rsa.pem", 0);
	import_pem("main", "b", "ec.pem", 60000);
	m = seal_at(59999, "main", "", "ord_1", "pay", VAULT_OK, &whole);
	assert_string_equal(m.kid, "a");
	m = seal_at(60000, "main", "", "ord_2", "pay", VAULT_OK, &whole);
	assert_string_equal(m.kid, "b");
	expect_opened(&m, "ec.key", ",\"order_id\":\"ord_2\",\"purpose\":\"pay\"}",
	              "{\"card_number\":\"9461200012345673\",\"expiry\":\"1230\",\"identity\":\"870923\",\"password2\":\"37\","
	              "\"order_id\":\"ord_2\"}");
	m = seal_at(60000, "main", "a", "ord_3", "pay", VAULT_OK, &whole);
	assert_int_equal(m.status, VAULT_OK);
}

/* The key was read and is at hand; that it may not seal any more is found all the same. */
static void a_key_that_ended_seals_nothing(void **state)
{
	static const enum key_state ends[] = { KEY_RETIRED, KEY_COMPROMISED, KEY_DESTROYED };
	const int64_t two_years_ms = INT64_C(730) * 86400000;
	struct vault_sealed m;

	(void)state;
	import_pem("main", "a", "ec.pem", 0);
	m = seal_at(two_years_ms - 1, "main", "", "ord_1", "pay", VAULT_OK, &whole);
	assert_int_equal(m.status, VAULT_OK);
	m = seal_at(two_years_ms, "main", "", "ord_1", "pay", VAULT_OK, &whole);
	expect_nothing(&m, VAULT_NO_KEY);
	/* A clock that was set back ends no key that was given no date. */
	m = seal_at(-1, "main", "", "ord_1", "pay", VAULT_OK, &whole);
	assert_int_equal(m.status, VAULT_OK);
	import_pem("later", "a", "ec.pem", 60000);
	m = seal_at(59999, "later", "", "ord_1", "pay", VAULT_OK, &whole);
	expect_nothing(&m, VAULT_NO_KEY);
	for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
		set_state("main", 1, ends[i]);
		m = seal_it("", "ord_1", "pay", VAULT_OK, &whole);
		expect_nothing(&m, VAULT_NO_KEY);
		m = seal_it("a", "ord_1", "pay", VAULT_OK, &whole);
		expect_nothing(&m, VAULT_NO_KEY);
	}
}

static void nothing_is_sealed_while_the_keys_are_locked(void **state)
{
	struct vault_sealed m;
	char reason[KEYFILE_WHY_SIZE];

	(void)state;
	two_keys();
	keyring_lock(ring);
	m = seal_it("", "ord_1", "pay", VAULT_OK, &whole);
	expect_nothing(&m, VAULT_LOCKED);
	assert_int_equal(keyring_unlock(ring, master, reason), 0);
	m = seal_it("", "ord_1", "pay", VAULT_OK, &whole);
	assert_int_equal(m.status, VAULT_OK);
}

/* More keys than are kept read, and one kid for two of them at two gateways: each record is for its own. */
static void many_gateways_keep_their_keys_apart(void **state)
{
	char name[8], end[80];

	(void)state;
	for (int i = 0; i < 12; i++) {
		snprintf(name, sizeof(name), "pg%d", i);
		pem_pair_write(folder, name, EVP_EC_gen("P-256"));
		import_pem(name, "k", strcat(strcpy(end, name), ".pem"), 0);
	}
	for (int i = 0; i < 36; i++) {
		struct vault_sealed m;

		snprintf(name, sizeof(name), "pg%d", i * 5 % 12);
		m = seal_at(0, name, "", "o", "pay", VAULT_OK, &(struct calls_record){ &card, &expiry, &none, &none });
		expect_opened(&m, strcat(strcpy(end, name), ".key"), ",\"order_id\":\"o\",\"purpose\":\"pay\"}",
		              "{\"card_number\":\"9461200012345673\",\"expiry\":\"1230\",\"order_id\":\"o\"}");
	}
}

/* A JWE must fit its message whatever the key: the longest texts and the largest RSA key that an import takes. */
static void the_longest_record_fits(void **state)
{
	const struct field long_card = { VAULT_CARD_NUMBER, 19, "4111111111111111111" };
	const struct field business = { VAULT_IDENTITY, 10, "1208147521" };
	char order[64], purpose[16], kid[64];
	struct vault_sealed m;

	(void)state;
	memset(order, 'o', 63);
	memset(purpose, 'p', 15);
	memset(kid, 'k', 63);
	order[63] = purpose[15] = kid[63] = '\0';
	pem_pair_write(folder, "rsa4096", EVP_RSA_gen(4096));
	import_pem("main", kid, "rsa4096.pem", 0);
	m = seal_it("", order, purpose, VAULT_OK, &(struct calls_record){ &long_card, &expiry, &business, &password2 });
	assert_int_equal(m.status, VAULT_OK);
	assert_true(m.jwe.len < VAULT_JWE_MAX);
	assert_string_equal(m.kid, kid);
}

/* ---- several gateways ---- */

static const char secret_key[] = "0123456789abcdefFEDCBA9876543210";
/* By "openssl enc -aes-256-cbc": cardNo=9461200012345673&expYear=30&expMonth=12&idNo=870923&cardPw=37 */
static const char encdata_256[] =
	"62815bd8044213a2d50876b2aef017a9cee6bbf31d6555423ea6b9ece8a72e32d850b4357616586f7aacb9abd12226fc948eea2b24f0df3765df839100943768"
	"538a1fd2a1e84e8b2b79a69611dfcf55";
/* -aes-128-cbc: cardNo=9461200012345673&expYear=30&expMonth=12 */
static const char encdata_128_card_only[] =
	"6385a7dcc7df04a7a23ca4d36bad2603a75bae14118e0073f3cb488a3b6e096ba8fda138d635663b2484d2c854c8fd9c";

static void expect_encdata(const struct vault_sealed *m, const char *order_id, bool aes256, const char *hex)
{
	struct encdata e;

	assert_int_equal(m->status, VAULT_OK);
	assert_string_equal(m->kid, "nice-1");
	assert_int_equal(encdata_unbind(secret_key, "verify", order_id, m->jwe.data, m->jwe.len, &e), 0);
	assert_int_equal(e.aes256, aes256);
	assert_string_equal(e.hex, hex);
}

static void each_gateway_has_its_own_means(void **state)
{
	struct vault_sealed m;

	(void)state;
	import_pem("main", "2026-a", "ec.pem", 0);
	import("nice", "nice-1", KEY_ENCDATA_256, secret_key, 32, 0);
	m = seal_at(0, "nice", "", "ord_1", "verify", VAULT_OK, &whole);
	expect_encdata(&m, "ord_1", true, encdata_256);
	assert_int_equal(m.fingerprint.len, VAULT_FINGERPRINT_SIZE);
	m = seal_at(0, "another", "", "ord_1", "verify", VAULT_OK, &whole);
	expect_nothing(&m, VAULT_NO_KEY);
	/* Nobody who asks can have a card sealed to a key that is another gateway's. */
	m = seal_at(0, "main", "nice-1", "ord_1", "verify", VAULT_OK, &whole);
	expect_nothing(&m, VAULT_NO_KEY);
	set_state("nice", 1, KEY_RETIRED);
	import("nice", "nice-1", KEY_ENCDATA_128, secret_key, 32, 0);
	m = seal_at(0, "nice", "", "ord_2", "verify", VAULT_OK, &(struct calls_record){ &card, &expiry, &none, &none });
	expect_encdata(&m, "ord_2", false, encdata_128_card_only);
}

static void a_card_longer_than_the_protocol_has_room_for_is_not_sealed(void **state)
{
	const struct field longer = { VAULT_CARD_NUMBER, 19, "6200000000000000000" };
	struct vault_sealed m;

	(void)state;
	import("nice", "nice-1", KEY_ENCDATA_256, secret_key, 32, 0);
	m = seal_at(0, "nice", "", "ord_1", "verify", VAULT_OK, &(struct calls_record){ &longer, &expiry, &identity, &password2 });
	expect_nothing(&m, VAULT_FAILED);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, open_ring, close_ring)
	const struct CMUnitTest tests[] = {
		T(the_gateway_opens_what_was_typed_and_for_what),
		T(the_fingerprint_is_the_cards_and_lasts),
		T(what_may_not_be_sealed_is_not),
		T(a_newer_key_takes_over_at_its_moment),
		T(a_key_that_ended_seals_nothing),
		T(nothing_is_sealed_while_the_keys_are_locked),
		T(many_gateways_keep_their_keys_apart),
		T(the_longest_record_fits),
		T(each_gateway_has_its_own_means),
		T(a_card_longer_than_the_protocol_has_room_for_is_not_sealed),
	};

	return cmocka_run_group_tests(tests, make_files, remove_files);
}
