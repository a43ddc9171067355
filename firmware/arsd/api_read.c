/* api_read.c: one registration, payment or call, as it is now. */
#include <string.h>

#include "arsd/api_priv.h"
#include "arsd/status.h"

static void answer_request(struct arsd *a, const struct api_ask *q, enum request_kind kind, const char *expand)
{
	static struct request r;
	struct problem p;

	if (store_request_get(a->store, q->m->u.head.id, &r) < 0 || r.kind != kind ||
	    strcmp(r.merchant.text, q->merchant.id.text) != 0) {
		problem_not_found(&p);
		api_answer_problem(a, q, &p);
	} else {
		api_show_request(a, q, &r, expand);
	}
}

void api_registration_get(struct arsd *a, const struct api_ask *q)
{
	answer_request(a, q, REQUEST_REGISTRATION, q->m->u.registration_get.expand);
}

void api_payment_get(struct arsd *a, const struct api_ask *q)
{
	answer_request(a, q, REQUEST_PAYMENT, q->m->u.payment_get.expand);
}

void api_call_get(struct arsd *a, const struct api_ask *q)
{
	struct call_record c;
	struct problem p;

	if (store_call_get(a->store, q->m->u.head.id, &c) < 0 || strcmp(c.merchant.text, q->merchant.id.text) != 0) {
		problem_not_found(&p);
		api_answer_problem(a, q, &p);
	} else {
		api_answer_json(a, q, 200, status_call(a, &c));
	}
}
