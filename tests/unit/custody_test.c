/* custody_test.c: custodians at the ceremony and at the unlocking; parts that are lost, mistyped, swapped, of another box. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "keys/custody.h"
#include "tests/unit/scratch.h"
#include "tests/unit/token_rig.h"

static const struct wall wall = { INT64_C(1790000000000) };
static const struct mono mono = { 1000 };

struct box { char folder[64], path[128], why[KEYFILE_WHY_SIZE]; struct keyring *r; struct custody *c; char parts[KEYFILE_SHARES_MAX][SHARE_TEXT_SIZE]; };

static void box_open(struct box *b)
{
	struct keyring_config c = { .path = b->path };

	c.token = token_rig_open(b->folder);
	assert_int_equal(keyring_new(&c, &b->r, b->why), 0);
	assert_int_equal(custody_new(b->r, &b->c), 0);
}

static void box_reopen(struct box *b)
{
	custody_free(&b->c);
	keyring_free(&b->r);
	box_open(b);
}

static int set_up(void **state)
{
	struct box *b = calloc(1, sizeof(*b));

	scratch_path(b->folder, sizeof(b->folder), "custody-test-XXXXXX");
	assert_non_null(mkdtemp(b->folder));
	snprintf(b->path, sizeof(b->path), "%s/keys", b->folder);
	box_open(b);
	*state = b;
	return 0;
}

static int tear_down(void **state)
{
	struct box *b = *state;

	custody_free(&b->c);
	keyring_free(&b->r);
	token_rig_remove(b->folder);
	free(b);
	return 0;
}

static int part(struct box *b, const char *text)
{
	uint8_t kcv[KEY_KCV_SIZE];

	return custody_part(b->c, text, mono, kcv, b->why);
}

static void ceremony(struct box *b, enum keyfile_scheme scheme, unsigned needed, unsigned parts, uint8_t *unattended)
{
	uint8_t kcv[KEY_KCV_SIZE];

	assert_int_equal(custody_ceremony(b->c, scheme, needed, parts, true, mono, b->why), 0);
	for (unsigned i = 0; i < parts; i++) {
		assert_int_equal(custody_deal(b->c, mono, b->parts[i], b->why), 0);
		assert_int_equal(part(b, b->parts[i]), 0);
	}
	assert_int_equal(custody_commit(b->c, unattended, wall, kcv, b->why), 0);
	assert_int_equal(keyring_state(b->r), KEYRING_OPEN);
	assert_memory_equal(kcv, keyring_master(b->r)->kcv, KEY_KCV_SIZE);
}

static void two_components_open_it_again(void **state)
{
	struct box *b = *state;

	ceremony(b, KEYFILE_COMPONENTS, 2, 2, NULL);
	box_reopen(b);
	assert_int_equal(part(b, b->parts[1]), 0);
	assert_int_equal(keyring_state(b->r), KEYRING_LOCKED);
	assert_int_equal(part(b, b->parts[1]), ERR_EXISTS);
	assert_int_equal(part(b, b->parts[0]), 0);
	assert_int_equal(keyring_state(b->r), KEYRING_OPEN);
}

static void any_three_shares_of_five_open_it(void **state)
{
	struct box *b = *state;

	ceremony(b, KEYFILE_SHARES, 3, 5, NULL);
	for (unsigned x = 0; x < 5; x++)
		for (unsigned y = x + 1; y < 5; y++)
			for (unsigned z = y + 1; z < 5; z++) {
				box_reopen(b);
				assert_int_equal(part(b, b->parts[z]), 0);
				assert_int_equal(part(b, b->parts[x]), 0);
				assert_int_equal(keyring_state(b->r), KEYRING_LOCKED);
				assert_int_equal(part(b, b->parts[y]), 0);
				assert_int_equal(keyring_state(b->r), KEYRING_OPEN);
			}
}

static void custodians_may_bring_their_own(void **state)
{
	struct box *b = *state;
	static const char one[] = "c1 0123 4567 89ab cdef 0123 4567 89ab cdef 0123 4567 89ab cdef 0123 4567 89ab cdef",
		two[] = "C2-FEDCBA9876543210FEDCBA9876543210FEDCBA9876543210FEDCBA9876543211";
	uint8_t kcv[KEY_KCV_SIZE];
	char text[SHARE_TEXT_SIZE];

	assert_int_equal(custody_ceremony(b->c, KEYFILE_SHARES, 2, 3, false, mono, b->why), ERR_INVALID);
	assert_int_equal(custody_ceremony(b->c, KEYFILE_COMPONENTS, 2, 2, false, mono, b->why), 0);
	assert_int_equal(custody_deal(b->c, mono, text, b->why), ERR_STATE);
	assert_int_equal(part(b, two), ERR_INVALID);
	assert_int_equal(part(b, one), 0);
	assert_int_equal(custody_commit(b->c, NULL, wall, kcv, b->why), ERR_STATE);
	assert_int_equal(access(b->path, F_OK), -1);
	assert_int_equal(part(b, two), 0);
	assert_int_equal(custody_commit(b->c, NULL, wall, kcv, b->why), 0);
	box_reopen(b);
	assert_int_equal(part(b, one), 0);
	assert_int_equal(part(b, two), 0);
	assert_int_equal(keyring_state(b->r), KEYRING_OPEN);
}

static void the_same_component_twice_is_refused(void **state)
{
	struct box *b = *state;
	static const char one[] = "C1-0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF",
		two[] = "C2-0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF";

	assert_int_equal(custody_ceremony(b->c, KEYFILE_COMPONENTS, 2, 2, false, mono, b->why), 0);
	assert_int_equal(part(b, one), 0);
	assert_int_equal(part(b, two), ERR_EXISTS);
}

static void a_part_is_shown_once_and_must_be_entered_from_paper(void **state)
{
	struct box *b = *state;
	char text[SHARE_TEXT_SIZE], again[SHARE_TEXT_SIZE];

	assert_int_equal(custody_ceremony(b->c, KEYFILE_SHARES, 2, 3, true, mono, b->why), 0);
	assert_int_equal(custody_deal(b->c, mono, text, b->why), 0);
	assert_int_equal(custody_deal(b->c, mono, again, b->why), ERR_STATE);
	text[4] = text[4] == '0' ? '1' : '0';
	assert_int_equal(part(b, text), ERR_CRYPTO);
	assert_non_null(strstr(b->why, "mistyped"));
	assert_int_equal(custody_what(b->c), CUSTODY_CEREMONY);
}

static void an_abort_leaves_nothing(void **state)
{
	struct box *b = *state;
	struct mono late = mono_add_ms(mono, CUSTODY_IDLE_MS + 1);

	assert_int_equal(custody_ceremony(b->c, KEYFILE_COMPONENTS, 2, 2, true, mono, b->why), 0);
	assert_int_equal(custody_deal(b->c, mono, b->parts[0], b->why), 0);
	assert_int_equal(part(b, b->parts[0]), 0);
	custody_break_off(b->c);
	assert_int_equal(custody_what(b->c), CUSTODY_NOTHING);
	assert_int_equal(access(b->path, F_OK), -1);
	assert_int_equal(custody_ceremony(b->c, KEYFILE_COMPONENTS, 2, 2, true, mono, b->why), 0);
	custody_tick(b->c, late);
	assert_int_equal(custody_what(b->c), CUSTODY_NOTHING);
	assert_int_equal(keyring_state(b->r), KEYRING_EMPTY);
}

static void a_part_of_another_box_is_told_at_once_and_counted(void **state)
{
	struct box *b = *state;
	struct share s = { .scheme = KEYFILE_SHARES, .number = 2 };
	char text[SHARE_TEXT_SIZE];

	ceremony(b, KEYFILE_SHARES, 2, 3, NULL);
	box_reopen(b);
	share_print(&s, text);
	assert_int_equal(part(b, text), ERR_CRYPTO);
	s.scheme = KEYFILE_COMPONENTS;
	share_print(&s, text);
	assert_int_equal(part(b, text), ERR_CRYPTO);
	assert_int_equal(custody_wrong(b->c), 2);
	assert_int_equal(part(b, b->parts[0]), 0);
	assert_int_equal(part(b, b->parts[2]), 0);
	assert_int_equal(custody_wrong(b->c), 0);
}

static void the_unattended_secret_opens_it_and_another_does_not(void **state)
{
	struct box *b = *state;
	uint8_t secret[TOKEN_MASTER_SIZE], other[TOKEN_MASTER_SIZE] = { 7 };

	ceremony(b, KEYFILE_COMPONENTS, 2, 2, secret);
	box_reopen(b);
	assert_int_equal(custody_unattended(b->c, other, b->why), ERR_CRYPTO);
	assert_int_equal(custody_unattended(b->c, secret, b->why), 0);
	assert_int_equal(keyring_state(b->r), KEYRING_OPEN);
}

static void fewer_shares_tell_nothing(void **state UNUSED)
{
	static const uint8_t zero[SHARE_SIZE], ones[SHARE_SIZE] = { [0 ... SHARE_SIZE - 1] = 0xff };
	struct share a[3];
	unsigned same = 0;

	/* Of either key a single share is uniform: over many, each value of an octet is met about equally often. */
	for (unsigned i = 0; i < 2000; i++) {
		assert_int_equal(shares_split(i % 2 ? zero : ones, KEYFILE_SHARES, 2, 3, a), 0);
		same += a[0].bytes[0] < 128;
	}
	assert_in_range(same, 850, 1150);
}

