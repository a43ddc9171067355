/* words_priv.h: a command line that is being read, between words.c and the files of its parts. */
#ifndef CALLKEY_WORDS_PRIV_H
#define CALLKEY_WORDS_PRIV_H

#include "callkey/words.h"
#include "json/json.h"
#include "lib/attr.h"

struct reading;
/* What the first word is. */
struct command_row {
	const char *word, *verb;
	int least, most;                      /* words after it */
	const char *needs;
	enum words_do what;
	int (*fill)(struct reading *r, const char *verb);   /* what all words and options mean together; NULL: nothing more */
};
#define WORDS_TRUNKS_NEEDS "nothing, configure, or lock, unlock, zero or history with a SPAN"
#define WORDS_KEYS_NEEDS "status, list, ceremony, renew, reshare, appoint, unlock, lock, officers, proposals, or backup or restore with a FILE, propose with " \
	"an ACT, confirm or withdraw with an ID"
#define WORDS_AUDIT_NEEDS "verify FILE, verify --live, or export"

struct reading {
	struct words *w;
	char *why;
	json_t *argument;
	char *word[4];                        /* those that are no options */
	int count;
	const struct command_row *command;
};
/* ERR_INVALID, with why. */
int words_fault(struct reading *r, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* ---- words_options.c ---- */
/* Does the next word belong to this one? The same for all commands that know it. */
bool words_takes_next(const char *word);
int words_take_options(struct reading *r, const char *verb, int argc, char **argv) MUST_CHECK;

/* ---- words_trunks.c: trunks, lock, unlock, trace ---- */
/* Of the word after trunks; NULL: it is none of its own. */
const char *words_trunks_verb(const struct reading *r);
int words_fill_trunks(struct reading *r, const char *verb) MUST_CHECK;

/* ---- words_keys.c: keys, audit ---- */
const char *words_keys_verb(const struct reading *r);
int words_fill_keys(struct reading *r, const char *verb) MUST_CHECK;

#endif
