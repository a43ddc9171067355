#include "arsd/sms.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "arsd/events.h"
#include "arsd/outbox.h"
#include "arsd/render.h"
#include "arsd/requests.h"
#include "lib/log.h"
#include "model/charset.h"
#include "store/sms.h"

/* Octets as they are billed: SMS, and LMS with its subject. */
enum { SMS_OCTETS = 90, LMS_OCTETS = 2000, SUBJECT_OCTETS = 40, UNSURE_MOST = 3 };
/* A centre has uplinkd.sms[].answer_ms, a minute at the most, to answer a message; what no message claims is of another system's. */
enum { EARLY_KEEP_MS = 15 * 60 * 1000 };

/* ---- writing ---- */

static const char *template_of(struct arsd *a, const struct request *r, enum sms_text which, struct sms_template *own)
{
	char name[SMS_NAME_SIZE];

	sms_text_name(r->kind, which, name);
	if (store_sms_template_get(a->store, r->merchant.text, name, r->language, own) == 0)
		return own->text;
	return sms_text_default(&a->set, r->kind, which, r->language);
}

static void write_subject(struct arsd *a, const struct request *r, struct sms_draft *d)
{
	char clean[sizeof(r->merchant_name) + 8], bad[8];

	d->subject[0] = '\0';
	if (d->lms && charset_clean(a->sms_charset, r->merchant_name, true, clean, sizeof(clean), bad) >= 0)
		snprintf(d->subject, sizeof(d->subject), "%.*s", (int)charset_cut(clean, SUBJECT_OCTETS), clean);
}

static int write_draft(struct arsd *a, const struct request *r, enum sms_text which, bool replace, struct sms_draft *d)
{
	static char text[SMS_TEXT_SIZE];
	static struct sms_template own;
	size_t octets;
	int e = sms_text_write(template_of(a, r, which, &own), r, a->wall, text);

	d->bad[0] = '\0';
	if (e == 0)
		e = charset_clean(a->sms_charset, text, replace, d->text, sizeof(d->text), d->bad);
	if (e < 0)
		return e;
	octets = charset_octets(d->text);
	d->lms = octets > SMS_OCTETS;
	write_subject(a, r, d);
	return octets > LMS_OCTETS ? ERR_TOO_LONG : 0;
}

int sms_write(struct arsd *a, const struct request *r, enum sms_text which, struct sms_draft *d)
{
	int e = write_draft(a, r, which, a->set.sms_replace, d);

	return e == 0 && d->lms && !a->set.sms_long ? ERR_TOO_LONG : e;
}

static const char asks_prefix[] = "sms_", tells_prefix[] = "note_";

/* A request waits for it. */
static bool asks(const char *ref)
{
	return strncmp(ref, asks_prefix, strlen(asks_prefix)) == 0;
}

static int add(struct arsd *a, const struct request *r, enum sms_text which, const struct sms_draft *d)
{
	struct sms_record s = { .request = r->id, .status = "waiting", .lms = d->lms, .retries = r->retries, .created = a->wall,
	                         .updated = a->wall };
	int e;

	snprintf(s.id, sizeof(s.id), "%s", id_new(which == SMS_TEXT_ASK ? asks_prefix : tells_prefix).text);
	snprintf(s.subject, sizeof(s.subject), "%s", d->subject);
	snprintf(s.replaced, sizeof(s.replaced), "%s", d->bad);
	sms_text_name(r->kind, which, s.template);
	e = store_sms_add(a->store, &s);
	return e < 0 ? e : outbox_add_sms(a, r, s.id, d->text);
}

int sms_ask(struct arsd *a, const struct request *r, const struct sms_draft *d)
{
	return add(a, r, SMS_TEXT_ASK, d);
}

void sms_tell(struct arsd *a, const struct request *r, enum sms_text which)
{
	static struct sms_draft d;

	/* A number that cannot be read now is read when the message is sent. */
	if (r->consent_skip || (r->phone.digits[0] != '\0' && !phone_is_mobile(&r->phone)))
		return;
	if (write_draft(a, r, which, true, &d) < 0 || add(a, r, which, &d) < 0)
		log_error("result_sms", "request=%s error=failed", r->id.text);
}