static void schemes_that_are_none_are_refused(void **state UNUSED)
{
	static const uint8_t zero[SHARE_SIZE];
	struct share a[KEYFILE_SHARES_MAX];
	uint8_t key[SHARE_SIZE];

	assert_int_equal(shares_split(zero, KEYFILE_COMPONENTS, 1, 1, a), ERR_INVALID);
	assert_int_equal(shares_split(zero, KEYFILE_COMPONENTS, 2, 3, a), ERR_INVALID);
	assert_int_equal(shares_split(zero, KEYFILE_SHARES, 1, 3, a), ERR_INVALID);
	assert_int_equal(shares_split(zero, KEYFILE_SHARES, 4, 3, a), ERR_INVALID);
	assert_int_equal(shares_split(zero, KEYFILE_SHARES, 2, KEYFILE_SHARES_MAX + 1, a), ERR_INVALID);
	assert_int_equal(shares_split(zero, KEYFILE_SHARES, 2, 3, a), 0);
	a[1].number = 1;
	assert_int_equal(shares_join(a, 2, key), ERR_INVALID);
}

/* ---- when there are keys ---- */

static void agree(struct box *b, enum keyring_change change, enum keyfile_scheme scheme, unsigned needed, unsigned parts)
{
	const struct keyring_agreed a = { change, scheme, needed, parts, mono_add_ms(mono, 5000) };

	keyring_agree(b->r, &a);
}

