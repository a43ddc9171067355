#include "keys/officers.h"

#include <stdio.h>
#include <string.h>

#include "crypto/crypto.h"
#include "crypto/scrypt.h"
#include "keys/keyring_priv.h"
#include "lib/secret.h"

int officers_make(const char *name, const char *password, struct keyfile_officer *o, char why[KEYFILE_WHY_SIZE])
{
	struct keyfile_officer made = { .name = "" };
	size_t len = strlen(password);
	int e;

	if (!key_name_is_good(name) || strlen(name) >= sizeof(made.name))
		return keyring_why(ERR_INVALID, why, "an officer's name has letters, digits, '-', '_' and '.', at most %d", KEYFILE_OFFICER_SIZE - 1);
	if (len < OFFICERS_PASSWORD_MIN || len > OFFICERS_PASSWORD_MAX || (strlen(name) > 2 && strstr(password, name) != NULL))
		return keyring_why(ERR_INVALID, why, "a password has %d to %d octets, and not the officer's name in it", OFFICERS_PASSWORD_MIN,
		                   OFFICERS_PASSWORD_MAX);
	snprintf(made.name, sizeof(made.name), "%s", name);
	e = crypto_random(made.salt, sizeof(made.salt));
	if (e == 0)
		e = scrypt_hash(password, len, made.salt, sizeof(made.salt), made.hash, sizeof(made.hash));
	if (e < 0)
		return keyring_why(e, why, "the password could not be hashed: %s", err_name(e));
	*o = made;
	return 0;
}

static const struct keyfile_officer *find(const struct keyring *r, const char *name)
{
	const struct keyfile_officer *list;
	size_t count = keyring_officers(r, &list);

	for (size_t i = 0; i < count; i++)
		if (strcmp(list[i].name, name) == 0)
			return &list[i];
	return NULL;
}

/* Unknown names share the last place. */
static struct officers_tries *tries_of(struct officers *o, const struct keyfile_officer *known)
{
	struct officers_tries *free_place = NULL;

	if (known == NULL)
		return &o->tries[KEYFILE_OFFICERS_MAX];
	for (size_t i = 0; i < KEYFILE_OFFICERS_MAX; i++) {
		if (strcmp(o->tries[i].name, known->name) == 0)
			return &o->tries[i];
		if (o->tries[i].name[0] == '\0' && free_place == NULL)
			free_place = &o->tries[i];
	}
	/* Officers that are gone leave their places; as many fit as there can be. */
	if (free_place == NULL)
		free_place = &o->tries[0];
	memset(free_place, 0, sizeof(*free_place));
	snprintf(free_place->name, sizeof(free_place->name), "%s", known->name);
	return free_place;
}

static void count_wrong(struct officers_tries *t, struct mono now)
{
	int64_t wait_ms = 1000;

	t->wrong++;
	if (t->wrong < OFFICERS_FREE_TRIES)
		return;
	for (unsigned i = OFFICERS_FREE_TRIES; i < t->wrong && wait_ms < OFFICERS_WAIT_MAX_MS; i++)
		wait_ms *= 2;
	t->until = mono_add_ms(now, wait_ms < OFFICERS_WAIT_MAX_MS ? wait_ms : OFFICERS_WAIT_MAX_MS);
}

int officers_check(struct officers *o, const struct keyring *r, const char *name, const char *password, struct mono now,
                   char why[KEYFILE_WHY_SIZE])
{
	static const struct keyfile_officer nobody = { .name = "" };
	const struct keyfile_officer *known = find(r, name), *against = known != NULL ? known : &nobody;
	struct officers_tries *t = tries_of(o, known);
	uint8_t hash[sizeof(against->hash)];
	int64_t wait_ms = mono_diff_ms(now, t->until);
	int e;

	if (wait_ms > 0)
		return keyring_why(ERR_AGAIN, why, "after %u wrong passwords the next try is in %lld s", t->wrong, (long long)(wait_ms + 999) / 1000);
	e = scrypt_hash(password, strlen(password), against->salt, sizeof(against->salt), hash, sizeof(hash));
	if (e < 0)
		return keyring_why(e, why, "the password could not be checked: %s", err_name(e));
	if (!secret_equal(hash, against->hash, sizeof(hash)) || known == NULL) {
		count_wrong(t, now);
		return keyring_why(ERR_DENIED, why, "the name or the password is wrong");
	}
	t->wrong = 0;
	return 0;
}
