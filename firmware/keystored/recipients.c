#include "keystored/recipients.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/log.h"

struct recipients {
	struct keyring *ring;
	struct recipient list[RECIPIENTS_MAX], next[RECIPIENTS_MAX];
	size_t count, next_count;
	unsigned serial;
};

int recipients_new(struct keyring *ring, struct recipients **r)
{
	struct recipients *made = calloc(1, sizeof(*made));

	if (made == NULL)
		return ERR_NOMEM;
	made->ring = ring;
	*r = made;
	return 0;
}

void recipients_free(struct recipients **r)
{
	free(*r);
	*r = NULL;
}

static const struct recipient *find(const struct recipient *list, size_t count, const char *gateway)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(list[i].gateway, gateway) == 0)
			return &list[i];
	return NULL;
}

/* The first key of each gateway adds it. */
static int add(const struct key *k, void *context)
{
	struct recipients *r = context;
	struct recipient *to = &r->next[r->next_count];

	if (!key_is_gateways(k->usage) || r->next_count == RECIPIENTS_MAX || strlen(k->name) >= sizeof(to->gateway) ||
	    find(r->next, r->next_count, k->name) != NULL)
		return 0;
	memset(to, 0, sizeof(*to));
	snprintf(to->gateway, sizeof(to->gateway), "%s", k->name);
	to->usage = k->usage;
	r->next_count++;
	return 0;
}

static void choose(const struct recipients *r, struct recipient *to, struct wall now)
{
	const struct gateway_choice c = keyring_choose(r->ring, &(struct gateway_ask){ to->gateway, "", now });

	if (c.key == NULL) {
		gateway_key_why(&c, to->why);
		return;
	}
	snprintf(to->kid, sizeof(to->kid), "%s", c.key->kid);
	to->version = c.key->version;
	to->until = c.key->active_until;
}

static void tell(const struct recipient *to, const struct recipient *before)
{
	if (before != NULL && strcmp(before->kid, to->kid) == 0 && before->version == to->version)
		return;
	if (to->kid[0] != '\0')
		log_info("gateway_key", "gateway=%s kid=%s version=%u", to->gateway, to->kid, to->version);
	else
		log_warn("gateway_no_key", "alarm=gateway_key gateway=%s why=\"%s\" hint=\"callkey keys propose import-gateway --name %s\"",
		         to->gateway, to->why, to->gateway);
}

void recipients_look(struct recipients *r, struct wall now)
{
	memset(r->next, 0, sizeof(r->next));
	r->next_count = 0;
	if (keyring_each(r->ring, add, r) < 0)
		return;
	for (size_t i = 0; i < r->next_count; i++)
		choose(r, &r->next[i], now);
	if (r->next_count == r->count && memcmp(r->next, r->list, sizeof(r->list)) == 0)
		return;
	for (size_t i = 0; i < r->next_count; i++)
		tell(&r->next[i], find(r->list, r->count, r->next[i].gateway));
	memcpy(r->list, r->next, sizeof(r->list));
	r->count = r->next_count;
	r->serial++;
}

unsigned recipients_serial(const struct recipients *r)
{
	return r->serial;
}

size_t recipients_count(const struct recipients *r)
{
	return r->count;
}

const struct recipient *recipients_at(const struct recipients *r, size_t i)
{
	return &r->list[i];
}
