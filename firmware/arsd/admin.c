#include "arsd/admin.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arsd/admin_priv.h"
#include "arsd/columns.h"
#include "arsd/api.h"
#include "arsd/render.h"
#include "arsd/status.h"
#include "lib/log.h"

enum { PART_MAX = 60000, LIMIT_MOST = 1000, LIMIT_DEFAULT = 50, ANSWERED_MAX = 64 };

static struct asker answered[ANSWERED_MAX], asking;
static int answered_count;

struct asker admin_asker(void)
{
	return asking;
}

int admin_no(struct refusal *r, uint16_t status, const char *why)
{
	r->status = status;
	snprintf(r->why, sizeof(r->why), "%s", why);
	return ERR_INVALID;
}

/* ---- answers ---- */

static void answer(struct arsd *a, uint64_t peer, uint64_t req, uint16_t status, const char *body, size_t len)
{
	static struct admin_msg m;
	struct admin_answer *out = &m.u.answer;
	size_t done = 0;

	m.type = admin_type_answer;
	do {
		size_t part = len - done < PART_MAX ? len - done : PART_MAX;

		out->req = req;
		out->status = status;
		out->more = done + part < len;
		out->body.len = (uint32_t)part;
		memcpy(out->body.data, body + done, part);
		a->ports.admin(a->ports.context, peer, &m);
		done += part;
	} while (done < len);
}

void admin_answer_json(struct arsd *a, struct asker who, json_t *o)
{
	static const char why[] = "out of memory";
	char *text = json_dumps(o, JSON_COMPACT);

	json_decref(o);
	if (text != NULL)
		answer(a, who.peer, who.req, 0, text, strlen(text));
	else
		answer(a, who.peer, who.req, 503, why, strlen(why));
	free(text);
}

void admin_answer_refusal(struct arsd *a, struct asker who, const struct refusal *r)
{
	answer(a, who.peer, who.req, r->status, r->why, strlen(r->why));
}

void admin_turn_done(void)
{
	answered_count = 0;
}

void admin_turn_failed(struct arsd *a)
{
	static const char why[] = "the store refused; nothing was changed";

	for (int i = 0; i < answered_count; i++)
		answer(a, answered[i].peer, answered[i].req, 503, why, strlen(why));
	answered_count = 0;
}

/* ---- lists ---- */

static int64_t limit_of(const json_t *argument)
{
	json_int_t n = json_integer_value(json_object_get(argument, "limit"));

	return n < 1 ? LIMIT_DEFAULT : n > LIMIT_MOST ? LIMIT_MOST : n;
}

static int add_request(const struct request *r, void *context)
{
	char masked[PHONE_SIZE];
	json_t *o = render_request(r, false);

	if (o == NULL)
		return ERR_NOMEM;
	json_object_del(o, "live");
	json_object_set_new(o, "phone", json_string(phone_print_masked(&r->phone, masked)));
	json_array_append_new(context, o);
	return 0;
}

static int requests(struct arsd *a, const json_t *argument, enum request_kind kind, json_t **o)
{
	json_t *list = json_array();

	*o = json_pack("{s:o}", "items", list);
	return store_requests_list(a->store, (int)kind, (int)limit_of(argument), add_request, list);
}

static int verb_registrations(struct arsd *a, const json_t *argument, json_t **o, struct refusal *r UNUSED)
{
	return requests(a, argument, REQUEST_REGISTRATION, o);
}

static int verb_payments(struct arsd *a, const json_t *argument, json_t **o, struct refusal *r UNUSED)
{
	return requests(a, argument, REQUEST_PAYMENT, o);
}

static int add_call(const struct call_record *c, void *context)
{
	json_array_append_new(context, render_call(c));
	return 0;
}

static int verb_calls(struct arsd *a, const json_t *argument, json_t **o, struct refusal *r UNUSED)
{
	json_t *list = json_array();

	*o = json_pack("{s:o}", "items", list);
	return store_calls_list(a->store, (int)limit_of(argument), add_call, list);
}

static int verb_call(struct arsd *a, const json_t *argument, json_t **o, struct refusal *r)
{
	const char *id = json_string_value(json_object_get(argument, "id"));
	struct call_record c;

	if (id == NULL || store_call_get(a->store, id, &c) < 0)
		return admin_no(r, 404, "there is no such call");
	*o = status_call(a, &c);
	return 0;
}

static int verb_status(struct arsd *a, const json_t *argument UNUSED, json_t **o, struct refusal *r UNUSED)
{
	*o = status_all(a);
	return 0;
}

static int verb_trunks(struct arsd *a, const json_t *argument UNUSED, json_t **o, struct refusal *r UNUSED)
{
	*o = status_trunks(a);
	return 0;
}

