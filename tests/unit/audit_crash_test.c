/* audit_crash_test.c: kill -9 and a disk that refuses at every call by which the audit log is written: afterwards it is whole, with all signatures,
 * and has the record or has not; and no key is there whose making is not written down. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "keys/audit.h"
#include "tests/unit/disk_faults.h"
#include "tests/unit/scratch.h"

static const uint8_t master[TOKEN_MASTER_SIZE] = "the master key of this test, 32B";
static const struct keyfile_master scheme = { .scheme = KEYFILE_COMPONENTS, .parts = 2, .needed = 2 };
static const char *const files[] = { "audit.log", "audit.head", "keys", "keys.old", "keys.new" };
enum { CALLS_MAX = 60, SIZE_MAX_LOG = 65536 };

struct box { char folder[64], keys[128], log[128], why[400]; struct audit *a; struct keyring *r; };

static int box_open(struct box *b)
{
	struct keyring_config c = { .path = b->keys, .note = audit_note };

	b->r = NULL;
	b->a = NULL;
	if (audit_open(b->folder, &b->a, b->why) < 0)
		return ERR_INVALID;
	c.context = b->a;
	assert_int_equal(token_openssl_new(&c.token), 0);
	if (keyring_new(&c, &b->r, b->why) < 0)
		return ERR_INVALID;
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

static void must_open(struct box *b)
{
	if (box_open(b) < 0 || (keyring_state(b->r) == KEYRING_LOCKED && keyring_unlock(b->r, master, b->why) < 0))
		fail_msg("%s", b->why);
}

static int note(struct box *b)
{
	return audit_add(b->a, &(struct audit_record){ .what = "proposed", .who = "kim", .detail = "rotate name=column" });
}

/* A key, of which the log tells before the file has it. */
static int make_key(struct box *b)
{
	return keyring_generate(b->r, "column", KEY_COLUMN, clock_wall(), clock_wall(), b->why);
}

static void box_make(struct box *b)
{
	scratch_path(b->folder, sizeof(b->folder), "audit-crash-XXXXXX");
	assert_non_null(mkdtemp(b->folder));
	snprintf(b->keys, sizeof(b->keys), "%s/keys", b->folder);
	snprintf(b->log, sizeof(b->log), "%s/audit.log", b->folder);
	assert_int_equal(box_open(b), 0);
	assert_int_equal(keyring_create(b->r, master, &scheme, NULL, clock_wall(), b->why), 0);
	assert_int_equal(note(b), 0);
}

static void box_end(struct box *b)
{
	char name[200];

	box_close(b);
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		snprintf(name, sizeof(name), "%s/%s", b->folder, files[i]);
		unlink(name);
	}
	assert_int_equal(rmdir(b->folder), 0);
}

static uint64_t records(struct box *b)
{
	static struct audit_check c;

	if (audit_verify(b->a, &c, b->why) < 0)
		fail_msg("%s", b->why);
	return c.last.number;
}

static unsigned times(struct box *b, const char *word)
{
	static char text[SIZE_MAX_LOG];
	FILE *f = fopen(b->log, "rb");
	unsigned count = 0;

	assert_non_null(f);
	text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
	fclose(f);
	for (const char *at = text; (at = strstr(at, word)) != NULL; at++)
		count++;
	return count;
}

/* The log is whole, tells of each key that is there, and goes on. */
static void judge(struct box *b)
{
	uint64_t number = records(b);
	unsigned keys = 0;

	while (keyring_find(b->r, "column", keys + 2) != NULL)
		keys++;
	assert_true(times(b, "\"what\":\"generated\"") >= keys);
	assert_int_equal(note(b), 0);
	assert_int_equal(records(b), number + 1);
}

/* ---- dying ---- */

/* True: it died at the call. What dies opens the box itself; opens: while it opens it, too. */
static bool dies(struct box *b, int (*act)(struct box *b), bool opens, enum fault fault, int at)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		int e;

		if (opens)
			plan_fault(fault, at);
		must_open(b);
		if (!opens)
			plan_fault(fault, at);
		e = act(b);
		_exit(e < 0 ? 2 : 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status))
		assert_int_equal(WEXITSTATUS(status), 0);
	else
		assert_int_equal(WTERMSIG(status), SIGKILL);
	return WIFSIGNALED(status);
}

