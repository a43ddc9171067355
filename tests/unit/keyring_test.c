/* keyring_test.c: keys and their file, from the making to the end, and what happens when it cannot be written; on every back-end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/keyring_box.h"
#include "tests/unit/token_rig.h"

static void nothing_is_there_before_the_ceremony(void **state)
{
	struct box *b = *state;
	struct keyring_ask a = box_ask("fingerprint", KEY_FINGERPRINT, KEY_BY_SELF);
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
	struct keyring_ask a = box_ask("fingerprint", KEY_FINGERPRINT, KEY_BY_SELF);
	uint8_t mac[32], again[32], wrong[TOKEN_MASTER_SIZE] = { 1 };
	struct stat st;

	box_create(b);
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

static void a_new_wrapping_key_wraps_all(void **state)
{
	struct box *b = *state;
	struct keyring_ask a = box_ask("fingerprint", KEY_FINGERPRINT, KEY_BY_SELF);
	uint8_t mac[32], again[32];

	box_create(b);
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
	struct keyring_ask a = box_ask("fingerprint", KEY_FINGERPRINT, KEY_BY_SELF);
	char next[160], inside[170];
	uint8_t mac[32], again[32];

	box_create(b);
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

	box_create(b);
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

	box_create(b);
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
	struct keyring_ask a = box_ask("partner", KEY_TRANSPORT, KEY_BY_OFFICER);
	char old[160];
	static const uint8_t given[32] = "a transport key of somebody else";

	box_create(b);
	(void)a;
	assert_int_equal(box_import_transport(b, given), 0);
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
	struct keyring_ask a = box_ask("fingerprint", KEY_FINGERPRINT, KEY_BY_SELF);

	box_create(b);
	assert_int_equal(keyring_generate(b->r, "column", KEY_COLUMN, now, now, b->why), 0);
	assert_int_equal(keyring_zeroise(b->r), 0);
	snprintf(old, sizeof(old), "%s.old", b->path);
	assert_int_equal(access(b->path, F_OK), -1);
	assert_int_equal(access(old, F_OK), -1);
	assert_int_equal(keyring_state(b->r), KEYRING_EMPTY);
	assert_int_equal(keyring_mac(b->r, &a, "x", 1, mac, NULL), ERR_STATE);
	box_create(b);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, box_set_up, box_tear_down)
	const struct CMUnitTest tests[] = {
		T(nothing_is_there_before_the_ceremony),
		T(keys_come_back_with_the_master_key_alone),
		T(a_new_wrapping_key_wraps_all),
		T(what_cannot_be_written_changes_nothing),
		T(what_cannot_be_noted_is_not_done),
		T(any_changed_byte_of_the_file_is_found),
		T(a_destroyed_key_is_in_no_file_and_its_version_never_comes_again),
		T(zeroise_leaves_nothing),
	};

	int failed = 0;

	for (unsigned i = 0; i < RIG_BACK_ENDS; i++) {
		token_rig_back_end = (enum rig_back_end)i;
		failed += cmocka_run_group_tests_name(token_rig_name(), tests, NULL, NULL);
	}
	return failed;
}
