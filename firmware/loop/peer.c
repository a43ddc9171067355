/* peer.c: ipc connections on the loop. A frame handler may drop its peer or send to any other; the peer itself is only
 * torn down from its own event, never under a handler's feet. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/log.h"
#include "lib/secret.h"
#include "loop/loop_priv.h"

enum { RETRY_FIRST_MS = 100, RETRY_MAX_MS = 2000, FRAMES_A_TURN = 64 };

struct loop_peer {
	struct loop *loop;
	struct loop_peer *next, **link;
	struct loop_peer_handlers handlers;
	struct ipc_conn *conn;
	struct loop_watch *watch;
	struct loop_timer *retry, *dropper;
	struct peer_listener *listener;   /* NULL: a connecting end */
	char path[108];
	int64_t allowed_uid, retry_ms;
	void *user;
};

struct peer_listener {
	struct peer_listener *next;
	struct loop *loop;
	struct loop_peer_handlers handlers;
	struct loop_watch *watch;
	char path[108];
	int fd, max, count;
	int64_t allowed_uid;
};

static void peer_try(void *context);

static void peer_watch(struct loop_peer *p)
{
	loop_watch_change(p->watch, LOOP_READ | (ipc_conn_wants_write(p->conn) ? LOOP_WRITE : 0));
}

static void peer_unlink(struct loop_peer *p)
{
	*p->link = p->next;
	if (p->next != NULL)
		p->next->link = p->link;
}

static void peer_link(struct loop *l, struct loop_peer *p)
{
	p->loop = l;
	p->next = l->peers;
	p->link = &l->peers;
	if (p->next != NULL)
		p->next->link = &p->next;
	l->peers = p;
}

static void peer_free(struct loop_peer *p)
{
	peer_unlink(p);
	loop_watch_free(&p->watch);
	loop_timer_cancel(&p->retry);
	loop_timer_cancel(&p->dropper);
	ipc_conn_free(&p->conn);
	if (p->listener != NULL)
		p->listener->count--;
	free(p);
}

/* The connection is over: tells the owner, then forgets an accepted peer or tries again. */
static void peer_lost(struct loop_peer *p)
{
	loop_watch_free(&p->watch);
	loop_timer_cancel(&p->dropper);
	ipc_conn_free(&p->conn);
	if (p->handlers.down != NULL)
		p->handlers.down(p, p->handlers.context);
	if (p->listener != NULL)
		peer_free(p);
	else if (loop_timer_start(p->loop, p->retry_ms, peer_try, p, &p->retry) < 0)
		log_error("peer_retry", "path=%s error=no_memory", p->path);
}

static void on_drop(void *context)
{
	peer_lost(context);
}

void loop_peer_drop(struct loop_peer *p)
{
	if (p->conn != NULL && p->dropper == NULL && loop_timer_start(p->loop, 0, on_drop, p, &p->dropper) < 0)
		log_error("peer_drop", "path=%s error=no_memory", p->path);
}

static void on_peer_ready(int fd UNUSED, int what, void *context)
{
	static uint8_t frame[IPC_FRAME_MAX];
	struct loop_peer *p = context;

	if (p->dropper != NULL)
		return;
	if ((what & LOOP_WRITE) && ipc_conn_flush(p->conn) < 0) {
		peer_lost(p);
		return;
	}
	for (int i = 0; i < FRAMES_A_TURN && p->dropper == NULL; i++) {
		int n = ipc_conn_recv(p->conn, frame);

		if (n == ERR_AGAIN)
			break;
		if (n < 0) {
			peer_lost(p);
			return;
		}
		p->handlers.frame(p, frame, (size_t)n, p->handlers.context);
		secret_wipe(frame, (size_t)n);
	}
	peer_watch(p);
}

static int peer_start(struct loop_peer *p)
{
	int e = loop_watch_fd(p->loop, ipc_conn_fd(p->conn), LOOP_READ, on_peer_ready, p, &p->watch);

	if (e < 0)
		return e;
	p->retry_ms = RETRY_FIRST_MS;
	ipc_conn_cork(p->conn, p->loop->turn_end != NULL);
	if (p->handlers.up != NULL)
		p->handlers.up(p, p->handlers.context);
	return 0;
}

