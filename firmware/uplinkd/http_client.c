/* http_client.c: see http_client.h. libcurl asks for watches and a timer; finished transfers are collected after each of
 * its steps, and waiting exchanges take the places that became free. */
#include "uplinkd/http_client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "uplinkd/http_exchange.h"

enum { CONNECTIONS_KEPT_MAX = 256 };

struct http_receiver {
	struct http_receiver *next;
	struct http_client *client;
	struct http_receiver_setup setup;    /* its strings are these */
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
		http_exchange_end(x, &(struct http_answer){ .fate = HTTP_NOT_SENT, .body = "", .why = "out of memory" });
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
			http_exchange_end(x, &(struct http_answer){ .fate = HTTP_NOT_SENT, .body = "", .why = "no free place in time" });
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
		http_exchange_end_by_curl(x, code);
	}
	run_all_waiting(c);
}

/* ---- public ---- */

int http_client_call(struct http_receiver *r, const struct http_call *call)
{
	struct http_exchange *x;
	int e;

	if (r->waiting_count >= HTTP_WAITING_MAX)
		return ERR_EXHAUSTED;
	e = http_exchange_new(&r->setup, r->client->sessions, call, &x);
	if (e < 0)
		return e;
	x->receiver = r;
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
	made->setup.name = made->name;
	made->setup.ca_file = made->ca_file;
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
	http_exchange_end(x, &(struct http_answer){ .fate = x->sent ? HTTP_NO_ANSWER : HTTP_NOT_SENT, .body = "", .why = "uplinkd ends" });
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
