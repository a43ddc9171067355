#include "ipc/conn.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/log.h"
#include "lib/secret.h"

struct queued {
	struct queued *next;
	size_t len;
	uint8_t frame[];
};

struct ipc_conn {
	int fd;
	bool corked, closed;
	struct queued *first, **last;
	size_t queued_bytes;
	size_t queued, released;          /* frames that wait; the first so many of them may leave */
};

static int address_of(const char *path, struct sockaddr_un *sa)
{
	memset(sa, 0, sizeof(*sa));
	sa->sun_family = AF_UNIX;
	if (strlen(path) >= sizeof(sa->sun_path))
		return ERR_TOO_LONG;
	strcpy(sa->sun_path, path);
	return 0;
}

int ipc_listen(const char *path, int *fd)
{
	struct sockaddr_un sa;
	int s, e = address_of(path, &sa);

	if (e < 0) {
		log_error("ipc_listen", "path=%s error=%s hint=\"a socket path has at most 107 bytes\"", path, err_name(e));
		return e;
	}
	s = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (s < 0)
		return ERR_IO;
	unlink(path);
	if (bind(s, (struct sockaddr *)&sa, sizeof(sa)) != 0 || chmod(path, 0660) != 0 || listen(s, 64) != 0) {
		log_error("ipc_listen", "path=%s error=\"%s\"", path, strerror(errno));
		close(s);
		return ERR_IO;
	}
	*fd = s;
	return 0;
}

static int check_peer(int fd, int64_t allowed_uid)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) != 0)
		return ERR_IO;
	if (cred.uid == getuid() || (int64_t)cred.uid == allowed_uid)
		return 0;
	log_warn("ipc_peer_refused", "uid=%u pid=%d", (unsigned)cred.uid, (int)cred.pid);
	return ERR_DENIED;
}

static int conn_new(int fd, int64_t allowed_uid, struct ipc_conn **c)
{
	int size = 1 << 20, e = check_peer(fd, allowed_uid);
	struct ipc_conn *made = e < 0 ? NULL : calloc(1, sizeof(*made));

	if (made == NULL) {
		close(fd);
		return e < 0 ? e : ERR_NOMEM;
	}
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	made->fd = fd;
	made->last = &made->first;
	*c = made;
	return 0;
}

int ipc_accept(int listen_fd, int64_t allowed_uid, struct ipc_conn **c)
{
	int fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0)
		return errno == EAGAIN || errno == EINTR || errno == ECONNABORTED ? ERR_AGAIN : ERR_IO;
	return conn_new(fd, allowed_uid, c);
}

int ipc_connect(const char *path, int64_t allowed_uid, struct ipc_conn **c)
{
	struct sockaddr_un sa;
	int fd, e = address_of(path, &sa);

	if (e < 0)
		return e;
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return ERR_IO;
	if (connect(fd, (struct sockaddr *)&sa, sizeof(sa)) != 0) {
		close(fd);
		return ERR_AGAIN;
	}
	return conn_new(fd, allowed_uid, c);
}

static void drop_first(struct ipc_conn *c)
{
	struct queued *q = c->first;

	c->first = q->next;
	if (c->first == NULL)
		c->last = &c->first;
	c->queued_bytes -= q->len;
	c->queued--;
	c->released -= c->released > 0;
	secret_wipe(q->frame, q->len);
	free(q);
}

void ipc_conn_free(struct ipc_conn **c)
{
	if (*c == NULL)
		return;
	while ((*c)->first != NULL)
		drop_first(*c);
	close((*c)->fd);
	free(*c);
	*c = NULL;
}

void ipc_conn_discard(struct ipc_conn *c)
{
	struct queued **keep = &c->first, *q;

	for (size_t i = 0; i < c->released; i++)
		keep = &(*keep)->next;
	while ((q = *keep) != NULL) {
		*keep = q->next;
		c->queued_bytes -= q->len;
		c->queued--;
		secret_wipe(q->frame, q->len);
		free(q);
	}
	c->last = keep;
}

int ipc_conn_fd(const struct ipc_conn *c)
{
	return c->fd;
}

bool ipc_conn_wants_write(const struct ipc_conn *c)
{
	return c->released > 0;
}

void ipc_conn_cork(struct ipc_conn *c, bool on)
{
	c->corked = on;
	if (!on)
		c->released = c->queued;
}

static int send_now(struct ipc_conn *c, const uint8_t *frame, size_t len)
{
	if (c->closed)
		return ERR_CLOSED;
	for (;;) {
		if (send(c->fd, frame, len, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)len)
			return 0;
		if (errno == EINTR)
			continue;
		if (errno == EAGAIN || errno == ENOBUFS)
			return ERR_AGAIN;
		c->closed = true;
		return ERR_CLOSED;
	}
}

int ipc_conn_send(struct ipc_conn *c, const uint8_t *frame, size_t len)
{
	struct queued *q;
	int e;

	if (c->first == NULL && !c->corked) {
		e = send_now(c, frame, len);
		if (e != ERR_AGAIN)
			return e;
	}
	if (c->closed)
		return ERR_CLOSED;
	if (c->queued_bytes + len > IPC_QUEUE_MAX_BYTES)
		return ERR_AGAIN;
	q = malloc(sizeof(*q) + len);
	if (q == NULL)
		return ERR_NOMEM;
	q->next = NULL;
	q->len = len;
	memcpy(q->frame, frame, len);
	*c->last = q;
	c->last = &q->next;
	c->queued_bytes += len;
	c->queued++;
	c->released += !c->corked;
	return 0;
}

int ipc_conn_flush(struct ipc_conn *c)
{
	while (c->released > 0) {
		int e = send_now(c, c->first->frame, c->first->len);

		if (e == ERR_AGAIN)
			return 0;
		if (e < 0)
			return e;
		drop_first(c);
	}
	return 0;
}

int ipc_conn_recv(struct ipc_conn *c, uint8_t *buf)
{
	ssize_t n;

	do
		n = recv(c->fd, buf, IPC_FRAME_MAX, MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	if (n > 0)
		return (int)n;
	if (n < 0 && errno == EAGAIN)
		return ERR_AGAIN;
	c->closed = true;
	return ERR_CLOSED;
}
