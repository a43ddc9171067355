/* callkey_cfg.c: callkey.cfg against its schema, and the getters that know the defaults. */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/schema.h"

enum { PATH_SIZE = 256 };

static const char *type_word(enum conf_type t)
{
	static const char *const words[] = {
		[CONF_GROUP] = "a group { }", [CONF_LIST] = "a list ( )", [CONF_STRING] = "a \"string\"",
		[CONF_INT] = "a whole number", [CONF_BOOL] = "true or false", [CONF_OTHER] = "a number with a fraction",
	};

	return words[t];
}

/* What was a setting once, and what takes its place. */
static const struct { const char *path, *now; } gone[] = {
	{ "keystored.pg_keys", "gateways' keys are in the keyring. Take this out, start, and import each: callkey keys propose import-gateway "
	  "--name GATEWAY --kid KID --with FILE --officer NAME (docs/keystore.md)" },
};

static const char *gone_now(const char *path)
{
	for (size_t i = 0; i < ARRAY_LEN(gone); i++)
		if (strcmp(gone[i].path, path) == 0)
			return gone[i].now;
	return NULL;
}

/* How many single-character edits lie between two words (Levenshtein), for "did you mean". */
static size_t distance(const char *a, const char *b)
{
	size_t row[64], la = strlen(a), lb = strlen(b);

	if (la >= ARRAY_LEN(row) || lb >= ARRAY_LEN(row))
		return 99;
	for (size_t j = 0; j <= lb; j++)
		row[j] = j;
	for (size_t i = 1; i <= la; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= lb; j++) {
			size_t best = diagonal + (a[i - 1] != b[j - 1]);

			diagonal = row[j];
			best = row[j] + 1 < best ? row[j] + 1 : best;
			row[j] = row[j - 1] + 1 < best ? row[j - 1] + 1 : best;
		}
	}
	return row[lb];
}

static const char *nearest(const char *path)
{
	const char *best = NULL;
	size_t least = 4;

	for (size_t i = 0; i < schema_row_count; i++) {
		size_t d = distance(path, schema_rows[i].path);

		if (d < least) {
			least = d;
			best = schema_rows[i].path;
		}
	}
	return best;
}

static bool word_in(const char *word, const char *choice)
{
	size_t len = strlen(word);

	for (const char *p = choice; p != NULL; p = strchr(p, '|') ? strchr(p, '|') + 1 : NULL)
		if (strncmp(p, word, len) == 0 && (p[len] == '|' || p[len] == '\0'))
			return true;
	return false;
}

static int check_string(const struct conf_node *n, const char *path, const struct schema_row *row, char *why)
{
	const char *s = conf_string(n);
	int64_t len = (int64_t)strlen(s);

	if (row->choice != NULL && !word_in(s, row->choice))
		return conf_fault(n, why, "%s = \"%s\" (%s): must be one of %s", path, s, row->about, row->choice);
	if (row->choice == NULL && (len < row->min || len > row->max))
		return conf_fault(n, why, "%s (%s): has %" PRId64 " bytes, must have %" PRId64 " to %" PRId64, path, row->about,
		                  len, row->min, row->max);
	return 0;
}

static int check_node(const struct conf_node *n, const char *path, char *why);

/* Members of a list that must be there: rows below path with text NULL. */
static int check_required(const struct conf_node *n, const char *path, char *why)
{
	size_t len = strlen(path);

	for (size_t i = 0; i < schema_row_count; i++) {
		const struct schema_row *row = &schema_rows[i];
		const char *member = row->path + len + 1;

		if (row->type != CONF_STRING || row->text != NULL || strncmp(row->path, path, len) != 0 || row->path[len] != '.' ||
		    strchr(member, '.') != NULL || strchr(member, '[') != NULL)
			continue;
		if (conf_find(n, member) == NULL)
			return conf_fault(n, why, "%s (%s): is missing here", row->path, row->about);
	}
	return 0;
}

static int check_children(const struct conf_node *n, const char *path, char *why)
{
	for (size_t i = 0; i < conf_count(n); i++) {
		const struct conf_node *child = conf_at(n, i);
		char below[PATH_SIZE];
		int e;

		if (conf_name(child) == NULL)
			snprintf(below, sizeof(below), "%s[]", path);
		else
			snprintf(below, sizeof(below), "%s%s%s", path, path[0] ? "." : "", conf_name(child));
		e = check_node(child, below, why);
		if (e < 0)
			return e;
	}
	return 0;
}