/* ---- sending ---- */

void sms_fill(struct arsd *a, const char *ref, struct uplink_sms *m)
{
	struct sms_record s;

	if (store_sms_get(a->store, ref, &s) < 0)
		return;
	m->lms = s.lms;
	snprintf(m->subject, sizeof(m->subject), "%s", s.subject);
	if (s.unsure > 0) {
		snprintf(m->first, sizeof(m->first), "%s", s.provider);
		m->skip = s.unsure >= UNSURE_MOST;
	}
}

static void set_status(struct sms_record *s, const char *status, const char *detail)
{
	snprintf(s->status, sizeof(s->status), "%s", status);
	snprintf(s->detail, sizeof(s->detail), "%s", detail);
}

static void note_unsure(struct sms_record *s, const char *provider)
{
	s->unsure = strcmp(s->provider, provider) == 0 ? s->unsure + 1 : 1;
	snprintf(s->provider, sizeof(s->provider), "%s", provider);
}

void sms_note_answer(struct arsd *a, const struct uplink_sms_result *m)
{
	if (m->status != UPLINK_SENT || (m->odd_status == 0 && strcmp(a->sms_odd.provider, m->provider) != 0))
		return;
	snprintf(a->sms_odd.provider, sizeof(a->sms_odd.provider), "%s", m->odd_status != 0 ? m->provider : "");
	a->sms_odd.status = m->odd_status;
}

/* true: it has come to an end. */
static bool note_result(struct arsd *a, const struct outbox_job *j, const struct uplink_sms_result *m)
{
	struct sms_record s;

	if (store_sms_get(a->store, j->ref, &s) < 0 || strcmp(s.status, "waiting") != 0)
		return false;
	if (strcmp(j->state, "done") == 0 && m != NULL) {
		set_status(&s, "sent", "");
		snprintf(s.provider, sizeof(s.provider), "%s", m->provider);
		snprintf(s.provider_id, sizeof(s.provider_id), "%s", m->provider_id);
		s.unsure = 0;
		s.fallback = m->fallback != 0;
	} else if (strcmp(j->state, "waiting") != 0) {
		set_status(&s, "failed", j->detail);
	} else if (m != NULL && m->status == UPLINK_UNSURE) {
		note_unsure(&s, m->provider);
	}
	s.updated = a->wall;
	if (store_sms_update(a->store, &s) < 0)
		log_error("sms_update", "sms=%s", s.id);
	return strcmp(s.status, "waiting") != 0;
}

/* ---- what merchants see ---- */

static json_t *render(const struct sms_record *s)
{
	return json_pack("{s:s, s:s, s:o, s:o, s:b, s:s, s:o, s:o, s:o}", "id", s->id, "status", s->status, "template", render_text(s->template),
	                 "provider", render_text(s->provider), "fallback", (int)s->fallback, "type", s->lms ? "LMS" : "SMS", "replaced",
	                 render_text(s->replaced), "detail", render_text(s->detail), "at", render_time(s->updated));
}

json_t *sms_view(struct arsd *a, const struct request *r)
{
	struct sms_record s;

	return store_sms_last(a->store, r->id.text, &s) < 0 ? json_null() : render(&s);
}

static void announce(struct arsd *a, const char *ref)
{
	static struct request r;
	struct sms_record s;
	char type[24];

	if (store_sms_get(a->store, ref, &s) < 0 || store_request_get(a->store, s.request.text, &r) < 0)
		return;
	snprintf(type, sizeof(type), "sms.%s", s.status);
	if (events_sms(a, &r, type, render(&s)) < 0)
		log_error("event_failed", "request=%s type=%s", r.id.text, type);
}

/* ---- the request that waits for it ---- */

/* It names a number that is not the payment's any more. */
static bool is_of_earlier_try(struct arsd *a, const struct outbox_job *j, const struct request *r)
{
	struct sms_record s;

	return store_sms_get(a->store, j->ref, &s) == 0 && s.retries < r->retries;
}

bool sms_is_stale(struct arsd *a, const struct outbox_job *j)
{
	static struct request r;

	return asks(j->ref) && store_request_get(a->store, j->request.text, &r) == 0 && (requests_ended(&r) || is_of_earlier_try(a, j, &r));
}

