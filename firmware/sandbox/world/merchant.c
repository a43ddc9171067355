#include "sandbox/world/merchant.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/crypto.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/secret.h"
#include "sandbox/world/files.h"
#include "sandbox/world/journal.h"

enum { SECRETS_MAX = 256, SECRET_SIZE = 96, KEY_MIN = 24, KEY_MAX = 64, TOLERANCE_S = 300, WEBHOOKS_MAX = 100000, ID_MAX = 64 };
static const char prefix[] = "whsec_";

struct merchant {
	struct reply_desk *desk;
	struct behaviour behaviour;
	json_t *webhooks;                /* array, oldest first */
	json_t *by_id;
	int64_t refused;
	size_t secret_count;
	char secrets[SECRETS_MAX][SECRET_SIZE];
	struct journal *journal;         /* NULL: nothing is kept, or it is just being read */
};

/* ---- signatures ---- */

/* Returns the key's length or ERR_INVALID. */
static int key_of(const char *secret, uint8_t key[KEY_MAX + 2])
{
	int n = ERR_INVALID;

	if (strncmp(secret, prefix, sizeof(prefix) - 1) == 0)
		n = base64_decode(secret + sizeof(prefix) - 1, strlen(secret) - sizeof(prefix) + 1, key, KEY_MAX + 2);
	return n >= KEY_MIN && n <= KEY_MAX ? n : ERR_INVALID;
}

static int expected_mac(const char *secret, const char *id, const char *timestamp, const void *body, size_t len,
                        uint8_t mac[CRYPTO_SHA256_SIZE])
{
	uint8_t key[KEY_MAX + 2];
	int n = key_of(secret, key), e = ERR_INVALID;
	size_t head = strlen(id) + strlen(timestamp) + 2;
	char *text = n > 0 ? malloc(head + len + 1) : NULL;

	if (text != NULL) {
		snprintf(text, head + 1, "%s.%s.", id, timestamp);
		memcpy(text + head, body, len);
		e = crypto_hmac_sha256(key, (size_t)n, text, head + len, mac);
		free(text);
	}
	secret_wipe(key, sizeof(key));
	return e;
}

bool merchant_signature_is_good(const char *secret, const char *id, const char *timestamp, const void *body, size_t len,
                                const char *signatures)
{
	uint8_t mac[CRYPTO_SHA256_SIZE], given[CRYPTO_SHA256_SIZE + 3];
	bool good = false;

	if (expected_mac(secret, id, timestamp, body, len, mac) < 0)
		return false;
	for (const char *p = signatures; *p != '\0'; p += strcspn(p, " "), p += strspn(p, " ")) {
		size_t size = strcspn(p, " ");

		if (size > 3 && strncmp(p, "v1,", 3) == 0 &&
		    base64_decode(p + 3, size - 3, given, sizeof(given)) == (int)sizeof(mac) && secret_equal(given, mac, sizeof(mac)))
			good = true;
	}
	return good;
}

bool merchant_time_is_good(const char *timestamp, int64_t now_s)
{
	size_t len = strlen(timestamp);
	int64_t away;

	if (len < 1 || len > 12 || strspn(timestamp, "0123456789") != len)
		return false;
	away = strtoll(timestamp, NULL, 10) - now_s;
	return away >= -TOLERANCE_S && away <= TOLERANCE_S;
}

/* ---- webhooks ---- */

static const char *why_bad(const struct merchant *m, const struct http_request *r)
{
	const char *id = http_header(r, "webhook-id"), *timestamp = http_header(r, "webhook-timestamp");
	const char *signatures = http_header(r, "webhook-signature");
	size_t len = 0;
	const uint8_t *body = http_body(r, &len);

	if (id == NULL || timestamp == NULL || signatures == NULL || id[0] == '\0' || strlen(id) > ID_MAX)
		return "a header is missing";
	if (!merchant_time_is_good(timestamp, clock_wall().ms / 1000))
		return "the timestamp is not of now";
	for (size_t i = 0; i < m->secret_count; i++)
		if (merchant_signature_is_good(m->secrets[i], id, timestamp, body, len, signatures))
			return NULL;
	return "no signature of a known secret";
}

/* Notes a delivery of event (borrowed). False: no room. */
static bool keep(struct merchant *m, const struct http_request *r, json_t *event)
{
	const char *id = http_header(r, "webhook-id");
	json_t *known = json_object_get(m->by_id, id);
	char at[CLOCK_RFC3339_SIZE];

	if (known == NULL) {
		known = json_array_size(m->webhooks) < WEBHOOKS_MAX ? json_copy(event) : NULL;
		if (known == NULL)
			return false;
		json_object_set_new(known, "webhook_id", json_string(id));
		json_object_set_new(known, "path", json_string(http_path(r)));
		json_object_set_new(known, "received_at", json_string(wall_print_rfc3339(clock_wall(), at)));
		json_array_append(m->webhooks, known);
		json_object_set_new(m->by_id, id, known);
	}
	json_object_set_new(known, "deliveries", json_integer(json_integer_value(json_object_get(known, "deliveries")) + 1));
	return journal_add(m->journal, json_pack("{s:O}", "webhook", known)) == 0;
}

