/* key.h: what a key is, all but its bytes: name and version, what it is for, who may use it, how long, in which state. One
 * table says for each usage what is allowed; a use outside it is refused. Pure. */
#ifndef KEYS_KEY_H
#define KEYS_KEY_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/clock.h"
#include "lib/err.h"

enum { KEY_NAME_SIZE = 40, KEY_KID_SIZE = 64, KEY_GATEWAY_MAX = 31, KEY_KCV_SIZE = 3, KEY_WRAPPED_MAX = 900 };

enum key_usage {
	KEY_USAGE_NONE,
	KEY_WRAPPING,             /* wraps all below it; itself under the master key (PCI DSS 3.6.1.2) */
	KEY_FINGERPRINT,          /* HMAC of card numbers (PCI DSS 3.5.1.1) */
	KEY_CONSENT_SIGNING,      /* Ed25519: consent records */
	KEY_AUDIT_SIGNING,        /* Ed25519: heads of the audit log */
	KEY_COLUMN,               /* AES-256-GCM: columns of the store that identify a person or carry a billing key */
	KEY_BLIND_INDEX,          /* HMAC: finding such a column */
	KEY_GATEWAY_PUBLIC,       /* a payment gateway's public key: card data is sealed to it, and to nothing else */
	KEY_GATEWAY_SECRET,       /* a payment gateway's shared key */
	KEY_GATEWAY_ENCDATA,      /* a payment gateway's shared secret that seals encData (crypto/encdata.h) */
	KEY_TRANSPORT,            /* TR-31 key block protection key (KBPK) */
	KEY_USAGES,
};
enum key_algorithm { KEY_AES_256 = 1, KEY_HMAC_SHA256, KEY_ED25519, KEY_PUBLIC_PEM, KEY_AES_128, KEY_ENCDATA_256, KEY_ENCDATA_128 };
enum key_state { KEY_PRE_ACTIVE = 1, KEY_ACTIVE, KEY_RETIRED, KEY_COMPROMISED, KEY_DESTROYED };
/* What is done with it (TR-31 modes of use in brackets). */
enum key_mode { KEY_SEAL = 1 /* E */, KEY_OPEN = 2 /* D */, KEY_MAC = 4 /* G */, KEY_VERIFY = 8 /* V */, KEY_SIGN = 16 /* S */, KEY_WRAP = 32, KEY_UNWRAP = 64 };
/* Who asks: keystored itself, its neighbours, officers by the command line. */
enum key_caller { KEY_BY_SELF = 1, KEY_BY_TRUNKD = 2, KEY_BY_ARSD = 4, KEY_BY_OFFICER = 8 };

struct key {
	char name[KEY_NAME_SIZE];                     /* letters, digits, '-', '_', '.', '@'; of a gateway's key: the gateway's */
	uint32_t version;                             /* from 1 on; (name, version) is never given again */
	enum key_usage usage;
	enum key_algorithm algorithm;
	enum key_state state;
	bool exportable;                              /* under a transport key, by two officers */
	uint8_t kcv[KEY_KCV_SIZE];
	struct wall created, active_from, active_until;   /* the cryptoperiod (PCI DSS 3.7.4); until 0: none */
	char kid[KEY_KID_SIZE];                       /* what a gateway calls it (RFC 7517 4.5); "" of others */
};

/* What the table of usages says. */
struct key_rule {
	const char *word;                             /* "fingerprint" */
	enum key_algorithm algorithm;
	unsigned modes, callers;                      /* of key_mode, of key_caller */
	unsigned old_modes;                           /* what a retired version still does: open, verify */
	unsigned days;                                /* the usual cryptoperiod, 0: none */
	bool exportable, several_active;
	bool ends_hard;                               /* after its cryptoperiod it does nothing new; the others alarm only */
	char tr31_usage[3], tr31_mode;                /* ANSI X9.143 table 3, 6; "" not in a key block */
};
const struct key_rule *key_rule(enum key_usage usage);   /* of a valid usage */
int key_usage_parse(const char *word, enum key_usage *usage) MUST_CHECK;
const char *key_algorithm_word(enum key_algorithm a);
int key_algorithm_parse(const char *word, enum key_algorithm *a) MUST_CHECK;
bool key_algorithm_is_brought(enum key_algorithm a);   /* the other side makes it: imported, never generated */
const char *key_state_word(enum key_state s);
int key_state_parse(const char *word, enum key_state *s) MUST_CHECK;
bool key_name_is_good(const char *name);
bool key_kid_is_good(const char *kid);
/* Was it given a date to act from, and has that not come? A key that acts since it was made is never early, wherever a clock
 * that was set back stands. */
bool key_is_early(const struct key *k, struct wall now);
bool key_is_gateways(enum key_usage usage);      /* card data is sealed with it */

/* May the state follow the other? NIST SP 800-57 part 1, 7: destroyed is the end, compromised never acts again. */
bool key_may_become(enum key_state from, enum key_state to);
/* May caller use the key for mode at now? ERR_DENIED, with why of a few words for the audit log. */
int key_may(const struct key *k, enum key_caller caller, enum key_mode mode, struct wall now, const char **why) MUST_CHECK;

#endif
