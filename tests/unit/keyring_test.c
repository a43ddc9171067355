/* keyring_test.c: keys from their making to their end, on a real file, and what happens when the file cannot be written; on
 * every back-end. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "crypto/crypto.h"
#include "crypto/ed25519.h"
#include "keys/keyring.h"
#include "tests/unit/scratch.h"
#include "tests/unit/token_rig.h"

static const struct wall now = { INT64_C(1790000000000) };
static const uint8_t master[TOKEN_MASTER_SIZE] = "the master key of this test, 32B";
static const struct keyfile_master scheme = { .scheme = KEYFILE_COMPONENTS, .parts = 2, .needed = 2 };

struct box { char folder[64], path[128]; struct keyring *r; char notes[4000]; int note_result; char why[KEYFILE_WHY_SIZE]; };

static int note(void *context, const char *what, const struct key *k, const char *detail)
{
	struct box *b = context;
	size_t len = strlen(b->notes);

	snprintf(b->notes + len, sizeof(b->notes) - len, "%s %s %s\n", what, k != NULL ? k->name : "-", detail);
	return b->note_result;
}

static int box_open(struct box *b)
{
	struct keyring_config c = { .path = b->path, .note = note, .context = b };
	int e;

	c.token = token_rig_open(b->folder);
	e = keyring_new(&c, &b->r, b->why);
	if (e < 0)
		token_free(&c.token);
	return e;
}

static void box_reopen(struct box *b)
{
	keyring_free(&b->r);
	assert_int_equal(box_open(b), 0);
}

static int set_up(void **state)
{
	struct box *b = calloc(1, sizeof(*b));

	scratch_path(b->folder, sizeof(b->folder), "keyring-test-XXXXXX");
	assert_non_null(mkdtemp(b->folder));
	snprintf(b->path, sizeof(b->path), "%s/keys", b->folder);
	assert_int_equal(box_open(b), 0);
	*state = b;
	return 0;
}

static int tear_down(void **state)
{
	struct box *b = *state;

	keyring_free(&b->r);
	token_rig_remove(b->folder);
	free(b);
	return 0;
}

static struct keyring_ask ask(const char *name, enum key_usage usage, enum key_caller caller)
{
	return (struct keyring_ask){ .name = name, .usage = usage, .caller = caller, .now = now };
}

static void create(struct box *b)
{
	assert_int_equal(keyring_create(b->r, master, &scheme, NULL, now, b->why), 0);
}

static int import_transport(struct box *b, const uint8_t bytes[32])
{
	return keyring_import(b->r, &(struct keyring_given){ "partner", "", KEY_TRANSPORT, KEY_AES_256, bytes, 32, now, { 0 } }, now, b->why);
}

static void nothing_is_there_before_the_ceremony(void **state)
{
	struct box *b = *state;
	struct keyring_ask a = ask("fingerprint", KEY_FINGERPRINT, KEY_BY_SELF);
	uint8_t mac[32];

	assert_int_equal(keyring_state(b->r), KEYRING_EMPTY);
	assert_int_equal(access(b->path, F_OK), -1);
	assert_int_equal(keyring_mac(b->r, &a, "x", 1, mac, NULL), ERR_STATE);
	assert_int_equal(keyring_unlock(b->r, master, b->why), ERR_STATE);
	assert_non_null(strstr(b->why, "ceremony"));
}

static void keys_come_back_with_the_master_key_alone(void **state)
{
	struct box *b = *state;
	struct keyring_ask a = ask("fingerprint", KEY_FINGERPRINT, KEY_BY_SELF);
	uint8_t mac[32], again[32], wrong[TOKEN_MASTER_SIZE] = { 1 };
	struct stat st;

	create(b);
	assert_int_equal(stat(b->path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(keyring_mac(b->r, &a, "4111", 4, mac, NULL), 0);
	box_reopen(b);
	assert_int_equal(keyring_state(b->r), KEYRING_LOCKED);
	assert_int_equal(keyring_mac(b->r, &a, "4111", 4, again, NULL), ERR_STATE);
	assert_int_equal(keyring_unlock(b->r, wrong, b->why), ERR_CRYPTO);
	assert_int_equal(keyring_state(b->r), KEYRING_LOCKED);
	assert_int_equal(keyring_unlock(b->r, master, b->why), 0);
	assert_int_equal(keyring_mac(b->r, &a, "4111", 4, again, NULL), 0);
	assert_memory_equal(mac, again, 32);
	keyring_lock(b->r);
	assert_int_equal(keyring_mac(b->r, &a, "4111", 4, again, NULL), ERR_STATE);
}

static void a_use_outside_the_rule_is_refused_and_noted(void **state)
{
	struct box *b = *state;
	struct keyring_ask a = ask("fingerprint", KEY_FINGERPRINT, KEY_BY_ARSD);
	uint8_t out[64];

	create(b);
	assert_int_equal(keyring_mac(b->r, &a, "x", 1, out, NULL), ERR_DENIED);
	assert_non_null(strstr(b->notes, "use_refused fingerprint caller\n"));
	a = ask("fingerprint", KEY_COLUMN, KEY_BY_SELF);
	assert_int_equal(keyring_mac(b->r, &a, "x", 1, out, NULL), ERR_DENIED);
	a = ask("column", KEY_COLUMN, KEY_BY_ARSD);
	assert_int_equal(keyring_mac(b->r, &a, "x", 1, out, NULL), ERR_DENIED);
	assert_non_null(strstr(b->notes, "use_refused column mode\n"));
	assert_int_equal(keyring_find(b->r, "fingerprint", 1)->exportable, 1);
	assert_int_equal(keyring_find(b->r, "wrapping", 1)->exportable, 0);
}

static void old_versions_open_and_only_the_active_one_seals(void **state)
{
	struct box *b = *state;
	struct keyring_ask a = ask("column", KEY_COLUMN, KEY_BY_ARSD), first = a;
	uint8_t sealed[64], clear[64];
	uint32_t used = 0;

	create(b);
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

static void a_new_wrapping_key_wraps_all(void **state)
{
	struct box *b = *state;
	struct keyring_ask a = ask("fingerprint", KEY_FINGERPRINT, KEY_BY_SELF);
	uint8_t mac[32], again[32];

	create(b);
	assert_int_equal(keyring_mac(b->r, &a, "4111", 4, mac, NULL), 0);
	assert_int_equal(keyring_generate(b->r, "wrapping", KEY_WRAPPING, now, now, b->why), 0);
	assert_int_equal(keyring_set_state(b->r, "wrapping", 2, KEY_ACTIVE, now, b->why), 0);
	assert_int_equal(keyring_set_state(b->r, "wrapping", 1, KEY_DESTROYED, now, b->why), 0);
	assert_int_equal(keyring_mac(b->r, &a, "4111", 4, again, NULL), 0);
	assert_memory_equal(mac, again, 32);
	box_reopen(b);
	assert_int_equal(keyring_unlock(b->r, master, b->why), 0);
	assert_int_equal(keyring_mac(b->r, &a, "4111", 4, again, NULL), 0);
	assert_memory_equal(mac, again, 32);
}

/* A folder in place of the next file: the write fails, whoever runs the test. */
static void what_cannot_be_written_changes_nothing(void **state)
{
	struct box *b = *state;
	struct keyring_ask a = ask("fingerprint", KEY_FINGERPRINT, KEY_BY_SELF);
	char next[160], inside[170];
	uint8_t mac[32], again[32];

	create(b);
	assert_int_equal(keyring_mac(b->r, &a, "4111", 4, mac, NULL), 0);
	snprintf(next, sizeof(next), "%s.new", b->path);
	snprintf(inside, sizeof(inside), "%s/x", next);
	assert_int_equal(mkdir(next, 0700), 0);
	assert_int_equal(mkdir(inside, 0700), 0);
	assert_int_equal(keyring_generate(b->r, "wrapping", KEY_WRAPPING, now, now, b->why), ERR_IO);
	assert_null(keyring_find(b->r, "wrapping", 2));
	rmdir(inside);
	rmdir(next);
	assert_int_equal(keyring_generate(b->r, "wrapping", KEY_WRAPPING, now, now, b->why), 0);
	assert_int_equal(mkdir(next, 0700), 0);
	assert_int_equal(mkdir(inside, 0700), 0);
	assert_int_equal(keyring_set_state(b->r, "wrapping", 2, KEY_ACTIVE, now, b->why), ERR_IO);
	rmdir(inside);
	rmdir(next);
	assert_int_equal(keyring_find(b->r, "wrapping", 1)->state, KEY_ACTIVE);
	assert_int_equal(keyring_mac(b->r, &a, "4111", 4, again, NULL), 0);
	assert_memory_equal(mac, again, 32);
	/* What is made now is under the old one, which the file names. */
	assert_int_equal(keyring_generate(b->r, "column", KEY_COLUMN, now, now, b->why), 0);
	box_reopen(b);
	assert_int_equal(keyring_unlock(b->r, master, b->why), 0);
	assert_non_null(keyring_find(b->r, "column", 2));
}