static void on_webhook(struct merchant *m, struct http_request *r)
{
	const char *why = why_bad(m, r), *id = http_header(r, "webhook-id");
	struct behaviour b;
	json_t *event;

	if (why != NULL) {
		m->refused++;
		log_warn("webhook_refused", "id=%s why=\"%s\"", id != NULL ? id : "", why);
		reply_word(r, 401, "unauthorized", why);
		return;
	}
	event = reply_body(r);
	if (event == NULL) {
		m->refused++;
		return;
	}
	b = behaviour_take(&m->behaviour, "");
	log_info("webhook", "id=%s type=%s mode=%s", id, json_is_string(json_object_get(event, "type"))
	         ? json_string_value(json_object_get(event, "type")) : "?", behaviour_name(b.mode));
	if (behaviour_is_before(b.mode))
		reply_before(m->desk, r, &b);
	else if (b.mode == BEHAVE_REFUSE)
		reply_word(r, 410, "gone", NULL);
	else if (!keep(m, r, event))
		reply_word(r, 503, "unavailable", NULL);
	else
		reply_after(m->desk, r, &b, 200, json_pack("{s:s}", "result", "received"));
	json_decref(event);
}

static void on_request(struct http_request *r, void *context)
{
	if (strcmp(http_method(r), "POST") == 0 && strncmp(http_path(r), "/webhooks", 9) == 0)
		on_webhook(context, r);
	else
		reply_word(r, 404, "no_such_path", NULL);
}

/* ---- life and the tests' view ---- */

static int learn_secret(struct merchant *m, const char *secret)
{
	for (size_t i = 0; i < m->secret_count; i++)
		if (strcmp(m->secrets[i], secret) == 0)
			return ERR_EXISTS;
	if (m->secret_count == SECRETS_MAX)
		return ERR_EXHAUSTED;
	snprintf(m->secrets[m->secret_count++], SECRET_SIZE, "%s", secret);
	return 0;
}

/* A secret, or a webhook as it was after its last delivery. */
static int replay(const json_t *line, void *context)
{
	struct merchant *m = context;
	const char *secret = json_string_value(json_object_get(line, "secret"));
	json_t *hook = json_object_get(line, "webhook"), *known;
	const char *id = json_string_value(json_object_get(hook, "webhook_id"));

	if (secret != NULL)
		return learn_secret(m, secret);
	if (id == NULL)
		return ERR_INVALID;
	known = json_object_get(m->by_id, id);
	if (known != NULL)
		return json_object_update(known, hook) == 0 ? 0 : ERR_NOMEM;
	known = json_copy(hook);
	if (known == NULL)
		return ERR_NOMEM;
	json_array_append(m->webhooks, known);
	json_object_set_new(m->by_id, id, known);
	return 0;
}

int merchant_new(struct loop *l, struct reply_desk *desk, const char *dir, bool keep, struct merchant **m)
{
	struct merchant *made = calloc(1, sizeof(*made));
	char path[FILES_PATH_SIZE];
	int e = ERR_NOMEM;

	if (made != NULL) {
		made->desk = desk;
		made->webhooks = json_array();
		made->by_id = json_object();
		e = made->webhooks != NULL && made->by_id != NULL ? files_path(dir, "merchant.sock", path) : ERR_NOMEM;
	}
	if (e == 0 && keep) {
		struct journal *j = NULL;

		e = journal_open(dir, "merchant.journal", replay, made, &j);
		made->journal = j;
	}
	if (e == 0)
		e = http_listen_unix(l, path, on_request, made);
	if (e < 0) {
		merchant_free(&made);
		return e;
	}
	*m = made;
	return 0;
}

void merchant_free(struct merchant **m)
{
	if (*m == NULL)
		return;
	json_decref((*m)->webhooks);
	json_decref((*m)->by_id);
	journal_free(&(*m)->journal);
	secret_wipe((*m)->secrets, sizeof((*m)->secrets));
	free(*m);
	*m = NULL;
}

int merchant_add_secret(struct merchant *m, const char *secret)
{
	uint8_t key[KEY_MAX + 2];
	int n = strlen(secret) < SECRET_SIZE ? key_of(secret, key) : ERR_INVALID;

	secret_wipe(key, sizeof(key));
	if (n < 0)
		return n;
	n = learn_secret(m, secret);
	return n == ERR_EXISTS ? 0 : n < 0 ? n : journal_add(m->journal, json_pack("{s:s}", "secret", secret));
}

struct behaviour *merchant_behaviour(struct merchant *m)
{
	return &m->behaviour;
}

/* A request is named in its event as data.id, or in another member of data, as a billing key names its registration. */
static bool names(const json_t *event, const char *id)
{
	json_t *data = json_object_get(event, "data"), *value;
	const char *name;

	json_object_foreach(data, name, value)
		if (json_is_string(value) && strcmp(json_string_value(value), id) == 0)
			return true;
	return false;
}

json_t *merchant_show(const struct merchant *m, const char *request)
{
	json_t *found = json_array(), *event;
	size_t i;

	json_array_foreach(m->webhooks, i, event)
		if (request[0] == '\0' || names(event, request))
			json_array_append(found, event);
	return json_pack("{s:o, s:I}", "webhooks", found, "refused", (json_int_t)m->refused);
}
