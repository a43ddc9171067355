/* loop_priv.h: what the files of this folder share. */
#ifndef LOOP_LOOP_PRIV_H
#define LOOP_LOOP_PRIV_H

#include <event2/event.h>

#include "loop/loop.h"

struct loop {
	struct event_base *base;
	struct event *signals[2];
	bool stopping;
	void (*turn_end)(void *context);
	void *turn_context;
	struct loop_peer *peers;          /* all connected or connecting ends */
	struct peer_listener *listeners;
	struct http_server *servers;
};

/* Releases and sends what the turn has sent to all peers; after every turn. */
void loop_peers_flush(struct loop *l);
void loop_peers_free(struct loop *l);
void loop_http_free(struct loop *l);

#endif
