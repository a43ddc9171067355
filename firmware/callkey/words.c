#include "callkey/words.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "callkey/words_priv.h"

#define PROMOTIONS_NEEDS "nothing, or ask and maybe a GATEWAY"
#define LOCK_NEEDS "a span's name or number, as in callkey trunks, and :LINE for one analog line"

int words_fault(struct reading *r, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(r->why, WORDS_WHY_SIZE, fmt, args);
	va_end(args);
	return ERR_INVALID;
}

/* ---- what the words of a command mean ---- */

static int put_text(struct reading *r, const char *member, const char *text, const char *what)
{
	return json_object_set_new(r->argument, member, json_string(text)) == 0 ? 0 : words_fault(r, "%s: is not valid UTF-8", what);
}

static int fill_day(struct reading *r, const char *verb UNUSED)
{
	return put_text(r, "date", r->word[1], "DATE");
}

static int fill_call(struct reading *r, const char *verb UNUSED)
{
	return put_text(r, "id", r->word[1], "ID");
}

static int fill_consents(struct reading *r, const char *verb)
{
	if (strcmp(verb, "consent_bundle") != 0)
		return 0;
	if (r->count != 3 || strcmp(r->word[1], "export") != 0)
		return words_fault(r, "consents: needs nothing, or export ID");
	return put_text(r, "id", r->word[2], "ID");
}

static int fill_verify(struct reading *r, const char *verb UNUSED)
{
	r->w->bundle = r->word[1];
	return 0;
}

/* What follows merchants keys. */
static const struct keys_row { const char *word, *verb, *member; } keys_rows[] = {
	{ "list", "merchant_keys", "merchant" }, { "add", "merchant_key_add", "merchant" }, { "revoke", "merchant_key_revoke", "key" },
};

static const struct keys_row *keys_row(const struct reading *r)
{
	for (size_t i = 0; r->count == 4 && i < ARRAY_LEN(keys_rows); i++)
		if (strcmp(r->word[1], "keys") == 0 && strcmp(r->word[2], keys_rows[i].word) == 0)
			return &keys_rows[i];
	return NULL;
}

static int fill_merchants(struct reading *r, const char *verb)
{
	const struct keys_row *row = keys_row(r);

	if (row != NULL)
		return put_text(r, row->member, r->word[3], row->member);
	if (strcmp(verb, "merchant_add") == 0 && (r->count != 3 || strcmp(r->word[1], "add") != 0))
		return words_fault(r, "merchants: needs nothing, add NAME, open MERCHANT, set MERCHANT, keys list MERCHANT, keys add MERCHANT or keys revoke KEY");
	if ((strcmp(verb, "merchant_open") == 0 || strcmp(verb, "merchant_set") == 0) &&
	    (r->count != 3 || json_object_set_new(r->argument, "merchant", json_string(r->word[2])) != 0))
		return words_fault(r, "merchants %s: needs a MERCHANT, as in callkey merchants", r->word[1]);
	return strcmp(verb, "merchant_add") == 0 ? put_text(r, "name", r->word[2], "NAME") : 0;
}

static int fill_promotions(struct reading *r, const char *verb)
{
	if (strcmp(verb, "promotions_ask") == 0 && strcmp(r->word[1], "ask") != 0)
		return words_fault(r, "promotions: needs " PROMOTIONS_NEEDS);
	return r->count == 3 ? put_text(r, "pg", r->word[2], "GATEWAY") : 0;
}

static int fill_columns(struct reading *r, const char *verb UNUSED)
{
	return strcmp(r->word[1], "anew") == 0 ? 0 : words_fault(r, "columns: needs anew, not %s", r->word[1]);
}

static int fill_drain(struct reading *r, const char *verb UNUSED)
{
	if (strcmp(r->word[1], "on") != 0 && strcmp(r->word[1], "off") != 0)
		return words_fault(r, "drain: needs on or off, not %s", r->word[1]);
	json_object_set_new(r->argument, "on", json_boolean(strcmp(r->word[1], "on") == 0));
	return 0;
}

/* Numbers are dialled as they stand in an SMS or a list: 070-1234-0001. */
static void without_hyphens(char *number)
{
	char *out = number;

	for (const char *p = number; *p != '\0'; p++)
		if (*p != '-' && *p != ' ')
			*out++ = *p;
	*out = '\0';
}

static int fill_phone(struct reading *r, const char *verb UNUSED)
{
	r->w->caller = r->word[1];
	r->w->number = r->word[2];
	without_hyphens(r->word[1]);
	without_hyphens(r->word[2]);
	if (r->w->diverted_from != NULL)
		without_hyphens(r->w->diverted_from);
	return 0;
}

/* ---- the commands ---- */

