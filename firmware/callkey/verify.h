/* verify.h: callkey verify: a consent's bundle held against the keys that whoever asks trusts. Asks nobody: neither arsd nor a
 * network. */
#ifndef CALLKEY_VERIFY_H
#define CALLKEY_VERIFY_H

#include "callkey/words.h"
#include "conf/conf.h"

/* conf may be NULL: then --key alone says who is trusted. The exit status: 0 when all of the file is proven. */
int verify_run(const struct words *w, const struct conf_tree *conf);

#endif
