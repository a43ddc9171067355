/* server.h: HTTP requests on their way to arsd and back. One table of exchanges that wait, each with its time-out. */
#ifndef APID_SERVER_H
#define APID_SERVER_H

#include <stdint.h>

#include "lib/err.h"
#include "loop/loop.h"

struct server;

struct server_config {
	const char *run_dir;              /* api.sock, apid.sock and apid-admin.sock are in it */
	int64_t arsd_uid;                 /* who may be behind api.sock besides us, -1: nobody */
	int64_t answer_timeout_ms;
};

/* Connects to arsd and listens. ERR_IO, ERR_TOO_LONG: a socket could not be made; logged. */
int server_new(struct loop *l, const struct server_config *config, struct server **s) MUST_CHECK;
void server_free(struct server **s);   /* before its loop */

#endif
