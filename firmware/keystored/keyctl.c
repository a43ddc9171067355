#include "keystored/keyctl.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/crypto.h"
#include "keystored/keyctl_turn.h"
#include "lib/log.h"
#include "lib/secret.h"

enum { NOTES_A_MINUTE = 60, WRONG_NOTED_EACH = 20, WRONG_NOTED_EVERY = 100 };

int keyctl_new(struct strongbox *box, struct keyctl **k)
{
	*k = calloc(1, sizeof(**k));
	if (*k == NULL)
		return ERR_NOMEM;
	**k = (struct keyctl){ .box = box, .ring = box->ring, .custody = box->custody };
	return 0;
}

void keyctl_free(struct keyctl **k)
{
	if (*k != NULL)
		keyctl_backup_forget(*k);
	free(*k);
	*k = NULL;
}

/* ---- words ---- */

void keyctl_say(struct turn *t, const char *fmt, ...)
{
	size_t room = sizeof(t->out->text.data) - t->out->text.len;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf((char *)t->out->text.data + t->out->text.len, room, fmt, ap);
	va_end(ap);
	if (n > 0)
		t->out->text.len += (size_t)n < room ? (uint32_t)n : (uint32_t)(room - 1);
}

/* The value of a NAME=VALUE line; "" without one. */
const char *keyctl_arg(const struct turn *t, const char *name, char value[VALUE_SIZE])
{
	size_t len = strlen(name);

	value[0] = '\0';
	for (const char *line = t->ask->args; *line != '\0'; line += strcspn(line, "\n"), line += *line == '\n')
		if (strncmp(line, name, len) == 0 && line[len] == '=')
			snprintf(value, VALUE_SIZE, "%.*s", (int)strcspn(line + len + 1, "\n"), line + len + 1);
	return value;
}

static unsigned arg_number(const struct turn *t, const char *name)
{
	char value[VALUE_SIZE];
	unsigned long n = strtoul(keyctl_arg(t, name, value), NULL, 10);

	return n > UINT8_MAX ? 0 : (unsigned)n;
}

/* The secret as text, NUL-terminated. */
static int secret_text(const struct turn *t, char *text, size_t size)
{
	if (t->ask->secret.len == 0 || t->ask->secret.len >= size || memchr(t->ask->secret.data, '\0', t->ask->secret.len) != NULL)
		return ERR_INVALID;
	memcpy(text, t->ask->secret.data, t->ask->secret.len);
	text[t->ask->secret.len] = '\0';
	return 0;
}

void keyctl_say_kcv(struct turn *t, const char *name, const uint8_t kcv[KEY_KCV_SIZE])
{
	keyctl_say(t, "%s %02X%02X%02X\n", name, kcv[0], kcv[1], kcv[2]);
}

/* ---- the audit log ---- */

/* At a door without a name, so many a minute and no more: the log must not be filled from there. */
static bool budget_passes(struct keyctl *k)
{
	const struct mono now = clock_mono();

	if (mono_diff_ms(k->minute, now) >= 60000 || k->minute.ns == 0) {
		k->minute = now;
		k->notes = 0;
	}
	return ++k->notes <= NOTES_A_MINUTE;
}

int keyctl_note(struct turn *t, const char *what, const char *fmt, ...)
{
	char detail[AUDIT_DETAIL_SIZE];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(detail, sizeof(detail), fmt, ap);
	va_end(ap);
	if (!budget_passes(t->k)) {
		snprintf(t->why, sizeof(t->why), "too many acts within a minute; wait");
		return ERR_AGAIN;
	}
	if (audit_add(t->k->box->audit, &(struct audit_record){ .what = what, .who = t->who, .detail = detail }) == 0)
		return 0;
	snprintf(t->why, sizeof(t->why), "the audit log cannot be written, and without it nothing is done; is the disk full?");
	return ERR_IO;
}

/* ---- verbs: 0, or an error with why ---- */

static const char *state_word(enum keyring_state s)
{
	return s == KEYRING_OPEN ? "open" : s == KEYRING_LOCKED ? "locked" : "empty";
}

