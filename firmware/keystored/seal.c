#include "keystored/seal.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/crypto.h"
#include "keystored/seal_keys.h"
#include "lib/secret.h"

enum { CLEAR_MAX = 256, EXTRA_SIZE = 160, NICEPAY_CARD_MAX = 16 };

struct secrets { char clear[CLEAR_MAX]; size_t len; };

struct seal {
	struct seal_keys *keys;
	struct keyring *ring;
	struct secrets *secrets;                 /* locked */
};

int seal_new(const struct conf_tree *conf, struct keyring *ring, struct seal **s, char why[CONF_WHY_SIZE])
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
	made->ring = ring;
	e = seal_keys_new(conf, &made->keys, why);
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
	seal_keys_free(&(*s)->keys);
	free(*s);
	*s = NULL;
}

size_t seal_key_count(const struct seal *s)
{
	return seal_keys_count(s->keys);
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

/* Returns the JWE's length. */
static int seal_jwe(struct secrets *s, const struct jwe_key *key, const struct vault_seal *ask, const struct calls_record *r,
                    char *out, size_t size)
{
	char extra[EXTRA_SIZE];

	snprintf(extra, sizeof(extra), "\"order_id\":\"%s\",\"purpose\":\"%s\"", ask->order_id, ask->purpose);
	put_member(s, "card_number", r->card->digits);
	put_member(s, "expiry", r->expiry->digits);
	put_member(s, "identity", r->identity->digits);
	put_member(s, "password2", r->password2->digits);
	put_member(s, "order_id", ask->order_id);
	put(s, "}");
	return jwe_seal(key, extra, s->clear, s->len, out, size);
}

static void put_part(struct secrets *s, const char *name, const char *digits, size_t len)
{
	char part[FIELD_DIGITS_MAX + 1] = "";

	if (len == 0)
		return;
	memcpy(part, digits, len);
	put(s, name);
	put(s, part);
	secret_wipe(part, sizeof(part));
}

/* The members and their order are the protocol's; a field that the call has not is left out ("contract option"). */
static int seal_nicepay(struct secrets *s, const struct seal_key *key, const struct vault_seal *ask, const struct calls_record *r,
                        char *out, size_t size)
{
	char hex[ENCDATA_HEX_MAX + 1];
	int n;

	if (r->card->len > NICEPAY_CARD_MAX)
		return ERR_TOO_LONG;
	put_part(s, "cardNo=", r->card->digits, r->card->len);
	put_part(s, "&expYear=", r->expiry->digits + 2, 2);
	put_part(s, "&expMonth=", r->expiry->digits, 2);
	put_part(s, "&idNo=", r->identity->digits, r->identity->len);
	put_part(s, "&cardPw=", r->password2->digits, r->password2->len);
	n = encdata_encrypt(key->secret, key->aes256, s->clear, s->len, hex, sizeof(hex));
	return n < 0 ? n : encdata_bind(key->secret, ask->purpose, ask->order_id, key->aes256, hex, out, size);
}

static int seal_record(struct seal *s, const struct seal_key *key, const struct vault_seal *ask, const struct calls_record *r,
                       struct vault_sealed *out)
{
	const struct keyring_ask fingerprint = { .name = "fingerprint", .usage = KEY_FINGERPRINT, .caller = KEY_BY_SELF, .now = clock_wall() };
	int n;

	s->secrets->len = 0;
	n = key->means == SEAL_NICEPAY
		? seal_nicepay(s->secrets, key, ask, r, (char *)out->jwe.data, sizeof(out->jwe.data))
		: seal_jwe(s->secrets, key->jwe, ask, r, (char *)out->jwe.data, sizeof(out->jwe.data));
	secret_wipe(s->secrets->clear, sizeof(s->secrets->clear));
	if (n < 0)
		return n;
	out->jwe.len = (uint32_t)n;
	out->fingerprint.len = VAULT_FINGERPRINT_SIZE;
	return keyring_mac(s->ring, &fingerprint, r->card->digits, r->card->len, out->fingerprint.data, NULL);
}

void seal_make(struct seal *s, const struct vault_seal *ask, enum vault_status status, const struct calls_record *r,
               struct vault_sealed *out)
{
	const struct seal_key *key = seal_keys_find(s->keys, ask->pg, ask->kid);

	memset(out, 0, sizeof(*out));
	out->req = ask->req;
	out->call = ask->call;
	if (!is_plain(ask->order_id) || !is_plain(ask->purpose))
		status = VAULT_REFUSED;
	else if (status == VAULT_OK && !keyring_is_ready(s->ring))
		status = VAULT_LOCKED;
	else if (status == VAULT_OK && key == NULL)
		status = VAULT_NO_KEY;
	if (status == VAULT_OK && seal_record(s, key, ask, r, out) < 0) {
		out->jwe.len = out->fingerprint.len = 0;
		status = VAULT_FAILED;
	}
	out->status = (uint8_t)status;
	if (key != NULL)
		snprintf(out->kid, sizeof(out->kid), "%s", key->kid);
}
