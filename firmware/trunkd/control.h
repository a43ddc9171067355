/* control.h: the call control thread: one poll() over the media threads' wake-up, both neighbours and the signals. */
#ifndef TRUNKD_CONTROL_H
#define TRUNKD_CONTROL_H

#include "trunkd/links.h"
#include "trunkd/media.h"
#include "trunkd/spans.h"

struct control {
	struct media *media;
	struct spans *spans;
	struct calls *calls;
	struct links *links;
	struct metrics *metrics;
	int signal_fd;                     /* SIGTERM and SIGINT, blocked in all threads */
};

/* Runs until a signal, then hangs up all calls and returns within 2 s. */
int control_run(struct control *c) MUST_CHECK;

#endif
