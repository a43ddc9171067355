#include "arsd/api.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arsd/api_priv.h"
#include "arsd/events.h"
#include "arsd/outbox.h"
#include "arsd/render.h"
#include "arsd/status.h"
#include "crypto/crypto.h"
#include "lib/log.h"

int api_new(struct arsd *a UNUSED, struct api **api)
{
	*api = calloc(1, sizeof(**api));
	return *api == NULL ? ERR_NOMEM : 0;
}

void api_free(struct api **api)
{
	struct create *c;

	if (*api == NULL)
		return;
	while ((c = (*api)->first) != NULL) {
		(*api)->first = c->next;
		free(c);
	}
	free((*api)->answered);
	free(*api);
	*api = NULL;
}

/* ---- answers ---- */

/* Remembers whom to tell otherwise if this turn is lost. */
static void note_answered(struct api *api, uint64_t peer, uint64_t req)
{
	if (api->answered_count == api->answered_room) {
		size_t room = api->answered_room == 0 ? 64 : api->answered_room * 2;
		struct answered *more = realloc(api->answered, room * sizeof(*more));

		if (more == NULL)
			return;
		api->answered = more;
		api->answered_room = room;
	}
	api->answered[api->answered_count++] = (struct answered){ peer, req };
}

static struct api_answer *blank_answer(struct arsd *a, uint64_t req, uint16_t status)
{
	struct api_msg *m = &a->api->out;

	m->type = api_type_answer;
	/* The body is large and read up to its length only. */
	memset(&m->u.answer, 0, offsetof(struct api_answer, body));
	m->u.answer.body.len = 0;
	m->u.answer.req = req;
	m->u.answer.status = status;
	return &m->u.answer;
}

void api_answer_text(struct arsd *a, uint64_t peer, uint64_t req, uint16_t status, const char *body, size_t len)
{
	struct api_answer *out = blank_answer(a, req, status);

	if (len > sizeof(out->body.data)) {
		log_error("answer_too_long", "len=%zu", len);
		len = 0;
		out->status = 500;
		snprintf(out->code, sizeof(out->code), "internal");
	}
	memcpy(out->body.data, body, len);
	out->body.len = (uint32_t)len;
	note_answered(a->api, peer, req);
	a->ports.api(a->ports.context, peer, &a->api->out);
}

void api_answer_json(struct arsd *a, uint64_t peer, uint64_t req, uint16_t status, json_t *o)
{
	char *text = o != NULL ? json_dumps(o, JSON_COMPACT) : NULL;
	struct problem p;

	json_decref(o);
	if (text != NULL) {
		api_answer_text(a, peer, req, status, text, strlen(text));
	} else {
		problem_set(&p, 500, "internal", "", "the answer could not be written");
		api_answer_problem(a, peer, req, &p);
	}
	free(text);
}

void api_answer_problem(struct arsd *a, uint64_t peer, uint64_t req, const struct problem *p)
{
	struct api_answer *out = blank_answer(a, req, p->status);

	snprintf(out->code, sizeof(out->code), "%s", p->code);
	snprintf(out->detail, sizeof(out->detail), "%s", p->detail);
	snprintf(out->field, sizeof(out->field), "%s", p->field);
	out->retry_after_s = p->retry_after_s;
	note_answered(a->api, peer, req);
	a->ports.api(a->ports.context, peer, &a->api->out);
}

void api_turn_done(struct arsd *a)
{
	a->api->answered_count = 0;
}

void api_turn_failed(struct arsd *a)
{
	struct problem p;
	size_t count = a->api->answered_count;

	problem_set(&p, 503, "store_unavailable", "", "nothing was stored; try again");
	p.retry_after_s = 1;
	for (size_t i = 0; i < count; i++)
		api_answer_problem(a, a->api->answered[i].peer, a->api->answered[i].req, &p);
	a->api->answered_count = 0;
}

/* ---- who asks ---- */

int api_key_hash(const char *bearer, uint8_t hash[32])
{
	return crypto_sha256(bearer, strlen(bearer), hash);
}

int api_authenticate(struct arsd *a, const char *bearer, struct merchant *m, struct problem *p)
{
	uint8_t hash[32];

	if (bearer[0] != '\0' && api_key_hash(bearer, hash) == 0 && store_merchant_by_key(a->store, hash, m) == 0)
		return 0;
	problem_set(p, 401, "unauthorized", "", "the API key is missing or not known");
	return ERR_DENIED;
}

/* ---- reading ---- */

static void not_found(struct problem *p)
{
	problem_set(p, 404, "not_found", "", "there is no such thing, or it is not this merchant's");
}

