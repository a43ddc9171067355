/* keyfile_crash_test.c: kill -9 and a disk that refuses at every call by which the key file is written: afterwards there are the
 * keys from before or those from after, never neither. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "keys/custody.h"
#include "tests/unit/disk_faults.h"
#include "tests/unit/scratch.h"

static const struct wall wall = { INT64_C(1790000000000) };
static const struct mono mono = { 1000 };
static const char one[] = "C1-0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF",
	two[] = "C2-FEDCBA9876543210FEDCBA9876543210FEDCBA9876543210FEDCBA9876543211";
enum { CALLS_MAX = 40 };

/* ---- a box ---- */

struct box { char folder[64], path[128], why[KEYFILE_WHY_SIZE]; struct keyring *r; struct custody *c; };

static void box_open(struct box *b)
{
	struct keyring_config c = { .path = b->path };
	int e = token_openssl_new(&c.token);

	if (e == 0)
		e = keyring_new(&c, &b->r, b->why);
	if (e == 0)
		e = custody_new(b->r, &b->c);
	if (e < 0)
		fail_msg("%s", b->why);
}

static void box_close(struct box *b)
{
	custody_free(&b->c);
	keyring_free(&b->r);
}

static int hold_ceremony(struct box *b)
{
	uint8_t kcv[KEY_KCV_SIZE];
	int e = custody_ceremony(b->c, KEYFILE_COMPONENTS, 2, 2, false, mono, b->why);

	if (e == 0)
		e = custody_part(b->c, one, mono, kcv, b->why);
	if (e == 0)
		e = custody_part(b->c, two, mono, kcv, b->why);
	return e == 0 ? custody_commit(b->c, NULL, wall, kcv, b->why) : e;
}

static void unlock(struct box *b)
{
	uint8_t kcv[KEY_KCV_SIZE];

	assert_int_equal(custody_part(b->c, one, mono, kcv, b->why), 0);
	if (custody_part(b->c, two, mono, kcv, b->why) < 0)
		fail_msg("%s", b->why);
	assert_int_equal(keyring_state(b->r), KEYRING_OPEN);
}

static int make_another(struct box *b)
{
	return keyring_generate(b->r, "column", KEY_COLUMN, wall, wall, b->why);
}

/* A box with no keys, or with two generations of them. */
static void box_make(struct box *b, bool with_keys)
{
	scratch_path(b->folder, sizeof(b->folder), "keyfile-crash-XXXXXX");
	assert_non_null(mkdtemp(b->folder));
	snprintf(b->path, sizeof(b->path), "%s/keys", b->folder);
	box_open(b);
	if (!with_keys)
		return;
	assert_int_equal(hold_ceremony(b), 0);
	assert_int_equal(make_another(b), 0);
}

static void box_end(struct box *b)
{
	box_close(b);
	assert_int_equal(keyfile_shred(b->path), 0);
	assert_int_equal(rmdir(b->folder), 0);
}

/* ---- dying ---- */

/* True: it died at the call; false: there are fewer. What dies opens the box itself: locked memory is wiped on a fork. */
static bool dies(struct box *b, int (*act)(struct box *b), enum fault fault, int at)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		int e;

		box_open(b);
		if (keyring_state(b->r) != KEYRING_EMPTY)
			unlock(b);
		plan_fault(fault, at);
		e = act(b);
		if (e < 0)
			dprintf(STDERR_FILENO, "%s: fault %d at %d\n", b->why, fault, at);
		_exit(e < 0 ? 2 : 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status))
		assert_int_equal(WEXITSTATUS(status), 0);
	else
		assert_int_equal(WTERMSIG(status), SIGKILL);
	return WIFSIGNALED(status);
}

static int die_at_each(bool with_keys, int (*act)(struct box *b), enum fault fault, int counts[2])
{
	for (int at = 1; at < CALLS_MAX; at++) {
		struct box b;
		bool died;
		unsigned generation;

		box_make(&b, with_keys);
		generation = (unsigned)keyring_generation(b.r);
		died = dies(&b, act, fault, at);
		box_close(&b);
		box_open(&b);                     /* a file that is neither would be refused here */
		assert_in_range(keyring_generation(b.r), generation, generation + 1);
		counts[keyring_generation(b.r) == generation + 1]++;
		if (keyring_state(b.r) != KEYRING_EMPTY)
			unlock(&b);
		assert_int_equal(keyring_find(b.r, "column", 3) != NULL, with_keys && keyring_generation(b.r) == generation + 1);
		/* And it goes on from there. */
		assert_int_equal(keyring_state(b.r) == KEYRING_EMPTY ? hold_ceremony(&b) : make_another(&b), 0);
		box_end(&b);
		if (!died)
			return at - 1;
	}
	fail_msg("no end of calls");
	return 0;
}

