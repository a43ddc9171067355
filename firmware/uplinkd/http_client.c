/* http_client.c: see http_client.h. libcurl asks for watches and a timer; finished transfers are collected after each of
 * its steps, and waiting exchanges take the places that became free. */
#include "uplinkd/http_client.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <curl/curl.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "lib/secret.h"
#include "model/network.h"

/* An idle connection older than this is not used again: the far end may be closing it at this moment, and a payment that
 * runs into that has an unknown outcome. Below the keep-alive of common servers. */
enum { IDLE_MAX_S = 10, CONNECTIONS_KEPT_MAX = 256, HOST_SIZE = 256 };
#define SYSTEM_CA_PATH "/etc/ssl/certs"

struct http_exchange {
	struct http_exchange *next;
	struct http_receiver *receiver;
	CURL *easy;
	struct curl_slist *headers;
	char host[HOST_SIZE];                /* host:port */
	void *sent_body;
	size_t sent_len;
	char *body;
	size_t len, size;
	bool sent;                           /* libcurl was about to write the request */
	bool inside;                         /* an address that outside_only forbids was turned away */
	struct mono asked;
	char error[CURL_ERROR_SIZE];
	void (*done)(const struct http_answer *a, void *context);
	void *context;
};

struct http_receiver {
	struct http_receiver *next;
	struct http_client *client;
	struct http_receiver_setup setup;
	char name[32], ca_file[256];
	struct http_exchange *running, *waiting, **waiting_end;
	int running_count, waiting_count;
};

struct http_client {
	struct loop *loop;
	CURLM *multi;
	CURLSH *sessions;                    /* TLS sessions, so that a new connection need not prove everything anew */
	int connections_kept;                /* as many as there may be exchanges at once */
	struct loop_timer *timer;            /* as libcurl asked */
	struct loop_timer *kick;             /* starts what was just asked for */
	struct loop_timer *sweep;            /* gives back what waits too long */
	struct http_receiver *receivers;
};

static void collect(struct http_client *c);

/* ---- libcurl on the loop ---- */

static void on_socket_ready(int fd, int what, void *context)
{
	struct http_client *c = context;
	int running, flags = (what & LOOP_READ ? CURL_CSELECT_IN : 0) | (what & LOOP_WRITE ? CURL_CSELECT_OUT : 0);

	curl_multi_socket_action(c->multi, fd, flags, &running);
	collect(c);
}

