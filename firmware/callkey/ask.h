/* ask.h: one question to arsd over its admin socket. */
#ifndef CALLKEY_ASK_H
#define CALLKEY_ASK_H

#include <stddef.h>
#include <stdint.h>

#include "lib/err.h"

/* body: malloc'd, NUL-terminated, the caller's: JSON with status 0, else the reason as text. ERR_AGAIN: nobody listens
 * on the socket. ERR_DENIED: the listener is not who it should be. ERR_TIMEOUT, ERR_CLOSED: no whole answer came.
 * ERR_INVALID: it speaks another version. */
int ask(const char *socket_path, int64_t arsd_uid, const char *verb, const char *argument, uint16_t *status,
        char **body) MUST_CHECK;

#endif
