#include "apid/server.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "apid/client.h"
#include "apid/intake.h"
#include "apid/meters.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/secret.h"

enum { WAITING_MAX = 4096, RETRY_SOON_S = 1, PATH_SIZE = 108, METRICS_SIZE = 65536, REQUEST_ID_MAX = 64 };

/* A request that waits for arsd. Its number is generation and place, so that a late answer finds nobody. */
struct exchange {
	struct server *server;
	struct http_request *http;        /* NULL: free */
	const struct route *route;
	enum listener listener;
	uint32_t generation, next_free;
	struct loop_timer *timer;
	struct mono start;
	struct id request_id;
};

struct door { struct server *server; enum listener listener; };

struct server {
	struct loop *loop;
	struct loop_peer *arsd;
	bool greeted;                     /* arsd's hello came on this connection */
	uint64_t boot;
	int64_t answer_timeout_ms;
	struct door doors[2];
	uint32_t first_free;
	struct metrics meters;
	struct api_msg in, out;           /* 60 KB each: not for the stack */
	struct exchange waiting[WAITING_MAX];
};

/* ---- answers ---- */
static void send_reply(struct server *s, struct http_request *http, const struct id *request_id, int status,
                       const char *type,
                       const void *body, size_t len)
{
	meters_answered(&s->meters, status);
	http_reply_header(http, "Request-Id", request_id->text);
	http_reply_header(http, "Cache-Control", "no-store");
	http_reply_header(http, "X-Content-Type-Options", "nosniff");
	http_reply(http, status, type, body, len);
}

/* A pointer to a member that we know. Others are the sender's words: they could say anything in a log, even a card number. */
static bool is_loggable(const char *field)
{
	size_t digits = 0;

	for (const char *p = field; *p != '\0'; p++) {
		digits = *p >= '0' && *p <= '9' ? digits + 1 : 0;
		if (digits > 2 || (digits == 0 && *p != '/' && *p != '_' && (*p < 'a' || *p > 'z')))
			return false;
	}
	return true;
}

static void reply_problem(struct server *s, struct http_request *http, const struct id *request_id,
                          const struct problem *p)
{
	char seconds[16], *text = problem_print(p, request_id->text);

	if (p->allow != NULL)
		http_reply_header(http, "Allow", p->allow);
	if (p->status == 401)
		http_reply_header(http, "WWW-Authenticate", "Bearer realm=\"callkey\"");
	if (p->retry_after_s > 0) {
		snprintf(seconds, sizeof(seconds), "%" PRIu32, p->retry_after_s);
		http_reply_header(http, "Retry-After", seconds);
	}
	log_info("api_problem", "request=%s status=%u code=%s field=%s", request_id->text, p->status, p->code,
	         is_loggable(p->field) ? p->field : "?");
	send_reply(s, http, request_id, p->status, "application/problem+json", text != NULL ? text : "{}",
	           text != NULL ? strlen(text) : 2);
	free(text);
}

static void reply_json(struct server *s, struct http_request *http, const struct id *request_id, int status,
                       const char *json)
{
	send_reply(s, http, request_id, status, "application/json", json, strlen(json));
}

/* arsd's counters, when it answered, and our own. */
static void reply_metrics(struct server *s, struct http_request *http, const struct id *request_id, const uint8_t *text,
                          size_t len)
{
	char *all = malloc(len + 1 + METRICS_SIZE);
	size_t own;

	if (all == NULL) {
		reply_json(s, http, request_id, 503, "{}");
		return;
	}
	memcpy(all, text, len);
	if (len > 0 && all[len - 1] != '\n')
		all[len++] = '\n';
	meters_up(&s->meters, s->greeted);
	own = metrics_print(&s->meters, all + len, METRICS_SIZE);
	send_reply(s, http, request_id, 200, "text/plain; version=0.0.4; charset=utf-8", all, len + own);
	free(all);
}

/* When arsd cannot be asked, or does not answer: each route says so in its own way. */
static void reply_without_arsd(struct server *s, struct http_request *http, const struct id *request_id,
                               const struct route *r,
                               const struct problem *p)
{
	if (r->type == api_type_health)
		reply_json(s, http, request_id, 503, "{\"status\":\"unavailable\"}");
	else if (r->type == api_type_metrics_get)
		reply_metrics(s, http, request_id, (const uint8_t *)"", 0);
	else
		reply_problem(s, http, request_id, p);
}

/* ---- exchanges ---- */
static struct exchange *take_exchange(struct server *s)
{
	struct exchange *x;

	if (s->first_free == WAITING_MAX)
		return NULL;
	x = &s->waiting[s->first_free];
	s->first_free = x->next_free;
	x->generation++;
	meters_waiting(&s->meters, 1);
	return x;
}

/* Frees the place; the caller answers. */
static struct http_request *end_exchange(struct exchange *x)
{
	struct server *s = x->server;
	struct http_request *http = x->http;

	loop_timer_cancel(&x->timer);
	meters_took(&s->meters, mono_diff_ms(x->start, clock_mono()));
	meters_waiting(&s->meters, -1);
	x->http = NULL;
	x->next_free = s->first_free;
	s->first_free = (uint32_t)(x - s->waiting);
	return http;
}

