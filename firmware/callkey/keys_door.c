#include "callkey/keys_door.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/secret.h"

enum { ANSWER_MS = 15000 };

struct room { uint8_t frame[IPC_FRAME_MAX]; struct keyctl_msg out, in; char text[KEYCTL_TEXT_MAX + 1]; };
struct keys_door { struct ipc_conn *conn; uint64_t req; struct room *room; };

static int next_message(struct keys_door *d)
{
	struct mono deadline = mono_add_ms(clock_mono(), ANSWER_MS);

	for (;;) {
		int n = ipc_conn_recv(d->conn, d->room->frame), left_ms;
		struct pollfd p = { ipc_conn_fd(d->conn), POLLIN, 0 };

		if (n > 0) {
			int e = keyctl_decode(&d->room->in, d->room->frame, (size_t)n);

			secret_wipe(d->room->frame, (size_t)n);
			return e;
		}
		if (n != ERR_AGAIN)
			return n;
		left_ms = (int)mono_diff_ms(clock_mono(), deadline);
		if (left_ms <= 0)
			return ERR_TIMEOUT;
		if (poll(&p, 1, left_ms) < 0 && errno != EINTR)
			return ERR_IO;
	}
}

static int greet(struct keys_door *d)
{
	int e;

	d->room->out.type = keyctl_type_hello;
	d->room->out.u.hello = (struct keyctl_hello){ KEYCTL_VERSION, 0 };
	e = keyctl_send(d->conn, &d->room->out);
	if (e == 0)
		e = next_message(d);
	return e == 0 && (d->room->in.type != keyctl_type_hello || d->room->in.u.hello.version != KEYCTL_VERSION) ? ERR_INVALID : e;
}

int keys_door_open(const char *path, int64_t keystored_uid, struct keys_door **d)
{
	struct keys_door *made = calloc(1, sizeof(*made));
	void *room = NULL;
	int e = made == NULL ? ERR_NOMEM : secret_alloc(sizeof(*made->room), &room);

	if (e < 0) {
		free(made);
		return e;
	}
	made->room = room;
	e = ipc_connect(path, keystored_uid, &made->conn);
	if (e == 0)
		e = greet(made);
	if (e < 0)
		keys_door_close(&made);
	else
		*d = made;
	return e;
}

void keys_door_close(struct keys_door **d)
{
	void *room;

	if (*d == NULL)
		return;
	room = (*d)->room;
	ipc_conn_free(&(*d)->conn);
	secret_free(&room, sizeof(struct room));
	free(*d);
	*d = NULL;
}

static int fill(struct keys_door *d, const char *verb, const char *args, const char *secret)
{
	struct keyctl_ask *ask = &d->room->out.u.ask;
	size_t len = secret != NULL ? strlen(secret) : 0;

	if (strlen(verb) >= sizeof(ask->verb) || strlen(args) >= sizeof(ask->args) || len > sizeof(ask->secret.data))
		return ERR_TOO_LONG;
	d->room->out.type = keyctl_type_ask;
	ask->req = ++d->req;
	strcpy(ask->verb, verb);
	strcpy(ask->args, args);
	ask->secret.len = (uint32_t)len;
	if (len > 0)
		memcpy(ask->secret.data, secret, len);
	return 0;
}

int keys_door_ask(struct keys_door *d, const char *verb, const char *args, const char *secret, struct keys_answer *a)
{
	const struct keyctl_answer *in = &d->room->in.u.answer;
	int e = fill(d, verb, args, secret);

	if (e == 0)
		e = keyctl_send(d->conn, &d->room->out);
	secret_wipe(&d->room->out, sizeof(d->room->out));
	if (e == 0)
		e = next_message(d);
	if (e == 0 && (d->room->in.type != keyctl_type_answer || in->req != d->req))
		e = ERR_INVALID;
	if (e < 0)
		return e;
	memcpy(d->room->text, in->text.data, in->text.len);
	d->room->text[in->text.len] = '\0';
	*a = (struct keys_answer){ in->status, in->more, d->room->text, in->secret.data, in->secret.len };
	return 0;
}

const char *keys_door_value(const char *text, const char *name, char *value, size_t size)
{
	size_t len = strlen(name);

	value[0] = '\0';
	for (const char *line = text; *line != '\0'; line += strcspn(line, "\n"), line += *line == '\n')
		if (strncmp(line, name, len) == 0 && line[len] == ' ')
			snprintf(value, size, "%.*s", (int)strcspn(line + len + 1, "\n"), line + len + 1);
	return value;
}
