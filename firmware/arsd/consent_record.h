/* consent_record.h: what a consent's record says, as a JSON text whose bytes are hashed. */
#ifndef ARSD_CONSENT_RECORD_H
#define ARSD_CONSENT_RECORD_H

#include "arsd/arsd.h"
#include "arsd/withdrawal.h"
#include "store/consent_chain.h"

struct consent_facts {
	const struct consent *consent;
	const struct call_record *call;
	const struct request *request;
	const struct withdrawal_item *ending;         /* the registration that was to end; NULL: the consent is no withdrawal */
	int64_t number;                               /* of the link */
	const uint8_t *previous;                      /* link hash before, CONSENT_HASH_SIZE */
};
/* ERR_TOO_LONG, ERR_NOMEM. */
int consent_record_write(struct arsd *a, const struct consent_facts *f, char record[CONSENT_RECORD_SIZE]) MUST_CHECK;

#endif
