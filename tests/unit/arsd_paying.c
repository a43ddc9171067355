#include "arsd_paying.h"

#include <stdio.h>

void paying_offer_months(struct api_msg *m, const char *allowed, const char *interest_free)
{
	struct api_payment_create *c = &m->u.payment_create;

	snprintf(c->instalment_mode, sizeof(c->instalment_mode), "ask");
	snprintf(c->instalment_allowed, sizeof(c->instalment_allowed), "%s", allowed);
	snprintf(c->interest_free, sizeof(c->interest_free), "%s", interest_free);
}

void paying_skip_consent(struct api_msg *m)
{
	struct api_payment_create *c = &m->u.payment_create;

	snprintf(c->consent, sizeof(c->consent), "skip");
	snprintf(c->other_card, sizeof(c->other_card), "allow");
}

struct request paying_until_asked(struct world *w, struct id *key)
{
	struct api_msg *m;
	struct request r;

	*key = world_billing_key(w, phone, "1234", CARD_CREDIT);
	m = world_payment(key->text, "order-000001", 53000);
	paying_offer_months(m, "2,3,6", "3");
	r = world_made(w, m);
	world_call(w, CALL, phone, r.virtual_number.digits);
	assert_string_equal(w->play.items, "greet.neutral");
	world_played(w, CALL);
	world_expect_heard(w, "pay.asks");
	return r;
}

struct request paying_until_other_card(struct world *w, struct id *key, char keep)
{
	struct request r = paying_until_asked(w, key);

	world_press(w, CALL, '2');
	world_type_card(w, CALL, "9876", CARD_CREDIT);
	world_expect_heard(w, "num.9");
	world_press(w, CALL, '1');
	world_expect_heard(w, "other.keep");
	world_press(w, CALL, keep);
	world_expect_heard(w, "months.ask");
	world_press(w, CALL, '1');
	world_sealed(w, CALL, VAULT_OK);
	assert_int_equal(w->pg.type, uplink_type_pg_pay);
	assert_string_equal(w->pg.u.pg_pay.pg_billing_key, "");
	assert_int_equal(w->pg.u.pg_pay.jwe.len, 9);
	return r;
}

void paying_fix_months(struct api_msg *m)
{
	struct api_payment_create *c = &m->u.payment_create;

	snprintf(c->instalment_mode, sizeof(c->instalment_mode), "fixed");
	c->instalment_months = 3;
	snprintf(c->interest_free, sizeof(c->interest_free), "3");
}
