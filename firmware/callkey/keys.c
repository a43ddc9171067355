#include "callkey/keys.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>

#include "callkey/keys_job.h"
#include "callkey/table.h"
#include "callkey/terminal.h"
#include "json/json.h"

enum { EXIT_REFUSED = 1, EXIT_NOBODY = 3, EXIT_LEFT = 130, IDLE_S = 600, PATH_SIZE = 512, DATE_SIZE = 16, FIELDS = 10, LINE_SIZE = 512 };

/* ---- questions ---- */

enum keys_end keys_refuse(struct keys_job *j, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(j->why, sizeof(j->why), fmt, ap);
	va_end(ap);
	return KEYS_REFUSED;
}

enum keys_end keys_ask(struct keys_job *j, const char *verb, const char *args, const char *secret)
{
	j->error = keys_door_ask(j->door, verb, args, secret, &j->a);
	if (j->error < 0)
		return KEYS_DOOR;
	return j->a.status == 0 ? KEYS_DONE : keys_refuse(j, "%s", j->a.text);
}

const char *keys_word(const struct keys_job *j, const char *name, char value[KEYS_VALUE_SIZE])
{
	return keys_door_value(j->a.text, name, value, KEYS_VALUE_SIZE);
}

unsigned keys_number(const struct keys_job *j, const char *name)
{
	char value[KEYS_VALUE_SIZE];

	return (unsigned)strtoul(keys_word(j, name, value), NULL, 10);
}

enum keys_end keys_status(struct keys_job *j, char state[KEYS_VALUE_SIZE])
{
	enum keys_end end = keys_ask(j, "status", "", NULL);

	if (end == KEYS_DONE)
		keys_word(j, "state", state);
	return end;
}

/* ---- status, list ---- */

static int print_json(json_t *o)
{
	int e = o == NULL || json_dumpf(o, stdout, JSON_COMPACT) != 0 || fputc('\n', stdout) == EOF ? ERR_NOMEM : 0;

	json_decref(o);
	return e;
}

/* "NAME VALUE" lines as one object. */
static json_t *object_of(const char *text)
{
	json_t *o = json_object();
	char line[LINE_SIZE];

	for (; *text != '\0'; text += strcspn(text, "\n"), text += *text == '\n') {
		char *value;

		snprintf(line, sizeof(line), "%.*s", (int)strcspn(text, "\n"), text);
		value = strchr(line, ' ');
		if (value == NULL)
			continue;
		*value++ = '\0';
		json_object_set_new(o, line, json_string(value));
	}
	return o;
}

static void line(const char *name, const char *text)
{
	printf("%-15s %s\n", name, text);
}

static void line_if(const struct keys_job *j, const char *word, const char *name)
{
	char value[KEYS_VALUE_SIZE];

	if (keys_word(j, word, value)[0] != '\0')
		line(name, value);
}

static void print_holders(const struct keys_job *j)
{
	char value[KEYS_VALUE_SIZE], text[LINE_SIZE];
	bool shares = strcmp(keys_word(j, "scheme", value), "shares") == 0;

	if (shares)
		snprintf(text, sizeof(text), "any %u of %u shares", keys_number(j, "needed"), keys_number(j, "parts"));
	else
		snprintf(text, sizeof(text), "%u components, all of them", keys_number(j, "parts"));
	line("opened by", text);
	line("at a start", strcmp(keys_word(j, "unattended", value), "yes") == 0 ? "custodians, or the unattended secret (keystored.unlock_file)"
	                                                                        : "custodians");
	line("check value", keys_word(j, "kcv", value));
}

static const char *state_words(const char *state)
{
	if (strcmp(state, "open") == 0)
		return "open: cards are taken";
	if (strcmp(state, "locked") == 0)
		return "locked: no card is taken before custodians come (callkey keys unlock)";
	return "none: no card is taken before the key ceremony (callkey keys ceremony)";
}

/* Lines "gateway.NAME KID, version N", or why it has no key. */
static void print_gateways(const struct keys_job *j)
{
	for (const char *at = j->a.text; *at != '\0'; at += strcspn(at, "\n"), at += *at == '\n') {
		int name_len = (int)strcspn(at, " \n") - 8, len = (int)strcspn(at, "\n");

		if (strncmp(at, "gateway.", 8) == 0 && name_len > 0 && name_len + 9 < len)
			printf("%-15s %.*s, key %.*s\n", "gateway", name_len, at + 8, len - name_len - 9, at + 9 + name_len);
	}
}

