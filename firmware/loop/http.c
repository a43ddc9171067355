/* http.c: HTTP/1.1 on a unix socket over evhttp, which nginx stands in front of. A request may be answered later; if its
 * connection dies first, the answer is dropped. */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/http.h>
#include <event2/http_struct.h>
#include <event2/keyvalq_struct.h>

#include "lib/log.h"
#include "loop/loop_priv.h"

/* Headers: more than nginx lets through, so that who sends too many hears it from there. */
enum { HEADERS_MAX = 32768, IDLE_TIMEOUT_S = 65, PATH_MAX_LEN = 512 };

struct http_server {
	struct http_server *next;
	struct evhttp *evhttp;
	char path[108];
	void (*fn)(struct http_request *r, void *context);
	void *context;
};

struct http_request {
	struct evhttp_request *ev;        /* NULL: the connection is gone */
	struct evhttp_connection *connection;
	char path[PATH_MAX_LEN];
};

static void on_connection_closed(struct evhttp_connection *c UNUSED, void *context)
{
	struct http_request *r = context;

	r->ev = NULL;
	r->connection = NULL;
}

static const char *method_name(enum evhttp_cmd_type cmd)
{
	switch (cmd) {
	case EVHTTP_REQ_GET: return "GET";
	case EVHTTP_REQ_POST: return "POST";
	case EVHTTP_REQ_HEAD: return "HEAD";
	case EVHTTP_REQ_PUT: return "PUT";
	case EVHTTP_REQ_DELETE: return "DELETE";
	case EVHTTP_REQ_OPTIONS: return "OPTIONS";
	case EVHTTP_REQ_PATCH: return "PATCH";
	default: return "OTHER";
	}
}

/* The path, percent-decoded; "", which is no path, for one that is too long or hides a NUL. */
static void take_path(struct http_request *r)
{
	const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(r->ev);
	const char *raw = uri ? evhttp_uri_get_path(uri) : NULL;
	size_t len = 0;
	char *decoded = evhttp_uridecode(raw && raw[0] ? raw : "/", 0, &len);
	bool ok = decoded != NULL && len < sizeof(r->path) && strlen(decoded) == len;

	if (ok)
		memcpy(r->path, decoded, len + 1);
	free(decoded);
}

static void on_request(struct evhttp_request *ev, void *context)
{
	struct http_server *s = context;
	struct http_request *r = calloc(1, sizeof(*r));

	if (r == NULL) {
		evhttp_send_error(ev, 503, NULL);
		return;
	}
	r->ev = ev;
	r->connection = evhttp_request_get_connection(ev);
	take_path(r);
	evhttp_connection_set_closecb(r->connection, on_connection_closed, r);
	s->fn(r, s->context);
}

static int listen_unix(const char *path)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int fd;

	if (strlen(path) >= sizeof(sa.sun_path))
		return ERR_TOO_LONG;
	memcpy(sa.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return ERR_IO;
	unlink(path);
	if (bind(fd, (struct sockaddr *)&sa, sizeof(sa)) != 0 || chmod(path, 0660) != 0 || listen(fd, 512) != 0) {
		close(fd);
		return ERR_IO;
	}
	return fd;
}

int http_listen_unix(struct loop *l, const char *path, void (*fn)(struct http_request *r, void *context), void *context)
{
	struct http_server *s = calloc(1, sizeof(*s));
	int fd;

	if (s == NULL)
		return ERR_NOMEM;
	s->fn = fn;
	s->context = context;
	fd = listen_unix(path);
	s->evhttp = fd < 0 ? NULL : evhttp_new(l->base);
	if (s->evhttp == NULL || evhttp_accept_socket(s->evhttp, fd) != 0) {
		log_error("http_listen", "path=%s hint=\"is the folder there and the path under 108 bytes?\"", path);
		if (fd >= 0)
			close(fd);
		free(s);
		return fd < 0 ? fd : ERR_IO;
	}
	evhttp_set_max_body_size(s->evhttp, HTTP_BODY_MAX);
	evhttp_set_max_headers_size(s->evhttp, HEADERS_MAX);
	evhttp_set_timeout(s->evhttp, IDLE_TIMEOUT_S);
	evhttp_set_allowed_methods(s->evhttp, EVHTTP_REQ_GET | EVHTTP_REQ_POST | EVHTTP_REQ_HEAD | EVHTTP_REQ_PUT |
	                                      EVHTTP_REQ_DELETE | EVHTTP_REQ_OPTIONS | EVHTTP_REQ_PATCH);
	evhttp_set_gencb(s->evhttp, on_request, s);
	memcpy(s->path, path, strlen(path) + 1);
	s->next = l->servers;
	l->servers = s;
	return 0;
}

void loop_http_free(struct loop *l)
{
	struct http_server *s;

	while ((s = l->servers) != NULL) {
		l->servers = s->next;
		evhttp_free(s->evhttp);
		unlink(s->path);
		free(s);
	}
}

const char *http_method(const struct http_request *r)
{
	return r->ev != NULL ? method_name(evhttp_request_get_command(r->ev)) : "OTHER";
}

const char *http_path(const struct http_request *r)
{
	return r->path;
}

const char *http_query(const struct http_request *r)
{
	const struct evhttp_uri *uri = r->ev != NULL ? evhttp_request_get_evhttp_uri(r->ev) : NULL;
	const char *query = uri != NULL ? evhttp_uri_get_query(uri) : NULL;

	return query != NULL ? query : "";
}

const char *http_header(const struct http_request *r, const char *name)
{
	const struct evkeyvalq *headers = r->ev != NULL ? evhttp_request_get_input_headers(r->ev) : NULL;
	const char *found = NULL;

	if (headers == NULL)
		return NULL;
	for (const struct evkeyval *h = headers->tqh_first; h != NULL; h = h->next.tqe_next)
		if (strcasecmp(h->key, name) == 0) {
			if (found != NULL)
				return "";
			found = h->value;
		}
	return found;
}

const uint8_t *http_body(const struct http_request *r, size_t *len)
{
	struct evbuffer *in = r->ev != NULL ? evhttp_request_get_input_buffer(r->ev) : NULL;

	*len = in != NULL ? evbuffer_get_length(in) : 0;
	return *len > 0 ? evbuffer_pullup(in, -1) : (const uint8_t *)"";
}

void http_reply_header(struct http_request *r, const char *name, const char *value)
{
	if (r->ev != NULL)
		evhttp_add_header(evhttp_request_get_output_headers(r->ev), name, value);
}

/* Reason phrases that libevent does not know; NULL: it does. */
static const char *reason_of(int status)
{
	switch (status) {
	case 422: return "Unprocessable Content";
	case 429: return "Too Many Requests";
	default: return NULL;
	}
}

void http_reply(struct http_request *r, int status, const char *content_type, const void *body, size_t len)
{
	struct evbuffer *out;

	if (r->ev == NULL) {
		free(r);
		return;
	}
	evhttp_connection_set_closecb(r->connection, NULL, NULL);
	if (content_type != NULL)
		http_reply_header(r, "Content-Type", content_type);
	out = evbuffer_new();
	if (out == NULL || (len > 0 && evbuffer_add(out, body, len) != 0))
		evhttp_send_error(r->ev, 503, NULL);
	else
		evhttp_send_reply(r->ev, status, reason_of(status), out);
	if (out != NULL)
		evbuffer_free(out);
	free(r);
}
