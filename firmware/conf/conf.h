/* conf.h: configuration files, the only user of libconfig. A file is read once, checked against a table that knows
 * every setting, and answered with file:line for anything wrong. Strings live as long as the tree. */
#ifndef CONF_CONF_H
#define CONF_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/err.h"

struct conf_tree;
struct conf_node;                 /* a setting, borrowed from its tree */

enum { CONF_WHY_SIZE = 400 };

/* Reads a file. On failure why says "FILE:LINE: reason". */
int conf_load(const char *path, struct conf_tree **tree, char why[CONF_WHY_SIZE]) MUST_CHECK;
int conf_parse(const char *name, const char *text, struct conf_tree **tree, char why[CONF_WHY_SIZE]) MUST_CHECK;
void conf_free(struct conf_tree **tree);

enum conf_type { CONF_GROUP, CONF_LIST, CONF_STRING, CONF_INT, CONF_BOOL, CONF_OTHER };

const struct conf_node *conf_root(const struct conf_tree *tree);
/* By path below node: "arsd.lease.ttl_s". NULL when absent. */
const struct conf_node *conf_find(const struct conf_node *node, const char *path);
size_t conf_count(const struct conf_node *node);                                /* children of a group or list */
const struct conf_node *conf_at(const struct conf_node *node, size_t i);
enum conf_type conf_type(const struct conf_node *node);
const char *conf_name(const struct conf_node *node);                            /* NULL in lists */
const char *conf_string(const struct conf_node *node);                          /* NULL if not a string */
int64_t conf_int(const struct conf_node *node);
bool conf_bool(const struct conf_node *node);
/* Writes "FILE:LINE: " + the message into why and returns ERR_INVALID: for checks of the caller's own. */
int conf_fault(const struct conf_node *node, char why[CONF_WHY_SIZE], const char *fmt, ...) PRINTF_LIKE(3, 4);

/* ---- callkey.cfg: one file for all programs; every setting has its row in the schema (schema.c), with its type, range
 * and default. Unknown settings are refused, whichever program reads the file. ---- */
/* Loads and checks; the getters then never fail: a missing setting has its default. */
int conf_load_callkey(const char *path, struct conf_tree **tree, char why[CONF_WHY_SIZE]) MUST_CHECK;
const char *conf_get_string(const struct conf_tree *tree, const char *path);    /* path must stand in the schema */
int64_t conf_get_int(const struct conf_tree *tree, const char *path);
bool conf_get_bool(const struct conf_tree *tree, const char *path);
/* A member of one element of a list of groups, with its default: conf_member_int(span, "trunkd.spans", "called_digits"). */
const char *conf_member_string(const struct conf_node *element, const char *list, const char *member);
int64_t conf_member_int(const struct conf_node *element, const char *list, const char *member);
bool conf_member_bool(const struct conf_node *element, const char *list, const char *member);
/* The file that --config FILE names, or CALLKEY_CONFIG, or /etc/callkey/callkey.cfg. */
const char *conf_path_from_args(int argc, char **argv);

/* ---- prompt manifests: config/prompts/<language>/manifest.cfg ---- */
struct manifest_entry { const char *id, *text, *spoken; };    /* spoken NULL: as text */
struct manifest { const char *language; size_t count; const struct manifest_entry *entries; struct conf_tree *tree; };
int manifest_load(const char *path, struct manifest *m, char why[CONF_WHY_SIZE]) MUST_CHECK;
void manifest_free(struct manifest *m);
const struct manifest_entry *manifest_find(const struct manifest *m, const char *id);

#endif
