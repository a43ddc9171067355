/* backup_test.c: a backup of all keys: what is in it, who opens it, what is told of one that is changed, old, of another box. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "crypto/crypto.h"
#include "keys/custody.h"
#include "tests/unit/scratch.h"

static const struct wall wall = { INT64_C(1790000000000) };
static const struct mono mono = { 1000 };
enum { PARTS = 5, NEEDED = 3 };

struct box { char folder[64], path[128], why[KEYFILE_WHY_SIZE]; struct keyring *r; struct custody *c; char parts[PARTS][SHARE_TEXT_SIZE]; };
struct world { struct box old, new; char *text; };

static void box_open(struct box *b)
{
	struct keyring_config c = { .path = b->path };

	assert_int_equal(token_openssl_new(&c.token), 0);
	assert_int_equal(keyring_new(&c, &b->r, b->why), 0);
	assert_int_equal(custody_new(b->r, &b->c), 0);
}

static void box_close(struct box *b)
{
	custody_free(&b->c);
	keyring_free(&b->r);
}

static void box_make(struct box *b)
{
	scratch_path(b->folder, sizeof(b->folder), "backup-test-XXXXXX");
	assert_non_null(mkdtemp(b->folder));
	snprintf(b->path, sizeof(b->path), "%s/keys", b->folder);
	box_open(b);
}

static void box_end(struct box *b)
{
	box_close(b);
	assert_int_equal(keyfile_shred(b->path), 0);
	rmdir(b->folder);
}

static int part(struct box *b, const char *text)
{
	uint8_t kcv[KEY_KCV_SIZE];

	return custody_part(b->c, text, mono, kcv, b->why);
}

static void ceremony(struct box *b)
{
	uint8_t kcv[KEY_KCV_SIZE], unattended[TOKEN_MASTER_SIZE];

	assert_int_equal(custody_ceremony(b->c, KEYFILE_SHARES, NEEDED, PARTS, true, mono, b->why), 0);
	for (unsigned i = 0; i < PARTS; i++) {
		assert_int_equal(custody_deal(b->c, mono, b->parts[i], b->why), 0);
		assert_int_equal(part(b, b->parts[i]), 0);
	}
	assert_int_equal(custody_commit(b->c, unattended, wall, kcv, b->why), 0);
}

static void back_up(struct world *w)
{
	free(w->text);
	w->text = NULL;
	assert_int_equal(keyring_backup(w->old.r, "box-1", wall, &w->text, w->old.why), 0);
}

static int set_up(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	box_make(&w->old);
	box_make(&w->new);
	ceremony(&w->old);
	back_up(w);
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;

	box_end(&w->old);
	box_end(&w->new);
	free(w->text);
	free(w);
	return 0;
}

static int restore(struct box *b, const char *text)
{
	return custody_restore(b->c, text, strlen(text), mono, b->why);
}

static int commit(struct box *b, uint8_t *unattended)
{
	uint8_t kcv[KEY_KCV_SIZE];
	int e = custody_commit(b->c, unattended, wall, kcv, b->why);

	if (e == 0)
		assert_memory_equal(kcv, keyring_master(b->r)->kcv, KEY_KCV_SIZE);
	return e;
}

static int same_key(const struct key *k, void *context)
{
	const struct key *other = keyring_find(context, k->name, k->version);

	assert_non_null(other);
	assert_memory_equal(k, other, sizeof(*k));
	return 0;
}

/* The same card has the same fingerprint: the key itself is the same. */
static void assert_same_keys(struct world *w)
{
	struct keyring_ask a = { "fingerprint", 0, KEY_FINGERPRINT, KEY_BY_SELF, wall };
	uint8_t one[32], two[32];

	assert_int_equal(keyring_each(w->old.r, same_key, w->new.r), 0);
	assert_int_equal(keyring_mac(w->old.r, &a, "x", 1, one, NULL), 0);
	assert_int_equal(keyring_mac(w->new.r, &a, "x", 1, two, NULL), 0);
	assert_memory_equal(one, two, sizeof(one));
}

static void custodians_restore_it_on_a_new_box(void **state)
{
	struct world *w = *state;
	const struct backup_head *h;

	assert_int_equal(restore(&w->new, w->text), 0);
	h = custody_backup(w->new.c);
	assert_string_equal(h->box, "box-1");
	assert_int_equal(h->taken.ms, wall.ms);
	assert_int_equal(h->generation, 1);
	assert_int_equal(h->master.unattended.len, 0);
	assert_int_equal(part(&w->new, w->old.parts[4]), 0);
	assert_int_equal(part(&w->new, w->old.parts[4]), ERR_EXISTS);
	assert_int_equal(commit(&w->new, NULL), ERR_STATE);
	assert_int_equal(part(&w->new, w->old.parts[0]), 0);
	assert_int_equal(access(w->new.path, F_OK), -1);
	assert_int_equal(part(&w->new, w->old.parts[2]), 0);
	assert_int_equal(part(&w->new, w->old.parts[1]), ERR_STATE);
	assert_int_equal(keyring_state(w->new.r), KEYRING_EMPTY);
	assert_int_equal(commit(&w->new, NULL), 0);
	assert_int_equal(keyring_state(w->new.r), KEYRING_OPEN);
	assert_int_equal(keyring_generation(w->new.r), 2);
	assert_int_equal(keyring_master(w->new.r)->unattended.len, 0);
	assert_same_keys(w);
	/* And the same custodians open it at the next start. */
	box_close(&w->new);
	box_open(&w->new);
	for (unsigned i = 0; i < NEEDED; i++)
		assert_int_equal(part(&w->new, w->old.parts[i]), 0);
	assert_same_keys(w);
}

