#include "keys/dual.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "keys/dual_acts.h"
#include "keys/keyring_priv.h"
#include "lib/log.h"
#include "lib/secret.h"

struct proposal {
	unsigned id;                                  /* 0: free */
	char by[KEYFILE_OFFICER_SIZE], args[DUAL_ARGS_SIZE], what[DUAL_ARGS_SIZE + DUAL_ACT_SIZE + 32];
	const struct dual_act *act;
	uint8_t payload[DUAL_PAYLOAD_SIZE];
	size_t len;
	struct mono until;
};
struct table { struct proposal list[DUAL_MAX]; };

struct dual {
	struct keyring *ring;
	struct audit *audit;
	int64_t valid_ms;
	unsigned last_id;
	struct table *table;                          /* locked */
	const struct dual_gateway *gateways;
	size_t gateway_count;
};

int dual_new(struct keyring *r, struct audit *a, int64_t valid_ms, struct dual **d)
{
	struct dual *made = calloc(1, sizeof(*made));
	void *table = NULL;

	if (made == NULL || secret_alloc(sizeof(struct table), &table) < 0) {
		free(made);
		return ERR_NOMEM;
	}
	*made = (struct dual){ .ring = r, .audit = a, .valid_ms = valid_ms, .table = table };
	*d = made;
	return 0;
}

void dual_know_gateways(struct dual *d, const struct dual_gateway *list, size_t count)
{
	d->gateways = list;
	d->gateway_count = count;
}

void dual_free(struct dual **d)
{
	void *table;

	if (*d == NULL)
		return;
	table = (*d)->table;
	secret_free(&table, sizeof(struct table));
	free(*d);
	*d = NULL;
}

static int note(struct dual *d, const char *what, const char *who, const char *detail, char why[KEYFILE_WHY_SIZE])
{
	int e = audit_add(d->audit, &(struct audit_record){ .what = what, .who = who, .detail = detail });

	return e < 0 ? keyring_why(e, why, "the audit log cannot be written; nothing was done") : 0;
}

/* ---- proposing ---- */

/* Every line is an argument of the act, and printable. */
static int check_args(const struct dual_act *act, const char *args, char why[KEYFILE_WHY_SIZE])
{
	for (const char *line = args; *line != '\0'; line += strcspn(line, "\n"), line += *line == '\n') {
		size_t name_len = strcspn(line, "=\n"), len = strcspn(line, "\n");
		char word[DUAL_VALUE_SIZE], names[DUAL_VALUE_SIZE];

		if (line[name_len] != '=' || name_len == 0 || name_len > 20 || len - name_len > DUAL_VALUE_SIZE)
			return keyring_why(ERR_INVALID, why, "arguments are NAME=VALUE, a value of at most %d octets", DUAL_VALUE_SIZE - 1);
		snprintf(word, sizeof(word), " %.*s ", (int)name_len, line);
		snprintf(names, sizeof(names), " %s ", act->names);
		if (strstr(names, word) == NULL)
			return keyring_why(ERR_INVALID, why, "%s takes no %.*s; it takes: %s", act->word, (int)name_len, line, act->names);
		for (size_t i = 0; i < len; i++)
			if (line[i] <= ' ' || line[i] > '~')
				return keyring_why(ERR_INVALID, why, "arguments are printable, without blanks");
	}
	return 0;
}

/* "state name=pg version=2 state=active", and of what comes with it, unless it is a secret, the beginning of its hash, for both
 * to compare. */
static int describe(struct proposal *p, char why[KEYFILE_WHY_SIZE])
{
	uint8_t hash[CRYPTO_SHA256_SIZE];
	char usage[DUAL_VALUE_SIZE];
	int n = snprintf(p->what, sizeof(p->what), "%s %s", p->act->word, p->args);

	for (int i = 0; i < n; i++)
		if (p->what[i] == '\n')
			p->what[i] = i == n - 1 ? '\0' : ' ';
	n = (int)strlen(p->what);
	while (n > 0 && p->what[n - 1] == ' ')
		p->what[--n] = '\0';
	if (!p->act->payload || p->act->second || strcmp(p->act->word, "add-officer") == 0 ||
	    strcmp(dual_value(p->args, "usage", usage), key_rule(KEY_GATEWAY_ENCDATA)->word) == 0)
		return 0;
	if (crypto_sha256(p->payload, p->len, hash) < 0)
		return keyring_why(ERR_CRYPTO, why, "its hash could not be made");
	snprintf(p->what + n, sizeof(p->what) - (size_t)n, " sha256=%02x%02x%02x%02x%02x%02x%02x%02x", hash[0], hash[1], hash[2], hash[3],
	         hash[4], hash[5], hash[6], hash[7]);
	return 0;
}

