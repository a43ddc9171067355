/* recipients.h: whom card data may be sealed to: gateways whose keys officers have put into the ring, and nobody else. The list is
 * what arsd and officers are told: each gateway, and the key that seals for it now or why there is none. */
#ifndef KEYSTORED_RECIPIENTS_H
#define KEYSTORED_RECIPIENTS_H

#include <stdbool.h>

#include "ipc/vault.h"
#include "keys/keyring.h"

enum { RECIPIENTS_MAX = 64, RECIPIENTS_NAME_SIZE = 32 };

/* kid "": no key seals, for the reason in why. */
struct recipient {
	char gateway[RECIPIENTS_NAME_SIZE], kid[KEY_KID_SIZE], why[GATEWAY_WHY_SIZE];
	uint32_t version;
	enum key_usage usage;
	struct wall until;
};

struct recipients;
/* ring is borrowed. */
int recipients_new(struct keyring *ring, struct recipients **r) MUST_CHECK;
void recipients_free(struct recipients **r);

/* Makes the list anew: at the start, every second, after each act of officers. What has changed is logged. */
void recipients_look(struct recipients *r, struct wall now);
/* Another number than before: the list has changed since. */
unsigned recipients_serial(const struct recipients *r);
size_t recipients_count(const struct recipients *r);
const struct recipient *recipients_at(const struct recipients *r, size_t i);

#endif
