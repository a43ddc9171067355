#include "arsd/rate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/ids.h"

/* Merchants are made by the operator: a few hundred, and never by who asks. */
enum { SETS = 512, WAYS = 8, THOUSAND = 1000 };

/* Tokens in thousandths, as they were at the time of the last request. */
struct bucket { char merchant[ID_SIZE]; int64_t tokens; struct mono at; };
struct rate { int64_t per_s, size; struct bucket buckets[SETS][WAYS]; };

int rate_new(uint32_t per_s, uint32_t burst, struct rate **r)
{
	struct rate *made = calloc(1, sizeof(*made));

	if (made == NULL)
		return ERR_NOMEM;
	made->per_s = per_s;
	made->size = (int64_t)burst * THOUSAND;
	*r = made;
	return 0;
}

void rate_free(struct rate **r)
{
	free(*r);
	*r = NULL;
}

/* The merchant's bucket, or the one that was used longest ago, full: who comes back after so many others may begin anew. */
static struct bucket *bucket_of(struct rate *r, const char *merchant, struct mono now)
{
	uint32_t hash = 2166136261u;
	struct bucket *set, *oldest;

	for (const char *p = merchant; *p != '\0'; p++)
		hash = (hash ^ (unsigned char)*p) * 16777619u;
	set = r->buckets[hash % SETS];
	oldest = &set[0];
	for (int i = 0; i < WAYS; i++) {
		if (strcmp(set[i].merchant, merchant) == 0)
			return &set[i];
		if (set[i].at.ns < oldest->at.ns)
			oldest = &set[i];
	}
	snprintf(oldest->merchant, sizeof(oldest->merchant), "%s", merchant);
	oldest->tokens = r->size;
	oldest->at = now;
	return oldest;
}

static uint32_t seconds_for(const struct rate *r, int64_t tokens)
{
	int64_t per_s = r->per_s * THOUSAND;

	return (uint32_t)((tokens + per_s - 1) / per_s);
}

bool rate_take(struct rate *r, const char *merchant, struct mono now, struct rate_state *state)
{
	struct bucket *b;
	int64_t ms;
	bool taken;

	*state = (struct rate_state){ 0 };
	if (r->per_s == 0)
		return true;
	b = bucket_of(r, merchant, now);
	ms = mono_diff_ms(b->at, now);
	/* A thousandth of a token for each millisecond and token a second; what is left of a millisecond waits for the next. */
	if (ms > 0) {
		b->tokens = ms > r->size / r->per_s ? r->size : b->tokens + ms * r->per_s;
		b->tokens = b->tokens > r->size ? r->size : b->tokens;
		b->at = mono_add_ms(b->at, ms);
	}
	taken = b->tokens >= THOUSAND;
	b->tokens -= taken ? THOUSAND : 0;
	state->limit = (uint32_t)(r->size / THOUSAND);
	state->remaining = (uint32_t)(b->tokens / THOUSAND);
	state->reset_s = seconds_for(r, r->size - b->tokens);
	state->retry_after_s = taken ? 0 : seconds_for(r, THOUSAND - b->tokens);
	return taken;
}
