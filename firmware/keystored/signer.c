#include "keystored/signer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/crypto.h"

struct signer { struct keyring *ring; };

int signer_new(struct keyring *ring, struct signer **s)
{
	*s = calloc(1, sizeof(**s));
	if (*s == NULL)
		return ERR_NOMEM;
	(*s)->ring = ring;
	return 0;
}

void signer_free(struct signer **s)
{
	free(*s);
	*s = NULL;
}

static enum vault_status sign(const struct signer *s, const struct vault_sign *ask, struct vault_signature *out)
{
	const struct keyring_ask key = { .name = "consent", .usage = KEY_CONSENT_SIGNING, .caller = KEY_BY_ARSD, .now = clock_wall() };
	uint8_t public[TOKEN_PUBLIC_SIZE];
	char text[CRYPTO_SIGNED_SIZE];
	uint32_t version;
	int n;

	if (strcmp(ask->usage, "consent") != 0 || ask->hash.len != VAULT_HASH_SIZE)
		return VAULT_REFUSED;
	if (!keyring_is_ready(s->ring))
		return VAULT_LOCKED;
	n = sign_text(ask->usage, ask->hash.data, text);
	if (n < 0 || keyring_sign(s->ring, &key, text, (size_t)n, out->bytes.data, &version) < 0 ||
	    keyring_public(s->ring, key.name, version, public) < 0 || sign_print_key(public, out->public_key, out->key) < 0)
		return VAULT_FAILED;
	return VAULT_OK;
}

void signer_sign(const struct signer *s, const struct vault_sign *ask, struct vault_signature *out)
{
	enum vault_status status;

	memset(out, 0, sizeof(*out));
	status = sign(s, ask, out);
	if (status == VAULT_OK)
		out->bytes.len = VAULT_SIGNATURE_SIZE;
	else
		memset(out, 0, sizeof(*out));
	out->req = ask->req;
	out->status = (uint8_t)status;
}
