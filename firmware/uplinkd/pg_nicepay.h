/* pg_nicepay.h: NICEPAY's billing protocol (regist, payments, cancel, netcancel, expire, find), as published in
 * https://github.com/nicepayments/nicepay-manual: api/payment-subscribe.md, api/cancel.md, api/status-transaction.md,
 * common/api.md, common/code.md. What our order means there, and each code's place in our classes: docs/pg.md. */
#ifndef UPLINKD_PG_NICEPAY_H
#define UPLINKD_PG_NICEPAY_H

#include "uplinkd/pg.h"

extern const struct pg_connector pg_nicepay_connector;

/* ---- pg_nicepay_promotions.c: struct pg_connector's promotions ---- */
int nicepay_promotions(const struct http_answer *h, struct pg_promotions *p, const char **why) MUST_CHECK;

/* ---- pg_nicepay_codes.c ---- */

/* What a result code says, whatever was asked. */
enum nicepay_says {
	NICEPAY_NO = 0,            /* a definite no; also each code that is in no table: "0000: success, all else failure" */
	NICEPAY_YES,
	NICEPAY_UNSURE,            /* it broke somewhere behind the gateway's door, or the order id is known already */
	NICEPAY_NO_ORDER,          /* there is no such order */
	NICEPAY_NO_KEY,            /* there is no such billing key (any more) */
	NICEPAY_CANCELED,          /* what was to be cancelled is */
	NICEPAY_TOO_LATE,          /* net-cancel's hour is over */
};
struct nicepay_code { char code[5]; enum nicepay_says says; enum uplink_decline class; const char *words; };
extern const struct nicepay_code nicepay_codes[];
extern const size_t nicepay_code_count;
/* NULL: the published list's part that matters to cards does not have it. */
const struct nicepay_code *nicepay_code_find(const char *code);
/* The class of a no. words: the gateway's, for the code with which it passes on what the card company says. */
enum uplink_decline nicepay_class(const char *code, const char *words);
/* Our name of a card company; "": none of those we name. */
const char *nicepay_issuer(const char *card_code);

#endif
