/* control.h: the tests' view of the sandbox's world, on DIR/control.sock; JSON both ways.
 *
 *   GET  /sms?to=NUMBER              {"messages":[...]}                      sms.h
 *   GET  /webhooks?request=ID        {"webhooks":[...], "refused": N}        merchant.h
 *   POST /merchant/secrets           {"secret":"whsec_..."}
 *   GET  /pg/ledger                  {"orders":[...], "approved": N, ...}    ledger.h
 *   GET  /pg/orders/{order_id}       one order with its history; 404
 *   GET  /pg/cards                   {"cards":[{number, what, ...}], and what is right to type}
 *   GET, POST /pg/behaviour, /sms/behaviour, /merchant/behaviour            behaviour.h
 *   GET, POST /pg/behaviour/also     a second one: what the first is not for
 *   POST /pg/list                   how the list of a day lies: pg_list.h
 *   POST /pg/interest-free          what is free of interest there: pg_promotions.h
 *   GET  /healthz */
#ifndef WORLD_CONTROL_H
#define WORLD_CONTROL_H

#include "lib/err.h"
#include "loop/loop.h"
#include "sandbox/world/merchant.h"
#include "sandbox/world/pg.h"
#include "sandbox/world/sms.h"

struct control { struct pg *pg; struct sms_gateway *sms; struct merchant *merchant; };

/* Listens on dir/control.sock; c is borrowed as long as the loop runs. */
int control_open(struct loop *l, const char *dir, struct control *c) MUST_CHECK;

#endif
