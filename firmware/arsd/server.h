/* server.h: arsd's sockets and its loop. */
#ifndef ARSD_SERVER_H
#define ARSD_SERVER_H

#include "arsd/arsd.h"

/* Gives a the ports to its neighbours, listens and connects, and runs until told to stop. nursery: of speech workers. */
int server_run(struct arsd *a, const struct conf_tree *conf, int nursery) MUST_CHECK;

#endif
