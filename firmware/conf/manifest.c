/* manifest.c: the list of a language's prompts: id, what is shown, and how the synthesiser must say it. */
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"

enum { MANIFEST_MAX = 1000, ID_MAX = 40 };
#define ID_CHARACTERS "abcdefghijklmnopqrstuvwxyz0123456789._"

static int check_entry(const struct conf_node *n, struct manifest_entry *entry, char *why)
{
	for (size_t i = 0; i < conf_count(n); i++) {
		const char *name = conf_name(conf_at(n, i));

		if (name == NULL || (strcmp(name, "id") != 0 && strcmp(name, "text") != 0 && strcmp(name, "spoken") != 0))
			return conf_fault(conf_at(n, i), why, "a prompt has id, text and spoken, not \"%s\"", name != NULL ? name : "");
	}
	*entry = (struct manifest_entry){ conf_string(conf_find(n, "id")), conf_string(conf_find(n, "text")),
	                                  conf_string(conf_find(n, "spoken")) };
	if (entry->id == NULL || entry->text == NULL)
		return conf_fault(n, why, "a prompt needs an id and a text, both strings");
	if (entry->id[0] == '\0' || strlen(entry->id) > ID_MAX || strspn(entry->id, ID_CHARACTERS) != strlen(entry->id))
		return conf_fault(n, why, "prompt id \"%s\": 1 to %d of a-z 0-9 . _", entry->id, ID_MAX);
	return 0;
}

static int by_id(const void *a, const void *b)
{
	return strcmp(((const struct manifest_entry *)a)->id, ((const struct manifest_entry *)b)->id);
}

static const struct conf_node *last_with(const struct conf_node *list, const char *id)
{
	size_t i = conf_count(list);

	while (--i > 0 && strcmp(conf_string(conf_find(conf_at(list, i), "id")), id) != 0)
		;
	return conf_at(list, i);
}

static int read_entries(const struct conf_node *list, struct manifest_entry *entries, char *why)
{
	size_t count = conf_count(list);

	for (size_t i = 0; i < count; i++) {
		int e = check_entry(conf_at(list, i), &entries[i], why);

		if (e < 0)
			return e;
	}
	qsort(entries, count, sizeof(*entries), by_id);
	for (size_t i = 1; i < count; i++)
		if (strcmp(entries[i - 1].id, entries[i].id) == 0)
			return conf_fault(last_with(list, entries[i].id), why, "prompt \"%s\" stands twice", entries[i].id);
	return 0;
}

int manifest_load(const char *path, struct manifest *m, char why[CONF_WHY_SIZE])
{
	struct conf_tree *tree = NULL;
	const struct conf_node *list;
	struct manifest_entry *entries = NULL;
	const char *language;
	int e = conf_load(path, &tree, why);

	if (e < 0)
		return e;
	language = conf_string(conf_find(conf_root(tree), "language"));
	list = conf_find(conf_root(tree), "prompts");
	if (language == NULL || list == NULL || conf_type(list) != CONF_LIST || conf_count(list) == 0 ||
	    conf_count(list) > MANIFEST_MAX)
		e = conf_fault(conf_root(tree), why, "a manifest has language = \"..\" and prompts = ( .. ) with 1 to %d members",
		               MANIFEST_MAX);
	else if ((entries = calloc(conf_count(list), sizeof(*entries))) == NULL)
		e = ERR_NOMEM;
	else
		e = read_entries(list, entries, why);
	if (e < 0) {
		free(entries);
		conf_free(&tree);
		return e;
	}
	*m = (struct manifest){ language, conf_count(list), entries, tree };
	return 0;
}

void manifest_free(struct manifest *m)
{
	free((void *)(uintptr_t)m->entries);
	conf_free(&m->tree);
	memset(m, 0, sizeof(*m));
}

const struct manifest_entry *manifest_find(const struct manifest *m, const char *id)
{
	struct manifest_entry key = { id, NULL, NULL };

	return bsearch(&key, m->entries, m->count, sizeof(*m->entries), by_id);
}
