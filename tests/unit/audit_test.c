/* audit_test.c: the audit log on a real file: what is found when it is changed, cut, half written; what is not done when it
 * cannot be written. */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "keys/audit.h"
#include "tests/unit/scratch.h"

static const uint8_t master[TOKEN_MASTER_SIZE] = "the master key of this test, 32B";
static const struct keyfile_master scheme = { .scheme = KEYFILE_COMPONENTS, .parts = 2, .needed = 2 };
enum { LOG_MAX = 65536 };

struct box { char folder[64], log[128], head[128], keys[128]; struct audit *a; struct keyring *r; char why[400]; };

static int box_open(struct box *b)
{
	struct keyring_config c = { .path = b->keys, .note = audit_note };
	int e = audit_open(b->folder, &b->a, b->why);

	if (e < 0)
		return e;
	c.context = b->a;
	assert_int_equal(token_openssl_new(&c.token), 0);
	assert_int_equal(keyring_new(&c, &b->r, b->why), 0);
	audit_attach(b->a, b->r);
	return 0;
}

static void box_close(struct box *b)
{
	if (b->a != NULL)
		audit_attach(b->a, NULL);
	keyring_free(&b->r);
	audit_close(&b->a);
}

static int set_up(void **state)
{
	struct box *b = calloc(1, sizeof(*b));

	scratch_path(b->folder, sizeof(b->folder), "audit-test-XXXXXX");
	assert_non_null(mkdtemp(b->folder));
	snprintf(b->log, sizeof(b->log), "%s/audit.log", b->folder);
	snprintf(b->head, sizeof(b->head), "%s/audit.head", b->folder);
	snprintf(b->keys, sizeof(b->keys), "%s/keys", b->folder);
	assert_int_equal(box_open(b), 0);
	*state = b;
	return 0;
}

