/* merchant.h: the sandbox's merchants as receivers of webhooks: POST /webhooks..., signed by the Standard Webhooks
 * specification 1.0 with any secret that a test has registered. A webhook with a good signature is kept, once per its id;
 * others are answered 401 and counted. In memory. */
#ifndef WORLD_MERCHANT_H
#define WORLD_MERCHANT_H

#include <stdbool.h>
#include <stdint.h>

#include "json/json.h"
#include "lib/err.h"
#include "loop/loop.h"
#include "sandbox/world/behaviour.h"
#include "sandbox/world/reply.h"

struct merchant;
/* Listens on dir/merchant.sock. */
int merchant_new(struct loop *l, struct reply_desk *desk, const char *dir, bool keep, struct merchant **m) MUST_CHECK;
void merchant_free(struct merchant **m);

/* secret: "whsec_" and base64 of 24 to 64 bytes. ERR_INVALID, ERR_EXHAUSTED. */
int merchant_add_secret(struct merchant *m, const char *secret) MUST_CHECK;
struct behaviour *merchant_behaviour(struct merchant *m);
/* {"webhooks":[{type, timestamp, data, webhook_id, path, received_at, deliveries}], "refused": N}, oldest first: the body
 * as it was sent, and how it came. request: only those whose data names this id; "" for all. */
json_t *merchant_show(const struct merchant *m, const char *request);

/* Whether signatures (a list "v1,BASE64 v1,BASE64", specification "Verifying signatures") has one of secret's key for
 * id.timestamp.body. Pure. */
bool merchant_signature_is_good(const char *secret, const char *id, const char *timestamp, const void *body, size_t len,
                                const char *signatures);
/* Digits of a unix time no more than five minutes from now_s. Pure. */
bool merchant_time_is_good(const char *timestamp, int64_t now_s);

#endif