static void on_curl_timer(void *context)
{
	struct http_client *c = context;
	int running;

	curl_multi_socket_action(c->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	collect(c);
}

static int ask_watch(CURL *easy UNUSED, curl_socket_t fd, int what, void *context, void *per_socket)
{
	struct http_client *c = context;
	struct loop_watch *w = per_socket;
	int wanted = (what & CURL_POLL_IN ? LOOP_READ : 0) | (what & CURL_POLL_OUT ? LOOP_WRITE : 0);

	if (what == CURL_POLL_REMOVE) {
		curl_multi_assign(c->multi, fd, NULL);
		loop_watch_free(&w);
	} else if (w != NULL) {
		loop_watch_change(w, wanted);
	} else {
		if (loop_watch_fd(c->loop, fd, wanted, on_socket_ready, c, &w) < 0)
			return -1;
		curl_multi_assign(c->multi, fd, w);
	}
	return 0;
}

static int ask_timer(CURLM *multi UNUSED, long ms, void *context)
{
	struct http_client *c = context;

	loop_timer_cancel(&c->timer);
	return ms < 0 || loop_timer_start(c->loop, ms, on_curl_timer, c, &c->timer) == 0 ? 0 : -1;
}

/* ---- one exchange ---- */

static void exchange_free(struct http_exchange *x)
{
	if (x->easy != NULL)
		curl_easy_cleanup(x->easy);
	curl_slist_free_all(x->headers);
	if (x->sent_body != NULL)
		secret_wipe(x->sent_body, x->sent_len);
	free(x->sent_body);
	free(x->body);
	free(x);
}

static size_t on_body(char *data, size_t one, size_t n, void *context)
{
	struct http_exchange *x = context;

	n *= one;
	if (n > HTTP_ANSWER_MAX - x->len)
		return 0;
	if (x->len + n + 1 > x->size) {
		size_t size = x->len + n + 1 < 2048 ? 2048 : 2 * (x->len + n + 1);
		char *grown = realloc(x->body, size);

		if (grown == NULL)
			return 0;
		x->body = grown;
		x->size = size;
	}
	memcpy(x->body + x->len, data, n);
	x->len += n;
	x->body[x->len] = '\0';
	return n;
}

/* Opens the socket to an address that the name was resolved to, unless it is forbidden: at this moment, and not when the name was
 * looked up, so that a name that means something else each time it is asked for does not get past. */
static curl_socket_t on_open(void *context, curlsocktype purpose UNUSED, struct curl_sockaddr *to)
{
	struct http_exchange *x = context;
	const void *octet = to->family == AF_INET ? (const void *)&((struct sockaddr_in *)&to->addr)->sin_addr
	                                          : (const void *)&((struct sockaddr_in6 *)&to->addr)->sin6_addr;
	size_t len = to->family == AF_INET ? 4 : 16;
	struct network_address a;

	if (x->receiver->setup.outside_only && ((to->family != AF_INET && to->family != AF_INET6) ||
	                                        network_address_from(octet, len, &a) < 0 || !network_address_is_public(&a))) {
		x->inside = true;
		return CURL_SOCKET_BAD;
	}
	return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

/* A connection that another receiver has opened may be used again: where it leads is asked once more. */
static bool leads_inside(const struct http_exchange *x, const char *to)
{
	struct network_address a;

	return x->receiver->setup.outside_only && (network_address_parse(to, &a) < 0 || !network_address_is_public(&a));
}

/* Called when the connection stands and the request is about to be written. libcurl would write it again on a new connection
 * when a kept one turns out to be dead: the second time is refused, for the first may have arrived. */
static int on_about_to_send(void *context, char *to, char *from UNUSED, int to_port UNUSED, int from_port UNUSED)
{
	struct http_exchange *x = context;

	if (leads_inside(x, to))
		x->inside = true;
	if (x->sent || x->inside)
		return CURL_PREREQFUNC_ABORT;
	x->sent = true;
	return CURL_PREREQFUNC_OK;
}

/* A place in libcurl's varargs setter where a NULL must have a type. */
static bool set_text(CURL *e, CURLoption option, const char *text)
{
	return curl_easy_setopt(e, option, text) == CURLE_OK;
}

static bool set_number(CURL *e, CURLoption option, long value)
{
	return curl_easy_setopt(e, option, value) == CURLE_OK;
}

static bool set_trust(CURL *e, const struct http_receiver *r)
{
	bool own = r->ca_file[0] != '\0';

	if (own && !r->setup.system_ca_too)
		return set_text(e, CURLOPT_CAINFO, r->ca_file) && set_text(e, CURLOPT_CAPATH, NULL);
	return (!own || set_text(e, CURLOPT_CAINFO, r->ca_file)) && set_text(e, CURLOPT_CAPATH, SYSTEM_CA_PATH);
}

static bool set_request(struct http_exchange *x, const struct http_call *call)
{
	CURL *e = x->easy;
	bool ok = set_text(e, CURLOPT_URL, call->url) && set_text(e, CURLOPT_PROTOCOLS_STR, "https");

	for (size_t i = 0; ok && i < call->header_count; i++) {
		struct curl_slist *more = curl_slist_append(x->headers, call->headers[i]);

		ok = more != NULL;
		if (ok)
			x->headers = more;
	}
	if (ok && call->len > 0) {
		x->sent_body = malloc(call->len);
		ok = x->sent_body != NULL;
		if (ok) {
			memcpy(x->sent_body, call->body, call->len);
			x->sent_len = call->len;
		}
	}
	if (ok && (call->len > 0 || strcmp(call->method, "POST") == 0))
		ok = set_number(e, CURLOPT_POST, 1L) && set_number(e, CURLOPT_POSTFIELDSIZE, (long)call->len) &&
		     curl_easy_setopt(e, CURLOPT_POSTFIELDS, x->sent_body != NULL ? x->sent_body : "") == CURLE_OK;
	ok = ok && set_text(e, CURLOPT_CUSTOMREQUEST, call->method);
	return ok && curl_easy_setopt(e, CURLOPT_HTTPHEADER, x->headers) == CURLE_OK;
}

static bool set_rules(struct http_exchange *x)
{
	const struct http_receiver_setup *s = &x->receiver->setup;
	CURL *e = x->easy;

	return set_number(e, CURLOPT_FOLLOWLOCATION, 0L) && set_text(e, CURLOPT_PROXY, "") &&
	       set_number(e, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) &&
	       set_number(e, CURLOPT_SSL_VERIFYPEER, 1L) && set_number(e, CURLOPT_SSL_VERIFYHOST, 2L) &&
	       set_number(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) && set_number(e, CURLOPT_NOSIGNAL, 1L) &&
	       set_number(e, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L) && set_number(e, CURLOPT_MAXAGE_CONN, (long)IDLE_MAX_S) &&
	       set_number(e, CURLOPT_CONNECTTIMEOUT_MS, (long)s->connect_timeout_ms) &&
	       set_number(e, CURLOPT_TIMEOUT_MS, (long)s->timeout_ms) &&
	       set_number(e, CURLOPT_MAXFILESIZE, (long)HTTP_ANSWER_MAX) &&
	       set_text(e, CURLOPT_USERAGENT, "Callkey/1") && set_trust(e, x->receiver) &&
	       curl_easy_setopt(e, CURLOPT_ERRORBUFFER, x->error) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_WRITEDATA, x) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_OPENSOCKETFUNCTION, on_open) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_OPENSOCKETDATA, x) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_PREREQFUNCTION, on_about_to_send) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_PREREQDATA, x) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_SHARE, x->receiver->client->sessions) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_PRIVATE, x) == CURLE_OK;
}

