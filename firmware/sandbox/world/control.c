#include "sandbox/world/control.h"

#include <string.h>

#include "lib/log.h"
#include "sandbox/world/cards.h"
#include "sandbox/world/files.h"
#include "sandbox/world/pg_list.h"

enum { VALUE_SIZE = 128 };

/* A parameter of the query, "" when there is none. */
static void parameter(const struct http_request *r, const char *name, char value[VALUE_SIZE])
{
	if (!reply_query(http_query(r), name, value, VALUE_SIZE))
		value[0] = '\0';
}

static json_t *show_cards(void)
{
	size_t count = 0;
	const struct test_card *cards = cards_all(&count);
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s, s:s}", "number", cards[i].number, "issuer", cards[i].issuer,
		                                      "card_type", card_type_name(cards[i].type), "identity",
		                                      cards[i].business ? CARDS_BUSINESS : CARDS_BIRTH, "what", cards[i].what));
	return json_pack("{s:o, s:s, s:s}", "cards", list, "expiry", CARDS_EXPIRY, "password2", CARDS_PASSWORD2);
}

static bool get(struct control *c, struct http_request *r, const char *path)
{
	static const char orders[] = "/pg/orders/";
	char value[VALUE_SIZE];
	json_t *order;

	if (strcmp(path, "/sms") == 0) {
		parameter(r, "to", value);
		reply_json(r, 200, sms_gateway_show(c->sms, value));
	} else if (strcmp(path, "/webhooks") == 0) {
		parameter(r, "request", value);
		reply_json(r, 200, merchant_show(c->merchant, value));
	} else if (strcmp(path, "/pg/ledger") == 0) {
		reply_json(r, 200, pg_show_ledger(c->pg));
	} else if (strcmp(path, "/pg/cards") == 0) {
		reply_json(r, 200, show_cards());
	} else if (strncmp(path, orders, sizeof(orders) - 1) == 0) {
		order = pg_show_order(c->pg, path + sizeof(orders) - 1);
		if (order != NULL)
			reply_json(r, 200, order);
		else
			reply_word(r, 404, "not_found", NULL);
	} else if (strcmp(path, "/healthz") == 0) {
		reply_json(r, 200, json_pack("{s:s}", "status", "ok"));
	} else {
		return false;
	}
	return true;
}

static struct behaviour *behaviour_of(struct control *c, const char *path)
{
	if (strcmp(path, "/pg/behaviour") == 0)
		return pg_behaviour(c->pg);
	if (strcmp(path, "/pg/behaviour/also") == 0)
		return pg_behaviour_also(c->pg);
	if (strcmp(path, "/sms/behaviour") == 0)
		return sms_gateway_behaviour(c->sms);
	return strcmp(path, "/merchant/behaviour") == 0 ? merchant_behaviour(c->merchant) : NULL;
}

static void set_behaviour(struct http_request *r, struct behaviour *b, const char *path)
{
	struct json_fault fault = { .why = "" };
	json_t *body = reply_body(r);

	if (body == NULL)
		return;
	if (behaviour_read(body, b, &fault) == 0) {
		log_info("behaviour", "of=%s mode=%s", path, behaviour_name(b->mode));
		reply_json(r, 200, behaviour_show(b));
	} else {
		reply_json(r, 400, json_pack("{s:s, s:s, s:s}", "result", "invalid", "where", fault.where, "message", fault.why));
	}
	json_decref(body);
}

static void add_secret(struct control *c, struct http_request *r)
{
	json_t *body = reply_body(r);
	const char *secret;
	int e = ERR_INVALID;

	if (body == NULL)
		return;
	secret = json_string_value(json_object_get(body, "secret"));
	if (secret != NULL)
		e = merchant_add_secret(c->merchant, secret);
	if (e == 0)
		reply_word(r, 200, "added", NULL);
	else
		reply_word(r, 400, "invalid", "secret: whsec_ and base64 of 24 to 64 bytes, 256 at most");
	json_decref(body);
}

static void set_lies(struct control *c, struct http_request *r)
{
	struct json_fault fault = { .why = "" };
	json_t *body = reply_body(r);

	if (body == NULL)
		return;
	if (pg_list_check(body, &fault) == 0) {
		pg_set_lies(c->pg, json_incref(body));
		reply_word(r, 200, "set", NULL);
	} else {
		reply_word(r, 400, "invalid", fault.why);
	}
	json_decref(body);
}

static void set_promotions(struct control *c, struct http_request *r)
{
	json_t *body = reply_body(r);

	if (body == NULL)
		return;
	pg_set_promotions(c->pg, body);
	reply_word(r, 200, "set", NULL);
}

static void on_request(struct http_request *r, void *context)
{
	struct control *c = context;
	const char *path = http_path(r);
	struct behaviour *b = behaviour_of(c, path);
	bool is_get = strcmp(http_method(r), "GET") == 0, is_post = strcmp(http_method(r), "POST") == 0;

	if (is_get && b != NULL)
		reply_json(r, 200, behaviour_show(b));
	else if (is_post && b != NULL)
		set_behaviour(r, b, path);
	else if (is_post && strcmp(path, "/pg/list") == 0)
		set_lies(c, r);
	else if (is_post && strcmp(path, "/pg/interest-free") == 0)
		set_promotions(c, r);
	else if (is_post && strcmp(path, "/merchant/secrets") == 0)
		add_secret(c, r);
	else if (!is_get || !get(c, r, path))
		reply_word(r, 404, "no_such_path", path);
}

int control_open(struct loop *l, const char *dir, struct control *c)
{
	char path[FILES_PATH_SIZE];
	int e = files_path(dir, "control.sock", path);

	return e < 0 ? e : http_listen_unix(l, path, on_request, c);
}
