#include "keystored/signer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/crypto.h"
#include "keystored/key_file.h"
#include "lib/secret.h"

enum { PATH_SIZE = 512 };

struct signer {
	uint8_t *seed;                       /* locked */
	char public_key[CRYPTO_PUBLIC_SIZE], id[CRYPTO_KEY_ID_SIZE];
};

/* Without a file of its own: in the folder of the fingerprint key, which is keystored's alone already. */
static void key_path(const struct conf_tree *conf, char path[PATH_SIZE])
{
	const char *named = conf_get_string(conf, "keystored.sign_key_file"), *beside = conf_get_string(conf, "keystored.hmac_key_file");
	const char *slash = strrchr(beside, '/');

	if (named[0] != '\0')
		snprintf(path, PATH_SIZE, "%s", named);
	else
		snprintf(path, PATH_SIZE, "%.*ssign.key", slash != NULL ? (int)(slash - beside) + 1 : 0, beside);
}

int signer_new(const struct conf_tree *conf, struct signer **s, char why[CONF_WHY_SIZE])
{
	char path[PATH_SIZE];
	const struct key_file file = { path, "keystored.sign_key_file", "a new key, which whoever pinned the old one must be told of",
	                               "without it this appliance signs with a new key, which nobody has pinned" };
	struct signer *made = calloc(1, sizeof(*made));
	void *seed = NULL;
	int e = made == NULL ? ERR_NOMEM : secret_alloc(CRYPTO_SEED_SIZE, &seed);

	if (e < 0) {
		snprintf(why, CONF_WHY_SIZE, "no memory can be locked; raise RLIMIT_MEMLOCK (LimitMEMLOCK=)");
		free(made);
		return e;
	}
	made->seed = seed;
	key_path(conf, path);
	e = key_file_load(&file, made->seed, why);
	if (e == 0 && (e = sign_public(made->seed, made->public_key, made->id)) < 0)
		snprintf(why, CONF_WHY_SIZE, "%s: no key for signatures can be made of it", path);
	if (e < 0) {
		signer_free(&made);
		return e;
	}
	*s = made;
	return 0;
}

void signer_free(struct signer **s)
{
	void *seed;

	if (*s == NULL)
		return;
	seed = (*s)->seed;
	secret_free(&seed, CRYPTO_SEED_SIZE);
	free(*s);
	*s = NULL;
}

const char *signer_key_id(const struct signer *s)
{
	return s->id;
}

static enum vault_status sign(const struct signer *s, const struct vault_sign *ask, uint8_t signature[VAULT_SIGNATURE_SIZE])
{
	if (strcmp(ask->usage, "consent") != 0 || ask->hash.len != VAULT_HASH_SIZE)
		return VAULT_REFUSED;
	return sign_hash(s->seed, ask->usage, ask->hash.data, signature) == 0 ? VAULT_OK : VAULT_FAILED;
}

void signer_sign(const struct signer *s, const struct vault_sign *ask, struct vault_signature *out)
{
	memset(out, 0, sizeof(*out));
	out->req = ask->req;
	out->status = (uint8_t)sign(s, ask, out->bytes.data);
	if (out->status != VAULT_OK)
		return;
	out->bytes.len = VAULT_SIGNATURE_SIZE;
	snprintf(out->key, sizeof(out->key), "%s", s->id);
	snprintf(out->public_key, sizeof(out->public_key), "%s", s->public_key);
}
