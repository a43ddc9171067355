/* links.h: what is said to arsd and keystored and what comes from them: the greeting, the messages, the loss. */
#ifndef TRUNKD_LINKS_H
#define TRUNKD_LINKS_H

#include "ipc/callctl.h"
#include "ipc/keypad.h"
#include "lib/metrics.h"
#include "trunkd/calls.h"
#include "trunkd/link.h"
#include "trunkd/spans.h"

struct links {
	struct link brain, keystore;
	uint64_t boot;
	struct calls *calls;
	struct spans *spans;
	struct metrics *metrics;
	bool brain_new;                        /* just greeted: it knows no span yet */
	struct callctl_msg in;                 /* scratch: 32 KB */
	uint8_t frame[IPC_FRAME_MAX];
};

void links_init(struct links *l, const struct settings *set, uint64_t boot, struct metrics *metrics);
void links_free(struct links *l);

/* The ports of struct calls that lead to neighbours. context: the struct links. */
bool links_to_arsd(void *context, const struct callctl_msg *m);
bool links_to_keystored(void *context, const struct keypad_msg *m);

/* Connects what is due, drops what broke. Returns the milliseconds until it wants to run again. */
int links_run(struct links *l, struct mono now);
/* Takes what has come and sends what waits. */
void links_serve(struct links *l, struct mono now);

#endif
