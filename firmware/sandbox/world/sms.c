#include "sandbox/world/sms.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "lib/secret.h"
#include "model/ids.h"
#include "model/phone.h"
#include "sandbox/world/files.h"

enum { MESSAGES_MAX = 100000, TEXT_MAX = 2000 };

struct sms_gateway {
	struct reply_desk *desk;
	struct behaviour behaviour;
	json_t *messages;                /* array, oldest first */
	json_t *by_id;                   /* the same objects by the sender's id */
	char secret[FILES_SECRET_SIZE];
};

static const struct json_field fields[] = {
	{ "id", JSON_WANT_STRING, true, 1, 64, "" },
	{ "to", JSON_WANT_STRING, true, 8, PHONE_SIZE - 1, "0123456789" },
	{ "from", JSON_WANT_STRING, true, 4, PHONE_SIZE - 1, "0123456789" },
};

/* json_fields() refuses line ends, which a text may have. */
static int check(const json_t *body, struct json_fault *fault)
{
	const json_t *text = json_object_get(body, "text");
	json_t *others = json_copy((json_t *)(uintptr_t)body);
	int e = others != NULL ? 0 : ERR_NOMEM;

	if (e == 0 && json_object_del(others, "text") == 0 && json_is_string(text) && json_string_length(text) >= 1 &&
	    json_string_length(text) <= TEXT_MAX) {
		e = json_fields(others, "", fields, ARRAY_LEN(fields), fault);
	} else {
		snprintf(fault->where, sizeof(fault->where), "/text");
		snprintf(fault->why, sizeof(fault->why), "must be a string of 1 to %d bytes", TEXT_MAX);
		e = ERR_INVALID;
	}
	json_decref(others);
	return e;
}

static bool same_member(const json_t *a, const json_t *b, const char *name)
{
	return json_equal(json_object_get(a, name), json_object_get(b, name)) != 0;
}

static json_t *remember(struct sms_gateway *g, const json_t *body)
{
	char at[CLOCK_RFC3339_SIZE];
	json_t *m;

	if (json_array_size(g->messages) >= MESSAGES_MAX)
		return NULL;
	m = json_pack("{s:O, s:O, s:O, s:O, s:s, s:s, s:i}", "id", json_object_get(body, "id"), "to", json_object_get(body, "to"),
	              "from", json_object_get(body, "from"), "text", json_object_get(body, "text"), "message_id",
	              id_new("gw_").text, "at", wall_print_rfc3339(clock_wall(), at), "deliveries", 0);
	if (m == NULL)
		return NULL;
	json_array_append(g->messages, m);
	json_object_set_new(g->by_id, json_string_value(json_object_get(body, "id")), m);
	return m;
}

static json_t *accepted(const json_t *message)
{
	return json_pack("{s:s, s:O}", "status", "accepted", "message_id", json_object_get(message, "message_id"));
}

/* Takes a message in; the answer goes to *status and the result. */
static json_t *take_message(struct sms_gateway *g, const json_t *body, int *status)
{
	json_t *known = json_object_get(g->by_id, json_string_value(json_object_get(body, "id")));

	if (known != NULL && !(same_member(known, body, "to") && same_member(known, body, "from") && same_member(known, body, "text"))) {
		*status = 409;
		return json_pack("{s:s, s:s}", "status", "refused", "reason", "the id was used for another message");
	}
	if (known == NULL)
		known = remember(g, body);
	if (known == NULL) {
		*status = 503;
		return json_pack("{s:s}", "status", "unavailable");
	}
	json_object_set_new(known, "deliveries", json_integer(json_integer_value(json_object_get(known, "deliveries")) + 1));
	*status = 200;
	return accepted(known);
}

static void on_message(struct sms_gateway *g, struct http_request *r, const json_t *body)
{
	struct behaviour b = behaviour_take(&g->behaviour, "");
	struct json_fault fault = { .why = "" };
	json_t *answer;
	int status = 0;

	if (check(body, &fault) < 0) {
		reply_json(r, 400, json_pack("{s:s, s:s, s:s}", "status", "refused", "where", fault.where, "reason", fault.why));
		return;
	}
	if (behaviour_is_before(b.mode)) {
		reply_before(g->desk, r, &b);
		return;
	}
	if (b.mode == BEHAVE_REFUSE) {
		reply_json(r, 400, json_pack("{s:s, s:s}", "status", "refused", "reason", "the sandbox was told to refuse"));
		return;
	}
	answer = take_message(g, body, &status);
	log_info("sms", "id=%s status=%d mode=%s", json_string_value(json_object_get(body, "id")), status, behaviour_name(b.mode));
	reply_after(g->desk, r, &b, status, answer);
}

static void on_request(struct http_request *r, void *context)
{
	struct sms_gateway *g = context;
	json_t *body;

	if (!reply_bearer_is(r, g->secret)) {
		log_warn("sms_unauthorized", "method=%s", http_method(r));
		reply_word(r, 401, "unauthorized", NULL);
	} else if (strcmp(http_method(r), "POST") != 0 || strcmp(http_path(r), "/sms") != 0) {
		reply_word(r, 404, "no_such_path", NULL);
	} else if ((body = reply_body(r)) != NULL) {
		on_message(g, r, body);
		json_decref(body);
	}
}

int sms_gateway_new(struct loop *l, struct reply_desk *desk, const char *dir, struct sms_gateway **g)
{
	struct sms_gateway *made = calloc(1, sizeof(*made));
	char path[FILES_PATH_SIZE];
	int e = ERR_NOMEM;

	if (made != NULL) {
		made->desk = desk;
		made->messages = json_array();
		made->by_id = json_object();
		e = made->messages != NULL && made->by_id != NULL ? files_secret(dir, "sms.secret", made->secret) : ERR_NOMEM;
	}
	if (e == 0)
		e = files_path(dir, "sms.sock", path);
	if (e == 0)
		e = http_listen_unix(l, path, on_request, made);
	if (e < 0) {
		sms_gateway_free(&made);
		return e;
	}
	*g = made;
	return 0;
}

void sms_gateway_free(struct sms_gateway **g)
{
	if (*g == NULL)
		return;
	json_decref((*g)->messages);
	json_decref((*g)->by_id);
	secret_wipe((*g)->secret, sizeof((*g)->secret));
	free(*g);
	*g = NULL;
}

struct behaviour *sms_gateway_behaviour(struct sms_gateway *g)
{
	return &g->behaviour;
}

json_t *sms_gateway_show(const struct sms_gateway *g, const char *to)
{
	json_t *found = json_array(), *m;
	size_t i;

	json_array_foreach(g->messages, i, m) {
		const char *number = json_string_value(json_object_get(m, "to"));

		if (to[0] == '\0' || strcmp(number, to) == 0)
			json_array_append(found, m);
	}
	return json_pack("{s:o}", "messages", found);
}
