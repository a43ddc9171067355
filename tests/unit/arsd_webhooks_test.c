/* Endpoints: who is told what, with which secrets, and what is told again. */
#include "arsd_world.h"

#include <stdio.h>
#include <string.h>

#include "arsd/api.h"
#include "arsd/outbox.h"
#include "arsd/webhooks.h"

static const char phone[] = "01012345678";
static struct api_msg ask;

static struct api_msg *blank(enum api_type type, const char *id)
{
	memset(&ask, 0, sizeof(ask));
	ask.type = type;
	snprintf(ask.u.head.id, sizeof(ask.u.head.id), "%s", id);
	return &ask;
}

/* Makes an endpoint; its id, and its secret if secret is given. */
static void make(struct world *w, const char *url, const char *events, char id[ID_SIZE], char secret[96])
{
	blank(api_type_webhook_create, "");
	snprintf(ask.u.webhook_create.url, sizeof(ask.u.webhook_create.url), "%s", url);
	snprintf(ask.u.webhook_create.events, sizeof(ask.u.webhook_create.events), "%s", events);
	ask.u.webhook_create.enabled = 1;
	world_ask(w, &ask);
	assert_int_equal(w->answer.status, 201);
	snprintf(id, ID_SIZE, "%s", world_answered(w, "id"));
	if (secret != NULL)
		snprintf(secret, 96, "%s", world_answered(w, "secret"));
}

/* A registration that the customer refuses: one event, registration.refused. */
static void fail_one(struct world *w)
{
	static uint64_t call = 500;
	struct request r = world_registered_request(w, phone);

	call++;
	world_call(w, call, phone, r.virtual_number.digits);
	world_played(w, call);
	world_press(w, call, '2');
	assert_string_equal(world_request(w, r.id.text).state, "refused");
}

static const struct uplink_webhook *last_to(const struct world *w, const char *url)
{
	for (int i = w->hook_count; i-- > 0;)
		if (strcmp(w->hooks[i].u.webhook.url, url) == 0)
			return &w->hooks[i].u.webhook;
	return NULL;
}

static int count_to(const struct world *w, const char *url)
{
	int n = 0;

	for (int i = 0; i < w->hook_count; i++)
		n += strcmp(w->hooks[i].u.webhook.url, url) == 0;
	return n;
}

static void a_filter_is_a_list_of_types_and_beginnings(void **state)
{
	(void)state;
	assert_true(webhooks_wants("", "payment.approved"));
	assert_true(webhooks_wants("payment.approved", "payment.approved"));
	assert_true(webhooks_wants("registration.failed,payment.*", "payment.approved"));
	assert_false(webhooks_wants("payment.approve", "payment.approved"));
	assert_false(webhooks_wants("payment.approved.x", "payment.approved"));
	assert_false(webhooks_wants("billing_key.*,registration.failed", "payment.approved"));
	assert_false(webhooks_wants("payment.*", "payments"));
}

static void each_endpoint_is_told_what_it_wants_under_one_id(void **state)
{
	struct world *w = world_new("");
	char all[ID_SIZE], failed[ID_SIZE], paid[ID_SIZE], off[ID_SIZE];

	(void)state;
	w->sms_waits = true;                       /* no event of it */
	make(w, "https://a.example/all", "", all, NULL);
	make(w, "https://a.example/failed", "registration.refused", failed, NULL);
	make(w, "https://a.example/paid", "payment.*", paid, NULL);
	make(w, "https://a.example/off", "", off, NULL);
	blank(api_type_webhook_update, off)->u.webhook_update.has_enabled = 1;
	world_ask(w, &ask);
	assert_string_equal(world_answered(w, "enabled"), "false");
	fail_one(w);
	assert_int_equal(w->hook_count, 3);
	assert_int_equal(count_to(w, "https://shop.example/hook"), 1);
	assert_non_null(last_to(w, "https://a.example/all"));
	assert_non_null(last_to(w, "https://a.example/failed"));
	assert_string_equal(w->hooks[0].u.webhook.event_id, w->hooks[2].u.webhook.event_id);
	assert_string_not_equal(w->hooks[0].u.webhook.secret, w->hooks[1].u.webhook.secret);
	blank(api_type_deliveries_list, w->hooks[0].u.webhook.event_id);
	world_ask(w, &ask);
	assert_int_equal(w->answer.status, 200);
	json_t *o = json_loadb((const char *)w->answer.body.data, w->answer.body.len, 0, NULL);
	assert_int_equal(json_array_size(json_object_get(o, "items")), 3);
	json_decref(o);
	world_free(&w);
}

