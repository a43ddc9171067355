/* keyring_use_test.c: which key does what, for whom and until when; on every back-end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "crypto/ed25519.h"
#include "tests/unit/keyring_box.h"
#include "tests/unit/token_rig.h"

static void a_use_outside_the_rule_is_refused_and_noted(void **state)
{
	struct box *b = *state;
	struct keyring_ask a = box_ask("fingerprint", KEY_FINGERPRINT, KEY_BY_ARSD);
	uint8_t out[64];

	box_create(b);
	assert_int_equal(keyring_mac(b->r, &a, "x", 1, out, NULL), ERR_DENIED);
	assert_non_null(strstr(b->notes, "use_refused fingerprint caller\n"));
	a = box_ask("fingerprint", KEY_COLUMN, KEY_BY_SELF);
	assert_int_equal(keyring_mac(b->r, &a, "x", 1, out, NULL), ERR_DENIED);
	a = box_ask("column", KEY_COLUMN, KEY_BY_ARSD);
	assert_int_equal(keyring_mac(b->r, &a, "x", 1, out, NULL), ERR_DENIED);
	assert_non_null(strstr(b->notes, "use_refused column mode\n"));
	assert_int_equal(keyring_find(b->r, "fingerprint", 1)->exportable, 1);
	assert_int_equal(keyring_find(b->r, "wrapping", 1)->exportable, 0);
}

static void old_versions_open_and_only_the_active_one_seals(void **state)
{
	struct box *b = *state;
	struct keyring_ask a = box_ask("column", KEY_COLUMN, KEY_BY_ARSD), first = a;
	uint8_t sealed[64], clear[64];
	uint32_t used = 0;

	box_create(b);
	assert_int_equal(keyring_seal(b->r, &a, "row 1", 5, "01012345678", 11, sealed, &used), 0);
	assert_int_equal(used, 1);
	assert_int_equal(keyring_generate(b->r, "column", KEY_COLUMN, now, now, b->why), 0);
	assert_int_equal(keyring_find(b->r, "column", 2)->state, KEY_PRE_ACTIVE);
	assert_int_equal(keyring_set_state(b->r, "column", 2, KEY_ACTIVE, now, b->why), 0);
	assert_int_equal(keyring_find(b->r, "column", 1)->state, KEY_RETIRED);
	box_reopen(b);
	assert_int_equal(keyring_unlock(b->r, master, b->why), 0);
	first.version = 1;
	assert_int_equal(keyring_open(b->r, &first, "row 1", 5, sealed, 11 + 28, clear, sizeof(clear)), 11);
	assert_memory_equal(clear, "01012345678", 11);
	assert_int_equal(keyring_open(b->r, &first, "row 2", 5, sealed, 11 + 28, clear, sizeof(clear)), ERR_CRYPTO);
	assert_int_equal(keyring_seal(b->r, &first, "row 1", 5, "x", 1, sealed, &used), ERR_DENIED);
	assert_int_equal(keyring_seal(b->r, &a, "row 1", 5, "x", 1, sealed, &used), 0);
	assert_int_equal(used, 2);
}

static void a_key_travels_in_a_block_to_another_box(void **state)
{
	struct box *b = *state;
	struct keyring_ask a = box_ask("fingerprint", KEY_FINGERPRINT, KEY_BY_SELF);
	static const uint8_t shared[32] = "the key that both boxes were giv";
	char block[1024];
	uint8_t mac[32], again[32];

	box_create(b);
	assert_int_equal(box_import_transport(b, shared), 0);
	assert_int_equal(keyring_block_export(b->r, "fingerprint", 1, "partner", block, sizeof(block), now, b->why), ERR_NOT_FOUND);
	assert_int_equal(keyring_set_state(b->r, "partner", 1, KEY_ACTIVE, now, b->why), 0);
	if (!(keyring_can(b->r) & TOKEN_CAN_KEY_BLOCK)) {
		assert_int_equal(keyring_block_export(b->r, "fingerprint", 1, "partner", block, sizeof(block), now, b->why), ERR_DENIED);
		assert_non_null(strstr(b->why, "has no mechanism for: key-blocks"));
		assert_int_equal(keyring_block_import(b->r, "fingerprint", KEY_FINGERPRINT, "partner", "D0000", now, b->why), ERR_DENIED);
		return;
	}
	assert_true(keyring_block_export(b->r, "fingerprint", 1, "partner", block, sizeof(block), now, b->why) > 0);
	assert_int_equal(keyring_block_export(b->r, "wrapping", 1, "partner", block, sizeof(block), now, b->why), ERR_DENIED);
	assert_int_equal(keyring_mac(b->r, &a, "4111", 4, mac, NULL), 0);
	assert_true(keyring_block_export(b->r, "fingerprint", 1, "partner", block, sizeof(block), now, b->why) > 0);
	assert_int_equal(keyring_block_import(b->r, "wrong", KEY_COLUMN, "partner", block, now, b->why), ERR_INVALID);
	assert_int_equal(keyring_block_import(b->r, "fingerprint", KEY_FINGERPRINT, "partner", block, now, b->why), 0);
	assert_memory_equal(keyring_find(b->r, "fingerprint", 2)->kcv, keyring_find(b->r, "fingerprint", 1)->kcv, KEY_KCV_SIZE);
	assert_int_equal(keyring_set_state(b->r, "fingerprint", 2, KEY_ACTIVE, now, b->why), 0);
	assert_int_equal(keyring_mac(b->r, &a, "4111", 4, again, NULL), 0);
	assert_memory_equal(mac, again, 32);
}

static void signatures_are_ed25519(void **state)
{
	struct box *b = *state;
	struct keyring_ask a = box_ask("consent", KEY_CONSENT_SIGNING, KEY_BY_ARSD);
	uint8_t signature[64], public[32];

	box_create(b);
	if (!(keyring_can(b->r) & TOKEN_CAN_ED25519)) {
		assert_int_equal(keyring_sign(b->r, &a, "text", 4, signature, NULL), ERR_NOT_FOUND);
		assert_int_equal(keyring_generate(b->r, "consent", KEY_CONSENT_SIGNING, now, now, b->why), ERR_DENIED);
		assert_non_null(strstr(b->why, "has no mechanism for: ed25519"));
		assert_non_null(strstr(b->notes, "created - without, for the token cannot: consent audit"));
		return;
	}
	assert_int_equal(keyring_sign(b->r, &a, "text", 4, signature, NULL), 0);
	assert_int_equal(keyring_public(b->r, "consent", 1, public), 0);
	assert_int_equal(ed25519_verify(public, "text", 4, signature), 0);
	assert_int_equal(ed25519_verify(public, "tExt", 4, signature), ERR_CRYPTO);
}

static void states_follow_each_other_one_way(void **state UNUSED)
{
	static const enum key_state all[] = { KEY_PRE_ACTIVE, KEY_ACTIVE, KEY_RETIRED, KEY_COMPROMISED, KEY_DESTROYED };
	static const bool may[5][5] = {
		{ 0, 1, 0, 1, 1 }, { 0, 0, 1, 1, 0 }, { 0, 0, 0, 1, 1 }, { 0, 0, 0, 0, 1 }, { 0, 0, 0, 0, 0 },
	};

	for (size_t from = 0; from < 5; from++)
		for (size_t to = 0; to < 5; to++)
			assert_int_equal(key_may_become(all[from], all[to]), may[from][to]);
}

/* A gateway's key, which acts from and ends in so many milliseconds (0: by the rule); its version is returned. */
static uint32_t import_gateway(struct box *b, const char *kid, int64_t from_ms, int64_t until_ms)
{
	const struct keyring_given g = { "main", kid, KEY_GATEWAY_PUBLIC, KEY_PUBLIC_PEM, (const uint8_t *)kid, strlen(kid), { now.ms + from_ms },
	                                 { until_ms > 0 ? now.ms + until_ms : 0 } };
	uint32_t version = 0;

	assert_int_equal(keyring_import(b->r, &g, now, b->why), 0);
	while (keyring_find(b->r, "main", version + 1) != NULL)
		version++;
	assert_int_equal(keyring_set_state(b->r, "main", version, KEY_ACTIVE, now, b->why), 0);
	return version;
}

