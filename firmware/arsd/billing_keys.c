#include "arsd/billing_keys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arsd/attempts.h"
#include "arsd/calls.h"
#include "arsd/columns.h"
#include "arsd/events.h"
#include "arsd/outbox.h"
#include "arsd/requests.h"
#include "arsd/schedules.h"
#include "lib/log.h"

static int set_status(struct arsd *a, struct billing_key *k, const char *status, const char *event)
{
	int e;

	if (strcmp(k->status, "deleted") == 0)
		return ERR_STATE;
	if (strcmp(k->status, status) == 0)
		return 0;
	snprintf(k->status, sizeof(k->status), "%s", status);
	k->updated = a->wall;
	e = store_billing_key_update(a->store, k);
	return e < 0 ? e : events_billing_key(a, k, event);
}

int billing_keys_suspend(struct arsd *a, struct billing_key *k)
{
	int e = set_status(a, k, "suspended", "billing_key.suspended");

	return e < 0 ? e : schedules_key_suspended(a, k);
}

int billing_keys_resume(struct arsd *a, struct billing_key *k)
{
	int e = set_status(a, k, "issued", "billing_key.resumed");

	return e < 0 ? e : schedules_key_resumed(a, k);
}

/* ---- what hangs on it ---- */

struct found { struct id *list; size_t count, room; };

static int collect(const struct request *r, void *context)
{
	struct found *f = context;

	if (f->count == f->room) {
		size_t room = f->room == 0 ? 16 : f->room * 2;
		struct id *more = realloc(f->list, room * sizeof(*more));

		if (more == NULL)
			return ERR_NOMEM;
		f->list = more;
		f->room = room;
	}
	f->list[f->count++] = r->id;
	return 0;
}

/* An order that may be at the PG goes on to its
 * definite end: money that moved must not be lost sight of. */
static int end_request(struct arsd *a, const char *id)
{
	static struct request r;
	int e = store_request_get(a->store, id, &r);

	if (e < 0 || requests_ended(&r) || (requests_at_pg(&r) && !attempts_withdraw(a, &r)))
		return e;
	return requests_take_back(a, &r, "billing_key_deleted", "the billing key was withdrawn");
}

static int end_requests(struct arsd *a, const struct billing_key *k)
{
	struct found f = { 0 };
	int e = store_requests_live_with_key(a->store, k->id.text, collect, &f);

	for (size_t i = 0; e == 0 && i < f.count; i++)
		e = end_request(a, f.list[i].text);
	log_info("billing_key_withdrawn", "billing_key=%s requests=%zu", k->id.text, f.count);
	free(f.list);
	return e;
}

int billing_keys_withdraw(struct arsd *a, struct billing_key *k, const char *reason)
{
	int e;

	if (strcmp(k->status, "deleted") == 0)
		return 0;
	/* The gateway is to forget it too, and what it calls the key cannot be read now. */
	if (columns_wait(a))
		return ERR_AGAIN;
	snprintf(k->status, sizeof(k->status), "deleted");
	snprintf(k->delete_reason, sizeof(k->delete_reason), "%s", reason);
	k->updated = a->wall;
	e = store_billing_key_update(a->store, k);
	if (e == 0)
		e = outbox_add_expire_key(a, k, k->pg_billing_key);
	if (e == 0)
		e = events_billing_key(a, k, "billing_key.deleted");
	if (e == 0)
		e = schedules_key_withdrawn(a, k);
	return e < 0 ? e : end_requests(a, k);
}
