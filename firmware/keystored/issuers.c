#include "keystored/issuers.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/log.h"

struct issuers { size_t count; struct issuer *rows; };

/* The codes of the manifests' issuer.<code>. */
static const char *const known_codes[] = {
	"shinhan", "kb", "samsung", "hyundai", "lotte", "bc", "hana", "nh", "woori", "citi", "kakao",
};
static const char *const members[] = { "prefix", "brand", "issuer", "type", "owner" };

int issuers_known(const char *code)
{
	for (size_t i = 0; i < ARRAY_LEN(known_codes); i++)
		if (strcmp(known_codes[i], code) == 0)
			return 1;
	return 0;
}

static int check_members(const struct conf_node *n, char *why)
{
	if (conf_type(n) != CONF_GROUP)
		return conf_fault(n, why, "must be { prefix = \"...\"; brand = \"...\"; ... }");
	for (size_t i = 0; i < conf_count(n); i++) {
		const struct conf_node *m = conf_at(n, i);
		size_t j = 0;

		while (j < ARRAY_LEN(members) && strcmp(conf_name(m), members[j]) != 0)
			j++;
		if (j == ARRAY_LEN(members))
			return conf_fault(m, why, "%s: there is no such member; known are prefix, brand, issuer, type, owner", conf_name(m));
		if (conf_string(m) == NULL)
			return conf_fault(m, why, "%s: must be a \"string\"", conf_name(m));
	}
	return 0;
}

/* An optional word of small letters and digits. */
static int read_word(const struct conf_node *n, const char *name, char *out, size_t size, char *why)
{
	const char *word = conf_string(conf_find(n, name));

	if (word == NULL)
		return 0;
	if (strlen(word) >= size || strspn(word, "abcdefghijklmnopqrstuvwxyz0123456789_") != strlen(word))
		return conf_fault(conf_find(n, name), why, "%s = \"%s\": must have at most %zu small letters, digits or _", name, word,
		                  size - 1);
	snprintf(out, size, "%s", word);
	return 0;
}

/* Index of an optional word among two, from 1; 0 when absent. */
static int read_choice(const struct conf_node *n, const char *name, const char *first, const char *second, int *out, char *why)
{
	const char *word = conf_string(conf_find(n, name));

	if (word == NULL)
		*out = 0;
	else if (strcmp(word, first) == 0)
		*out = 1;
	else if (strcmp(word, second) == 0)
		*out = 2;
	else
		return conf_fault(conf_find(n, name), why, "%s = \"%s\": must be \"%s\" or \"%s\"", name, word, first, second);
	return 0;
}

static int read_prefix(const struct conf_node *n, struct issuer *row, char *why)
{
	const char *prefix = conf_string(conf_find(n, "prefix"));
	size_t len = prefix == NULL ? 0 : strlen(prefix);

	if (prefix == NULL)
		return conf_fault(n, why, "prefix: is missing here");
	if (len < 1 || len > ISSUERS_PREFIX_MAX || strspn(prefix, "0123456789") != len)
		return conf_fault(conf_find(n, "prefix"), why, "prefix = \"%s\": must have 1 to %d digits", prefix, ISSUERS_PREFIX_MAX);
	snprintf(row->prefix, sizeof(row->prefix), "%s", prefix);
	return 0;
}

static void check_code(const struct conf_node *n, struct issuer *row)
{
	char where[CONF_WHY_SIZE];

	if (row->code[0] == '\0' || issuers_known(row->code))
		return;
	if (conf_fault(n, where, "issuer \"%s\" has no prompt", row->code) < 0)
		log_warn("issuer_unknown", "where=\"%s\" hint=\"counts as unknown\"", where);
	row->code[0] = '\0';
}

static int read_row(const struct conf_node *n, struct issuer *row, char *why)
{
	int type = 0, owner = 0, e = check_members(n, why);

	if (e == 0)
		e = read_prefix(n, row, why);
	if (e == 0)
		e = read_word(n, "brand", row->brand, sizeof(row->brand), why);
	if (e == 0)
		e = read_word(n, "issuer", row->code, sizeof(row->code), why);
	if (e == 0)
		e = read_choice(n, "type", "credit", "check", &type, why);
	if (e == 0)
		e = read_choice(n, "owner", "person", "business", &owner, why);
	if (e < 0)
		return e;
	row->type = (enum vault_card_type)type;
	row->owner = (enum vault_owner)owner;
	check_code(n, row);
	return 0;
}

/* Behind all prefixes that it could be part of come the longer ones, so that the first fit from the end is the longest. */
static int by_length(const void *a, const void *b)
{
	const struct issuer *x = a, *y = b;
	size_t lx = strlen(x->prefix), ly = strlen(y->prefix);

	return lx != ly ? (lx < ly ? -1 : 1) : strcmp(x->prefix, y->prefix);
}

static int check_doubled(const struct issuers *t, const struct conf_node *list, char *why)
{
	for (size_t i = 1; i < t->count; i++)
		if (strcmp(t->rows[i - 1].prefix, t->rows[i].prefix) == 0)
			return conf_fault(list, why, "prefix \"%s\" stands here twice", t->rows[i].prefix);
	return 0;
}

static int read_list(const struct conf_node *list, struct issuers *t, char *why)
{
	size_t count = conf_count(list);
	int e = 0;

	if (conf_type(list) != CONF_LIST || count == 0 || count > ISSUERS_MAX)
		return conf_fault(list, why, "issuers: must be a list ( ) of 1 to %d groups", ISSUERS_MAX);
	t->rows = calloc(count, sizeof(*t->rows));
	if (t->rows == NULL)
		return ERR_NOMEM;
	for (; e == 0 && t->count < count; t->count++)
		e = read_row(conf_at(list, t->count), &t->rows[t->count], why);
	if (e < 0)
		return e;
	qsort(t->rows, t->count, sizeof(*t->rows), by_length);
	return check_doubled(t, list, why);
}

int issuers_load(const char *path, struct issuers **t, char why[CONF_WHY_SIZE])
{
	struct issuers *made = NULL;
	struct conf_tree *tree = NULL;
	const struct conf_node *list;
	int e = conf_load(path, &tree, why);

	if (e < 0)
		return e;
	list = conf_find(conf_root(tree), "issuers");
	made = calloc(1, sizeof(*made));
	if (made == NULL) {
		snprintf(why, CONF_WHY_SIZE, "%s: no memory", path);
		e = ERR_NOMEM;
	} else if (list == NULL || conf_count(conf_root(tree)) != 1) {
		snprintf(why, CONF_WHY_SIZE, "%s:1: must hold the one setting issuers = ( ... );", path);
		e = ERR_INVALID;
	} else {
		e = read_list(list, made, why);
	}
	conf_free(&tree);
	if (e < 0) {
		issuers_free(&made);
		return e;
	}
	*t = made;
	return 0;
}

void issuers_free(struct issuers **t)
{
	if (*t == NULL)
		return;
	free((*t)->rows);
	free(*t);
	*t = NULL;
}

size_t issuers_count(const struct issuers *t)
{
	return t->count;
}

const struct issuer *issuers_find(const struct issuers *t, const char *digits, size_t len)
{
	static const struct issuer unknown;

	for (size_t i = t->count; i > 0; i--) {
		const struct issuer *row = &t->rows[i - 1];
		size_t n = strlen(row->prefix);

		if (n <= len && memcmp(row->prefix, digits, n) == 0)
			return row;
	}
	return &unknown;
}
