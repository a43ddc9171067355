/* soft_carrier.c: the carrier's side of a software trunk: it listens, and its blocks are the appliance's clock. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "drivers-glue/soft_link.h"
#include "drivers-glue/trunk.h"
#include "lib/log.h"

struct soft_carrier {
	struct soft_link link;
	int listen_fd;
	struct sockaddr_un address;
};

int soft_carrier_listen(const char *path, enum trunk_line line, enum trunk_law law, struct soft_carrier **c)
{
	struct soft_carrier *made = calloc(1, sizeof(*made));
	int err;

	if (made == NULL)
		return ERR_NOMEM;
	made->listen_fd = -1;
	made->link = (struct soft_link){ .fd = -1, .line = line, .law = law };
	err = soft_link_address(path, &made->address);
	if (err != 0)
		goto out;
	err = ERR_IO;
	made->listen_fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (made->listen_fd < 0)
		goto out;
	unlink(path);                         /* a carrier that was killed leaves its name behind */
	if (bind(made->listen_fd, (const struct sockaddr *)&made->address, sizeof(made->address)) != 0 ||
	    listen(made->listen_fd, 4) != 0)
		goto out;
	*c = made;
	return 0;
out:
	if (err == ERR_IO)
		log_error("soft_listen_failed", "path=%s error=\"%s\"", path, strerror(errno));
	if (made->listen_fd >= 0)
		close(made->listen_fd);
	free(made);
	return err;
}

void soft_carrier_free(struct soft_carrier **c)
{
	if (*c == NULL)
		return;
	soft_link_close(&(*c)->link);
	close((*c)->listen_fd);
	unlink((*c)->address.sun_path);
	free(*c);
	*c = NULL;
}

int soft_carrier_fd(const struct soft_carrier *c)
{
	return c->link.fd >= 0 ? c->link.fd : c->listen_fd;
}

bool soft_carrier_connected(const struct soft_carrier *c)
{
	return c->link.fd >= 0;
}

bool soft_carrier_accept(struct soft_carrier *c)
{
	int fd;

	while ((fd = accept4(c->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0) {
		if (c->link.fd < 0)
			c->link.fd = fd;
		else
			close(fd);
	}
	return c->link.fd >= 0;
}

int soft_carrier_send(struct soft_carrier *c, const struct trunk_block *tick)
{
	return soft_link_send(&c->link, tick);
}

int soft_carrier_receive(struct soft_carrier *c, struct trunk_block *answer)
{
	return soft_link_receive(&c->link, answer);
}
