/* dual_test.c: officers, their passwords, and what two of them do: who may confirm, when, and what the log says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "keys/dual.h"
#include "tests/unit/scratch.h"

static const uint8_t master[TOKEN_MASTER_SIZE] = "the master key of this test, 32B";
static const struct keyfile_master scheme = { .scheme = KEYFILE_COMPONENTS, .parts = 2, .needed = 2 };
static const char kim_password[] = "three white geese", lee_password[] = "a river in winter";
static const char pem[] = "-----BEGIN PUBLIC KEY-----\n"
                         "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAERD7eCFKMLz44sLBFxajKDhQbLycp\n"
                         "CeaXgceAcdFAj7BfM8/vxwsiJJDs11TP/78nZ4Si6vECSuXKv4vBUL6JIw==\n"
                         "-----END PUBLIC KEY-----\n";
static const char secret_key[] = "0123456789abcdefFEDCBA9876543210\n";
enum { VALID_MS = 60000, LOG_MAX = 65536 };

struct box {
	char folder[64], keys[128];
	struct audit *a;
	struct keyring *r;
	struct dual *d;
	struct officers o;
	struct mono now;
	char why[400], text[DUAL_TEXT_SIZE];
};

static void box_open(struct box *b)
{
	struct keyring_config c = { .path = b->keys, .note = audit_note };

	assert_int_equal(audit_open(b->folder, &b->a, b->why), 0);
	c.context = b->a;
	assert_int_equal(token_openssl_new(&c.token), 0);
	assert_int_equal(keyring_new(&c, &b->r, b->why), 0);
	audit_attach(b->a, b->r);
	assert_int_equal(dual_new(b->r, b->a, VALID_MS, &b->d), 0);
}

static void box_close(struct box *b)
{
	dual_free(&b->d);
	audit_attach(b->a, NULL);
	keyring_free(&b->r);
	audit_close(&b->a);
}

static void add_officer(struct box *b, const char *name, const char *password)
{
	struct keyfile_officer made;

	assert_int_equal(officers_make(name, password, &made, b->why), 0);
	assert_int_equal(keyring_add_officer(b->r, &made, b->why), 0);
}

static int set_up(void **state)
{
	struct box *b = calloc(1, sizeof(*b));

	scratch_path(b->folder, sizeof(b->folder), "dual-test-XXXXXX");
	assert_non_null(mkdtemp(b->folder));
	snprintf(b->keys, sizeof(b->keys), "%s/keys", b->folder);
	box_open(b);
	b->now = clock_mono();
	assert_int_equal(keyring_create(b->r, master, &scheme, NULL, clock_wall(), b->why), 0);
	add_officer(b, "kim", kim_password);
	add_officer(b, "lee", lee_password);
	*state = b;
	return 0;
}

static int tear_down(void **state)
{
	static const char *const names[] = { "audit.log", "audit.head", "keys", "keys.old", "keys.new", "keys.gone" };
	struct box *b = *state;
	char name[200];

	box_close(b);
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		snprintf(name, sizeof(name), "%s/%s", b->folder, names[i]);
		unlink(name);
	}
	assert_int_equal(rmdir(b->folder), 0);
	free(b);
	return 0;
}

static int propose(struct box *b, const char *by, const char *act, const char *args, const char *payload, unsigned *id)
{
	const struct dual_ask ask = { act, args, (const uint8_t *)payload, payload != NULL ? strlen(payload) : 0 };

	return dual_propose(b->d, by, &ask, b->now, id, b->why);
}

static int confirm(struct box *b, const char *by, unsigned id)
{
	return dual_confirm(b->d, by, id, NULL, 0, b->now, b->text, b->why);
}

static int both(struct box *b, const char *act, const char *args, const char *payload)
{
	unsigned id = 0;
	int e = propose(b, "kim", act, args, payload, &id);

	return e < 0 ? e : confirm(b, "lee", id);
}

/* Is there a record of what by who about detail? */
static bool is_noted(struct box *b, const char *what, const char *who, const char *detail)
{
	static char text[LOG_MAX];
	char member[100], by[100];
	int n = audit_read(b->a, 0, text, sizeof(text) - 1);

	text[n] = '\0';
	snprintf(member, sizeof(member), "\"what\":\"%s\"", what);
	snprintf(by, sizeof(by), "\"who\":\"%s\"", who);
	for (char *save = NULL, *line = strtok_r(text, "\n", &save); line != NULL; line = strtok_r(NULL, "\n", &save))
		if (strstr(line, member) != NULL && strstr(line, by) != NULL && strstr(line, detail) != NULL)
			return true;
	return false;
}

