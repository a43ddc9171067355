#include "arsd/outbox.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arsd/columns.h"
#include "arsd/sms.h"
#include "crypto/crypto.h"
#include "lib/log.h"
#include "store/columns.h"
#include "store/lists.h"

enum { BATCH = 64, LOOK_EVERY_MS = 1000, CLOCK_STEP_MS = 1000, LONG_STEP_MS = 3600000, PURGE_AFTER_STEP_MS = 86400000, KINDS = 3 };

/* An hour, and the chance that is added to it. No server is waited for longer, whatever it asks for. */
static const int64_t longest_pause_ms = INT64_C(3600000) * 5 / 4;

struct outbox {
	bool pending;                     /* something was added or requeued: look at once */
	int under_way[KINDS];
	struct mono next_look;
	struct wall last_wall;
	struct mono last_mono;
	struct outbox_job job;            /* scratch: one is 17 KB */
};

/* under_way: at once in all, each kind for itself; of_merchant: of one merchant. A merchant whose server takes webhooks and
 * never answers holds up neither the SMS nor the webhooks of others. */
static const struct { const char *name; int64_t first_ms, most_ms; uint32_t tries; int under_way, of_merchant; } rules[KINDS] = {
	/* A customer who gets no SMS within minutes has gone; a merchant's server may be down for three days. */
	[OUTBOX_SMS] = { "sms", 1000, 60000, 8, 128, 32 },
	[OUTBOX_WEBHOOK] = { "webhook", 1000, 3600000, 85, 128, 16 },
	[OUTBOX_EXPIRE_KEY] = { "pg_expire", 1000, 3600000, 96, 16, 8 },
};

int64_t outbox_backoff_ms(enum outbox_kind kind, uint32_t tries, uint32_t jitter)
{
	int64_t ms = rules[kind].first_ms;

	if (tries >= rules[kind].tries)
		return -1;
	for (uint32_t i = 1; i < tries && ms < rules[kind].most_ms; i++)
		ms *= 2;
	if (ms > rules[kind].most_ms)
		ms = rules[kind].most_ms;
	return ms - ms / 4 + (int64_t)(jitter % (uint32_t)(ms / 2 + 1));
}

/* What is kept for days is thrown away only a day after a long step of the clock, when somebody has looked at it. */
static void hold_purges(struct arsd *a, int64_t step_ms)
{
	if (step_ms >= LONG_STEP_MS)
		a->purge_at = mono_add_ms(a->mono, PURGE_AFTER_STEP_MS);
}

/* An arsd that starts cannot tell whether nothing happened for so long, or the clock is wrong. */
static void hold_purges_at_start(struct arsd *a)
{
	struct wall newest;

	if (store_events_newest(a->store, &newest) == 0)
		hold_purges(a, a->wall.ms - newest.ms);
}

int outbox_new(struct arsd *a, struct outbox **o)
{
	struct outbox *made = calloc(1, sizeof(*made));

	if (made == NULL)
		return ERR_NOMEM;
	made->pending = true;
	made->last_wall = a->wall;
	made->last_mono = a->mono;
	hold_purges_at_start(a);
	*o = made;
	return 0;
}

void outbox_free(struct outbox **o)
{
	free(*o);
	*o = NULL;
}

/* ---- adding ---- */

static struct outbox_job *blank(struct arsd *a, enum outbox_kind kind, const char *request, const char *merchant)
{
	struct outbox_job *j = &a->outbox->job;

	memset(j, 0, sizeof(*j));
	snprintf(j->kind, sizeof(j->kind), "%s", rules[kind].name);
	snprintf(j->request.text, sizeof(j->request.text), "%s", request);
	snprintf(j->merchant.text, sizeof(j->merchant.text), "%s", merchant);
	snprintf(j->state, sizeof(j->state), "waiting");
	j->created = j->next_try = a->wall;
	return j;
}

static int add(struct arsd *a, struct outbox_job *j)
{
	int e = store_outbox_add(a->store, j);

	if (e < 0)
		log_error("outbox_add", "kind=%s ref=%s error=%s", j->kind, j->ref, err_name(e));
	a->outbox->pending = true;
	return e;
}

