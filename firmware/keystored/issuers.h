/* issuers.h: what the first digits of a card number tell: brand, card company, credit or check, person or business.
 * A file that operators replace ({share_dir}/issuers.cfg); the longest prefix that fits counts. Unknown is no error: the
 * PG knows. */
#ifndef KEYSTORED_ISSUERS_H
#define KEYSTORED_ISSUERS_H

#include <stddef.h>

#include "conf/conf.h"
#include "ipc/vault.h"

/* Networks share out account ranges of up to 11 digits; 15 tells apart the numbers of a test set. */
enum { ISSUERS_PREFIX_MAX = 15, ISSUERS_MAX = 4096 };

struct issuer {
	char prefix[ISSUERS_PREFIX_MAX + 1];
	char brand[16], code[16];                /* "": unknown */
	enum vault_card_type type;
	enum vault_owner owner;
};
struct issuers;

/* Reads and checks the file. On failure why says "FILE:LINE: reason". A card company that no prompt names
 * (issuer.<code> of the manifests) is logged and counts as unknown. */
int issuers_load(const char *path, struct issuers **t, char why[CONF_WHY_SIZE]) MUST_CHECK;
void issuers_free(struct issuers **t);
size_t issuers_count(const struct issuers *t);
/* Borrowed; of an unknown card all is "" and 0. digits: len of a card number, not NUL-terminated. */
const struct issuer *issuers_find(const struct issuers *t, const char *digits, size_t len);
/* Whether the prompts have a name for it. */
int issuers_known(const char *code);

#endif
