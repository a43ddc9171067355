/* keyctl_officers.c: what officers ask: proposals and their confirming, and the audit log. An officer's password comes in
 * secret, what an act takes besides (a key, a component, a new officer's password) behind it, after a line's end. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "keystored/keyctl_turn.h"
#include "lib/secret.h"

enum { PIECE_MAX = 30000 };

/* ---- who it is ---- */

struct given { char name[VALUE_SIZE], password[OFFICERS_PASSWORD_MAX + 2]; const uint8_t *more; size_t more_len; };

static int take_secret(struct turn *t, struct given *g)
{
	const uint8_t *data = t->ask->secret.data, *end = memchr(data, '\n', t->ask->secret.len);
	size_t len = end != NULL ? (size_t)(end - data) : t->ask->secret.len;

	g->more = end != NULL ? end + 1 : NULL;
	g->more_len = end != NULL ? t->ask->secret.len - len - 1 : 0;
	if (len == 0 || len > OFFICERS_PASSWORD_MAX || memchr(data, '\0', len) != NULL) {
		snprintf(t->why, sizeof(t->why), "a password of %d to %d octets must come with it", OFFICERS_PASSWORD_MIN, OFFICERS_PASSWORD_MAX);
		return ERR_INVALID;
	}
	memcpy(g->password, data, len);
	g->password[len] = '\0';
	return 0;
}

/* Sets t->who. Failures are written down; while an officer has to wait, tries are not. */
static int log_in(struct turn *t, struct given *g)
{
	char why[KEYFILE_WHY_SIZE];
	int e = take_secret(t, g);

	if (e < 0)
		return e;
	e = officers_check(&t->k->box->officers, t->k->ring, keyctl_arg(t, "officer", g->name), g->password, clock_mono(), t->why);
	secret_wipe(g->password, sizeof(g->password));
	if (e == 0) {
		t->who = g->name;
		return 0;
	}
	memcpy(why, t->why, sizeof(why));
	if (e == ERR_DENIED && keyctl_note(t, "login_failed", "%.40s as %s", g->name, t->ask->verb) < 0)
		return ERR_IO;
	memcpy(t->why, why, sizeof(why));
	return e;
}

/* Custodians name one, at the ceremony or later (custody.h); others are proposed by one and confirmed by another. */
int keyctl_do_officer(struct turn *t)
{
	struct given g;
	int e = take_secret(t, &g);

	if (e == 0)
		e = custody_officer(t->k->custody, keyctl_arg(t, "name", g.name), g.password, clock_mono(), t->why);
	secret_wipe(g.password, sizeof(g.password));
	return e;
}

int keyctl_do_officers(struct turn *t)
{
	const struct keyfile_officer *list;
	size_t count = keyring_officers(t->k->ring, &list);

	for (size_t i = 0; i < count; i++)
		keyctl_say(t, "%s\n", list[i].name);
	return 0;
}

/* ---- dual control ---- */

/* All lines but officer and act. */
static void act_args(const struct turn *t, char *args, size_t size)
{
	size_t len = 0;

	args[0] = '\0';
	for (const char *line = t->ask->args; *line != '\0'; line += strcspn(line, "\n"), line += *line == '\n') {
		if (strncmp(line, "officer=", 8) == 0 || strncmp(line, "act=", 4) == 0)
			continue;
		len += (size_t)snprintf(args + len, size - len, "%.*s\n", (int)strcspn(line, "\n"), line);
		if (len >= size)
			return;
	}
}

int keyctl_do_propose(struct turn *t)
{
	char act[VALUE_SIZE], args[sizeof(t->ask->args) + 2];
	struct given g;
	struct dual_ask ask = { .act = act, .args = args };
	unsigned id = 0;
	int e = log_in(t, &g);

	if (e < 0)
		return e;
	keyctl_arg(t, "act", act);
	act_args(t, args, sizeof(args));
	ask.payload = g.more;
	ask.len = g.more_len;
	e = dual_propose(t->k->box->dual, g.name, &ask, clock_mono(), &id, t->why);
	if (e == 0)
		keyctl_say(t, "proposal %u\n", id);
	return e;
}

static int say_proposal(const struct dual_seen *p, void *context)
{
	keyctl_say(context, "%u %s %lld %s\n", p->id, p->by, (long long)(p->left_ms / 1000), p->what);
	return 0;
}

int keyctl_do_proposals(struct turn *t)
{
	return dual_each(t->k->box->dual, clock_mono(), say_proposal, t);
}

