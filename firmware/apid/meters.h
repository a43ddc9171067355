/* meters.h: what apid counts. */
#ifndef APID_METERS_H
#define APID_METERS_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/metrics.h"

void meters_init(struct metrics *m);
void meters_answered(struct metrics *m, int status);
void meters_waiting(struct metrics *m, int by);           /* one more or less waits for arsd */
int meters_get_waiting(struct metrics *m);
void meters_took(struct metrics *m, int64_t ms);          /* an exchange with arsd ended after ms */
void meters_timed_out(struct metrics *m);
void meters_late(struct metrics *m);                      /* an answer that nobody waits for any more */
void meters_broken(struct metrics *m);                    /* arsd broke the protocol */
void meters_up(struct metrics *m, bool up);

#endif
