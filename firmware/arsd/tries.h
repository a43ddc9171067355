/* tries.h: wrong entries of a card. Card companies block a card after three wrong passwords; so it gets two a day here, over all
 * calls and merchants, and a third never reaches the PG. A PG does not always say which of the entries was wrong: each that it
 * refuses as wrong counts. The day is Korea's.
 *
 * An entry counts from before it is sent, and no longer when the PG has found nothing wrong with it: what is under way in two
 * calls at once cannot become a third, and a crash leaves it counted. So does a lost answer of a gateway that cannot tell a registration
 * that it refused from one that never arrived. */
#ifndef ARSD_TRIES_H
#define ARSD_TRIES_H

#include "arsd/arsd.h"

enum { TRIES_MAX = 2 };
/* Days since 1970 in Korea (UTC+9, no summer time). */
int64_t tries_day(struct wall at);
/* Counts an entry of the card, on *day. ERR_EXHAUSTED: it has had its tries today, nothing is counted. */
int tries_take(struct arsd *a, const uint8_t fingerprint[32], int64_t *day) MUST_CHECK;
/* It was not wrong, or never sent. */
void tries_give_back(struct arsd *a, const uint8_t fingerprint[32], int64_t day);
/* Forgets the days that are over. */
int tries_purge(struct arsd *a) MUST_CHECK;

#endif
