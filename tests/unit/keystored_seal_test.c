/* Keys and issuer tables as files, good and broken; and what a sealed record holds when the gateway opens it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "crypto/ossl.h"
#include "crypto/crypto.h"
#include "crypto/encdata.h"
#include "keys/keyring.h"
#include "keystored/seal.h"
#include "tests/unit/scratch.h"

static char folder[64];
static char why[CONF_WHY_SIZE];

static const char *path_of(const char *name)
{
	static char path[4][200];
	static int turn;
	char *p = path[turn++ % 4];

	snprintf(p, sizeof(path[0]), "%s/%s", folder, name);
	return p;
}

static void write_file(const char *name, const void *data, size_t len, mode_t mode)
{
	FILE *f = fopen(path_of(name), "w");

	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, len, f), len);
	fclose(f);
	assert_int_equal(chmod(path_of(name), mode), 0);
}

static void write_text(const char *name, const char *text)
{
	write_file(name, text, strlen(text), 0644);
}

static void write_pair(const char *name, EVP_PKEY *key)
{
	char file[64];
	FILE *f;

	assert_non_null(key);
	snprintf(file, sizeof(file), "%s.key", name);
	f = fopen(path_of(file), "w");
	assert_int_equal(PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL), 1);
	fclose(f);
	snprintf(file, sizeof(file), "%s.pem", name);
	f = fopen(path_of(file), "w");
	assert_int_equal(PEM_write_PUBKEY(f, key), 1);
	fclose(f);
	EVP_PKEY_free(key);
}

static struct keyring *ring;
static void open_ring(void);

static int make_files(void **state)
{
	(void)state;
	scratch_path(folder, sizeof(folder), "seal-test-XXXXXX");
	if (mkdtemp(folder) == NULL)
		return -1;
	write_pair("ec", EVP_EC_gen("P-256"));
	write_pair("rsa", EVP_RSA_gen(2048));
	write_text("bad.pem", "nothing");
	open_ring();
	return 0;
}

static int remove_files(void **state)
{
	char command[64];

	(void)state;
	keyring_free(&ring);
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	return system(command);
}

/* ---- keys ---- */

static const uint8_t master[TOKEN_MASTER_SIZE] = { 5 };

static void open_ring(void)
{
	const struct keyfile_master scheme = { .scheme = KEYFILE_COMPONENTS, .parts = 2, .needed = 2 };
	struct keyring_config c = { .path = path_of("keys") };
	char reason[KEYFILE_WHY_SIZE] = "";

	assert_int_equal(token_openssl_new(&c.token), 0);
	assert_int_equal(keyring_new(&c, &ring, reason), 0);
	assert_int_equal(keyring_create(ring, master, &scheme, NULL, clock_wall(), reason), 0);
}

static int load(const char *pg_keys, struct seal **s)
{
	struct conf_tree *conf = NULL;
	char text[1000];
	int e;

	snprintf(text, sizeof(text), "keystored: {\n pg_keys = (\n%s\n); };", pg_keys);
	write_text("callkey.cfg", text);
	why[0] = '\0';
	if (conf_load_callkey(path_of("callkey.cfg"), &conf, why) < 0)
		fail_msg("%s", why);
	e = seal_new(conf, ring, s, why);
	conf_free(&conf);
	return e;
}

static const char *key_line(const char *kid, const char *file, bool active)
{
	static char line[2][300];
	static int turn;
	char *l = line[turn++ % 2];

	snprintf(l, sizeof(line[0]), "{ kid = \"%s\"; file = \"%s\"; active = %s; }", kid, path_of(file), active ? "true" : "false");
	return l;
}