int outbox_add_sms(struct arsd *a, const struct request *r, const char *ref, const char *text)
{
	struct outbox_job *j = blank(a, OUTBOX_SMS, r->id.text, r->merchant.text);

	snprintf(j->ref, sizeof(j->ref), "%s", ref);
	snprintf(j->to, sizeof(j->to), "%s", r->phone.digits);
	snprintf(j->body, sizeof(j->body), "%s", text);
	return add(a, j);
}

static int add_again(struct arsd *a, struct outbox_job *j)
{
	if (strcmp(j->state, "sending") == 0)
		return ERR_STATE;
	snprintf(j->state, sizeof(j->state), "waiting");
	j->tries = 0;
	j->detail[0] = '\0';
	j->next_try = a->wall;
	a->outbox->pending = true;
	return store_outbox_update(a->store, j);
}

int outbox_add_webhook(struct arsd *a, const struct webhook_endpoint *w, const struct event *event)
{
	struct outbox_job *j = &a->outbox->job;
	int e = store_delivery_get(a->store, event->id.text, w->number, j);

	if (e != ERR_NOT_FOUND)
		return e < 0 ? e : add_again(a, j);
	j = blank(a, OUTBOX_WEBHOOK, event->request.text, w->merchant.text);
	snprintf(j->ref, sizeof(j->ref), "%s.%" PRId64, event->id.text, w->number);
	snprintf(j->to, sizeof(j->to), "%s", w->url);
	return add(a, j);
}

int outbox_add_expire_key(struct arsd *a, const struct billing_key *k, const char *pg_billing_key)
{
	struct outbox_job *j;

	if (columns_is_sealed(pg_billing_key)) {
		log_error("billing_key_unreadable", "billing_key=%s hint=\"the gateway keeps it: have it deleted there by its registration %s\"",
		          k->id.text, k->registration.text);
		return 0;
	}
	j = blank(a, OUTBOX_EXPIRE_KEY, k->registration.text, k->merchant.text);

	snprintf(j->ref, sizeof(j->ref), "%s", id_new("exp_").text);
	snprintf(j->to, sizeof(j->to), "%s", k->pg);
	snprintf(j->body, sizeof(j->body), "%s", pg_billing_key);
	return add(a, j);
}

/* ---- sending ---- */

static bool send_sms(struct arsd *a, const struct outbox_job *j)
{
	static struct uplink_msg m;

	memset(&m, 0, sizeof(m));
	m.type = uplink_type_sms;
	m.u.sms.job = (uint64_t)j->id;
	snprintf(m.u.sms.message_id, sizeof(m.u.sms.message_id), "%s", j->ref);
	snprintf(m.u.sms.to, sizeof(m.u.sms.to), "%.*s", (int)sizeof(m.u.sms.to) - 1, j->to);
	snprintf(m.u.sms.text, sizeof(m.u.sms.text), "%.*s", (int)sizeof(m.u.sms.text) - 1, j->body);
	sms_fill(a, j->ref, &m.u.sms);
	return a->ports.uplink(a->ports.context, &m);
}

/* Whose webhook is it? ERR_NOT_FOUND: an endpoint that was deleted. */
static int endpoint_of(struct arsd *a, const struct outbox_job *j, struct webhook_endpoint *w)
{
	const char *dot = strchr(j->ref, '.');
	int e = dot == NULL ? ERR_NOT_FOUND : store_webhook_by_number(a->store, strtoll(dot + 1, NULL, 10), w);

	return e == 0 && strcmp(w->merchant.text, j->merchant.text) != 0 ? ERR_NOT_FOUND : e;
}

static bool send_webhook(struct arsd *a, const struct outbox_job *j)
{
	static struct uplink_msg m;
	struct webhook_endpoint w;

	if (endpoint_of(a, j, &w) < 0)
		return false;
	memset(&m, 0, sizeof(m));
	m.type = uplink_type_webhook;
	m.u.webhook.job = (uint64_t)j->id;
	snprintf(m.u.webhook.event_id, sizeof(m.u.webhook.event_id), "%.*s", (int)strcspn(j->ref, "."), j->ref);
	/* Where it is now: a merchant who mends an address waits for what was sent to the wrong one. */
	snprintf(m.u.webhook.url, sizeof(m.u.webhook.url), "%s", w.url);
	snprintf(m.u.webhook.secret, sizeof(m.u.webhook.secret), "%s", w.secret);
	if (a->wall.ms < w.before_until.ms)
		snprintf(m.u.webhook.secret_before, sizeof(m.u.webhook.secret_before), "%s", w.secret_before);
	m.u.webhook.body.len = (uint32_t)strnlen(j->body, sizeof(m.u.webhook.body.data));
	memcpy(m.u.webhook.body.data, j->body, m.u.webhook.body.len);
	return a->ports.uplink(a->ports.context, &m);
}