static enum keys_end status(struct keys_job *j, bool json)
{
	char state[KEYS_VALUE_SIZE], value[KEYS_VALUE_SIZE];
	enum keys_end end = keys_status(j, state);

	if (end != KEYS_DONE)
		return end;
	if (json)
		return print_json(object_of(j->a.text)) < 0 ? keys_refuse(j, "out of memory") : KEYS_DONE;
	line("keys", state_words(state));
	line("token", keys_word(j, "token", value));
	line_if(j, "token_cannot", "token cannot");
	line_if(j, "token_refused", "token refused");
	line("generation", keys_word(j, "generation", value));
	if (strcmp(keys_word(j, "key_file", value), "unsure") == 0)
		line("key file", "not on the disk for certain: keep the papers and backups of before its last change too; is the disk failing?");
	if (strcmp(state, "empty") != 0)
		print_holders(j);
	if (keys_word(j, "ceremony", value)[0] != '\0')
		printf("%-15s key ceremony, %s parts in\n", "under way", value);
	if (keys_word(j, "renewing", value)[0] != '\0' || keys_word(j, "resharing", value)[0] != '\0')
		printf("%-15s another master key or other custodians, %s parts in\n", "under way", value);
	if (keys_word(j, "appointing", value)[0] != '\0')
		printf("%-15s naming of officers, %s parts in\n", "under way", value);
	if (keys_word(j, "restoring", value)[0] != '\0')
		printf("%-15s restoring of a backup, %s parts in\n", "under way", value);
	if (keys_word(j, "unlocking", value)[0] != '\0')
		printf("%-15s unlocking, %s parts in\n", "under way", value);
	line_if(j, "consent_key", "consent key");
	line_if(j, "audit_key", "audit key");
	if (strcmp(keys_word(j, "audit", value), "failing") == 0)
		line("audit log", "cannot be written, and without it nothing is done; is the disk full?");
	line_if(j, "officers", "officers");
	print_gateways(j);
	if (keys_number(j, "expiring") > 0)
		printf("%-15s %u within 30 days, or ended; first %s\n", "expiring", keys_number(j, "expiring"), keys_word(j, "expiring_first", value));
	line("wrong parts", keys_word(j, "wrong_parts", value));
	return KEYS_DONE;
}

/* A day, UTC; "-" for none. */
static const char *day(const char *ms, char text[DATE_SIZE])
{
	time_t s = (time_t)(strtoll(ms, NULL, 10) / 1000);
	struct tm tm;

	if (s == 0 || gmtime_r(&s, &tm) == NULL || strftime(text, DATE_SIZE, "%Y-%m-%d", &tm) == 0)
		return "-";
	return text;
}

/* name, version, usage, algorithm, state, check value, exportable, from, until, kid. */
static bool cut(char *text, char *field[FIELDS])
{
	char *rest = text;

	for (size_t i = 0; i < FIELDS; i++) {
		field[i] = strsep(&rest, " ");
		if (field[i] == NULL)
			return false;
	}
	return rest == NULL;
}

static int add_row(struct table *t, char *field[FIELDS])
{
	char from[DATE_SIZE], until[DATE_SIZE];
	const char *const cells[] = { field[0], field[1], field[2], field[3], field[4], field[5], day(field[7], from), day(field[8], until), field[9] };
	int e = 0;

	for (size_t i = 0; e == 0 && i < ARRAY_LEN(cells); i++)
		e = table_cell(t, cells[i]);
	return e;
}

static json_t *key_object(char *field[FIELDS])
{
	return json_pack("{s:s, s:I, s:s, s:s, s:s, s:s, s:b, s:I, s:I, s:s*}", "name", field[0], "version", (json_int_t)strtoll(field[1], NULL, 10),
	                 "usage", field[2], "algorithm", field[3], "state", field[4], "kcv", field[5], "exportable",
	                 strcmp(field[6], "exportable") == 0, "active_from_ms", (json_int_t)strtoll(field[7], NULL, 10), "active_until_ms",
	                 (json_int_t)strtoll(field[8], NULL, 10), "kid", strcmp(field[9], "-") != 0 ? field[9] : NULL);
}