/* Tells the owner and frees the exchange, which stands in no list any more. */
static void finish(struct http_exchange *x, const struct http_answer *answer)
{
	struct http_answer a = *answer;

	a.took_us = (clock_mono().ns - x->asked.ns) / 1000;
	if (a.fate != HTTP_ANSWERED)
		log_warn("exchange_failed", "receiver=%s host=%s sent=%s why=\"%s\"", x->receiver->name, x->host,
		         a.fate == HTTP_NOT_SENT ? "no" : "perhaps", a.why);
	x->done(&a, x->context);
	exchange_free(x);
}

static void finish_by_curl(struct http_exchange *x, CURLcode code)
{
	struct http_answer a = { .fate = HTTP_ANSWERED, .body = x->body != NULL ? x->body : "", .len = x->len, .why = "" };
	long status = 0;

	if (code != CURLE_OK) {
		a.fate = x->sent ? HTTP_NO_ANSWER : HTTP_NOT_SENT;
		a.body = "";
		a.len = 0;
		a.why = x->inside ? "the address is not on the public Internet" : x->error[0] != '\0' ? x->error : curl_easy_strerror(code);
	} else {
		curl_easy_getinfo(x->easy, CURLINFO_RESPONSE_CODE, &status);
		a.status = (int)status;
	}
	finish(x, &a);
}

/* ---- places and the queue ---- */

static int running_to(const struct http_receiver *r, const char *host)
{
	int n = 0;

	for (const struct http_exchange *x = r->running; x != NULL; x = x->next)
		n += strcmp(x->host, host) == 0;
	return n;
}

static bool has_place(const struct http_receiver *r, const struct http_exchange *x)
{
	return r->running_count < r->setup.max_in_flight &&
	       (r->setup.max_per_host == 0 || running_to(r, x->host) < r->setup.max_per_host);
}

static void run(struct http_exchange *x)
{
	struct http_receiver *r = x->receiver;

	if (curl_multi_add_handle(r->client->multi, x->easy) != CURLM_OK) {
		finish(x, &(struct http_answer){ .fate = HTTP_NOT_SENT, .body = "", .why = "out of memory" });
		return;
	}
	x->next = r->running;
	r->running = x;
	r->running_count++;
}

