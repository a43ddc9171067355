/* arsd_sms_test.c: text messages from their writing to their receipt: what they may hold, whom they go to next, what a merchant
 * sees of them and may ask for. */
#include "arsd_world.h"

#include <stdio.h>
#include <string.h>

#include "arsd/outbox.h"
#include "arsd/status.h"
#include "arsd/sms.h"
#include "store/sms.h"

static const char phone[] = "01012345678";

static void result_of(struct world *w, int sms, enum uplink_send_status status, const char *provider, const char *provider_id)
{
	struct uplink_sms_result m = { .job = w->sms[sms].u.sms.job, .status = (uint8_t)status, .detail = "so it is" };

	snprintf(m.provider, sizeof(m.provider), "%s", provider);
	snprintf(m.provider_id, sizeof(m.provider_id), "%s", provider_id);
	outbox_sms_result(&w->a, &m);
	world_turn(w);
}

static void receipt(struct world *w, const char *provider, const char *provider_id, enum uplink_receipt_state state)
{
	struct uplink_sms_receipt m = { .receipt = 77, .state = (uint8_t)state, .detail = "DELIVRD err 000" };

	snprintf(m.provider, sizeof(m.provider), "%s", provider);
	snprintf(m.provider_id, sizeof(m.provider_id), "%s", provider_id);
	sms_receipt(&w->a, &m);
	world_turn(w);
}

/* The answer to GET. */
static void look(struct world *w, const char *id)
{
	struct api_msg m = { .type = api_type_registration_get };

	snprintf(m.u.head.id, sizeof(m.u.head.id), "%s", id);
	world_ask(w, &m);
	assert_int_equal(w->answer.status, 200);
}

static void send_again(struct world *w, const char *id, int status, const char *code)
{
	struct api_msg m = { .type = api_type_registration_sms };

	snprintf(m.u.head.id, sizeof(m.u.head.id), "%s", id);
	world_ask(w, &m);
	assert_int_equal(w->answer.status, status);
	assert_string_equal(w->answer.code, code);
}

static void put_template(struct world *w, const char *name, const char *text, int status)
{
	struct api_msg m = { .type = api_type_sms_template_put };

	snprintf(m.u.sms_template_put.name, sizeof(m.u.sms_template_put.name), "%s", name);
	snprintf(m.u.sms_template_put.language, sizeof(m.u.sms_template_put.language), "ko");
	snprintf(m.u.sms_template_put.text, sizeof(m.u.sms_template_put.text), "%s", text);
	world_ask(w, &m);
	assert_int_equal(w->answer.status, status);
}

static void what_a_merchant_sees_follows_the_message(void **state)
{
	struct world *w = world_new("");
	struct request r;

	(void)state;
	w->sms_waits = true;
	r = world_registered_request(w, phone);
	look(w, r.id.text);
	assert_string_equal(world_answered(w, "sms.status"), "waiting");
	assert_string_equal(world_answered(w, "sms.provider"), "");
	result_of(w, 0, UPLINK_SENT, "carrier", "ab12");
	look(w, r.id.text);
	assert_string_equal(world_answered(w, "sms.status"), "sent");
	assert_string_equal(world_answered(w, "sms.provider"), "carrier");
	receipt(w, "carrier", "ab12", UPLINK_RECEIPT_UNDER_WAY);
	look(w, r.id.text);
	assert_string_equal(world_answered(w, "sms.status"), "sent");
	receipt(w, "carrier", "ab12", UPLINK_RECEIPT_DELIVERED);
	receipt(w, "carrier", "ab12", UPLINK_RECEIPT_UNDELIVERED);      /* the first definite word stands */
	world_crash(w);
	look(w, r.id.text);
	assert_string_equal(world_answered(w, "sms.status"), "delivered");
	assert_string_equal(world_answered(w, "sms.detail"), "DELIVRD err 000");
	assert_int_equal(strlen(world_answered(w, "sms.at")), 24);
	world_free(&w);
}

