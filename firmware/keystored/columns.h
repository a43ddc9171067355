/* columns.h: data keys for columns of the store, by envelope: the column key of the ring stays here and wraps data keys, which arsd
 * keeps wrapped beside the columns and has opened at its start. A new version of the column key makes new data keys; old ones
 * are opened for as long as their version may. The data keys are arsd's to know: it is the one that reads those columns.
 *
 * With each goes the key of its blind index: HMAC-SHA256, under the blind-index key of the ring, of a label and the wrapped data key. */
#ifndef KEYSTORED_COLUMNS_H
#define KEYSTORED_COLUMNS_H

#include "ipc/vault.h"
#include "keys/keyring.h"
#include "lib/clock.h"

/* An appliance has a handful of data keys: a start opens them all, a rotation makes one. */
enum { COLUMNS_PER_S = 8 };

struct columns;
/* ring is borrowed. ERR_NOMEM: no memory can be locked. */
int columns_new(struct keyring *ring, struct columns **c) MUST_CHECK;
void columns_free(struct columns **c);

/* Answers ask; all of *out is set. VAULT_LOCKED: come again when the keys are open. VAULT_REFUSED: the column key's rule forbids it.
 * VAULT_FAILED: it is no data key of that version, or there is no key to make one under. VAULT_BUSY: COLUMNS_PER_S were given. */
void columns_key(struct columns *c, const struct vault_column_key *ask, struct mono now, struct vault_column_key_given *out);

#endif
