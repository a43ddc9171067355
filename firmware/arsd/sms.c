#include "arsd/sms.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "arsd/outbox.h"
#include "arsd/render.h"
#include "lib/log.h"
#include "model/charset.h"
#include "store/sms.h"

/* Octets as they are billed: SMS, and LMS with its subject. */
enum { SMS_OCTETS = 90, LMS_OCTETS = 2000, SUBJECT_OCTETS = 40, UNSURE_MOST = 3 };

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

bool sms_asks(const char *ref)
{
	return strncmp(ref, asks_prefix, strlen(asks_prefix)) == 0;
}

int sms_add(struct arsd *a, const struct request *r, const struct sms_draft *d, bool asks)
{
	struct sms_record s = { .request = r->id, .status = "waiting", .lms = d->lms, .created = a->wall, .updated = a->wall };
	int e;

	snprintf(s.id, sizeof(s.id), "%s", id_new(asks ? asks_prefix : tells_prefix).text);
	snprintf(s.subject, sizeof(s.subject), "%s", d->subject);
	e = store_sms_add(a->store, &s);
	return e < 0 ? e : outbox_add_sms(a, r, s.id, d->text);
}

int sms_tell(struct arsd *a, const struct request *r, enum sms_text which)
{
	static struct sms_draft d;
	int e = write_draft(a, r, which, true, &d);

	return e < 0 ? e : sms_add(a, r, &d, false);
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

void sms_ended(struct arsd *a, const struct outbox_job *j, const struct uplink_sms_result *m)
{
	struct sms_record s;

	if (store_sms_get(a->store, j->ref, &s) < 0 || strcmp(s.status, "waiting") != 0)
		return;
	if (strcmp(j->state, "done") == 0 && m != NULL) {
		set_status(&s, "sent", "");
		snprintf(s.provider, sizeof(s.provider), "%s", m->provider);
		snprintf(s.provider_id, sizeof(s.provider_id), "%s", m->provider_id);
		s.unsure = 0;
	} else if (strcmp(j->state, "waiting") != 0) {
		set_status(&s, "failed", j->detail);
	} else if (m != NULL && m->status == UPLINK_UNSURE) {
		note_unsure(&s, m->provider);
	}
	s.updated = a->wall;
	if (store_sms_update(a->store, &s) < 0)
		log_error("sms_update", "sms=%s", s.id);
}

/* ---- receipts ---- */

static void take_receipt(struct arsd *a, const struct uplink_sms_receipt *m)
{
	struct sms_record s;

	if (store_sms_by_provider(a->store, m->provider, m->provider_id, &s) < 0) {
		log_info("sms_receipt_of_nothing", "provider=%s id=%s", m->provider, m->provider_id);
		return;
	}
	/* The last word stands, and what is under way is no word at all. */
	if (strcmp(s.status, "sent") != 0 || (m->state != UPLINK_RECEIPT_DELIVERED && m->state != UPLINK_RECEIPT_UNDELIVERED))
		return;
	set_status(&s, m->state == UPLINK_RECEIPT_DELIVERED ? "delivered" : "undelivered", m->detail);
	s.updated = a->wall;
	log_info("sms", "sms=%s request=%s status=%s provider=%s detail=\"%s\"", s.id, s.request.text, s.status, s.provider, s.detail);
	if (store_sms_update(a->store, &s) < 0)
		log_error("sms_update", "sms=%s", s.id);
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

/* ---- what merchants see ---- */

json_t *sms_view(struct arsd *a, const struct request *r)
{
	struct sms_record s;

	if (store_sms_last(a->store, r->id.text, &s) < 0)
		return json_null();
	return json_pack("{s:s, s:o, s:s, s:o, s:o}", "status", s.status, "provider", render_text(s.provider), "type",
	                 s.lms ? "LMS" : "SMS", "detail", render_text(s.detail), "at", render_time(s.updated));
}
