#include "arsd/view.h"

#include "arsd/render.h"
#include "arsd/sms.h"
#include "lib/log.h"

/* An event has to hold them, whatever merchants and PGs write; all attempts are a list of their own. */
enum { SHOWN_MAX = 6 };

static int add_attempt(const struct attempt *t, void *context)
{
	json_array_insert_new(context, 0, json_pack("{s:s, s:s, s:s, s:o, s:o, s:o}", "order_id", t->order_id, "verb", t->verb,
	                                            "status", t->state, "code", render_text(t->code), "created_at",
	                                            render_time(t->created), "updated_at", render_time(t->updated)));
	return 0;
}

json_t *view_cancellation(const struct cancellation *c)
{
	json_t *failure = json_null();

	if (c->code[0] != '\0')
		failure = json_pack("{s:s, s:o}", "code", c->code, "message", render_text(c->message));
	return json_pack("{s:s, s:s, s:s, s:s, s:{s:I, s:s}, s:I, s:o, s:o, s:s, s:o, s:o, s:o, s:o}", "id", c->id, "object",
	                 "cancellation", "status", c->state, "payment", c->request.text, "amount", "total",
	                 (json_int_t)c->amount.amount_minor, "currency", c->amount.currency, "tax_free", (json_int_t)c->tax_free_minor,
	                 "vat", c->vat_minor < 0 ? json_null() : json_integer(c->vat_minor), "reason", render_text(c->reason),
	                 "requester", c->requester, "failure", failure, "created_at", render_time(c->created), "updated_at",
	                 render_time(c->updated), "canceled_at", render_time(c->canceled));
}

static int add_cancellation(const struct cancellation *c, void *context)
{
	json_array_insert_new(context, 0, view_cancellation(c));
	return 0;
}

/* What may still be given back: not what is being given back already. */
static void add_cancelable(struct arsd *a, const struct request *r, json_t *o)
{
	int64_t pending = 0, left = 0;

	if (r->approved.ms != 0 && store_cancellations_pending(a->store, r->id.text, &pending) == 0)
		left = r->amount.amount_minor - r->canceled_minor - pending;
	json_object_set_new(o, "canceled_amount", json_integer(r->canceled_minor));
	json_object_set_new(o, "cancelable_amount", json_integer(left));
}

json_t *view_request(struct arsd *a, const struct request *r, bool live)
{
	json_t *o = render_request(r, live), *attempts, *cancellations;

	if (o != NULL)
		json_object_set_new(o, "sms", sms_view(a, r));
	if (o == NULL || r->kind != REQUEST_PAYMENT)
		return o;
	attempts = json_array();
	cancellations = json_array();
	/* Most payments are seen before there is anything to look for. */
	if (r->attempts > 0 && store_attempts_of(a->store, r->id.text, SHOWN_MAX, add_attempt, attempts) < 0)
		log_error("view", "request=%s of=attempts error=store", r->id.text);
	if (r->approved.ms != 0 && store_cancellations_of(a->store, r->id.text, SHOWN_MAX, add_cancellation, cancellations) < 0)
		log_error("view", "request=%s of=cancellations error=store", r->id.text);
	json_object_set_new(o, "attempts", attempts);
	json_object_set_new(o, "retries", json_integer(r->retries));
	add_cancelable(a, r, o);
	json_object_set_new(o, "cancellations", cancellations);
	return o;
}
