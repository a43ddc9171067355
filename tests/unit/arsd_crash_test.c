/* A payment, another try of one, and its giving back, whose arsd is killed at every step, in three ways: before the step's turn is stored; after that, but before
 * what it sent has left; and after it has left, but before any answer came. Or it lives, but the store refuses the turn.
 * The PG keeps a ledger. In the end exactly one order stands in it, and the merchant has been told of exactly one
 * approval. */
#include "arsd_world.h"

#include <stdio.h>
#include <string.h>

#include "arsd/calls.h"

static const char phone[] = "01012345678";

/* ---- a PG that remembers ---- */

enum { ORDERS_MAX = 32 };
static struct ledger {
	int count;
	struct order { char id[64]; bool approved, undone, declined; } order[ORDERS_MAX];
	bool declines_first;
	/* Cancellations by their own id, and what was given back in all. */
	char given_back[ORDERS_MAX][64];
	int given_back_count;
} pg;

static struct order *order_of(const char *id)
{
	for (int i = 0; i < pg.count; i++)
		if (strcmp(pg.order[i].id, id) == 0)
			return &pg.order[i];
	assert_true(pg.count < ORDERS_MAX);
	snprintf(pg.order[pg.count].id, sizeof(pg.order[0].id), "%s", id);
	return &pg.order[pg.count++];
}

static int standing_orders(void)
{
	int n = 0;

	for (int i = 0; i < pg.count; i++)
		n += pg.order[i].approved && !pg.order[i].undone;
	return n;
}

static bool was_given_back(const char *id)
{
	for (int i = 0; i < pg.given_back_count; i++)
		if (strcmp(pg.given_back[i], id) == 0)
			return true;
	return false;
}

/* Once for each id; and a PG that finds nothing left says no. */
static struct uplink_pg_result pg_gives_back(const struct uplink_pg_cancel *c)
{
	struct order *o = order_of(c->order_id);

	assert_true(o->approved && !o->undone);
	if (!was_given_back(c->cancel_id)) {
		if (pg.given_back_count > 0)
			return world_declined(UPLINK_DECLINE_MERCHANT, "P908");
		snprintf(pg.given_back[pg.given_back_count++], sizeof(pg.given_back[0]), "%s", c->cancel_id);
	}
	return (struct uplink_pg_result){ .status = UPLINK_PG_OK, .amount_minor = c->amount_minor };
}

/* What the PG does with what reached it; the answer is what it would say. */
static struct uplink_pg_result pg_takes(const struct uplink_msg *m)
{
	struct order *o;

	switch (m->type) {
	case uplink_type_pg_pay:
		o = order_of(m->u.pg_pay.order_id);
		if (o->undone)
			return world_declined(UPLINK_DECLINE_SYSTEM, "UNDONE");
		/* The same order twice would be a second charge at a PG that does not look. */
		assert_false(o->approved);
		o->declined = pg.declines_first && o == pg.order;
		o->approved = !o->declined;
		return o->declined ? world_declined(UPLINK_DECLINE_FUNDS, "P051") : world_ok("");
	case uplink_type_pg_query:
		o = order_of(m->u.pg_query.order_id);
		if (o->declined && !o->undone)
			return world_declined(UPLINK_DECLINE_FUNDS, "P051");
		return o->approved && !o->undone ? world_ok("") : (struct uplink_pg_result){ .status = UPLINK_PG_NOT_FOUND };
	case uplink_type_pg_cancel: return pg_gives_back(&m->u.pg_cancel);
	case uplink_type_pg_query_cancel:
		return (struct uplink_pg_result){ .status = was_given_back(m->u.pg_query_cancel.cancel_id) ? UPLINK_PG_OK : UPLINK_PG_NOT_FOUND };
	default:
		assert_int_equal(m->type, uplink_type_pg_net_cancel);
		order_of(m->u.pg_net_cancel.order_id)->undone = true;
		return (struct uplink_pg_result){ .status = UPLINK_PG_OK };
	}
}

static void pg_serves(struct world *w)
{
	while (w->pg.type != 0) {
		struct uplink_msg m = w->pg;

		world_pg(w, pg_takes(&m));
	}
}

/* ---- the steps of a payment ---- */

static struct id key;
static uint64_t line_call;
static bool skip_consent;

