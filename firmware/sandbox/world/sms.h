/* sms.h: the sandbox's SMS provider: POST /sms {id, to, from, text} with "Authorization: Bearer SECRET". It answers
 * 200 {"status":"accepted","message_id":...}; a message of the same id is delivered once, however often it comes; the same id
 * with another message is a 409. Messages are kept in memory. */
#ifndef WORLD_SMS_H
#define WORLD_SMS_H

#include "json/json.h"
#include "lib/err.h"
#include "loop/loop.h"
#include "sandbox/world/behaviour.h"
#include "sandbox/world/reply.h"

struct sms_gateway;
/* Reads dir/sms.secret and listens on dir/sms.sock. */
int sms_gateway_new(struct loop *l, struct reply_desk *desk, const char *dir, struct sms_gateway **g) MUST_CHECK;
void sms_gateway_free(struct sms_gateway **g);

struct behaviour *sms_gateway_behaviour(struct sms_gateway *g);
/* {"messages":[{id, message_id, to, from, text, at, deliveries}]}, oldest first. to: a number, or "" for all. */
json_t *sms_gateway_show(const struct sms_gateway *g, const char *to);

#endif
