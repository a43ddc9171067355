/* control.c: the control socket: lines of JSON in, answers and events out. What a command means is in command.c. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/log.h"
#include "sandbox/carrier/carrier.h"

enum { CONNS_MAX = 2048, LINE_MAX_BYTES = 256 << 10, OUT_MAX_BYTES = 8 << 20, READ_BYTES = 64 << 10, FLUSH_MS = 500 };

struct control_conn {
	struct control *control;
	struct watch watch;
	char *in, *out;
	size_t in_len, in_space, out_len, out_space;
	bool subscribed, dead, wants_write;
};

struct control {
	struct carrier *carrier;
	struct watch watch;
	struct control_conn *conns[CONNS_MAX];
	int count;
	struct sockaddr_un address;
};

static void conn_ready(void *context, uint32_t events);

static void forget_phones(struct carrier *c, const struct control_conn *conn)
{
	for (int s = 0; s < c->span_count; s++)
		for (int slot = 0; slot < TRUNK_SLOTS; slot++) {
			struct phone *p = span_phone(c->spans[s], slot);

			if (p != NULL && phone_owner(p) == conn)
				phone_forget_owner(p);
		}
}

static void conn_free(struct control_conn *conn)
{
	struct control *control = conn->control;
	int fd = conn->watch.fd;

	for (int i = 0; i < control->count; i++)
		if (control->conns[i] == conn)
			control->conns[i] = control->conns[--control->count];
	forget_phones(control->carrier, conn);
	if (fd >= 0 && watch_set(control->carrier, &conn->watch, -1, 0) == 0)
		close(fd);
	free(conn->in);
	free(conn->out);
	free(conn);
}

/* The end comes through the loop, so that nobody frees a connection that others are still writing to. */
static void give_up(struct control_conn *conn)
{
	conn->dead = true;
	shutdown(conn->watch.fd, SHUT_RDWR);
}

static void send_waiting(struct control_conn *conn)
{
	ssize_t n = 0;
	size_t sent = 0;
	bool wants;

	while (!conn->dead && sent < conn->out_len) {
		n = send(conn->watch.fd, conn->out + sent, conn->out_len - sent, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n > 0)
			sent += (size_t)n;
		else if (errno == EAGAIN)
			break;
		else if (errno != EINTR)
			give_up(conn);
	}
	memmove(conn->out, conn->out + sent, conn->out_len - sent);
	conn->out_len -= sent;
	wants = conn->out_len > 0;
	if (!conn->dead && wants != conn->wants_write) {
		conn->wants_write = wants;
		if (watch_set(conn->control->carrier, &conn->watch, conn->watch.fd, EPOLLIN | (wants ? EPOLLOUT : 0)) != 0)
			give_up(conn);
	}
}

static bool grow(char **buf, size_t *space, size_t need, size_t most)
{
	size_t bigger = *space < 4096 ? 4096 : *space;
	char *grown;

	if (need <= *space)
		return true;
	if (need > most)
		return false;
	while (bigger < need)
		bigger *= 2;
	grown = realloc(*buf, bigger);
	if (grown == NULL)
		return false;
	*buf = grown;
	*space = bigger;
	return true;
}

/* A reader that does not read loses its connection, not the others their events. */
static void queue_line(struct control_conn *conn, const char *text, size_t len)
{
	if (conn->dead)
		return;
	if (!grow(&conn->out, &conn->out_space, conn->out_len + len + 1, OUT_MAX_BYTES)) {
		give_up(conn);
		return;
	}
	memcpy(conn->out + conn->out_len, text, len);
	conn->out[conn->out_len + len] = '\n';
	conn->out_len += len + 1;
	if (!conn->wants_write)
		send_waiting(conn);
}

static void queue_json(struct control_conn *conn, json_t *value)
{
	char *text = json_dumps(value, JSON_COMPACT);

	if (text != NULL)
		queue_line(conn, text, strlen(text));
	free(text);
}