/* How many calls there were. with, without: how often the record was there afterwards. */
static int die_at_each(int (*act)(struct box *b), const char *what, enum fault fault, unsigned counts[2])
{
	for (int at = 1; at < CALLS_MAX; at++) {
		struct box b;
		unsigned before;
		bool died;

		box_make(&b);
		before = times(&b, what);
		box_close(&b);
		died = dies(&b, act, false, fault, at);
		must_open(&b);
		assert_in_range(times(&b, what), before, before + 1);
		counts[times(&b, what) > before]++;
		judge(&b);
		box_end(&b);
		if (!died)
			return at - 1;
	}
	fail_msg("no end of calls");
	return 0;
}

static void killed_at_each_call_the_log_is_whole(void **state UNUSED)
{
	static const enum fault faults[] = { DIE_BEFORE, DIE_AFTER, DIE_HALFWAY };

	unsigned notes[2] = { 0, 0 }, keys[2] = { 0, 0 };

	for (size_t i = 0; i < ARRAY_LEN(faults); i++) {
		/* Line, its sync; head, its sync. */
		assert_int_equal(die_at_each(note, "\"what\":\"proposed\"", faults[i], notes), 4);
		/* And then the seven of the key file. */
		assert_int_equal(die_at_each(make_key, "\"what\":\"generated\"", faults[i], keys), 11);
	}
	assert_true(notes[0] > 0 && notes[1] > 0 && keys[0] > 0 && keys[1] > 0);
}

static int nothing(struct box *b UNUSED)
{
	return 0;
}

/* What died half way through a line, and dies again at each call of the start that mends it. */
static void killed_while_it_is_mended_it_is_mended_by_the_next_start(void **state UNUSED)
{
	int calls = 0;

	for (int at = 1; at < CALLS_MAX && calls == 0; at++) {
		struct box b;

		box_make(&b);
		box_close(&b);
		assert_true(dies(&b, note, false, DIE_HALFWAY, 1));
		if (!dies(&b, nothing, true, at % 2 == 0 ? DIE_AFTER : DIE_BEFORE, (at + 1) / 2))
			calls = (at + 1) / 2;
		must_open(&b);
		judge(&b);
		box_end(&b);
	}
	assert_in_range(calls, 5, CALLS_MAX);
}

/* ---- a disk that refuses ---- */

/* heals: the disk is well again, and the same process goes on; otherwise it is killed and started anew. */
static bool refuse_at(int (*act)(struct box *b), enum fault fault, int at, bool heals)
{
	struct box b;
	unsigned before;
	uint64_t number;
	bool met;
	int e;

	box_make(&b);
	before = times(&b, "\"what\":\"generated\"");
	number = records(&b);
	plan_fault(fault, at);
	e = act(&b);
	met = plan.seen >= at;
	if (e < 0 && fault >= FULL_FROM)
		assert_int_equal(note(&b), ERR_IO);
	plan_fault(NONE, 0);
	if (e < 0) {
		assert_null(keyring_find(b.r, "column", 2));
		assert_true(act == make_key || audit_is_failing(b.a));
	}
	/* No key is used while the log cannot be written. */
	assert_int_equal(keyring_is_ready(b.r), !audit_is_failing(b.a));
	if (heals) {
		audit_tick(b.a, mono_add_ms(clock_mono(), 2 * AUDIT_RETRY_MS));
		assert_false(audit_is_failing(b.a));
		assert_true(keyring_is_ready(b.r));
	} else {
		box_close(&b);
		must_open(&b);
		assert_in_range(records(&b), number, number + 4);
	}
	assert_in_range(times(&b, "\"what\":\"generated\""), before, before + 1);
	judge(&b);
	box_end(&b);
	return met;
}

static void a_full_or_broken_disk_leaves_it_whole(void **state UNUSED)
{
	static int (*const acts[])(struct box *b) = { note, make_key };

	for (size_t act = 0; act < ARRAY_LEN(acts); act++)
		for (enum fault fault = REFUSE_FULL; fault <= BAD_BLOCK_FROM; fault++)
			for (int heals = 0; heals < 2; heals++) {
				int at = 1;

				while (at < CALLS_MAX && refuse_at(acts[act], fault, at, heals))
					at++;
				assert_in_range(at, 4, CALLS_MAX - 1);
			}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(killed_at_each_call_the_log_is_whole), cmocka_unit_test(killed_while_it_is_mended_it_is_mended_by_the_next_start),
		cmocka_unit_test(a_full_or_broken_disk_leaves_it_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