static bool send_expire_key(struct arsd *a, const struct outbox_job *j)
{
	static struct uplink_msg m;

	memset(&m, 0, sizeof(m));
	m.type = uplink_type_pg_expire_key;
	m.u.pg_expire_key.job = (uint64_t)j->id;
	snprintf(m.u.pg_expire_key.pg, sizeof(m.u.pg_expire_key.pg), "%.*s", (int)sizeof(m.u.pg_expire_key.pg) - 1, j->to);
	snprintf(m.u.pg_expire_key.pg_billing_key, sizeof(m.u.pg_expire_key.pg_billing_key), "%.*s",
	         (int)sizeof(m.u.pg_expire_key.pg_billing_key) - 1, j->body);
	return a->ports.uplink(a->ports.context, &m);
}

static int kind_of(const struct outbox_job *j)
{
	for (size_t i = 0; i < ARRAY_LEN(rules); i++)
		if (strcmp(j->kind, rules[i].name) == 0)
			return (int)i;
	return ERR_INVALID;
}

static bool send_job(struct arsd *a, const struct outbox_job *j)
{
	switch (kind_of(j)) {
	case OUTBOX_SMS: return send_sms(a, j);
	case OUTBOX_WEBHOOK: return send_webhook(a, j);
	case OUTBOX_EXPIRE_KEY: return send_expire_key(a, j);
	default: return false;
	}
}

struct due { int64_t ids[BATCH]; struct id merchants[BATCH]; int count; };

static int collect(const struct outbox_job *j, void *context)
{
	struct due *d = context;

	if (d->count < BATCH) {
		d->merchants[d->count] = j->merchant;
		d->ids[d->count++] = j->id;
	}
	return 0;
}

/* How many before the n-th are of its merchant. */
static int before_it(const struct due *d, int n)
{
	int count = 0;

	for (int i = 0; i < n; i++)
		count += strcmp(d->merchants[i].text, d->merchants[n].text) == 0;
	return count;
}

/* A webhook is sent with the body of its event. One of before 0042 has its own until the job comes by. */
static void find_body(struct arsd *a, struct outbox_job *j)
{
	static struct event event;
	char id[ID_SIZE];

	if (kind_of(j) != OUTBOX_WEBHOOK || j->body[0] != '\0')
		return;
	snprintf(id, sizeof(id), "%.*s", (int)strcspn(j->ref, "."), j->ref);
	/* Of one that no data key opens it is "". */
	if (list_event_get(a->store, id, &event) == 0)
		snprintf(j->body, sizeof(j->body), "%s", event.body);
}

/* A text message that was written when its request's number could not be read has it now. */
static void find_receiver(struct arsd *a, struct outbox_job *j)
{
	static struct request r;

	if (j->to[0] == '\0' && kind_of(j) == OUTBOX_SMS && store_request_get(a->store, j->request.text, &r) == 0)
		snprintf(j->to, sizeof(j->to), "%s", phone_is_mobile(&r.phone) ? r.phone.digits : "");
}

/* Why nobody is to get it any more; NULL: it is to be sent. */
static const char *why_stale(struct arsd *a, const struct outbox_job *j)
{
	struct webhook_endpoint w;
	int e;

	if (sms_is_stale(a, j))
		return "the request has ended, or was begun again";
	if (kind_of(j) != OUTBOX_WEBHOOK)
		return (j->to[0] == '\0' && kind_of(j) == OUTBOX_SMS) || columns_is_sealed(j->to) || columns_is_sealed(j->body) ? "no data key opens it" : NULL;
	e = endpoint_of(a, j, &w);
	if (e == ERR_NOT_FOUND)
		return "the endpoint was deleted";
	if (j->body[0] == '\0')
		return "its event is gone, or no data key opens it";
	return e == 0 && !w.enabled ? "the endpoint is switched off" : NULL;
}