static const char *act_word(enum custody_what w)
{
	static const char *const words[] = { [CUSTODY_CEREMONY] = "ceremony", [CUSTODY_UNLOCK] = "unlocking", [CUSTODY_RESTORE] = "restoring",
	                                     [CUSTODY_RENEW] = "renewing", [CUSTODY_RESHARE] = "resharing",
	                                     [CUSTODY_APPOINT] = "appointing" };

	return words[w];
}

/* What a bundle of consents is held against. */
static void say_consent_key(struct turn *t)
{
	uint8_t public[TOKEN_PUBLIC_SIZE];
	char pem[CRYPTO_PUBLIC_SIZE], id[CRYPTO_KEY_ID_SIZE];

	if (keyring_public(t->k->ring, "consent", 0, public) == 0 && sign_print_key(public, pem, id) == 0)
		keyctl_say(t, "consent_key %s\n", id);
}

static void say_file(struct turn *t)
{
	keyctl_say(t, "key_file %s\n", keyring_is_unsure(t->k->ring) ? "unsure" : "written");
}

static int do_status(struct turn *t)
{
	const struct keyring *r = t->k->ring;
	const struct keyfile_master *m = keyring_master(r);
	char words[TOKEN_WORDS_SIZE];
	unsigned in, of;

	keyctl_say(t, "state %s\ntoken %s\ngeneration %" PRIu64 "\n", state_word(keyring_state(r)), keyring_token(r), keyring_generation(r));
	say_file(t);
	keyctl_say(t, "token_can %s\n", token_can_words(keyring_can(r), words));
	if (keyring_can(r) != TOKEN_CAN_ALL)
		keyctl_say(t, "token_cannot %s\n", token_can_words(TOKEN_CAN_ALL & ~keyring_can(r), words));
	if (keyring_token_why(r)[0] != '\0')
		keyctl_say(t, "token_refused %s\n", keyring_token_why(r));
	if (keyring_state(r) != KEYRING_EMPTY) {
		keyctl_say(t, "scheme %s\nparts %u\nneeded %u\nunattended %s\n", m->scheme == KEYFILE_COMPONENTS ? "components" : "shares", m->parts,
		    m->needed, m->unattended.len > 0 ? "yes" : "no");
		keyctl_say_kcv(t, "kcv", m->kcv);
	}
	say_consent_key(t);
	keyctl_say_audit(t);
	custody_progress(t->k->custody, &in, &of);
	if (custody_what(t->k->custody) != CUSTODY_NOTHING)
		keyctl_say(t, "%s %u of %u\n", act_word(custody_what(t->k->custody)), in, of);
	keyctl_say(t, "wrong_parts %u\n", custody_wrong(t->k->custody));
	return 0;
}

static int say_key(const struct key *k, void *context)
{
	struct turn *t = context;

	keyctl_say(t, "%s %u %s %s %s %02X%02X%02X %s %" PRId64 " %" PRId64 " %s\n", k->name, k->version, key_rule(k->usage)->word,
	    key_algorithm_word(k->algorithm), key_state_word(k->state), k->kcv[0], k->kcv[1], k->kcv[2], k->exportable ? "exportable" : "fixed",
	    k->active_from.ms, k->active_until.ms, k->kid[0] != '\0' ? k->kid : "-");
	return 0;
}

static int do_list(struct turn *t)
{
	return keyring_each(t->k->ring, say_key, t);
}

static int do_ceremony(struct turn *t)
{
	char scheme[VALUE_SIZE], how[VALUE_SIZE];
	bool components = strcmp(keyctl_arg(t, "scheme", scheme), "components") == 0, shares = strcmp(scheme, "shares") == 0;
	int e;

	keyctl_arg(t, "how", how);
	if ((!components && !shares) || (strcmp(how, "deal") != 0 && strcmp(how, "enter") != 0)) {
		snprintf(t->why, sizeof(t->why), "scheme is components or shares, how is deal or enter");
		return ERR_INVALID;
	}
	e = custody_ceremony(t->k->custody, components ? KEYFILE_COMPONENTS : KEYFILE_SHARES, arg_number(t, "needed"), arg_number(t, "parts"),
	                     strcmp(how, "deal") == 0, clock_mono(), t->why);
	if (e < 0)
		return e;
	e = keyctl_note(t, "ceremony", "%s %u of %u, %s", scheme, arg_number(t, "needed"), arg_number(t, "parts"), how);
	if (e < 0)
		custody_break_off(t->k->custody);
	return e;
}

