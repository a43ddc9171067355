/* lateness.h: how far behind the line's own grid its ticks are answered. The line is the clock, so its grid is learned
 * from it: the earliest arrival so far, corrected for clocks that drift. What the far end itself sends late counts too;
 * that makes the figure an upper bound of our own share. Pure; one per span. */
#ifndef TRUNKD_LATENESS_H
#define TRUNKD_LATENESS_H

#include <stdbool.h>
#include <stdint.h>

enum { LATENESS_BUCKETS = 6 };          /* below 1, 2, 5, 10, 20 ms, and 20 ms or more: the next tick was due, a miss */

struct lateness { int64_t due_ns; uint64_t tick; bool running; };   /* due_ns: where the grid has block tick */

/* Block tick arrived at now_ns (any monotonic origin). Returns how many ticks between it and the last were lost;
 * a jump of over a minute is a new count, not a loss. */
uint64_t lateness_arrived(struct lateness *l, uint64_t tick, int64_t now_ns);
/* It was answered: nanoseconds behind the grid. */
int64_t lateness_answered(const struct lateness *l, int64_t now_ns);
/* The line is gone: its next block starts anew. */
void lateness_reset(struct lateness *l);
unsigned lateness_bucket(int64_t late_ns);

#endif
