#include "uplinkd/http_exchange.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/log.h"
#include "lib/secret.h"
#include "model/network.h"

/* An idle connection older than this is not used again: the far end may be closing it at this moment, and a payment that
 * runs into that has an unknown outcome. Below the keep-alive of common servers. */
enum { IDLE_MAX_S = 10 };
#define SYSTEM_CA_PATH "/etc/ssl/certs"

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

/* ---- what libcurl asks on the way ---- */

static size_t on_body(char *data, size_t one, size_t n, void *context)
{
	struct http_exchange *x = context;

	n *= one;
	if (n > HTTP_ANSWER_MAX - x->len) {
		x->too_long = true;
		return 0;
	}
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

	if (x->rules->outside_only && ((to->family != AF_INET && to->family != AF_INET6) ||
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

	return x->rules->outside_only && (network_address_parse(to, &a) < 0 || !network_address_is_public(&a));
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

/* ---- what it is told before ---- */

/* A place in libcurl's varargs setter where a NULL must have a type. */
static bool set_text(CURL *e, CURLoption option, const char *text)
{
	return curl_easy_setopt(e, option, text) == CURLE_OK;
}

static bool set_number(CURL *e, CURLoption option, long value)
{
	return curl_easy_setopt(e, option, value) == CURLE_OK;
}

static bool set_trust(CURL *e, const struct http_receiver_setup *s)
{
	bool own = s->ca_file[0] != '\0';

	if (own && !s->system_ca_too)
		return set_text(e, CURLOPT_CAINFO, s->ca_file) && set_text(e, CURLOPT_CAPATH, NULL);
	return (!own || set_text(e, CURLOPT_CAINFO, s->ca_file)) && set_text(e, CURLOPT_CAPATH, SYSTEM_CA_PATH);
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

static bool set_rules(struct http_exchange *x, CURLSH *sessions)
{
	const struct http_receiver_setup *s = x->rules;
	CURL *e = x->easy;

	return set_number(e, CURLOPT_FOLLOWLOCATION, 0L) && set_text(e, CURLOPT_PROXY, "") &&
	       set_number(e, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) &&
	       set_number(e, CURLOPT_SSL_VERIFYPEER, 1L) && set_number(e, CURLOPT_SSL_VERIFYHOST, 2L) &&
	       set_number(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) && set_number(e, CURLOPT_NOSIGNAL, 1L) &&
	       set_number(e, CURLOPT_QUICK_EXIT, 1L) &&          /* or the loop stands still until a name server that is silent is given up */
	       set_number(e, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L) && set_number(e, CURLOPT_MAXAGE_CONN, (long)IDLE_MAX_S) &&
	       set_number(e, CURLOPT_CONNECTTIMEOUT_MS, (long)s->connect_timeout_ms) &&
	       set_number(e, CURLOPT_TIMEOUT_MS, (long)s->timeout_ms) &&
	       set_number(e, CURLOPT_MAXFILESIZE, (long)HTTP_ANSWER_MAX) &&
	       set_text(e, CURLOPT_USERAGENT, "Callkey/1") && set_trust(e, s) &&
	       curl_easy_setopt(e, CURLOPT_ERRORBUFFER, x->error) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_WRITEDATA, x) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_OPENSOCKETFUNCTION, on_open) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_OPENSOCKETDATA, x) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_PREREQFUNCTION, on_about_to_send) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_PREREQDATA, x) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_SHARE, sessions) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_PRIVATE, x) == CURLE_OK;
}

int http_exchange_new(const struct http_receiver_setup *rules, CURLSH *sessions, const struct http_call *call, struct http_exchange **x)
{
	struct http_exchange *made = calloc(1, sizeof(*made));

	if (made == NULL)
		return ERR_NOMEM;
	if (!http_url_host(call->url, made->host, sizeof(made->host))) {
		free(made);
		return ERR_INVALID;
	}
	made->rules = rules;
	made->done = call->done;
	made->context = call->context;
	made->asked = clock_mono();
	made->easy = curl_easy_init();
	if (made->easy == NULL || !set_request(made, call) || !set_rules(made, sessions)) {
		exchange_free(made);
		return ERR_NOMEM;
	}
	*x = made;
	return 0;
}

/* ---- the end ---- */

void http_exchange_end(struct http_exchange *x, const struct http_answer *answer)
{
	struct http_answer a = *answer;

	a.took_us = (clock_mono().ns - x->asked.ns) / 1000;
	if (a.fate != HTTP_ANSWERED)
		log_warn("exchange_failed", "receiver=%s host=%s sent=%s why=\"%s\"", x->rules->name, x->host,
		         a.fate == HTTP_NOT_SENT ? "no" : "perhaps", a.why);
	x->done(&a, x->context);
	exchange_free(x);
}

void http_exchange_end_by_curl(struct http_exchange *x, CURLcode code)
{
	struct http_answer a = { .fate = HTTP_ANSWERED, .body = x->body != NULL ? x->body : "", .len = x->len, .why = "" };
	struct curl_header *retry;
	long status = 0;

	x->too_long |= code == CURLE_FILESIZE_EXCEEDED;          /* as its Content-Length says */
	if (code != CURLE_OK && !(x->too_long && x->rules->status_alone)) {
		a.fate = x->sent ? HTTP_NO_ANSWER : HTTP_NOT_SENT;
		a.body = "";
		a.len = 0;
		a.why = x->inside ? "the address is not on the public Internet" : x->error[0] != '\0' ? x->error : curl_easy_strerror(code);
	} else {
		curl_easy_getinfo(x->easy, CURLINFO_RESPONSE_CODE, &status);
		a.status = (int)status;
		if (curl_easy_header(x->easy, "Retry-After", 0, CURLH_HEADER, -1, &retry) == CURLHE_OK)
			a.retry_after = retry->value;
	}
	http_exchange_end(x, &a);
}
