#include "keystored/calls.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "keystored/limit.h"
#include "keystored/meters.h"
#include "lib/log.h"
#include "lib/secret.h"

enum { KINDS = VAULT_PASSWORD2 + 1, LAST4 = 4, LONG_PAN = 16, LONG_BIN = 8, SHORT_BIN = 6 };

struct call {
	uint64_t call;                           /* 0: the place is free */
	uint32_t next;                           /* in its bucket or the free list: place + 1, 0 ends */
	struct mono touched;
	/* Not secret. */
	uint32_t field, last_field;              /* the open one, 0: none; the latest that was ever opened */
	uint8_t attempts[KINDS], erasures, seals;
	bool fresh;                              /* the open field takes no key of an earlier one */
	bool wiped;                              /* arsd is done with it: keys are dropped until a field opens */
	bool self_ended;                         /* the last key ended a field: a '#' behind it is a habit, however late it comes */
	uint8_t owner;                           /* of the complete card, enum vault_owner */
	/* Secret. */
	uint8_t ahead_len;
	char ahead[CALLS_AHEAD_MAX];
	uint32_t ahead_field[CALLS_AHEAD_MAX];   /* what trunkd took the key for */
	struct field typed, done[KINDS];         /* by enum vault_kind */
};

struct calls {
	size_t max, count, buckets;              /* buckets: a power of two */
	int64_t idle_ms;
	uint32_t free_first;
	uint32_t *bucket;
	struct call *places;                     /* locked */
	const struct issuers *issuers;
	struct metrics *meters;
	struct calls_ports ports;
	struct limit log;
};

/* ---- the table ---- */

int calls_new(size_t max_calls, int64_t idle_ms, const struct issuers *issuers, struct metrics *meters,
              const struct calls_ports *ports, struct calls **c)
{
	struct calls *made = calloc(1, sizeof(*made));
	void *places = NULL;

	if (made == NULL)
		return ERR_NOMEM;
	*made = (struct calls){ .max = max_calls, .buckets = 1, .idle_ms = idle_ms, .issuers = issuers, .meters = meters,
	                        .ports = *ports };
	while (made->buckets < max_calls)
		made->buckets *= 2;
	made->bucket = calloc(made->buckets, sizeof(*made->bucket));
	if (made->bucket == NULL || secret_alloc(max_calls * sizeof(*made->places), &places) < 0) {
		calls_free(&made);
		return ERR_NOMEM;
	}
	made->places = places;
	for (size_t i = max_calls; i > 0; i--) {
		made->places[i - 1].next = made->free_first;
		made->free_first = (uint32_t)i;
	}
	*c = made;
	return 0;
}

void calls_free(struct calls **c)
{
	void *places;

	if (*c == NULL)
		return;
	places = (*c)->places;
	secret_free(&places, (*c)->max * sizeof(struct call));
	free((*c)->bucket);
	free(*c);
	*c = NULL;
}

size_t calls_count(const struct calls *c)
{
	return c->count;
}

static uint32_t *bucket_of(struct calls *c, uint64_t call)
{
	return &c->bucket[(call * UINT64_C(0x9e3779b97f4a7c15) >> 32) & (c->buckets - 1)];
}

static struct call *find(struct calls *c, uint64_t call)
{
	uint32_t at = call == 0 ? 0 : *bucket_of(c, call);

	while (at != 0 && c->places[at - 1].call != call)
		at = c->places[at - 1].next;
	return at == 0 ? NULL : &c->places[at - 1];
}

static void count_calls(struct calls *c, int change)
{
	c->count += (size_t)change;
	metrics_set(c->meters, METERS_CALLS, (int64_t)c->count);
}

static void take_place(struct calls *c, uint64_t call, const struct calls_now *now)
{
	uint32_t at = c->free_first, *head = bucket_of(c, call);
	struct call *p = &c->places[at - 1];

	c->free_first = p->next;
	*p = (struct call){ .call = call, .next = *head, .touched = now->mono };
	*head = at;
	count_calls(c, 1);
}

static void give_place_back(struct calls *c, struct call *p)
{
	uint32_t at = (uint32_t)(p - c->places) + 1, *link = bucket_of(c, p->call);

	while (*link != at)
		link = &c->places[*link - 1].next;
	*link = p->next;
	secret_wipe(p, sizeof(*p));
	p->next = c->free_first;
	c->free_first = at;
	count_calls(c, -1);
}