static void two_secrets_sign_until_the_old_one_ends(void **state)
{
	struct world *w = world_new("");
	char id[ID_SIZE], secret[96], new_secret[96];
	const char *url = "https://a.example/x";

	(void)state;
	make(w, url, "", id, secret);
	fail_one(w);
	assert_string_equal(last_to(w, url)->secret, secret);
	assert_string_equal(last_to(w, url)->secret_before, "");
	blank(api_type_webhook_rotate, id)->u.webhook_rotate.overlap_s = 60;
	world_ask(w, &ask);
	assert_int_equal(w->answer.status, 200);
	snprintf(new_secret, sizeof(new_secret), "%s", world_answered(w, "secret"));
	assert_string_not_equal(new_secret, secret);
	fail_one(w);
	assert_string_equal(last_to(w, url)->secret, new_secret);
	assert_string_equal(last_to(w, url)->secret_before, secret);
	world_wait(w, 61000);
	fail_one(w);
	assert_string_equal(last_to(w, url)->secret, new_secret);
	assert_string_equal(last_to(w, url)->secret_before, "");
	blank(api_type_webhook_get, id);
	world_ask(w, &ask);
	assert_string_equal(world_answered(w, "secret"), "");
	assert_string_equal(world_answered(w, "old_secret_until"), "");
	world_free(&w);
}

static void what_waits_follows_the_address_and_ends_with_its_endpoint(void **state)
{
	struct world *w = world_new("");
	char id[ID_SIZE], event[ID_SIZE];
	uint64_t job;

	(void)state;
	make(w, "https://a.example/old", "registration.refused", id, NULL);
	w->webhook_waits = true;
	fail_one(w);
	job = w->hooks[w->hook_count - 1].u.webhook.job;
	snprintf(event, sizeof(event), "%s", last_to(w, "https://a.example/old")->event_id);
	outbox_webhook_result(&w->a, &(struct uplink_webhook_result){ .job = job, .status = UPLINK_LATER, .http_status = 503 });
	world_turn(w);
	snprintf(blank(api_type_webhook_update, id)->u.webhook_update.url, 512, "https://a.example/new");
	world_ask(w, &ask);
	assert_string_equal(world_answered(w, "url"), "https://a.example/new");
	world_wait(w, 2000);
	assert_int_equal(count_to(w, "https://a.example/new"), 1);
	assert_string_equal(last_to(w, "https://a.example/new")->event_id, event);
	outbox_webhook_result(&w->a, &(struct uplink_webhook_result){ .job = job, .status = UPLINK_LATER, .http_status = 503 });
	world_turn(w);
	world_ask(w, blank(api_type_webhook_delete, id));
	assert_string_equal(world_answered(w, "deleted"), "true");
	world_wait(w, 60000);
	assert_int_equal(count_to(w, "https://a.example/new"), 1);
	world_ask(w, blank(api_type_webhook_get, id));
	assert_int_equal(w->answer.status, 404);
	world_free(&w);
}

