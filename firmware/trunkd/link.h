/* link.h: our connection to a neighbour that listens: made, lost and made again, 100 ms to 2 s apart. It moves frames and
 * knows no channel; links.c greets and speaks. */
#ifndef TRUNKD_LINK_H
#define TRUNKD_LINK_H

#include "ipc/conn.h"
#include "lib/clock.h"

struct link {
	const char *who;                   /* "arsd", for the log */
	char path[128];
	int64_t uid;
	struct ipc_conn *conn;             /* NULL: not connected */
	bool greeted;                      /* its hello has come */
	bool broken;                       /* to be dropped when nobody is in the middle of using it */
	struct mono next_try;
	int backoff_ms;
};

void link_init(struct link *l, const char *who, const char *run_dir, const char *socket, int64_t uid);
/* Tries to connect when it is time. True: it has just been connected. */
bool link_try(struct link *l, struct mono now);
/* Somebody waits for it: tries 100 ms from now at the latest. */
void link_hurry(struct link *l, struct mono now);
/* Milliseconds until link_try() wants to be called; 1000 at most, and when connected. */
int link_wait_ms(const struct link *l, struct mono now);
/* Closes. True: it had been greeted, so the neighbour is lost rather than not yet there. */
bool link_drop(struct link *l, struct mono now);
/* For poll(): -1 and 0 when not connected. */
int link_fd(const struct link *l);
short link_events(const struct link *l);

#endif