static void fingerprint(struct box *b, uint8_t mac[32])
{
	const struct keyring_ask ask = { .name = "fingerprint", .usage = KEY_FINGERPRINT, .caller = KEY_BY_SELF, .now = wall };

	assert_int_equal(keyring_mac(b->r, &ask, "4111111111111111", 16, mac, NULL), 0);
}

/* The parts of before are in; those of after are dealt, typed and in force. */
static void new_parts(struct box *b, unsigned parts, uint8_t *unattended)
{
	uint8_t kcv[KEY_KCV_SIZE];

	for (unsigned i = 0; i < parts; i++) {
		assert_int_equal(custody_deal(b->c, mono, b->parts[i], b->why), 0);
		assert_int_equal(part(b, b->parts[i]), 0);
		assert_int_equal(custody_is_whole(b->c), i == parts - 1);
	}
	if (custody_commit(b->c, unattended, wall, kcv, b->why) < 0)
		fail_msg("%s", b->why);
	assert_memory_equal(kcv, keyring_master(b->r)->kcv, KEY_KCV_SIZE);
	assert_int_equal(custody_what(b->c), CUSTODY_NOTHING);
}

static void the_same_master_key_goes_to_other_hands(void **state)
{
	struct box *b = *state;
	char before[2][SHARE_TEXT_SIZE], text[SHARE_TEXT_SIZE];
	uint8_t mac[32], again[32], kcv[KEY_KCV_SIZE], secret[TOKEN_MASTER_SIZE];

	ceremony(b, KEYFILE_COMPONENTS, 2, 2, secret);
	fingerprint(b, mac);
	memcpy(before, b->parts, sizeof(before));
	memcpy(kcv, keyring_master(b->r)->kcv, sizeof(kcv));
	assert_int_equal(custody_again(b->c, KEYRING_RESHARE, mono, b->why), ERR_DENIED);
	agree(b, KEYRING_RENEW, KEYFILE_SHARES, 3, 5);
	assert_int_equal(custody_again(b->c, KEYRING_RESHARE, mono, b->why), ERR_DENIED);
	agree(b, KEYRING_RESHARE, KEYFILE_SHARES, 3, 5);
	assert_int_equal(custody_again(b->c, KEYRING_RESHARE, mono_add_ms(mono, 6000), b->why), ERR_DENIED);
	assert_int_equal(custody_again(b->c, KEYRING_RESHARE, mono, b->why), 0);
	assert_int_equal(custody_deal(b->c, mono, text, b->why), ERR_STATE);
	assert_int_equal(part(b, before[1]), 0);
	assert_int_equal(custody_commit(b->c, NULL, wall, mac, b->why), ERR_STATE);
	assert_int_equal(part(b, before[1]), ERR_EXISTS);
	assert_int_equal(part(b, before[0]), 0);
	assert_true(custody_is_whole(b->c));
	new_parts(b, 5, NULL);
	assert_memory_equal(kcv, keyring_master(b->r)->kcv, sizeof(kcv));
	/* Once for an agreement. */
	assert_int_equal(custody_again(b->c, KEYRING_RESHARE, mono, b->why), ERR_DENIED);
	box_reopen(b);
	assert_int_equal(part(b, before[0]), ERR_CRYPTO);
	assert_int_equal(part(b, b->parts[4]), 0);
	assert_int_equal(part(b, b->parts[1]), 0);
	assert_int_equal(part(b, b->parts[2]), 0);
	fingerprint(b, again);
	assert_memory_equal(mac, again, sizeof(mac));
	box_reopen(b);
	assert_int_equal(custody_unattended(b->c, secret, b->why), 0);
}

