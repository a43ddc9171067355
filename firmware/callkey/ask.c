#include "callkey/ask.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "ipc/admin.h"
#include "lib/clock.h"

enum { ANSWER_MS = 15000, ANSWER_MAX = 64 << 20, REQ = 1 };

struct asking {
	struct ipc_conn *conn;
	struct mono deadline;
	struct admin_msg in;
	uint8_t frame[IPC_FRAME_MAX];
	char *body;
	size_t len;
};

static int next_message(struct asking *a)
{
	for (;;) {
		int n = ipc_conn_recv(a->conn, a->frame), left_ms;
		struct pollfd p = { ipc_conn_fd(a->conn), POLLIN, 0 };

		if (n > 0)
			return admin_decode(&a->in, a->frame, (size_t)n);
		if (n != ERR_AGAIN)
			return n;
		left_ms = (int)mono_diff_ms(clock_mono(), a->deadline);
		if (left_ms <= 0)
			return ERR_TIMEOUT;
		if (poll(&p, 1, left_ms) < 0 && errno != EINTR)
			return ERR_IO;
	}
}

static int greet(struct asking *a)
{
	static struct admin_msg m;
	int e;

	m.type = admin_type_hello;
	m.u.hello = (struct admin_hello){ .version = ADMIN_VERSION, .boot = 0 };
	e = admin_send(a->conn, &m);
	if (e == 0)
		e = next_message(a);
	if (e == 0 && (a->in.type != admin_type_hello || a->in.u.hello.version != ADMIN_VERSION))
		e = ERR_INVALID;
	return e;
}

static int add_part(struct asking *a)
{
	const struct admin_answer *part = &a->in.u.answer;
	char *grown = a->len + part->body.len > ANSWER_MAX ? NULL : realloc(a->body, a->len + part->body.len + 1);

	if (grown == NULL)
		return ERR_NOMEM;
	a->body = grown;
	memcpy(a->body + a->len, part->body.data, part->body.len);
	a->len += part->body.len;
	a->body[a->len] = '\0';
	return 0;
}

static int exchange(struct asking *a, const char *verb, const char *argument)
{
	static struct admin_msg m;
	int e = greet(a);

	if (e < 0)
		return e;
	m.type = admin_type_ask;
	m.u.ask.req = REQ;
	if (strlen(verb) >= sizeof(m.u.ask.verb) || strlen(argument) >= sizeof(m.u.ask.argument))
		return ERR_TOO_LONG;
	strcpy(m.u.ask.verb, verb);
	strcpy(m.u.ask.argument, argument);
	e = admin_send(a->conn, &m);
	do {
		if (e == 0)
			e = next_message(a);
		if (e == 0 && (a->in.type != admin_type_answer || a->in.u.answer.req != REQ))
			e = ERR_INVALID;
		if (e == 0)
			e = add_part(a);
	} while (e == 0 && a->in.u.answer.more != 0);
	return e;
}

int ask(const char *socket_path, int64_t arsd_uid, const char *verb, const char *argument, uint16_t *status, char **body)
{
	static struct asking a;
	int e;

	memset(&a, 0, sizeof(a));
	e = ipc_connect(socket_path, arsd_uid, &a.conn);
	if (e < 0)
		return e;
	a.deadline = mono_add_ms(clock_mono(), ANSWER_MS);
	e = exchange(&a, verb, argument);
	ipc_conn_free(&a.conn);
	if (e < 0) {
		free(a.body);
		return e;
	}
	*status = a.in.u.answer.status;
	*body = a.body;
	return 0;
}
