/* columns.h: the data keys of sealed columns (store/columns.h): asked of keystored when its keys are open, a new one when the column key
 * there has been rotated; and the job that seals what is stored under none or an older one, when nothing else is to be done.
 *
 * While they are away (a start with a locked keystore) arsd takes calls and requests, but sends no text message, charges no
 * billing key and settles no answer of a gateway: all of that waits in the store. */
#ifndef ARSD_COLUMNS_H
#define ARSD_COLUMNS_H

#include "arsd/arsd.h"
#include "ipc/vault.h"

/* keystored's keys have been opened, or are gone for good. */
void columns_keys_open(struct arsd *a);
void columns_keys_gone(struct arsd *a);
void columns_given(struct arsd *a, const struct vault_column_key_given *m);
/* Every 100 ms. */
void columns_tick(struct arsd *a);
/* Must what is sealed wait? */
bool columns_wait(const struct arsd *a);
/* Is it in vain to wait, because the keys that keystored has are not those that the newest data key was made under? */
bool columns_are_lost(const struct arsd *a);
/* Gives up what the lost keys sealed, and begins a data key under those that are there. ERR_STATE: nothing is lost. */
int columns_begin_anew(struct arsd *a) MUST_CHECK;

#endif
