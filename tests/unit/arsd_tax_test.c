/* The parts of a payment that are free of tax and VAT: as they are asked for, as the gateway is told, and as they come back. */
#include "arsd_canceling.h"

#include <stdio.h>
#include <string.h>

enum { FREE = 20000, VAT = 3000 };

static struct api_msg *charge(struct world *w, const struct id *key, int64_t free_minor, int64_t vat)
{
	static int n;
	char order[32];
	struct api_msg *m;

	(void)w;
	snprintf(order, sizeof(order), "taxed-%06d", ++n);
	m = world_payment(key->text, order, PAID);
	snprintf(m->u.payment_create.consent, sizeof(m->u.payment_create.consent), "skip");
	m->u.payment_create.other_card[0] = '\0';
	m->u.payment_create.tax_free_minor = free_minor;
	m->u.payment_create.vat_minor = vat;
	return m;
}

static struct request approved(struct world *w, const struct id *key, int64_t free_minor, int64_t vat)
{
	struct request r = world_made(w, charge(w, key, free_minor, vat));

	assert_int_equal(w->pg.type, uplink_type_pg_pay);
	assert_int_equal(w->pg.u.pg_pay.tax_free_minor, free_minor);
	assert_int_equal(w->pg.u.pg_pay.vat_minor, vat);
	world_pg(w, world_ok(""));
	return world_request(w, r.id.text);
}

static void refused(struct world *w, struct api_msg *m, const char *code, const char *field)
{
	world_ask(w, m);
	assert_int_equal(w->answer.status, 422);
	assert_string_equal(w->answer.code, code);
	assert_string_equal(w->answer.field, field);
}

static void the_gateway_is_told_and_the_merchant_sees_them(void **state UNUSED)
{
	struct world *w = world_new("");
	const struct id key = world_billing_key(w, phone, "1234", CARD_CREDIT);

	approved(w, &key, FREE, VAT);
	world_ask(w, charge(w, &key, FREE, TAX_NOT_SAID));
	assert_string_equal(world_answered(w, "amount.tax_free"), "20000");
	assert_string_equal(world_answered(w, "amount.vat"), "");
	world_ask(w, charge(w, &key, TAX_NOT_SAID, VAT));
	assert_string_equal(world_answered(w, "amount.tax_free"), "");
	assert_string_equal(world_answered(w, "amount.vat"), "3000");
	world_free(&w);
}

static void parts_that_cannot_be_are_refused(void **state UNUSED)
{
	struct world *w = world_new("");
	const struct id key = world_billing_key(w, phone, "1234", CARD_CREDIT);

	refused(w, charge(w, &key, PAID + 1, TAX_NOT_SAID), "invalid_field", "/amount/tax_free");
	refused(w, charge(w, &key, FREE, PAID - FREE + 1), "invalid_field", "/amount/vat");
	world_gateway(w, "sandbox", UPLINK_CAN_BILLING | UPLINK_CAN_CANCEL, 0);
	refused(w, charge(w, &key, FREE, 0), "gateway_cannot", "/amount/vat");
	approved(w, &key, FREE, TAX_NOT_SAID);
	world_free(&w);
}

static void give_back(struct world *w, const struct request *r, int64_t amount, int64_t free_minor, int64_t told)
{
	struct api_msg *m = canceling_of(r, amount);

	m->u.payment_cancel.tax_free_minor = free_minor;
	world_ask(w, m);
	assert_int_equal(w->answer.status, 200);
	assert_int_equal(w->pg.u.pg_cancel.tax_free_minor, told);
}

static struct api_msg *part_of(const struct request *r, int64_t amount, int64_t free_minor, int64_t vat)
{
	struct api_msg *m = canceling_of(r, amount);

	m->u.payment_cancel.tax_free_minor = free_minor;
	m->u.payment_cancel.vat_minor = vat;
	return m;
}

/* Those under way count, and those that the gateway has refused do not. */
static void they_come_back_as_they_were_sold(void **state UNUSED)
{
	struct world *w = world_new("");
	const struct id key = world_billing_key(w, phone, "1234", CARD_CREDIT);
	struct request r = approved(w, &key, FREE, VAT);

	canceling_refused(w, part_of(&r, 30000, FREE + 1, TAX_NOT_SAID), 409, "amount_not_cancelable", "/tax_free");
	canceling_refused(w, part_of(&r, PAID - FREE + 1, 0, TAX_NOT_SAID), 409, "amount_not_cancelable", "/tax_free");
	canceling_refused(w, part_of(&r, 10000, 0, VAT + 1), 409, "amount_not_cancelable", "/vat");
	give_back(w, &r, 15000, 15000, 15000);
	canceling_refused(w, part_of(&r, 5001, 5001, TAX_NOT_SAID), 409, "amount_not_cancelable", "/tax_free");
	world_pg_status(w, UPLINK_PG_DECLINED);
	give_back(w, &r, 15000, 15000, 15000);
	world_pg_status(w, UPLINK_PG_OK);
	canceling_refused(w, part_of(&r, 5001, 5001, TAX_NOT_SAID), 409, "amount_not_cancelable", "/tax_free");
	give_back(w, &r, 33000, TAX_NOT_SAID, 0);
	world_pg_status(w, UPLINK_PG_OK);
	give_back(w, &r, 0, TAX_NOT_SAID, 5000);
	world_pg_status(w, UPLINK_PG_OK);
	assert_string_equal(world_request(w, r.id.text).state, "canceled");
	world_free(&w);
}

static void all_of_it_takes_them_along(void **state UNUSED)
{
	struct world *w = world_new("");
	const struct id key = world_billing_key(w, phone, "1234", CARD_CREDIT);
	struct request r = approved(w, &key, FREE, TAX_NOT_SAID);

	give_back(w, &r, 0, TAX_NOT_SAID, FREE);
	assert_int_equal(w->pg.u.pg_cancel.whole, 1);
	world_free(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_gateway_is_told_and_the_merchant_sees_them),
		cmocka_unit_test(parts_that_cannot_be_are_refused),
		cmocka_unit_test(they_come_back_as_they_were_sold),
		cmocka_unit_test(all_of_it_takes_them_along),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
