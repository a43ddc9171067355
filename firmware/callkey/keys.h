/* keys.h: callkey keys: custodians at the keys. Asks keystored, not arsd; knows a part of the master key only while its
 * custodian types it. */
#ifndef CALLKEY_KEYS_H
#define CALLKEY_KEYS_H

#include "callkey/words.h"
#include "conf/conf.h"

/* The exit status. */
int keys_run(const struct words *w, const struct conf_tree *conf);

#endif
