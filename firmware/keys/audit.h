/* audit.h: the audit log: every act of custodians and officers, every change of a key, every refused use (PCI DSS 10.2,
 * 10.3), one line each (audit_line.h), written and synced before the act takes effect. What cannot be written down is not
 * done, and while it cannot, no key is used (keyring_halt): force-audit.
 *
 * FOLDER/audit.log is only ever appended to. FOLDER/audit.head says which record is the last one, so that a cut end is
 * found; each head goes to keystored's own log too, which on the appliance is another user's. A record after the head is
 * the one that was written when the process died: its act has not happened. */
#ifndef KEYS_AUDIT_H
#define KEYS_AUDIT_H

#include <sys/types.h>

#include "audit/audit_check.h"
#include "keys/keyring.h"

enum { AUDIT_RETRY_MS = 5000, AUDIT_REFUSED_EVERY_MS = 60000 };

struct audit;
/* Opens the log, or begins it, and checks all but the signatures. ERR_INVALID with why: it is broken; it stays as it is. */
int audit_open(const char *folder, struct audit **a, char why[AUDIT_WHY_SIZE]) MUST_CHECK;
void audit_close(struct audit **a);
/* Whose key signs, and who stops while the log cannot be written; borrowed. NULL: nobody any more. */
void audit_attach(struct audit *a, struct keyring *r);

/* ERR_IO: it is not on the disk, and the act must not happen. */
int audit_add(struct audit *a, const struct audit_record *r) MUST_CHECK;
/* The port of keyring_config: context is the log. Refused uses are written down the first time, then counted and written
 * once a minute. */
int audit_note(void *context, const char *what, const struct key *k, const char *detail);
/* Who the changes of keys that follow are written down for; NULL: nobody by name. Borrowed. */
void audit_set_actor(struct audit *a, const char *who);
/* Tries again what could not be written, and writes the counts of refused uses. */
void audit_tick(struct audit *a, struct mono now);

bool audit_is_failing(const struct audit *a);
const struct audit_link *audit_head(const struct audit *a);
/* The id of the key that signs now; ERR_STATE: the keys are not open. */
int audit_key_id(const struct audit *a, char id[CRYPTO_KEY_ID_SIZE]) MUST_CHECK;
/* Octets up to the head's end. */
uint64_t audit_size(const struct audit *a);
/* A piece of the log from an offset on; its length, 0 at the end. */
int audit_read(const struct audit *a, uint64_t offset, void *out, size_t size) MUST_CHECK;
/* Is what stands on the disk whole, with all signatures, up to the head? result holds what was found. */
int audit_verify(const struct audit *a, struct audit_check *result, char why[AUDIT_WHY_SIZE]) MUST_CHECK;

#endif