static void kill_at_each(bool with_keys, int (*act)(struct box *b))
{
	static const enum fault faults[] = { DIE_BEFORE, DIE_AFTER, DIE_HALFWAY };

	for (size_t i = 0; i < ARRAY_LEN(faults); i++) {
		int counts[2] = { 0, 0 }, calls = die_at_each(with_keys, act, faults[i], counts);

		/* The temporary file's unlink, write, fsync; unlink, link, rename; the folder's fsync. */
		assert_int_equal(calls, 7);
		assert_true(counts[0] > 0 && counts[1] > 0);
	}
}

static void killed_at_the_ceremony_there_are_keys_or_none(void **state UNUSED)
{
	kill_at_each(false, hold_ceremony);
}

static void killed_at_a_change_there_are_the_keys_before_or_after(void **state UNUSED)
{
	kill_at_each(true, make_another);
}

/* ---- a disk that refuses ---- */

static void refuse_at_each(bool with_keys, int (*act)(struct box *b), enum fault fault)
{
	int refused = 0;

	for (int at = 1; at < CALLS_MAX; at++) {
		struct box b;
		uint64_t generation;
		int e;

		box_make(&b, with_keys);
		generation = keyring_generation(b.r);
		plan_fault(fault, at);
		e = act(&b);
		plan.fault = NONE;
		refused += e < 0;
		if (e < 0)
			assert_non_null(strstr(b.why, "keys"));
		/* What runs has the state that it says it has, and a start reads the same. */
		assert_int_equal(keyring_generation(b.r), e < 0 ? generation : generation + 1);
		generation = keyring_generation(b.r);
		box_close(&b);
		box_open(&b);
		assert_int_equal(keyring_generation(b.r), generation);
		if (keyring_state(b.r) != KEYRING_EMPTY)
			unlock(&b);
		if (e == 0 && plan.seen < at) {
			box_end(&b);
			assert_in_range(refused, 4, 7);
			return;
		}
		assert_int_equal(keyring_state(b.r) == KEYRING_EMPTY ? hold_ceremony(&b) : make_another(&b), 0);
		box_end(&b);
	}
	fail_msg("no end of calls");
}

static void a_full_or_broken_disk_leaves_the_keys_as_they_were(void **state UNUSED)
{
	refuse_at_each(false, hold_ceremony, REFUSE_FULL);
	refuse_at_each(true, make_another, REFUSE_FULL);
	refuse_at_each(false, hold_ceremony, REFUSE_BROKEN);
	refuse_at_each(true, make_another, REFUSE_BROKEN);
}

/* ---- another master key, other hands ---- */

enum { NEW_PARTS = 3, NEW_NEEDED = 2 };
/* What the custodians of after have on paper, who outlive keystored. */
static struct { char text[NEW_PARTS][SHARE_TEXT_SIZE]; unsigned count; } *papers;
static enum keyring_change change;

static int change_hands(struct box *b)
{
	const struct keyring_agreed a = { change, KEYFILE_SHARES, NEW_NEEDED, NEW_PARTS, mono_add_ms(mono, 1000) };
	uint8_t kcv[KEY_KCV_SIZE];
	int e;

	keyring_agree(b->r, &a);
	e = custody_again(b->c, change, mono, b->why);
	if (e == 0)
		e = custody_part(b->c, two, mono, kcv, b->why);
	if (e == 0)
		e = custody_part(b->c, one, mono, kcv, b->why);
	for (papers->count = 0; e == 0 && papers->count < NEW_PARTS; papers->count++) {
		e = custody_deal(b->c, mono, papers->text[papers->count], b->why);
		if (e == 0)
			e = custody_part(b->c, papers->text[papers->count], mono, kcv, b->why);
	}
	return e == 0 ? custody_commit(b->c, NULL, wall, kcv, b->why) : e;
}

