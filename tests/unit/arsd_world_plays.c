/* arsd_world_plays.c: the neighbours of arsd as the test plays them: merchant, line, keystored, uplinkd; and whole stretches of it. */
#include "arsd_world.h"

#include <stdio.h>
#include <string.h>

#include "arsd/admin.h"
#include "arsd/api.h"
#include "arsd/attempts.h"
#include "arsd/calls.h"
#include "arsd/cancels.h"
#include "arsd/consents.h"
#include "arsd/gateways.h"
#include "crypto/crypto.h"

/* ---- merchant ---- */

struct api_msg *world_registration(const char *phone)
{
	static struct api_msg m;
	struct api_registration_create *c = &m.u.registration_create;

	memset(&m, 0, sizeof(m));
	m.type = api_type_registration_create;
	snprintf(c->customer_ref, sizeof(c->customer_ref), "customer-1");
	snprintf(c->phone, sizeof(c->phone), "%s", phone);
	snprintf(c->product_name, sizeof(c->product_name), "월간 구독");
	snprintf(c->cycle, sizeof(c->cycle), "monthly");
	snprintf(c->language, sizeof(c->language), "ko");
	return &m;
}

struct api_msg *world_payment(const char *billing_key, const char *order_id, int64_t amount)
{
	static struct api_msg m;
	struct api_payment_create *c = &m.u.payment_create;

	memset(&m, 0, sizeof(m));
	m.type = api_type_payment_create;
	snprintf(c->billing_key, sizeof(c->billing_key), "%s", billing_key);
	snprintf(c->order_id, sizeof(c->order_id), "%s", order_id);
	snprintf(c->order_name, sizeof(c->order_name), "책 한 권");
	c->amount_minor = amount;
	c->tax_free_minor = c->vat_minor = TAX_NOT_SAID;
	snprintf(c->other_card, sizeof(c->other_card), "allow");
	return &m;
}

void world_ask(struct world *w, struct api_msg *m)
{
	if (m->u.head.bearer[0] == '\0')
		snprintf(m->u.head.bearer, sizeof(m->u.head.bearer), "%s", w->api_key);
	memset(&w->answer, 0, sizeof(w->answer));
	assert_int_equal(api_handle(&w->a, 7, m), 0);
	world_turn(w);
}

const char *world_answered(struct world *w, const char *path)
{
	static char value[4][256];
	static int next;
	char name[64], *save = NULL, *out = value[next++ % 4];
	json_t *o = json_loadb((const char *)w->answer.body.data, w->answer.body.len, 0, NULL);
	const json_t *at = o;

	snprintf(name, sizeof(name), "%s", path);
	for (char *part = strtok_r(name, ".", &save); part != NULL; part = strtok_r(NULL, ".", &save))
		at = json_object_get(at, part);
	out[0] = '\0';
	if (json_is_integer(at))
		snprintf(out, sizeof(value[0]), "%lld", (long long)json_integer_value(at));
	else if (json_is_boolean(at))
		snprintf(out, sizeof(value[0]), "%s", json_is_true(at) ? "true" : "false");
	else if (json_is_string(at))
		snprintf(out, sizeof(value[0]), "%s", json_string_value(at));
	json_decref(o);
	return out;
}

struct request world_request(struct world *w, const char *id)
{
	struct request r;

	assert_int_equal(store_request_get(w->a.store, id, &r), 0);
	return r;
}

struct request world_made(struct world *w, struct api_msg *m)
{
	world_ask(w, m);
	if (w->answer.status != 201)
		fail_msg("%u %s %s %s", w->answer.status, w->answer.code, w->answer.field, w->answer.detail);
	return world_request(w, world_answered(w, "id"));
}

static const char *hook_type(const struct uplink_msg *m)
{
	static char type[48];
	json_t *o = json_loadb((const char *)m->u.webhook.body.data, m->u.webhook.body.len, 0, NULL);

	snprintf(type, sizeof(type), "%s", json_string_value(json_object_get(o, "type")));
	json_decref(o);
	return type;
}

void world_expect_hook(struct world *w, int from_end, const char *type)
{
	int at = w->hook_count - 1;

	for (;; at--) {
		assert_true(at >= 0);
		if (strncmp(hook_type(&w->hooks[at]), "sms.", strlen("sms.")) != 0 && from_end-- == 0)
			break;
	}
	assert_string_equal(hook_type(&w->hooks[at]), type);
}

int world_hooks_of(struct world *w, const char *type)
{
	int n = 0;

	for (int i = 0; i < w->hook_count; i++)
		n += strcmp(hook_type(&w->hooks[i]), type) == 0;
	return n;
}

/* ---- the command line ---- */