static void what_cannot_be_noted_is_not_done(void **state)
{
	struct box *b = *state;

	create(b);
	b->note_result = ERR_IO;
	assert_int_equal(keyring_generate(b->r, "column", KEY_COLUMN, now, now, b->why), ERR_IO);
	assert_null(keyring_find(b->r, "column", 2));
	assert_int_equal(keyring_set_state(b->r, "column", 1, KEY_COMPROMISED, now, b->why), ERR_IO);
	assert_int_equal(keyring_find(b->r, "column", 1)->state, KEY_ACTIVE);
}

static void flip(const char *path, long at)
{
	FILE *f = fopen(path, "r+");
	int c;

	assert_non_null(f);
	fseek(f, at, SEEK_SET);
	c = fgetc(f);
	fseek(f, at, SEEK_SET);
	fputc(c ^ 1, f);
	fclose(f);
}

static void any_changed_byte_of_the_file_is_found(void **state)
{
	struct box *b = *state;
	struct stat st;

	create(b);
	assert_int_equal(stat(b->path, &st), 0);
	/* Each octet with one back-end is enough: the file is the same. */
	for (long at = 0; at < st.st_size; at += token_rig_back_end == RIG_OPENSSL ? 1 : 23) {
		keyring_free(&b->r);
		flip(b->path, at);
		if (box_open(b) == 0 && keyring_unlock(b->r, master, b->why) == 0)
			fail_msg("octet %ld of %ld may change", at, (long)st.st_size);
		flip(b->path, at);
	}
	box_reopen(b);
	assert_int_equal(keyring_unlock(b->r, master, b->why), 0);
}

