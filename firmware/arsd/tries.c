#include "arsd/tries.h"

#include "lib/log.h"
#include "model/date.h"
#include "store/password_tries.h"

int64_t tries_day(struct wall at)
{
	return date_day_in_korea(at);
}

int tries_take(struct arsd *a, const uint8_t fingerprint[32], int64_t *day)
{
	int64_t today = tries_day(a->wall), tries;
	int e = store_password_tries_get(a->store, fingerprint, today, &tries);

	if (e == 0 && tries >= TRIES_MAX)
		return ERR_EXHAUSTED;
	if (e == 0)
		e = store_password_tries_add(a->store, fingerprint, today);
	if (e == 0)
		*day = today;
	return e;
}

void tries_give_back(struct arsd *a, const uint8_t fingerprint[32], int64_t day)
{
	if (store_password_tries_take_back(a->store, fingerprint, day) < 0)
		log_error("tries_give_back", "error=store");
}

int tries_purge(struct arsd *a)
{
	/* A day longer, against a clock that is set back. */
	return store_password_tries_purge(a->store, tries_day(a->wall) - 1);
}
