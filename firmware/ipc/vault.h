/* vault.h: fields and sealed records, arsd <-> keystored. keystored listens.
 * The messages are listed in ipc/vault.def. */
#ifndef IPC_VAULT_H
#define IPC_VAULT_H

#include <stddef.h>
#include <stdint.h>

#include "ipc/conn.h"
#include "lib/err.h"


enum {
	VAULT_VERSION = 7, VAULT_JWE_MAX = 4096, VAULT_FINGERPRINT_SIZE = 32, VAULT_HASH_SIZE = 32, VAULT_SIGNATURE_SIZE = 64,
	VAULT_DATA_KEY_SIZE = 32, VAULT_WRAPPED_SIZE = 60,
};

/* The rule a field is held against; the scenario file names them "card_number", "expiry", "identity", "password2". */
enum vault_kind {
	VAULT_CARD_NUMBER = 1,   /* 12-19 digits by prefix (36/38/30: 14, 34/37: 15, else 16), Luhn */
	VAULT_EXPIRY = 2,        /* MMYY, not past */
	VAULT_IDENTITY = 3,      /* YYMMDD birth date, or a 10-digit business number with its check digit */
	VAULT_PASSWORD2 = 4,     /* the first two digits of the card's password */
};
enum vault_result {
	VAULT_COMPLETE = 1, VAULT_TOO_SHORT = 2,
	VAULT_INVALID = 3,       /* check digit, month 13, 31 February */
	VAULT_EXPIRED = 4,       /* a card past its month */
	VAULT_ERASED = 5,        /* '*': the field is open and empty again */
	VAULT_NO_INPUT = 6,      /* first-digit time-out */
};
enum vault_card_type { VAULT_CARD_UNKNOWN = 0, VAULT_CARD_CREDIT = 1, VAULT_CARD_CHECK = 2 };
enum vault_owner { VAULT_OWNER_UNKNOWN = 0, VAULT_OWNER_PERSON = 1, VAULT_OWNER_BUSINESS = 2 };
enum vault_status {
	VAULT_OK = 0, VAULT_NO_CALL = 1, VAULT_INCOMPLETE = 2, VAULT_NO_KEY = 3, VAULT_REFUSED = 4, VAULT_FAILED = 5,
	VAULT_LOCKED = 6,        /* the keys are locked, or there are none yet */
	VAULT_BUSY = 7,          /* more than a neighbour may have in this time (keystored/budget.h) */
};

enum vault_keys_state { VAULT_KEYS_UNKNOWN = 0, VAULT_KEYS_OPEN = 1, VAULT_KEYS_LOCKED = 2, VAULT_KEYS_EMPTY = 3 };

#undef IPC_CHAN
#undef IPC_LIST
#define IPC_CHAN vault
#define IPC_LIST "ipc/vault.def"
#include "ipc/gen_head.h"

#endif
