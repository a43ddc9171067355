#include "arsd_canceling.h"

#include <stdio.h>
#include <string.h>

struct request canceling_made(struct world *w, const char *consent)
{
	struct id key = world_billing_key(w, phone, "1234", CARD_CREDIT);
	struct api_msg *m = world_payment(key.text, "order-000001", PAID);

	snprintf(m->u.payment_create.consent, sizeof(m->u.payment_create.consent), "%s", consent);
	if (strcmp(consent, "skip") == 0)
		m->u.payment_create.other_card[0] = '\0';
	return world_made(w, m);
}

struct api_msg *canceling_of(const struct request *r, int64_t amount)
{
	static struct api_msg m;
	struct api_payment_cancel *c = &m.u.payment_cancel;

	memset(&m, 0, sizeof(m));
	m.type = api_type_payment_cancel;
	snprintf(m.u.head.id, sizeof(m.u.head.id), "%s", r->id.text);
	c->amount_minor = amount;
	snprintf(c->currency, sizeof(c->currency), "%s", amount != 0 ? "KRW" : "");
	c->tax_free_minor = c->vat_minor = c->cancelable_minor = -1;
	snprintf(c->reason, sizeof(c->reason), "반품");
	snprintf(c->requester, sizeof(c->requester), "customer");
	return &m;
}

void canceling_refused(struct world *w, struct api_msg *m, unsigned status, const char *code, const char *field)
{
	int before = w->pg_count;

	world_ask(w, m);
	assert_int_equal(w->answer.status, status);
	assert_string_equal(w->answer.code, code);
	assert_string_equal(w->answer.field, field);
	assert_int_equal(w->pg_count, before);
}
