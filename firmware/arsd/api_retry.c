/* api_retry.c: a payment that failed is tried once more under its own id and order_id: with the customer's consent asked for
 * again, or without, as it was made. The attempt has an order id of its own at the PG, as every attempt has. */
#include <stdio.h>
#include <string.h>

#include "arsd/api_priv.h"
#include "arsd/call_vars.h"
#include "arsd/payment.h"
#include "arsd/promotion_tables.h"
#include "arsd/requests.h"

/* Is this as the merchant saw it when it asked? Another retry may have come before, while the names were made into sound. */
bool retry_still_may(struct arsd *a, const struct request *r)
{
	struct request now;

	return store_request_get(a->store, r->id.text, &now) == 0 && strcmp(now.state, r->state) == 0 &&
	       now.retries + 1 == r->retries && now.updated.ms == r->updated.ms;
}

int problem_not_retryable(const struct request *r, struct problem *p)
{
	if (requests_ended(r))
		return problem_set(p, 409, "payment_not_retryable", "", "the payment is %s: only one that failed is tried again", r->state);
	return problem_set(p, 409, "payment_not_retryable", "", "the payment is %s: it has not ended yet", r->state);
}

/* As it was made, and nothing of what came of it. The time it has begins now; updated stays, to be compared. */
static void begin_again(struct arsd *a, struct request *r)
{
	struct promotion_sources promotions = promotion_sources_of(a, r, true);

	requests_set_failure(r, "", "", "");
	r->virtual_number.digits[0] = '\0';
	r->calls = 0;
	r->attempts_before = r->attempts;
	r->retries++;
	r->other_card_used = r->keep_card = false;
	r->tid[0] = r->approval_no[0] = '\0';
	r->instalment_months = strcmp(r->instalment_mode, "fixed") == 0 ? r->allowed[0] : 0;
	r->interest_free_chosen = (uint8_t)call_vars_interest_free(r, &r->card, r->instalment_months, &promotions, a->wall);
}

static int check(struct arsd *a, const struct api_ask *q, struct request *r, struct problem *p)
{
	if (store_request_get(a->store, q->m->u.head.id, r) < 0 || r->kind != REQUEST_PAYMENT ||
	    strcmp(r->merchant.text, q->merchant.id.text) != 0)
		return problem_not_found(p);
	if (!payment_may_be_retried(fsm_find_state(&payment_fsm, r->state)))
		return problem_not_retryable(r, p);
	return api_check_retry(a, &q->merchant, &q->m->u.payment_retry, r, p);
}

void api_payment_retry(struct arsd *a, const struct api_ask *q)
{
	static struct request r;
	struct problem p;

	if (check(a, q, &r, &p) < 0) {
		api_answer_problem(a, q, &p);
		return;
	}
	begin_again(a, &r);
	create_again(a, q, &r);
}
