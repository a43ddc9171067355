/* admin.h: what the command line may ask: verbs with a JSON object as argument. */
#ifndef ARSD_ADMIN_H
#define ARSD_ADMIN_H

#include "arsd/arsd.h"

/* ERR_INVALID: not a question; drop the peer. */
int admin_handle(struct arsd *a, uint64_t peer, const struct admin_msg *m) MUST_CHECK;
/* The turn is stored; or lost, and who was answered in it is told so. */
void admin_turn_done(void);
void admin_turn_failed(struct arsd *a);

#endif
