/* token_pkcs11_test.c: what only a PKCS#11 token has: objects that cannot leave it, sessions that are lost, objects that are
 * gone or another's. With SoftHSM2 and NSS's softokn; the test takes part as another user of the same library. */
#include <dlfcn.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <p11-kit/pkcs11.h>

#include "keys/token_pkcs11_priv.h"
#include "lib/log.h"
#include "tests/unit/scratch.h"
#include "tests/unit/token_rig.h"

static const uint8_t master[TOKEN_MASTER_SIZE] = "the master key of this test, 32B";

struct box {
	char folder[64];
	struct token *t;
	CK_FUNCTION_LIST *f;
	struct key column;
	struct token_wrapped wrapped;
	uint32_t slot;
};

static int set_up(void **state)
{
	struct box *b = calloc(1, sizeof(*b));
	CK_C_GetFunctionList get;
	void *library;

	scratch_path(b->folder, sizeof(b->folder), "token-test-XXXXXX");
	assert_non_null(mkdtemp(b->folder));
	b->t = token_rig_open(b->folder);
	library = dlopen(token_rig_config(b->folder).module, RTLD_NOW | RTLD_LOCAL);
	*(void **)&get = dlsym(library, "C_GetFunctionList");
	assert_int_equal(get(&b->f), CKR_OK);
	assert_int_equal(b->t->ops->prepare(b->t, master), 0);
	assert_int_equal(b->t->ops->unlock(b->t, master), 0);
	b->column = (struct key){ .name = "column", .version = 1, .usage = KEY_COLUMN, .algorithm = KEY_AES_256 };
	assert_int_equal(b->t->ops->generate(b->t, &b->column, &b->wrapped), 0);
	assert_int_equal(b->t->ops->load(b->t, &b->column, &b->wrapped, &b->slot), 0);
	*state = b;
	return 0;
}

static int tear_down(void **state)
{
	struct box *b = *state;

	token_free(&b->t);
	token_rig_remove(b->folder);
	free(b);
	return 0;
}

static bool seals(struct box *b)
{
	uint8_t sealed[64], clear[64];

	return b->t->ops->seal(b->t, b->slot, "row", 3, "01012345678", 11, sealed) == 0 &&
	       b->t->ops->open(b->t, b->slot, "row", 3, sealed, 11 + 28, clear, sizeof(clear)) == 11 && memcmp(clear, "01012345678", 11) == 0;
}

/* A session of the test's own in our token; its login is the process's. */
static CK_SESSION_HANDLE session(struct box *b, CK_SLOT_ID *slot)
{
	CK_SLOT_ID slots[16];
	CK_ULONG count = ARRAY_LEN(slots);
	CK_SESSION_HANDLE s = 0;
	CK_TOKEN_INFO info;

	assert_int_equal(b->f->C_GetSlotList(CK_TRUE, slots, &count), CKR_OK);
	for (CK_ULONG i = 0; i < count; i++)
		if (b->f->C_GetTokenInfo(slots[i], &info) == CKR_OK && memcmp(info.label, RIG_LABEL " ", sizeof(RIG_LABEL)) == 0)
			*slot = slots[i];
	assert_int_equal(b->f->C_OpenSession(*slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &s), CKR_OK);
	return s;
}

static CK_OBJECT_HANDLE find(struct box *b, CK_SESSION_HANDLE s)
{
	CK_ATTRIBUTE id = { CKA_ID, b->wrapped.data, b->wrapped.len };
	CK_OBJECT_HANDLE found = 0;
	CK_ULONG count = 0;

	assert_int_equal(b->f->C_FindObjectsInit(s, &id, 1), CKR_OK);
	assert_int_equal(b->f->C_FindObjects(s, &found, 1, &count), CKR_OK);
	b->f->C_FindObjectsFinal(s);
	assert_int_equal(count, 1);
	return found;
}

static void a_key_cannot_leave_the_token(void **state)
{
	struct box *b = *state;
	CK_SLOT_ID slot = 0;
	CK_SESSION_HANDLE s = session(b, &slot);
	uint8_t value[64];
	CK_BBOOL extractable = CK_TRUE;
	CK_ATTRIBUTE a = { CKA_VALUE, value, sizeof(value) }, e = { CKA_EXTRACTABLE, &extractable, sizeof(extractable) };
	CK_OBJECT_HANDLE key = find(b, s);

	assert_memory_equal(b->wrapped.data, "column/1/", 9);
	assert_int_equal(b->f->C_GetAttributeValue(s, key, &a, 1), CKR_ATTRIBUTE_SENSITIVE);
	assert_int_equal(b->f->C_GetAttributeValue(s, key, &e, 1), CKR_OK);
	assert_int_equal(extractable, CK_FALSE);
	extractable = CK_TRUE;
	assert_int_not_equal(b->f->C_SetAttributeValue(s, key, &e, 1), CKR_OK);
	b->f->C_CloseSession(s);
}

