/* keys_officers.c: officers at the terminal: who they are, what they propose and confirm. A password is typed, and not shown;
 * what goes with an act comes from a file, or, for a component or a new officer's password, is typed too. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "callkey/keys_job.h"
#include "callkey/terminal.h"
#include "lib/secret.h"

enum { SECRET_SIZE = 1024, ARGS_SIZE = 1000 };

struct secret_text { char text[SECRET_SIZE]; size_t len; };

/* A line that is typed, after what is there; a second time where a mistake would not be seen. */
static enum keys_end add_typed(struct keys_job *j, struct secret_text *s, const char *question, bool twice)
{
	char line[TERMINAL_LINE_SIZE], again[TERMINAL_LINE_SIZE];
	int e = terminal_ask(question, true, line);
	enum keys_end end = e == ERR_TOO_LONG ? keys_refuse(j, "this is too long") : e < 0 ? KEYS_LEFT : KEYS_DONE;

	if (end == KEYS_DONE && twice && terminal_types()) {
		if (terminal_ask("again: ", true, again) < 0)
			end = KEYS_LEFT;
		else if (strcmp(line, again) != 0)
			end = keys_refuse(j, "the two differ");
		secret_wipe(again, sizeof(again));
	}
	if (end == KEYS_DONE && strlen(line) + s->len + 2 > sizeof(s->text))
		end = keys_refuse(j, "this is too long");
	if (end == KEYS_DONE)
		s->len += (size_t)snprintf(s->text + s->len, sizeof(s->text) - s->len, "%s%s", s->len > 0 ? "\n" : "", line);
	secret_wipe(line, sizeof(line));
	return end;
}

static enum keys_end add_file(struct keys_job *j, struct secret_text *s, const char *path)
{
	FILE *f = fopen(path, "re");
	size_t room = sizeof(s->text) - s->len - 2, n;

	if (f == NULL)
		return keys_refuse(j, "%s: %s", path, strerror(errno));
	s->text[s->len++] = '\n';
	n = fread(s->text + s->len, 1, room, f);
	s->text[s->len + n] = '\0';
	s->len += n;
	n = (size_t)(fgetc(f) != EOF) + (ferror(f) != 0) + (strlen(s->text) != s->len);
	fclose(f);
	return n == 0 ? KEYS_DONE : keys_refuse(j, "%s: is no text of at most %zu octets", path, room);
}

static enum keys_end password(struct keys_job *j, struct secret_text *s, const char *whose)
{
	char question[KEYS_NAME_SIZE];

	snprintf(question, sizeof(question), "password of %.60s: ", whose);
	return add_typed(j, s, question, false);
}

static enum keys_end ask_with(struct keys_job *j, enum keys_end end, const char *verb, const char *args, struct secret_text *s)
{
	if (end == KEYS_DONE)
		end = keys_ask(j, verb, args, s->text);
	secret_wipe(s, sizeof(*s));
	return end;
}

/* ---- custodians name officers ---- */

static enum keys_end name_one(struct keys_job *j, char name[TERMINAL_LINE_SIZE])
{
	struct secret_text s = { .len = 0 };
	char args[ARGS_SIZE];
	enum keys_end end = terminal_ask("The officer's name: ", false, name) < 0 ? KEYS_LEFT : KEYS_DONE;

	if (end == KEYS_DONE)
		end = add_typed(j, &s, "the officer types a password (12 characters or more): ", true);
	snprintf(args, sizeof(args), "name=%.200s\n", name);
	return ask_with(j, end, "officer", args, &s);
}

/* At a terminal again until it is taken. */
static enum keys_end name_until_taken(struct keys_job *j, char name[TERMINAL_LINE_SIZE])
{
	enum keys_end end = name_one(j, name);

	while (end == KEYS_REFUSED && terminal_types()) {
		terminal_say("Not taken: %s.\nTry again; Ctrl-C ends it.\n", j->why);
		end = name_one(j, name);
	}
	return end;
}

enum keys_end keys_name_officers(struct keys_job *j, const char *last, char names[2][KEYS_NAME_SIZE])
{
	char name[TERMINAL_LINE_SIZE], question[KEYS_WHY_SIZE];
	enum keys_end end = KEYS_DONE;