static void an_event_is_told_again_one_by_one_and_by_range(void **state)
{
	struct world *w = world_new("");
	char id[ID_SIZE], event[ID_SIZE];
	int64_t before_last;

	(void)state;
	w->sms_waits = true;                       /* no event of it */
	make(w, "https://a.example/x", "", id, NULL);
	fail_one(w);
	world_wait(w, 1000);
	before_last = w->a.wall.ms;
	world_wait(w, 1000);
	fail_one(w);
	snprintf(event, sizeof(event), "%s", last_to(w, "https://a.example/x")->event_id);
	w->hook_count = 0;
	snprintf(blank(api_type_event_redeliver, event)->u.event_redeliver.webhook_endpoint, ID_SIZE, "%s", id);
	world_ask(w, &ask);
	assert_int_equal(w->answer.status, 202);
	assert_string_equal(world_answered(w, "count"), "1");
	assert_int_equal(w->hook_count, 1);
	assert_string_equal(w->hooks[0].u.webhook.event_id, event);
	world_ask(w, blank(api_type_event_redeliver, event));
	assert_string_equal(world_answered(w, "count"), "2");      /* the merchant's first endpoint too */
	blank(api_type_webhook_redeliver, id)->u.webhook_redeliver.created_before = before_last;
	world_ask(w, &ask);
	assert_string_equal(world_answered(w, "count"), "1");
	assert_string_not_equal(w->hooks[w->hook_count - 1].u.webhook.event_id, event);
	blank(api_type_webhook_redeliver, id)->u.webhook_redeliver.failed_only = 1;
	world_ask(w, &ask);
	assert_string_equal(world_answered(w, "count"), "0");
	world_ask(w, blank(api_type_webhook_redeliver, id));
	assert_string_equal(world_answered(w, "count"), "2");
	world_free(&w);
}

static void a_test_event_goes_to_its_endpoint_alone(void **state)
{
	struct world *w = world_new("");
	char id[ID_SIZE];

	(void)state;
	make(w, "https://a.example/x", "payment.approved", id, NULL);
	world_ask(w, blank(api_type_webhook_test, id));
	assert_int_equal(w->answer.status, 201);
	assert_string_equal(world_answered(w, "type"), "webhook.test");
	assert_int_equal(w->hook_count, 1);
	assert_string_equal(w->hooks[0].u.webhook.url, "https://a.example/x");
	blank(api_type_webhook_update, id)->u.webhook_update.has_enabled = 1;
	world_ask(w, &ask);
	world_ask(w, blank(api_type_webhook_test, id));
	assert_int_equal(w->answer.status, 409);
	assert_string_equal(w->answer.code, "endpoint_disabled");
	world_free(&w);
}

static void another_merchants_endpoint_is_not_there(void **state)
{
	static const enum api_type types[] = {
		api_type_webhook_get, api_type_webhook_update, api_type_webhook_delete, api_type_webhook_rotate, api_type_webhook_test,
		api_type_webhook_redeliver,
	};
	struct world *w = world_new("");
	char id[ID_SIZE], event[ID_SIZE];

	(void)state;
	make(w, "https://a.example/x", "", id, NULL);
	fail_one(w);
	snprintf(event, sizeof(event), "%s", w->hooks[0].u.webhook.event_id);
	world_merchant(w, "");
	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		world_ask(w, blank(types[i], id));
		assert_int_equal(w->answer.status, 404);
	}
	world_ask(w, blank(api_type_deliveries_list, event));
	assert_int_equal(w->answer.status, 404);
	world_ask(w, blank(api_type_event_redeliver, event));
	assert_int_equal(w->answer.status, 404);
	for (int i = 1; i < WEBHOOK_ENDPOINTS_MAX; i++)
		make(w, "https://b.example/x", "", id, NULL);
	snprintf(blank(api_type_webhook_create, "")->u.webhook_create.url, 512, "https://b.example/one-more");
	world_ask(w, &ask);
	assert_int_equal(w->answer.status, 409);
	assert_string_equal(w->answer.code, "too_many_endpoints");
	world_free(&w);
}