static void fingerprint(struct box *b, uint8_t mac[32])
{
	const struct keyring_ask ask = { .name = "fingerprint", .usage = KEY_FINGERPRINT, .caller = KEY_BY_SELF, .now = wall };

	assert_int_equal(keyring_mac(b->r, &ask, "4111111111111111", 16, mac, NULL), 0);
}

/* The parts of before or those of after open the file, never both and never neither; true: those of after. */
static bool opens_with_new(struct box *b)
{
	uint8_t kcv[KEY_KCV_SIZE];
	bool is_new = keyring_master(b->r)->scheme == KEYFILE_SHARES;

	assert_int_equal(custody_part(b->c, is_new ? one : papers->text[2], mono, kcv, b->why), ERR_CRYPTO);
	if (!is_new) {
		unlock(b);
		return false;
	}
	assert_int_equal(custody_part(b->c, papers->text[2], mono, kcv, b->why), 0);
	if (custody_part(b->c, papers->text[0], mono, kcv, b->why) < 0)
		fail_msg("%s", b->why);
	assert_int_equal(keyring_state(b->r), KEYRING_OPEN);
	return true;
}

/* The same keys, each of which opens; and the ring works on. */
static void judge_keys(struct box *b, const uint8_t before[32], bool is_new)
{
	uint8_t now[32];

	fingerprint(b, now);
	assert_memory_equal(now, before, sizeof(now));
	assert_int_equal(keyring_find(b->r, "wrapping", 0)->version, is_new && change == KEYRING_RENEW ? 2 : 1);
	assert_int_equal(make_another(b), 0);
	box_close(b);
	box_open(b);
	assert_int_equal(opens_with_new(b), is_new);
	fingerprint(b, now);
	assert_memory_equal(now, before, sizeof(now));
}

static int die_while_hands_change(enum fault fault, unsigned counts[2])
{
	for (int at = 1; at < CALLS_MAX; at++) {
		struct box b;
		uint8_t before[32];
		bool died, is_new;

		box_make(&b, true);
		fingerprint(&b, before);
		died = dies(&b, change_hands, fault, at);
		box_close(&b);
		box_open(&b);
		is_new = opens_with_new(&b);
		counts[is_new]++;
		if (!died)
			assert_true(is_new);
		judge_keys(&b, before, is_new);
		box_end(&b);
		if (!died)
			return at - 1;
	}
	fail_msg("no end of calls");
	return 0;
}

static void killed_while_hands_change_the_old_parts_open_it_or_the_new(void **state UNUSED)
{
	static const enum fault faults[] = { DIE_BEFORE, DIE_AFTER, DIE_HALFWAY };

	for (change = KEYRING_RENEW; change <= KEYRING_RESHARE; change++)
		for (size_t i = 0; i < ARRAY_LEN(faults); i++) {
			unsigned counts[2] = { 0, 0 };
			int calls = die_while_hands_change(faults[i], counts);

			/* Twice the seven of a write: the second ends the file of before. */
			assert_int_equal(calls, 14);
			assert_true(counts[0] > 0 && counts[1] > 0);
		}
}

/* What runs says old or new, and is it, and a start reads the same; from FROM on the disk never comes back before that start. */
static void refuse_while_hands_change(enum fault fault)
{
	enum { TWO_WRITES = 2 };
	unsigned refused = 0, unsure = 0;

	for (int at = 1; at < CALLS_MAX; at++) {
		struct box b;
		uint8_t before[32], now[32];
		int e;
		bool is_new;

		box_make(&b, true);
		fingerprint(&b, before);
		plan_fault(fault, at);
		e = change_hands(&b);
		plan.fault = NONE;
		refused += e < 0;
		unsure += keyring_is_unsure(b.r);
		assert_int_equal(keyring_master(b.r)->scheme, e < 0 ? KEYFILE_COMPONENTS : KEYFILE_SHARES);
		fingerprint(&b, now);
		assert_memory_equal(now, before, sizeof(now));
		box_close(&b);
		box_open(&b);
		is_new = opens_with_new(&b);
		assert_int_equal(is_new, e == 0);
		judge_keys(&b, before, is_new);
		assert_false(keyring_is_unsure(b.r));
		box_end(&b);
		if (e == 0 && plan.seen < at) {
			assert_in_range(refused, 4, 7);
			assert_int_equal(unsure, fault >= FULL_FROM ? TWO_WRITES : 0);
			return;
		}
	}
	fail_msg("no end of calls");
}

