/* pg_ask.h: what the sandbox's PG is asked: a request's body as what the ledger is to book, with the sealed record opened and the card
 * in it decided on. What was clear is wiped before any of these returns. */
#ifndef WORLD_PG_ASK_H
#define WORLD_PG_ASK_H

#include "crypto/crypto.h"
#include "json/json.h"
#include "lib/err.h"
#include "sandbox/world/ledger.h"

enum { PG_REASON_SIZE = 65 };

/* Records are sealed to a key of its own, dir/pg-key.KID.pem, or to the one that opens all others. */
struct pg_keys { const char *dir; struct jwe_private *all; };

/* ERR_INVALID: the body is none, fault says why. a is zeroed before, and has the decline, if it comes to that. */
int pg_ask_verify(const struct pg_keys *k, const json_t *body, struct ledger_ask *a, struct json_fault *fault) MUST_CHECK;
int pg_ask_pay(const struct pg_keys *k, const struct ledger *l, const json_t *body, struct ledger_ask *a, struct json_fault *fault) MUST_CHECK;
int pg_ask_cancel(const json_t *body, const char *order_id, struct ledger_cancel *c, struct json_fault *fault) MUST_CHECK;
int pg_ask_net_cancel(const json_t *body, char reason[PG_REASON_SIZE], struct json_fault *fault) MUST_CHECK;

#endif