static const char *chosen(const struct box *b, int64_t in_ms, const char *kid)
{
	const struct gateway_choice c = keyring_choose(b->r, &(struct gateway_ask){ "main", kid, { now.ms + in_ms } });

	return c.key != NULL ? c.key->kid : "none";
}

static void a_cryptoperiod_ends(void **state)
{
	struct box *b = *state;
	struct keyring_ask a = box_ask("main", KEY_GATEWAY_PUBLIC, KEY_BY_ARSD);
	const struct key *first;
	char pem[700];

	box_create(b);
	import_gateway(b, "2026-a", 0, 1000);
	assert_int_equal(keyring_pem(b->r, &a, pem, sizeof(pem), NULL), 6);
	assert_int_equal(keyring_expiring(b->r, (struct wall){ now.ms + 2000 }, &first), 1);
	assert_string_equal(first->name, "main");
	a.now.ms = now.ms + 1000;
	assert_int_equal(keyring_pem(b->r, &a, pem, sizeof(pem), NULL), ERR_DENIED);
	assert_non_null(strstr(b->notes, "use_refused main cryptoperiod over\n"));
	/* What another takes the place of in time, by itself, needs nobody; what it does not, does. */
	import_gateway(b, "late", 1000, 5000);
	assert_int_equal(keyring_expiring(b->r, (struct wall){ now.ms + 2000 }, &first), 1);
	import_gateway(b, "next", 999, 5000);
	assert_int_equal(keyring_expiring(b->r, (struct wall){ now.ms + 2000 }, &first), 0);
}