static void two_officers_rotate_a_key(void **state)
{
	struct box *b = *state;
	unsigned id = 0;

	assert_int_equal(propose(b, "kim", "rotate", "name=column\n", NULL, &id), 0);
	assert_int_equal(keyring_find(b->r, "column", 0)->version, 1);
	assert_int_equal(confirm(b, "lee", id), 0);
	assert_non_null(strstr(b->text, "column version 2 active"));
	assert_int_equal(keyring_find(b->r, "column", 0)->version, 2);
	assert_int_equal(keyring_find(b->r, "column", 1)->state, KEY_RETIRED);
	assert_true(is_noted(b, "proposed", "kim", "rotate name=column"));
	assert_true(is_noted(b, "confirmed", "kim,lee", "rotate name=column"));
	assert_true(is_noted(b, "generated", "kim,lee", ""));
	/* Once and no more. */
	assert_int_equal(confirm(b, "lee", id), ERR_NOT_FOUND);
}

static void who_proposes_cannot_confirm(void **state)
{
	struct box *b = *state;
	unsigned id = 0;

	assert_int_equal(propose(b, "kim", "rotate", "name=column\n", NULL, &id), 0);
	assert_int_equal(confirm(b, "kim", id), ERR_DENIED);
	assert_int_equal(keyring_find(b->r, "column", 0)->version, 1);
	assert_true(is_noted(b, "confirm_refused", "kim", "rotate"));
	assert_int_equal(confirm(b, "lee", id), 0);
}

static void a_proposal_waits_its_time_and_can_be_withdrawn(void **state)
{
	struct box *b = *state;
	unsigned id = 0;

	assert_int_equal(propose(b, "kim", "rotate", "name=column\n", NULL, &id), 0);
	b->now = mono_add_ms(b->now, VALID_MS);
	assert_int_equal(confirm(b, "lee", id), ERR_NOT_FOUND);
	assert_true(is_noted(b, "expired", "kim", "rotate name=column"));
	assert_int_equal(propose(b, "kim", "rotate", "name=column\n", NULL, &id), 0);
	assert_int_equal(dual_withdraw(b->d, "lee", id, b->why), 0);
	assert_true(is_noted(b, "withdrawn", "lee", "rotate name=column"));
	assert_int_equal(confirm(b, "lee", id), ERR_NOT_FOUND);
	assert_int_equal(keyring_find(b->r, "column", 0)->version, 1);
}

static void so_many_wait_and_no_more(void **state)
{
	struct box *b = *state;
	unsigned id = 0;

	for (int i = 0; i < DUAL_MAX; i++)
		assert_int_equal(propose(b, "kim", "rotate", "name=column\n", NULL, &id), 0);
	assert_int_equal(propose(b, "kim", "rotate", "name=column\n", NULL, &id), ERR_EXHAUSTED);
	assert_int_equal(confirm(b, "lee", id), 0);
	assert_int_equal(propose(b, "kim", "rotate", "name=column\n", NULL, &id), 0);
}

