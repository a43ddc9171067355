/* Consents and their evidence: recorded in the commit of the consent, chained over all merchants, signed afterwards, whatever
 * dies in between. */
#include "arsd_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arsd/consents.h"
#include "evidence/evidence.h"

static const char phone[] = "01012345678";
enum { CALL = 100 };

static struct consent_link link_at(struct world *w, int64_t number)
{
	struct consent_link l;

	assert_int_equal(store_chain_at(w->a.store, number, &l), 0);
	return l;
}

static void get(struct world *w, enum api_type type, const char *id)
{
	static struct api_msg m;

	memset(&m, 0, sizeof(m));
	m.type = type;
	snprintf(m.u.head.id, sizeof(m.u.head.id), "%s", id);
	world_ask(w, &m);
}

/* A registration (consent 1, whose caller kept silent about nothing) and a payment agreed to (consent 2). */
static struct request paid(struct world *w)
{
	struct id key = world_billing_key(w, phone, "1234", CARD_CHECK);
	struct request r;

	world_wait(w, 6000);
	world_ask(w, world_payment(key.text, "order-000001", 53000));
	assert_int_equal(w->answer.status, 201);
	r = world_request(w, world_answered(w, "id"));
	world_call(w, CALL, phone, r.virtual_number.digits);
	world_played(w, CALL);
	world_press(w, CALL, '1');
	world_pg(w, world_ok(""));
	world_hang_up(w, CALL);
	return r;
}

static const char *member(const json_t *o, const char *path)
{
	char name[64], *save = NULL;

	snprintf(name, sizeof(name), "%s", path);
	for (char *part = strtok_r(name, ".", &save); part != NULL; part = strtok_r(NULL, ".", &save))
		o = json_object_get(o, part);
	return json_is_string(o) ? json_string_value(o) : "";
}

static const json_t *prompt_of(const json_t *record, const char *id)
{
	const json_t *list = json_object_get(record, "prompts");

	for (size_t i = 0; i < json_array_size(list); i++)
		if (strcmp(member(json_array_get(list, i), "id"), id) == 0)
			return json_array_get(list, i);
	return NULL;
}

static void a_record_holds_what_was_said_and_agreed_to(void **state)
{
	struct world *w = world_new("lease_quarantine_s = 0;");
	struct request r = paid(w);
	struct consent_link l = link_at(w, 2);
	json_t *o = json_loads(l.record, JSON_REJECT_DUPLICATES, NULL);

	(void)state;
	assert_non_null(o);
	assert_string_equal(member(o, "format"), "callkey-consent/1");
	assert_string_equal(member(o, "id"), l.consent.text);
	assert_string_equal(member(o, "consent.to"), "payment");
	assert_string_equal(member(o, "consent.key"), "1");
	assert_true(strlen(member(o, "consent.at")) > 0);
	assert_string_equal(member(o, "request.id"), r.id.text);
	assert_string_equal(member(o, "request.order_id"), "order-000001");
	assert_string_equal(member(o, "request.merchant_name"), "칼키 서점");
	assert_string_equal(member(o, "request.product_name"), "책 한 권");
	assert_int_equal(json_integer_value(json_object_get(json_object_get(json_object_get(o, "request"), "amount"), "total")), 53000);
	assert_string_equal(member(o, "call.called"), r.virtual_number.digits);
	assert_string_equal(member(o, "call.caller"), phone);
	assert_string_equal(member(o, "call.screening"), "network");
	assert_true(strlen(member(o, "call.answered_at")) > 0);
	assert_int_equal(strlen(member(o, "scenario.sha256")), 64);
	assert_string_equal(member(o, "language"), "ko");
	assert_string_equal(member(o, "speed"), "normal");
	assert_non_null(strstr(member(o, "played"), "pay.asks"));
	assert_non_null(strstr(member(o, "software"), "callkey "));
	/* Every prompt that was played, in words. */
	assert_non_null(prompt_of(o, "pay.asks"));
	assert_string_equal(member(prompt_of(o, r.speech_product), "text"), "책 한 권");
	for (size_t i = 0; i < json_array_size(json_object_get(o, "prompts")); i++)
		assert_true(strlen(member(json_array_get(json_object_get(o, "prompts"), i), "text")) > 0);
	json_decref(o);
	world_free(&w);
}