static void expect_refused(const char *pg_keys, const char *part)
{
	struct seal *s = NULL;

	assert_int_equal(load(pg_keys, &s), ERR_INVALID);
	assert_null(s);
	if (strstr(why, part) == NULL || strstr(why, folder) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", why, part);
}

static void broken_pg_keys_are_refused_with_file_and_reason(void **state)
{
	char two[700];

	(void)state;
	expect_refused(key_line("a", "none.pem", true), "there is no such file");
	expect_refused(key_line("a", "none.pem", true), "callkey.cfg:3: ");
	expect_refused(key_line("a", "bad.pem", true), "BEGIN PUBLIC KEY");
	expect_refused(key_line("a", "ec.key", true), "BEGIN PUBLIC KEY");
	expect_refused(key_line("a b", "ec.pem", true), "kid");
	expect_refused(key_line("a", "ec.pem", false), "none is active");
	snprintf(two, sizeof(two), "%s, %s", key_line("a", "ec.pem", true), key_line("a", "rsa.pem", false));
	expect_refused(two, "stands here twice");
	snprintf(two, sizeof(two), "%s, %s", key_line("a", "ec.pem", true), key_line("b", "rsa.pem", true));
	expect_refused(two, "both active");
}

/* ---- sealing ---- */

static const struct field card = { VAULT_CARD_NUMBER, 16, "9461200012345673" }, expiry = { VAULT_EXPIRY, 4, "1230" },
	identity = { VAULT_IDENTITY, 6, "870923" }, password2 = { VAULT_PASSWORD2, 2, "37" }, none;
static const struct calls_record whole = { &card, &expiry, &identity, &password2 };

static struct vault_sealed seal_for(struct seal *s, const char *pg, const char *kid, const char *order_id, const char *purpose,
                                    enum vault_status status, const struct calls_record *r)
{
	static struct vault_sealed out;
	struct vault_seal ask = { .req = 11, .call = 7 };

	memset(&out, 0x77, sizeof(out));
	snprintf(ask.pg, sizeof(ask.pg), "%s", pg);
	snprintf(ask.kid, sizeof(ask.kid), "%s", kid);
	snprintf(ask.order_id, sizeof(ask.order_id), "%s", order_id);
	snprintf(ask.purpose, sizeof(ask.purpose), "%s", purpose);
	seal_make(s, &ask, status, r, &out);
	assert_int_equal(out.req, 11);
	assert_int_equal(out.call, 7);
	return out;
}

static struct vault_sealed seal_it(struct seal *s, const char *kid, const char *order_id, const char *purpose,
                                   enum vault_status status, const struct calls_record *r)
{
	return seal_for(s, "", kid, order_id, purpose, status, r);
}

static struct seal *two_keys(void)
{
	struct seal *s = NULL;
	char two[700];

	snprintf(two, sizeof(two), "%s, %s", key_line("2026-a", "ec.pem", true), key_line("old", "rsa.pem", false));
	if (load(two, &s) < 0)
		fail_msg("%s", why);
	assert_int_equal(seal_key_count(s), 2);
	return s;
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
	struct seal *s = two_keys();
	struct vault_sealed m = seal_it(s, "", "ord_1", "verify", VAULT_OK, &whole);

	(void)state;
	assert_string_equal(m.kid, "2026-a");
	expect_opened(&m, "ec.key", ",\"order_id\":\"ord_1\",\"purpose\":\"verify\"}",
	              "{\"card_number\":\"9461200012345673\",\"expiry\":\"1230\",\"identity\":\"870923\",\"password2\":\"37\","
	              "\"order_id\":\"ord_1\"}");
	m = seal_it(s, "old", "ord_2", "pay", VAULT_OK, &(struct calls_record){ &card, &expiry, &none, &none });
	assert_string_equal(m.kid, "old");
	expect_opened(&m, "rsa.key", ",\"order_id\":\"ord_2\",\"purpose\":\"pay\"}",
	              "{\"card_number\":\"9461200012345673\",\"expiry\":\"1230\",\"order_id\":\"ord_2\"}");
	seal_free(&s);
}

static void the_fingerprint_is_the_cards_and_lasts(void **state)
{
	struct seal *s = two_keys();
	const struct field other = { VAULT_CARD_NUMBER, 16, "4111111111111111" };
	struct vault_sealed a = seal_it(s, "", "ord_1", "verify", VAULT_OK, &whole), b;
	const struct keyring_ask ask = { .name = "fingerprint", .usage = KEY_FINGERPRINT, .caller = KEY_BY_SELF, .now = clock_wall() };
	uint8_t want[CRYPTO_SHA256_SIZE];

	(void)state;
	assert_int_equal(a.fingerprint.len, VAULT_FINGERPRINT_SIZE);
	assert_int_equal(keyring_mac(ring, &ask, card.digits, 16, want, NULL), 0);
	assert_memory_equal(a.fingerprint.data, want, sizeof(want));
	seal_free(&s);
	s = two_keys();
	b = seal_it(s, "old", "ord_2", "pay", VAULT_OK, &(struct calls_record){ &card, &expiry, &none, &none });
	assert_memory_equal(a.fingerprint.data, b.fingerprint.data, VAULT_FINGERPRINT_SIZE);
	b = seal_it(s, "", "ord_2", "pay", VAULT_OK, &(struct calls_record){ &other, &expiry, &none, &none });
	assert_memory_not_equal(a.fingerprint.data, b.fingerprint.data, VAULT_FINGERPRINT_SIZE);
	seal_free(&s);
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
	struct seal *s = two_keys();
	struct vault_sealed m;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		m = seal_it(s, "", bad[i], "pay", VAULT_OK, &whole);
		expect_nothing(&m, VAULT_REFUSED);
		m = seal_it(s, "", "ord_1", bad[i], VAULT_OK, &whole);
		expect_nothing(&m, VAULT_REFUSED);
	}
	m = seal_it(s, "2025-z", "ord_1", "pay", VAULT_OK, &whole);
	expect_nothing(&m, VAULT_NO_KEY);
	m = seal_it(s, "", "ord_1", "pay", VAULT_INCOMPLETE, NULL);
	expect_nothing(&m, VAULT_INCOMPLETE);
	m = seal_it(s, "", "ord_1", "pay", VAULT_NO_CALL, NULL);
	expect_nothing(&m, VAULT_NO_CALL);
	seal_free(&s);
	assert_int_equal(load("", &s), 0);
	m = seal_it(s, "", "ord_1", "pay", VAULT_OK, &whole);
	expect_nothing(&m, VAULT_NO_KEY);
	seal_free(&s);
}

