/* keys_door.h: questions to keystored at keyctl.sock. Parts of the master key pass through here: what is sent and what comes
 * back is in locked memory and wiped. */
#ifndef CALLKEY_KEYS_DOOR_H
#define CALLKEY_KEYS_DOOR_H

#include <stddef.h>
#include <stdint.h>

#include "ipc/keyctl.h"

struct keys_door;
/* The answer to the last question: text is NUL-terminated; with status 0 it is what the verb says, else the reason. */
struct keys_answer { uint16_t status; uint8_t more; const char *text; const uint8_t *secret; size_t secret_len; };

/* ERR_AGAIN: nobody listens. ERR_DENIED: the listener is not who it should be. ERR_CLOSED: it lets one in at a time, or not this
 * user. ERR_TIMEOUT. ERR_INVALID: it speaks another version. ERR_NOMEM: no memory can be locked. */
int keys_door_open(const char *path, int64_t keystored_uid, struct keys_door **d) MUST_CHECK;
void keys_door_close(struct keys_door **d);
/* args: NAME=VALUE lines. secret (NULL: none) is text. a is valid until the next question. */
int keys_door_ask(struct keys_door *d, const char *verb, const char *args, const char *secret, struct keys_answer *a) MUST_CHECK;
/* The value of a "NAME VALUE" line of an answer; "" without one. */
const char *keys_door_value(const char *text, const char *name, char *value, size_t size);

#endif
