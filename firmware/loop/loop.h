/* loop.h: the event loop of arsd, uplinkd and apid, and HTTP on a unix socket; the only user of libevent.
 * One loop a process, one thread. */
#ifndef LOOP_LOOP_H
#define LOOP_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ipc/conn.h"
#include "lib/err.h"

struct loop;

int loop_new(struct loop **l) MUST_CHECK;          /* SIGTERM and SIGINT end loop_run(); SIGPIPE is ignored */
void loop_free(struct loop **l);
/* Runs turns until stopped: a turn handles all that is ready, then calls the turn's end. With a turn's end, frames to all
 * peers are held back until it has returned, so that a commit in it comes before every effect of the turn. */
int loop_run(struct loop *l);
void loop_stop(struct loop *l);
void loop_on_turn_end(struct loop *l, void (*fn)(void *context), void *context);

struct loop_timer;
/* Fires once after ms, unless cancelled; freed by firing or cancelling (which clears the pointer). */
int loop_timer_start(struct loop *l, int64_t ms, void (*fn)(void *context), void *context, struct loop_timer **t) MUST_CHECK;
void loop_timer_cancel(struct loop_timer **t);
/* Fires every ms until cancelled. */
int loop_every(struct loop *l, int64_t ms, void (*fn)(void *context), void *context, struct loop_timer **t) MUST_CHECK;

struct loop_watch;
enum { LOOP_READ = 1, LOOP_WRITE = 2 };
int loop_watch_fd(struct loop *l, int fd, int what, void (*fn)(int fd, int what, void *context), void *context,
                  struct loop_watch **w) MUST_CHECK;
void loop_watch_change(struct loop_watch *w, int what);
void loop_watch_free(struct loop_watch **w);

/* ---- ipc over the loop (peer.c): a listening or connecting end with its frames, reconnecting by itself ---- */
struct loop_peer;
struct loop_peer_handlers {
	void (*up)(struct loop_peer *p, void *context);                              /* connected: send hello */
	void (*frame)(struct loop_peer *p, const uint8_t *frame, size_t len, void *context);
	void (*down)(struct loop_peer *p, void *context);                            /* gone; a listener's peer is freed after this */
	void *context;
};
/* Listens; every accepted peer gets the handlers. max: how many at once. */
int loop_peer_listen(struct loop *l, const char *path, int64_t allowed_uid, int max, const struct loop_peer_handlers *h) MUST_CHECK;
/* Connects, and again 100 ms..2 s after each loss, for ever. */
int loop_peer_connect(struct loop *l, const char *path, int64_t allowed_uid, const struct loop_peer_handlers *h,
                      struct loop_peer **p) MUST_CHECK;
bool loop_peer_is_up(const struct loop_peer *p);
/* The connection for *_send(); NULL while down. */
struct ipc_conn *loop_peer_conn(struct loop_peer *p);
void loop_peer_drop(struct loop_peer *p);          /* closes it: the peer broke the protocol. down() follows later */
void loop_peer_set_user(struct loop_peer *p, void *user);
void *loop_peer_user(struct loop_peer *p);
/* Throws away all frames sent in this turn: for a turn's end whose commit failed; the world must not hear of it. */
void loop_peers_discard(struct loop *l);

/* ---- HTTP server on a unix socket, behind nginx (http.c) ---- */
struct http_request;      /* lives until http_reply() */
enum { HTTP_BODY_MAX = 65536 };
/* fn is called with method ("GET"), decoded path without query ("": it has over 511 bytes, or a NUL), and body; it must
 * call http_reply() once, now or later. */
int http_listen_unix(struct loop *l, const char *path, void (*fn)(struct http_request *r, void *context), void *context) MUST_CHECK;
const char *http_method(const struct http_request *r);
const char *http_path(const struct http_request *r);
const char *http_query(const struct http_request *r);                            /* raw, "" if none */
/* NULL if absent; "" if it stands more than once: which of them counts is nobody's to guess. */
const char *http_header(const struct http_request *r, const char *name);
const uint8_t *http_body(const struct http_request *r, size_t *len);
void http_reply_header(struct http_request *r, const char *name, const char *value);
void http_reply(struct http_request *r, int status, const char *content_type, const void *body, size_t len);

#endif
