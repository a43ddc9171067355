/* meters.h: what keystored counts. */
#ifndef KEYSTORED_METERS_H
#define KEYSTORED_METERS_H

#include "ipc/vault.h"
#include "lib/metrics.h"

enum meters {
	METERS_RESULT,                           /* + enum vault_result - 1 */
	METERS_SEALED = METERS_RESULT + VAULT_NO_INPUT,      /* + enum vault_status */
	METERS_KEYS = METERS_SEALED + VAULT_BUSY + 1,
	METERS_KEYS_AHEAD, METERS_KEYS_UNKNOWN_CALL, METERS_KEYS_NO_FIELD, METERS_KEYS_STALE, METERS_KEYS_OVERFLOW, METERS_KEYS_BAD,
	METERS_REFUSED_ATTEMPTS, METERS_REFUSED_NO_CALL, METERS_REFUSED_FORM,
	METERS_WIPED_IDLE, METERS_WIPED_LOST,
	METERS_CALLS_LOST, METERS_STRAY, METERS_SIGNED, METERS_NOT_SIGNED, METERS_COLUMN_KEYS, METERS_NO_COLUMN_KEYS,
	METERS_BAD_FRAMES, METERS_PEERS_REFUSED, METERS_UNSENT,
	METERS_CALLS, METERS_TRUNKD_UP, METERS_ARSD_UP, METERS_OFFICERS_UP, METERS_KEYS_OPEN,
	METERS_AUDIT_FAILING, METERS_AUDIT_RECORDS, METERS_KEYS_EXPIRING, METERS_WRONG_PARTS,
	METERS_COUNT,
};

struct strongbox;
void meters_init(struct metrics *m);
/* What is looked up when it is asked for: log, cryptoperiods, wrong parts. */
void meters_strongbox(struct metrics *m, const struct strongbox *s);

#endif