static void ask(struct world *w)
{
	struct api_msg *m = world_payment(key.text, "order-000001", 9900);

	snprintf(m->u.payment_create.idempotency_key, sizeof(m->u.payment_create.idempotency_key), "once");
	if (skip_consent)
		snprintf(m->u.payment_create.consent, sizeof(m->u.payment_create.consent), "skip");
	world_ask(w, m);
}

static int find_payment(const struct request *r, void *context)
{
	*(struct request *)context = *r;
	return 1;
}

static bool payment(struct world *w, struct request *r)
{
	return store_requests_list(w->a.store, REQUEST_PAYMENT, 1, find_payment, r) == 1;
}

/* The merchant tries again what failed. */
static void retry(struct world *w)
{
	struct api_msg m = { .type = api_type_payment_retry };
	struct request r;

	if (!payment(w, &r))
		return;
	snprintf(m.u.head.id, sizeof(m.u.head.id), "%s", r.id.text);
	snprintf(m.u.head.idempotency_key, sizeof(m.u.head.idempotency_key), "again");
	world_ask(w, &m);
}

/* The merchant takes the payment back. */
static void cancel(struct world *w)
{
	struct api_msg m = { .type = api_type_payment_cancel };
	struct request r;

	if (!payment(w, &r))
		return;
	snprintf(m.u.head.id, sizeof(m.u.head.id), "%s", r.id.text);
	snprintf(m.u.head.idempotency_key, sizeof(m.u.head.idempotency_key), "back");
	m.u.payment_cancel.tax_free_minor = m.u.payment_cancel.vat_minor = m.u.payment_cancel.cancelable_minor = -1;
	snprintf(m.u.payment_cancel.reason, sizeof(m.u.payment_cancel.reason), "return");
	world_ask(w, &m);
}

static void offer(struct world *w)
{
	struct request r;
	struct callctl_call_offered m;

	if (!payment(w, &r))
		return;
	m = world_offer(++line_call, phone, r.virtual_number.digits);
	world_offered(w, &m);
}

static void up(struct world *w)
{
	calls_up(&w->a, line_call);
	world_turn(w);
}

static void greeted(struct world *w) { world_played(w, line_call); }
static void agree(struct world *w) { world_press(w, line_call, '1'); }
static void answered(struct world *w) { pg_serves(w); }
static void hang_up(struct world *w) { world_hang_up(w, line_call); }

typedef void (*step)(struct world *w);
static const step with_call[] = { ask, offer, up, greeted, agree, answered, hang_up };
static const step without_call[] = { ask, answered };
static const step given_back[] = { ask, answered, cancel, answered };
static const step tried_again[] = { ask, answered, retry, answered };

enum kill { NOTHING_STORED, NOTHING_SENT, NOTHING_ANSWERED, TURN_REFUSED, KILLS };

/* The PG has done what it was asked; what it says comes to an arsd that dies of it, or dies before, or dies after. */
static void killed_in_the_answer(struct world *w, enum kill how)
{
	struct uplink_msg m = w->pg;
	struct uplink_pg_result said;

	assert_true(m.type == uplink_type_pg_pay || m.type == uplink_type_pg_cancel);
	said = pg_takes(&m);
	w->lost = how == NOTHING_STORED || how == TURN_REFUSED;
	w->webhook_waits = true;
	if (how != NOTHING_SENT)
		world_pg(w, said);
	w->webhook_waits = false;
}

static void killed_in(struct world *w, step last, enum kill how)
{
	if (last == answered) {
		killed_in_the_answer(w, how);
	} else {
		w->pg.type = 0;
		w->lost = how == NOTHING_STORED || how == TURN_REFUSED;
		last(w);
		if (how == NOTHING_ANSWERED && w->pg.type != 0)
			pg_takes(&w->pg);
	}
	if (how != TURN_REFUSED) {
		world_crash(w);
		return;
	}
	/* server.c throws the turn's frames away, and trunkd carries out the hang-up. */
	w->lost = false;
	w->pg.type = 0;
	arsd_turn_failed(&w->a);
	world_turn(w);
	hang_up(w);
}

/* The rest of the world goes on: the PG answers, the merchant repeats its request, the customer calls again. */
static void go_on(struct world *w)
{
	struct request r;

	for (int i = 0; i < 20; i++) {
		world_wait(w, 500);
		pg_serves(w);
	}
	ask(w);
	assert_int_equal(w->answer.status, 201);
	assert_true(payment(w, &r));
	assert_string_equal(world_answered(w, "id"), r.id.text);
	pg_serves(w);
	if (pg.declines_first) {
		retry(w);
		assert_true(w->answer.status == 200 || w->answer.status == 409);
		pg_serves(w);
	}
	for (int i = 0; i < 3 && payment(w, &r) && strcmp(r.state, "sms_sent") == 0; i++) {
		offer(w);
		up(w);
		greeted(w);
		agree(w);
		pg_serves(w);
		hang_up(w);
	}
}

