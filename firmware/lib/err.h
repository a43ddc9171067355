/* err.h: the one set of error codes. A fallible function returns 0 or one of these; outputs come last and stay
 * untouched on failure. */
#ifndef LIB_ERR_H
#define LIB_ERR_H

#include "lib/attr.h"

enum err {
	ERR_OK = 0,
	ERR_INVALID = -1,     /* the input breaks its rule */
	ERR_TOO_LONG = -2,    /* it does not fit the bound of its type */
	ERR_NOT_FOUND = -3,   /* no such thing */
	ERR_EXISTS = -4,      /* there already is one */
	ERR_AGAIN = -5,       /* not now: would block, or the queue is full */
	ERR_CLOSED = -6,      /* the other side is gone */
	ERR_DENIED = -7,      /* not allowed to this caller */
	ERR_EXHAUSTED = -8,   /* a bounded pool is empty */
	ERR_STATE = -9,       /* not in this state */
	ERR_TIMEOUT = -10,
	ERR_IO = -11,         /* the system refused; errno was logged where it happened */
	ERR_NOMEM = -12,
	ERR_CRYPTO = -13,     /* a cryptographic operation failed; deliberately no detail */
};

/* A short English word for a log or a console; never NULL. */
const char *err_name(int err);

#endif
