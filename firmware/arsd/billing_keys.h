/* billing_keys.h: the life of a billing key: suspended, resumed, withdrawn. What hangs on it follows at once: a request of it that
 * has no order at the PG yet ends when it is withdrawn, whether it waits, is in a call or stands in a queue; while it is suspended
 * nothing is charged. Errors: ERR_STATE (withdrawn before), and the store's. */
#ifndef ARSD_BILLING_KEYS_H
#define ARSD_BILLING_KEYS_H

#include "arsd/arsd.h"

int billing_keys_suspend(struct arsd *a, struct billing_key *k) MUST_CHECK;
int billing_keys_resume(struct arsd *a, struct billing_key *k) MUST_CHECK;
/* Here and at the PG, for good. Doing it again changes nothing. */
/* ERR_AGAIN: what the gateway calls it cannot be read now (columns.h). */
int billing_keys_withdraw(struct arsd *a, struct billing_key *k, const char *reason) MUST_CHECK;

#endif