/* The last webhook, which is of this type; a member of its data. */
static const char *told(struct world *w, const char *type, const char *path)
{
	const struct uplink_webhook *h = &w->hooks[w->hook_count - 1].u.webhook;

	assert_true(w->hook_count > 0);
	assert_non_null(memmem(h->body.data, h->body.len, type, strlen(type)));
	memcpy(w->answer.body.data, h->body.data, h->body.len);
	w->answer.body.len = h->body.len;
	return world_answered(w, path);
}

static void each_change_is_an_event(void **state)
{
	struct world *w = world_new("");
	struct uplink_sms_result sent = { .status = UPLINK_SENT, .provider = "second", .provider_id = "ab12", .fallback = 1 };
	struct request r;

	(void)state;
	w->sms_waits = true;
	r = world_registered_request(w, phone);
	sent.job = w->sms[0].u.sms.job;
	assert_int_equal(w->hook_count, 0);
	outbox_sms_result(&w->a, &sent);
	world_turn(w);
	assert_string_equal(told(w, "sms.sent", "data.id"), r.id.text);
	assert_string_equal(told(w, "sms.sent", "data.status"), "sms_sent");
	assert_string_equal(told(w, "sms.sent", "data.message.provider"), "second");
	assert_string_equal(told(w, "sms.sent", "data.message.fallback"), "true");
	assert_string_equal(told(w, "sms.sent", "data.message.template"), "registration");
	receipt(w, "second", "ab12", UPLINK_RECEIPT_UNDER_WAY);
	assert_int_equal(w->hook_count, 1);
	receipt(w, "second", "ab12", UPLINK_RECEIPT_UNDELIVERED);
	assert_string_equal(told(w, "sms.undelivered", "data.message.id"), w->sms[0].u.sms.message_id);
	/* Once each, whatever comes again. */
	receipt(w, "second", "ab12", UPLINK_RECEIPT_DELIVERED);
	outbox_sms_result(&w->a, &sent);
	world_turn(w);
	assert_int_equal(w->hook_count, 2);
	r = world_registered_request(w, "01087654321");
	result_of(w, 1, UPLINK_REFUSED, "first", "");
	assert_int_equal(world_hooks_of(w, "sms.failed"), 1);
	assert_int_equal(world_hooks_of(w, "registration.failed"), 1);
	assert_string_equal(told(w, "sms.failed", "data.status"), "sms_failed");
	world_free(&w);
}

static void every_receipt_is_answered_and_only_its_own_message_knows_of_it(void **state)
{
	struct world *w = world_new("");
	struct request r;

	(void)state;
	w->sms_waits = true;
	r = world_registered_request(w, phone);
	result_of(w, 0, UPLINK_SENT, "carrier", "ab12");
	receipt(w, "carrier", "ab13", UPLINK_RECEIPT_DELIVERED);
	receipt(w, "another", "ab12", UPLINK_RECEIPT_DELIVERED);
	receipt(w, "carrier", "", UPLINK_RECEIPT_DELIVERED);
	receipt(w, "carrier", "ab12", (enum uplink_receipt_state)99);
	assert_int_equal(w->receipts_taken, 4);
	look(w, r.id.text);
	assert_string_equal(world_answered(w, "sms.status"), "sent");
	world_free(&w);
}

