/* words_keys.c: the words of what concerns the keystore: keys, audit. */
#include <string.h>

#include "callkey/words_priv.h"

enum { COMPONENTS_MAX = 3, PARTS_MAX = 16 };

/* What follows keys and audit: a question to keystored. */
static const struct store_row { const char *word, *verb; int words; } store_rows[] = {
	{ "appoint", "keys_appoint", 2 }, { "officers", "keys_officers", 2 }, { "propose", "keys_propose", 3 }, { "proposals", "keys_proposals", 2 },
	{ "confirm", "keys_confirm", 3 }, { "withdraw", "keys_withdraw", 3 }, { "verify", "audit_verify", 3 }, { "export", "audit_export", 2 },
	{ "status", "keys_status", 2 }, { "list", "keys_list", 2 }, { "ceremony", "keys_ceremony", 2 }, { "unlock", "keys_unlock", 2 },
	{ "lock", "keys_lock", 2 }, { "backup", "keys_backup", 3 }, { "restore", "keys_restore", 3 },
	{ "renew", "keys_renew", 2 }, { "reshare", "keys_reshare", 2 },
};

static const struct store_row *store_row(const struct reading *r)
{
	for (size_t i = 0; r->count > 1 && i < ARRAY_LEN(store_rows); i++)
		if (strncmp(store_rows[i].verb, r->word[0], strlen(r->word[0])) == 0 && store_rows[i].verb[strlen(r->word[0])] == '_' &&
		    strcmp(r->word[1], store_rows[i].word) == 0)
			return &store_rows[i];
	return NULL;
}

/* One digit or two, from least to most; 0 if not. */
static unsigned small_number(const char *text, size_t len, unsigned most)
{
	unsigned n = 0;

	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9' || len > 2)
			return 0;
		n = n * 10 + (unsigned)(text[i] - '0');
	}
	return n <= most ? n : 0;
}

/* Who will hold the master key. */
static int fill_scheme(struct reading *r, const char *what)
{
	struct words_keys *k = &r->w->keys;
	const char *slash = k->of != NULL ? strchr(k->of, '/') : NULL;

	if ((k->components == NULL) == (k->of == NULL))
		return words_fault(r, "%s: needs one of --components 2 (or 3: all are needed) and --shares 3/5 (any 3 of 5 are enough)", what);
	if (k->bring && k->of != NULL)
		return words_fault(r, "--bring: only components can be brought; the appliance makes shares itself");
	k->shares = k->of != NULL;
	k->parts = k->shares ? slash != NULL ? small_number(slash + 1, strlen(slash + 1), PARTS_MAX) : 0
	                     : small_number(k->components, strlen(k->components), COMPONENTS_MAX);
	k->needed = slash != NULL ? small_number(k->of, (size_t)(slash - k->of), PARTS_MAX) : k->parts;
	if (!k->shares && k->parts < 2)
		return words_fault(r, "--components %s: must be 2 or 3", k->components);
	if (k->shares && (k->needed < 2 || k->needed > k->parts))
		return words_fault(r, "--shares %s: must be M/N, M of N shares being needed, 2 or more, as 3/5; N is at most %d", k->of, PARTS_MAX);
	return 0;
}

/* Of what is proposed, only another master key and other custodians have one; what else is said, the act does not take. */
static bool asks_scheme(const struct reading *r, const struct store_row *row)
{
	const struct words_keys *k = &r->w->keys;

	if (strcmp(row->verb, "keys_propose") == 0)
		return strcmp(k->act, "renew") == 0 || strcmp(k->act, "reshare") == 0 || k->components != NULL || k->of != NULL;
	return strcmp(row->verb, "keys_ceremony") == 0;
}

const char *words_keys_verb(const struct reading *r)
{
	const struct store_row *row = store_row(r);

	return row != NULL ? row->verb : NULL;
}

int words_fill_keys(struct reading *r, const char *verb UNUSED)
{
	const struct store_row *row = store_row(r);

	if (strcmp(r->word[0], "audit") == 0 && (row == NULL || r->count != row->words - r->w->keys.live))
		return words_fault(r, "audit: needs " WORDS_AUDIT_NEEDS);
	if (strcmp(r->word[0], "keys") == 0 && (row == NULL || r->count != row->words))
		return words_fault(r, "keys: needs " WORDS_KEYS_NEEDS);
	r->w->keys.file = r->w->keys.act = r->w->keys.id = r->word[2];
	if ((strcmp(row->verb, "keys_propose") == 0 || strcmp(row->verb, "keys_confirm") == 0 || strcmp(row->verb, "keys_withdraw") == 0) &&
	    r->w->keys.officer == NULL)
		return words_fault(r, "%s: needs --officer NAME; the password is asked for", row->word);
	if (r->w->json && strcmp(row->verb, "keys_status") != 0 && strcmp(row->verb, "keys_list") != 0)
		return words_fault(r, "--json: goes with keys status and keys list");
	return asks_scheme(r, row) ? fill_scheme(r, strcmp(row->verb, "keys_propose") == 0 ? r->w->keys.act : row->word) : 0;
}
