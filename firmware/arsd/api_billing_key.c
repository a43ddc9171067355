/* api_billing_key.c: a billing key, its rest, its next card, and its end. */
#include <stdio.h>
#include <string.h>

#include "arsd/api_priv.h"
#include "arsd/billing_keys.h"
#include "arsd/columns.h"
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

/* done: what billing_keys.h answered. */
static void answer(struct arsd *a, const struct api_ask *q, const struct billing_key *k, int done)
{
	struct problem p;

	if (done == 0) {
		api_answer_json(a, q, 200, render_billing_key(k, q->merchant.live));
		return;
	}
	if (done == ERR_STATE)
		problem_set(&p, 409, "billing_key_deleted", "", "the billing key was withdrawn, for good");
	else
		problem_store(&p);
	if (done == ERR_AGAIN) {
		problem_set(&p, 503, "keystore_locked", "", "the billing key cannot be read now; nothing was changed");
		p.retry_after_s = LOCKED_RETRY_S;
	}
	api_answer_problem(a, q, &p);
}

void api_billing_key_delete(struct arsd *a, const struct api_ask *q)
{
	struct billing_key k;

	if (find_key(a, q, &k) == 0)
		answer(a, q, &k, billing_keys_withdraw(a, &k, q->m->u.billing_key_delete.reason));
}

void api_billing_key_suspend(struct arsd *a, const struct api_ask *q)
{
	struct billing_key k;

	if (find_key(a, q, &k) == 0)
		answer(a, q, &k, billing_keys_suspend(a, &k));
}

void api_billing_key_resume(struct arsd *a, const struct api_ask *q)
{
	struct billing_key k;

	if (find_key(a, q, &k) == 0)
		answer(a, q, &k, billing_keys_resume(a, &k));
}

/* Whom to ask is not known: not now, or no longer. */
static void answer_unreadable(struct arsd *a, const struct api_ask *q, const struct billing_key *k)
{
	struct problem p;

	if (columns_wait(a)) {
		answer(a, q, k, ERR_AGAIN);
		return;
	}
	problem_set(&p, 422, "billing_key_unusable", "", "the customer's number was sealed by keys that are lost; register anew");
	api_answer_problem(a, q, &p);
}

/* The same customer registers another card, which takes the old one's place behind the key. */
void api_billing_key_replace(struct arsd *a, const struct api_ask *q)
{
	const struct api_billing_key_replace *m = &q->m->u.billing_key_replace;
	struct api_registration_create c;
	struct billing_key k;

	if (find_key(a, q, &k) < 0)
		return;
	if (strcmp(k.status, "deleted") == 0) {
		answer(a, q, &k, ERR_STATE);
		return;
	}
	if (k.phone.digits[0] == '\0') {
		answer_unreadable(a, q, &k);
		return;
	}
	memset(&c, 0, sizeof(c));
	snprintf(c.customer_ref, sizeof(c.customer_ref), "%s", k.customer_ref);
	snprintf(c.phone, sizeof(c.phone), "%s", k.phone.digits);
	snprintf(c.merchant_name, sizeof(c.merchant_name), "%s", m->merchant_name);
	snprintf(c.product_name, sizeof(c.product_name), "%s", m->product_name);
	snprintf(c.cycle, sizeof(c.cycle), "%s", m->cycle);
	c.amount_minor = m->amount_minor;
	snprintf(c.currency, sizeof(c.currency), "%s", m->currency);
	snprintf(c.language, sizeof(c.language), "%s", m->language);
	snprintf(c.speed, sizeof(c.speed), "%s", m->speed);
	c.expires_in_s = m->expires_in_s;
	snprintf(c.sms, sizeof(c.sms), "%s", m->sms);
	create_replacement(a, q, &c, &k);
}
