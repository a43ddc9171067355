/* signer.h: signatures of this appliance: what arsd has recorded is signed, so that it can be proven elsewhere. The key is a
 * file of its own; the private part is used here alone and has no way out. */
#ifndef KEYSTORED_SIGNER_H
#define KEYSTORED_SIGNER_H

#include "conf/conf.h"
#include "ipc/vault.h"

struct signer;

/* Loads the key, or makes it at the first start: keystored.sign_key_file, or sign.key beside the fingerprint key. On failure
 * why says file and what to do. */
int signer_new(const struct conf_tree *conf, struct signer **s, char why[CONF_WHY_SIZE]) MUST_CHECK;
void signer_free(struct signer **s);
/* The id of the public key, for people to note. Borrowed. */
const char *signer_key_id(const struct signer *s);

/* Answers ask; all of *out is set. VAULT_REFUSED: an unknown usage, or no hash. */
void signer_sign(const struct signer *s, const struct vault_sign *ask, struct vault_signature *out);

#endif
