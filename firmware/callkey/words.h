/* words.h: what the words of the command line mean. Pure. */
#ifndef CALLKEY_WORDS_H
#define CALLKEY_WORDS_H

#include <stdbool.h>

#include "lib/err.h"

enum { WORDS_ARGUMENT_SIZE = 1024, WORDS_WHY_SIZE = 200 };

enum words_do { WORDS_HELP, WORDS_ASK, WORDS_PHONE, WORDS_CONFIGURE, WORDS_VERIFY, WORDS_KEYS };

/* callkey keys: who holds the master key, and what is written where. */
struct words_keys {
	bool bring;                           /* ceremony: custodians bring their components */
	bool one;                             /* unlock: one custodian, the others come later */
	bool shares;                          /* else components */
	unsigned needed, parts;               /* of parts; 0: not said */
	const char *forms, *unattended;       /* folder, file; NULL: none */
	const char *file;                     /* backup, restore */
	const char *components, *of;          /* as typed */
	const char *officer, *with, *act, *id;   /* dual control; with: a file */
	const char *name, *kid, *version, *usage, *cipher, *state, *transport, *from, *until;   /* of the act; NULL: not said */
	const char *key, *out;                /* audit: the id of the trusted key, the file of an export */
	bool live;                            /* audit verify */
};

struct words {
	enum words_do what;
	bool json;
	bool watch, counters;                 /* trunks */
	const char *config, *carrier;         /* NULL: not said */
	const char *pcap;                     /* trace: the file to write, too; NULL: none */
	const char *out;                      /* consents export: the file to write; NULL: standard output */
	const char *bundle, *key;             /* verify: the file; the key that is trusted, by id or file, NULL: as configured */
	/* trunks configure: system.conf, the kernel's list of spans; NULL: the usual ones. The modules' parameters; NULL: the usual one, and
	 * with file none. */
	const char *file, *proc, *modules;
	bool write;                           /* trunks configure */
	const char *verb;                     /* WORDS_ASK: of firmware/arsd/admin.c; WORDS_KEYS: keys_WORD */
	char argument[WORDS_ARGUMENT_SIZE];   /* WORDS_ASK: a JSON object */
	struct words_keys keys;               /* WORDS_KEYS */
	/* WORDS_PHONE */
	const char *caller, *number, *span, *screening, *presentation;
	char *diverted_from;
	bool overlap;
};

/* ERR_INVALID: why says what is wrong and what would be right. Strings are borrowed from argv,
 * where telephone numbers lose their hyphens. */
int words_read(int argc, char **argv, struct words *w, char why[WORDS_WHY_SIZE]) MUST_CHECK;
extern const char words_help[];

#endif
