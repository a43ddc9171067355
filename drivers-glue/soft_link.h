/* soft_link.h: what both ends of a software trunk do alike: a block over a connected socket, and its end. */
#ifndef GLUE_SOFT_LINK_H
#define GLUE_SOFT_LINK_H

#include <sys/un.h>

#include "drivers-glue/soft_wire.h"

struct soft_link {
	int fd;                               /* -1: down */
	enum trunk_line line;
	enum trunk_law law;
	uint8_t buf[SOFT_WIRE_MAX + 1];       /* one more, to see that a message is too long */
};

/* ERR_TOO_LONG: the path does not fit a socket's address. */
int soft_link_address(const char *path, struct sockaddr_un *address) MUST_CHECK;
void soft_link_close(struct soft_link *l);
/* Errors as trunk_receive() and trunk_send(); ERR_CLOSED leaves the link closed. */
int soft_link_receive(struct soft_link *l, struct trunk_block *rx) MUST_CHECK;
int soft_link_send(struct soft_link *l, const struct trunk_block *tx) MUST_CHECK;

#endif
