#include "lib/err.h"

const char *err_name(int err)
{
	static const char *const names[] = {
		[-ERR_OK] = "ok", [-ERR_INVALID] = "invalid", [-ERR_TOO_LONG] = "too_long",
		[-ERR_NOT_FOUND] = "not_found", [-ERR_EXISTS] = "exists", [-ERR_AGAIN] = "again",
		[-ERR_CLOSED] = "closed", [-ERR_DENIED] = "denied", [-ERR_EXHAUSTED] = "exhausted",
		[-ERR_STATE] = "wrong_state", [-ERR_TIMEOUT] = "timeout", [-ERR_IO] = "io",
		[-ERR_NOMEM] = "no_memory", [-ERR_CRYPTO] = "crypto",
	};

	if (err > 0 || -err >= (int)ARRAY_LEN(names))
		return "unknown";
	return names[-err];
}