/* SMPP promises no order between the answer to a message, which gives its id, and the receipt of that id. */
static void a_receipt_may_come_before_the_answer(void **state)
{
	struct world *w = world_new("");
	struct request r;

	(void)state;
	w->sms_waits = true;
	r = world_registered_request(w, phone);
	receipt(w, "carrier", "ab12", UPLINK_RECEIPT_UNDER_WAY);
	receipt(w, "carrier", "ab12", UPLINK_RECEIPT_DELIVERED);
	receipt(w, "carrier", "ab12", UPLINK_RECEIPT_UNDELIVERED);
	assert_int_equal(w->receipts_taken, 3);
	world_crash(w);
	assert_int_equal(w->sms_count, 2);
	result_of(w, 1, UPLINK_SENT, "carrier", "ab12");
	look(w, r.id.text);
	assert_string_equal(world_answered(w, "sms.status"), "delivered");
	assert_int_equal(world_hooks_of(w, "sms.sent"), 1);
	assert_int_equal(world_hooks_of(w, "sms.delivered"), 1);
	assert_int_equal(world_hooks_of(w, "sms.undelivered"), 0);
	/* It is used up; and one that is older than the message, or than a quarter of an hour, is another's. */
	receipt(w, "carrier", "ab13", UPLINK_RECEIPT_UNDELIVERED);
	world_wait(w, 1000);
	world_registered_request(w, "01087654321");
	result_of(w, 2, UPLINK_SENT, "carrier", "ab13");
	assert_int_equal(world_hooks_of(w, "sms.undelivered"), 0);
	receipt(w, "carrier", "ab14", UPLINK_RECEIPT_DELIVERED);
	world_wait(w, 16 * 60 * 1000);
	assert_int_equal(store_sms_early_take(w->a.store, "carrier", "ab14", &(struct sms_early){ 0 }), ERR_NOT_FOUND);
	world_free(&w);
}

/* Until the outbox has tried again. */
static void next_try(struct world *w)
{
	int before = w->sms_count;

	for (int i = 0; i < 2000 && w->sms_count == before; i++)
		world_wait(w, 100);
	assert_int_equal(w->sms_count, before + 1);
	assert_string_equal(w->sms[before].u.sms.message_id, w->sms[0].u.sms.message_id);
}

static void who_may_have_it_is_asked_three_times_and_then_the_next(void **state)
{
	static const struct { enum uplink_send_status result; const char *provider; const char *first; int skip; } tries[] = {
		{ UPLINK_LATER, "b", "", 0 }, { UPLINK_UNSURE, "a", "a", 0 }, { UPLINK_UNSURE, "a", "a", 0 }, { UPLINK_UNSURE, "a", "a", 1 },
		{ UPLINK_LATER, "b", "a", 1 }, { UPLINK_UNSURE, "b", "b", 0 }, { UPLINK_SENT, "b", "", 0 },
	};
	struct world *w = world_new("");
	struct request r;

	(void)state;
	w->sms_waits = true;
	r = world_registered_request(w, phone);
	assert_string_equal(w->sms[0].u.sms.first, "");
	for (int i = 0; i + 1 < (int)ARRAY_LEN(tries); i++) {
		result_of(w, i, tries[i].result, tries[i].provider, "");
		if (i == 2)
			world_crash(w);                    /* it is remembered */
		next_try(w);
		assert_string_equal(w->sms[i + 1].u.sms.first, tries[i].first);
		assert_int_equal(w->sms[i + 1].u.sms.skip, tries[i].skip);
	}
	result_of(w, (int)ARRAY_LEN(tries) - 1, UPLINK_SENT, "b", "1");
	assert_string_equal(world_request(w, r.id.text).state, "sms_sent");
	world_free(&w);
}

static void ninety_octets_are_an_sms_and_more_are_an_lms_with_a_subject(void **state)
{
	struct world *w = world_new("");
	char text[400] = "{number}";

	(void)state;
	w->sms_waits = true;
	/* The number has 13 octets: 77 more are the most. */
	memset(text + 8, 'x', 77);
	put_template(w, "registration", text, 200);
	world_registered_request(w, phone);
	assert_int_equal(w->sms[0].u.sms.lms, 0);
	assert_string_equal(w->sms[0].u.sms.subject, "");
	text[8 + 77] = 'x';
	put_template(w, "registration", text, 200);
	world_registered_request(w, "01012345679");
	assert_int_equal(w->sms[1].u.sms.lms, 1);
	assert_string_equal(w->sms[1].u.sms.subject, "칼키 서점");
	look(w, world_registered_request(w, "01012345670").id.text);
	assert_string_equal(world_answered(w, "sms.type"), "LMS");
	world_free(&w);
}

