#include "drivers-glue/soft_link.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int soft_link_address(const char *path, struct sockaddr_un *address)
{
	size_t len = strlen(path);

	if (len == 0 || len >= sizeof(address->sun_path))
		return ERR_TOO_LONG;
	memset(address, 0, sizeof(*address));
	address->sun_family = AF_UNIX;
	memcpy(address->sun_path, path, len);
	return 0;
}

void soft_link_close(struct soft_link *l)
{
	if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
}

int soft_link_receive(struct soft_link *l, struct trunk_block *rx)
{
	ssize_t n;

	if (l->fd < 0)
		return ERR_CLOSED;
	do
		n = recv(l->fd, l->buf, sizeof(l->buf), MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return ERR_AGAIN;
	if (n <= 0) {
		soft_link_close(l);
		return ERR_CLOSED;
	}
	return soft_wire_decode(l->buf, (size_t)n, l->line, l->law, rx);
}

int soft_link_send(struct soft_link *l, const struct trunk_block *tx)
{
	size_t len;
	ssize_t n;

	if (l->fd < 0)
		return ERR_CLOSED;
	len = soft_wire_encode(tx, l->line, l->law, l->buf);
	do
		n = send(l->fd, l->buf, len, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	if (n == (ssize_t)len)
		return 0;
	if (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS)
		return ERR_AGAIN;
	soft_link_close(l);
	return ERR_CLOSED;
}