json_t *world_admin(struct world *w, const char *verb, const char *argument)
{
	static struct admin_msg m;

	memset(&m, 0, sizeof(m));
	m.type = admin_type_ask;
	snprintf(m.u.ask.verb, sizeof(m.u.ask.verb), "%s", verb);
	snprintf(m.u.ask.argument, sizeof(m.u.ask.argument), "%s", argument);
	assert_int_equal(admin_handle(&w->a, 1, &m), 0);
	world_turn(w);
	return w->admin_status == 0 ? json_loads(w->admin, 0, NULL) : NULL;
}

/* ---- line ---- */

struct callctl_call_offered world_offer(uint64_t call, const char *caller, const char *called)
{
	struct callctl_call_offered m = {
		.call = call, .span = 1, .channel = 1, .screening = CALLCTL_NETWORK, .presentation = 1,
	};

	snprintf(m.caller, sizeof(m.caller), "%s", caller);
	snprintf(m.called, sizeof(m.called), "%s", called);
	return m;
}

void world_offered(struct world *w, const struct callctl_call_offered *m)
{
	w->answered = w->wiped = false;
	w->hangup_cause = w->reject_cause = 0;
	memset(&w->play, 0, sizeof(w->play));
	calls_offered(&w->a, m);
	world_turn(w);
}

void world_call(struct world *w, uint64_t call, const char *caller, const char *called)
{
	struct callctl_call_offered m = world_offer(call, caller, called);

	world_offered(w, &m);
	assert_true(w->answered);
	calls_up(&w->a, call);
	world_turn(w);
}

void world_played(struct world *w, uint64_t call)
{
	calls_play_ended(&w->a, &(struct callctl_play_ended){ .call = call, .play = w->play.play, .why = CALLCTL_FINISHED });
	world_turn(w);
}

void world_press(struct world *w, uint64_t call, char key)
{
	assert_int_equal(w->play.collect, CALLCTL_COLLECT_MENU);
	calls_menu_key(&w->a, &(struct callctl_menu_key){ .call = call, .play = w->play.play, .key = (uint8_t)key });
	world_turn(w);
}

void world_silence(struct world *w, uint64_t call)
{
	calls_key_timeout(&w->a, &(struct callctl_key_timeout){ .call = call, .play = w->play.play, .first = 1 });
	world_turn(w);
}

void world_hang_up(struct world *w, uint64_t call)
{
	calls_ended(&w->a, &(struct callctl_call_ended){ .call = call, .cause = 16, .by = CALLCTL_BY_CALLER });
	world_turn(w);
}

static bool heard(const struct world *w, const char *prompt)
{
	char all[CALLCTL_ITEMS_MAX + 2], one[80];

	snprintf(all, sizeof(all), " %s ", w->play.items);
	snprintf(one, sizeof(one), " %s ", prompt);
	return strstr(all, one) != NULL;
}

void world_expect_heard(struct world *w, const char *prompt)
{
	if (!heard(w, prompt))
		fail_msg("\"%s\" is not in \"%s\"", prompt, w->play.items);
}

void world_expect_not_heard(struct world *w, const char *prompt)
{
	if (heard(w, prompt))
		fail_msg("\"%s\" is in \"%s\"", prompt, w->play.items);
}

/* ---- keystored, uplinkd ---- */

static struct vault_field_result field_result(struct world *w, uint64_t call, enum vault_result result)
{
	return (struct vault_field_result){
		.call = call, .field = w->field.field, .kind = w->field.kind, .result = (uint8_t)result,
	};
}

void world_field(struct world *w, uint64_t call, enum vault_result result)
{
	struct vault_field_result m = field_result(w, call, result);

	assert_int_equal(w->play.collect, CALLCTL_COLLECT_SECRET);
	assert_int_equal(w->play.field, w->field.field);
	calls_field_result(&w->a, &m);
	world_turn(w);
}

void world_type_card(struct world *w, uint64_t call, const char *last4, enum card_type type)
{
	struct vault_field_result m;

	assert_int_equal(w->field.kind, VAULT_CARD_NUMBER);
	m = field_result(w, call, VAULT_COMPLETE);
	snprintf(m.bin, sizeof(m.bin), "41111111");
	snprintf(m.last4, sizeof(m.last4), "%s", last4);
	snprintf(m.brand, sizeof(m.brand), "visa");
	snprintf(m.issuer, sizeof(m.issuer), "shinhan");
	m.card_type = (uint8_t)type;
	calls_field_result(&w->a, &m);
	world_turn(w);
	assert_int_equal(w->field.kind, VAULT_EXPIRY);
	world_field(w, call, VAULT_COMPLETE);
	assert_int_equal(w->field.kind, VAULT_IDENTITY);
	world_field(w, call, VAULT_COMPLETE);
	assert_int_equal(w->field.kind, VAULT_PASSWORD2);
	world_field(w, call, VAULT_COMPLETE);
	world_expect_heard(w, "card.confirm");
}