static void another_master_key_takes_its_place(void **state)
{
	struct box *b = *state;
	char before[3][SHARE_TEXT_SIZE];
	uint8_t mac[32], again[32], kcv[KEY_KCV_SIZE], old_secret[TOKEN_MASTER_SIZE], secret[TOKEN_MASTER_SIZE];

	ceremony(b, KEYFILE_SHARES, 2, 3, old_secret);
	fingerprint(b, mac);
	memcpy(before, b->parts, sizeof(before));
	memcpy(kcv, keyring_master(b->r)->kcv, sizeof(kcv));
	agree(b, KEYRING_RENEW, KEYFILE_COMPONENTS, 3, 3);
	if (token_rig_back_end != RIG_OPENSSL) {
		assert_int_equal(custody_again(b->c, KEYRING_RENEW, mono, b->why), ERR_DENIED);
		assert_non_null(strstr(b->why, "its PIN comes from it"));
		return;
	}
	assert_int_equal(custody_again(b->c, KEYRING_RENEW, mono, b->why), 0);
	assert_int_equal(part(b, before[2]), 0);
	assert_int_equal(part(b, before[0]), 0);
	new_parts(b, 3, secret);
	assert_memory_not_equal(kcv, keyring_master(b->r)->kcv, sizeof(kcv));
	assert_int_equal(keyring_find(b->r, "wrapping", 1)->state, KEY_DESTROYED);
	assert_int_equal(keyring_find(b->r, "wrapping", 0)->version, 2);
	fingerprint(b, again);
	assert_memory_equal(mac, again, sizeof(mac));
	box_reopen(b);
	assert_int_equal(part(b, before[0]), ERR_CRYPTO);
	assert_int_equal(custody_unattended(b->c, old_secret, b->why), ERR_CRYPTO);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(part(b, b->parts[i]), 0);
	fingerprint(b, again);
	assert_memory_equal(mac, again, sizeof(mac));
	assert_int_equal(keyring_generate(b->r, "column", KEY_COLUMN, wall, wall, b->why), 0);
	box_reopen(b);
	assert_int_equal(custody_unattended(b->c, secret, b->why), 0);
}

static void who_walks_away_changes_no_hands(void **state)
{
	struct box *b = *state;
	char text[SHARE_TEXT_SIZE];
	uint64_t generation;

	ceremony(b, KEYFILE_SHARES, 2, 3, NULL);
	generation = keyring_generation(b->r);
	agree(b, KEYRING_RESHARE, KEYFILE_SHARES, 2, 2);
	assert_int_equal(custody_again(b->c, KEYRING_RESHARE, mono, b->why), 0);
	custody_break_off(b->c);
	assert_int_equal(custody_again(b->c, KEYRING_RESHARE, mono, b->why), 0);
	assert_int_equal(part(b, b->parts[0]), 0);
	assert_int_equal(part(b, b->parts[1]), 0);
	assert_int_equal(custody_deal(b->c, mono, text, b->why), 0);
	assert_int_equal(part(b, text), 0);
	custody_tick(b->c, mono_add_ms(mono, CUSTODY_IDLE_MS + 1));
	assert_int_equal(custody_what(b->c), CUSTODY_NOTHING);
	assert_int_equal(keyring_generation(b->r), generation);
	/* What was locked has agreed to nothing. */
	keyring_lock(b->r);
	assert_int_equal(custody_again(b->c, KEYRING_RESHARE, mono, b->why), ERR_STATE);
	assert_int_equal(part(b, b->parts[0]), 0);
	assert_int_equal(part(b, b->parts[1]), 0);
	assert_int_equal(custody_again(b->c, KEYRING_RESHARE, mono, b->why), ERR_DENIED);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(two_components_open_it_again), T(any_three_shares_of_five_open_it), T(custodians_may_bring_their_own),
		T(the_same_component_twice_is_refused), T(a_part_is_shown_once_and_must_be_entered_from_paper), T(an_abort_leaves_nothing),
		T(a_part_of_another_box_is_told_at_once_and_counted), T(the_unattended_secret_opens_it_and_another_does_not),
		T(the_same_master_key_goes_to_other_hands), T(another_master_key_takes_its_place), T(who_walks_away_changes_no_hands),
		cmocka_unit_test(fewer_shares_tell_nothing), cmocka_unit_test(schemes_that_are_none_are_refused),
	};

	int failed = 0;

	for (unsigned i = 0; i < RIG_BACK_ENDS; i++) {
		token_rig_back_end = (enum rig_back_end)i;
		failed += cmocka_run_group_tests_name(token_rig_name(), tests, NULL, NULL);
	}
	return failed;
}
