#include "callkey/module_conf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char head[] = "# The modules of the cards in trunkd.spans of callkey.cfg, by callkey trunks configure; read when a module is loaded.\n";

enum { OPTION_BYTES_MAX = 4096, WORDS_MAX = 64 };

/* wct4xxp asks its jumpers unless it is told; the two after it take a port for a T1 unless they are told. */
static const struct module { const char *name; bool analog; } modules[] = {
	{ "wct4xxp", false }, { "wcte12xp", false }, { "wcte13xp", false }, { "wcte43x", false },
	{ "wctdm24xxp", true }, { "wctdm", true }, { "wcaxx", true }, { "opvxa1200", true },
};
static const char *const parameters[] = { "default_linemode=", "opermode=" };      /* by analog */

const char *module_conf_mode(const char *opermode, const char *tone_plan)
{
	static const char *const modes[][2] = { { "kr", "SOUTHKOREA" }, { "us", "FCC" }, { "jp", "JAPAN" }, { "eu", "TBR21" } };

	for (size_t i = 0; opermode[0] == '\0' && i < ARRAY_LEN(modes); i++)
		if (strcmp(modes[i][0], tone_plan) == 0)
			return modes[i][1];
	return opermode;
}

bool module_conf_is_mode(const char *opermode)
{
	size_t len = strspn(opermode, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");

	return len > 0 && len < MODULE_CONF_MODE_SIZE && opermode[len] == '\0';
}

static int differs(char why[SYSTEM_CONF_WHY_SIZE], const char *name, const char *what, const char *wants, const char *has)
{
	snprintf(why, SYSTEM_CONF_WHY_SIZE, "span \"%s\": %s %s, and %s of another span: a module has one for all its ports; set those of one "
	         "of them by hand and give --file alone", name, what, wants, has);
	return ERR_INVALID;
}

int module_conf_add(struct module_conf *m, const struct system_conf_span *span, const char *opermode, char why[SYSTEM_CONF_WHY_SIZE])
{
	const char *line = span->line == SYSTEM_CONF_T1 ? "t1" : "e1";

	if (span->line == SYSTEM_CONF_ANALOG) {
		if (m->opermode[0] != '\0' && strcmp(m->opermode, opermode) != 0)
			return differs(why, span->name, "opermode", opermode, m->opermode);
		snprintf(m->opermode, sizeof(m->opermode), "%s", opermode);
		return 0;
	}
	if (m->linemode[0] != '\0' && strcmp(m->linemode, line) != 0)
		snprintf(m->linemode, sizeof(m->linemode), "-");
	else
		snprintf(m->linemode, sizeof(m->linemode), "%s", line);
	return 0;
}

/* ---- the file as it is ---- */

/* The module of an options line: its place in modules, or -1. rest: what follows the name. */
static int module_of(const char *line, size_t len, const char **rest)
{
	const char *end = line + len, *at = line + strspn(line, " \t");

	if (at + 8 > end || strncmp(at, "options", 7) != 0 || strchr(" \t", at[7]) == NULL)
		return -1;
	at += 7;
	at += strspn(at, " \t");
	for (size_t i = 0; i < ARRAY_LEN(modules); i++) {
		size_t n = strlen(modules[i].name);

		if (at + n <= end && strncmp(at, modules[i].name, n) == 0 && (at + n == end || strchr(" \t", at[n]) != NULL)) {
			*rest = at + n;
			return (int)i;
		}
	}
	return -1;
}

/* Writes the words of an options line but for the parameter that is ours. */
static void keep_words(FILE *f, const char *at, const char *end, const char *parameter)
{
	while (at < end) {
		size_t len;

		at += strspn(at, " \t");
		len = strcspn(at, " \t\n");
		if (at < end && len > 0 && strncmp(at, parameter, strlen(parameter)) != 0)
			fprintf(f, " %.*s", (int)len, at);
		at += len > 0 ? len : 1;
	}
}

static void each_line(FILE *f, const char *present, int module, const char *parameter)
{
	for (const char *line = present; *line != '\0'; ) {
		size_t len = strcspn(line, "\n");
		const char *rest = NULL;
		int of = module_of(line, len, &rest);

		if (module >= 0 && of == module)
			keep_words(f, rest, line + len, parameter);
		else if (module < 0 && of < 0 && strncmp(line, head, sizeof(head) - 1) != 0)
			fprintf(f, "%.*s\n", (int)len, line);
		line += len + (line[len] == '\n');
	}
}

static int other_words(const char *present, int module, const char *parameter, char **words)
{
	size_t len;
	FILE *f = open_memstream(words, &len);

	if (f == NULL)
		return ERR_NOMEM;
	each_line(f, present, module, parameter);
	return fclose(f) == 0 ? 0 : ERR_NOMEM;
}

/* ---- the file as it should be ---- */

static int print_module(FILE *f, const struct module_conf *m, const char *present, size_t i)
{
	const char *parameter = parameters[modules[i].analog], *value = modules[i].analog ? m->opermode : m->linemode;
	bool set = value[0] != '\0' && value[0] != '-';
	char *words = NULL;
	int e = other_words(present, (int)i, parameter, &words);

	if (e == 0 && (set || words[0] != '\0'))
		fprintf(f, "options %s%s%s%s%s\n", modules[i].name, set ? " " : "", set ? parameter : "", set ? value : "", words);
	free(words);
	return e;
}

int module_conf_text(const struct module_conf *m, const char *present, char **text)
{
	char *made = NULL;
	size_t len;
	FILE *f = open_memstream(&made, &len);
	int e = 0;

	if (f == NULL)
		return ERR_NOMEM;
	fputs(head, f);
	each_line(f, present, -1, "");
	for (size_t i = 0; e == 0 && i < ARRAY_LEN(modules); i++)
		e = print_module(f, m, present, i);
	if (fclose(f) != 0 && e == 0)
		e = ERR_NOMEM;
	if (e < 0)
		free(made);
	else
		*text = made;
	return e;
}