static void on_listener_ready(int fd, int what UNUSED, void *context)
{
	struct peer_listener *s = context;
	struct ipc_conn *conn;
	struct loop_peer *p;

	if (ipc_accept(fd, s->allowed_uid, &conn) < 0)
		return;
	p = s->count < s->max ? calloc(1, sizeof(*p)) : NULL;
	if (p == NULL) {
		log_warn("peer_refused", "path=%s why=\"%d connected already\"", s->path, s->count);
		ipc_conn_free(&conn);
		return;
	}
	p->handlers = s->handlers;
	p->conn = conn;
	p->listener = s;
	memcpy(p->path, s->path, sizeof(p->path));
	s->count++;
	peer_link(s->loop, p);
	if (peer_start(p) < 0)
		peer_free(p);
}

int loop_peer_listen(struct loop *l, const char *path, int64_t allowed_uid, int max, const struct loop_peer_handlers *h)
{
	struct peer_listener *s = calloc(1, sizeof(*s));
	int e;

	if (s == NULL)
		return ERR_NOMEM;
	s->loop = l;
	s->handlers = *h;
	s->max = max;
	s->allowed_uid = allowed_uid;
	e = ipc_listen(path, &s->fd);
	if (e < 0) {
		free(s);
		return e;
	}
	memcpy(s->path, path, strlen(path) + 1);   /* ipc_listen has checked the length */
	e = loop_watch_fd(l, s->fd, LOOP_READ, on_listener_ready, s, &s->watch);
	if (e < 0) {
		close(s->fd);
		free(s);
		return e;
	}
	s->next = l->listeners;
	l->listeners = s;
	return 0;
}

static void peer_try(void *context)
{
	struct loop_peer *p = context;

	if (ipc_connect(p->path, p->allowed_uid, &p->conn) == 0) {
		if (peer_start(p) == 0)
			return;
		ipc_conn_free(&p->conn);
	}
	p->retry_ms = p->retry_ms * 2 > RETRY_MAX_MS ? RETRY_MAX_MS : p->retry_ms * 2;
	if (loop_timer_start(p->loop, p->retry_ms, peer_try, p, &p->retry) < 0)
		log_error("peer_retry", "path=%s error=no_memory", p->path);
}

int loop_peer_connect(struct loop *l, const char *path, int64_t allowed_uid, const struct loop_peer_handlers *h,
                      struct loop_peer **p)
{
	struct loop_peer *made;
	int e;

	if (strlen(path) >= sizeof(made->path))
		return ERR_TOO_LONG;
	made = calloc(1, sizeof(*made));
	if (made == NULL)
		return ERR_NOMEM;
	made->handlers = *h;
	made->allowed_uid = allowed_uid;
	made->retry_ms = RETRY_FIRST_MS;
	memcpy(made->path, path, strlen(path) + 1);
	peer_link(l, made);
	/* Not connected from here, so that up() never runs before the owner holds the peer. */
	e = loop_timer_start(l, 0, peer_try, made, &made->retry);
	if (e < 0) {
		peer_free(made);
		return e;
	}
	*p = made;
	return 0;
}

bool loop_peer_is_up(const struct loop_peer *p)
{
	return p->conn != NULL && p->dropper == NULL;
}

struct ipc_conn *loop_peer_conn(struct loop_peer *p)
{
	return loop_peer_is_up(p) ? p->conn : NULL;
}

void loop_peer_set_user(struct loop_peer *p, void *user)
{
	p->user = user;
}

void *loop_peer_user(struct loop_peer *p)
{
	return p->user;
}

void loop_peers_discard(struct loop *l)
{
	for (struct loop_peer *p = l->peers; p != NULL; p = p->next)
		if (p->conn != NULL)
			ipc_conn_discard(p->conn);
}

void loop_peers_flush(struct loop *l)
{
	bool turns = l->turn_end != NULL;

	for (struct loop_peer *p = l->peers; p != NULL; p = p->next) {
		if (!loop_peer_is_up(p))
			continue;
		ipc_conn_cork(p->conn, false);
		if (ipc_conn_flush(p->conn) < 0)
			loop_peer_drop(p);
		else
			peer_watch(p);
		ipc_conn_cork(p->conn, turns);
	}
}

void loop_peers_free(struct loop *l)
{
	struct peer_listener *s;

	while (l->peers != NULL)
		peer_free(l->peers);
	while ((s = l->listeners) != NULL) {
		l->listeners = s->next;
		loop_watch_free(&s->watch);
		close(s->fd);
		unlink(s->path);
		free(s);
	}
}
