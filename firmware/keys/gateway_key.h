/* gateway_key.h: which of a gateway's keys card data is sealed with now. All keys of a gateway have its name; of those that are
 * active and within their cryptoperiod the one that acts since the latest date seals, so that two can stand side by side and
 * the newer one takes over by itself. Pure. */
#ifndef KEYS_GATEWAY_KEY_H
#define KEYS_GATEWAY_KEY_H

#include "keys/key.h"

enum { GATEWAY_WHY_SIZE = 160 };

/* kid "": whichever it is now; else this one alone, which may be the older of two. */
struct gateway_ask { const char *gateway, *kid; struct wall now; };
/* Why there is none; the later word tells more. */
enum gateway_lack { GATEWAY_KEY_NONE, GATEWAY_KEY_ENDED, GATEWAY_KEY_PRE_ACTIVE, GATEWAY_KEY_OVER, GATEWAY_KEY_NOT_YET };
/* key NULL: none; lack says why, and nearest, if there is one, of which key. */
struct gateway_choice { const struct key *key, *nearest; enum gateway_lack lack; };

/* Holds k against what was chosen of the keys before; begin with a zeroed choice, and give it all keys in any order. */
void gateway_key_consider(struct gateway_choice *c, const struct gateway_ask *a, const struct key *k);
/* A few words for why c has no key. */
const char *gateway_key_why(const struct gateway_choice *c, char text[GATEWAY_WHY_SIZE]);
/* Does next, without anybody's doing, take the place of k before k ends? */
bool gateway_key_follows(const struct key *k, const struct key *next);

#endif