static void a_new_box_has_an_unattended_secret_of_its_own(void **state)
{
	struct world *w = *state;
	uint8_t secret[TOKEN_MASTER_SIZE];

	assert_int_equal(restore(&w->new, w->text), 0);
	for (unsigned i = 0; i < NEEDED; i++)
		assert_int_equal(part(&w->new, w->old.parts[i]), 0);
	assert_int_equal(commit(&w->new, secret), 0);
	box_close(&w->new);
	box_open(&w->new);
	assert_int_equal(custody_unattended(w->new.c, secret, w->new.why), 0);
	assert_same_keys(w);
}

static void wrong_parts_are_told_at_once_and_nothing_is_written(void **state)
{
	struct world *w = *state;
	struct share s = { .scheme = KEYFILE_SHARES, .number = 2 };
	char text[SHARE_TEXT_SIZE];

	assert_int_equal(restore(&w->new, w->text), 0);
	share_print(&s, text);
	assert_int_equal(part(&w->new, text), ERR_CRYPTO);
	s.scheme = KEYFILE_COMPONENTS;
	share_print(&s, text);
	assert_int_equal(part(&w->new, text), ERR_CRYPTO);
	assert_non_null(strstr(w->new.why, "no part of the master key of this backup"));
	assert_int_equal(part(&w->new, w->old.parts[0]), 0);
	custody_tick(w->new.c, mono_add_ms(mono, CUSTODY_IDLE_MS + 1));
	assert_int_equal(custody_what(w->new.c), CUSTODY_NOTHING);
	assert_null(custody_backup(w->new.c));
	assert_int_equal(part(&w->new, w->old.parts[1]), ERR_STATE);
	assert_int_equal(access(w->new.path, F_OK), -1);
}

static void where_there_are_keys_it_says_how_they_stand_to_it(void **state)
{
	struct world *w = *state;
	struct box *b = &w->old;
	char *older = strdup(w->text), old[160];

	assert_int_equal(restore(b, w->text), ERR_STATE);
	assert_non_null(strstr(b->why, "the keys here are those of the backup, generation 1"));
	assert_int_equal(keyring_generate(b->r, "column", KEY_COLUMN, wall, wall, b->why), 0);
	assert_int_equal(restore(b, older), ERR_STATE);
	assert_non_null(strstr(b->why, "the backup is older, generation 1; here it is 2"));
	/* The file goes back to the generation before: the backup of the later one is newer. */
	back_up(w);
	box_close(b);
	snprintf(old, sizeof(old), "%s.old", b->path);
	assert_int_equal(rename(old, b->path), 0);
	box_open(b);
	assert_int_equal(restore(b, w->text), ERR_STATE);
	assert_non_null(strstr(b->why, "the backup is newer, generation 2; here it is 1. To take it, move the key file"));
	ceremony(&w->new);
	assert_int_equal(restore(&w->new, older), ERR_STATE);
	assert_non_null(strstr(w->new.why, "there are keys here, of another master key"));
	free(older);
}

static void damage_is_told_before_custodians_come(void **state)
{
	struct world *w = *state;
	size_t len = strlen(w->text);
	struct backup *b = NULL;

	for (size_t i = 0; i < len; i++) {
		w->text[i] ^= 1;
		assert_int_equal(backup_read(w->text, len, &b, w->new.why), ERR_INVALID);
		w->text[i] ^= 1;
		assert_int_equal(backup_read(w->text, i, &b, w->new.why), ERR_INVALID);
	}
	assert_int_equal(restore(&w->new, "callkey-keys 1\n"), ERR_INVALID);
	assert_non_null(strstr(w->new.why, "this is no backup of keys"));
	assert_int_equal(restore(&w->new, "callkey-backup 1\nbox"), ERR_INVALID);
	assert_non_null(strstr(w->new.why, "damaged"));
	assert_int_equal(backup_read(w->text, len, &b, w->new.why), 0);
	backup_free(&b);
}

/* A new hash for a text that was changed. */
static void rehash(char *text)
{
	char *at = strstr(text, "\nsha256 ") + 1;
	uint8_t hash[CRYPTO_SHA256_SIZE];

	assert_int_equal(crypto_sha256(text, (size_t)(at - text), hash), 0);
	assert_int_equal(hex_encode(hash, sizeof(hash), at + 7, 65), 64);
	strcpy(at + 7 + 64, "\n");
}