void world_sealed(struct world *w, uint64_t call, enum vault_status status)
{
	static struct vault_sealed m;

	memset(&m, 0, sizeof(m));
	m.req = w->seal.req;
	m.call = call;
	m.status = (uint8_t)status;
	if (status == VAULT_OK) {
		m.jwe.len = 9;
		memcpy(m.jwe.data, "a.b.c.d.e", 9);
		m.fingerprint.len = sizeof(m.fingerprint.data);
		memset(m.fingerprint.data, w->card != 0 ? w->card : 0x5a, sizeof(m.fingerprint.data));
	}
	attempts_sealed(&w->a, &m);
	world_turn(w);
}

void world_sign(struct world *w, uint64_t number)
{
	static const uint8_t seed[CRYPTO_SEED_SIZE] = { 1, 2, 3 };
	const struct vault_sign *asked = &w->sign[number % WORLD_SIGNS];
	struct vault_signature m = { .req = number, .bytes.len = VAULT_SIGNATURE_SIZE };

	assert_int_equal(asked->req, number);
	assert_int_equal(asked->hash.len, VAULT_HASH_SIZE);
	assert_int_equal(sign_public(seed, m.public_key, m.key), 0);
	assert_int_equal(sign_hash(seed, asked->usage, asked->hash.data, m.bytes.data), 0);
	consents_signature(&w->a, &m);
	world_turn(w);
}

struct uplink_pg_result world_ok(const char *billing_key)
{
	struct uplink_pg_result r = { .status = UPLINK_PG_OK };

	snprintf(r.tid, sizeof(r.tid), "tid-1");
	snprintf(r.approval_no, sizeof(r.approval_no), "30001234");
	snprintf(r.pg_billing_key, sizeof(r.pg_billing_key), "%s", billing_key);
	return r;
}

struct uplink_pg_result world_declined(enum uplink_decline class, const char *code)
{
	struct uplink_pg_result r = { .status = UPLINK_PG_DECLINED, .decline = (uint8_t)class };

	snprintf(r.code, sizeof(r.code), "%s", code);
	return r;
}

static uint64_t job_of(const struct uplink_msg *m)
{
	switch (m->type) {
	case uplink_type_pg_verify: return m->u.pg_verify.job;
	case uplink_type_pg_pay: return m->u.pg_pay.job;
	case uplink_type_pg_query: return m->u.pg_query.job;
	case uplink_type_pg_net_cancel: return m->u.pg_net_cancel.job;
	case uplink_type_pg_cancel: return m->u.pg_cancel.job;
	case uplink_type_pg_query_cancel: return m->u.pg_query_cancel.job;
	default: fail_msg("no PG job is under way"); return 0;
	}
}

void world_pg(struct world *w, struct uplink_pg_result result)
{
	result.job = job_of(&w->pg);
	memset(&w->pg, 0, sizeof(w->pg));
	if (cancels_owns_job(result.job))
		cancels_result(&w->a, &result);
	else
		attempts_result(&w->a, &result);
	world_turn(w);
}

void world_pg_status(struct world *w, enum uplink_pg_status status)
{
	world_pg(w, (struct uplink_pg_result){ .status = (uint8_t)status });
}

void world_gateway(struct world *w, const char *name, unsigned can, int64_t least_minor)
{
	struct uplink_pg_can m = { .can = can, .least_minor = least_minor };

	snprintf(m.name, sizeof(m.name), "%s", name);
	snprintf(m.kind, sizeof(m.kind), "json");
	gateways_told(&w->a, &m);
}

/* ---- whole stretches ---- */

struct request world_registered_request(struct world *w, const char *phone)
{
	return world_made(w, world_registration(phone));
}

void world_register_card(struct world *w, uint64_t call, const struct request *r, const char *last4, enum card_type type)
{
	world_call(w, call, r->phone.digits, r->virtual_number.digits);
	world_played(w, call);
	world_press(w, call, '1');
	world_type_card(w, call, last4, type);
	world_press(w, call, '1');
	world_sealed(w, call, VAULT_OK);
}

struct id world_billing_key(struct world *w, const char *phone, const char *last4, enum card_type type)
{
	static uint64_t call = 900;
	struct request r = world_registered_request(w, phone);

	call++;
	world_register_card(w, call, &r, last4, type);
	world_pg(w, world_ok("pgkey-1"));
	world_played(w, call);
	world_hang_up(w, call);
	return world_request(w, r.id.text).billing_key;
}