	names[0][0] = names[1][0] = '\0';
	snprintf(question, sizeof(question), "Press Enter to clear the screen and %s. ", last);
	for (int i = 0; end == KEYS_DONE && i < 2; i++) {
		terminal_clear();
		if (terminal_types())
			terminal_say("Custodians name officer %d of 2, who comes to the terminal. Officers propose what is done with keys, each for the other to "
			             "confirm.\n\n", i + 1);
		end = name_until_taken(j, name);
		if (end != KEYS_DONE)
			return i == 0 && end == KEYS_LEFT && !terminal_types() ? KEYS_DONE : end;
		snprintf(names[i], KEYS_NAME_SIZE, "%.100s", name);
		terminal_say("\nOfficer %d of 2: %s\n", i + 1, names[i]);
		if (terminal_wait(i == 0 ? "Press Enter to clear the screen; then the next officer comes. " : question) < 0)
			end = KEYS_LEFT;
	}
	terminal_leave();
	return end;
}

enum keys_end keys_appoint(struct keys_job *j)
{
	char names[2][KEYS_NAME_SIZE];
	enum keys_end end = keys_ask(j, "appoint", "", NULL);

	if (end == KEYS_DONE)
		end = keys_gather(j, "Custodians name the officers", false);
	if (end == KEYS_DONE)
		end = keys_name_officers(j, "to put them in the place of all officers there are", names);
	if (end == KEYS_DONE)
		end = keys_ask(j, "commit", "", NULL);
	if (end == KEYS_DONE)
		printf("Officers now: %s and %s, and nobody else. What others had proposed is withdrawn.\n", names[0], names[1]);
	return end;
}

enum keys_end keys_officers(struct keys_job *j)
{
	enum keys_end end = keys_ask(j, "officers", "", NULL);

	if (end == KEYS_DONE)
		fputs(j->a.text[0] != '\0' ? j->a.text : "there are none yet: custodians name the first two (callkey keys appoint)\n", stdout);
	return end;
}

/* ---- proposing ---- */

/* ERR_TOO_LONG. */
static int add_arg(char args[ARGS_SIZE], const char *name, const char *value)
{
	size_t len = strlen(args);

	if (value == NULL)
		return 0;
	return snprintf(args + len, ARGS_SIZE - len, "%s=%s\n", name, value) < (int)(ARGS_SIZE - len) ? 0 : ERR_TOO_LONG;
}

static bool is_gateway_import(const struct keys_job *j)
{
	return strcmp(j->w->act, "import-gateway") == 0;
}

/* The key is for a gateway of the configuration, and of the usage that its protocol wants: a slip is found here, not in a call. */
static enum keys_end gateway_usage(struct keys_job *j, const char **usage)
{
	const struct conf_node *list = conf_find(conf_root(j->conf), "uplinkd.pg");
	const char *name = j->w->name != NULL ? j->w->name : "", *wanted = NULL, *kind = "";

	for (size_t i = 0; i < conf_count(list); i++)
		if (strcmp(conf_member_string(conf_at(list, i), "uplinkd.pg", "name"), name) == 0) {
			kind = conf_member_string(conf_at(list, i), "uplinkd.pg", "kind");
			wanted = strcmp(kind, "nicepay") == 0 ? "gateway-encdata" : "gateway-public";
		}
	if (wanted == NULL)
		return keys_refuse(j, "--name %s: must be a gateway of uplinkd.pg in the configuration", name);
	if (*usage != NULL && strcmp(*usage, wanted) != 0)
		return keys_refuse(j, "--usage %s: gateway %s is of kind %s, its key of usage %s", *usage, name, kind, wanted);
	*usage = wanted;
	return KEYS_DONE;
}

static enum keys_end make_args(struct keys_job *j, char args[ARGS_SIZE])
{
	const struct words_keys *w = j->w;
	const char *usage = w->usage;
	const struct { const char *name, *const *value; } rows[] = {
		{ "officer", &w->officer }, { "act", &w->act }, { "name", &w->name }, { "kid", &w->kid }, { "version", &w->version }, { "usage", &usage },
		{ "cipher", &w->cipher }, { "state", &w->state }, { "transport", &w->transport }, { "from", &w->from }, { "until", &w->until },
	};
	enum keys_end end = is_gateway_import(j) ? gateway_usage(j, &usage) : KEYS_DONE;