static int tear_down(void **state)
{
	static const char *const names[] = { "audit.log", "audit.head", "keys", "keys.old", "keys.new" };
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

static int add(struct box *b, const char *what, const char *detail)
{
	return audit_add(b->a, &(struct audit_record){ .what = what, .who = "kim", .detail = detail });
}

static void create(struct box *b)
{
	assert_int_equal(keyring_create(b->r, master, &scheme, NULL, clock_wall(), b->why), 0);
}

static size_t slurp(const char *path, char *text)
{
	FILE *f = fopen(path, "rb");
	size_t len = fread(text, 1, LOG_MAX, f);

	fclose(f);
	return len;
}

static void spill(const char *path, const char *text, size_t len)
{
	FILE *f = fopen(path, "wb");

	assert_int_equal(fwrite(text, 1, len, f), len);
	fclose(f);
}

/* What a holder of the lines finds, all signatures with them, who knows the last record. */
static int check(const char *text, size_t len, const struct audit_link *head)
{
	static struct audit_check c;
	char why[AUDIT_WHY_SIZE];

	memset(&c, 0, sizeof(c));
	while (len > 0) {
		const char *newline = memchr(text, '\n', len);

		if (newline == NULL || audit_check_line(&c, text, (size_t)(newline - text), true, why) < 0)
			return ERR_CRYPTO;
		len -= (size_t)(newline + 1 - text);
		text = newline + 1;
	}
	return c.last.number == head->number && memcmp(c.last.hash, head->hash, sizeof(head->hash)) == 0 ? 0 : ERR_CRYPTO;
}

/* Locked, open and locked again: records with and without a signature. */
static void fill(struct box *b)
{
	assert_int_equal(add(b, "start", "with \"quotes\", a \\ and\nlines"), 0);
	create(b);
	assert_int_equal(add(b, "ceremony_ended", ""), 0);
	assert_int_equal(keyring_generate(b->r, "audit", KEY_AUDIT_SIGNING, clock_wall(), clock_wall(), b->why), 0);
	assert_int_equal(keyring_set_state(b->r, "audit", 2, KEY_ACTIVE, clock_wall(), b->why), 0);
	assert_int_equal(add(b, "proposed", "under the second key"), 0);
}

static void what_is_written_is_verified_with_its_signatures(void **state)
{
	static struct audit_check c;
	struct box *b = *state;
	char text[LOG_MAX];

	fill(b);
	assert_int_equal(audit_verify(b->a, &c, b->why), 0);
	assert_int_equal(c.last.number, audit_head(b->a)->number);
	assert_int_equal(c.signed_to, c.last.number);
	/* The second key is vouched for by the first, which speaks for itself. */
	assert_int_equal(c.signer_count, 2);
	assert_false(c.signers[0].vouched);
	assert_true(c.signers[1].vouched);
	text[slurp(b->log, text)] = '\0';
	assert_null(strstr(text, "with \"quotes\""));
	assert_non_null(strstr(text, "\"who\":\"kim\""));
	box_close(b);
	assert_int_equal(box_open(b), 0);
	assert_int_equal(audit_verify(b->a, &c, b->why), 0);
}

static void every_changed_byte_is_found(void **state)
{
	struct box *b = *state;
	char text[LOG_MAX];
	size_t len;

	fill(b);
	len = slurp(b->log, text);
	assert_int_equal(check(text, len, audit_head(b->a)), 0);
	for (size_t i = 0; i < len; i++)
		for (int bit = 0; bit < 8; bit += i % 7 == 0 ? 1 : 5) {
			text[i] = (char)(text[i] ^ 1 << bit);
			if (check(text, len, audit_head(b->a)) == 0)
				fail_msg("bit %d of octet %zu", bit, i);
			text[i] = (char)(text[i] ^ 1 << bit);
		}
}

static void every_removed_record_and_every_cut_is_found(void **state)
{
	struct box *b = *state;
	char text[LOG_MAX], less[LOG_MAX];
	size_t len, begin = 0;

	fill(b);
	len = slurp(b->log, text);
	while (begin < len) {
		size_t end = (size_t)((char *)memchr(text + begin, '\n', len - begin) + 1 - text);

		memcpy(less, text, begin);
		memcpy(less + begin, text + end, len - end);
		assert_int_equal(check(less, len - (end - begin), audit_head(b->a)), ERR_CRYPTO);
		begin = end;
	}
	for (size_t cut = 0; cut < len; cut++)
		assert_int_equal(check(text, cut, audit_head(b->a)), ERR_CRYPTO);
}

/* The hashes made anew: only signatures tell. */
static void who_writes_it_anew_has_no_signature(void **state)
{
	struct box *b = *state;
	struct audit_link last = { 0 }, next;
	struct audit_check c;
	char line[AUDIT_LINE_SIZE], why[AUDIT_WHY_SIZE], id[CRYPTO_KEY_ID_SIZE];
	uint8_t signature[CRYPTO_SIGNATURE_SIZE] = { 1 };
	int n;

	create(b);
	assert_int_equal(audit_key_id(b->a, id), 0);
	memset(&c, 0, sizeof(c));
	n = audit_line_begin(&last, clock_wall(), &(struct audit_record){ .what = "created" }, id, line, &next);
	n = audit_line_end(line, n, &next, signature);
	assert_int_equal(audit_check_line(&c, line, (size_t)n - 1, true, why), ERR_CRYPTO);
	assert_non_null(strstr(why, "does not tell of"));
}

static void at_the_start_a_cut_or_changed_log_is_refused_and_kept(void **state)
{
	struct box *b = *state;
	char text[LOG_MAX], now[LOG_MAX];
	size_t len, last;

	fill(b);
	box_close(b);
	len = slurp(b->log, text);
	last = (size_t)((char *)memrchr(text, '\n', len - 1) + 1 - text);
	spill(b->log, text, last);
	assert_int_equal(box_open(b), ERR_INVALID);
	assert_non_null(strstr(b->why, "was cut"));
	spill(b->log, text, len - 1);
	assert_int_equal(box_open(b), ERR_INVALID);
	assert_int_equal(slurp(b->log, now), len - 1);
	spill(b->log, "", 0);
	assert_int_equal(box_open(b), ERR_INVALID);
	text[last + 30] ^= 1;
	spill(b->log, text, len);
	assert_int_equal(box_open(b), ERR_INVALID);
	assert_non_null(strstr(b->why, "evidence"));
	text[last + 30] ^= 1;
	spill(b->log, text, len);
	assert_int_equal(truncate(b->head, 10), 0);
	assert_int_equal(box_open(b), ERR_INVALID);
	assert_int_equal(unlink(b->head), 0);
	assert_int_equal(box_open(b), ERR_INVALID);
}

/* Each way in which a process can die while it writes: any part of the line, the whole line without its head. */
static void a_half_written_record_leaves_the_log_one_shorter(void **state)
{
	struct box *b = *state;
	char text[LOG_MAX], head[LOG_MAX];
	size_t before, after, head_len;
	static struct audit_check c;

	fill(b);
	before = slurp(b->log, text);
	head_len = slurp(b->head, head);
	assert_int_equal(add(b, "one", "more"), 0);
	after = slurp(b->log, text);
	for (size_t len = before; len <= after; len++) {
		box_close(b);
		spill(b->log, text, len);
		spill(b->head, head, head_len);
		assert_int_equal(box_open(b), 0);
		assert_int_equal(audit_verify(b->a, &c, b->why), 0);
		assert_int_equal(add(b, "and", "on"), 0);
		assert_int_equal(audit_verify(b->a, &c, b->why), 0);
		assert_string_equal(c.last_what, "and");
	}
	/* Two whole records beyond the head were not written by a process that died. */
	assert_int_equal(add(b, "one", "more"), 0);
	box_close(b);
	spill(b->head, head, head_len);
	assert_int_equal(box_open(b), ERR_INVALID);
}

/* The child dies by SIGKILL while it writes as fast as it can. */
static void killed_at_any_moment_it_is_whole(void **state)
{
	struct box *b = *state;
	static struct audit_check c;

	fill(b);
	for (int round = 0; round < 20; round++) {
		pid_t child;
		int status;

		box_close(b);
		child = fork();
		if (child == 0) {
			if (box_open(b) == 0)
				while (add(b, "proposed", "again") == 0)
					;
			_exit(1);
		}
		usleep((useconds_t)(3000 + round * 1700));
		assert_int_equal(kill(child, SIGKILL), 0);
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_true(WIFSIGNALED(status));
		assert_int_equal(box_open(b), 0);
		assert_int_equal(audit_verify(b->a, &c, b->why), 0);
	}
	assert_true(c.last.number > 8);
}

/* A file that may not grow is a full disk. */
static void limit_files(off_t size)
{
	struct rlimit l;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &l), 0);
	l.rlim_cur = size < 0 ? l.rlim_max : (rlim_t)size;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &l), 0);
}