/* Starts what has a place; what has waited too long is given back unsent. */
static void run_waiting(struct http_receiver *r)
{
	struct http_exchange **at = &r->waiting, *x;
	struct mono now = clock_mono();

	while ((x = *at) != NULL) {
		bool late = mono_diff_ms(x->asked, now) > r->setup.timeout_ms;

		if (!late && !has_place(r, x)) {
			at = &x->next;
			continue;
		}
		*at = x->next;
		if (r->waiting_end == &x->next)
			r->waiting_end = at;
		r->waiting_count--;
		if (late)
			finish(x, &(struct http_answer){ .fate = HTTP_NOT_SENT, .body = "", .why = "no free place in time" });
		else
			run(x);
	}
}

static void run_all_waiting(void *context)
{
	struct http_client *c = context;

	for (struct http_receiver *r = c->receivers; r != NULL; r = r->next)
		run_waiting(r);
}

static void forget_running(struct http_exchange *x)
{
	struct http_exchange **at = &x->receiver->running;

	while (*at != x)
		at = &(*at)->next;
	*at = x->next;
	x->receiver->running_count--;
}

static void collect(struct http_client *c)
{
	CURLMsg *m;
	int left;

	while ((m = curl_multi_info_read(c->multi, &left)) != NULL) {
		struct http_exchange *x = NULL;
		CURLcode code = m->data.result;

		if (m->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, (char **)&x);
		curl_multi_remove_handle(c->multi, x->easy);
		forget_running(x);
		finish_by_curl(x, code);
	}
	run_all_waiting(c);
}

/* ---- public ---- */

/* Takes host:port out of an https URL; false when it is not one that we call. */
static bool url_host(const char *url, char *host, size_t size)
{
	CURLU *u = curl_url();
	char *scheme = NULL, *name = NULL, *port = NULL, *user = NULL, *fragment = NULL;
	bool ok = u != NULL && curl_url_set(u, CURLUPART_URL, url, 0) == CURLUE_OK &&
	          curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK && strcmp(scheme, "https") == 0 &&
	          curl_url_get(u, CURLUPART_HOST, &name, 0) == CURLUE_OK && name[0] != '\0' &&
	          curl_url_get(u, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) == CURLUE_OK &&
	          curl_url_get(u, CURLUPART_USER, &user, 0) == CURLUE_NO_USER &&
	          curl_url_get(u, CURLUPART_FRAGMENT, &fragment, 0) == CURLUE_NO_FRAGMENT;

	if (ok)
		ok = (size_t)snprintf(host, size, "%s:%s", name, port) < size;
	curl_free(scheme);
	curl_free(name);
	curl_free(port);
	curl_free(user);
	curl_free(fragment);
	curl_url_cleanup(u);
	return ok;
}

bool http_url_is_https(const char *url)
{
	char host[HOST_SIZE];

	return url_host(url, host, sizeof(host));
}

int http_client_call(struct http_receiver *r, const struct http_call *call)
{
	struct http_exchange *x;

	if (r->waiting_count >= HTTP_WAITING_MAX)
		return ERR_EXHAUSTED;
	x = calloc(1, sizeof(*x));
	if (x == NULL)
		return ERR_NOMEM;
	if (!url_host(call->url, x->host, sizeof(x->host))) {
		free(x);
		return ERR_INVALID;
	}
	x->receiver = r;
	x->done = call->done;
	x->context = call->context;
	x->asked = clock_mono();
	x->easy = curl_easy_init();
	if (x->easy == NULL || !set_request(x, call) || !set_rules(x)) {
		exchange_free(x);
		return ERR_NOMEM;
	}
	/* Always through the queue, so that done() never runs under its caller. */
	*r->waiting_end = x;
	r->waiting_end = &x->next;
	r->waiting_count++;
	if (r->client->kick == NULL && loop_timer_start(r->client->loop, 0, run_all_waiting, r->client, &r->client->kick) < 0)
		log_error("exchange_start", "error=no_memory hint=\"the sweep starts it\"");
	return 0;
}

