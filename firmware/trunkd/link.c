#include "trunkd/link.h"

#include <poll.h>
#include <stdio.h>

#include "lib/log.h"

enum { BACKOFF_FIRST_MS = 100, BACKOFF_MOST_MS = 2000, WAIT_MAX_MS = 1000 };

void link_init(struct link *l, const char *who, const char *run_dir, const char *socket, int64_t uid)
{
	*l = (struct link){ .who = who, .uid = uid, .backoff_ms = BACKOFF_FIRST_MS };
	snprintf(l->path, sizeof(l->path), "%s/%s", run_dir, socket);
}

static void wait_longer(struct link *l, struct mono now)
{
	l->next_try = mono_add_ms(now, l->backoff_ms);
	l->backoff_ms = l->backoff_ms * 2 > BACKOFF_MOST_MS ? BACKOFF_MOST_MS : l->backoff_ms * 2;
}

bool link_try(struct link *l, struct mono now)
{
	if (l->conn != NULL || now.ns < l->next_try.ns)
		return false;
	if (ipc_connect(l->path, l->uid, &l->conn) == 0)
		return true;
	wait_longer(l, now);
	return false;
}

void link_hurry(struct link *l, struct mono now)
{
	struct mono soon = mono_add_ms(now, BACKOFF_FIRST_MS);

	if (l->next_try.ns > soon.ns)
		l->next_try = soon;
}

int link_wait_ms(const struct link *l, struct mono now)
{
	int64_t ms = mono_diff_ms(now, l->next_try) + 1;

	if (l->conn != NULL || ms > WAIT_MAX_MS)
		return WAIT_MAX_MS;
	return ms < 0 ? 0 : (int)ms;
}

bool link_drop(struct link *l, struct mono now)
{
	bool lost = l->greeted;

	if (lost)
		l->backoff_ms = BACKOFF_FIRST_MS;
	ipc_conn_free(&l->conn);
	l->greeted = l->broken = false;
	wait_longer(l, now);
	if (lost)
		log_warn("neighbour_down", "who=%s", l->who);
	return lost;
}

int link_fd(const struct link *l)
{
	return l->conn != NULL ? ipc_conn_fd(l->conn) : -1;
}

short link_events(const struct link *l)
{
	if (l->conn == NULL)
		return 0;
	return (short)(POLLIN | (ipc_conn_wants_write(l->conn) ? POLLOUT : 0));
}
