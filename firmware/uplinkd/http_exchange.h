/* http_exchange.h: one HTTPS request and its answer, as libcurl is told of them: what is sent, under which rules, to which addresses,
 * and what its end means. Which of them may run, and when, is http_client.c's. */
#ifndef UPLINKD_HTTP_EXCHANGE_H
#define UPLINKD_HTTP_EXCHANGE_H

#include <curl/curl.h>

#include "lib/clock.h"
#include "uplinkd/http_client.h"
#include "uplinkd/http_url.h"

struct http_exchange {
	struct http_exchange *next;
	struct http_receiver *receiver;      /* whose it is; the client's */
	const struct http_receiver_setup *rules;
	CURL *easy;
	struct curl_slist *headers;
	char host[HTTP_HOST_SIZE];                /* host:port */
	void *sent_body;
	size_t sent_len;
	char *body;
	size_t len, size;
	bool sent;                           /* libcurl was about to write the request */
	bool too_long;                       /* the answer has more than is read of one */
	bool inside;                         /* an address that outside_only forbids was turned away */
	struct mono asked;
	char error[CURL_ERROR_SIZE];
	void (*done)(const struct http_answer *a, void *context);
	void *context;
};

/* rules: borrowed, as is what they point to; sessions: what connections share. ERR_INVALID: the call's is no URL that we call. */
int http_exchange_new(const struct http_receiver_setup *rules, CURLSH *sessions, const struct http_call *call,
                      struct http_exchange **x) MUST_CHECK;
/* Both tell the caller and free the exchange, which stands in no list any more. */
void http_exchange_end(struct http_exchange *x, const struct http_answer *answer);
void http_exchange_end_by_curl(struct http_exchange *x, CURLcode code);

#endif
