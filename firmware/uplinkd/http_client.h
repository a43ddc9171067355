/* http_client.h: HTTPS requests to the world outside, over libcurl's multi interface on the loop. It tells apart what a
 * payment must know: a request that surely never left, one that was answered in whole, and everything between.
 *
 * HTTPS only, TLS 1.2 or later, no redirect, no proxy, no second sending of a request. Run by uplinkd's one thread. */
#ifndef UPLINKD_HTTP_CLIENT_H
#define UPLINKD_HTTP_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/err.h"
#include "loop/loop.h"

struct http_client;

int http_client_new(struct loop *l, struct http_client **c) MUST_CHECK;
/* Ends all exchanges: done() is called for each, with HTTP_NOT_SENT or HTTP_NO_ANSWER. */
void http_client_free(struct http_client **c);

/* One kind of receiver: whom to trust, how long to wait, how much at once. */
struct http_receiver_setup {
	const char *name;           /* for logs */
	const char *ca_file;        /* "": the system's CAs */
	bool system_ca_too;         /* the system's CAs besides ca_file */
	int64_t connect_timeout_ms; /* name, TCP and TLS together */
	int64_t timeout_ms;         /* the whole exchange, and the wait for a free place before it */
	int max_in_flight;          /* further exchanges wait their turn */
	int max_per_host;           /* one slow host does not take all places; 0: no bound of its own */
	bool status_alone;          /* the status is all that is asked for: one with more than HTTP_ANSWER_MAX behind it is an answer */
	bool outside_only;          /* others have named the addresses: none but public ones (model/network.h) is connected to */
};
struct http_receiver;
/* Owned by the client. ERR_INVALID: ca_file cannot be read, or holds no certificate in PEM. */
int http_receiver_new(struct http_client *c, const struct http_receiver_setup *s, struct http_receiver **r) MUST_CHECK;

enum { HTTP_ANSWER_MAX = 65536, HTTP_HEADERS_MAX = 20, HTTP_WAITING_MAX = 4096 };

enum http_fate {
	HTTP_ANSWERED = 1,          /* a whole answer: status and body are set (of a status_alone the body may be cut) */
	HTTP_NOT_SENT = 2,          /* no byte of the request left: resolving, connecting or TLS failed, or no place was free */
	HTTP_NO_ANSWER = 3,         /* it may have arrived; no usable answer came */
};
struct http_answer {
	enum http_fate fate;
	int status;
	const char *body;           /* NUL-terminated; valid during done() */
	size_t len;
	const char *retry_after;    /* the value of that header; NULL: none; valid during done() */
	const char *why;            /* for HTTP_NOT_SENT and HTTP_NO_ANSWER: the reason, in words */
	int64_t took_us;
};

struct http_call {
	const char *method;                              /* "GET", "POST", "DELETE" */
	const char *url;
	const char *headers[HTTP_HEADERS_MAX];           /* "Name: value" */
	size_t header_count;
	const void *body;                                /* copied, like all of this */
	size_t len;
	void (*done)(const struct http_answer *a, void *context);   /* once, later, from the loop */
	void *context;
};
/* ERR_INVALID: not an https URL. ERR_EXHAUSTED: too many wait already. On any error done() is not called and nothing is sent. */
int http_client_call(struct http_receiver *r, const struct http_call *call) MUST_CHECK;

#endif
