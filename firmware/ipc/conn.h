/* conn.h: one unix SEQPACKET connection of an appliance process to its neighbour, bound to no event loop.
 *
 * The owner polls conn_fd() for reading, and for writing while ipc_conn_wants_write(). A frame that the kernel does
 * not take now waits in a bounded queue. Frames are wiped after use: some carry a digit. Not for audio threads. */
#ifndef IPC_CONN_H
#define IPC_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "ipc/wire.h"
#include "lib/err.h"

struct ipc_conn;

enum { IPC_QUEUE_MAX_BYTES = 8 << 20 };

/* Listens on path (mode 0660, an old socket file is replaced). *fd is non-blocking. */
int ipc_listen(const char *path, int *fd) MUST_CHECK;
/* Takes one waiting connection; the peer's uid (SO_PEERCRED) must be our own or allowed_uid (-1: none).
 * ERR_AGAIN: none waits. ERR_DENIED: it was somebody else's, and is closed and logged. */
int ipc_accept(int listen_fd, int64_t allowed_uid, struct ipc_conn **c) MUST_CHECK;
/* Connects; ERR_AGAIN while nobody listens there: try again later. The listener's uid is checked like a peer's. */
int ipc_connect(const char *path, int64_t allowed_uid, struct ipc_conn **c) MUST_CHECK;
/* Closes, wipes the queue and clears the pointer. */
void ipc_conn_free(struct ipc_conn **c);

int ipc_conn_fd(const struct ipc_conn *c);
bool ipc_conn_wants_write(const struct ipc_conn *c);

/* Sends or queues one frame. ERR_CLOSED: the peer is gone. ERR_AGAIN: the queue is full, the frame was not taken. */
int ipc_conn_send(struct ipc_conn *c, const uint8_t *frame, size_t len) MUST_CHECK;
/* Sends what waits. ERR_CLOSED as above. */
int ipc_conn_flush(struct ipc_conn *c) MUST_CHECK;
/* Holds back (true) everything that is sent from now on, until released (false) and flushed: effects wait so until the
 * turn's commit is on disk. */
void ipc_conn_cork(struct ipc_conn *c, bool on);
/* Throws away what is held back, not what was released before: the commit failed. */
void ipc_conn_discard(struct ipc_conn *c);
/* One frame into buf of IPC_FRAME_MAX; returns its length > 0. ERR_AGAIN: none. ERR_CLOSED: end. */
int ipc_conn_recv(struct ipc_conn *c, uint8_t *buf) MUST_CHECK;

#endif