/* ---- what a call holds ---- */

static void stray(struct calls *c)
{
	metrics_add(c->meters, METERS_STRAY, 1);
}

static void drop_ahead(struct call *p)
{
	secret_wipe(p->ahead, sizeof(p->ahead));
	p->ahead_len = 0;
}

static bool holds_digits(const struct call *p)
{
	bool any = p->ahead_len > 0 || p->typed.len > 0;

	for (int kind = 0; kind < KINDS; kind++)
		any = any || p->done[kind].len > 0;
	return any;
}

/* The field needs no more keys: trunkd's timers stop, what was typed is gone or has been moved. */
static void shut(struct calls *c, struct call *p)
{
	uint32_t field = p->field;

	field_wipe(&p->typed);
	p->field = 0;
	if (field != 0)
		c->ports.field_closed(c->ports.context, p->call, field);
}

static void wipe(struct calls *c, struct call *p)
{
	shut(c, p);
	drop_ahead(p);
	secret_wipe(p->done, sizeof(p->done));
	p->owner = VAULT_OWNER_UNKNOWN;
	p->self_ended = false;
}

/* ---- results ---- */

/* BIN and last four: 8 and 4 of 16 and more digits, 6 and 4 of fewer (PCI DSS 3.4.1). */
static void fill_mask(struct calls *c, struct call *p, struct vault_field_result *m)
{
	const struct field *card = &p->done[VAULT_CARD_NUMBER];
	const struct issuer *i = issuers_find(c->issuers, card->digits, card->len);

	p->owner = (uint8_t)i->owner;
	memcpy(m->bin, card->digits, card->len >= LONG_PAN ? LONG_BIN : SHORT_BIN);
	memcpy(m->last4, card->digits + card->len - LAST4, LAST4);
	snprintf(m->brand, sizeof(m->brand), "%s", i->brand);
	snprintf(m->issuer, sizeof(m->issuer), "%s", i->code);
	m->card_type = (uint8_t)i->type;
}

static void tell(struct calls *c, struct call *p, enum vault_result result)
{
	struct vault_field_result m = { .call = p->call, .field = p->field, .kind = p->typed.kind, .result = (uint8_t)result };

	metrics_add(c->meters, (size_t)METERS_RESULT + result - 1, 1);
	if (result == VAULT_COMPLETE) {
		p->done[p->typed.kind] = p->typed;
		if (p->typed.kind == VAULT_CARD_NUMBER)
			fill_mask(c, p, &m);
		if (p->typed.kind == VAULT_IDENTITY)
			m.owner = (uint8_t)field_owner(&p->typed);
	}
	if (result != VAULT_ERASED)
		shut(c, p);
	c->ports.field_result(c->ports.context, &m);
}

static struct field_facts facts_of(const struct call *p, const struct calls_now *now)
{
	return (struct field_facts){ now->year, now->month, (enum vault_owner)p->owner };
}

/* ---- keys ---- */

static void press(struct calls *c, struct call *p, char key, const struct calls_now *now)
{
	const struct field_facts facts = facts_of(p, now);
	int result;

	/* Each '*' costs arsd and the caller a prompt: who leans on it is heard no longer. */
	if (key == '*' && ++p->erasures > CALLS_ERASURES_MAX) {
		p->erasures = CALLS_ERASURES_MAX;
		field_start(&p->typed, (enum vault_kind)p->typed.kind);
		return;
	}
	result = field_key(&p->typed, key, &facts);
	p->self_ended = false;
	if (result == 0)
		return;
	p->self_ended = key != '#' && result != VAULT_ERASED;
	tell(c, p, (enum vault_result)result);
}

static void drop_oldest_ahead(struct call *p)
{
	p->ahead_len--;
	memmove(p->ahead, p->ahead + 1, p->ahead_len);
	memmove(p->ahead_field, p->ahead_field + 1, p->ahead_len * sizeof(p->ahead_field[0]));
	secret_wipe(p->ahead + p->ahead_len, 1);
}