static void a_full_or_broken_disk_changes_no_hands_or_all(void **state UNUSED)
{
	for (change = KEYRING_RENEW; change <= KEYRING_RESHARE; change++) {
		refuse_while_hands_change(REFUSE_FULL);
		refuse_while_hands_change(REFUSE_BROKEN);
		refuse_while_hands_change(BROKEN_FROM);
	}
}

/* The name is given, the folder is not synced, and what was done for it is undone by the same disk: done, unsure, and later sure. */
static void what_the_disk_may_not_have_is_told_until_it_has(void **state UNUSED)
{
	enum { FOLDER_SYNC = 7 };
	struct box b;
	uint64_t generation;

	box_make(&b, true);
	generation = keyring_generation(b.r);
	plan_fault(BROKEN_FROM, FOLDER_SYNC);
	assert_int_equal(make_another(&b), 0);
	assert_true(keyring_is_unsure(b.r));
	assert_int_equal(keyring_settle(b.r, b.why), ERR_IO);
	assert_true(keyring_is_unsure(b.r));
	plan.fault = NONE;
	assert_int_equal(keyring_generation(b.r), generation + 1);
	assert_int_equal(keyring_settle(b.r, b.why), 0);
	assert_false(keyring_is_unsure(b.r));
	assert_int_equal(keyring_generation(b.r), generation + 2);
	assert_int_equal(keyring_settle(b.r, b.why), 0);
	assert_int_equal(keyring_generation(b.r), generation + 2);
	box_end(&b);
}

/* The file of before has its name again, and the disk may have the other. */
static void what_was_taken_back_may_come_with_the_power(void **state UNUSED)
{
	enum { FOLDER_SYNC = 7 };
	struct box b;
	uint64_t generation;

	box_make(&b, true);
	generation = keyring_generation(b.r);
	plan_fault(UNSYNCED_FROM, FOLDER_SYNC);
	assert_int_equal(make_another(&b), ERR_IO);
	plan.fault = NONE;
	assert_non_null(strstr(b.why, "the keys are as they were, but after a failure of power"));
	assert_true(keyring_is_unsure(b.r));
	assert_int_equal(keyring_generation(b.r), generation);
	box_close(&b);
	box_open(&b);
	assert_false(keyring_is_unsure(b.r));
	assert_int_equal(keyring_generation(b.r), generation);
	box_end(&b);
}

/* The refusal of a start's own sync is no refusal of the keys. */
static void a_start_on_a_failing_disk_is_unsure(void **state UNUSED)
{
	struct box b;

	box_make(&b, true);
	box_close(&b);
	plan_fault(REFUSE_BROKEN, 1);
	box_open(&b);
	plan.fault = NONE;
	assert_true(keyring_is_unsure(b.r));
	unlock(&b);
	assert_int_equal(keyring_settle(b.r, b.why), 0);
	assert_false(keyring_is_unsure(b.r));
	box_end(&b);
}

/* What was refused leaves a ring that goes on, under the keys of before. */
static void what_was_refused_may_be_done_again(void **state UNUSED)
{
	for (change = KEYRING_RENEW; change <= KEYRING_RESHARE; change++) {
		struct box b;
		uint8_t before[32];

		box_make(&b, true);
		fingerprint(&b, before);
		plan_fault(REFUSE_FULL, 2);
		assert_int_equal(change_hands(&b), ERR_IO);
		plan.fault = NONE;
		assert_int_equal(make_another(&b), 0);
		assert_int_equal(change_hands(&b), 0);
		judge_keys(&b, before, true);
		box_end(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(killed_at_the_ceremony_there_are_keys_or_none),
		cmocka_unit_test(killed_at_a_change_there_are_the_keys_before_or_after),
		cmocka_unit_test(a_full_or_broken_disk_leaves_the_keys_as_they_were),
		cmocka_unit_test(killed_while_hands_change_the_old_parts_open_it_or_the_new),
		cmocka_unit_test(a_full_or_broken_disk_changes_no_hands_or_all),
		cmocka_unit_test(what_was_refused_may_be_done_again),
		cmocka_unit_test(what_the_disk_may_not_have_is_told_until_it_has),
		cmocka_unit_test(what_was_taken_back_may_come_with_the_power),
		cmocka_unit_test(a_start_on_a_failing_disk_is_unsure),
	};

	papers = mmap(NULL, sizeof(*papers), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return papers == MAP_FAILED ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