static int check_node(const struct conf_node *n, const char *path, char *why)
{
	const struct schema_row *row = schema_find(path);
	int e = 0;

	if (gone_now(path) != NULL)
		return conf_fault(n, why, "%s: is no setting any more: %s", path, gone_now(path));
	if (row == NULL && nearest(path) != NULL)
		return conf_fault(n, why, "%s: there is no such setting; did you mean %s?", path, nearest(path));
	if (row == NULL)
		return conf_fault(n, why, "%s: there is no such setting", path);
	if (conf_type(n) != row->type)
		return conf_fault(n, why, "%s (%s): must be %s, not %s", path, row->about, type_word(row->type),
		                  type_word(conf_type(n)));
	if (row->type == CONF_STRING)
		return check_string(n, path, row, why);
	if (row->type == CONF_INT && (conf_int(n) < row->min || conf_int(n) > row->max))
		return conf_fault(n, why, "%s = %" PRId64 " (%s): must be from %" PRId64 " to %" PRId64, path, conf_int(n),
		                  row->about, row->min, row->max);
	if (row->type == CONF_LIST && (int64_t)conf_count(n) > row->max)
		return conf_fault(n, why, "%s (%s): has %zu members, at most %" PRId64 " are allowed", path, row->about,
		                  conf_count(n), row->max);
	if (row->type == CONF_GROUP)
		e = check_required(n, path, why);
	if (e == 0 && (row->type == CONF_GROUP || row->type == CONF_LIST))
		e = check_children(n, path, why);
	return e;
}

int conf_load_callkey(const char *path, struct conf_tree **tree, char why[CONF_WHY_SIZE])
{
	struct conf_tree *made = NULL;
	int e = conf_load(path, &made, why);

	if (e == 0)
		e = check_children(conf_root(made), "", why);
	if (e < 0) {
		conf_free(&made);
		return e;
	}
	*tree = made;
	return 0;
}

static const struct schema_row *row_of(const char *path, enum conf_type type)
{
	const struct schema_row *row = schema_find(path);

	assert(row != NULL && row->type == type);
	return row;
}

const char *conf_get_string(const struct conf_tree *tree, const char *path)
{
	const struct schema_row *row = row_of(path, CONF_STRING);
	const char *s = conf_string(conf_find(conf_root(tree), path));

	return s != NULL ? s : row->text;
}

int64_t conf_get_int(const struct conf_tree *tree, const char *path)
{
	const struct schema_row *row = row_of(path, CONF_INT);
	const struct conf_node *n = conf_find(conf_root(tree), path);

	return n != NULL ? conf_int(n) : row->number;
}

bool conf_get_bool(const struct conf_tree *tree, const char *path)
{
	const struct schema_row *row = row_of(path, CONF_BOOL);
	const struct conf_node *n = conf_find(conf_root(tree), path);

	return n != NULL ? conf_bool(n) : row->number != 0;
}

/* The row of member below a list's element, by the list's path. */
static const struct schema_row *member_row(const char *list, const char *member, enum conf_type type)
{
	char path[PATH_SIZE];

	snprintf(path, sizeof(path), "%s[].%s", list, member);
	return row_of(path, type);
}

const char *conf_member_string(const struct conf_node *element, const char *list, const char *member)
{
	const struct schema_row *row = member_row(list, member, CONF_STRING);
	const char *s = conf_string(conf_find(element, member));

	return s != NULL ? s : row->text;
}

int64_t conf_member_int(const struct conf_node *element, const char *list, const char *member)
{
	const struct schema_row *row = member_row(list, member, CONF_INT);
	const struct conf_node *n = conf_find(element, member);

	return n != NULL ? conf_int(n) : row->number;
}

bool conf_member_bool(const struct conf_node *element, const char *list, const char *member)
{
	const struct schema_row *row = member_row(list, member, CONF_BOOL);
	const struct conf_node *n = conf_find(element, member);

	return n != NULL ? conf_bool(n) : row->number != 0;
}

const char *conf_path_from_args(int argc, char **argv)
{
	const char *from_env = getenv("CALLKEY_CONFIG");

	for (int i = 1; i + 1 < argc; i++)
		if (strcmp(argv[i], "--config") == 0)
			return argv[i + 1];
	return from_env != NULL ? from_env : "/etc/callkey/callkey.cfg";
}