static void two_keys_of_a_gateway_stand_side_by_side_and_the_newer_takes_over(void **state)
{
	struct box *b = *state;
	uint32_t one, two;

	box_create(b);
	assert_string_equal(chosen(b, 0, ""), "none");
	one = import_gateway(b, "2026-a", 0, 0);
	two = import_gateway(b, "2026-b", 60000, 0);
	assert_string_equal(chosen(b, 59999, ""), "2026-a");
	assert_string_equal(chosen(b, 60000, ""), "2026-b");
	assert_string_equal(chosen(b, 60000, "2026-a"), "2026-a");     /* the older one is allowed until it is retired */
	assert_string_equal(chosen(b, 0, "2026-b"), "none");
	assert_int_equal(keyring_import(b->r, &(struct keyring_given){ "main", "2026-a", KEY_GATEWAY_PUBLIC, KEY_PUBLIC_PEM, (const uint8_t *)"x", 1,
	                                                               now, { 0 } }, now, b->why), ERR_EXISTS);
	assert_int_equal(keyring_set_state(b->r, "main", one, KEY_RETIRED, now, b->why), 0);
	assert_string_equal(chosen(b, 0, ""), "none");
	assert_string_equal(chosen(b, 60000, "2026-a"), "none");
	assert_string_equal(chosen(b, 60000, ""), "2026-b");
	/* They are there after a start. */
	box_reopen(b);
	assert_int_equal(keyring_unlock(b->r, master, b->why), 0);
	assert_string_equal(chosen(b, 60000, ""), "2026-b");
	assert_int_equal(keyring_set_state(b->r, "main", two, KEY_COMPROMISED, now, b->why), 0);
	assert_string_equal(chosen(b, 60000, ""), "none");
}

