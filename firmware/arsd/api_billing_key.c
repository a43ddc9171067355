/* api_billing_key.c: a billing key, and its end. */
#include <stdio.h>
#include <string.h>

#include "arsd/api_priv.h"
#include "arsd/events.h"
#include "arsd/outbox.h"
#include "arsd/render.h"

/* The key of the path; ERR_INVALID when it is answered: there is none, or it is another's. */
static int find_key(struct arsd *a, const struct api_ask *q, struct billing_key *k)
{
	struct problem p;

	if (store_billing_key_get(a->store, q->m->u.head.id, k) == 0 && strcmp(k->merchant.text, q->merchant.id.text) == 0)
		return 0;
	problem_not_found(&p);
	api_answer_problem(a, q, &p);
	return ERR_INVALID;
}

void api_billing_key_get(struct arsd *a, const struct api_ask *q)
{
	struct billing_key k;

	if (find_key(a, q, &k) == 0)
		api_answer_json(a, q, 200, render_billing_key(&k, q->merchant.live));
}

static int forget_key(struct arsd *a, struct billing_key *k, const char *reason)
{
	int e;

	snprintf(k->status, sizeof(k->status), "deleted");
	snprintf(k->delete_reason, sizeof(k->delete_reason), "%s", reason);
	k->updated = a->wall;
	e = store_billing_key_update(a->store, k);
	if (e == 0)
		e = outbox_add_expire_key(a, k, k->pg_billing_key);
	return e < 0 ? e : events_billing_key_deleted(a, k);
}

void api_billing_key_delete(struct arsd *a, const struct api_ask *q)
{
	struct billing_key k;
	struct problem p;

	if (find_key(a, q, &k) < 0)
		return;
	if (strcmp(k.status, "deleted") != 0 && forget_key(a, &k, q->m->u.billing_key_delete.reason) < 0) {
		problem_store(&p);
		api_answer_problem(a, q, &p);
		return;
	}
	api_answer_json(a, q, 200, render_billing_key(&k, q->merchant.live));
}
