/* columns.h: columns that a reader of the disk must not have are sealed: AES-256-GCM under a data key, bound to table, column and
 * row, so that a value does not open in another's place. Telephone numbers that are looked for have a blind index as well, an HMAC under
 * a key that goes with the data key. Data keys lie wrapped in the store; whoever can have them opened gives them here, where they stay
 * in memory, set up for use. The newest one seals, the others open.
 *
 * Without a data key in memory what is written stays clear and is sealed by the job later, for no payment may wait for it; what was
 * sealed reads as its sealed text (columns_is_sealed()), which may be written back as it is, a telephone number as "". arsd is the only
 * user. */
#ifndef STORE_COLUMNS_H
#define STORE_COLUMNS_H

#include "store/store.h"

enum { COLUMNS_KEY_SIZE = 32, COLUMNS_WRAPPED_SIZE = 60, COLUMNS_KEYS_MAX = 64 };

/* version: of the key that it is wrapped under; index_version: of the key that its index is derived from, 0: it has none. */
struct column_key { int64_t id; uint32_t version, index_version; uint8_t wrapped[COLUMNS_WRAPPED_SIZE]; struct wall created; };

/* Oldest first. */
int columns_keys_each(struct store *s, int (*fn)(const struct column_key *k, void *context), void *context) MUST_CHECK;
/* id is given. It seals nothing before columns_use(), which must be in a later turn: what it seals then can be opened again. ERR_EXISTS. */
int columns_key_add(struct store *s, struct column_key *k) MUST_CHECK;
/* The data key of a row that is there, and the key of its index: 32 octets, or NULL: nothing is found by it. ERR_EXHAUSTED: more than
 * COLUMNS_KEYS_MAX. */
int columns_use(struct store *s, int64_t id, const uint8_t key[COLUMNS_KEY_SIZE], const uint8_t *index) MUST_CHECK;
void columns_forget(struct store *s);             /* wipes them */
/* Data keys are there, and the newest is not in memory, or has no index: what is sealed cannot be read or found now. */
bool columns_are_locked(const struct store *s);
bool columns_is_sealed(const char *text);

/* ---- the job: rows of before, and those under an older key ---- */
struct column_job { bool done; int64_t at, last, renewed, unreadable; };   /* all tables together; at of last rows are looked through */
int columns_job(struct store *s, struct column_job *j) MUST_CHECK;
/* Seals at most most rows of sixteen times as many that it looks at, those that are not under the newest key, and notes how far it came, in
 * this turn. When all is done and readable, older data keys are dropped. Returns how many rows it looked at, 0: nothing to do. */
int columns_renew(struct store *s, int most) MUST_CHECK;
/* Afterwards: what was clear stands in the log too, until that is overwritten. ERR_STATE: within a turn. ERR_IO: others read. */
int columns_end_log(struct store *s) MUST_CHECK;

#endif