static void nothing_is_sealed_while_the_keys_are_locked(void **state)
{
	struct seal *s = two_keys();
	struct vault_sealed m;
	char reason[KEYFILE_WHY_SIZE];

	(void)state;
	keyring_lock(ring);
	m = seal_it(s, "", "ord_1", "pay", VAULT_OK, &whole);
	expect_nothing(&m, VAULT_LOCKED);
	assert_int_equal(keyring_unlock(ring, master, reason), 0);
	m = seal_it(s, "", "ord_1", "pay", VAULT_OK, &whole);
	assert_int_equal(m.status, VAULT_OK);
	seal_free(&s);
}

/* A JWE must fit its message whatever the key: the longest texts and the largest RSA key that is allowed. */
static void the_longest_record_fits(void **state)
{
	const struct field long_card = { VAULT_CARD_NUMBER, 19, "4111111111111111111" };
	const struct field business = { VAULT_IDENTITY, 10, "1208147521" };
	char order[64], purpose[16], kid[64];
	struct seal *s = NULL;
	struct vault_sealed m;

	(void)state;
	memset(order, 'o', 63);
	memset(purpose, 'p', 15);
	memset(kid, 'k', 63);
	order[63] = purpose[15] = kid[63] = '\0';
	write_pair("rsa4096", EVP_RSA_gen(4096));
	assert_int_equal(load(key_line(kid, "rsa4096.pem", true), &s), 0);
	m = seal_it(s, "", order, purpose, VAULT_OK, &(struct calls_record){ &long_card, &expiry, &business, &password2 });
	assert_int_equal(m.status, VAULT_OK);
	assert_true(m.jwe.len + 1000 < VAULT_JWE_MAX);        /* 8192 bits would take 683 more */
	assert_string_equal(m.kid, kid);
	seal_free(&s);
}

/* ---- the issuer table ---- */

static struct issuers *table;

static int load_table(const char *text)
{
	write_text("issuers.cfg", text);
	issuers_free(&table);
	why[0] = '\0';
	return issuers_load(path_of("issuers.cfg"), &table, why);
}

static void the_longest_prefix_counts(void **state)
{
	const struct issuer *i;

	(void)state;
	assert_int_equal(load_table("issuers = (\n"
	                            "{ prefix = \"94\"; brand = \"local\"; issuer = \"kb\"; },\n"
	                            "{ prefix = \"9461200\"; issuer = \"bc\"; type = \"check\"; owner = \"business\"; },\n"
	                            "{ prefix = \"9\"; brand = \"nine\"; }, { prefix = \"95\"; } );"), 0);
	assert_int_equal(issuers_count(table), 4);
	i = issuers_find(table, "9461200012345673", 16);
	assert_string_equal(i->code, "bc");
	assert_string_equal(i->brand, "");
	assert_int_equal(i->type, VAULT_CARD_CHECK);
	assert_int_equal(i->owner, VAULT_OWNER_BUSINESS);
	assert_string_equal(issuers_find(table, "9461300012345673", 16)->code, "kb");
	assert_string_equal(issuers_find(table, "9661200012345673", 16)->brand, "nine");
	assert_string_equal(issuers_find(table, "9561200012345673", 16)->brand, "");
	assert_string_equal(issuers_find(table, "4111111111111111", 16)->brand, "");
	assert_string_equal(issuers_find(table, "946", 3)->code, "kb");
	issuers_free(&table);
}

