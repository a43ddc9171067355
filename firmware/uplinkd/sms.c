#include "uplinkd/sms.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "json/json.h"
#include "lib/log.h"
#include "uplinkd/template.h"

enum { URL_SIZE = 8192, HEADER_SIZE = 1024, BODY_SIZE = 16384, SECRET_SIZE = 256, EXCERPT_MAX = 120 };

struct sms {
	struct desk *desk;
	struct http_receiver *receiver;      /* NULL: no provider is configured */
	const char *url, *method, *body, *contains, *from, *id_member;      /* the configuration's */
	const char *headers[HTTP_HEADERS_MAX];
	size_t header_count;
	enum template_escape body_escape;
	int success_status;
	char secret[SECRET_SIZE];
};

struct exchange { struct sms *sms; uint64_t job; char message_id[40]; };

/* ---- set-up: whatever is wrong with the template is said at start, with its line ---- */

struct reading { const struct conf_tree *conf; struct sms *s; unsigned uses; char *why; };

static const struct conf_node *node_of(const struct reading *r, const char *path)
{
	const struct conf_node *n = conf_find(conf_root(r->conf), path);

	if (n == NULL)
		n = conf_find(conf_root(r->conf), "uplinkd.sms");
	return n != NULL ? n : conf_root(r->conf);
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
	const struct conf_node *list = conf_find(conf_root(r->conf), "uplinkd.sms.headers");
	size_t count = list != NULL ? conf_count(list) : 0;
	bool typed = strcmp(r->s->method, "GET") == 0;

	for (size_t i = 0; i < count; i++) {
		const struct conf_node *at = conf_at(list, i);
		const char *header = conf_string(at), *colon = strchr(header, ':');

		if (i >= HTTP_HEADERS_MAX - 1)
			return conf_fault(at, r->why, "more than %d headers", HTTP_HEADERS_MAX - 1);
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
		return conf_fault(node_of(r, "uplinkd.sms.headers"), r->why, "a POST needs the header Content-Type");
	return 0;
}

/* A JSON body must be JSON once it is filled in. */
static int check_json_body(struct reading *r)
{
	static const struct template_values sample = { .value = { "sms_1", "01000000000", "15880000", "\"\\\n", "secret" } };
	char *filled = malloc(BODY_SIZE);
	struct json_fault fault;
	json_t *o = NULL;
	int n = filled != NULL ? template_fill(r->s->body, TEMPLATE_JSON, &sample, filled, BODY_SIZE) : ERR_NOMEM;
	int e = n < 0 ? n : json_read_strict(filled, (size_t)n, &o, &fault);

	json_decref(o);
	free(filled);
	if (n < 0)
		return conf_fault(node_of(r, "uplinkd.sms.body"), r->why, "too long when filled in");
	return e < 0 ? conf_fault(node_of(r, "uplinkd.sms.body"), r->why, "filled in, it is no JSON object: %s", fault.why) : 0;
}

static int read_secret(struct reading *r)
{
	const char *file = conf_get_string(r->conf, "uplinkd.sms.secret_file");

	if (file[0] == '\0' && (r->uses & 1U << TEMPLATE_SECRET) != 0)
		return conf_fault(node_of(r, "uplinkd.sms"), r->why, "{secret} is used, but there is no secret_file");
	if (file[0] != '\0' && http_secret_read(file, r->s->secret, sizeof(r->s->secret)) < 0)
		return conf_fault(node_of(r, "uplinkd.sms.secret_file"), r->why, "%s cannot be read as one line of ASCII", file);
	return 0;
}

static int read_request(struct reading *r)
{
	struct sms *s = r->s;
	bool get = strcmp(s->method, "GET") == 0;

	if (!http_url_is_https(s->url))
		return conf_fault(node_of(r, "uplinkd.sms.url"), r->why, "\"%s\" is not an https address", s->url);
	if (check_template(r, node_of(r, "uplinkd.sms.url"), s->url) < 0 || read_headers(r) < 0)
		return ERR_INVALID;
	if (!get && check_template(r, node_of(r, "uplinkd.sms.body"), s->body) < 0)
		return ERR_INVALID;
	if ((r->uses & 1U << TEMPLATE_TO) == 0 || (r->uses & 1U << TEMPLATE_TEXT) == 0)
		return conf_fault(node_of(r, get ? "uplinkd.sms.url" : "uplinkd.sms.body"), r->why, "{to} and {text} must be somewhere");
	if (!get && s->body_escape == TEMPLATE_JSON && check_json_body(r) < 0)
		return ERR_INVALID;
	return read_secret(r);
}

static int read_all(struct reading *r, struct http_client *http)
{
	struct sms *s = r->s;
	int64_t timeout_ms = conf_get_int(r->conf, "uplinkd.sms.timeout_ms");
	struct http_receiver_setup setup = {
		.name = "sms", .ca_file = conf_get_string(r->conf, "uplinkd.sms.ca_file"), .connect_timeout_ms = timeout_ms,
		.timeout_ms = timeout_ms, .max_in_flight = 32,
	};

	s->url = conf_get_string(r->conf, "uplinkd.sms.url");
	s->method = conf_get_string(r->conf, "uplinkd.sms.method");
	s->body = conf_get_string(r->conf, "uplinkd.sms.body");
	s->contains = conf_get_string(r->conf, "uplinkd.sms.success_contains");
	s->from = conf_get_string(r->conf, "uplinkd.sms.from");
	s->id_member = conf_get_string(r->conf, "uplinkd.sms.id_member");
	s->success_status = (int)conf_get_int(r->conf, "uplinkd.sms.success_status");
	if (s->url[0] == '\0')
		return 0;
	if (read_request(r) < 0)
		return ERR_INVALID;
	if (http_receiver_new(http, &setup, &s->receiver) < 0)
		return conf_fault(node_of(r, "uplinkd.sms.ca_file"), r->why, "%s cannot be read as certificates in PEM", setup.ca_file);
	return 0;
}

int sms_new(struct http_client *http, struct desk *desk, const struct conf_tree *conf, struct sms **s, char why[CONF_WHY_SIZE])
{
	struct sms *made = calloc(1, sizeof(*made));
	struct reading r = { .conf = conf, .s = made, .why = why };
	int e;

	if (made == NULL) {
		snprintf(why, CONF_WHY_SIZE, "out of memory");
		return ERR_NOMEM;
	}
	made->desk = desk;
	e = read_all(&r, http);
	if (e < 0) {
		free(made);
		return e;
	}
	*s = made;
	return 0;
}

void sms_free(struct sms **s)
{
	free(*s);
	*s = NULL;
}

/* ---- jobs ---- */

enum uplink_send_status sms_classify(const struct http_answer *a, int success_status, const char *contains)
{
	if (a->fate != HTTP_ANSWERED)
		return UPLINK_LATER;
	if (a->status == success_status && strstr(a->body, contains) != NULL)
		return UPLINK_SENT;
	return a->status >= 500 || a->status == 408 || a->status == 425 || a->status == 429 ? UPLINK_LATER : UPLINK_REFUSED;
}

/* The provider's own id of the message, if its answer is JSON and has it where the configuration says. */
static void take_provider_id(const struct sms *s, const struct http_answer *a, char *out, size_t size)
{
	struct json_fault fault;
	json_t *o = NULL;
	const char *id;

	if (s->id_member[0] == '\0' || json_read_strict(a->body, a->len, &o, &fault) < 0)
		return;
	id = json_string_value(json_object_get(o, s->id_member));
	if (id != NULL)
		snprintf(out, size, "%s", id);
	json_decref(o);
}

/* What an administrator needs to see why: the start of the provider's answer, as one printable line. */
static void describe(const struct http_answer *a, char *out, size_t size)
{
	int n;

	if (a->fate != HTTP_ANSWERED) {
		snprintf(out, size, "%s", a->why);
		return;
	}
	n = snprintf(out, size, "HTTP %d: %.*s", a->status, EXCERPT_MAX, a->body);
	for (int i = 0; i < n && (size_t)i + 1 < size; i++)
		if ((unsigned char)out[i] < 0x20 || (unsigned char)out[i] > 0x7e)
			out[i] = '?';
}

static void on_done(const struct http_answer *a, void *context)
{
	struct exchange *x = context;
	struct sms *s = x->sms;
	struct uplink_sms_result r = { .job = x->job };

	meters_exchange(desk_meters(s->desk), METERS_TO_SMS, a);
	r.status = sms_classify(a, s->success_status, s->contains);
	if (r.status == UPLINK_SENT)
		take_provider_id(s, a, r.provider_id, sizeof(r.provider_id));
	else
		describe(a, r.detail, sizeof(r.detail));
	log_info("sms_result", "job=%" PRIu64 " message=%s http=%d status=%u ms=%" PRId64, x->job, x->message_id, a->status, r.status,
	         a->took_us / 1000);
	desk_sms_result(s->desk, &r);
	free(x);
}

struct filled { char url[URL_SIZE], body[BODY_SIZE], header[HTTP_HEADERS_MAX][HEADER_SIZE]; };

/* Fills the templates and sends. ERR_INVALID, ERR_TOO_LONG: this message does not fit the template. */
static int fill_and_send(struct sms *s, const struct uplink_sms *job, struct exchange *x, struct filled *f)
{
	struct template_values v = { .value = { job->message_id, job->to, s->from, job->text, s->secret } };
	struct http_call call = { .method = s->method, .url = f->url, .done = on_done, .context = x };
	int n = template_fill(s->url, TEMPLATE_PERCENT, &v, f->url, sizeof(f->url));

	for (size_t i = 0; n >= 0 && i < s->header_count; i++) {
		n = template_fill(s->headers[i], TEMPLATE_HEADER, &v, f->header[i], sizeof(f->header[i]));
		call.headers[call.header_count++] = f->header[i];
	}
	if (n >= 0 && strcmp(s->method, "GET") != 0) {
		n = template_fill(s->body, s->body_escape, &v, f->body, sizeof(f->body));
		call.body = f->body;
		call.len = n > 0 ? (size_t)n : 0;
	}
	return n < 0 ? n : http_client_call(s->receiver, &call);
}

void sms_start(struct sms *s, const struct uplink_sms *job)
{
	struct uplink_sms_result r = { .job = job->job };
	struct exchange *x = calloc(1, sizeof(*x));
	struct filled *f = calloc(1, sizeof(*f));
	int e = ERR_NOT_FOUND;

	if (x == NULL || f == NULL) {
		e = ERR_NOMEM;
	} else if (s->receiver != NULL) {
		*x = (struct exchange){ .sms = s, .job = job->job };
		snprintf(x->message_id, sizeof(x->message_id), "%s", job->message_id);
		e = fill_and_send(s, job, x, f);
	}
	free(f);
	if (e == 0)
		return;
	free(x);
	r.status = e == ERR_NOMEM || e == ERR_EXHAUSTED ? UPLINK_LATER : UPLINK_REFUSED;
	snprintf(r.detail, sizeof(r.detail), "%s", e == ERR_NOT_FOUND ? "no SMS provider is configured" :
	         r.status == UPLINK_LATER ? "too much is waiting already" : "the message does not fit the template");
	log_warn("sms_unsent", "job=%" PRIu64 " message=%s why=\"%s\"", job->job, job->message_id, r.detail);
	desk_sms_result(s->desk, &r);
}