void control_event(struct carrier *c, struct control_conn *owner, json_t *event)
{
	struct control *control = c->control;

	if (owner != NULL)
		queue_json(owner, event);
	for (int i = 0; control != NULL && i < control->count; i++)
		if (control->conns[i]->subscribed && control->conns[i] != owner)
			queue_json(control->conns[i], event);
	json_decref(event);
}

void control_subscribe(struct control_conn *conn)
{
	conn->subscribed = true;
}

static void run_lines(struct control_conn *conn)
{
	size_t start = 0;
	char *end;

	while (!conn->dead && (end = memchr(conn->in + start, '\n', conn->in_len - start)) != NULL) {
		json_t *answer = command_run(conn->control->carrier, conn, conn->in + start, (size_t)(end - conn->in) - start);

		queue_json(conn, answer);
		json_decref(answer);
		start = (size_t)(end - conn->in) + 1;
	}
	memmove(conn->in, conn->in + start, conn->in_len - start);
	conn->in_len -= start;
}

static void conn_ready(void *context, uint32_t events)
{
	struct control_conn *conn = context;
	ssize_t n;

	if (events & EPOLLOUT)
		send_waiting(conn);
	if (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) {
		if (!grow(&conn->in, &conn->in_space, conn->in_len + READ_BYTES, LINE_MAX_BYTES + READ_BYTES)) {
			conn->dead = true;            /* a line without an end */
		} else {
			n = recv(conn->watch.fd, conn->in + conn->in_len, READ_BYTES, MSG_DONTWAIT);
			if (n > 0)
				conn->in_len += (size_t)n;
			else if (n == 0 || (errno != EAGAIN && errno != EINTR))
				conn->dead = true;
			if (n > 0)
				run_lines(conn);
		}
	}
	if (conn->dead)
		conn_free(conn);
}

static void control_ready(void *context, uint32_t events UNUSED)
{
	struct control *control = context;
	int fd = accept4(control->watch.fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct control_conn *conn;

	if (fd < 0)
		return;
	conn = control->count < CONNS_MAX ? calloc(1, sizeof(*conn)) : NULL;
	if (conn == NULL) {
		close(fd);
		return;
	}
	conn->control = control;
	conn->watch = (struct watch){ .fd = -1, .ready = conn_ready, .context = conn };
	control->conns[control->count++] = conn;
	if (watch_set(control->carrier, &conn->watch, fd, EPOLLIN) != 0) {
		close(fd);
		conn_free(conn);
	}
}

int control_open(struct carrier *c, const char *path, struct control **control)
{
	struct control *made = calloc(1, sizeof(*made));
	int fd = -1, err = ERR_TOO_LONG;

	if (made == NULL)
		return ERR_NOMEM;
	made->carrier = c;
	made->watch = (struct watch){ .fd = -1, .ready = control_ready, .context = made };
	made->address.sun_family = AF_UNIX;
	if (strlen(path) >= sizeof(made->address.sun_path))
		goto out;
	memcpy(made->address.sun_path, path, strlen(path));
	err = ERR_IO;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	unlink(path);
	if (fd < 0 || bind(fd, (const struct sockaddr *)&made->address, sizeof(made->address)) != 0 || listen(fd, 64) != 0)
		goto out;
	err = watch_set(c, &made->watch, fd, EPOLLIN);
	if (err != 0)
		goto out;
	*control = made;
	return 0;
out:
	log_error("control_failed", "path=%s error=\"%s\"", path, err == ERR_IO ? strerror(errno) : err_name(err));
	if (fd >= 0)
		close(fd);
	free(made);
	return err;
}

void control_free(struct control **control)
{
	if (*control == NULL)
		return;
	while ((*control)->count > 0)
		conn_free((*control)->conns[0]);
	close((*control)->watch.fd);
	unlink((*control)->address.sun_path);
	free(*control);
	*control = NULL;
}

void control_flush(struct carrier *c)
{
	struct mono end = mono_add_ms(clock_mono(), FLUSH_MS);

	for (int i = 0; i < c->control->count; i++)
		while (c->control->conns[i]->out_len > 0 && !c->control->conns[i]->dead && clock_mono().ns < end.ns)
			send_waiting(c->control->conns[i]);
}
