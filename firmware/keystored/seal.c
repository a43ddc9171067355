#include "keystored/seal.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/crypto.h"
#include "keystored/hmac_key.h"
#include "lib/secret.h"

enum { KEYS_MAX = 16, CLEAR_MAX = 256, EXTRA_SIZE = 160 };

struct secrets { uint8_t hmac_key[HMAC_KEY_SIZE]; char clear[CLEAR_MAX]; size_t len; };

struct seal {
	struct jwe_key *keys[KEYS_MAX];
	size_t count;
	struct jwe_key *active;                  /* one of keys, or NULL */
	struct secrets *secrets;                 /* locked */
};

/* ---- keys ---- */

static struct jwe_key *find_key(const struct seal *s, const char *kid)
{
	if (kid[0] == '\0')
		return s->active;
	for (size_t i = 0; i < s->count; i++)
		if (strcmp(jwe_key_kid(s->keys[i]), kid) == 0)
			return s->keys[i];
	return NULL;
}

static const char *why_no_key(int e)
{
	switch (e) {
	case ERR_NOT_FOUND: return "there is no such file; ask the payment gateway for its public key";
	case ERR_DENIED: return "keystored may not read it; change its owner or mode";
	default: return "must be a public key in PEM (BEGIN PUBLIC KEY), EC P-256 or RSA of 2048 bits or more, "
		        "under a kid of letters and digits";
	}
}

static int load_key(struct seal *s, const struct conf_node *n, char *why)
{
	static const char list[] = "keystored.pg_keys";
	const char *file = conf_member_string(n, list, "file"), *kid = conf_member_string(n, list, "kid");
	bool active = conf_member_bool(n, list, "active");
	int e;

	if (s->count == KEYS_MAX || find_key(s, kid) != NULL)
		return conf_fault(n, why, "%s: kid \"%s\" stands here twice", list, kid);
	if (active && s->active != NULL)
		return conf_fault(n, why, "%s: \"%s\" and \"%s\" are both active; one must be", list, jwe_key_kid(s->active), kid);
	e = jwe_key_load_public(file, kid, &s->keys[s->count]);
	if (e < 0)
		return conf_fault(n, why, "%s: kid \"%s\", file %s: %s", list, kid, file, why_no_key(e));
	if (active)
		s->active = s->keys[s->count];
	s->count++;
	return 0;
}

static int load_keys(struct seal *s, const struct conf_tree *conf, char *why)
{
	const struct conf_node *list = conf_find(conf_root(conf), "keystored.pg_keys");
	int e = 0;

	for (size_t i = 0; e == 0 && i < conf_count(list); i++)
		e = load_key(s, conf_at(list, i), why);
	if (e == 0 && s->count > 0 && s->active == NULL)
		return conf_fault(list, why, "keystored.pg_keys: none is active; write active = true at the key to seal to");
	return e;
}

int seal_new(const struct conf_tree *conf, struct seal **s, char why[CONF_WHY_SIZE])
{
	struct seal *made = calloc(1, sizeof(*made));
	void *secrets = NULL;
	int e = made == NULL ? ERR_NOMEM : secret_alloc(sizeof(struct secrets), &secrets);

	if (e < 0) {
		snprintf(why, CONF_WHY_SIZE, "no memory can be locked; raise RLIMIT_MEMLOCK (LimitMEMLOCK=)");
		free(made);
		return e;
	}
	made->secrets = secrets;
	e = load_keys(made, conf, why);
	if (e == 0)
		e = hmac_key_load(conf_get_string(conf, "keystored.hmac_key_file"), made->secrets->hmac_key, why);
	if (e < 0) {
		seal_free(&made);
		return e;
	}
	*s = made;
	return 0;
}

void seal_free(struct seal **s)
{
	void *secrets;

	if (*s == NULL)
		return;
	secrets = (*s)->secrets;
	secret_free(&secrets, sizeof(struct secrets));
	for (size_t i = 0; i < (*s)->count; i++)
		jwe_key_free(&(*s)->keys[i]);
	free(*s);
	*s = NULL;
}

size_t seal_key_count(const struct seal *s)
{
	return s->count;
}

/* ---- sealing ---- */

/* By hand and in place: a formatting function may leave digits in buffers of its own. */
static void put(struct secrets *s, const char *text)
{
	size_t len = strlen(text);

	if (len < CLEAR_MAX - s->len) {
		memcpy(s->clear + s->len, text, len);
		s->len += len;
	}
}

static void put_member(struct secrets *s, const char *name, const char *value)
{
	if (value[0] == '\0')
		return;
	put(s, s->len == 0 ? "{\"" : ",\"");
	put(s, name);
	put(s, "\":\"");
	put(s, value);
	put(s, "\"");
}

static bool is_plain(const char *word)
{
	return word[0] != '\0' &&
	       strspn(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.:") == strlen(word);
}

static int seal_record(struct seal *s, const struct jwe_key *key, const struct vault_seal *ask, const struct calls_record *r,
                       struct vault_sealed *out)
{
	char extra[EXTRA_SIZE];
	int n;

	snprintf(extra, sizeof(extra), "\"order_id\":\"%s\",\"purpose\":\"%s\"", ask->order_id, ask->purpose);
	s->secrets->len = 0;
	put_member(s->secrets, "card_number", r->card->digits);
	put_member(s->secrets, "expiry", r->expiry->digits);
	put_member(s->secrets, "identity", r->identity->digits);
	put_member(s->secrets, "password2", r->password2->digits);
	put_member(s->secrets, "order_id", ask->order_id);
	put(s->secrets, "}");
	n = jwe_seal(key, extra, s->secrets->clear, s->secrets->len, (char *)out->jwe.data, sizeof(out->jwe.data));
	secret_wipe(s->secrets->clear, sizeof(s->secrets->clear));
	if (n < 0)
		return n;
	out->jwe.len = (uint32_t)n;
	out->fingerprint.len = VAULT_FINGERPRINT_SIZE;
	return crypto_hmac_sha256(s->secrets->hmac_key, HMAC_KEY_SIZE, r->card->digits, r->card->len, out->fingerprint.data);
}

void seal_make(struct seal *s, const struct vault_seal *ask, enum vault_status status, const struct calls_record *r,
               struct vault_sealed *out)
{
	const struct jwe_key *key = find_key(s, ask->kid);

	memset(out, 0, sizeof(*out));
	out->req = ask->req;
	out->call = ask->call;
	if (!is_plain(ask->order_id) || !is_plain(ask->purpose))
		status = VAULT_REFUSED;
	else if (status == VAULT_OK && key == NULL)
		status = VAULT_NO_KEY;
	if (status == VAULT_OK && seal_record(s, key, ask, r, out) < 0) {
		out->jwe.len = out->fingerprint.len = 0;
		status = VAULT_FAILED;
	}
	out->status = (uint8_t)status;
	if (key != NULL)
		snprintf(out->kid, sizeof(out->kid), "%s", jwe_key_kid(key));
}
