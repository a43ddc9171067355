/* sms_http.c: text messages by the HTTP interface of any provider, as the templates of the configuration say: no
 * authentication, Basic, or an HMAC-SHA256 over fields in the order of the configuration. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "crypto/crypto.h"
#include "json/json.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/secret.h"
#include "uplinkd/http_url.h"
#include "uplinkd/meters.h"
#include "uplinkd/secret_file.h"
#include "uplinkd/sms.h"
#include "uplinkd/sms_provider.h"
#include "uplinkd/template.h"

#define LIST "uplinkd.sms"

enum { URL_SIZE = 16384, HEADER_SIZE = 1024, BODY_SIZE = 32768, SECRET_SIZE = 256, SIGNED_SIZE = 16384, SIGN_FIELDS_MAX = 16 };

enum auth { AUTH_NONE, AUTH_BASIC, AUTH_HMAC };

struct http_sms {
	struct sms_provider base;
	struct sms_upward up;
	struct http_receiver *receiver;
	const char *url, *method, *body, *contains, *from, *id_member, *user, *sms_word, *lms_word, *sign_join;
	const char *headers[HTTP_HEADERS_MAX], *sign_fields[SIGN_FIELDS_MAX];
	size_t header_count, sign_count;
	enum template_escape body_escape;
	enum auth auth;
	bool sign_base64;
	int success_status;
	char secret[SECRET_SIZE], basic[HEADER_SIZE];
};

struct exchange {
	struct http_sms *sms;
	uint64_t job;
	char message_id[40];
	void (*done)(const struct sms_outcome *o, void *context);
	void *context;
};

/* ---- set-up: whatever is wrong with the template is said at start, with its line ---- */

struct reading { const struct conf_node *at; struct http_sms *s; unsigned uses; char *why; };

static const struct conf_node *node_of(const struct reading *r, const char *member)
{
	const struct conf_node *n = conf_find(r->at, member);

	return n != NULL ? n : r->at;
}

static int check_template(struct reading *r, const struct conf_node *at, const char *text)
{
	char why[TEMPLATE_WHY_SIZE];
	unsigned uses = 0;

	if (template_check(text, &uses, why) < 0)
		return conf_fault(at, r->why, "%s", why);
	r->uses |= uses;
	return 0;
}

static int read_content_type(struct reading *r, const struct conf_node *at, const char *type)
{
	type += strspn(type, " ");
	if (strncasecmp(type, "application/json", 16) == 0)
		r->s->body_escape = TEMPLATE_JSON;
	else if (strncasecmp(type, "application/x-www-form-urlencoded", 33) == 0)
		r->s->body_escape = TEMPLATE_PERCENT;
	else
		return conf_fault(at, r->why, "\"%s\": the body is application/json or application/x-www-form-urlencoded", type);
	return 0;
}

