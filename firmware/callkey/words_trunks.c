/* words_trunks.c: the words of what concerns a line: trunks, lock, unlock, trace. */
#include <stdlib.h>
#include <string.h>

#include "callkey/words_priv.h"

enum { LINE_MAX_CHANNEL = 31 };

/* What follows trunks, each a verb of its own; configure is no question to arsd. */
static const struct trunks_row { const char *word, *verb; int words; } trunks_rows[] = {
	{ "configure", "trunks_configure", 2 }, { "zero", "trunk_zero", 3 }, { "history", "trunk_history", 3 },
	{ "lock", "lock", 3 }, { "unlock", "lock", 3 },
};

static const struct trunks_row *trunks_row(const struct reading *r)
{
	for (size_t i = 0; r->count > 1 && i < ARRAY_LEN(trunks_rows); i++)
		if (strcmp(r->word[0], "trunks") == 0 && strcmp(r->word[1], trunks_rows[i].word) == 0)
			return &trunks_rows[i];
	return NULL;
}

/* SPAN or SPAN:LINE. A span whose name has a colon is given by its number. */
static int fill_lock(struct reading *r, bool on, const char *span)
{
	const char *colon = strrchr(span, ':');
	size_t len = colon != NULL ? (size_t)(colon - span) : strlen(span);
	char *end = NULL;
	long line = colon != NULL ? strtol(colon + 1, &end, 10) : 0;
	json_t *name = json_stringn(span, len);

	if (name == NULL)
		return words_fault(r, "SPAN: is not valid UTF-8");
	json_object_set_new(r->argument, "span", name);
	json_object_set_new(r->argument, "on", json_boolean(on));
	if (colon == NULL)
		return 0;
	if (colon[1] < '0' || colon[1] > '9' || *end != '\0' || line < 1 || line > LINE_MAX_CHANNEL)
		return words_fault(r, "%s: LINE must be the number of a channel, 1 to %d, as in %.*s:2", span, LINE_MAX_CHANNEL, (int)len, span);
	return json_object_set_new(r->argument, "line", json_integer(line)) == 0 ? 0 : ERR_NOMEM;
}

const char *words_trunks_verb(const struct reading *r)
{
	const struct trunks_row *row = trunks_row(r);

	return row != NULL ? row->verb : NULL;
}

int words_fill_trunks(struct reading *r, const char *verb)
{
	bool trace = strcmp(verb, "trace") == 0;
	bool call = trace && strncmp(r->word[1], "call_", 5) == 0;
	const struct trunks_row *row = trunks_row(r);

	if (strcmp(verb, "trunks_configure") == 0) {
		r->w->what = WORDS_CONFIGURE;
		if (r->w->json)
			return words_fault(r, "--json: trunks configure prints a diff");
	}
	if (strcmp(r->word[0], "trunks") == 0 && r->count > 1 && (row == NULL || r->count != row->words))
		return words_fault(r, "trunks: needs " WORDS_TRUNKS_NEEDS);
	if (strcmp(verb, "lock") == 0)
		return fill_lock(r, strcmp(r->word[row != NULL], "lock") == 0, r->word[1 + (row != NULL)]);
	if (row != NULL && row->words == 3 && json_object_set_new(r->argument, "span", json_string(r->word[2])) != 0)
		return words_fault(r, "SPAN: is not valid UTF-8");
	if (trace && json_object_set_new(r->argument, call ? "call" : "span", json_string(r->word[1])) != 0)
		return words_fault(r, "%s: is not valid UTF-8", r->word[0]);
	if (trace && r->w->pcap != NULL && (json_object_get(r->argument, "minutes") != NULL || json_object_get(r->argument, "off") != NULL))
		return words_fault(r, "--pcap: there is nothing to write yet; switch the trace on first, read it after the call");
	return 0;
}
