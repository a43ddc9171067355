/* pg_nicepay_priv.h: what the two halves of the connector share: signatures, days, and which step of a job asks what. */
#ifndef UPLINKD_PG_NICEPAY_PRIV_H
#define UPLINKD_PG_NICEPAY_PRIV_H

#include "crypto/crypto.h"
#include "uplinkd/pg_nicepay.h"

enum {
	NICEPAY_HEX_SIZE = 2 * CRYPTO_SHA256_SIZE + 1, NICEPAY_TIME_SIZE = 32, NICEPAY_DAY_SIZE = 16,
	NICEPAY_MIDNIGHT_MS = 10 * 60 * 1000,     /* an order may be sent so long after it was intended: perhaps on the next day */
	NICEPAY_DAY_MS = 24 * 60 * 60 * 1000,
};

/* What a job's step asks. A query looks on the day of the order and, near midnight, on the next. A net-cancel whose hour is over looks on the day of
 * the order, the next and the one before, for then there is an order, and the time of day may have been wrong when it was made; what it
 * has found it cancels. */
enum nicepay_step { NICEPAY_STEP_FIRST, NICEPAY_STEP_FIND, NICEPAY_STEP_FIND_NEXT_DAY, NICEPAY_STEP_CANCEL, NICEPAY_STEP_FIND_DAY_BEFORE };

/* Hexadecimal SHA-256 over all parts up to NULL, and the SecretKey behind them. ERR_TOO_LONG: over 600 octets. */
int nicepay_sign(const struct pg_account *a, char hex[NICEPAY_HEX_SIZE], const char *const parts[]) MUST_CHECK;
/* ISO 8601 in Korea's time, "2026-11-24T14:12:33.123+0900"; day: "20261124". */
void nicepay_print_time(int64_t ms, char edi_date[NICEPAY_TIME_SIZE], char day[NICEPAY_DAY_SIZE]);
/* When the job's order was intended, as far as anybody knows: else now. */
int64_t nicepay_order_at(const struct pg_job *job);
/* As struct pg_connector's request(): of the job's step, or of its first. */
int nicepay_request(const struct pg_account *a, const struct uplink_msg *m, const struct pg_job *job, struct pg_request *r) MUST_CHECK;

#endif
