/* Texts that repeat a customer's number: consents and their records, events, answers kept for repeats, webhooks. Sealed when they are added,
 * or by the job, row by row; what they say stays the same, to the octet. */
#include "store_fixture.h"
#include "store_raw.h"
#include "store/consent_chain.h"
#include "store/lists.h"

static const uint8_t key_one[COLUMNS_KEY_SIZE] = { 1 }, key_two[COLUMNS_KEY_SIZE] = { 2 }, body_hash[32] = { 4 };
static const char told[] = "{\"phone\":\"01098765400\"}";
static struct consent_link one, got;
static struct event event;
static struct outbox_job job_of;

/* As long as a record may be, with a number at its end. */
static void fill_record(char record[CONSENT_RECORD_SIZE])
{
	memset(record, 'r', CONSENT_RECORD_SIZE);
	snprintf(record + CONSENT_RECORD_SIZE - 12, 12, "01098765400");
}

static void add_consent(int i)
{
	struct consent c = { .key = '1', .at = { 5 } };

	snprintf(c.id.text, sizeof(c.id.text), "con_%d", i);
	SET(c.request.text, "reg_1");
	SET(c.kind, "registration");
	c.caller = number("01098765400");
	assert_int_equal(store_consent_add(s, &c), 0);
	memset(&one, 0, sizeof(one));
	one.consent = c.id;
	one.number = i;
	SET(one.merchant.text, "mer_1");
	SET(one.request.text, "reg_1");
	fill_record(one.record);
	one.record_hash[0] = 9;
	assert_int_equal(store_chain_add(s, &one), 0);
}

static void add_event(int i)
{
	memset(&event, 0, sizeof(event));
	snprintf(event.id.text, sizeof(event.id.text), "evt_%d", i);
	SET(event.merchant.text, "mer_1");
	SET(event.type, "payment.approved");
	SET(event.body, told);
	assert_int_equal(store_event_add(s, &event), 0);
}

/* expires_ms: several may end at once. */
static void add_answer(int i, int64_t expires_ms)
{
	char key[300];

	snprintf(key, sizeof(key), "%0*d", 250, i);
	assert_int_equal(store_idempotency_add(s, "mer_1", "POST /v1/registrations", key, body_hash, 201, told, (struct wall){ expires_ms }), 0);
}

static int answer(int i, char body[100])
{
	char key[300];
	uint16_t status;
	bool same = false;
	int e;

	snprintf(key, sizeof(key), "%0*d", 250, i);
	e = store_idempotency_find(s, "mer_1", "POST /v1/registrations", key, body_hash, &same, &status, body, 100);
	assert_true(e < 0 || (same && status == 201));
	return e;
}

/* As a version before 0042 left it. */
static void add_webhook(int i)
{
	memset(&job_of, 0, sizeof(job_of));
	SET(job_of.kind, "webhook");
	snprintf(job_of.ref, sizeof(job_of.ref), "evt_%d.1", i);
	SET(job_of.to, "https://merchant.example/hook");
	SET(job_of.body, told);
	SET(job_of.state, "waiting");
	assert_int_equal(store_outbox_add(s, &job_of), 0);
}

enum { EACH = 4 };

static void add_all(void)
{
	add_merchant();
	added("reg_1", REQUEST_REGISTRATION);
	for (int i = 1; i <= EACH; i++) {
		add_consent(i);
		add_event(i);
		add_answer(i, i < EACH ? 7000 : 8000);
	}
	assert_int_equal(store_commit(s), 0);
}

static int see_caller(const struct consent *c, void *context UNUSED)
{
	assert_string_equal(c->caller.digits, "01098765400");
	return see(c->id.text);
}

static void judge_all(void)
{
	static char record[CONSENT_RECORD_SIZE];
	char body[100], id[ID_SIZE];

	fill_record(record);
	seen[0] = '\0';
	assert_int_equal(store_consents_of(s, "reg_1", see_caller, NULL), 0);
	assert_string_equal(seen, "con_1 con_2 con_3 con_4 ");
	for (int i = 1; i <= EACH; i++) {
		assert_int_equal(store_chain_at(s, i, &got), 0);
		assert_memory_equal(got.record, record, sizeof(record));
		assert_int_equal(got.record_hash[0], 9);
		snprintf(id, sizeof(id), "evt_%d", i);
		assert_int_equal(list_event_get(s, id, &event), 0);
		assert_string_equal(event.body, told);
		assert_int_equal(answer(i, body), 0);
		assert_string_equal(body, told);
	}
}

static bool number_on_disk(void)
{
	return on_disk("01098765400");
}

static void texts_are_sealed_and_come_back(void **state UNUSED)
{
	with_key(key_one);
	add_all();
	assert_false(number_on_disk());
	judge_all();
}

static void texts_of_before_are_the_same_at_every_turn(void **state UNUSED)
{
	int turns = 0;

	add_all();
	for (int i = 1; i <= EACH; i++)
		add_webhook(i);
	assert_int_equal(store_commit(s), 0);
	assert_true(number_on_disk());
	with_key(key_one);
	for (; columns_renew(s, 1) > 0; turns++) {
		assert_int_equal(store_commit(s), 0);
		reopen();
		assert_int_equal(columns_use(s, 1, key_one, key_one), 0);
		judge_all();
	}
	assert_true(turns > 4 * EACH);
	assert_true(job().done);
	assert_string_equal(raw("SELECT COUNT(*) FROM idempotency WHERE body NOT LIKE 'sealed/1/1/%'"), "0");
	assert_string_equal(raw("SELECT COUNT(*) FROM outbox WHERE body <> ''"), "0");
	assert_int_equal(columns_end_log(s), 0);
	assert_false(number_on_disk());
	with_key(key_two);
	run_job();
	judge_all();
	assert_string_equal(raw("SELECT group_concat(id) FROM column_keys"), "2");
}

static void without_the_key_nothing_is_made_up(void **state UNUSED)
{
	char body[100] = "untouched";

	with_key(key_one);
	add_all();
	reopen();
	assert_int_equal(store_chain_at(s, 1, &got), 0);
	assert_string_equal(got.record, "");
	assert_int_equal(got.record_hash[0], 9);
	assert_int_equal(list_event_get(s, "evt_1", &event), 0);
	assert_string_equal(event.body, "");
	assert_int_equal(answer(1, body), ERR_STATE);
	assert_string_equal(body, "untouched");
	assert_int_equal(answer(9, body), ERR_NOT_FOUND);
	/* A signature comes all the same. */
	SET(got.key, "signer");
	assert_int_equal(store_chain_sign(s, &got), 0);
	assert_int_equal(store_commit(s), 0);
	assert_int_equal(columns_use(s, 1, key_one, key_one), 0);
	judge_all();
}

/* Two answers may be kept under keys that begin alike for longer than any name: each opens in its own place alone. */
static void an_answer_does_not_open_under_another_key(void **state UNUSED)
{
	char body[100];

	with_key(key_one);
	add_all();
	change("UPDATE idempotency SET body = (SELECT body FROM idempotency WHERE idempotency_key LIKE '%1') WHERE idempotency_key LIKE '%2'");
	assert_int_equal(answer(1, body), 0);
	assert_int_equal(answer(2, body), ERR_STATE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(texts_are_sealed_and_come_back),
		CASE(texts_of_before_are_the_same_at_every_turn),
		CASE(without_the_key_nothing_is_made_up),
		CASE(an_answer_does_not_open_under_another_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
