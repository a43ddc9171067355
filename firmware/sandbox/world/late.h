/* late.h: orders and cancellations that reach the ledger after all hope of them was given up: who asked has had its time-out, has
 * perhaps been told that there is no such order, and may have taken it back. What a congested network or a stalled PG does. */
#ifndef WORLD_LATE_H
#define WORLD_LATE_H

#include <stdint.h>

#include "lib/err.h"
#include "loop/loop.h"
#include "sandbox/world/ledger.h"

struct late;

/* ledger is borrowed. */
int late_new(struct loop *l, struct ledger *ledger, struct late **d) MUST_CHECK;
/* What is still to come never will. Before loop_free(). */
void late_free(struct late **d);
/* Asks the ledger in so many ms, copying a: for a cancellation if it names one, otherwise for an order. Nobody hears the answer. */
int late_add(struct late *d, int64_t ms, const struct ledger_ask *a) MUST_CHECK;
/* How many are still to come. */
int late_count(const struct late *d);

#endif