static void what_is_too_long_is_refused_and_nothing_stays(void **state)
{
	struct world *w = world_new("sms_long = \"refuse\";");
	struct api_msg *m = world_registration(phone);

	(void)state;
	snprintf(m->u.registration_create.product_name, sizeof(m->u.registration_create.product_name),
	         "아주아주아주아주아주아주아주아주아주아주 긴 이름");
	world_ask(w, m);
	assert_int_equal(w->answer.status, 422);
	assert_string_equal(w->answer.code, "sms_too_long");
	assert_string_equal(w->answer.field, "/product_name");
	assert_int_equal(w->a.live_requests, 0);
	assert_int_equal(w->sms_count, 0);
	world_free(&w);
}

static void characters_that_a_telephone_has_not_are_replaced_or_refused(void **state)
{
	struct world *w = world_new("");
	struct api_msg *m = world_registration(phone);

	(void)state;
	snprintf(m->u.registration_create.product_name, sizeof(m->u.registration_create.product_name), "똠얌꿍 ₩😀");
	world_ask(w, m);
	assert_int_equal(w->answer.status, 201);
	assert_non_null(strstr(w->sms[0].u.sms.text, "?얌꿍 ￦?"));
	assert_string_equal(world_answered(w, "product_name"), "똠얌꿍 ₩😀");
	world_free(&w);
	w = world_new("sms_others = \"refuse\";");
	m = world_registration(phone);
	snprintf(m->u.registration_create.product_name, sizeof(m->u.registration_create.product_name), "똠얌꿍");
	world_ask(w, m);
	assert_int_equal(w->answer.status, 422);
	assert_string_equal(w->answer.code, "sms_character");
	assert_non_null(strstr(w->answer.detail, "똠"));
	assert_int_equal(w->sms_count, 0);
	put_template(w, "registration", "😀 {number}", 422);
	world_free(&w);
	w = world_new("sms_others = \"refuse\"; sms_charset = \"cp949\";");
	m = world_registration(phone);
	snprintf(m->u.registration_create.product_name, sizeof(m->u.registration_create.product_name), "똠얌꿍");
	world_ask(w, m);
	assert_int_equal(w->answer.status, 201);
	world_free(&w);
}

static void a_merchant_has_texts_of_its_own_in_each_language(void **state)
{
	struct world *w = world_new("");
	struct api_msg *m;

	(void)state;
	put_template(w, "registration", "{merchant}: {number}, {minutes}분", 200);
	assert_string_equal(world_answered(w, "text"), "{merchant}: {number}, {minutes}분");
	world_crash(w);
	world_registered_request(w, phone);
	assert_memory_equal(w->sms[0].u.sms.text, "칼키 서점: 0", 14);
	assert_null(strstr(w->sms[0].u.sms.text, "등록"));
	m = world_registration("01012345679");
	snprintf(m->u.registration_create.language, sizeof(m->u.registration_create.language), "en");
	world_ask(w, m);
	assert_non_null(strstr(w->sms[1].u.sms.text, "please call"));
	put_template(w, "registration", "", 200);            /* back to the appliance's */
	world_registered_request(w, "01012345670");
	assert_non_null(strstr(w->sms[2].u.sms.text, "등록"));
	put_template(w, "registration", "no number", 422);
	assert_string_equal(w->answer.field, "/text");
	put_template(w, "registration", "{number} {amount}", 422);
	put_template(w, "payment.ok", "{amount} {approval}", 200);
	put_template(w, "payment.call_again", "{amount}", 422);
	put_template(w, "payments", "{number}", 422);
	assert_string_equal(w->answer.field, "/name");
	world_free(&w);
}