static struct exchange *find_exchange(struct server *s, uint64_t req)
{
	uint32_t place = (uint32_t)req;
	struct exchange *x = place < WAITING_MAX ? &s->waiting[place] : NULL;

	return x != NULL && x->http != NULL && x->generation == req >> 32 ? x : NULL;
}

static void on_timeout(void *context)
{
	struct exchange *x = context;
	struct problem p = problem_make(504, "no_answer", "",
	                                "No answer in time. Whether the request was carried out is not known: "
	                                "ask again, with the same Idempotency-Key if it had one.");

	meters_timed_out(&x->server->meters);
	reply_without_arsd(x->server, end_exchange(x), &x->request_id, x->route, &p);
}

/* arsd is gone with what it was asked. */
static void drop_exchanges(struct server *s)
{
	struct problem p = problem_make(503, "interrupted", "",
	                                "The appliance was interrupted. Whether the request was carried out "
	                                "is not known: ask again, with the same Idempotency-Key if it had one.");

	p.retry_after_s = RETRY_SOON_S;
	for (size_t i = 0; i < WAITING_MAX; i++)
		if (s->waiting[i].http != NULL)
			reply_without_arsd(s, end_exchange(&s->waiting[i]), &s->waiting[i].request_id, s->waiting[i].route, &p);
}

/* Sends s->out; false with the problem when it cannot be asked now. */
static bool ask_arsd(struct server *s, struct exchange *x, struct problem *p)
{
	struct ipc_conn *c = s->greeted ? loop_peer_conn(s->arsd) : NULL;

	*p = problem_make(503, "unavailable", "", "The appliance is starting or overloaded. Nothing was done; ask again.");
	p->retry_after_s = RETRY_SOON_S;
	if (c == NULL || x == NULL || loop_timer_start(s->loop, s->answer_timeout_ms, on_timeout, x, &x->timer) < 0)
		return false;
	s->out.u.head.req = (uint64_t)x->generation << 32 | (uint64_t)(x - s->waiting);
	return api_send(c, &s->out) == 0;
}