/* A page of an event's deliveries; the webhook_endpoint of each is added to ids. Returns how many; next: the cursor, "" at the end. */
static size_t page_of(struct world *w, const char *event, const char *status, unsigned limit, char next[ID_SIZE], char ids[][ID_SIZE])
{
	json_t *o;
	size_t n;

	blank(api_type_deliveries_list, event);
	snprintf(ask.u.deliveries_list.cursor, ID_SIZE, "%s", next);
	snprintf(ask.u.deliveries_list.status, sizeof(ask.u.deliveries_list.status), "%s", status);
	ask.u.deliveries_list.limit = (uint16_t)limit;
	world_ask(w, &ask);
	assert_int_equal(w->answer.status, 200);
	o = json_loadb((const char *)w->answer.body.data, w->answer.body.len, 0, NULL);
	n = json_array_size(json_object_get(o, "items"));
	for (size_t i = 0; i < n; i++)
		snprintf(ids[i], ID_SIZE, "%s", json_string_value(json_object_get(json_array_get(json_object_get(o, "items"), i), "url")));
	assert_int_equal(json_is_true(json_object_get(o, "has_more")), json_is_string(json_object_get(o, "next_cursor")));
	snprintf(next, ID_SIZE, "%s", json_is_true(json_object_get(o, "has_more")) ? json_string_value(json_object_get(o, "next_cursor")) : "");
	json_decref(o);
	return n;
}

/* An event that so many endpoints were told, some of which are gone: their deliveries stay. Its id. */
static void tell_many(struct world *w, int endpoints, char event[ID_SIZE])
{
	char id[ID_SIZE] = "", url[64];

	w->sms_waits = true;                       /* no event of it */
	fail_one(w);
	snprintf(event, ID_SIZE, "%s", w->hooks[0].u.webhook.event_id);
	for (int i = 1; i < endpoints; i++) {
		snprintf(url, sizeof(url), "https://a.example/%d", i);
		make(w, url, "", id, NULL);
		snprintf(blank(api_type_event_redeliver, event)->u.event_redeliver.webhook_endpoint, ID_SIZE, "%s", id);
		world_ask(w, &ask);
		assert_int_equal(w->answer.status, 202);
		world_ask(w, blank(api_type_webhook_delete, id));
		assert_int_equal(w->answer.status, 200);
	}
}

static void deliveries_have_pages(void **state UNUSED)
{
	enum { ENDPOINTS = 47 };
	static char ids[ENDPOINTS + 1][ID_SIZE];
	struct world *w = world_new("");
	char event[ID_SIZE], next[ID_SIZE] = "";

	tell_many(w, ENDPOINTS, event);
	assert_int_equal(page_of(w, event, "", 0, next, ids), 20);
	assert_int_equal(page_of(w, event, "", 0, next, ids + 20), 20);
	assert_int_equal(page_of(w, event, "", 0, next, ids + 40), 7);
	assert_string_equal(next, "");
	assert_string_equal(ids[0], "https://shop.example/hook");
	for (int i = 1; i < ENDPOINTS; i++) {
		char url[64];

		snprintf(url, sizeof(url), "https://a.example/%d", i);
		assert_string_equal(ids[i], url);
	}
	assert_int_equal(page_of(w, event, "done", 46, next, ids), 46);
	assert_int_equal(page_of(w, event, "done", 46, next, ids), 1);
	assert_string_equal(ids[0], "https://a.example/46");
	/* All on a page that is just large enough: there is no other one. */
	assert_int_equal(page_of(w, event, "", 47, next, ids), 47);
	assert_string_equal(next, "");
	blank(api_type_deliveries_list, event);
	snprintf(ask.u.deliveries_list.cursor, ID_SIZE, "at_x");
	world_ask(w, &ask);
	assert_int_equal(w->answer.status, 400);
	world_free(&w);
}

/* Between two pages one of the first is told again, and another endpoint hears of it. */
static void pages_of_deliveries_lose_and_double_none(void **state UNUSED)
{
	static char ids[60][ID_SIZE];
	struct world *w = world_new("");
	char event[ID_SIZE], next[ID_SIZE] = "", id[ID_SIZE];

	tell_many(w, 25, event);
	assert_int_equal(page_of(w, event, "done", 10, next, ids), 10);
	w->webhook_waits = true;
	world_ask(w, blank(api_type_event_redeliver, event));
	assert_string_equal(world_answered(w, "count"), "1");
	make(w, "https://b.example/late", "", id, NULL);
	snprintf(blank(api_type_event_redeliver, event)->u.event_redeliver.webhook_endpoint, ID_SIZE, "%s", id);
	world_ask(w, &ask);
	/* The eleventh is still the next one. */
	assert_int_equal(page_of(w, event, "done", 0, next, ids + 10), 15);
	assert_string_equal(next, "");
	assert_string_equal(ids[10], "https://a.example/10");
	assert_string_equal(ids[24], "https://a.example/24");
	assert_int_equal(page_of(w, event, "sending", 0, next, ids), 2);
	assert_string_equal(ids[0], "https://shop.example/hook");
	assert_string_equal(ids[1], "https://b.example/late");
	world_free(&w);
}

