/* secret.h: memory for what must not leave it. A struct secret has no printer; it does not compile into %s.
 * Pages are locked, left out of core dumps and wiped when freed (PCI DSS 3.3.1). Not for audio threads. */
#ifndef LIB_SECRET_H
#define LIB_SECRET_H

#include <stddef.h>

#include "lib/err.h"

/* Overwrites len bytes in a way the compiler keeps. */
void secret_wipe(void *p, size_t len);

/* A zeroed region of at least size bytes between two inaccessible guard pages, mlocked, MADV_DONTDUMP and
 * MADV_WIPEONFORK. Owned by the caller; secret_free() wipes, unmaps and clears the pointer.
 * ERR_NOMEM when the lock limit is reached: the caller refuses to start rather than run unlocked. */
int secret_alloc(size_t size, void **p) MUST_CHECK;
void secret_free(void **p, size_t size);

/* Equality in time that depends on len alone. */
int secret_equal(const void *a, const void *b, size_t len);

#endif