static int told(const struct world *w, const char *type)
{
	char seen[WORLD_KEPT][40];
	int n = 0;

	for (int i = 0; i < w->hook_count; i++) {
		const struct uplink_webhook *h = &w->hooks[i].u.webhook;
		bool known = memmem(h->body.data, h->body.len, type, strlen(type)) == NULL;

		for (int k = 0; !known && k < n; k++)
			known = strcmp(seen[k], h->event_id) == 0;
		if (!known)
			snprintf(seen[n++], sizeof(seen[0]), "%s", h->event_id);
	}
	return n;
}

static int count_request(const struct request *r, void *context)
{
	(void)r;
	++*(int *)context;
	return 0;
}

static void kill_at_every_step(const step *steps, int count, bool declines_first)
{
	for (int at = 0; at < count; at++)
		for (enum kill how = 0; how < KILLS; how++) {
			struct world *w = world_new("");
			struct request r;
			int requests = 0;

			memset(&pg, 0, sizeof(pg));
			pg.declines_first = declines_first;
			line_call = 100;
			key = world_billing_key(w, phone, "1234", CARD_CREDIT);
			for (int i = 0; i < at; i++)
				steps[i](w);
			killed_in(w, steps[at], how);
			go_on(w);
			assert_true(payment(w, &r));
			/* One that was undone at the PG is over, and nothing stands; the merchant asks anew. */
			if (strcmp(r.state, "approved") != 0 && strcmp(r.state, "net_canceled") != 0)
				fail_msg("step %d, kill %d: ended as %s", at, how, r.state);
			assert_int_equal(standing_orders(), strcmp(r.state, "approved") == 0);
			assert_int_equal(told(w, "\"payment.approved\""), standing_orders());
			assert_int_equal(store_requests_list(w->a.store, REQUEST_PAYMENT, 100, count_request, &requests), 0);
			assert_int_equal(requests, 1);
			assert_int_equal(calls_count(w->a.calls), 0);
			world_free(&w);
		}
}

static void killed_at_any_step_of_a_call_one_order_stands(void **state)
{
	(void)state;
	skip_consent = false;
	kill_at_every_step(with_call, ARRAY_LEN(with_call), false);
}

static void killed_at_any_step_of_a_charge_one_order_stands(void **state)
{
	(void)state;
	skip_consent = true;
	kill_at_every_step(without_call, ARRAY_LEN(without_call), false);
}

/* After a kill at any step: the merchant repeats its wish, all of the money is given back, once, and it is told so once. */
static void killed_at_any_step_of_a_giving_back_it_is_done_once(void **state)
{
	(void)state;
	skip_consent = true;
	for (size_t at = 2; at < ARRAY_LEN(given_back); at++)
		for (enum kill how = 0; how < KILLS; how++) {
			struct world *w = world_new("");
			struct request r;

			memset(&pg, 0, sizeof(pg));
			key = world_billing_key(w, phone, "1234", CARD_CREDIT);
			for (size_t i = 0; i < at; i++)
				given_back[i](w);
			killed_in(w, given_back[at], how);
			for (int i = 0; i < 20; i++) {
				world_wait(w, 500);
				pg_serves(w);
			}
			cancel(w);
			assert_int_equal(w->answer.status, 200);
			pg_serves(w);
			assert_true(payment(w, &r));
			assert_string_equal(r.state, "canceled");
			assert_int_equal(r.canceled_minor, r.amount.amount_minor);
			assert_int_equal(pg.given_back_count, 1);
			assert_int_equal(told(w, "\"payment.canceled\""), 1);
			world_free(&w);
		}
}

static void killed_at_any_step_of_a_retry_one_order_stands(void **state)
{
	(void)state;
	skip_consent = true;
	kill_at_every_step(tried_again, ARRAY_LEN(tried_again), true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(killed_at_any_step_of_a_call_one_order_stands),
		cmocka_unit_test(killed_at_any_step_of_a_charge_one_order_stands),
		cmocka_unit_test(killed_at_any_step_of_a_giving_back_it_is_done_once),
		cmocka_unit_test(killed_at_any_step_of_a_retry_one_order_stands),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