static bool file_has(const char *path, const void *what, size_t len)
{
	static char text[1 << 20];
	FILE *f = fopen(path, "r");
	size_t n;

	if (f == NULL)
		return false;
	n = fread(text, 1, sizeof(text), f);
	fclose(f);
	return memmem(text, n, what, len) != NULL;
}

static void a_destroyed_key_is_in_no_file_and_its_version_never_comes_again(void **state)
{
	struct box *b = *state;
	struct keyring_ask a = ask("partner", KEY_TRANSPORT, KEY_BY_OFFICER);
	char old[160];
	static const uint8_t given[32] = "a transport key of somebody else";

	create(b);
	(void)a;
	assert_int_equal(import_transport(b, given), 0);
	snprintf(old, sizeof(old), "%s.old", b->path);
	assert_true(file_has(b->path, "key partner 1 transport aes-256 pre-active", 42));
	assert_int_equal(keyring_set_state(b->r, "partner", 1, KEY_DESTROYED, now, b->why), 0);
	assert_false(file_has(b->path, "partner 1 transport aes-256 pre-active", 38));
	assert_false(file_has(old, "partner 1 transport aes-256 pre-active", 38));
	assert_int_equal(keyring_generate(b->r, "partner", KEY_TRANSPORT, now, now, b->why), 0);
	assert_non_null(keyring_find(b->r, "partner", 2));
	assert_int_equal(keyring_generate(b->r, "partner", KEY_COLUMN, now, now, b->why), ERR_INVALID);
}

static void zeroise_leaves_nothing(void **state)
{
	struct box *b = *state;
	char old[160];
	uint8_t mac[32];
	struct keyring_ask a = ask("fingerprint", KEY_FINGERPRINT, KEY_BY_SELF);

	create(b);
	assert_int_equal(keyring_generate(b->r, "column", KEY_COLUMN, now, now, b->why), 0);
	assert_int_equal(keyring_zeroise(b->r), 0);
	snprintf(old, sizeof(old), "%s.old", b->path);
	assert_int_equal(access(b->path, F_OK), -1);
	assert_int_equal(access(old, F_OK), -1);
	assert_int_equal(keyring_state(b->r), KEYRING_EMPTY);
	assert_int_equal(keyring_mac(b->r, &a, "x", 1, mac, NULL), ERR_STATE);
	create(b);
}

static void a_key_travels_in_a_block_to_another_box(void **state)
{
	struct box *b = *state;
	struct keyring_ask a = ask("fingerprint", KEY_FINGERPRINT, KEY_BY_SELF);
	static const uint8_t shared[32] = "the key that both boxes were giv";
	char block[1024];
	uint8_t mac[32], again[32];

	create(b);
	assert_int_equal(import_transport(b, shared), 0);
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
	struct keyring_ask a = ask("consent", KEY_CONSENT_SIGNING, KEY_BY_ARSD);
	uint8_t signature[64], public[32];

	create(b);
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
	struct keyring_ask a = ask("main", KEY_GATEWAY_PUBLIC, KEY_BY_ARSD);
	const struct key *first;
	char pem[700];

	create(b);
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

	create(b);
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
	struct keyring_ask a = ask("nice", KEY_GATEWAY_ENCDATA, KEY_BY_ARSD);
	struct box *b = *state;
	char out[800], again[800], file[20000];
	FILE *f;

	create(b);
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
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(nothing_is_there_before_the_ceremony), T(keys_come_back_with_the_master_key_alone), T(a_use_outside_the_rule_is_refused_and_noted),
		T(old_versions_open_and_only_the_active_one_seals), T(a_new_wrapping_key_wraps_all), T(what_cannot_be_written_changes_nothing),
		T(what_cannot_be_noted_is_not_done), T(any_changed_byte_of_the_file_is_found),
		T(a_destroyed_key_is_in_no_file_and_its_version_never_comes_again), T(zeroise_leaves_nothing),
		T(a_key_travels_in_a_block_to_another_box), T(signatures_are_ed25519), T(a_cryptoperiod_ends),
		T(two_keys_of_a_gateway_stand_side_by_side_and_the_newer_takes_over), T(a_gateways_secret_seals_and_is_in_no_file),
		cmocka_unit_test(states_follow_each_other_one_way),
	};

	int failed = 0;

	for (unsigned i = 0; i < RIG_BACK_ENDS; i++) {
		token_rig_back_end = (enum rig_back_end)i;
		failed += cmocka_run_group_tests_name(token_rig_name(), tests, NULL, NULL);
	}
	return failed;
}
