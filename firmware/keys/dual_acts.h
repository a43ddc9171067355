/* dual_acts.h: what two officers can do, one row an act. Between dual.c (who, when) and the keyring. */
#ifndef KEYS_DUAL_ACTS_H
#define KEYS_DUAL_ACTS_H

#include "keys/dual.h"

enum { DUAL_VALUE_SIZE = 80 };

struct dual_act_context {
	struct keyring *ring;
	const char *args;
	const uint8_t *payload, *second;              /* of who proposed, of who confirms */
	size_t len, second_len;
	struct wall now;
	struct mono until;                            /* how long what the act allows is allowed */
	const struct dual_gateway *gateways;          /* what is known of them */
	size_t gateway_count;
	char *text;                                   /* DUAL_TEXT_SIZE */
	char *why;                                    /* KEYFILE_WHY_SIZE */
};
struct dual_act {
	const char *word, *names;                     /* of its arguments, a blank between */
	bool payload, second;                         /* takes one from who proposes, from who confirms */
	bool locked;                                  /* can be done while the keys are locked */
	int (*check)(const struct dual_act_context *c);   /* before it is proposed; NULL: nothing to be seen yet */
	int (*run)(const struct dual_act_context *c);
};
/* NULL: no such act. */
const struct dual_act *dual_act_find(const char *word);
/* The value of a NAME=VALUE line; "" without one. */
const char *dual_value(const char *args, const char *name, char value[DUAL_VALUE_SIZE]);

#endif