static void what_somebody_changed_with_care_opens_nothing(void **state)
{
	struct world *w = *state;
	static const char *const places[] = { "box-1", "needed 3", "generation 1", "sealed " };
	static const char with[] = { 'x', '\0', '7', '\0' };
	uint8_t zero[TOKEN_MASTER_SIZE] = { 0 };
	struct keyfile f;
	struct backup *b = NULL;

	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		char *copy = strdup(w->text), *at = strstr(copy, places[i]) + strlen(places[i]) - 1;

		/* Fewer parts are asked for; another octet is sealed. */
		*at = with[i] != '\0' ? with[i] : *at;
		if (strcmp(places[i], "needed 3") == 0)
			*at = '2';
		if (strcmp(places[i], "sealed ") == 0)
			at[9] = at[9] == 'A' ? 'B' : 'A';
		rehash(copy);
		assert_int_equal(restore(&w->new, copy), 0);
		for (unsigned p = 0; p + 1 < custody_backup(w->new.c)->master.needed; p++)
			assert_int_equal(part(&w->new, w->old.parts[p]), 0);
		assert_int_equal(part(&w->new, w->old.parts[4]), ERR_CRYPTO);
		assert_non_null(strstr(w->new.why, "changed by somebody without the master key"));
		assert_int_equal(custody_what(w->new.c), CUSTODY_NOTHING);
		assert_int_equal(access(w->new.path, F_OK), -1);
		free(copy);
	}
	assert_int_equal(backup_read(w->text, strlen(w->text), &b, w->new.why), 0);
	assert_int_equal(backup_open(b, zero, &f, w->new.why), ERR_CRYPTO);
	backup_free(&b);
}

static void after_zeroising_it_is_the_way_back(void **state)
{
	struct world *w = *state;
	struct box *b = &w->old;
	struct keyring_ask a = { "fingerprint", 0, KEY_FINGERPRINT, KEY_BY_SELF, wall };
	uint8_t before[32], after[32];

	assert_int_equal(keyring_mac(b->r, &a, "x", 1, before, NULL), 0);
	assert_int_equal(keyring_zeroise(b->r), 0);
	assert_int_equal(access(b->path, F_OK), -1);
	assert_int_equal(restore(b, w->text), 0);
	for (unsigned i = 0; i < NEEDED; i++)
		assert_int_equal(part(b, b->parts[i]), 0);
	assert_int_equal(commit(b, NULL), 0);
	assert_int_equal(keyring_mac(b->r, &a, "x", 1, after, NULL), 0);
	assert_memory_equal(before, after, sizeof(before));
}

static void a_key_that_does_not_open_is_not_written(void **state)
{
	struct world *w = *state;
	struct share s[NEEDED];
	uint8_t master[TOKEN_MASTER_SIZE], kcv[KEY_KCV_SIZE];
	struct keyfile f;

	for (unsigned i = 0; i < NEEDED; i++)
		assert_int_equal(share_parse(w->old.parts[i], &s[i], kcv), 0);
	assert_int_equal(shares_join(s, NEEDED, master), 0);
	assert_int_equal(keyfile_read(w->old.path, &f, w->old.why), 0);
	f.entries[2].wrapped.data[20] ^= 1;
	free(w->text);
	assert_int_equal(backup_make(&f, master, "box-1", wall, &w->text, w->old.why), 0);
	assert_int_equal(restore(&w->new, w->text), 0);
	for (unsigned i = 0; i < NEEDED; i++)
		assert_int_equal(part(&w->new, w->old.parts[i]), 0);
	assert_int_equal(commit(&w->new, NULL), ERR_CRYPTO);
	assert_non_null(strstr(w->new.why, f.entries[2].key.name));
	assert_int_equal(keyring_state(w->new.r), KEYRING_EMPTY);
	assert_int_equal(access(w->new.path, F_OK), -1);
	keyfile_clear(&f);
}

static void it_is_made_by_open_keys_alone_and_names_its_box(void **state)
{
	struct world *w = *state;
	char *text = NULL;

	assert_int_equal(keyring_backup(w->new.r, "box", wall, &text, w->new.why), ERR_STATE);
	assert_int_equal(keyring_backup(w->old.r, "my box\nx", wall, &text, w->old.why), ERR_INVALID);
	assert_int_equal(keyring_backup(w->old.r, "", wall, &text, w->old.why), ERR_INVALID);
	keyring_lock(w->old.r);
	assert_int_equal(keyring_backup(w->old.r, "box", wall, &text, w->old.why), ERR_STATE);
	assert_null(text);
	assert_null(strstr(w->text, "fingerprint"));
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(custodians_restore_it_on_a_new_box), T(a_new_box_has_an_unattended_secret_of_its_own),
		T(wrong_parts_are_told_at_once_and_nothing_is_written), T(where_there_are_keys_it_says_how_they_stand_to_it),
		T(damage_is_told_before_custodians_come), T(what_somebody_changed_with_care_opens_nothing),
		T(after_zeroising_it_is_the_way_back), T(a_key_that_does_not_open_is_not_written), T(it_is_made_by_open_keys_alone_and_names_its_box),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