/* One registration and one more merchant's payment: the chain is the appliance's. */
static void records_are_chained_and_signed_after(void **state)
{
	static const uint8_t none[CONSENT_HASH_SIZE];
	struct world *w = world_new("lease_quarantine_s = 0;");
	struct request r = paid(w);
	struct consent_link first = link_at(w, 1), second = link_at(w, 2);

	(void)state;
	assert_memory_equal(first.previous, none, sizeof(none));
	assert_memory_equal(second.previous, first.link_hash, sizeof(none));
	assert_string_equal(first.key, "");
	get(w, api_type_consent_get, second.consent.text);
	assert_string_equal(world_answered(w, "status"), "unsigned");
	get(w, api_type_consent_bundle, second.consent.text);
	assert_int_equal(w->answer.status, 409);
	assert_string_equal(w->answer.code, "consent_unsigned");
	world_wait(w, 1100);
	assert_int_equal(w->a.metrics.value[M_CONSENTS_UNSIGNED], 2);
	world_sign(w, 2);
	world_sign(w, 1);
	world_wait(w, 1100);
	assert_int_equal(w->a.metrics.value[M_CONSENTS_UNSIGNED], 0);
	get(w, api_type_consent_get, second.consent.text);
	assert_string_equal(world_answered(w, "status"), "signed");
	assert_string_equal(world_answered(w, "record.request.id"), r.id.text);
	get(w, api_type_consents_of, r.id.text);
	assert_int_equal(w->answer.status, 200);
	assert_non_null(memmem(w->answer.body.data, w->answer.body.len, second.consent.text, strlen(second.consent.text)));
	assert_null(memmem(w->answer.body.data, w->answer.body.len, first.consent.text, strlen(first.consent.text)));
	world_free(&w);
}

static void check_bundle(struct world *w, int64_t number, size_t after)
{
	struct consent_link l = link_at(w, number);
	const char *const trusted[] = { l.key };
	struct evidence_proof proof;
	char why[EVIDENCE_WHY_SIZE] = "";

	get(w, api_type_consent_bundle, l.consent.text);
	assert_int_equal(w->answer.status, 200);
	if (evidence_bundle_check((const char *)w->answer.body.data, w->answer.body.len, trusted, 1, &proof, why) < 0)
		fail_msg("%s", why);
	assert_int_equal(proof.number, number);
	assert_int_equal(proof.after_count, after);
	assert_string_equal(member(proof.record, "id"), l.consent.text);
	json_decref(proof.record);
}

static void bundles_prove_records_within_the_chain(void **state)
{
	struct world *w = world_new("lease_quarantine_s = 0;");

	(void)state;
	paid(w);
	world_sign(w, 1);
	check_bundle(w, 1, 0);
	world_sign(w, 2);
	check_bundle(w, 1, 1);
	check_bundle(w, 2, 0);
	world_free(&w);
}

static void another_merchants_consents_are_not_found(void **state)
{
	struct world *w = world_new("lease_quarantine_s = 0;");
	struct request r = paid(w);
	struct consent_link l = link_at(w, 2);
	const enum api_type asks[] = { api_type_consent_get, api_type_consent_bundle, api_type_consents_of };

	(void)state;
	world_sign(w, 1);
	world_sign(w, 2);
	world_merchant(w, "");
	for (size_t i = 0; i < ARRAY_LEN(asks); i++) {
		get(w, asks[i], asks[i] == api_type_consents_of ? r.id.text : l.consent.text);
		assert_int_equal(w->answer.status, 404);
	}
	world_free(&w);
}

