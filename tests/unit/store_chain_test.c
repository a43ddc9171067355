/* The chain of consents in the store: what is written comes back, numbers are taken once, a signature is set once. */
#include "store_fixture.h"

#include "store/consent_chain.h"

static struct consent_link a_link(const char *consent, int64_t number)
{
	static struct consent_link l;
	struct consent c = { .key = '1', .at = { 5 } };

	SET(c.id.text, consent);
	SET(c.request.text, "pay_1");
	SET(c.call.text, "call_1");
	SET(c.kind, "payment");
	assert_int_equal(store_consent_add(s, &c), 0);
	memset(&l, 0, sizeof(l));
	SET(l.consent.text, consent);
	SET(l.merchant.text, "mer_1");
	SET(l.request.text, "pay_1");
	memset(l.record, 'x', CONSENT_RECORD_SIZE - 1);
	l.number = number;
	l.at.ms = 7;
	memset(l.previous, (int)number - 1, sizeof(l.previous));
	memset(l.record_hash, 0xee, sizeof(l.record_hash));
	memset(l.link_hash, (int)number, sizeof(l.link_hash));
	return l;
}

static void add(const char *consent, int64_t number)
{
	struct consent_link l = a_link(consent, number);

	assert_int_equal(store_chain_add(s, &l), 0);
}

static void ground(void)
{
	add_merchant();
	added("pay_1", REQUEST_PAYMENT);
}

static int see_link(const struct consent_link *l, void *context UNUSED) { return see(l->consent.text); }

static void a_link_comes_back_as_it_was(void **state UNUSED)
{
	static struct consent_link l, got;

	ground();
	memset(&got, 0, sizeof(got));
	l = a_link("con_1", 1);
	assert_int_equal(store_chain_add(s, &l), 0);
	assert_int_equal(store_commit(s), 0);
	reopen();
	assert_int_equal(store_chain_get(s, "con_1", &got), 0);
	assert_memory_equal(&got, &l, sizeof(l));
	assert_int_equal(store_chain_at(s, 1, &got), 0);
	assert_memory_equal(&got, &l, sizeof(l));
	assert_int_equal(store_chain_at(s, 2, &got), ERR_NOT_FOUND);
	assert_int_equal(store_chain_get(s, "con_2", &got), ERR_NOT_FOUND);
}

static void a_number_is_taken_once(void **state UNUSED)
{
	struct consent_link l;
	int64_t number = -1;
	uint8_t hash[CONSENT_HASH_SIZE];

	ground();
	assert_int_equal(store_chain_head(s, &number, hash), ERR_NOT_FOUND);
	assert_int_equal(number, -1);
	add("con_1", 1);
	add("con_2", 2);
	l = a_link("con_3", 2);
	assert_int_equal(store_chain_add(s, &l), ERR_EXISTS);
	assert_int_equal(store_chain_head(s, &number, hash), 0);
	assert_int_equal(number, 2);
	assert_int_equal(hash[0], 2);
}

static void a_signature_is_set_once(void **state UNUSED)
{
	struct consent_link l, got;
	int64_t count;

	ground();
	add("con_1", 1);
	add("con_2", 2);
	assert_int_equal(store_chain_unsigned_count(s, &count), 0);
	assert_int_equal(count, 2);
	assert_int_equal(store_chain_at(s, 1, &l), 0);
	SET(l.key, "k");
	memset(l.signature, 9, sizeof(l.signature));
	assert_int_equal(store_chain_sign(s, &l), 0);
	SET(l.key, "other");
	assert_int_equal(store_chain_sign(s, &l), ERR_STATE);
	assert_int_equal(store_chain_at(s, 1, &got), 0);
	assert_string_equal(got.key, "k");
	assert_int_equal(got.signature[63], 9);
	assert_seen(store_chain_unsigned(s, 10, see_link, NULL), "con_2 ");
	assert_int_equal(store_chain_unsigned_count(s, &count), 0);
	assert_int_equal(count, 1);
}

static void lists_are_in_order_and_no_longer_than_asked(void **state UNUSED)
{
	ground();
	add("con_1", 1);
	add("con_2", 2);
	add("con_3", 3);
	assert_seen(store_chain_newest(s, 2, see_link, NULL), "con_3 con_2 ");
	assert_seen(store_chain_unsigned(s, 2, see_link, NULL), "con_1 con_2 ");
}

static void keys_are_kept_by_their_first_word(void **state UNUSED)
{
	char key[SIGN_KEY_SIZE];

	assert_int_equal(store_sign_key_get(s, "k", key), ERR_NOT_FOUND);
	assert_int_equal(store_sign_key_add(s, "k", "PEM", (struct wall){ 1 }), 0);
	assert_int_equal(store_sign_key_add(s, "k", "other", (struct wall){ 2 }), 0);
	assert_int_equal(store_sign_key_get(s, "k", key), 0);
	assert_string_equal(key, "PEM");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_link_comes_back_as_it_was),
		CASE(a_number_is_taken_once),
		CASE(a_signature_is_set_once),
		CASE(lists_are_in_order_and_no_longer_than_asked),
		CASE(keys_are_kept_by_their_first_word),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