/* Each line that is a key goes to the table or the list; the others are of other things. */
static int each_key(const char *text, struct table *t, json_t *list)
{
	char row[LINE_SIZE], *field[FIELDS];
	int e = 0;

	for (; e == 0 && *text != '\0'; text += strcspn(text, "\n"), text += *text == '\n') {
		snprintf(row, sizeof(row), "%.*s", (int)strcspn(text, "\n"), text);
		if (!cut(row, field))
			continue;
		e = t != NULL ? add_row(t, field) : json_array_append_new(list, key_object(field)) == 0 ? 0 : ERR_NOMEM;
	}
	return e;
}

enum keys_end keys_print(struct keys_job *j)
{
	static const char *const heads[] = { "KEY", ">VERSION", "USAGE", "ALGORITHM", "STATE", "KCV", "FROM", "UNTIL", "KID" };
	struct table *t = NULL;
	char *text = NULL;
	int e = table_new(heads, ARRAY_LEN(heads), &t);

	if (e == 0)
		e = each_key(j->a.text, t, NULL);
	if (e == 0)
		e = table_text(t, &text);
	if (e == 0)
		fputs(text, stdout);
	free(text);
	table_free(&t);
	return e < 0 ? keys_refuse(j, "the keys cannot be shown: %s", err_name(e)) : KEYS_DONE;
}

static enum keys_end list(struct keys_job *j, bool json)
{
	enum keys_end end = keys_ask(j, "list", "", NULL);
	json_t *all;
	int e;

	if (end != KEYS_DONE || !json)
		return end == KEYS_DONE ? keys_print(j) : end;
	all = json_array();
	e = all == NULL ? ERR_NOMEM : each_key(j->a.text, NULL, all);
	if (e < 0)
		json_decref(all);
	return e < 0 || print_json(all) < 0 ? keys_refuse(j, "out of memory") : KEYS_DONE;
}

/* ---- lock, unlock ---- */

static enum keys_end lock(struct keys_job *j)
{
	char state[KEYS_VALUE_SIZE];
	enum keys_end end = keys_status(j, state);

	if (end == KEYS_DONE && strcmp(state, "open") != 0) {
		line("keys", state_words(state));
		return KEYS_DONE;
	}
	if (end == KEYS_DONE)
		end = keys_ask(j, "lock", "", NULL);
	if (end == KEYS_DONE)
		line("keys", state_words("locked"));
	return end;
}

static enum keys_end say_what_is_missing(struct keys_job *j, enum keys_end end)
{
	char state[KEYS_VALUE_SIZE], so_far[KEYS_VALUE_SIZE];

	if (keys_status(j, state) == KEYS_DONE && keys_word(j, "unlocking", so_far)[0] != '\0')
		printf("%s parts are in. keystored keeps them for ten minutes after the last; callkey keys unlock goes on.\n", so_far);
	return end;
}

enum keys_end keys_unlock(struct keys_job *j)
{
	char state[KEYS_VALUE_SIZE], why[KEYS_WHY_SIZE];
	enum keys_end end = keys_status(j, state);

	if (end != KEYS_DONE)
		return end;
	if (strcmp(state, "empty") == 0)
		return keys_refuse(j, "there are no keys yet: hold the key ceremony first (callkey keys ceremony)");
	if (strcmp(state, "locked") == 0)
		end = keys_gather(j, "Unlocking the keys", j->w->one);
	if (end == KEYS_DONE && strcmp(state, "locked") == 0 && !keys_are_whole(j))
		return say_what_is_missing(j, end);
	memcpy(why, j->why, sizeof(why));
	if (end != KEYS_DONE && end != KEYS_DOOR)
		say_what_is_missing(j, end);
	memcpy(j->why, why, sizeof(why));
	if (end == KEYS_DONE)
		line("keys", state_words("open"));
	return end;
}

/* ---- the command ---- */

