/* ring.h: a bounded queue from one producer thread to one consumer thread, without locks or allocation after start.
 * Elements are copied in and out by value; a taken slot is wiped, so a digit does not stay behind in it. */
#ifndef LIB_RING_H
#define LIB_RING_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/err.h"

struct ring;

/* count is rounded up to a power of two. */
int ring_new(size_t elem_size, size_t count, struct ring **r) MUST_CHECK;
void ring_free(struct ring **r);

/* Producer. False when full: the element is not queued and the caller counts it. Safe on an audio thread. */
bool ring_put(struct ring *r, const void *elem);
/* Consumer. False when empty. */
bool ring_take(struct ring *r, void *elem);

#endif
