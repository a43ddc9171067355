/* checkpointer.h: brings what commits have put into the log (SQLite's WAL) over into the database, in a thread with a connection of
 * its own: the turn that has filled the log need not wait for two syncs of the disk. A commit is on the disk before, in the log. */
#ifndef STORE_CHECKPOINTER_H
#define STORE_CHECKPOINTER_H

#include "lib/err.h"

struct sqlite3;
struct checkpointer;

/* path: of the database, which is set up. The thread is of the confinement that its maker has by then. */
int checkpointer_new(const char *path, struct checkpointer **c) MUST_CHECK;
/* Waits for what is under way. Before the database's own connection is closed. */
void checkpointer_free(struct checkpointer **c);
/* After a commit, by its connection: so many frames are in the log. */
void checkpointer_tell(struct checkpointer *c, struct sqlite3 *committed, int frames);

#endif