/* The merchant's own name for its request comes back with the answer, whatever that is. It goes into no log: it is the sender's word. */
static void echo_request_id(struct http_request *http)
{
	static const char allowed[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_.";
	const char *id = http_header(http, "X-Request-Id");
	size_t len = id != NULL ? strlen(id) : 0;

	if (len > 0 && len <= REQUEST_ID_MAX && strspn(id, allowed) == len)
		http_reply_header(http, "X-Request-Id", id);
}

static void on_http(struct http_request *http, void *context)
{
	const struct door *door = context;
	struct server *s = door->server;
	struct intake in = { .listener = door->listener, .method = http_method(http), .path = http_path(http),
	                     .query = http_query(http), .authorization = http_header(http, "Authorization"),
	                     .content_type = http_header(http, "Content-Type"),
	                     .idempotency_key = http_header(http, "Idempotency-Key"),
	                     .client_address = http_header(http, CLIENT_ADDRESS_HEADER),
	                     .client_certificate = http_header(http, CLIENT_CERTIFICATE_HEADER) };
	struct id request_id = id_new("req_");
	const struct route *route;
	struct exchange *x;
	struct problem p;

	echo_request_id(http);
	in.body = http_body(http, &in.len);
	if (intake_read(&in, &route, &s->out, &p) < 0) {
		secret_wipe(&s->out, sizeof(s->out));
		reply_problem(s, http, &request_id, &p);
		return;
	}
	x = take_exchange(s);
	if (x != NULL) {
		x->http = http;
		x->route = route;
		x->listener = door->listener;
		x->start = clock_mono();
		x->request_id = request_id;
	}
	if (!ask_arsd(s, x, &p))
		reply_without_arsd(s, x != NULL ? end_exchange(x) : http, &request_id, route, &p);
	secret_wipe(&s->out, sizeof(s->out));
}

/* ---- arsd ---- */
static void tell_rate(struct http_request *http, const struct api_answer *a)
{
	const struct { const char *name; uint32_t value; } said[] = {
		{ "RateLimit-Limit", a->rate_limit }, { "RateLimit-Remaining", a->rate_remaining }, { "RateLimit-Reset", a->rate_reset_s },
	};
	char number[16];

	for (size_t i = 0; a->rate_limit != 0 && i < ARRAY_LEN(said); i++) {
		snprintf(number, sizeof(number), "%" PRIu32, said[i].value);
		http_reply_header(http, said[i].name, number);
	}
}

static const char *type_of(const struct route *r)
{
	return r->type == api_type_reconciliation_csv ? "text/csv; charset=utf-8; header=present" : "application/json";
}

static void reply_answer(struct server *s, const struct exchange *x, struct http_request *http,
                         const struct api_answer *a)
{
	bool merchant_health = x->route->type == api_type_health && x->listener == LISTENER_MERCHANT;
	struct problem p;

	tell_rate(http, a);
	if (merchant_health) {
		/* Outside it is nobody's business which part is not well. */
		reply_json(s, http, &x->request_id, a->status,
		           a->status == 200 ? "{\"status\":\"ok\"}" : "{\"status\":\"unavailable\"}");
	} else if (x->route->type == api_type_metrics_get && a->status == 200) {
		reply_metrics(s, http, &x->request_id, a->body.data, a->body.len);
	} else if (a->status < 400 || a->body.len > 0) {
		send_reply(s, http, &x->request_id, a->status, a->body.len > 0 ? type_of(x->route) : NULL, a->body.data,
		           a->body.len);
	} else {
		p = problem_make(a->status, a->code, a->field, a->detail);
		p.retry_after_s = a->retry_after_s;
		reply_problem(s, http, &x->request_id, &p);
	}
}

static void on_answer(struct server *s, const struct api_answer *a)
{
	struct exchange *x = find_exchange(s, a->req);
	struct problem p = problem_make(500, "internal", "", "The appliance failed. It has been logged.");

	if (x == NULL) {
		meters_late(&s->meters);
		return;
	}
	if (a->status < 200 || a->status > 599) {
		log_error("arsd_answer", "status=%u why=\"no HTTP status\"", a->status);
		reply_problem(s, end_exchange(x), &x->request_id, &p);
		return;
	}
	reply_answer(s, x, end_exchange(x), a);
}

static void break_off(struct server *s, struct loop_peer *p, const char *why)
{
	meters_broken(&s->meters);
	log_error("arsd_protocol", "why=\"%s\"", why);
	loop_peer_drop(p);
}

static void on_up(struct loop_peer *p, void *context)
{
	struct server *s = context;
	struct api_msg *hello = &s->out;

	hello->type = api_type_hello;
	hello->u.hello = (struct api_hello){ .version = API_VERSION, .boot = s->boot };
	s->greeted = false;
	if (api_send(loop_peer_conn(p), hello) < 0)
		loop_peer_drop(p);
	log_info("arsd_connected", "boot=%016" PRIx64, s->boot);
}

static void on_frame(struct loop_peer *p, const uint8_t *frame, size_t len, void *context)
{
	struct server *s = context;

	if (api_decode(&s->in, frame, len) < 0)
		break_off(s, p, "a frame that cannot be decoded");
	else if (s->in.type == api_type_hello && !s->greeted && s->in.u.hello.version == API_VERSION)
		s->greeted = true;
	else if (s->in.type == api_type_answer && s->greeted)
		on_answer(s, &s->in.u.answer);
	else
		break_off(s, p, s->greeted ? "a message that is no answer" : "no hello of our version");
}

static void on_down(struct loop_peer *p UNUSED, void *context)
{
	struct server *s = context;

	s->greeted = false;
	log_warn("arsd_lost", "waiting=%d", meters_get_waiting(&s->meters));
	drop_exchanges(s);
}

/* ---- life ---- */
static int open_sockets(struct server *s, const struct server_config *config)
{
	static const char *const names[] = { "apid.sock", "apid-admin.sock" };
	const struct loop_peer_handlers handlers = { on_up, on_frame, on_down, s };
	char path[PATH_SIZE];
	int e;

	if (snprintf(path, sizeof(path), "%s/api.sock", config->run_dir) >= (int)sizeof(path))
		return ERR_TOO_LONG;
	e = loop_peer_connect(s->loop, path, config->arsd_uid, &handlers, &s->arsd);
	for (size_t i = 0; e == 0 && i < ARRAY_LEN(names); i++) {
		s->doors[i] = (struct door){ s, i == 0 ? LISTENER_MERCHANT : LISTENER_ADMIN };
		if (snprintf(path, sizeof(path), "%s/%s", config->run_dir, names[i]) >= (int)sizeof(path))
			return ERR_TOO_LONG;
		e = http_listen_unix(s->loop, path, on_http, &s->doors[i]);
	}
	return e;
}

int server_new(struct loop *l, const struct server_config *config, struct server **s)
{
	struct server *made = calloc(1, sizeof(*made));
	int e;

	if (made == NULL)
		return ERR_NOMEM;
	made->loop = l;
	made->answer_timeout_ms = config->answer_timeout_ms;
	for (uint32_t i = 0; i < WAITING_MAX; i++) {
		made->waiting[i].server = made;
		made->waiting[i].next_free = i + 1;
	}
	meters_init(&made->meters);
	if (getrandom(&made->boot, sizeof(made->boot), 0) != (ssize_t)sizeof(made->boot)) {
		free(made);
		return ERR_IO;
	}
	e = open_sockets(made, config);
	if (e < 0) {
		log_error("apid_sockets", "run_dir=%s error=%s", config->run_dir, err_name(e));
		free(made);
		return e;
	}
	*s = made;
	return 0;
}

void server_free(struct server **s)
{
	if (*s == NULL)
		return;
	drop_exchanges(*s);
	secret_wipe(&(*s)->out, sizeof((*s)->out));
	free(*s);
	*s = NULL;
}