/* What is imported as it came; of a new officer's password only the hash. */
static int take_payload(struct proposal *p, const struct dual_ask *ask, char why[KEYFILE_WHY_SIZE])
{
	char name[DUAL_VALUE_SIZE], password[OFFICERS_PASSWORD_MAX + 2];
	struct keyfile_officer o;
	int e;

	if (p->act->payload != (ask->len > 0))
		return keyring_why(ERR_INVALID, why, p->act->payload ? "%s needs what it is about: key, block, component or password" : "%s takes nothing besides",
		                   p->act->word);
	if (ask->len > DUAL_PAYLOAD_SIZE)
		return keyring_why(ERR_TOO_LONG, why, "more than %d octets come with it", DUAL_PAYLOAD_SIZE);
	if (ask->len > 0)
		memcpy(p->payload, ask->payload, ask->len);
	p->len = ask->len;
	if (strcmp(p->act->word, "add-officer") != 0)
		return 0;
	snprintf(password, sizeof(password), "%.*s", (int)ask->len, (const char *)ask->payload);
	e = officers_make(dual_value(p->args, "name", name), password, &o, why);
	secret_wipe(password, sizeof(password));
	secret_wipe(p->payload, sizeof(p->payload));
	if (e == 0) {
		memcpy(p->payload, &o, sizeof(o));
		p->len = sizeof(o);
	}
	return e;
}

static int fill(struct dual *d, struct proposal *p, const char *by, const struct dual_ask *ask, char why[KEYFILE_WHY_SIZE])
{
	char text[DUAL_TEXT_SIZE];
	struct dual_act_context c = { .ring = d->ring, .args = p->args, .payload = p->payload, .now = clock_wall(), .gateways = d->gateways,
	                              .gateway_count = d->gateway_count, .text = text, .why = why };
	int e;

	snprintf(p->by, sizeof(p->by), "%s", by);
	snprintf(p->args, sizeof(p->args), "%s", ask->args);
	e = check_args(p->act, p->args, why);
	if (e == 0)
		e = take_payload(p, ask, why);
	c.len = p->len;
	if (e == 0 && p->act->check != NULL)
		e = p->act->check(&c);
	return e < 0 ? e : describe(p, why);
}

int dual_propose(struct dual *d, const char *by, const struct dual_ask *ask, struct mono now, unsigned *id, char why[KEYFILE_WHY_SIZE])
{
	const struct dual_act *act = dual_act_find(ask->act);
	struct proposal *p = NULL;
	int e;

	if (act == NULL)
		return keyring_why(ERR_NOT_FOUND, why, "there is no act %.20s", ask->act);
	if (!act->locked && keyring_state(d->ring) != KEYRING_OPEN)
		return keyring_why(ERR_STATE, why, "the keys are not open; of all acts only zeroise is done then");
	if (strlen(ask->args) >= DUAL_ARGS_SIZE)
		return keyring_why(ERR_TOO_LONG, why, "the arguments are longer than %d", DUAL_ARGS_SIZE - 1);
	for (size_t i = 0; i < DUAL_MAX && p == NULL; i++)
		if (d->table->list[i].id == 0)
			p = &d->table->list[i];
	if (p == NULL)
		return keyring_why(ERR_EXHAUSTED, why, "%d proposals wait already; confirm or withdraw some", DUAL_MAX);
	p->act = act;
	e = fill(d, p, by, ask, why);
	if (e == 0)
		e = note(d, "proposed", by, p->what, why);
	if (e < 0) {
		secret_wipe(p, sizeof(*p));
		return e;
	}
	p->id = *id = ++d->last_id;
	p->until = mono_add_ms(now, d->valid_ms);
	return 0;
}

/* ---- confirming ---- */

static struct proposal *find(const struct dual *d, unsigned id, char why[KEYFILE_WHY_SIZE])
{
	for (size_t i = 0; i < DUAL_MAX; i++)
		if (id != 0 && d->table->list[i].id == id)
			return &d->table->list[i];
	keyring_why(ERR_NOT_FOUND, why, "there is no proposal %u; it was confirmed or withdrawn, or its time is over", id);
	return NULL;
}

