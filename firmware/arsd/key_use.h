/* key_use.h: when merchants last used their API keys, to the hour, and the alarm of those that end soon and are still used. A request costs a look
 * in memory; what is to be stored goes with a later turn, of all keys together, one write of a key an hour at most,
 * and one when its merchant gets another. */
#ifndef ARSD_KEY_USE_H
#define ARSD_KEY_USE_H

#include "arsd/arsd.h"
#include "json/json.h"

int key_use_new(struct key_use **k) MUST_CHECK;
void key_use_free(struct key_use **k);
/* A request came with the key of this hash, and was let in. */
void key_use_note(struct arsd *a, const uint8_t hash[32]);
void key_use_tick(struct arsd *a);
/* What was to be stored was not, or a merchant got another key: the next use of each key is looked at as if it were its first. */
void key_use_forget(struct arsd *a);

/* How many end within arsd.api_key_alarm_days though they are still used. */
int64_t key_use_ending(const struct arsd *a);
/* For status: count, days, the first one; null: none. */
json_t *key_use_show(const struct arsd *a);
/* Webhook secrets of before, which sign along no longer within the same days. Whether merchants' servers still check with them is not known here. */
int64_t key_use_secrets_ending(const struct arsd *a);

#endif
