/* soft.c: the appliance's side of a software trunk. It connects to the carrier's socket and is clocked by it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "drivers-glue/soft_link.h"
#include "drivers-glue/trunk_priv.h"
#include "lib/clock.h"

enum { BACKOFF_FIRST_MS = 100, BACKOFF_MOST_MS = 2000 };

struct soft {
	struct trunk trunk;
	struct soft_link link;
	struct sockaddr_un address;
	struct mono next_try;                 /* a line that is down has no samples to count, so its back-off is in wall time */
	int backoff_ms;
};

static struct soft *soft_of(struct trunk *t) { return (struct soft *)t; }

static int soft_open(const struct trunk_config *config, struct trunk **t)
{
	struct sockaddr_un address;
	struct soft *s;
	int err = soft_link_address(config->path, &address);

	if (err != 0)
		return err;
	s = calloc(1, sizeof(*s));
	if (s == NULL)
		return ERR_NOMEM;
	s->trunk.ops = &trunk_soft_ops;
	s->link.fd = -1;
	s->link.line = config->line;
	s->link.law = config->law;
	s->address = address;
	s->backoff_ms = BACKOFF_FIRST_MS;
	*t = &s->trunk;
	return 0;
}

static void soft_free(struct trunk *t)
{
	soft_link_close(&soft_of(t)->link);
	free(t);
}

static int soft_fd(const struct trunk *t)
{
	return ((const struct soft *)t)->link.fd;
}

static bool soft_revive(struct trunk *t)
{
	struct soft *s = soft_of(t);
	struct mono now;
	int fd;

	if (s->link.fd >= 0)
		return true;
	now = clock_mono();
	if (now.ns < s->next_try.ns)
		return false;
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0 && connect(fd, (const struct sockaddr *)&s->address, sizeof(s->address)) == 0) {
		s->link.fd = fd;
		s->backoff_ms = BACKOFF_FIRST_MS;
		return true;
	}
	if (fd >= 0)
		close(fd);
	s->next_try = mono_add_ms(now, s->backoff_ms);
	s->backoff_ms = s->backoff_ms * 2 > BACKOFF_MOST_MS ? BACKOFF_MOST_MS : s->backoff_ms * 2;
	return false;
}

static int soft_receive(struct trunk *t, struct trunk_block *rx)
{
	return soft_link_receive(&soft_of(t)->link, rx);
}

static int soft_send(struct trunk *t, const struct trunk_block *tx)
{
	return soft_link_send(&soft_of(t)->link, tx);
}

const struct trunk_ops trunk_soft_ops = {
	.kind = "soft", .open = soft_open, .free = soft_free, .fd = soft_fd, .revive = soft_revive,
	.receive = soft_receive, .send = soft_send,
};
