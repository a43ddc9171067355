/* consents.h: the evidence of a consent: a record of what was played and agreed to, its link in the chain of all consents, in
 * the commit of the consent itself; and its signature, which keystored makes afterwards and nothing waits for.
 * docs/consent.md has the record's members. */
#ifndef ARSD_CONSENTS_H
#define ARSD_CONSENTS_H

#include "arsd/arsd.h"
#include "arsd/consent_record.h"
#include "store/consent_chain.h"

/* Stores what was agreed to with its record and link, and asks for the signature; number and link before are filled in here.
 * ERR_TOO_LONG: more was played than a record can hold. */
int consents_add(struct arsd *a, const struct consent_facts *facts) MUST_CHECK;
void consents_signature(struct arsd *a, const struct vault_signature *m);
/* Asks again for what has no signature: after a crash, a loss of keystored, or an answer that did not come. */
void consents_tick(struct arsd *a);
void consents_keystore_up(struct arsd *a);
/* The bundle that proves a consent; malloc'd, the caller's. ERR_STATE: a signature is outstanding. ERR_CRYPTO: the record is
 * sealed, and not to be read now. */
int consents_bundle(struct arsd *a, const struct consent_link *l, char **text) MUST_CHECK;

#endif
