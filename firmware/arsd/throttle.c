#include "arsd/throttle.h"

#include <string.h>
#include <stdio.h>
#include <stdlib.h>

#include "crypto/crypto.h"

enum { WAYS = 8, KEY_SIZE = 32 };

struct slot {
	char key[KEY_SIZE];
	uint32_t tries;
	struct mono since;
};

struct throttle {
	struct throttle_rule rule;
	uint64_t seed;
	size_t sets;
	struct slot slots[];
};

int throttle_new(const struct throttle_rule *rule, size_t keys, struct throttle **t)
{
	size_t sets = (keys + WAYS - 1) / WAYS;
	struct throttle *made = calloc(1, sizeof(*made) + sets * WAYS * sizeof(struct slot));

	if (made == NULL)
		return ERR_NOMEM;
	made->rule = *rule;
	made->sets = sets;
	if (crypto_random(&made->seed, sizeof(made->seed)) < 0) {
		free(made);
		return ERR_CRYPTO;
	}
	*t = made;
	return 0;
}

void throttle_free(struct throttle **t)
{
	free(*t);
	*t = NULL;
}

/* FNV-1a from a secret start, so that nobody chooses numbers that share a set. */
static size_t set_of(const struct throttle *t, const char *key)
{
	uint64_t h = t->seed ^ 0xcbf29ce484222325u;

	for (const char *p = key; *p != '\0'; p++)
		h = (h ^ (unsigned char)*p) * 0x100000001b3u;
	return (size_t)((h ^ (h >> 29)) % t->sets);
}

static int is_over(const struct throttle *t, const struct slot *s, struct mono now)
{
	return s->tries == 0 || mono_diff_ms(s->since, now) >= t->rule.window_ms;
}

/* The key's slot, or the one that is best given up for it: an empty or timed out one, else the rarest, oldest. */
static struct slot *slot_for(struct throttle *t, const char *key, struct mono now)
{
	struct slot *set = &t->slots[set_of(t, key) * WAYS], *worst = &set[0];

	for (int i = 0; i < WAYS; i++) {
		struct slot *s = &set[i];

		if (strcmp(s->key, key) == 0)
			return s;
		if (is_over(t, worst, now))
			continue;
		if (is_over(t, s, now) || s->tries < worst->tries || (s->tries == worst->tries && s->since.ns < worst->since.ns))
			worst = s;
	}
	return worst;
}

enum throttle_answer throttle_note(struct throttle *t, const char *key, struct mono now)
{
	struct slot *s;

	if (key[0] == '\0' || strlen(key) >= KEY_SIZE)
		return THROTTLE_PASS;
	s = slot_for(t, key, now);
	if (strcmp(s->key, key) != 0 || is_over(t, s, now)) {
		snprintf(s->key, sizeof(s->key), "%s", key);
		s->tries = 0;
		s->since = now;
	}
	s->tries += s->tries < UINT32_MAX;
	if (s->tries >= t->rule.refuse_after)
		return THROTTLE_REFUSE;
	return s->tries >= t->rule.slow_after ? THROTTLE_SLOW : THROTTLE_PASS;
}