static void a_company_without_a_prompt_is_unknown(void **state)
{
	(void)state;
	assert_int_equal(load_table("issuers = ( { prefix = \"94\"; brand = \"local\"; issuer = \"moon\"; } );"), 0);
	assert_string_equal(issuers_find(table, "9461", 4)->code, "");
	assert_string_equal(issuers_find(table, "9461", 4)->brand, "local");
	issuers_free(&table);
}

static void a_wrong_table_is_refused_with_its_line(void **state)
{
	static const struct { const char *text, *part; } cases[] = {
		{ "", "issuers.cfg:1: must hold the one setting" },
		{ "issuers = ( ", "issuers.cfg:" },
		{ "other = ( );", "issuers.cfg:1: must hold the one setting" },
		{ "issuers = ( );", "issuers.cfg:1: issuers: must be a list" },
		{ "issuers = 1;", "issuers: must be a list" },
		{ "issuers = (\n1 );", "issuers.cfg:2: must be {" },
		{ "issuers = (\n{ brand = \"visa\"; } );", "issuers.cfg:2: prefix: is missing" },
		{ "issuers = (\n{ prefix = \"\"; } );", "issuers.cfg:2: prefix = \"\": must have 1 to 15 digits" },
		{ "issuers = (\n{ prefix = \"4a\"; } );", "must have 1 to 15 digits" },
		{ "issuers = (\n{ prefix = \"1234567890123456\"; } );", "must have 1 to 15 digits" },
		{ "issuers = (\n{ prefix = 4; } );", "issuers.cfg:2: prefix: must be a \"string\"" },
		{ "issuers = (\n{ prefix = \"4\";\n bank = \"x\"; } );", "issuers.cfg:3: bank: there is no such member" },
		{ "issuers = (\n{ prefix = \"4\";\n brand = \"VISA\"; } );", "issuers.cfg:3: brand = \"VISA\": must have" },
		{ "issuers = (\n{ prefix = \"4\";\n brand = \"abcdefghijklmnop\"; } );", "must have at most 15" },
		{ "issuers = (\n{ prefix = \"4\";\n type = \"debit\"; } );", "issuers.cfg:3: type = \"debit\": must be \"credit\" or" },
		{ "issuers = (\n{ prefix = \"4\";\n owner = \"dog\"; } );", "issuers.cfg:3: owner = \"dog\": must be \"person\" or" },
		{ "issuers = (\n{ prefix = \"4\"; },\n{ prefix = \"4\"; } );", "prefix \"4\" stands here twice" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		assert_int_equal(load_table(cases[i].text), ERR_INVALID);
		assert_null(table);
		if (strstr(why, cases[i].part) == NULL)
			fail_msg("\"%s\" does not say \"%s\"", why, cases[i].part);
	}
	assert_int_equal(issuers_load(path_of("none.cfg"), &table, why), ERR_INVALID);
	assert_non_null(strstr(why, "none.cfg: cannot be read"));
}

static void the_shipped_table_is_good_and_knows_the_brands(void **state)
{
	static const struct { const char *digits, *brand; } cases[] = {
		{ "4929", "visa" }, { "5105", "mastercard" }, { "2221", "mastercard" }, { "3528", "jcb" }, { "3600", "diners" },
		{ "3400", "amex" }, { "3714", "amex" }, { "6200", "unionpay" }, { "6011", "unionpay" }, { "9999", "local" }, { "7000", "" },
	};

	(void)state;
	if (issuers_load("config/issuers.cfg", &table, why) < 0)
		fail_msg("%s", why);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_string_equal(issuers_find(table, cases[i].digits, 4)->brand, cases[i].brand);
	issuers_free(&table);
}

/* Both ways: every company that can be answered has its name in both languages, and every name can be answered. */
static void companies_are_those_that_the_prompts_name(void **state)
{
	static const char *const files[] = { "config/prompts/ko/manifest.cfg", "config/prompts/en/manifest.cfg" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		struct manifest m;
		int named = 0;

		if (manifest_load(files[i], &m, why) < 0)
			fail_msg("%s", why);
		for (size_t k = 0; k < m.count; k++)
			if (strncmp(m.entries[k].id, "issuer.", 7) == 0 && strcmp(m.entries[k].id, "issuer.other") != 0) {
				if (!issuers_known(m.entries[k].id + 7))
					fail_msg("%s", m.entries[k].id);
				named++;
			}
		assert_int_equal(named, 11);
		manifest_free(&m);
	}
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

static const char *nicepay_line(const char *kid, const char *pg, const char *file, const char *more)
{
	static char line[2][400];
	static int turn;
	char *l = line[turn++ % 2];

	snprintf(l, sizeof(line[0]), "{ kid = \"%s\"; pg = \"%s\"; kind = \"nicepay\"; file = \"%s\"; %s }", kid, pg, path_of(file),
	         more);
	return l;
}

static struct seal *jwe_and_nicepay(const char *more)
{
	struct seal *s = NULL;
	char two[900];

	write_file("nice.key", secret_key, 32, 0600);
	snprintf(two, sizeof(two), "%s, %s", key_line("2026-a", "ec.pem", true), nicepay_line("nice-1", "nice", "nice.key", more));
	if (load(two, &s) < 0)
		fail_msg("%s", why);
	return s;
}

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
	struct seal *s = jwe_and_nicepay("active = true;");
	struct vault_sealed m = seal_for(s, "nice", "", "ord_1", "verify", VAULT_OK, &whole);

	(void)state;
	expect_encdata(&m, "ord_1", true, encdata_256);
	assert_int_equal(m.fingerprint.len, VAULT_FINGERPRINT_SIZE);
	m = seal_for(s, "another", "", "ord_1", "verify", VAULT_OK, &whole);
	assert_string_equal(m.kid, "2026-a");
	/* Nobody who asks can have a card sealed to a key that is another gateway's. */
	m = seal_for(s, "another", "nice-1", "ord_1", "verify", VAULT_OK, &whole);
	expect_nothing(&m, VAULT_NO_KEY);
	seal_free(&s);
	s = jwe_and_nicepay("active = true; cipher = \"aes128\";");
	m = seal_for(s, "nice", "", "ord_2", "verify", VAULT_OK, &(struct calls_record){ &card, &expiry, &none, &none });
	expect_encdata(&m, "ord_2", false, encdata_128_card_only);
	seal_free(&s);
}

static void a_card_longer_than_the_protocol_has_room_for_is_not_sealed(void **state)
{
	const struct field longer = { VAULT_CARD_NUMBER, 19, "6200000000000000000" };
	struct seal *s = jwe_and_nicepay("active = true;");
	struct vault_sealed m = seal_for(s, "nice", "", "ord_1", "verify", VAULT_OK,
	                                 &(struct calls_record){ &longer, &expiry, &identity, &password2 });

	(void)state;
	expect_nothing(&m, VAULT_FAILED);
	seal_free(&s);
}

static void an_unfit_secret_key_is_refused_with_file_and_reason(void **state)
{
	static const struct { const char *text; mode_t mode; const char *part; } cases[] = {
		{ "0123456789abcdefFEDCBA987654321", 0600, "one line of 32 characters" },
		{ "0123456789abcdefFEDCBA98765432100", 0600, "one line of 32 characters" },
		{ "0123456789abcdef FDCBA9876543210", 0600, "one line of 32 characters" },
		{ "0123456789abcdefFEDCBA9876543210", 0640, "mode 0600" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		write_file("bad.key", cases[i].text, strlen(cases[i].text), cases[i].mode);
		expect_refused(nicepay_line("nice-1", "nice", "bad.key", "active = true;"), cases[i].part);
	}
	expect_refused(nicepay_line("nice-1", "nice", "none.key", "active = true;"), "cannot be read");
	write_file("bad.key", "0123456789abcdefFEDCBA9876543210\n", 33, 0600);
	expect_refused(nicepay_line("nice-1", "nice", "bad.key", ""), "none is active for gateway nice");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(broken_pg_keys_are_refused_with_file_and_reason),
		cmocka_unit_test(the_gateway_opens_what_was_typed_and_for_what),
		cmocka_unit_test(the_fingerprint_is_the_cards_and_lasts),
		cmocka_unit_test(what_may_not_be_sealed_is_not), cmocka_unit_test(nothing_is_sealed_while_the_keys_are_locked),
		cmocka_unit_test(the_longest_record_fits),
		cmocka_unit_test(the_longest_prefix_counts),
		cmocka_unit_test(a_company_without_a_prompt_is_unknown),
		cmocka_unit_test(a_wrong_table_is_refused_with_its_line),
		cmocka_unit_test(the_shipped_table_is_good_and_knows_the_brands),
		cmocka_unit_test(companies_are_those_that_the_prompts_name),
		cmocka_unit_test(each_gateway_has_its_own_means),
		cmocka_unit_test(a_card_longer_than_the_protocol_has_room_for_is_not_sealed),
		cmocka_unit_test(an_unfit_secret_key_is_refused_with_file_and_reason),
	};

	return cmocka_run_group_tests(tests, make_files, remove_files);
}