static void what_makes_no_sense_is_refused_before_it_waits(void **state)
{
	static const struct { const char *act, *args, *payload; int error; } rows[] = {
		{ "print", "name=column\n", NULL, ERR_NOT_FOUND },
		{ "rotate", "name=nothing\n", NULL, ERR_NOT_FOUND },
		{ "rotate", "name=column\nversion=1\n", NULL, ERR_INVALID },
		{ "rotate", "name\n", NULL, ERR_INVALID },
		{ "rotate", "name=col umn\n", NULL, ERR_INVALID },
		{ "rotate", "name=column\n", "x", ERR_INVALID },
		{ "state", "name=column\nversion=1\nstate=pre-active\n", NULL, ERR_STATE },
		{ "state", "name=column\nversion=1\nstate=gone\n", NULL, ERR_INVALID },
		{ "state", "name=column\nversion=9\nstate=retired\n", NULL, ERR_NOT_FOUND },
		{ "state", "name=column\nversion=-1\nstate=retired\n", NULL, ERR_INVALID },
		{ "generate", "name=x\nusage=fingerprints\n", NULL, ERR_INVALID },
		{ "generate", "name=x\nusage=column\nfrom=soon\n", NULL, ERR_INVALID },
		{ "generate", "name=x\nusage=gateway-public\n", NULL, ERR_INVALID },
		{ "generate", "name=x\nusage=gateway-encdata\n", NULL, ERR_INVALID },
		{ "import-gateway", "name=main\nkid=a\nusage=gateway-public\n", NULL, ERR_INVALID },
		{ "import-gateway", "name=main\nkid=a\nusage=gateway-public\n", "-----BEGIN PRIVATE KEY-----\n", ERR_INVALID },
		{ "import-gateway", "name=main\nkid=a\nusage=gateway-public\n", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", ERR_INVALID },
		{ "import-gateway", "name=main\nkid=a\nusage=column\n", pem, ERR_INVALID },
		{ "import-gateway", "name=main\nusage=gateway-public\n", pem, ERR_INVALID },
		{ "import-gateway", "name=main\nkid=a\"b\nusage=gateway-public\n", pem, ERR_INVALID },
		{ "import-gateway", "name=main\nkid=a\nusage=gateway-public\ncipher=aes128\n", pem, ERR_INVALID },
		{ "import-gateway", "name=main\nkid=a\nusage=gateway-public\nuntil=2001-01-01\n", pem, ERR_INVALID },
		{ "import-gateway", "name=main\nkid=a\nusage=gateway-public\nfrom=2099-01-01\nuntil=2098-01-01\n", pem, ERR_INVALID },
		{ "import-gateway", "name=a-gateway-whose-name-is-longer-yet\nkid=a\nusage=gateway-public\n", pem, ERR_TOO_LONG },
		{ "import-gateway", "name=nice\nkid=a\nusage=gateway-encdata\n", pem, ERR_INVALID },
		{ "import-gateway", "name=nice\nkid=a\nusage=gateway-encdata\n", "0123456789abcdefFEDCBA987654321", ERR_INVALID },
		{ "import-gateway", "name=nice\nkid=a\nusage=gateway-encdata\n", "0123456789abcdef FDCBA9876543210", ERR_INVALID },
		{ "import-gateway", "name=nice\nkid=a\nusage=gateway-encdata\ncipher=des\n", secret_key, ERR_INVALID },
		{ "import-transport", "name=kbpk\n", "1234", ERR_INVALID },
		{ "add-officer", "name=park\n", "short", ERR_INVALID },
		{ "add-officer", "name=park\n", "park was here 1", ERR_INVALID },
	};
	struct box *b = *state;
	uint64_t before = audit_head(b->a)->number;
	unsigned id = 0;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		b->why[0] = '\0';
		if (propose(b, "kim", rows[i].act, rows[i].args, rows[i].payload, &id) != rows[i].error || b->why[0] == '\0')
			fail_msg("row %zu: %s", i, b->why);
	}
	assert_int_equal(audit_head(b->a)->number, before);
}

static void a_gateways_key_comes_and_acts_from_its_day_on(void **state)
{
	struct box *b = *state;
	struct keyring_ask ask = { .name = "main", .usage = KEY_GATEWAY_PUBLIC, .caller = KEY_BY_ARSD, .now = clock_wall() };
	char out[600];

	assert_int_equal(both(b, "import-gateway", "name=main\nkid=2099-a\nusage=gateway-public\nfrom=2099-01-01\nuntil=2100-01-01\n", pem), 0);
	assert_int_equal(keyring_find(b->r, "main", 0)->state, KEY_ACTIVE);
	assert_string_equal(keyring_find(b->r, "main", 0)->kid, "2099-a");
	assert_int_equal(keyring_pem(b->r, &ask, out, sizeof(out), NULL), ERR_DENIED);
	ask.now.ms = INT64_C(4070908800000) + 1;
	assert_true(keyring_pem(b->r, &ask, out, sizeof(out), NULL) > 0);
	assert_string_equal(out, pem);
	ask.now.ms = INT64_C(4102444800000);
	assert_int_equal(keyring_pem(b->r, &ask, out, sizeof(out), NULL), ERR_DENIED);
	assert_true(is_noted(b, "imported", "kim,lee", "2099-a"));
	assert_int_equal(both(b, "import-gateway", "name=main\nkid=2099-a\nusage=gateway-public\n", pem), ERR_EXISTS);
	assert_int_equal(both(b, "rotate", "name=main\n", NULL), ERR_INVALID);
}