	args[0] = '\0';
	if (w->parts > 0)
		snprintf(args, ARGS_SIZE, "scheme=%s\nneeded=%u\nparts=%u\n", w->shares ? "shares" : "components", w->needed, w->parts);
	for (size_t i = 0; end == KEYS_DONE && i < ARRAY_LEN(rows); i++)
		if (add_arg(args, rows[i].name, *rows[i].value) < 0)
			end = keys_refuse(j, "the words are too long");
	return end;
}

/* What goes with the act: a file's text, or typed where it is a secret of this officer. */
static enum keys_end add_payload(struct keys_job *j, struct secret_text *s)
{
	if (j->w->with != NULL)
		return add_file(j, s, j->w->with);
	if (strcmp(j->w->act, "add-officer") == 0)
		return add_typed(j, s, "the new officer types a password (12 characters or more): ", true);
	if (is_gateway_import(j))
		return add_typed(j, s, "the gateway's SecretKey (a public key comes --with FILE): ", true);
	if (strcmp(j->w->act, "import-transport") == 0)
		return add_typed(j, s, "component, 64 hex digits: ", true);
	return KEYS_DONE;
}

enum keys_end keys_propose(struct keys_job *j)
{
	struct secret_text s = { .len = 0 };
	char args[ARGS_SIZE], id[KEYS_VALUE_SIZE];
	enum keys_end end = make_args(j, args);

	if (end == KEYS_DONE)
		end = password(j, &s, j->w->officer);
	if (end == KEYS_DONE)
		end = add_payload(j, &s);
	end = ask_with(j, end, "propose", args, &s);
	if (end == KEYS_DONE)
		printf("Proposal %s waits: another officer confirms it with callkey keys confirm %s --officer NAME.\n", keys_word(j, "proposal", id), id);
	return end;
}

enum keys_end keys_proposals(struct keys_job *j)
{
	enum keys_end end = keys_ask(j, "proposals", "", NULL);
	char by[KEYS_NAME_SIZE];
	unsigned id;
	long long left;
	int at = 0;

	if (end != KEYS_DONE)
		return end;
	if (j->a.text[0] == '\0')
		puts("nothing waits to be confirmed");
	for (const char *line = j->a.text; *line != '\0'; line += strcspn(line, "\n"), line += *line == '\n')
		if (sscanf(line, "%u %127s %lld %n", &id, by, &left, &at) == 3)
			printf("%u  by %s, %lld min left: %.*s\n", id, by, (left + 59) / 60, (int)strcspn(line + at, "\n"), line + at);
	return KEYS_DONE;
}

/* The act of a proposal that waits, for what must be typed with it. */
static bool is_transport(struct keys_job *j)
{
	char head[KEYS_VALUE_SIZE];
	const char *line;

	snprintf(head, sizeof(head), "%.20s ", j->w->id);
	if (keys_ask(j, "proposals", "", NULL) != KEYS_DONE)
		return false;
	for (line = j->a.text; *line != '\0'; line += strcspn(line, "\n"), line += *line == '\n')
		if (strncmp(line, head, strlen(head)) == 0) {
			const char *act = strstr(line, " import-transport ");

			return act != NULL && act < line + strcspn(line, "\n");
		}
	return false;
}

static enum keys_end answer(struct keys_job *j, const char *verb, bool component)
{
	struct secret_text s = { .len = 0 };
	char args[ARGS_SIZE] = "";
	enum keys_end end = add_arg(args, "officer", j->w->officer) < 0 || add_arg(args, "id", j->w->id) < 0 ? keys_refuse(j, "the words are too long")
	                                                                                                        : password(j, &s, j->w->officer);

	if (end == KEYS_DONE && component)
		end = j->w->with != NULL ? add_file(j, &s, j->w->with) : add_typed(j, &s, "component, 64 hex digits: ", true);
	return ask_with(j, end, verb, args, &s);
}

enum keys_end keys_confirm(struct keys_job *j)
{
	enum keys_end end = answer(j, "confirm", is_transport(j));

	if (end == KEYS_DONE)
		fputs(j->a.text[0] != '\0' ? j->a.text : "done\n", stdout);
	return end;
}

enum keys_end keys_withdraw(struct keys_job *j)
{
	enum keys_end end = answer(j, "withdraw", false);

	if (end == KEYS_DONE)
		puts("withdrawn");
	return end;
}