static void a_lost_session_is_opened_again(void **state)
{
	struct box *b = *state;
	CK_SLOT_ID slot = 0;

	assert_true(seals(b));
	for (int i = 0; i < 3; i++) {
		(void)session(b, &slot);
		assert_int_equal(b->f->C_CloseAllSessions(slot), CKR_OK);
		assert_true(seals(b));
	}
	/* After a lock there is no PIN to come back with. */
	b->t->ops->lock(b->t);
	assert_false(seals(b));
}

static void an_object_that_is_gone_is_told_and_others_go_on(void **state)
{
	struct box *b = *state;
	struct key other = { .name = "index", .version = 1, .usage = KEY_BLIND_INDEX, .algorithm = KEY_HMAC_SHA256 };
	struct token_wrapped wrapped;
	uint8_t mac[32];
	uint32_t slot;

	assert_int_equal(b->t->ops->generate(b->t, &other, &wrapped), 0);
	assert_int_equal(b->t->ops->load(b->t, &other, &wrapped, &slot), 0);
	assert_int_equal(b->t->ops->destroy(b->t, &b->column, &b->wrapped), 0);
	assert_int_equal(b->t->ops->destroy(b->t, &b->column, &b->wrapped), ERR_NOT_FOUND);
	assert_false(seals(b));
	assert_int_equal(b->t->ops->mac(b->t, slot, "x", 1, mac), 0);
}

static void another_key_in_its_place_is_refused(void **state)
{
	struct box *b = *state;
	struct key another = b->column;
	struct token_wrapped wrapped;
	uint32_t slot;

	assert_int_equal(b->t->ops->generate(b->t, &another, &wrapped), 0);
	assert_int_equal(b->t->ops->load(b->t, &b->column, &wrapped, &slot), ERR_CRYPTO);
	assert_non_null(strstr(b->t->why, "is another key: its check value differs"));
}

static void another_master_key_does_not_log_in(void **state)
{
	struct box *b = *state;
	static const uint8_t wrong[TOKEN_MASTER_SIZE] = "another master key of this test,";

	b->t->ops->lock(b->t);
	assert_int_equal(b->t->ops->unlock(b->t, wrong), ERR_DENIED);
	assert_non_null(strstr(b->t->why, "has another PIN than this master key's"));
	assert_int_equal(b->t->ops->prepare(b->t, wrong), ERR_DENIED);
	assert_int_equal(b->t->ops->unlock(b->t, master), 0);
	assert_int_equal(b->t->ops->reset(b->t), 0);
	b->t->ops->lock(b->t);
	/* Empty now: another ceremony may have it. */
	assert_int_equal(b->t->ops->unlock(b->t, master), ERR_DENIED);
	assert_int_equal(b->t->ops->prepare(b->t, wrong), 0);
	assert_int_equal(b->t->ops->unlock(b->t, wrong), 0);
	assert_int_equal(b->t->ops->load(b->t, &b->column, &b->wrapped, &b->slot), ERR_NOT_FOUND);
}

/* ---- a token that counts wrong PINs: neither SoftHSM2 nor softokn locks one, so between them and us stands one that says so ---- */

static struct { CK_FUNCTION_LIST list; const CK_FUNCTION_LIST *real; CK_FLAGS set, cleared; CK_RV login; unsigned logins; } fake;

static CK_RV fake_info(CK_SLOT_ID slot, CK_TOKEN_INFO *info)
{
	CK_RV rv = fake.real->C_GetTokenInfo(slot, info);

	info->flags = (info->flags | fake.set) & ~fake.cleared;
	return rv;
}

static CK_RV fake_login(CK_SESSION_HANDLE s, CK_USER_TYPE who, CK_UTF8CHAR *pin, CK_ULONG len)
{
	fake.logins++;
	return fake.login != CKR_OK ? fake.login : fake.real->C_Login(s, who, pin, len);
}