static int say_door(int e, const char *path)
{
	switch (e) {
	case ERR_AGAIN:
		fprintf(stderr, "callkey: keystored does not answer at %s\nIs it running? systemctl status callkey-keystored; its log says why it "
		        "does not start. Another configuration: --config FILE.\n", path);
		return EXIT_NOBODY;
	case ERR_DENIED:
		fprintf(stderr, "callkey: %s belongs to another user: run callkey as a user that keystored admits (peer_uids)\n", path);
		return EXIT_REFUSED;
	case ERR_CLOSED:
		fputs("callkey: keystored closed the connection: somebody else is at the keys (it lets in one at a time), it is restarting, or it "
		      "does not admit this user (peer_uids.callkey)\n", stderr);
		return EXIT_NOBODY;
	case ERR_TIMEOUT:
		fputs("callkey: keystored did not answer in time; see its log\n", stderr);
		return EXIT_NOBODY;
	case ERR_INVALID:
		fputs("callkey: keystored speaks another version of the protocol: use the callkey of the same release\n", stderr);
		return EXIT_REFUSED;
	case ERR_NOMEM:
		fputs("callkey: no memory can be locked, and a part of the key goes into no other: raise the limit (ulimit -l 1024)\n", stderr);
		return EXIT_REFUSED;
	default:
		fprintf(stderr, "callkey: %s\n", err_name(e));
		return EXIT_REFUSED;
	}
}

static enum keys_end show_status(struct keys_job *j) { return status(j, false); }
static enum keys_end show_list(struct keys_job *j) { return list(j, false); }
static enum keys_end json_status(struct keys_job *j) { return status(j, true); }
static enum keys_end json_list(struct keys_job *j) { return list(j, true); }

/* asks: a person sits before it. */
static const struct command { const char *verb; enum keys_end (*run)(struct keys_job *j), (*json)(struct keys_job *j); bool asks; } commands[] = {
	{ "keys_status", show_status, json_status, false }, { "keys_list", show_list, json_list, false }, { "keys_lock", lock, NULL, false },
	{ "keys_ceremony", keys_ceremony, NULL, true }, { "keys_unlock", keys_unlock, NULL, true }, { "keys_backup", keys_backup, NULL, false },
	{ "keys_restore", keys_restore, NULL, true }, { "keys_renew", keys_renew, NULL, true }, { "keys_reshare", keys_reshare, NULL, true }, { "keys_appoint", keys_appoint, NULL, true }, { "keys_officers", keys_officers, NULL, false },
	{ "keys_propose", keys_propose, NULL, true }, { "keys_proposals", keys_proposals, NULL, false }, { "keys_confirm", keys_confirm, NULL, true },
	{ "keys_withdraw", keys_withdraw, NULL, true }, { "audit_verify", keys_audit_verify, NULL, false },
	{ "audit_export", keys_audit_export, NULL, false },
};

static enum keys_end run(struct keys_job *j, const struct words *w)
{
	enum keys_end end = keys_refuse(j, "%s: no such command", w->verb);

	for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
		const struct command *c = &commands[i];

		if (strcmp(c->verb, w->verb) != 0)
			continue;
		if (c->asks)
			terminal_open(IDLE_S);
		end = w->json && c->json != NULL ? c->json(j) : c->run(j);
		terminal_close();
	}
	return end;
}

static int told(const struct keys_job *j, enum keys_end end, const char *path)
{
	switch (end) {
	case KEYS_DONE: return fflush(stdout) == 0 ? 0 : EXIT_REFUSED;
	case KEYS_REFUSED: fprintf(stderr, "callkey: %s\n", j->why); return EXIT_REFUSED;
	case KEYS_LEFT:
		fputs(terminal_was_idle() ? "callkey: broken off: nobody typed for ten minutes\n" : "callkey: broken off\n", stderr);
		return EXIT_LEFT;
	default: return say_door(j->error, path);
	}
}

int keys_run(const struct words *w, const struct conf_tree *conf)
{
	static struct keys_job j;
	const struct rlimit no_core = { 0, 0 };
	char path[PATH_SIZE];
	enum keys_end end = KEYS_DOOR;

	/* A part is in this memory for a while. */
	if (setrlimit(RLIMIT_CORE, &no_core) != 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
		fputs("callkey: core dumps cannot be ruled out\n", stderr);
	snprintf(path, sizeof(path), "%s/keyctl.sock", conf_get_string(conf, "run_dir"));
	j.w = &w->keys;
	j.conf = conf;
	/* An export is verified away from the appliance, too. */
	if (strcmp(w->verb, "audit_verify") != 0 || w->keys.live)
		j.error = keys_door_open(path, conf_get_int(conf, "peer_uids.keystored"), &j.door);
	if (j.error == 0)
		end = run(&j, w);
	keys_door_close(&j.door);
	return told(&j, end, path);
}