static void tell_request(struct arsd *a, const struct outbox_job *j)
{
	static struct request r;
	bool sent = strcmp(j->state, "done") == 0;

	if (!asks(j->ref) || strcmp(j->state, "waiting") == 0)
		return;
	if (store_request_get(a->store, j->request.text, &r) < 0 || is_of_earlier_try(a, j, &r))
		return;
	if (!sent && strcmp(r.state, "created") == 0)
		requests_set_failure(&r, "sms_failed", "system", j->detail);
	requests_apply(a, &r, sent ? REQUEST_SMS_SENT : REQUEST_SMS_FAILED);
}

/* ---- receipts ---- */

static void take_word(struct arsd *a, struct sms_record *s, bool delivered, const char *detail)
{
	set_status(s, delivered ? "delivered" : "undelivered", detail);
	s->updated = a->wall;
	log_info("sms", "sms=%s request=%s status=%s provider=%s detail=\"%s\"", s->id, s->request.text, s->status, s->provider, s->detail);
	if (store_sms_update(a->store, s) < 0)
		log_error("sms_update", "sms=%s", s->id);
	else
		announce(a, s->id);
}

/* The receipt may have come before the answer that gave the message its id; one from before the message was written is another's. */
static void take_early(struct arsd *a, const char *ref)
{
	struct sms_record s;
	struct sms_early early;

	if (store_sms_get(a->store, ref, &s) == 0 && strcmp(s.status, "sent") == 0 && s.provider_id[0] != '\0' &&
	    store_sms_early_take(a->store, s.provider, s.provider_id, &early) == 0 && early.at.ms >= s.created.ms)
		take_word(a, &s, early.delivered, early.detail);
}

/* The request first: its merchant is told of both as they are then. */
void sms_finish(struct arsd *a, const struct outbox_job *j, const struct uplink_sms_result *m)
{
	bool ended = note_result(a, j, m);
	char ref[ID_SIZE];

	snprintf(ref, sizeof(ref), "%s", j->ref);
	tell_request(a, j);
	if (ended) {
		announce(a, ref);
		take_early(a, ref);
	}
}

static void keep_early(struct arsd *a, const struct uplink_sms_receipt *m)
{
	struct sms_early r = { .delivered = m->state == UPLINK_RECEIPT_DELIVERED, .at = a->wall };

	snprintf(r.provider, sizeof(r.provider), "%s", m->provider);
	snprintf(r.provider_id, sizeof(r.provider_id), "%s", m->provider_id);
	snprintf(r.detail, sizeof(r.detail), "%s", m->detail);
	log_info("sms_receipt_early", "provider=%s id=%s", m->provider, m->provider_id);
	if (store_sms_early_add(a->store, &r) < 0)
		log_error("sms_early", "provider=%s", m->provider);
}

static void take_receipt(struct arsd *a, const struct uplink_sms_receipt *m)
{
	struct sms_record s;

	/* The last word stands, and what is under way is no word at all. */
	if (m->provider_id[0] == '\0' || (m->state != UPLINK_RECEIPT_DELIVERED && m->state != UPLINK_RECEIPT_UNDELIVERED))
		return;
	if (store_sms_by_provider(a->store, m->provider, m->provider_id, &s) < 0)
		keep_early(a, m);
	else if (strcmp(s.status, "sent") == 0)
		take_word(a, &s, m->state == UPLINK_RECEIPT_DELIVERED, m->detail);
}

void sms_receipt(struct arsd *a, const struct uplink_sms_receipt *m)
{
	static struct uplink_msg out;

	take_receipt(a, m);
	/* Leaves after the commit: if that fails, the centre sends its receipt again. */
	out.type = uplink_type_sms_receipt_taken;
	out.u.sms_receipt_taken.receipt = m->receipt;
	if (!a->ports.uplink(a->ports.context, &out))
		log_info("sms_receipt_unanswered", "provider=%s", m->provider);
}

int sms_tidy(struct arsd *a, int most)
{
	return store_sms_early_purge(a->store, (struct wall){ a->wall.ms - EARLY_KEEP_MS }, most);
}