static void run_one(struct arsd *a, enum outbox_kind kind, int64_t id)
{
	struct outbox_job *j = &a->outbox->job;
	const char *why;

	if (store_outbox_get(a->store, id, j) < 0 || strcmp(j->state, "waiting") != 0)
		return;
	find_receiver(a, j);
	find_body(a, j);
	why = why_stale(a, j);
	if (why != NULL) {
		snprintf(j->state, sizeof(j->state), "given_up");
		snprintf(j->detail, sizeof(j->detail), "%s", why);
		if (store_outbox_update(a->store, j) < 0)
			log_error("outbox_update", "ref=%s", j->ref);
		else if (kind == OUTBOX_SMS)
			sms_finish(a, j, NULL);
		return;
	}
	snprintf(j->state, sizeof(j->state), "sending");
	j->tries++;
	if (store_outbox_update(a->store, j) < 0)
		return;
	if (send_job(a, j)) {
		a->outbox->under_way[kind]++;
		return;
	}
	/* Nobody took it: as it was. */
	snprintf(j->state, sizeof(j->state), "waiting");
	j->tries--;
	if (store_outbox_update(a->store, j) < 0)
		log_error("outbox_update", "ref=%s", j->ref);
}

static void run_kind(struct arsd *a, enum outbox_kind kind)
{
	int room = rules[kind].under_way - a->outbox->under_way[kind], most = rules[kind].of_merchant;
	struct due d;

	d.count = 0;
	if (room <= 0 || store_outbox_due(a->store, rules[kind].name, a->wall, most, room < BATCH ? room : BATCH, collect, &d) < 0)
		return;
	/* A merchant with some under way may get as many again: at most twice of_merchant, less one. */
	for (int i = 0; i < d.count; i++)
		if (before_it(&d, i) < most)
			run_one(a, kind, d.ids[i]);
	a->outbox->pending |= d.count == BATCH;
}

/* The times of the next tries are wall time, for they outlive arsd. */
static void bring_forward(struct arsd *a)
{
	if (store_outbox_bring_forward(a->store, (struct wall){ a->wall.ms + longest_pause_ms }) < 0)
		log_error("outbox_bring_forward", "error=store");
}

/* When the time of day is set back, what waits goes on waiting for as long as it was to, not for the old time to come. Set
 * forward, it is due the sooner. */
void outbox_watch_clock(struct arsd *a)
{
	struct outbox *o = a->outbox;
	int64_t step_ms = a->wall.ms - o->last_wall.ms - mono_diff_ms(o->last_mono, a->mono);

	o->last_wall = a->wall;
	o->last_mono = a->mono;
	if (step_ms > -CLOCK_STEP_MS && step_ms < CLOCK_STEP_MS)
		return;
	metrics_add(&a->metrics, M_CLOCK_STEPS, 1);
	log_error("clock_stepped", "alarm=clock by_ms=%" PRId64 " hint=\"expiry and webhook signatures follow the time of day: is the time "
	          "service well?\"", step_ms);
	hold_purges(a, step_ms);
	if (step_ms < 0 && store_outbox_put_off(a->store, a->wall, step_ms) < 0)
		log_error("outbox_put_off", "error=store");
}

void outbox_run(struct arsd *a)
{
	struct outbox *o = a->outbox;

	outbox_watch_clock(a);
	if (!a->neighbours[NEIGHBOUR_UPLINKD].up || (!o->pending && mono_diff_ms(o->next_look, a->mono) < 0))
		return;
	o->pending = false;
	o->next_look = mono_add_ms(a->mono, LOOK_EVERY_MS);
	for (int kind = 0; kind < KINDS && !columns_wait(a); kind++)
		run_kind(a, (enum outbox_kind)kind);
}

/* ---- results ---- */

static const struct { enum arsd_metric sent, refused, given_up, later; } counters[] = {
	[OUTBOX_SMS] = { M_SMS_SENT, M_SMS_REFUSED, M_SMS_GIVEN_UP, M_SMS_RETRIED },
	[OUTBOX_WEBHOOK] = { M_WEBHOOKS_SENT, M_WEBHOOKS_REFUSED, M_WEBHOOKS_GIVEN_UP, M_WEBHOOKS_RETRIED },
};

static void count_result(struct arsd *a, enum outbox_kind kind, const char *state)
{
	if (kind == OUTBOX_EXPIRE_KEY)
		return;
	metrics_add(&a->metrics, strcmp(state, "done") == 0 ? counters[kind].sent
	            : strcmp(state, "refused") == 0 ? counters[kind].refused
	            : strcmp(state, "given_up") == 0 ? counters[kind].given_up : counters[kind].later, 1);
}