static void stand_between(struct box *b)
{
	memset(&fake, 0, sizeof(fake));
	fake.list = *b->f;
	fake.real = b->f;
	fake.list.C_GetTokenInfo = fake_info;
	fake.list.C_Login = fake_login;
	hard(b->t)->p.f = &fake.list;
}

static void refused_untried(struct box *b, CK_FLAGS set, CK_FLAGS cleared, const char *words)
{
	fake.set = set;
	fake.cleared = cleared;
	fake.logins = 0;
	assert_int_equal(b->t->ops->prepare(b->t, master), ERR_DENIED);
	assert_non_null(strstr(b->t->why, words));
	if (cleared == 0) {
		assert_int_equal(b->t->ops->unlock(b->t, master), ERR_DENIED);
		assert_non_null(strstr(b->t->why, words));
	}
	assert_int_equal(fake.logins, 0);
}

static void a_locked_token_and_the_last_try_are_left_alone(void **state)
{
	struct box *b = *state;

	b->t->ops->lock(b->t);
	stand_between(b);
	refused_untried(b, CKF_USER_PIN_LOCKED, 0, "is locked after wrong PINs; unlock it with its own tool");
	refused_untried(b, CKF_USER_PIN_FINAL_TRY, 0, "takes one more PIN before it locks; make sure that it is this appliance's");
	refused_untried(b, CKF_SO_PIN_FINAL_TRY, CKF_USER_PIN_INITIALIZED, "has no user PIN, and takes no or one more PIN of its security officer");
	refused_untried(b, CKF_SO_PIN_LOCKED, CKF_USER_PIN_INITIALIZED, "has no user PIN, and takes no or one more PIN of its security officer");
	/* Some wrong ones were counted, by whomever: ours is tried, once, and is right. */
	fake.set = CKF_USER_PIN_COUNT_LOW;
	fake.cleared = 0;
	assert_int_equal(b->t->ops->unlock(b->t, master), 0);
	assert_int_equal(fake.logins, 1);
	hard(b->t)->p.f = b->f;
}

/* A PIN that was refused is not tried again by uses, of which there are many a second: custodians unlock first. */
static void a_refused_pin_is_tried_once_an_unlocking(void **state)
{
	static const struct { CK_RV rv; const char *words; } rows[] = {
		{ CKR_PIN_INCORRECT, "has another PIN than this master key's" }, { CKR_PIN_LOCKED, "is locked after wrong PINs" }, { CKR_PIN_EXPIRED, "CKR_PIN_EXPIRED" },
	};
	struct box *b = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CK_SLOT_ID slot = 0;

		assert_int_equal(b->t->ops->load(b->t, &b->column, &b->wrapped, &b->slot), 0);
		(void)session(b, &slot);
		stand_between(b);
		/* The session is lost, and in its place is a token with another PIN. */
		fake.login = rows[i].rv;
		assert_int_equal(b->f->C_CloseAllSessions(slot), CKR_OK);
		for (int use = 0; use < 20; use++)
			assert_false(seals(b));
		assert_int_equal(fake.logins, 1);
		assert_int_equal(b->t->ops->unlock(b->t, master), ERR_DENIED);
		assert_non_null(strstr(b->t->why, rows[i].words));
		assert_int_equal(fake.logins, 2);
		for (int use = 0; use < 20; use++)
			assert_false(seals(b));
		assert_int_equal(fake.logins, 2);
		fake.login = CKR_OK;
		b->t->ops->lock(b->t);
		assert_int_equal(b->t->ops->unlock(b->t, master), 0);
		assert_int_equal(fake.logins, 3);
		hard(b->t)->p.f = b->f;
	}
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(a_key_cannot_leave_the_token), T(a_lost_session_is_opened_again), T(an_object_that_is_gone_is_told_and_others_go_on),
		T(another_key_in_its_place_is_refused), T(another_master_key_does_not_log_in),
		T(a_locked_token_and_the_last_try_are_left_alone), T(a_refused_pin_is_tried_once_an_unlocking),
	};
	int failed = 0;

	log_init("test", LOG_LEVEL_ERROR);
	for (unsigned i = RIG_PKCS11_SOFTHSM; i < RIG_BACK_ENDS; i++) {
		token_rig_back_end = (enum rig_back_end)i;
		failed += cmocka_run_group_tests_name(token_rig_name(), tests, NULL, NULL);
	}
	return failed;
}