static void a_gateways_key_is_of_the_usage_that_its_protocol_wants(void **state)
{
	static const struct dual_gateway known[] = { { "main", KEY_GATEWAY_PUBLIC }, { "nice", KEY_GATEWAY_ENCDATA } };
	struct box *b = *state;
	unsigned id = 0;

	dual_know_gateways(b->d, known, ARRAY_LEN(known));
	assert_int_equal(propose(b, "kim", "import-gateway", "name=main\nkid=a\nusage=gateway-encdata\n", secret_key, &id), ERR_INVALID);
	assert_non_null(strstr(b->why, "gateway main (uplinkd.pg, as keystored has read it) wants gateway-public"));
	assert_int_equal(propose(b, "kim", "import-gateway", "name=nice\nkid=a\nusage=gateway-public\n", pem, &id), ERR_INVALID);
	assert_non_null(strstr(b->why, "wants gateway-encdata"));
	assert_int_equal(both(b, "import-gateway", "name=main\nkid=a\nusage=gateway-public\n", pem), 0);
	assert_int_equal(both(b, "import-gateway", "name=nice\nkid=a\nusage=gateway-encdata\n", secret_key), 0);
	/* One that came to the configuration since. */
	assert_int_equal(both(b, "import-gateway", "name=new\nkid=a\nusage=gateway-encdata\n", secret_key), 0);
}

static void a_gateways_secret_comes_and_nothing_tells_of_it(void **state)
{
	struct box *b = *state;
	const struct key *k;

	assert_int_equal(both(b, "import-gateway", "name=nice\nkid=nice-1\nusage=gateway-encdata\n", secret_key), 0);
	assert_int_equal(both(b, "import-gateway", "name=nice\nkid=nice-0\nusage=gateway-encdata\ncipher=aes128\n", secret_key), 0);
	k = keyring_find(b->r, "nice", 1);
	assert_int_equal(k->algorithm, KEY_ENCDATA_256);
	assert_false(k->exportable);
	assert_int_equal(keyring_find(b->r, "nice", 2)->algorithm, KEY_ENCDATA_128);
	assert_true(is_noted(b, "proposed", "kim", "import-gateway name=nice kid=nice-1 usage=gateway-encdata"));
	assert_false(is_noted(b, "proposed", "kim", "usage=gateway-encdata sha256"));
}

static void a_transport_key_is_of_two_halves(void **state)
{
	static const char one[] = "00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF",
	                  two[] = "ffffffffffffffffffffffffffffffff00000000000000000000000000000001";
	struct box *b = *state;
	unsigned id = 0;

	assert_int_equal(propose(b, "kim", "import-transport", "name=kbpk\n", one, &id), 0);
	assert_int_equal(confirm(b, "lee", id), ERR_INVALID);
	assert_int_equal(dual_confirm(b->d, "lee", id, (const uint8_t *)two, 64, b->now, b->text, b->why), 0);
	assert_int_equal(keyring_find(b->r, "kbpk", 0)->usage, KEY_TRANSPORT);
	assert_false(is_noted(b, "proposed", "kim", "00112233"));
	assert_int_equal(both(b, "export", "name=consent\nversion=1\ntransport=kbpk\n", NULL), ERR_DENIED);
	assert_true(is_noted(b, "failed", "kim,lee", "never leaves"));
}

static void an_officer_is_added_by_two_and_can_confirm(void **state)
{
	struct box *b = *state;
	unsigned id = 0;

	assert_int_equal(both(b, "remove-officer", "name=lee\n", NULL), ERR_STATE);
	assert_int_equal(both(b, "add-officer", "name=park\n", "a third long word"), 0);
	assert_int_equal(officers_check(&b->o, b->r, "park", "a third long word", b->now, b->why), 0);
	assert_int_equal(both(b, "add-officer", "name=park\n", "a third long word"), ERR_EXISTS);
	assert_int_equal(propose(b, "kim", "remove-officer", "name=lee\n", NULL, &id), 0);
	assert_int_equal(confirm(b, "park", id), 0);
	assert_int_equal(officers_check(&b->o, b->r, "lee", lee_password, b->now, b->why), ERR_DENIED);
}