/* No field takes it now: the next one may. A '#' that nothing stands before ends nothing, a '*' erases what was kept. */
static void keep_ahead(struct calls *c, struct call *p, uint32_t field, char key)
{
	bool habit = key == '#' && (p->self_ended || p->ahead_len == 0);

	p->self_ended = false;
	if (key == '*')
		drop_ahead(p);
	if (key == '*' || habit || p->wiped) {
		metrics_add(c->meters, METERS_KEYS_NO_FIELD, 1);
		return;
	}
	if (p->ahead_len == CALLS_AHEAD_MAX) {
		metrics_add(c->meters, METERS_KEYS_OVERFLOW, 1);
		if (p->ahead_field[0] >= field)
			return;
		drop_oldest_ahead(p);            /* leftovers do not cost a later field its keys */
	}
	p->ahead[p->ahead_len] = key;
	p->ahead_field[p->ahead_len++] = field;
	metrics_add(c->meters, METERS_KEYS_AHEAD, 1);
}

/* Feeds the open field from what was typed ahead; what it leaves stays for the next. */
static void take_ahead(struct calls *c, struct call *p, const struct calls_now *now)
{
	uint8_t used = 0, left;

	while (used < p->ahead_len && p->field != 0)
		press(c, p, p->ahead[used++], now);
	left = (uint8_t)(p->ahead_len - used);
	memmove(p->ahead, p->ahead + used, left);
	memmove(p->ahead_field, p->ahead_field + used, left * sizeof(p->ahead_field[0]));
	secret_wipe(p->ahead + left, used);
	p->ahead_len = left;
}

static bool is_key(char key)
{
	return (key >= '0' && key <= '9') || key == '*' || key == '#';
}

/* The next field opens within milliseconds, a person presses '#' later: it was meant for the field that ended by itself. */
static void stale_hash(struct calls *c, struct call *p)
{
	p->self_ended = false;
	metrics_add(c->meters, METERS_KEYS_STALE, 1);
}

void calls_key(struct calls *c, uint64_t call, uint32_t field, char key, const struct calls_now *now)
{
	struct call *p = find(c, call);

	metrics_add(c->meters, METERS_KEYS, 1);
	if (p == NULL || !is_key(key)) {
		metrics_add(c->meters, p == NULL ? METERS_KEYS_UNKNOWN_CALL : METERS_KEYS_BAD, 1);
		return;
	}
	p->touched = now->mono;
	/* trunkd hears of a field from arsd on another way: its number may be that of the last one still, or of the next. */
	if (p->field == 0 || field > p->field)
		keep_ahead(c, p, field, key);
	else if (field < p->field && (p->fresh || (key == '#' && p->typed.len == 0)))
		metrics_add(c->meters, METERS_KEYS_STALE, 1);
	else if (key == '#' && p->self_ended)
		stale_hash(c, p);
	else
		press(c, p, key, now);
}

void calls_timeout(struct calls *c, uint64_t call, uint32_t field, const struct calls_now *now)
{
	struct call *p = find(c, call);
	struct field_facts facts;

	if (p == NULL || p->field == 0 || p->field != field) {
		stray(c);
		return;
	}
	facts = facts_of(p, now);
	p->touched = now->mono;
	p->self_ended = false;
	tell(c, p, (enum vault_result)field_timeout(&p->typed, &facts));
}

/* ---- life of a call ---- */

void calls_begin(struct calls *c, uint64_t call, const struct calls_now *now)
{
	if (call == 0 || find(c, call) != NULL) {
		stray(c);
	} else if (c->free_first == 0) {
		metrics_add(c->meters, METERS_CALLS_LOST, 1);
		if (limit_pass(&c->log, now->mono))
			log_warn("call_refused", "call=%" PRIu64 " why=\"max_calls=%zu reached\"", call, c->max);
	} else {
		take_place(c, call, now);
	}
}

void calls_end(struct calls *c, uint64_t call)
{
	struct call *p = find(c, call);

	if (p == NULL)
		stray(c);
	else
		give_place_back(c, p);
}

void calls_reset(struct calls *c)
{
	for (size_t i = 0; i < c->max; i++) {
		struct call *p = &c->places[i];

		if (p->call == 0)
			continue;
		if (p->field != 0)
			c->ports.field_refused(c->ports.context, p->call, p->field, VAULT_NO_CALL);
		if (holds_digits(p))
			metrics_add(c->meters, METERS_WIPED_LOST, 1);
		give_place_back(c, p);
	}
}

/* ---- from arsd ---- */

static void refuse(struct calls *c, const struct vault_field_open *m, enum meters why, enum vault_status status, struct mono t)
{
	metrics_add(c->meters, why, 1);
	if (limit_pass(&c->log, t))
		log_warn("field_refused", "call=%" PRIu64 " field=%" PRIu32 " kind=%u why=%s", m->call, m->field, m->kind,
		         why == METERS_REFUSED_ATTEMPTS ? "attempts" : why == METERS_REFUSED_NO_CALL ? "no_call" : "form");
	c->ports.field_refused(c->ports.context, m->call, m->field, status);
}

