/* webhook.h: events to merchants, signed by the Standard Webhooks specification 1.0
 * (https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md). */
#ifndef UPLINKD_WEBHOOK_H
#define UPLINKD_WEBHOOK_H

#include <stddef.h>
#include <stdint.h>

#include "conf/conf.h"
#include "ipc/uplink.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "uplinkd/desk.h"
#include "uplinkd/http_client.h"

struct webhook;
int webhook_new(struct http_client *http, struct desk *desk, const struct conf_tree *conf, struct webhook **w,
                char why[CONF_WHY_SIZE]) MUST_CHECK;
void webhook_free(struct webhook **w);
void webhook_start(struct webhook *w, const struct uplink_webhook *job, struct wall now);

enum { WEBHOOK_SIGNATURE_SIZE = 64 };
/* "v1,BASE64" of HMAC-SHA256 over "id.timestamp.body". secret: "whsec_" and 24 to 64 bytes in base64; else ERR_INVALID. */
int webhook_sign(const char *secret, const char *id, int64_t timestamp_s, const void *body, size_t len,
                 char out[WEBHOOK_SIGNATURE_SIZE]) MUST_CHECK;
/* SENT for 2xx; REFUSED for 410 (the merchant wants no more); all else is to be repeated. */
enum uplink_send_status webhook_classify(const struct http_answer *a);
/* In how many seconds the merchant's server may be asked again, as it says with 429, 502, 503 or 504; 0: it says nothing, or
 * nothing that can be understood. */
uint32_t webhook_retry_after_s(const struct http_answer *a, struct wall now);

#endif
