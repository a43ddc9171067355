/* pg.h: the sandbox's payment gateway, in the JSON protocol of uplinkd's pg_json. It opens the sealed record with its own key,
 * holds it against the test cards (cards.h), and books in its ledger.
 *
 *   POST   /v1/cards/verify             {order_id, jwe}
 *   POST   /v1/payments                 {order_id, amount:{total, currency}, instalment_months, interest_free, order_name,
 *                                        and jwe with keep, or billing_key}
 *   GET    /v1/orders/{order_id}
 *   POST   /v1/orders/{order_id}/net-cancel   {reason}
 *   POST   /v1/orders/{order_id}/cancel       {cancel_id, amount:{total, currency}, tax_free, reason, and vat or not}
 *   GET    /v1/transactions?date=YYYY-MM-DD[&cursor=]    pg_list.h
 *   GET    /v1/interest-free            pg_promotions.h
 *   DELETE /v1/billing-keys/{key}
 *
 * with "Authorization: Bearer SECRET". Answers are 200 {"result": "verified" | "approved" | "declined" | "net_canceled" |
 * "canceled" | "expired", order_id, ...} as ledger.c makes them, 404 {"result":"not_found"}, 400 "invalid", 401 "unauthorized".
 * approved: tid, approval_no (8 digits), approved_at, amount, issuer, card_type, bin, last4, and billing_key when kept.
 * canceled: order_id is the cancel_id; canceled_order, amount, remaining, canceled_at. GET of the cancel_id answers the same.
 * declined: class (payments' decline classes), code, message. */
#ifndef WORLD_PG_H
#define WORLD_PG_H

#include "json/json.h"
#include "lib/err.h"
#include "loop/loop.h"
#include "sandbox/world/behaviour.h"
#include "sandbox/world/reply.h"

struct pg;
/* Reads dir/pg-key.pem and dir/pg.secret and listens on dir/pg.sock. */
int pg_new(struct loop *l, struct reply_desk *desk, const char *dir, bool keep, struct pg **p) MUST_CHECK;
void pg_free(struct pg **p);

struct behaviour *pg_behaviour(struct pg *p);
/* A second one, met by requests that the first is not for: an order gets lost and then the question after it, too. */
struct behaviour *pg_behaviour_also(struct pg *p);
/* How the list of a day is to lie from now on (pg_list.h); taken over. */
void pg_set_lies(struct pg *p, json_t *lies);
/* What is free of interest from now on (pg_promotions.h); taken over. */
void pg_set_promotions(struct pg *p, json_t *promotions);
json_t *pg_show_ledger(const struct pg *p);
json_t *pg_show_order(const struct pg *p, const char *order_id);      /* NULL: not known */

#endif