static void wait_again(struct arsd *a, struct outbox_job *j, enum outbox_kind kind, uint32_t after_s)
{
	int64_t pause, after_ms = (int64_t)after_s * 1000 < longest_pause_ms ? (int64_t)after_s * 1000 : longest_pause_ms;
	uint32_t jitter = 0;

	if (crypto_random(&jitter, sizeof(jitter)) < 0)
		log_warn("no_random", "for=outbox");
	pause = outbox_backoff_ms(kind, j->tries, jitter);
	snprintf(j->state, sizeof(j->state), pause < 0 ? "given_up" : "waiting");
	j->next_try.ms = a->wall.ms + (pause < 0 ? 0 : pause > after_ms ? pause : after_ms);
}

/* What a provider answers may repeat the number that it was given. */
static void mask_numbers(const char *text, char *out, size_t size)
{
	enum { SHORTEST = 7 };
	size_t run = 0;

	snprintf(out, size, "%s", text);
	for (char *p = out;; p++) {
		bool digit = (*p >= '0' && *p <= '9') || (*p == '-' && run > 0);

		for (size_t i = 1; !digit && run >= SHORTEST && i <= run; i++)
			p[-(ptrdiff_t)i] = '*';
		run = digit ? run + 1 : 0;
		if (*p == '\0')
			return;
	}
}

/* after_s: who was asked wants to be asked again no sooner. sms: what else is known of a text message. */
static void result(struct arsd *a, uint64_t job, uint8_t status, const char *detail, uint32_t after_s, const struct uplink_sms_result *sms)
{
	struct outbox_job *j = &a->outbox->job;
	char shown[sizeof(j->detail)];
	int kind;

	if (store_outbox_get(a->store, (int64_t)job, j) < 0 || strcmp(j->state, "sending") != 0 || (kind = kind_of(j)) < 0) {
		log_info("outbox_late_result", "job=%" PRIu64, job);
		return;
	}
	a->outbox->under_way[kind] -= a->outbox->under_way[kind] > 0;
	snprintf(j->detail, sizeof(j->detail), "%s", detail);
	if (status == UPLINK_SENT)
		snprintf(j->state, sizeof(j->state), "done");
	else if (status == UPLINK_REFUSED)
		snprintf(j->state, sizeof(j->state), "refused");
	else
		wait_again(a, j, (enum outbox_kind)kind, after_s);
	count_result(a, (enum outbox_kind)kind, j->state);
	if (strcmp(j->state, "done") != 0) {
		mask_numbers(detail, shown, sizeof(shown));
		log_warn("outbox_not_sent", "kind=%s ref=%s tries=%u state=%s detail=\"%s\"", j->kind, j->ref, j->tries, j->state,
		         shown);
	}
	if (store_outbox_update(a->store, j) == 0 && kind == OUTBOX_SMS)
		sms_finish(a, j, sms);
	a->outbox->pending = true;
}

void outbox_sms_result(struct arsd *a, const struct uplink_sms_result *m)
{
	sms_note_answer(a, m);
	result(a, m->job, m->status, m->detail, 0, m);
}

void outbox_webhook_result(struct arsd *a, const struct uplink_webhook_result *m)
{
	char detail[sizeof(m->detail)];

	snprintf(detail, sizeof(detail), "%s", m->detail);
	if (detail[0] == '\0' && m->http_status != 0)
		snprintf(detail, sizeof(detail), "HTTP %u", m->http_status);
	result(a, m->job, m->status, detail, m->retry_after_s, NULL);
}

void outbox_expire_result(struct arsd *a, const struct uplink_pg_result *m)
{
	bool done = m->status == UPLINK_PG_OK || m->status == UPLINK_PG_NOT_FOUND;

	result(a, m->job, done ? UPLINK_SENT : m->status == UPLINK_PG_DECLINED ? UPLINK_REFUSED : UPLINK_LATER, m->message, 0, NULL);
}

void outbox_requeue(struct arsd *a)
{
	if (store_outbox_requeue_sending(a->store) < 0)
		log_error("outbox_requeue", "error=store");
	bring_forward(a);
	memset(a->outbox->under_way, 0, sizeof(a->outbox->under_way));
	a->outbox->pending = true;
}