/* ---- the line ---- */

/* 0: all of them. */
static bool is_known_span(const struct arsd *a, json_int_t span)
{
	for (int i = 0; i < a->span_count; i++)
		if (a->spans[i].span == span)
			return true;
	return span == 0;
}

static int verb_drain(struct arsd *a, const json_t *argument, json_t **o, struct refusal *r)
{
	static const struct json_field fields[] = {
		{ "span", JSON_WANT_INT, false, 0, 65535, "" }, { "on", JSON_WANT_BOOL, true, 0, 0, "" },
	};
	static struct callctl_msg m;
	struct json_fault fault;

	if (json_fields(argument, "", fields, ARRAY_LEN(fields), &fault) < 0)
		return admin_no(r, 400, fault.why);
	if (!is_known_span(a, json_integer_value(json_object_get(argument, "span"))))
		return admin_no(r, 404, "there is no such span; callkey trunks lists them");
	memset(&m, 0, sizeof(m));
	m.type = callctl_type_drain;
	m.u.drain.span = (uint16_t)json_integer_value(json_object_get(argument, "span"));
	m.u.drain.on = json_is_true(json_object_get(argument, "on"));
	if (!a->ports.callctl(a->ports.context, &m))
		return admin_no(r, 503, "trunkd is not there");
	*o = json_pack("{s:b}", "on", (int)m.u.drain.on);
	return 0;
}

/* What was sealed by keys that are lost is given up, by the operator's word alone: a backup may still be found. */
static int verb_columns_anew(struct arsd *a, const json_t *argument UNUSED, json_t **o, struct refusal *r)
{
	if (columns_begin_anew(a) < 0)
		return admin_no(r, 503, "nothing is lost: keystored's keys open what is stored, or are locked or away (callkey keys status)");
	*o = json_pack("{s:b}", "begun", 1);
	return 0;
}

/* ---- verbs ---- */

static const struct verb {
	const char *name;
	int (*run)(struct arsd *a, const json_t *argument, json_t **o, struct refusal *r);
} verbs[] = {
	{ "status", verb_status }, { "trunks", verb_trunks }, { "calls", verb_calls }, { "call", verb_call },
	{ "registrations", verb_registrations }, { "payments", verb_payments }, { "merchants", verb_merchants },
	{ "merchant_add", verb_merchant_add }, { "merchant_open", verb_merchant_open }, { "merchant_set", verb_merchant_set },
	{ "merchant_key_add", verb_key_add },
	{ "merchant_keys", verb_keys }, { "merchant_key_revoke", verb_key_revoke }, { "drain", verb_drain }, { "lock", verb_lock },
	{ "trace", verb_trace }, { "consents", verb_consents }, { "reconcile", verb_reconcile }, { "reconciliation", verb_reconciliation }, { "consent_bundle", verb_consent_bundle }, { "trunk_zero", verb_trunk_zero },
	{ "columns_anew", verb_columns_anew }, { "promotions", verb_promotions }, { "promotions_ask", verb_promotions_ask },
	{ "trunk_history", verb_trunk_history },
};

static int run(struct arsd *a, const struct admin_ask *ask, json_t **o, struct refusal *r)
{
	struct json_fault fault;
	json_t *argument = NULL;
	int e = ERR_NOT_FOUND;

	if (ask->argument[0] == '\0')
		argument = json_object();
	else if (json_read_strict(ask->argument, strlen(ask->argument), &argument, &fault) < 0)
		return admin_no(r, 400, fault.why);
	admin_no(r, 404, "there is no such verb");
	for (size_t i = 0; i < ARRAY_LEN(verbs); i++)
		if (strcmp(verbs[i].name, ask->verb) == 0) {
			admin_no(r, 503, "the store refused");
			e = verbs[i].run(a, argument, o, r);
		}
	json_decref(argument);
	return e;
}

int admin_handle(struct arsd *a, uint64_t peer, const struct admin_msg *m)
{
	const struct admin_ask *ask = &m->u.ask;
	struct refusal r = { 0 };
	json_t *o = NULL;
	char *text = NULL;
	int e;

	if (m->type != admin_type_ask)
		return ERR_INVALID;
	asking = (struct asker){ peer, ask->req };
	e = run(a, ask, &o, &r);
	if (e == ERR_AGAIN)
		return 0;
	if (e == 0 && o != NULL)
		text = json_dumps(o, JSON_COMPACT);
	json_decref(o);
	if (answered_count < ANSWERED_MAX)
		answered[answered_count++] = asking;
	if (text != NULL)
		answer(a, peer, ask->req, 0, text, strlen(text));
	else
		answer(a, peer, ask->req, r.status != 0 ? r.status : 503, r.why, strlen(r.why));
	free(text);
	return 0;
}
