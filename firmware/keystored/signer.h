/* signer.h: signatures of this appliance: what arsd has recorded is signed, so that it can be proven elsewhere. The key is the
 * keyring's; the private part has no way out. */
#ifndef KEYSTORED_SIGNER_H
#define KEYSTORED_SIGNER_H

#include "ipc/vault.h"
#include "keys/keyring.h"

struct signer;

/* ring is borrowed. */
int signer_new(struct keyring *ring, struct signer **s) MUST_CHECK;
void signer_free(struct signer **s);

/* Answers ask; all of *out is set. VAULT_REFUSED: an unknown usage, or no hash. VAULT_LOCKED: come again when the keys are
 * open. */
void signer_sign(const struct signer *s, const struct vault_sign *ask, struct vault_signature *out);

#endif