static int run(struct dual *d, struct proposal *p, const char *by, const uint8_t *second, size_t second_len, struct mono now,
               char text[DUAL_TEXT_SIZE], char why[KEYFILE_WHY_SIZE])
{
	const struct dual_act_context c = {
		.ring = d->ring, .args = p->args, .payload = p->payload, .second = second, .len = p->len, .second_len = second_len, .now = clock_wall(),
		.until = mono_add_ms(now, d->valid_ms), .gateways = d->gateways, .gateway_count = d->gateway_count, .text = text, .why = why,
	};
	char both[2 * KEYFILE_OFFICER_SIZE + 2], detail[AUDIT_DETAIL_SIZE];
	int e;

	snprintf(both, sizeof(both), "%s,%s", p->by, by);
	e = note(d, "confirmed", both, p->what, why);
	if (e < 0)
		return e;
	audit_set_actor(d->audit, both);
	e = p->act->run(&c);
	audit_set_actor(d->audit, NULL);
	if (e < 0) {
		snprintf(detail, sizeof(detail), "%s: %s", p->what, why);
		/* What failed changed nothing; if this cannot be written, the records of the keys tell. */
		if (audit_add(d->audit, &(struct audit_record){ .what = "failed", .who = both, .detail = detail }) < 0)
			log_warn("act_failed", "id=%u", p->id);
	}
	return e;
}

int dual_confirm(struct dual *d, const char *by, unsigned id, const uint8_t *payload, size_t len, struct mono now, char text[DUAL_TEXT_SIZE],
                 char why[KEYFILE_WHY_SIZE])
{
	struct proposal *p;
	int e;

	dual_tick(d, now);
	text[0] = '\0';
	p = find(d, id, why);
	if (p == NULL)
		return ERR_NOT_FOUND;
	if (strcmp(p->by, by) == 0) {
		e = note(d, "confirm_refused", by, p->what, why);
		return e < 0 ? e : keyring_why(ERR_DENIED, why, "%s proposed it; another officer must confirm", by);
	}
	if (!keyring_is_officer(d->ring, p->by))
		return keyring_why(ERR_DENIED, why, "%s, who proposed it, is no officer any more; withdraw it", p->by);
	if (!p->act->locked && keyring_state(d->ring) != KEYRING_OPEN)
		return keyring_why(ERR_STATE, why, "the keys are not open");
	if (p->act->second != (len > 0))
		return keyring_why(ERR_INVALID, why, p->act->second ? "%s needs the second officer's component" : "%s takes nothing besides", p->act->word);
	e = run(d, p, by, payload, len, now, text, why);
	secret_wipe(p, sizeof(*p));
	return e;
}

int dual_withdraw(struct dual *d, const char *by, unsigned id, char why[KEYFILE_WHY_SIZE])
{
	struct proposal *p = find(d, id, why);
	int e = p == NULL ? ERR_NOT_FOUND : note(d, "withdrawn", by, p->what, why);

	if (e == 0)
		secret_wipe(p, sizeof(*p));
	return e;
}

/* Whether or not each can be written down: it takes away, and gives nothing. */
void dual_withdraw_all(struct dual *d)
{
	for (size_t i = 0; i < DUAL_MAX; i++) {
		struct proposal *p = &d->table->list[i];

		if (p->id != 0 && audit_add(d->audit, &(struct audit_record){ .what = "withdrawn", .detail = p->what }) < 0)
			log_warn("proposal_withdrawn", "id=%u", p->id);
		secret_wipe(p, sizeof(*p));
	}
}

int dual_each(const struct dual *d, struct mono now, int (*fn)(const struct dual_seen *p, void *context), void *context)
{
	int e = 0;

	for (size_t i = 0; e == 0 && i < DUAL_MAX; i++) {
		const struct proposal *p = &d->table->list[i];
		const struct dual_seen seen = { p->id, p->by, p->what, mono_diff_ms(now, p->until) };

		if (p->id != 0 && seen.left_ms > 0)
			e = fn(&seen, context);
	}
	return e;
}

void dual_tick(struct dual *d, struct mono now)
{
	for (size_t i = 0; i < DUAL_MAX; i++) {
		struct proposal *p = &d->table->list[i];

		if (p->id == 0 || mono_diff_ms(p->until, now) < 0)
			continue;
		/* Its time is over, written down or not. */
		if (audit_add(d->audit, &(struct audit_record){ .what = "expired", .who = p->by, .detail = p->what }) < 0)
			log_warn("proposal_expired", "id=%u", p->id);
		secret_wipe(p, sizeof(*p));
	}
}