static int count_event(const struct event *e, void *context)
{
	(void)e;
	++*(int *)context;
	return 0;
}

static void go_by(struct world *w, int64_t days)
{
	w->a.wall.ms += days * 86400000;
	w->a.mono = mono_add_ms(w->a.mono, days * 86400000);
}

static void events_are_kept_for_thirty_days(void **state)
{
	struct world *w = world_new("");
	struct list_page all = { .merchant = w->merchant, .after_id = "", .status = "", .of = "", .limit = 100 };
	struct outbox_job j;
	char event[ID_SIZE];
	int count = 0;

	(void)state;
	w->sms_waits = true;                       /* no event of it */
	fail_one(w);
	snprintf(event, sizeof(event), "%s", w->hooks[0].u.webhook.event_id);
	go_by(w, 29);
	world_wait(w, 6000);
	assert_int_equal(list_events(w->a.store, &all, count_event, &count), 0);
	assert_int_equal(count, 1);
	go_by(w, 1);
	world_wait(w, 6000);
	count = 0;
	assert_int_equal(list_events(w->a.store, &all, count_event, &count), 0);
	assert_int_equal(count, 0);
	assert_int_equal(store_delivery_get(w->a.store, event, 1, &j), ERR_NOT_FOUND);
	world_free(&w);
}

static void a_type_that_no_event_has_is_refused(void **state)
{
	static const char *const bad[] = { "payment.aproved", "payment.approved,paymnet.*", "payment", "pay.*", "payments.*" };
	static const char *const fields[] = { "/events/0", "/events/1", "/events/0", "/events/0", "/events/0" };
	struct world *w = world_new("");
	char id[ID_SIZE];

	(void)state;
	make(w, "https://a.example/x", "payment.approved,sms.*,webhook.test,registration.holder_mismatch", id, NULL);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		for (int change = 0; change < 2; change++) {
			blank(change ? api_type_webhook_update : api_type_webhook_create, change ? id : "");
			if (change) {
				snprintf(ask.u.webhook_update.events, sizeof(ask.u.webhook_update.events), "%s", bad[i]);
				ask.u.webhook_update.has_events = 1;
			} else {
				snprintf(ask.u.webhook_create.url, sizeof(ask.u.webhook_create.url), "https://a.example/y");
				snprintf(ask.u.webhook_create.events, sizeof(ask.u.webhook_create.events), "%s", bad[i]);
			}
			world_ask(w, &ask);
			assert_int_equal(w->answer.status, 422);
			assert_string_equal(w->answer.field, fields[i]);
		}
	world_free(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_filter_is_a_list_of_types_and_beginnings),
		cmocka_unit_test(each_endpoint_is_told_what_it_wants_under_one_id),
		cmocka_unit_test(two_secrets_sign_until_the_old_one_ends),
		cmocka_unit_test(what_waits_follows_the_address_and_ends_with_its_endpoint),
		cmocka_unit_test(an_event_is_told_again_one_by_one_and_by_range),
		cmocka_unit_test(a_test_event_goes_to_its_endpoint_alone),
		cmocka_unit_test(another_merchants_endpoint_is_not_there),
		cmocka_unit_test(deliveries_have_pages),
		cmocka_unit_test(pages_of_deliveries_lose_and_double_none),
		cmocka_unit_test(events_are_kept_for_thirty_days),
		cmocka_unit_test(a_type_that_no_event_has_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