/* What officers have agreed to begins; custodians of before come first. Answers who will hold the master key, and how many of before are
 * needed. */
static int begin_again(struct turn *t, enum keyring_change change)
{
	const struct keyfile_master *was = keyring_master(t->k->ring);
	const struct keyring_agreed *a;
	const char *scheme;
	int e = custody_again(t->k->custody, change, clock_mono(), t->why);

	if (e < 0)
		return e;
	a = keyring_agreed(t->k->ring, clock_mono());
	if (a == NULL) {
		custody_break_off(t->k->custody);
		snprintf(t->why, sizeof(t->why), "the time for which officers agreed to it is over");
		return ERR_DENIED;
	}
	scheme = a->scheme == KEYFILE_COMPONENTS ? "components" : "shares";
	keyctl_say(t, "scheme %s\nneeded %u\nparts %u\nbefore %u\nunattended %s\n", scheme, a->needed, a->parts, was->needed,
	           was->unattended.len > 0 ? "yes" : "no");
	e = keyctl_note(t, "ceremony", "%s: %s %u of %u", change == KEYRING_RENEW ? "another master key" : "the master key shared anew", scheme, a->needed,
	                a->parts);
	if (e < 0)
		custody_break_off(t->k->custody);
	return e;
}

static int do_renew(struct turn *t)
{
	return begin_again(t, KEYRING_RENEW);
}

static int do_reshare(struct turn *t)
{
	return begin_again(t, KEYRING_RESHARE);
}

/* Custodians of before name officers. */
static int do_appoint(struct turn *t)
{
	int e = custody_appoint(t->k->custody, clock_mono(), t->why);

	if (e == 0)
		e = keyctl_note(t, "ceremony", "officers are named");
	if (e < 0 && custody_what(t->k->custody) == CUSTODY_APPOINT)
		custody_break_off(t->k->custody);
	return e;
}

static int do_deal(struct turn *t)
{
	char text[SHARE_TEXT_SIZE];
	int e = custody_deal(t->k->custody, clock_mono(), text, t->why);

	if (e == 0)
		e = keyctl_note(t, "part_shown", "%s", "");
	if (e == 0) {
		t->out->secret.len = (uint32_t)strlen(text);
		memcpy(t->out->secret.data, text, t->out->secret.len);
	}
	secret_wipe(text, sizeof(text));
	return e;
}

/* Wrong ones are written down each, then every so many. */
static int note_wrong(struct turn *t, unsigned wrong)
{
	char why[KEYFILE_WHY_SIZE];
	int e;

	if (wrong > WRONG_NOTED_EACH && wrong % WRONG_NOTED_EVERY != 0)
		return ERR_CRYPTO;
	memcpy(why, t->why, sizeof(why));
	e = keyctl_note(t, "part_wrong", "%u since the last unlocking: %s", wrong, why);
	if (e == 0)
		memcpy(t->why, why, sizeof(why));
	return e < 0 ? e : ERR_CRYPTO;
}

static int do_part(struct turn *t)
{
	unsigned wrong = custody_wrong(t->k->custody);
	char text[VALUE_SIZE];
	uint8_t kcv[KEY_KCV_SIZE] = { 0 };
	unsigned in, of;
	int e = secret_text(t, text, sizeof(text));

	if (e < 0)
		snprintf(t->why, sizeof(t->why), "a part looks like S3-1A2B-...-KCV-1A2B3C: C or S, its number, 64 digits, its check value");
	else
		e = custody_part(t->k->custody, text, clock_mono(), kcv, t->why);
	secret_wipe(text, sizeof(text));
	if (e < 0)
		return custody_wrong(t->k->custody) > wrong ? note_wrong(t, custody_wrong(t->k->custody)) : e;
	e = keyctl_note(t, "part_taken", "check value %02X%02X%02X", kcv[0], kcv[1], kcv[2]);
	if (e < 0) {
		custody_break_off(t->k->custody);
		return e;
	}
	custody_progress(t->k->custody, &in, &of);
	keyctl_say_kcv(t, "kcv", kcv);
	keyctl_say(t, "in %u\nof %u\nwhole %s\n", in, of, custody_is_whole(t->k->custody) ? "yes" : "no");
	return 0;
}