static unsigned id_of(const struct turn *t)
{
	char value[VALUE_SIZE], *end;
	unsigned long n = strtoul(keyctl_arg(t, "id", value), &end, 10);

	return *end != '\0' || n > UINT32_MAX ? 0 : (unsigned)n;
}

int keyctl_do_confirm(struct turn *t)
{
	char text[DUAL_TEXT_SIZE] = "";
	struct given g;
	int e = log_in(t, &g);

	if (e == 0)
		e = dual_confirm(t->k->box->dual, g.name, id_of(t), g.more, g.more_len, clock_mono(), text, t->why);
	if (e == 0)
		keyctl_say(t, "%s", text);
	if (keyring_state(t->k->ring) != KEYRING_OPEN)
		custody_break_off(t->k->custody);
	return e;
}

int keyctl_do_withdraw(struct turn *t)
{
	struct given g;
	int e = log_in(t, &g);

	return e < 0 ? e : dual_withdraw(t->k->box->dual, g.name, id_of(t), t->why);
}

/* ---- the audit log ---- */

static void say_head(struct turn *t)
{
	const struct audit_link *head = audit_head(t->k->box->audit);
	char hash[2 * CRYPTO_SHA256_SIZE + 1];

	if (hex_encode(head->hash, sizeof(head->hash), hash, sizeof(hash)) >= 0)
		keyctl_say(t, "audit_records %" PRIu64 "\naudit_head %s\n", head->number, hash);
}

static void say_expiring(struct turn *t)
{
	const struct key *first = NULL;
	char at[CLOCK_RFC3339_SIZE];

	keyctl_say(t, "expiring %zu\n", strongbox_expiring(t->k->box, &first));
	if (first != NULL)
		keyctl_say(t, "expiring_first %s version %u on %.10s\n", first->name, first->version, wall_print_rfc3339(first->active_until, at));
}

/* Of each gateway: the key that seals for it, or why none does. */
static void say_gateways(struct turn *t)
{
	const struct recipients *r = t->k->box->recipients;

	for (size_t i = 0; i < recipients_count(r); i++) {
		const struct recipient *to = recipients_at(r, i);

		if (to->kid[0] != '\0')
			keyctl_say(t, "gateway.%s %s, version %u\n", to->gateway, to->kid, to->version);
		else
			keyctl_say(t, "gateway.%s none: %s\n", to->gateway, to->why);
	}
}

void keyctl_say_audit(struct turn *t)
{
	const struct keyfile_officer *list;
	char id[CRYPTO_KEY_ID_SIZE];

	say_head(t);
	if (audit_key_id(t->k->box->audit, id) == 0)
		keyctl_say(t, "audit_key %s\n", id);
	keyctl_say(t, "audit %s\nofficers %zu\n", audit_is_failing(t->k->box->audit) ? "failing" : "written",
	           keyring_officers(t->k->ring, &list));
	say_expiring(t);
	say_gateways(t);
}

int keyctl_do_audit_verify(struct turn *t)
{
	struct audit_check *found = calloc(1, sizeof(*found));
	char why[AUDIT_WHY_SIZE] = "no memory is free";
	int e = found == NULL ? ERR_NOMEM : audit_verify(t->k->box->audit, found, why);

	if (e < 0)
		snprintf(t->why, sizeof(t->why), "%s", why);
	else
		keyctl_say(t, "records %" PRIu64 "\nsigned_to %" PRIu64 "\n", found->last.number, found->signed_to);
	free(found);
	return e;
}

/* Who reads the log is in the log (PCI DSS 10.2.1.3), and that record is the export's last one. */
int keyctl_do_audit_export(struct turn *t)
{
	int e = keyctl_note(t, "exported_log", "%s", "");

	if (e == 0) {
		say_head(t);
		keyctl_say(t, "audit_size %" PRIu64 "\n", audit_size(t->k->box->audit));
	}
	return e;
}

int keyctl_do_audit_read(struct turn *t)
{
	char value[VALUE_SIZE];
	unsigned long long offset = strtoull(keyctl_arg(t, "offset", value), NULL, 10);
	int n = audit_read(t->k->box->audit, offset, t->out->text.data, PIECE_MAX);

	if (n < 0) {
		snprintf(t->why, sizeof(t->why), "the audit log cannot be read");
		return n;
	}
	t->out->text.len = (uint32_t)n;
	return 0;
}