/* Whether libcurl would find something to trust in it: at the first exchange would be late to say so. */
static bool holds_certificate(const char *path)
{
	FILE *f = fopen(path, "re");
	char line[256];
	bool found = false;

	while (f != NULL && !found && fgets(line, sizeof(line), f) != NULL)
		found = strncmp(line, "-----BEGIN CERTIFICATE-----", 27) == 0;
	if (f != NULL)
		fclose(f);
	return found;
}

int http_receiver_new(struct http_client *c, const struct http_receiver_setup *s, struct http_receiver **r)
{
	struct http_receiver *made;

	if (strlen(s->ca_file) >= sizeof(made->ca_file))
		return ERR_TOO_LONG;
	if (s->ca_file[0] != '\0' && !holds_certificate(s->ca_file))
		return ERR_INVALID;
	made = calloc(1, sizeof(*made));
	if (made == NULL)
		return ERR_NOMEM;
	made->client = c;
	made->setup = *s;
	snprintf(made->name, sizeof(made->name), "%s", s->name);
	memcpy(made->ca_file, s->ca_file, strlen(s->ca_file) + 1);
	made->waiting_end = &made->waiting;
	made->next = c->receivers;
	c->receivers = made;
	c->connections_kept += s->max_in_flight;
	curl_multi_setopt(c->multi, CURLMOPT_MAXCONNECTS,
	                  (long)(c->connections_kept < CONNECTIONS_KEPT_MAX ? c->connections_kept : CONNECTIONS_KEPT_MAX));
	*r = made;
	return 0;
}

int http_client_new(struct loop *l, struct http_client **c)
{
	enum { SWEEP_MS = 250 };
	struct http_client *made = calloc(1, sizeof(*made));

	if (made == NULL)
		return ERR_NOMEM;
	made->loop = l;
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK || (made->multi = curl_multi_init()) == NULL ||
	    (made->sessions = curl_share_init()) == NULL ||
	    curl_share_setopt(made->sessions, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION) != CURLSHE_OK ||
	    loop_every(l, SWEEP_MS, run_all_waiting, made, &made->sweep) < 0) {
		if (made->multi != NULL)
			curl_multi_cleanup(made->multi);
		if (made->sessions != NULL)
			curl_share_cleanup(made->sessions);
		free(made);
		return ERR_NOMEM;
	}
	curl_multi_setopt(made->multi, CURLMOPT_SOCKETFUNCTION, ask_watch);
	curl_multi_setopt(made->multi, CURLMOPT_SOCKETDATA, made);
	curl_multi_setopt(made->multi, CURLMOPT_TIMERFUNCTION, ask_timer);
	curl_multi_setopt(made->multi, CURLMOPT_TIMERDATA, made);
	curl_multi_setopt(made->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING);
	*c = made;
	return 0;
}

static void break_off(struct http_exchange *x)
{
	finish(x, &(struct http_answer){ .fate = x->sent ? HTTP_NO_ANSWER : HTTP_NOT_SENT, .body = "", .why = "uplinkd ends" });
}

void http_client_free(struct http_client **c)
{
	struct http_receiver *r;
	struct http_exchange *x;

	if (*c == NULL)
		return;
	while ((r = (*c)->receivers) != NULL) {
		(*c)->receivers = r->next;
		while ((x = r->running) != NULL) {
			r->running = x->next;
			curl_multi_remove_handle((*c)->multi, x->easy);
			break_off(x);
		}
		while ((x = r->waiting) != NULL) {
			r->waiting = x->next;
			break_off(x);
		}
		free(r);
	}
	curl_multi_cleanup((*c)->multi);
	curl_share_cleanup((*c)->sessions);
	loop_timer_cancel(&(*c)->timer);
	loop_timer_cancel(&(*c)->kick);
	loop_timer_cancel(&(*c)->sweep);
	free(*c);
	*c = NULL;
	curl_global_cleanup();
}
