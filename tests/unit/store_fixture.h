/* store_fixture.h: a fresh store in a folder of its own for each test, and records with every member set. */
#ifndef UNIT_STORE_FIXTURE_H
#define UNIT_STORE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "store/store_priv.h"
#include "tests/unit/scratch.h"

static char folder[64], url[128], path[100];
static struct store *s;
static const uint8_t key_hash[32] = { 1, 2, 3 };
static UNUSED const uint8_t other_hash[32] = { 9 };

static int setup(void **state UNUSED)
{
	scratch_path(folder, sizeof(folder), "store_test.XXXXXX");
	if (mkdtemp(folder) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/callkey.db", folder);
	snprintf(url, sizeof(url), "sqlite:%s", path);
	return store_open(url, &s);
}

static int teardown(void **state UNUSED)
{
	static const char *const ends[] = { "", "-wal", "-shm" };
	char file[120];

	store_close(&s);
	for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
		snprintf(file, sizeof(file), "%s%s", path, ends[i]);
		unlink(file);
	}
	return rmdir(folder);
}

static UNUSED void reopen(void)
{
	store_close(&s);
	assert_int_equal(store_open(url, &s), 0);
}

static void set(char *to, size_t size, const char *text)
{
	memset(to, 0, size);
	snprintf(to, size, "%s", text);
}
#define SET(member, text) set((member), sizeof(member), (text))

static UNUSED struct merchant a_merchant(const char *id)
{
	struct merchant m = { .live = true, .may_skip_consent = true, .created = { 1000 } };

	SET(m.id.text, id);
	SET(m.name, "가나 상점");
	SET(m.webhook_url, "https://shop.example/hook");
	SET(m.webhook_secret, "whsec_x");
	SET(m.pg, "main");
	return m;
}

/* Every member differs from zero, so that a column that is forgotten shows. */
static struct request a_request(const char *id, enum request_kind kind)
{
	struct request r = { .kind = kind, .amount = { 53000, "KRW" }, .consent_skip = true, .other_card_allowed = true,
	                     .sms_skip = true, .instalment_months = 3, .allowed = { 2, 3, 6 }, .interest_free = { 3 },
	                     .interest_free_chosen = true, .other_card_used = true, .keep_card = true, .calls = 2,
	                     .attempts = 300, .created = { 11 }, .updated = { 12 }, .expires = { 5000 }, .approved = { 14 } };

	SET(r.id.text, id);
	SET(r.merchant.text, "mer_1");
	SET(r.state, "created");
	SET(r.customer_ref, "customer-1");
	SET(r.order_id, kind == REQUEST_PAYMENT ? id : "");
	SET(r.phone.digits, "01012345678");
	SET(r.virtual_number.digits, "07012340001");
	SET(r.merchant_name, "가나 상점");
	SET(r.product_name, "월간 구독");
	SET(r.speech_merchant, "speech:aa");
	SET(r.speech_product, "speech:bb");
	SET(r.cycle, "monthly");
	SET(r.language, "ko");
	SET(r.speed, "slow");
	SET(r.billing_key.text, "bk_1");
	SET(r.instalment_mode, "ask");
	SET(r.card.bin, "54123456");
	SET(r.card.last4, "5678");
	SET(r.card.brand, "master");
	SET(r.card.issuer, "bc");
	r.card.type = CARD_CHECK;
	SET(r.pg_order_id, "ord_1");
	SET(r.approval_no, "00012345");
	SET(r.tid, "tid-1");
	SET(r.failure_code, "F1");
	SET(r.failure_class, "funds");
	SET(r.failure_message, "한도 초과");
	SET(r.last_call, "call_1");
	return r;
}

static UNUSED struct request added(const char *id, enum request_kind kind)
{
	struct request r = a_request(id, kind);

	assert_int_equal(store_request_add(s, &r), 0);
	return r;
}

static UNUSED void add_merchant(void)
{
	struct merchant m = a_merchant("mer_1");

	assert_int_equal(store_merchant_add(s, &m, key_hash), 0);
}

static UNUSED struct phone number(const char *digits)
{
	struct phone p;

	SET(p.digits, digits);
	return p;
}

/* Collects the ids that an each-function brings. */
static char seen[400];
static int see(const char *id)
{
	size_t len = strlen(seen);

	snprintf(seen + len, sizeof(seen) - len, "%s ", id);
	return 0;
}
static UNUSED int see_request(const struct request *r, void *context UNUSED) { return see(r->id.text); }
static UNUSED int see_call(const struct call_record *c, void *context UNUSED) { return see(c->id.text); }
static UNUSED int see_lease(const char *id, void *context UNUSED) { return see(id); }
static UNUSED int see_merchant(const struct merchant *m, void *context UNUSED) { return see(m->id.text); }
static UNUSED int see_attempt(const struct attempt *a, void *context UNUSED) { return see(a->order_id); }
static UNUSED int see_job(const struct outbox_job *j, void *context UNUSED) { return see(j->ref); }
static UNUSED int see_consent(const struct consent *c, void *context UNUSED) { return see(c->id.text); }
static UNUSED int see_event(const struct event *e, void *context UNUSED) { return see(e->id.text); }

#define assert_seen(call, expected)          \
	do {                                     \
		seen[0] = '\0';                      \
		assert_int_equal((call), 0);         \
		assert_string_equal(seen, expected); \
	} while (0)

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

#endif