static void who_guesses_waits(void **state)
{
	struct box *b = *state;

	assert_int_equal(officers_check(&b->o, b->r, "kim", kim_password, b->now, b->why), 0);
	for (int i = 0; i < OFFICERS_FREE_TRIES; i++)
		assert_int_equal(officers_check(&b->o, b->r, "kim", "not the password", b->now, b->why), ERR_DENIED);
	/* The right one too. */
	assert_int_equal(officers_check(&b->o, b->r, "kim", kim_password, b->now, b->why), ERR_AGAIN);
	assert_int_equal(officers_check(&b->o, b->r, "lee", lee_password, b->now, b->why), 0);
	b->now = mono_add_ms(b->now, 1001);
	assert_int_equal(officers_check(&b->o, b->r, "kim", "not the password", b->now, b->why), ERR_DENIED);
	b->now = mono_add_ms(b->now, 1001);
	assert_int_equal(officers_check(&b->o, b->r, "kim", kim_password, b->now, b->why), ERR_AGAIN);
	b->now = mono_add_ms(b->now, 1000);
	assert_int_equal(officers_check(&b->o, b->r, "kim", kim_password, b->now, b->why), 0);
	for (int i = 0; i < OFFICERS_FREE_TRIES; i++)
		assert_int_equal(officers_check(&b->o, b->r, i % 2 == 0 ? "x" : "y", "not the password", b->now, b->why), ERR_DENIED);
	assert_int_equal(officers_check(&b->o, b->r, "z", "not the password", b->now, b->why), ERR_AGAIN);
}

static void officers_come_back_with_the_key_file(void **state)
{
	struct box *b = *state;
	char text[8000];
	FILE *f;

	box_close(b);
	box_open(b);
	assert_int_equal(keyring_unlock(b->r, master, b->why), 0);
	assert_int_equal(officers_check(&b->o, b->r, "lee", lee_password, b->now, b->why), 0);
	f = fopen(b->keys, "rb");
	text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
	fclose(f);
	assert_null(strstr(text, lee_password));
	assert_non_null(strstr(text, "officer lee "));
}

static void keys_are_zeroised_by_two_also_while_they_are_locked(void **state)
{
	struct box *b = *state;
	unsigned id = 0;

	keyring_lock(b->r);
	assert_int_equal(propose(b, "kim", "rotate", "name=column\n", NULL, &id), ERR_STATE);
	assert_int_equal(propose(b, "kim", "zeroise", "", NULL, &id), 0);
	assert_int_equal(confirm(b, "kim", id), ERR_DENIED);
	assert_int_equal(access(b->keys, F_OK), 0);
	assert_int_equal(confirm(b, "lee", id), 0);
	assert_int_equal(keyring_state(b->r), KEYRING_EMPTY);
	assert_int_equal(access(b->keys, F_OK), -1);
	assert_true(is_noted(b, "confirmed", "kim,lee", "zeroise"));
	assert_true(is_noted(b, "zeroised", "kim,lee", ""));
}

static void a_start_ends_what_a_zeroising_began(void **state)
{
	struct box *b = *state;
	char mark[200], old[200];
	FILE *f;

	box_close(b);
	snprintf(mark, sizeof(mark), "%s.gone", b->keys);
	snprintf(old, sizeof(old), "%s.old", b->keys);
	f = fopen(mark, "w");
	fclose(f);
	assert_int_equal(access(old, F_OK), 0);
	box_open(b);
	assert_int_equal(keyring_state(b->r), KEYRING_EMPTY);
	assert_int_equal(access(b->keys, F_OK), -1);
	assert_int_equal(access(old, F_OK), -1);
	assert_int_equal(access(mark, F_OK), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(two_officers_rotate_a_key, set_up, tear_down),
		cmocka_unit_test_setup_teardown(who_proposes_cannot_confirm, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_proposal_waits_its_time_and_can_be_withdrawn, set_up, tear_down),
		cmocka_unit_test_setup_teardown(so_many_wait_and_no_more, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_makes_no_sense_is_refused_before_it_waits, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_gateways_key_comes_and_acts_from_its_day_on, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_gateways_key_is_of_the_usage_that_its_protocol_wants, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_gateways_secret_comes_and_nothing_tells_of_it, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_transport_key_is_of_two_halves, set_up, tear_down),
		cmocka_unit_test_setup_teardown(an_officer_is_added_by_two_and_can_confirm, set_up, tear_down),
		cmocka_unit_test_setup_teardown(who_guesses_waits, set_up, tear_down),
		cmocka_unit_test_setup_teardown(officers_come_back_with_the_key_file, set_up, tear_down),
		cmocka_unit_test_setup_teardown(keys_are_zeroised_by_two_also_while_they_are_locked, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_start_ends_what_a_zeroising_began, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