static void what_cannot_be_written_down_is_not_done_and_no_key_is_used(void **state)
{
	struct box *b = *state;
	struct keyring_ask ask = { .name = "fingerprint", .usage = KEY_FINGERPRINT, .caller = KEY_BY_SELF, .now = clock_wall() };
	static struct audit_check c;
	char text[LOG_MAX];
	uint8_t mac[32];
	uint64_t generation;

	signal(SIGXFSZ, SIG_IGN);
	fill(b);
	generation = keyring_generation(b->r);
	/* Room for a part of a line: for none at all, and for all but an octet. */
	for (off_t room = 0; room < 440; room += 37) {
		size_t len = slurp(b->log, text);

		limit_files((off_t)len + room < 1 ? 1 : (off_t)len + room);
		assert_int_equal(keyring_generate(b->r, "column", KEY_COLUMN, clock_wall(), clock_wall(), b->why), ERR_IO);
		assert_true(audit_is_failing(b->a));
		assert_int_equal(keyring_generation(b->r), generation);
		assert_null(keyring_find(b->r, "column", 2));
		assert_int_equal(keyring_mac(b->r, &ask, "x", 1, mac, NULL), ERR_STATE);
		assert_false(keyring_is_ready(b->r));
		limit_files(-1);
		audit_tick(b->a, mono_add_ms(clock_mono(), AUDIT_RETRY_MS + 1));
		assert_false(audit_is_failing(b->a));
		assert_int_equal(keyring_mac(b->r, &ask, "x", 1, mac, NULL), 0);
		assert_int_equal(audit_verify(b->a, &c, b->why), 0);
		assert_string_equal(c.last_what, "log_writable");
	}
}

static void refused_uses_are_counted_and_do_not_fill_it(void **state)
{
	struct box *b = *state;
	struct keyring_ask ask = { .name = "consent", .usage = KEY_CONSENT_SIGNING, .caller = KEY_BY_TRUNKD, .now = clock_wall() };
	uint8_t signature[TOKEN_SIGNATURE_SIZE];
	uint64_t before;
	char text[LOG_MAX];

	fill(b);
	before = audit_head(b->a)->number;
	for (int i = 0; i < 1000; i++)
		assert_int_equal(keyring_sign(b->r, &ask, "x", 1, signature, NULL), ERR_DENIED);
	assert_int_equal(audit_head(b->a)->number, before + 1);
	audit_tick(b->a, mono_add_ms(clock_mono(), AUDIT_REFUSED_EVERY_MS));
	assert_int_equal(audit_head(b->a)->number, before + 2);
	text[slurp(b->log, text)] = '\0';
	assert_non_null(strstr(text, "999 more"));
}

static void others_cannot_reach_it(void **state)
{
	struct box *b = *state;

	assert_int_equal(add(b, "start", ""), 0);
	box_close(b);
	assert_int_equal(chmod(b->log, 0640), 0);
	assert_int_equal(box_open(b), ERR_INVALID);
	assert_non_null(strstr(b->why, "0600"));
	assert_int_equal(chmod(b->log, 0600), 0);
	assert_int_equal(box_open(b), 0);
}

static void what_was_cut_while_it_runs_stops_the_next_act(void **state)
{
	struct box *b = *state;

	fill(b);
	assert_int_equal(truncate(b->log, 100), 0);
	assert_int_equal(add(b, "proposed", ""), ERR_IO);
	assert_true(audit_is_failing(b->a));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_is_written_is_verified_with_its_signatures, set_up, tear_down),
		cmocka_unit_test_setup_teardown(every_changed_byte_is_found, set_up, tear_down),
		cmocka_unit_test_setup_teardown(every_removed_record_and_every_cut_is_found, set_up, tear_down),
		cmocka_unit_test_setup_teardown(who_writes_it_anew_has_no_signature, set_up, tear_down),
		cmocka_unit_test_setup_teardown(at_the_start_a_cut_or_changed_log_is_refused_and_kept, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_half_written_record_leaves_the_log_one_shorter, set_up, tear_down),
		cmocka_unit_test_setup_teardown(killed_at_any_moment_it_is_whole, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_cannot_be_written_down_is_not_done_and_no_key_is_used, set_up, tear_down),
		cmocka_unit_test_setup_teardown(refused_uses_are_counted_and_do_not_fill_it, set_up, tear_down),
		cmocka_unit_test_setup_teardown(others_cannot_reach_it, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_was_cut_while_it_runs_stops_the_next_act, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