static int get_request(struct arsd *a, const struct merchant *m, const char *id, enum request_kind kind, json_t **o)
{
	static struct request r;

	if (store_request_get(a->store, id, &r) < 0 || r.kind != kind || strcmp(r.merchant.text, m->id.text) != 0)
		return ERR_NOT_FOUND;
	*o = render_request(&r, m->live);
	return 0;
}

static int get_registration(struct arsd *a, const struct merchant *m, const char *id, json_t **o)
{
	return get_request(a, m, id, REQUEST_REGISTRATION, o);
}

static int get_payment(struct arsd *a, const struct merchant *m, const char *id, json_t **o)
{
	return get_request(a, m, id, REQUEST_PAYMENT, o);
}

static int get_key(struct arsd *a, const struct merchant *m, const char *id, json_t **o)
{
	struct billing_key k;

	if (store_billing_key_get(a->store, id, &k) < 0 || strcmp(k.merchant.text, m->id.text) != 0)
		return ERR_NOT_FOUND;
	*o = render_billing_key(&k, m->live);
	return 0;
}

static int get_call(struct arsd *a, const struct merchant *m, const char *id, json_t **o)
{
	struct call_record c;

	if (store_call_get(a->store, id, &c) < 0 || strcmp(c.merchant.text, m->id.text) != 0)
		return ERR_NOT_FOUND;
	*o = status_call(a, &c);
	return 0;
}

static void answer_get(struct arsd *a, uint64_t peer, uint64_t req, const char *bearer, const char *id,
                       int (*get)(struct arsd *a, const struct merchant *m, const char *id, json_t **o))
{
	struct merchant m;
	struct problem p;
	json_t *o = NULL;

	if (api_authenticate(a, bearer, &m, &p) < 0) {
		api_answer_problem(a, peer, req, &p);
	} else if (get(a, &m, id, &o) < 0) {
		not_found(&p);
		api_answer_problem(a, peer, req, &p);
	} else {
		api_answer_json(a, peer, req, 200, o);
	}
}

/* ---- deleting a billing key ---- */

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

static void delete_key(struct arsd *a, uint64_t peer, const struct api_billing_key_delete *in)
{
	struct merchant m;
	struct billing_key k;
	struct problem p;

	if (api_authenticate(a, in->bearer, &m, &p) < 0) {
		api_answer_problem(a, peer, in->req, &p);
		return;
	}
	if (store_billing_key_get(a->store, in->id, &k) < 0 || strcmp(k.merchant.text, m.id.text) != 0) {
		not_found(&p);
		api_answer_problem(a, peer, in->req, &p);
		return;
	}
	if (strcmp(k.status, "deleted") != 0 && forget_key(a, &k, in->reason) < 0) {
		problem_set(&p, 503, "store_unavailable", "", "try again");
		api_answer_problem(a, peer, in->req, &p);
		return;
	}
	api_answer_json(a, peer, in->req, 200, render_billing_key(&k, m.live));
}

/* ---- the messages ---- */

static void answer_metrics(struct arsd *a, uint64_t peer, uint64_t req)
{
	static char text[60000];

	api_answer_text(a, peer, req, 200, text, status_metrics(a, text, sizeof(text)));
}

static void answer_health(struct arsd *a, uint64_t peer, uint64_t req)
{
	bool ok;
	json_t *o = status_health(a, &ok);

	api_answer_json(a, peer, req, ok ? 200 : 503, o);
}

int api_handle(struct arsd *a, uint64_t peer, const struct api_msg *m)
{
	switch (m->type) {
	case api_type_registration_create: api_registration_create(a, peer, m); break;
	case api_type_payment_create: api_payment_create(a, peer, m); break;
	case api_type_registration_get: {
		const struct api_registration_get *g = &m->u.registration_get;

		answer_get(a, peer, g->req, g->bearer, g->id, get_registration);
		break;
	}
	case api_type_payment_get:
		answer_get(a, peer, m->u.payment_get.req, m->u.payment_get.bearer, m->u.payment_get.id, get_payment);
		break;
	case api_type_billing_key_get: {
		const struct api_billing_key_get *g = &m->u.billing_key_get;

		answer_get(a, peer, g->req, g->bearer, g->id, get_key);
		break;
	}
	case api_type_call_get:
		answer_get(a, peer, m->u.call_get.req, m->u.call_get.bearer, m->u.call_get.id, get_call);
		break;
	case api_type_billing_key_delete: delete_key(a, peer, &m->u.billing_key_delete); break;
	case api_type_health: answer_health(a, peer, m->u.health.req); break;
	case api_type_metrics_get: answer_metrics(a, peer, m->u.metrics_get.req); break;
	default: return ERR_INVALID;
	}
	return 0;
}