static void a_message_is_sent_again_within_limits(void **state)
{
	struct world *w = world_new("request_ttl_s = 3600;");
	struct request r;

	(void)state;
	w->sms_waits = true;
	r = world_registered_request(w, phone);
	send_again(w, r.id.text, 429, "sms_too_soon");
	result_of(w, 0, UPLINK_SENT, "a", "1");
	send_again(w, r.id.text, 429, "sms_too_soon");
	assert_true(w->answer.retry_after_s > 25 && w->answer.retry_after_s <= 30);
	for (int i = 1; i < 5; i++) {
		world_wait(w, 30000);
		send_again(w, r.id.text, 202, "");
		assert_string_equal(world_answered(w, "sms.status"), "waiting");
		assert_int_equal(w->sms_count, i + 1);
		assert_string_not_equal(w->sms[i].u.sms.message_id, w->sms[i - 1].u.sms.message_id);
		result_of(w, i, i == 2 ? UPLINK_REFUSED : UPLINK_SENT, "a", "2");
		assert_string_equal(world_request(w, r.id.text).state, "sms_sent");      /* a refused repeat ends nothing */
	}
	world_wait(w, 30000);
	send_again(w, r.id.text, 429, "sms_limit");
	send_again(w, "reg_01ARZ3NDEKTSV4RRFFQ69G5FAV", 404, "not_found");
	world_call(w, 9, phone, r.virtual_number.digits);
	world_played(w, 9);
	send_again(w, r.id.text, 409, "sms_not_awaited");
	world_free(&w);
}

static void a_request_that_asked_for_no_sms_may_have_one_later(void **state)
{
	struct world *w = world_new("");
	struct api_msg *m = world_registration(phone);
	char id[ID_SIZE];

	(void)state;
	snprintf(m->u.registration_create.sms, sizeof(m->u.registration_create.sms), "skip");
	world_ask(w, m);
	assert_string_equal(world_answered(w, "sms"), "");
	snprintf(id, sizeof(id), "%s", world_answered(w, "id"));
	send_again(w, id, 202, "");
	assert_int_equal(w->sms_count, 1);
	look(w, id);
	assert_string_equal(world_answered(w, "sms.status"), "sent");
	world_free(&w);
}

/* Until the same provider takes one as its settings say. */
static void a_provider_whose_answers_are_not_as_set_is_shown(void **state)
{
	static const struct { const char *provider; uint16_t odd_status; const char *shown; } rows[] = {
		{ "main", 0, "" }, { "main", 202, "main" }, { "other", 0, "main" }, { "other", 204, "other" }, { "main", 0, "other" }, { "other", 0, "" },
	};
	struct world *w = world_new("");

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct uplink_sms_result m = { .status = UPLINK_SENT, .odd_status = rows[i].odd_status };
		json_t *all, *odd;

		snprintf(m.provider, sizeof(m.provider), "%s", rows[i].provider);
		outbox_sms_result(&w->a, &m);
		all = status_all(&w->a);
		odd = json_object_get(all, "sms_odd");
		if (rows[i].shown[0] == '\0') {
			assert_true(json_is_null(odd));
		} else {
			assert_string_equal(json_string_value(json_object_get(odd, "provider")), rows[i].shown);
			assert_true(json_integer_value(json_object_get(odd, "status")) >= 202);
		}
		json_decref(all);
	}
	world_free(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_merchant_sees_follows_the_message),
		cmocka_unit_test(each_change_is_an_event),
		cmocka_unit_test(every_receipt_is_answered_and_only_its_own_message_knows_of_it),
		cmocka_unit_test(a_receipt_may_come_before_the_answer),
		cmocka_unit_test(who_may_have_it_is_asked_three_times_and_then_the_next),
		cmocka_unit_test(ninety_octets_are_an_sms_and_more_are_an_lms_with_a_subject),
		cmocka_unit_test(what_is_too_long_is_refused_and_nothing_stays),
		cmocka_unit_test(characters_that_a_telephone_has_not_are_replaced_or_refused),
		cmocka_unit_test(a_merchant_has_texts_of_its_own_in_each_language),
		cmocka_unit_test(a_message_is_sent_again_within_limits),
		cmocka_unit_test(a_request_that_asked_for_no_sms_may_have_one_later),
		cmocka_unit_test(a_provider_whose_answers_are_not_as_set_is_shown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