/* Opened fresh, only keys that came for this very field are left of those typed ahead. */
static void forget_earlier(struct calls *c, struct call *p, uint32_t field)
{
	uint8_t left = 0;

	for (uint8_t i = 0; i < p->ahead_len; i++)
		if (p->ahead_field[i] >= field) {
			p->ahead[left] = p->ahead[i];
			p->ahead_field[left++] = p->ahead_field[i];
		}
	metrics_add(c->meters, METERS_KEYS_STALE, p->ahead_len - left);
	secret_wipe(p->ahead + left, (size_t)(p->ahead_len - left));
	p->ahead_len = left;
}

void calls_open(struct calls *c, const struct vault_field_open *m, const struct calls_now *now)
{
	struct call *p = find(c, m->call);

	if (p == NULL) {
		refuse(c, m, METERS_REFUSED_NO_CALL, VAULT_NO_CALL, now->mono);
		return;
	}
	if (!field_is_kind(m->kind) || m->field <= p->last_field) {
		refuse(c, m, METERS_REFUSED_FORM, VAULT_REFUSED, now->mono);
		return;
	}
	shut(c, p);
	field_wipe(&p->done[m->kind]);
	p->last_field = m->field;
	p->touched = now->mono;
	if (p->attempts[m->kind] >= CALLS_ATTEMPTS_MAX) {
		drop_ahead(p);
		refuse(c, m, METERS_REFUSED_ATTEMPTS, VAULT_REFUSED, now->mono);
		return;
	}
	p->attempts[m->kind]++;
	p->field = m->field;
	p->fresh = m->fresh != 0;
	p->wiped = false;
	p->erasures = 0;
	field_start(&p->typed, (enum vault_kind)m->kind);
	if (p->fresh)
		forget_earlier(c, p, m->field);
	take_ahead(c, p, now);
}

void calls_close(struct calls *c, uint64_t call)
{
	struct call *p = find(c, call);

	if (p == NULL) {
		stray(c);
		return;
	}
	shut(c, p);
	drop_ahead(p);
}

void calls_wipe(struct calls *c, uint64_t call)
{
	struct call *p = find(c, call);

	if (p == NULL) {
		stray(c);                        /* it may have ended a moment ago */
		return;
	}
	wipe(c, p);
	p->wiped = true;
}

void calls_wipe_all(struct calls *c)
{
	for (size_t i = 0; i < c->max; i++) {
		struct call *p = &c->places[i];

		if (p->call == 0)
			continue;
		if (holds_digits(p))
			metrics_add(c->meters, METERS_WIPED_LOST, 1);
		wipe(c, p);
		p->wiped = true;
	}
}

enum vault_status calls_record(struct calls *c, uint64_t call, const struct calls_now *now, struct calls_record *r)
{
	struct call *p = find(c, call);

	if (p == NULL)
		return VAULT_NO_CALL;
	if (p->done[VAULT_CARD_NUMBER].len == 0 || p->done[VAULT_EXPIRY].len == 0)
		return VAULT_INCOMPLETE;
	if (p->seals >= CALLS_SEALS_MAX)
		return VAULT_BUSY;
	p->seals++;
	p->touched = now->mono;
	*r = (struct calls_record){ &p->done[VAULT_CARD_NUMBER], &p->done[VAULT_EXPIRY], &p->done[VAULT_IDENTITY],
	                            &p->done[VAULT_PASSWORD2] };
	return VAULT_OK;
}

void calls_tick(struct calls *c, const struct calls_now *now)
{
	for (size_t i = 0; i < c->max; i++) {
		struct call *p = &c->places[i];
		uint32_t field = p->field;

		if (p->call == 0 || mono_diff_ms(p->touched, now->mono) < c->idle_ms || (field == 0 && !holds_digits(p)))
			continue;
		metrics_add(c->meters, METERS_WIPED_IDLE, 1);
		log_info("wiped", "call=%" PRIu64 " why=idle", p->call);
		wipe(c, p);
		p->wiped = true;
		if (field != 0)
			c->ports.field_refused(c->ports.context, p->call, field, VAULT_FAILED);
	}
}