/* By "openssl enc -aes-256-cbc -K KEY -iv KEY's first half". */
static void a_gateways_secret_seals_and_is_in_no_file(void **state)
{
	static const char secret[] = "0123456789abcdefFEDCBA9876543210";
	const struct token_encdata d = { "verify", "ord_1", "cardNo=9461200012345673&expYear=30&expMonth=12", 46 };
	struct keyring_given g = { "nice", "nice-1", KEY_GATEWAY_ENCDATA, KEY_ENCDATA_256, (const uint8_t *)secret, 32, now, { 0 } };
	struct keyring_ask a = box_ask("nice", KEY_GATEWAY_ENCDATA, KEY_BY_ARSD);
	struct box *b = *state;
	char out[800], again[800], file[20000];
	FILE *f;

	box_create(b);
	if (keyring_can(b->r) & TOKEN_CAN_GCM) {
		assert_int_equal(keyring_import(b->r, &g, now, b->why), 0);
	} else {
		assert_int_equal(keyring_import(b->r, &g, now, b->why), ERR_DENIED);
		return;
	}
	assert_int_equal(keyring_encdata(b->r, &a, &d, out, sizeof(out)), ERR_NOT_FOUND);     /* none is active */
	assert_int_equal(keyring_set_state(b->r, "nice", 1, KEY_ACTIVE, now, b->why), 0);
	assert_true(keyring_encdata(b->r, &a, &d, out, sizeof(out)) > 0);
	assert_int_equal(strncmp(out, "nicepay.256.62815bd8044213a2d50876b2aef017a9", 44), 0);
	g.kid = "nice-0";
	g.algorithm = KEY_ENCDATA_128;
	assert_int_equal(keyring_import(b->r, &g, now, b->why), 0);
	assert_memory_equal(keyring_find(b->r, "nice", 1)->kcv, keyring_find(b->r, "nice", 2)->kcv, KEY_KCV_SIZE);
	assert_int_equal(keyring_set_state(b->r, "nice", 2, KEY_ACTIVE, now, b->why), 0);
	a.version = 2;
	assert_true(keyring_encdata(b->r, &a, &d, again, sizeof(again)) > 0);
	assert_int_equal(strncmp(again, "nicepay.128.6385a7dcc7df04a7a23ca4d36bad2603", 44), 0);
	box_reopen(b);
	assert_int_equal(keyring_unlock(b->r, master, b->why), 0);
	a.version = 1;
	assert_true(keyring_encdata(b->r, &a, &d, again, sizeof(again)) > 0);
	assert_string_equal(again, out);
	f = fopen(b->path, "r");
	file[fread(file, 1, sizeof(file) - 1, f)] = '\0';
	fclose(f);
	assert_null(strstr(file, secret));
	assert_null(strstr(file, "MDEyMzQ1Njc4OWFiY2RlZkZFRENCQTk4NzY1NDMyMTA"));
	/* Its use by others, and its end. */
	a.caller = KEY_BY_TRUNKD;
	assert_int_equal(keyring_encdata(b->r, &a, &d, out, sizeof(out)), ERR_DENIED);
	a.caller = KEY_BY_ARSD;
	assert_int_equal(keyring_set_state(b->r, "nice", 1, KEY_RETIRED, now, b->why), 0);
	assert_int_equal(keyring_encdata(b->r, &a, &d, out, sizeof(out)), ERR_DENIED);
	assert_int_equal(keyring_set_state(b->r, "nice", 1, KEY_DESTROYED, now, b->why), 0);
	assert_int_equal(keyring_encdata(b->r, &a, &d, out, sizeof(out)), ERR_NOT_FOUND);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, box_set_up, box_tear_down)
	const struct CMUnitTest tests[] = {
		T(a_use_outside_the_rule_is_refused_and_noted),
		T(old_versions_open_and_only_the_active_one_seals),
		T(a_key_travels_in_a_block_to_another_box),
		T(signatures_are_ed25519),
		T(a_cryptoperiod_ends),
		T(two_keys_of_a_gateway_stand_side_by_side_and_the_newer_takes_over),
		T(a_gateways_secret_seals_and_is_in_no_file),
		cmocka_unit_test(states_follow_each_other_one_way),
	};

	int failed = 0;

	for (unsigned i = 0; i < RIG_BACK_ENDS; i++) {
		token_rig_back_end = (enum rig_back_end)i;
		failed += cmocka_run_group_tests_name(token_rig_name(), tests, NULL, NULL);
	}
	return failed;
}