/* Whatever dies between a consent and its signature: it is asked for again, and nothing waits. */
static void an_outstanding_signature_is_asked_for_again(void **state)
{
	struct world *w = world_new("lease_quarantine_s = 0;");
	struct consent_link l;
	int asked;

	(void)state;
	paid(w);
	assert_string_equal(link_at(w, 2).key, "");
	world_crash(w);
	memset(w->sign, 0, sizeof(w->sign));
	world_wait(w, 1100);
	l = link_at(w, 2);
	assert_int_equal(w->sign[2].req, 2);
	assert_memory_equal(w->sign[2].hash.data, l.link_hash, sizeof(l.link_hash));
	/* No answer: again, and not at every tick. */
	asked = w->sign_count;
	world_wait(w, 3500);
	assert_int_equal(w->sign_count, asked);
	world_wait(w, 2500);
	assert_int_equal(w->sign_count, asked + 2);
	/* Without keystored nobody is asked; as soon as it is back, it is. */
	arsd_neighbour_down(&w->a, NEIGHBOUR_KEYSTORED);
	world_wait(w, 12000);
	assert_int_equal(w->sign_count, asked + 2);
	arsd_neighbour_up(&w->a, NEIGHBOUR_KEYSTORED);
	world_wait(w, 200);
	assert_int_equal(w->sign_count, asked + 4);
	world_sign(w, 1);
	world_sign(w, 2);
	world_wait(w, 12000);
	assert_int_equal(w->sign_count, asked + 4);
	world_free(&w);
}

/* What does not fit is not kept, and does not end the asking. */
static void a_signature_that_does_not_fit_is_no_signature(void **state)
{
	struct world *w = world_new("lease_quarantine_s = 0;");
	static const uint8_t seed[CRYPTO_SEED_SIZE] = { 4 };
	struct vault_signature m = { .req = 2, .bytes.len = VAULT_SIGNATURE_SIZE };

	(void)state;
	paid(w);
	assert_int_equal(sign_public(seed, m.public_key, m.key), 0);
	assert_int_equal(sign_hash(seed, "other", w->sign[2].hash.data, m.bytes.data), 0);
	consents_signature(&w->a, &m);
	assert_int_equal(sign_hash(seed, "consent", w->sign[1].hash.data, m.bytes.data), 0);
	consents_signature(&w->a, &m);
	m.status = VAULT_REFUSED;
	consents_signature(&w->a, &m);
	m = (struct vault_signature){ .req = 99, .status = VAULT_OK };
	consents_signature(&w->a, &m);
	world_turn(w);
	assert_string_equal(link_at(w, 2).key, "");
	world_sign(w, 2);
	assert_true(link_at(w, 2).key[0] != '\0');
	/* A second one changes nothing. */
	m = (struct vault_signature){ .req = 2, .bytes.len = VAULT_SIGNATURE_SIZE };
	assert_int_equal(sign_public(seed, m.public_key, m.key), 0);
	assert_int_equal(sign_hash(seed, "consent", w->sign[2].hash.data, m.bytes.data), 0);
	consents_signature(&w->a, &m);
	world_turn(w);
	assert_string_not_equal(link_at(w, 2).key, m.key);
	world_free(&w);
}

/* A turn that is not committed leaves no hole in the chain. */
static void a_lost_turn_leaves_no_number_behind(void **state)
{
	struct world *w = world_new("lease_quarantine_s = 0;");
	struct id key = world_billing_key(w, phone, "1234", CARD_CHECK);
	struct request r;
	int64_t number;
	uint8_t hash[CONSENT_HASH_SIZE];

	(void)state;
	world_wait(w, 6000);
	world_ask(w, world_payment(key.text, "order-000001", 53000));
	r = world_request(w, world_answered(w, "id"));
	world_call(w, CALL, phone, r.virtual_number.digits);
	world_played(w, CALL);
	w->lost = true;
	world_press(w, CALL, '1');
	world_crash(w);
	assert_int_equal(store_chain_head(w->a.store, &number, hash), 0);
	assert_int_equal(number, 1);
	world_free(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_record_holds_what_was_said_and_agreed_to),
		cmocka_unit_test(records_are_chained_and_signed_after),
		cmocka_unit_test(bundles_prove_records_within_the_chain),
		cmocka_unit_test(another_merchants_consents_are_not_found),
		cmocka_unit_test(an_outstanding_signature_is_asked_for_again),
		cmocka_unit_test(a_signature_that_does_not_fit_is_no_signature),
		cmocka_unit_test(a_lost_turn_leaves_no_number_behind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
