#include "keys/gateway_key.h"

#include <stdio.h>
#include <string.h>

static bool is_over(const struct key *k, struct wall now)
{
	return k->active_until.ms != 0 && now.ms >= k->active_until.ms;
}

static bool is_asked_for(const struct gateway_ask *a, const struct key *k)
{
	return key_is_gateways(k->usage) && k->kid[0] != '\0' && strcmp(k->name, a->gateway) == 0 &&
	       (a->kid[0] == '\0' || strcmp(k->kid, a->kid) == 0);
}

/* Of two that may seal the one that began later; of two that began together the later version. */
static bool is_newer(const struct key *k, const struct key *than)
{
	if (than == NULL || k->active_from.ms != than->active_from.ms)
		return than == NULL || k->active_from.ms > than->active_from.ms;
	return k->version > than->version;
}

void gateway_key_consider(struct gateway_choice *c, const struct gateway_ask *a, const struct key *k)
{
	enum gateway_lack lack = k->state == KEY_PRE_ACTIVE ? GATEWAY_KEY_PRE_ACTIVE : k->state != KEY_ACTIVE ? GATEWAY_KEY_ENDED
	                         : is_over(k, a->now) ? GATEWAY_KEY_OVER : GATEWAY_KEY_NOT_YET;

	if (!is_asked_for(a, k))
		return;
	if (k->state == KEY_ACTIVE && !is_over(k, a->now) && !key_is_early(k, a->now)) {
		if (is_newer(k, c->key))
			c->key = k;
	} else if (lack > c->lack || (lack == c->lack && is_newer(k, c->nearest))) {
		c->lack = lack;
		c->nearest = k;
	}
}

const char *gateway_key_why(const struct gateway_choice *c, char text[GATEWAY_WHY_SIZE])
{
	const struct key *k = c->nearest;
	char at[CLOCK_RFC3339_SIZE];

	switch (c->lack) {
	case GATEWAY_KEY_NOT_YET:
		snprintf(text, GATEWAY_WHY_SIZE, "key %s is not active before %s", k->kid, wall_print_rfc3339(k->active_from, at));
		break;
	case GATEWAY_KEY_OVER:
		snprintf(text, GATEWAY_WHY_SIZE, "the cryptoperiod of key %s is over since %s", k->kid, wall_print_rfc3339(k->active_until, at));
		break;
	case GATEWAY_KEY_PRE_ACTIVE: snprintf(text, GATEWAY_WHY_SIZE, "key %s was not activated", k->kid); break;
	case GATEWAY_KEY_ENDED: snprintf(text, GATEWAY_WHY_SIZE, "key %s is %s", k->kid, key_state_word(k->state)); break;
	case GATEWAY_KEY_NONE:
	default: snprintf(text, GATEWAY_WHY_SIZE, "no key was imported"); break;
	}
	return text;
}

bool gateway_key_follows(const struct key *k, const struct key *next)
{
	return key_is_gateways(k->usage) && strcmp(next->name, k->name) == 0 && next->kid[0] != '\0' && next->state == KEY_ACTIVE &&
	       next->active_from.ms < k->active_until.ms && (next->active_until.ms == 0 || next->active_until.ms > k->active_until.ms);
}
