#include "keystored/seal.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/crypto.h"
#include "lib/secret.h"

enum { CLEAR_MAX = 256, EXTRA_SIZE = 160, NICEPAY_CARD_MAX = 16, READ_MAX = 8 };

struct secrets { char clear[CLEAR_MAX]; size_t len; };

/* A public key as it came from the ring, and read: reading one takes longer than sealing to it. */
struct read_key { char pem[KEY_WRAPPED_MAX]; struct jwe_key *key; };

struct seal {
	struct keyring *ring;
	struct secrets *secrets;                 /* locked */
	struct read_key read[READ_MAX];
	size_t next_read;
};

int seal_new(struct keyring *ring, struct seal **s)
{
	struct seal *made = calloc(1, sizeof(*made));
	void *secrets = NULL;
	int e = made == NULL ? ERR_NOMEM : secret_alloc(sizeof(struct secrets), &secrets);

	if (e < 0) {
		free(made);
		return e;
	}
	made->secrets = secrets;
	made->ring = ring;
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
	for (size_t i = 0; i < READ_MAX; i++)
		jwe_key_free(&(*s)->read[i].key);
	free(*s);
	*s = NULL;
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

/* The ring is asked each time: it knows whether the key may seal now. */
static int public_key(struct seal *s, const struct keyring_ask *a, const char *kid, const struct jwe_key **key)
{
	char pem[KEY_WRAPPED_MAX];
	int n = keyring_pem(s->ring, a, pem, sizeof(pem), NULL), e;
	struct read_key *r = &s->read[s->next_read];

	if (n < 0)
		return n;
	for (size_t i = 0; i < READ_MAX; i++)
		if (s->read[i].key != NULL && strcmp(s->read[i].pem, pem) == 0 && strcmp(jwe_key_kid(s->read[i].key), kid) == 0) {
			*key = s->read[i].key;
			return 0;
		}
	jwe_key_free(&r->key);
	e = jwe_key_read(pem, (size_t)n, kid, &r->key);
	if (e < 0)
		return e;
	memcpy(r->pem, pem, (size_t)n + 1);
	s->next_read = (s->next_read + 1) % READ_MAX;
	*key = r->key;
	return 0;
}

/* Returns the JWE's length. */
static int seal_jwe(struct seal *by, const struct keyring_ask *a, const char *kid, const struct vault_seal *ask, const struct calls_record *r,
                    char *out, size_t size)
{
	struct secrets *s = by->secrets;
	const struct jwe_key *key;
	char extra[EXTRA_SIZE];
	int e = public_key(by, a, kid, &key);

	if (e < 0)
		return e;
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
static int seal_nicepay(struct seal *by, const struct keyring_ask *a, const struct vault_seal *ask, const struct calls_record *r, char *out,
                        size_t size)
{
	struct secrets *s = by->secrets;

	if (r->card->len > NICEPAY_CARD_MAX)
		return ERR_TOO_LONG;
	put_part(s, "cardNo=", r->card->digits, r->card->len);
	put_part(s, "&expYear=", r->expiry->digits + 2, 2);
	put_part(s, "&expMonth=", r->expiry->digits, 2);
	put_part(s, "&idNo=", r->identity->digits, r->identity->len);
	put_part(s, "&cardPw=", r->password2->digits, r->password2->len);
	return keyring_encdata(by->ring, a, &(struct token_encdata){ ask->purpose, ask->order_id, s->clear, s->len }, out, size);
}

static int seal_record(struct seal *s, const struct key *key, const struct vault_seal *ask, const struct calls_record *r, struct wall now,
                       struct vault_sealed *out)
{
	const struct keyring_ask fingerprint = { .name = "fingerprint", .usage = KEY_FINGERPRINT, .caller = KEY_BY_SELF, .now = now };
	const struct keyring_ask gateway = { .name = key->name, .version = key->version, .usage = key->usage, .caller = KEY_BY_ARSD, .now = now };
	int n;

	s->secrets->len = 0;
	n = key->usage == KEY_GATEWAY_ENCDATA ? seal_nicepay(s, &gateway, ask, r, (char *)out->jwe.data, sizeof(out->jwe.data))
	                                      : seal_jwe(s, &gateway, key->kid, ask, r, (char *)out->jwe.data, sizeof(out->jwe.data));
	secret_wipe(s->secrets->clear, sizeof(s->secrets->clear));
	if (n < 0)
		return n;
	out->jwe.len = (uint32_t)n;
	out->fingerprint.len = VAULT_FINGERPRINT_SIZE;
	return keyring_mac(s->ring, &fingerprint, r->card->digits, r->card->len, out->fingerprint.data, NULL);
}

void seal_make(struct seal *s, const struct vault_seal *ask, enum vault_status status, const struct calls_record *r,
               struct wall now, struct vault_sealed *out)
{
	const struct gateway_choice c = keyring_choose(s->ring, &(struct gateway_ask){ ask->pg, ask->kid, now });

	memset(out, 0, sizeof(*out));
	out->req = ask->req;
	out->call = ask->call;
	if (!is_plain(ask->order_id) || !is_plain(ask->purpose))
		status = VAULT_REFUSED;
	else if (status == VAULT_OK && !keyring_is_ready(s->ring))
		status = VAULT_LOCKED;
	else if (status == VAULT_OK && c.key == NULL)
		status = VAULT_NO_KEY;
	if (status == VAULT_OK && seal_record(s, c.key, ask, r, now, out) < 0) {
		out->jwe.len = out->fingerprint.len = 0;
		status = VAULT_FAILED;
	}
	out->status = (uint8_t)status;
	if (c.key != NULL)
		snprintf(out->kid, sizeof(out->kid), "%s", c.key->kid);
}