static int do_commit(struct turn *t)
{
	char unattended[VALUE_SIZE];
	bool wanted = strcmp(keyctl_arg(t, "unattended", unattended), "yes") == 0;
	uint8_t secret[TOKEN_MASTER_SIZE] = { 0 }, kcv[KEY_KCV_SIZE];
	bool appoints = custody_what(t->k->custody) == CUSTODY_APPOINT;
	int e = custody_commit(t->k->custody, wanted ? secret : NULL, clock_wall(), kcv, t->why);

	if (e == 0 && wanted) {
		t->out->secret.len = sizeof(secret);
		memcpy(t->out->secret.data, secret, sizeof(secret));
	}
	secret_wipe(secret, sizeof(secret));
	if (e < 0)
		return e;
	if (appoints)
		dual_withdraw_all(t->k->box->dual);
	keyctl_say_kcv(t, "kcv", kcv);
	say_file(t);
	/* The keys' own record stands before; this one is the first under the new key. */
	e = keyctl_note(t, "ceremony_ended", "check value %02X%02X%02X%s", kcv[0], kcv[1], kcv[2], wanted ? ", unattended starts" : "");
	return e < 0 ? e : do_list(t);
}

static int do_break_off(struct turn *t)
{
	custody_break_off(t->k->custody);
	return keyctl_note(t, "broken_off", "%s", "");
}

/* Locking takes away and gives nothing: it is done whether or not it can be written down. */
static int do_lock(struct turn *t)
{
	int e = keyctl_note(t, "locked", "%s", "");

	keyring_lock(t->k->ring);
	custody_break_off(t->k->custody);
	if (e < 0)
		snprintf(t->why, sizeof(t->why), "the keys are locked; the audit log could not be written");
	return e;
}

static const struct verb { const char *word; int (*run)(struct turn *t); } verbs[] = {
	{ "status", do_status }, { "list", do_list }, { "ceremony", do_ceremony }, { "deal", do_deal }, { "part", do_part },
	{ "renew", do_renew }, { "reshare", do_reshare }, { "appoint", do_appoint }, { "commit", do_commit }, { "break_off", do_break_off }, { "lock", do_lock }, { "backup", keyctl_backup },
	{ "backup_load", keyctl_backup_load }, { "restore", keyctl_restore },
	{ "officer", keyctl_do_officer }, { "officers", keyctl_do_officers }, { "propose", keyctl_do_propose },
	{ "proposals", keyctl_do_proposals }, { "confirm", keyctl_do_confirm }, { "withdraw", keyctl_do_withdraw },
	{ "audit_verify", keyctl_do_audit_verify }, { "audit_export", keyctl_do_audit_export }, { "audit_read", keyctl_do_audit_read },
};

void keyctl_answer(struct keyctl *k, const struct keyctl_ask *ask, struct keyctl_answer *out)
{
	struct turn t = { .k = k, .ask = ask, .out = out };
	int e = ERR_NOT_FOUND;

	memset(out, 0, offsetof(struct keyctl_answer, text));
	out->text.len = out->secret.len = 0;
	out->req = ask->req;
	snprintf(t.why, sizeof(t.why), "no such verb");
	for (size_t i = 0; i < ARRAY_LEN(verbs); i++)
		if (strcmp(verbs[i].word, ask->verb) == 0) {
			e = verbs[i].run(&t);
			log_info("keys", "verb=%s result=%s", verbs[i].word, e < 0 ? err_name(e) : "ok");
		}
	if (e == 0)
		return;
	out->status = 1;
	out->secret.len = out->text.len = 0;
	keyctl_say(&t, "%s", t.why);
}

void keyctl_gone(struct keyctl *k)
{
	keyctl_backup_forget(k);
	if (custody_what(k->custody) != CUSTODY_UNLOCK)
		custody_break_off(k->custody);
}