static int read_headers(struct reading *r)
{
	const struct conf_node *list = conf_find(r->at, "headers");
	size_t count = list != NULL ? conf_count(list) : 0;
	bool typed = strcmp(r->s->method, "GET") == 0;

	for (size_t i = 0; i < count; i++) {
		const struct conf_node *at = conf_at(list, i);
		const char *header = conf_string(at), *colon = strchr(header, ':');

		if (i >= HTTP_HEADERS_MAX - 2)
			return conf_fault(at, r->why, "more than %d headers", HTTP_HEADERS_MAX - 2);
		if (colon == NULL || colon == header || strspn(header, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") !=
		    (size_t)(colon - header) || strpbrk(header, "\r\n") != NULL)
			return conf_fault(at, r->why, "\"%s\" is not NAME: VALUE", header);
		if (check_template(r, at, header) < 0)
			return ERR_INVALID;
		if ((size_t)(colon - header) == 12 && strncasecmp(header, "Content-Type", 12) == 0) {
			if (read_content_type(r, at, colon + 1) < 0)
				return ERR_INVALID;
			typed = true;
		}
		r->s->headers[r->s->header_count++] = header;
	}
	if (!typed)
		return conf_fault(node_of(r, "headers"), r->why, "a POST needs the header Content-Type");
	return 0;
}

/* A JSON body must be JSON once it is filled in. */
static int check_json_body(struct reading *r)
{
	static const struct template_values sample = {
		.value = { "sms_1", "01000000000", "15880000", "\"\\\n", "secret", "user", "SMS", "\"", "2026-01-01T00:00:00.000Z", "1", "0",
		           "00" },
	};
	char *filled = malloc(BODY_SIZE);
	struct json_fault fault;
	json_t *o = NULL;
	int n = filled != NULL ? template_fill(r->s->body, TEMPLATE_JSON, &sample, filled, BODY_SIZE) : ERR_NOMEM;
	int e = n < 0 ? n : json_read_strict(filled, (size_t)n, &o, &fault);

	json_decref(o);
	free(filled);
	if (n < 0)
		return conf_fault(node_of(r, "body"), r->why, "too long when filled in");
	return e < 0 ? conf_fault(node_of(r, "body"), r->why, "filled in, it is no JSON object: %s", fault.why) : 0;
}

static int read_secret(struct reading *r)
{
	const char *file = conf_member_string(r->at, LIST, "secret_file");

	if (file[0] == '\0' && (r->uses & 1U << TEMPLATE_SECRET || r->s->auth != AUTH_NONE))
		return conf_fault(r->at, r->why, "{secret} or auth is used, but there is no secret_file");
	if (file[0] != '\0' && secret_file_read(file, r->s->secret, sizeof(r->s->secret)) < 0)
		return conf_fault(node_of(r, "secret_file"), r->why, "%s cannot be read as one line of ASCII", file);
	return 0;
}

static int read_basic(struct reading *r)
{
	char pair[SECRET_SIZE * 2], coded[SECRET_SIZE * 3];
	int n = snprintf(pair, sizeof(pair), "%s:%s", r->s->user, r->s->secret);

	/* RFC 7617 2 */
	if (r->s->user[0] == '\0' || strchr(r->s->user, ':') != NULL)
		return conf_fault(node_of(r, "user"), r->why, "auth basic needs a user without a colon");
	if (n < 0 || (size_t)n >= sizeof(pair) || base64_encode(pair, (size_t)n, coded, sizeof(coded)) < 0)
		return conf_fault(node_of(r, "user"), r->why, "user and secret are too long");
	snprintf(r->s->basic, sizeof(r->s->basic), "Authorization: Basic %s", coded);
	secret_wipe(pair, sizeof(pair));
	secret_wipe(coded, sizeof(coded));
	return 0;
}

static int read_sign_fields(struct reading *r)
{
	const struct conf_node *list = conf_find(r->at, "sign_fields");
	unsigned used_elsewhere = r->uses;

	r->s->sign_count = list != NULL ? conf_count(list) : 0;
	if (r->s->sign_count == 0 || r->s->sign_count > SIGN_FIELDS_MAX)
		return conf_fault(node_of(r, "sign_fields"), r->why, "auth hmac-sha256 needs 1 to %d sign_fields", SIGN_FIELDS_MAX);
	r->uses = 0;
	for (size_t i = 0; i < r->s->sign_count; i++) {
		r->s->sign_fields[i] = conf_string(conf_at(list, i));
		if (check_template(r, conf_at(list, i), r->s->sign_fields[i]) < 0)
			return ERR_INVALID;
		if (r->uses & (1U << TEMPLATE_SIGNATURE | 1U << TEMPLATE_SECRET))
			return conf_fault(conf_at(list, i), r->why, "neither {signature} nor {secret} can be signed");
	}
	if ((used_elsewhere & 1U << TEMPLATE_SIGNATURE) == 0)
		return conf_fault(node_of(r, "sign_fields"), r->why, "{signature} is in no header, nor in url or body");
	r->uses |= used_elsewhere;
	return 0;
}

static int read_auth(struct reading *r)
{
	const char *word = conf_member_string(r->at, LIST, "auth");

	r->s->auth = strcmp(word, "basic") == 0 ? AUTH_BASIC : strcmp(word, "hmac-sha256") == 0 ? AUTH_HMAC : AUTH_NONE;
	if (r->s->auth != AUTH_HMAC && r->uses & 1U << TEMPLATE_SIGNATURE)
		return conf_fault(r->at, r->why, "{signature} is used, but auth is not hmac-sha256");
	if (read_secret(r) < 0)
		return ERR_INVALID;
	return r->s->auth == AUTH_BASIC ? read_basic(r) : r->s->auth == AUTH_HMAC ? read_sign_fields(r) : 0;
}

static int read_request(struct reading *r)
{
	struct http_sms *s = r->s;
	bool get = strcmp(s->method, "GET") == 0;

	if (!http_url_is_https(s->url))
		return conf_fault(node_of(r, "url"), r->why, "\"%s\" is not an https address", s->url);
	if (check_template(r, node_of(r, "url"), s->url) < 0 || read_headers(r) < 0)
		return ERR_INVALID;
	if (!get && check_template(r, node_of(r, "body"), s->body) < 0)
		return ERR_INVALID;
	if ((r->uses & 1U << TEMPLATE_TO) == 0 || (r->uses & 1U << TEMPLATE_TEXT) == 0)
		return conf_fault(node_of(r, get ? "url" : "body"), r->why, "{to} and {text} must be somewhere");
	if (!get && s->body_escape == TEMPLATE_JSON && check_json_body(r) < 0)
		return ERR_INVALID;
	return read_auth(r);
}

static int read_all(struct reading *r, struct http_client *http)
{
	struct http_sms *s = r->s;
	int64_t timeout_ms = conf_member_int(r->at, LIST, "timeout_ms");
	struct http_receiver_setup setup = {
		.name = s->base.name, .ca_file = conf_member_string(r->at, LIST, "ca_file"), .connect_timeout_ms = timeout_ms,
		.timeout_ms = timeout_ms, .max_in_flight = 32,
	};

	s->url = conf_member_string(r->at, LIST, "url");
	s->method = conf_member_string(r->at, LIST, "method");
	s->body = conf_member_string(r->at, LIST, "body");
	s->contains = conf_member_string(r->at, LIST, "success_contains");
	s->from = conf_member_string(r->at, LIST, "from");
	s->user = conf_member_string(r->at, LIST, "user");
	s->sms_word = conf_member_string(r->at, LIST, "sms_word");
	s->lms_word = conf_member_string(r->at, LIST, "lms_word");
	s->sign_join = conf_member_string(r->at, LIST, "sign_join");
	s->sign_base64 = strcmp(conf_member_string(r->at, LIST, "sign_encoding"), "base64") == 0;
	s->id_member = conf_member_string(r->at, LIST, "id_member");
	s->success_status = (int)conf_member_int(r->at, LIST, "success_status");
	if (read_request(r) < 0)
		return ERR_INVALID;
	if (http_receiver_new(http, &setup, &s->receiver) < 0)
		return conf_fault(node_of(r, "ca_file"), r->why, "%s cannot be read as certificates in PEM", setup.ca_file);
	return 0;
}

/* ---- answers ---- */

static bool is_2xx(const struct http_answer *a)
{
	return a->fate == HTTP_ANSWERED && a->status >= 200 && a->status < 300;
}

/* Any 2xx says that the request was accepted (RFC 9110 15.3): one that is not success_status is a wrong setting sooner than a no, and to ask
 * the next provider would send every message twice. Words that are missing are a no: they are asked for where a 200 may be one.
 * 500, 502 and 504 may come from what stands before the provider's own server, which may have the message. */
enum sms_fate sms_http_classify(const struct http_answer *a, const char *contains)
{
	if (a->fate != HTTP_ANSWERED)
		return a->fate == HTTP_NOT_SENT ? SMS_NOT_TAKEN : SMS_UNKNOWN;
	if (is_2xx(a))
		return strstr(a->body, contains) != NULL ? SMS_TAKEN : SMS_REFUSED;
	if (a->status == 408 || a->status == 425 || a->status == 429 || a->status == 503)
		return SMS_NOT_TAKEN;
	return a->status >= 500 ? SMS_UNKNOWN : SMS_REFUSED;
}

/* The provider's own id of the message, if its answer is JSON and has it where the configuration says. */
static void take_provider_id(const struct http_sms *s, const struct http_answer *a, char *out, size_t size)
{
	struct json_fault fault;
	json_t *o = NULL;
	const char *id;

	if (s->id_member[0] == '\0' || json_read_strict(a->body, a->len, &o, &fault) < 0)
		return;
	id = json_string_value(json_object_get(o, s->id_member));
	if (id != NULL)
		sms_describe(out, size, "", id);
	json_decref(o);
}

/* What an administrator needs to see why: the start of the provider's answer, as one printable line. */
static void describe(const struct http_answer *a, char *out, size_t size)
{
	char lead[24];

	snprintf(lead, sizeof(lead), "HTTP %d: ", a->status);
	sms_describe(out, size, a->fate == HTTP_ANSWERED ? lead : "", a->fate == HTTP_ANSWERED ? a->body : a->why);
}

/* What the settings have wrong, or the provider has changed. */
static void tell_unexpected(const struct http_sms *s, const struct exchange *x, const struct http_answer *a)
{
	bool words = is_2xx(a) && strstr(a->body, s->contains) != NULL;

	if (!is_2xx(a))
		return;
	if (a->status != s->success_status)
		log_error("sms_status_unexpected", "alarm=sms provider=%s message=%s expected=%d came=%d taken=%s hint=\"success_status of uplinkd.sms\"",
		          s->base.name, x->message_id, s->success_status, a->status, words ? "yes" : "no");
	if (!words)
		log_warn("sms_words_missing", "provider=%s message=%s http=%d expected=\"%s\" hint=\"taken for a no; if it was none: success_contains "
		         "of uplinkd.sms\"", s->base.name, x->message_id, a->status, s->contains);
}

static void on_done(const struct http_answer *a, void *context)
{
	struct exchange *x = context;
	struct http_sms *s = x->sms;
	struct sms_outcome o = { .fate = sms_http_classify(a, s->contains) };

	meters_exchange(s->up.meters, METERS_TO_SMS, a);
	tell_unexpected(s, x, a);
	o.odd_status = o.fate == SMS_TAKEN && a->status != s->success_status ? a->status : 0;
	if (o.fate == SMS_TAKEN)
		take_provider_id(s, a, o.provider_id, sizeof(o.provider_id));
	else
		describe(a, o.detail, sizeof(o.detail));
	log_info("sms_answer", "job=%" PRIu64 " message=%s provider=%s http=%d fate=%d ms=%" PRId64, x->job, x->message_id, s->base.name,
	         a->status, (int)o.fate, a->took_us / 1000);
	x->done(&o, x->context);
	free(x);
}

/* ---- messages from arsd ---- */

struct filled {
	char url[URL_SIZE], body[BODY_SIZE], header[HTTP_HEADERS_MAX][HEADER_SIZE], clear[SIGNED_SIZE];
	char time[CLOCK_RFC3339_SIZE], time_ms[24], nonce[33], signature[80];
};

static int fill_values(const struct http_sms *s, const struct uplink_sms *job, struct filled *f, struct template_values *v)
{
	struct wall now = clock_wall();
	uint8_t random[16];

	if (crypto_random(random, sizeof(random)) < 0 || hex_encode(random, sizeof(random), f->nonce, sizeof(f->nonce)) < 0)
		return ERR_CRYPTO;
	snprintf(f->time_ms, sizeof(f->time_ms), "%" PRId64, now.ms);
	*v = (struct template_values){ .value = {
		[TEMPLATE_ID] = job->message_id, [TEMPLATE_TO] = job->to, [TEMPLATE_FROM] = s->from, [TEMPLATE_TEXT] = job->text,
		[TEMPLATE_SECRET] = s->secret, [TEMPLATE_USER] = s->user, [TEMPLATE_TYPE] = job->lms != 0 ? s->lms_word : s->sms_word,
		[TEMPLATE_SUBJECT] = job->subject, [TEMPLATE_TIME] = wall_print_rfc3339(now, f->time), [TEMPLATE_TIME_MS] = f->time_ms,
		[TEMPLATE_NONCE] = f->nonce, [TEMPLATE_SIGNATURE] = f->signature,
	} };
	return 0;
}

/* HMAC-SHA256 over the fields as they are, in their order, with sign_join between them. */
static int sign(const struct http_sms *s, const struct template_values *v, struct filled *f)
{
	uint8_t mac[CRYPTO_SHA256_SIZE];
	size_t used = 0, join = strlen(s->sign_join);
	int n;

	for (size_t i = 0; i < s->sign_count; i++) {
		if (i > 0 && used + join < sizeof(f->clear)) {
			memcpy(f->clear + used, s->sign_join, join);
			used += join;
		}
		n = template_fill(s->sign_fields[i], TEMPLATE_PLAIN, v, f->clear + used, sizeof(f->clear) - used);
		if (n < 0)
			return n;
		used += (size_t)n;
	}
	n = crypto_hmac_sha256(s->secret, strlen(s->secret), f->clear, used, mac);
	if (n < 0)
		return n;
	n = s->sign_base64 ? base64_encode(mac, sizeof(mac), f->signature, sizeof(f->signature))
	                   : hex_encode(mac, sizeof(mac), f->signature, sizeof(f->signature));
	return n < 0 ? n : 0;
}

/* Fills the templates and sends. ERR_INVALID, ERR_TOO_LONG: this message does not fit the template. */
static int fill_and_send(struct http_sms *s, const struct uplink_sms *job, struct exchange *x, struct filled *f)
{
	struct http_call call = { .method = s->method, .url = f->url, .done = on_done, .context = x };
	struct template_values v;
	int n = fill_values(s, job, f, &v);

	if (n >= 0 && s->auth == AUTH_HMAC)
		n = sign(s, &v, f);
	if (n >= 0)
		n = template_fill(s->url, TEMPLATE_PERCENT, &v, f->url, sizeof(f->url));
	for (size_t i = 0; n >= 0 && i < s->header_count; i++) {
		n = template_fill(s->headers[i], TEMPLATE_HEADER, &v, f->header[i], sizeof(f->header[i]));
		call.headers[call.header_count++] = f->header[i];
	}
	if (s->auth == AUTH_BASIC)
		call.headers[call.header_count++] = s->basic;
	if (n >= 0 && strcmp(s->method, "GET") != 0) {
		n = template_fill(s->body, s->body_escape, &v, f->body, sizeof(f->body));
		call.body = f->body;
		call.len = n > 0 ? (size_t)n : 0;
	}
	return n < 0 ? n : http_client_call(s->receiver, &call);
}

static void on_send(struct sms_provider *p, const struct uplink_sms *job, void (*done)(const struct sms_outcome *o, void *context),
                    void *context)
{
	struct http_sms *s = (struct http_sms *)p;
	struct exchange *x = calloc(1, sizeof(*x));
	struct filled *f = calloc(1, sizeof(*f));
	struct sms_outcome o = { .fate = SMS_NOT_TAKEN };
	int e = ERR_NOMEM;

	if (x != NULL && f != NULL) {
		*x = (struct exchange){ .sms = s, .job = job->job, .done = done, .context = context };
		snprintf(x->message_id, sizeof(x->message_id), "%s", job->message_id);
		e = fill_and_send(s, job, x, f);
	}
	if (f != NULL)
		secret_wipe(f, sizeof(*f));
	free(f);
	if (e == 0)
		return;
	free(x);
	if (e == ERR_INVALID || e == ERR_TOO_LONG)
		o.fate = SMS_REFUSED;
	snprintf(o.detail, sizeof(o.detail), "%s", o.fate == SMS_REFUSED ? "the message does not fit the template" :
	         e == ERR_EXHAUSTED ? "too much is waiting already" : "no memory or no random numbers");
	done(&o, context);
}

static void on_free(struct sms_provider *p)
{
	struct http_sms *s = (struct http_sms *)p;

	secret_wipe(s->secret, sizeof(s->secret));
	secret_wipe(s->basic, sizeof(s->basic));
	free(s);
}

int sms_http_new(struct http_client *http, const struct sms_upward *up, const struct conf_node *at, struct sms_provider **p,
                 char why[CONF_WHY_SIZE])
{
	static const struct sms_provider_kind kind = { on_send, on_free, NULL };
	struct http_sms *s = calloc(1, sizeof(*s));
	struct reading r = { .at = at, .s = s, .why = why };
	int e;

	if (s == NULL)
		return conf_fault(at, why, "out of memory");
	s->base = (struct sms_provider){ &kind, conf_member_string(at, LIST, "name") };
	s->up = *up;
	e = read_all(&r, http);
	if (e < 0) {
		on_free(&s->base);
		return e;
	}
	*p = &s->base;
	return 0;
}
