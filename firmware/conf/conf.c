/* conf.c: libconfig behind conf.h. A conf_node is a config_setting_t; the two names never meet outside this file. */
#include "conf/conf.h"

#include <errno.h>
#include <libconfig.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct conf_tree {
	config_t config;
	char name[200];
};

static const config_setting_t *setting(const struct conf_node *n)
{
	return (const config_setting_t *)(const void *)n;
}

static const struct conf_node *node(const config_setting_t *s)
{
	return (const struct conf_node *)(const void *)s;
}

static int tree_new(const char *name, struct conf_tree **tree)
{
	*tree = calloc(1, sizeof(**tree));
	if (*tree == NULL)
		return ERR_NOMEM;
	config_init(&(*tree)->config);
	snprintf((*tree)->name, sizeof((*tree)->name), "%s", name);
	return 0;
}

static int syntax_fault(struct conf_tree **tree, char why[CONF_WHY_SIZE])
{
	const config_t *c = &(*tree)->config;
	const char *file = config_error_file(c);

	if (config_error_type(c) == CONFIG_ERR_FILE_IO && errno == 0)
		snprintf(why, CONF_WHY_SIZE, "%s: is no file", (*tree)->name);
	else if (config_error_type(c) == CONFIG_ERR_FILE_IO)
		snprintf(why, CONF_WHY_SIZE, "%s: cannot be read: %m", (*tree)->name);
	else
		snprintf(why, CONF_WHY_SIZE, "%s:%d: %s", file != NULL ? file : (*tree)->name, config_error_line(c),
		         config_error_text(c));
	conf_free(tree);
	return ERR_INVALID;
}

int conf_load(const char *path, struct conf_tree **tree, char why[CONF_WHY_SIZE])
{
	struct conf_tree *made = NULL;

	if (tree_new(path, &made) < 0)
		return ERR_NOMEM;
	errno = 0;                                     /* libconfig leaves it when the path is a folder */
	if (config_read_file(&made->config, path) != CONFIG_TRUE)
		return syntax_fault(&made, why);
	*tree = made;
	return 0;
}

int conf_parse(const char *name, const char *text, struct conf_tree **tree, char why[CONF_WHY_SIZE])
{
	struct conf_tree *made = NULL;

	if (tree_new(name, &made) < 0)
		return ERR_NOMEM;
	if (config_read_string(&made->config, text) != CONFIG_TRUE)
		return syntax_fault(&made, why);
	config_setting_set_hook(config_root_setting(&made->config), made->name);
	*tree = made;
	return 0;
}

void conf_free(struct conf_tree **tree)
{
	if (*tree == NULL)
		return;
	config_destroy(&(*tree)->config);
	free(*tree);
	*tree = NULL;
}

const struct conf_node *conf_root(const struct conf_tree *tree)
{
	return node(config_root_setting(&tree->config));
}

const struct conf_node *conf_find(const struct conf_node *n, const char *path)
{
	/* libconfig 1.5 takes a mutable parent for a look-up that changes nothing. */
	return node(config_setting_lookup((config_setting_t *)(uintptr_t)n, path));
}

size_t conf_count(const struct conf_node *n)
{
	int count = n == NULL || !config_setting_is_aggregate(setting(n)) ? 0 : config_setting_length(setting(n));

	return count < 0 ? 0 : (size_t)count;
}

const struct conf_node *conf_at(const struct conf_node *n, size_t i)
{
	return node(config_setting_get_elem(setting(n), (unsigned)i));
}

enum conf_type conf_type(const struct conf_node *n)
{
	switch (config_setting_type(setting(n))) {
	case CONFIG_TYPE_GROUP: return CONF_GROUP;
	case CONFIG_TYPE_LIST:
	case CONFIG_TYPE_ARRAY: return CONF_LIST;
	case CONFIG_TYPE_STRING: return CONF_STRING;
	case CONFIG_TYPE_INT:
	case CONFIG_TYPE_INT64: return CONF_INT;
	case CONFIG_TYPE_BOOL: return CONF_BOOL;
	default: return CONF_OTHER;
	}
}

const char *conf_name(const struct conf_node *n)
{
	return config_setting_name(setting(n));
}

const char *conf_string(const struct conf_node *n)
{
	return n != NULL && conf_type(n) == CONF_STRING ? config_setting_get_string(setting(n)) : NULL;
}

int64_t conf_int(const struct conf_node *n)
{
	return n != NULL && conf_type(n) == CONF_INT ? config_setting_get_int64(setting(n)) : 0;
}

bool conf_bool(const struct conf_node *n)
{
	return n != NULL && conf_type(n) == CONF_BOOL && config_setting_get_bool(setting(n));
}

int conf_fault(const struct conf_node *n, char why[CONF_WHY_SIZE], const char *fmt, ...)
{
	const char *file = config_setting_source_file(setting(n));
	const config_setting_t *root = setting(n);
	va_list ap;
	unsigned line;
	int len;

	if (file == NULL) {
		while (!config_setting_is_root(root))
			root = config_setting_parent(root);
		file = config_setting_get_hook(root);
	}
	line = config_setting_source_line(setting(n));
	/* What is missing in the whole file has no line. */
	len = snprintf(why, CONF_WHY_SIZE, "%s:%u: ", file != NULL ? file : "configuration", line > 0 ? line : 1);
	va_start(ap, fmt);
	if (len > 0 && len < CONF_WHY_SIZE)
		vsnprintf(why + len, CONF_WHY_SIZE - (size_t)len, fmt, ap);
	va_end(ap);
	return ERR_INVALID;
}