static const struct command_row commands[] = {
	{ "status", "status", 0, 0, "", WORDS_ASK, NULL },
	{ "trunks", "trunks", 0, 2, WORDS_TRUNKS_NEEDS, WORDS_ASK, words_fill_trunks },
	{ "lock", "lock", 1, 1, LOCK_NEEDS, WORDS_ASK, words_fill_trunks },
	{ "unlock", "lock", 1, 1, LOCK_NEEDS, WORDS_ASK, words_fill_trunks },
	{ "trace", "trace", 1, 1, "a span's name or number, or a call's id", WORDS_ASK, words_fill_trunks },
	{ "drain", "drain", 1, 1, "on or off", WORDS_ASK, fill_drain },
	{ "calls", "calls", 0, 0, "", WORDS_ASK, NULL },
	{ "call", "call", 1, 1, "the call's id, as in callkey calls", WORDS_ASK, fill_call },
	{ "registrations", "registrations", 0, 0, "", WORDS_ASK, NULL },
	{ "payments", "payments", 0, 0, "", WORDS_ASK, NULL },
	{ "reconcile", "reconcile", 1, 1, "a DATE, as 2026-11-24", WORDS_ASK, fill_day },
	{ "reconciliation", "reconciliation", 1, 1, "a DATE, as 2026-11-24", WORDS_ASK, fill_day },
	{ "promotions", "promotions", 0, 2, PROMOTIONS_NEEDS, WORDS_ASK, fill_promotions },
	{ "consents", "consents", 0, 2, "nothing, or export ID", WORDS_ASK, fill_consents },
	{ "verify", "verify", 1, 1, "a bundle's FILE, or - for standard input", WORDS_VERIFY, fill_verify },
	{ "merchants", "merchants", 0, 3, "nothing, add NAME, open MERCHANT, set MERCHANT, or keys list, add or revoke", WORDS_ASK, fill_merchants },
	{ "columns", "columns_anew", 1, 1, "anew", WORDS_ASK, fill_columns },
	{ "keys", "keys", 1, 2, WORDS_KEYS_NEEDS, WORDS_KEYS, words_fill_keys },
	{ "audit", "audit", 1, 2, WORDS_AUDIT_NEEDS, WORDS_KEYS, words_fill_keys },
	{ "phone", "phone", 2, 2, "CALLER and NUMBER, e.g. callkey phone 01012345678 07012340000", WORDS_PHONE, fill_phone },
};

static const char *verb_of(const struct reading *r)
{
	const char *own = words_keys_verb(r);

	if (own == NULL)
		own = words_trunks_verb(r);
	if (own != NULL)
		return own;
	if (strcmp(r->command->verb, "promotions") == 0 && r->count > 1)
		return "promotions_ask";
	if (strcmp(r->command->verb, "consents") == 0 && r->count > 1)
		return "consent_bundle";
	if (strcmp(r->command->verb, "merchants") == 0 && r->count > 1)
		return keys_row(r) != NULL ? keys_row(r)->verb : strcmp(r->word[1], "open") == 0 ? "merchant_open"
		       : strcmp(r->word[1], "set") == 0 ? "merchant_set" : "merchant_add";
	return r->command->verb;
}

/* ---- reading ---- */

/* The words that are no options; which options may follow depends on them, so they are looked at first. */
static int take_words(struct reading *r, int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (strncmp(argv[i], "--", 2) == 0) {
			i += words_takes_next(argv[i]);
			continue;
		}
		if (r->count == (int)ARRAY_LEN(r->word))
			return words_fault(r, "%s: one word too many", argv[i]);
		r->word[r->count++] = argv[i];
	}
	if (r->count == 0)
		return words_fault(r, "no command; callkey --help lists them");
	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		if (strcmp(commands[i].word, r->word[0]) == 0)
			r->command = &commands[i];
	if (r->command == NULL)
		return words_fault(r, "%s: there is no such command; callkey --help lists them", r->word[0]);
	if (r->count - 1 < r->command->least || r->count - 1 > r->command->most)
		return words_fault(r, "%s: %s%s", r->word[0], r->command->most > 0 ? "needs " : "takes no further word", r->command->needs);
	return 0;
}

static bool has_word(int argc, char **argv, const char *word)
{
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], word) == 0)
			return true;
	return false;
}

/* The JSON argument as text. */
static int write_argument(struct reading *r)
{
	char *text = json_dumps(r->argument, JSON_COMPACT);
	int e = 0;

	if (text == NULL)
		return ERR_NOMEM;
	if ((size_t)snprintf(r->w->argument, sizeof(r->w->argument), "%s", text) >= sizeof(r->w->argument))
		e = words_fault(r, "the words are too long: at most %d bytes", WORDS_ARGUMENT_SIZE - 1);
	free(text);
	return e;
}

static int read_all(struct reading *r, int argc, char **argv)
{
	int e = take_words(r, argc, argv);

	if (e < 0)
		return e;
	r->w->verb = verb_of(r);
	r->w->what = r->command->what;
	e = words_take_options(r, r->w->verb, argc, argv);
	if (e == 0 && r->command->fill != NULL)
		e = r->command->fill(r, r->w->verb);
	return e == 0 ? write_argument(r) : e;
}

int words_read(int argc, char **argv, struct words *w, char why[WORDS_WHY_SIZE])
{
	struct reading r = { .w = w, .why = why };
	int e;

	memset(w, 0, sizeof(*w));
	snprintf(why, WORDS_WHY_SIZE, "out of memory");
	if (argc < 2 || has_word(argc, argv, "--help") || strcmp(argv[1], "help") == 0) {
		w->what = WORDS_HELP;
		return 0;
	}
	r.argument = json_object();
	if (r.argument == NULL)
		return ERR_NOMEM;
	e = read_all(&r, argc, argv);
	json_decref(r.argument);
	return e;
}
