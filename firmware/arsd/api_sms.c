/* api_sms.c: a message that is to be sent again, and merchants' own texts. */
#include <stdio.h>
#include <string.h>

#include "arsd/api_page.h"
#include "arsd/columns.h"
#include "arsd/render.h"
#include "arsd/requests.h"
#include "arsd/sms.h"
#include "arsd/view.h"
#include "model/charset.h"
#include "store/sms.h"

/* A customer's telephone is not to be filled by a merchant's loop, nor a merchant's bill. */
enum { SMS_OF_REQUEST_MOST = 5, SMS_PAUSE_MS = 30000 };

int api_sms_draft(struct arsd *a, const struct request *r, const char *field, struct sms_draft *d, struct problem *p)
{
	int e = sms_write(a, r, SMS_TEXT_ASK, d);

	if (e == ERR_TOO_LONG)
		return problem_set(p, 422, "sms_too_long", field, "the names make the SMS too long");
	if (e < 0 && d->bad[0] != '\0')
		return problem_set(p, 422, "sms_character", field, "the SMS cannot have the character %s: use others", d->bad);
	return e < 0 ? problem_set(p, 422, "sms_character", field, "the SMS is no text in UTF-8") : 0;
}

/* ---- POST .../{id}/sms ---- */

static int check_again(struct arsd *a, const struct request *r, struct problem *p)
{
	struct sms_record last;
	int64_t since_ms;
	int count = 0, e = store_sms_last(a->store, r->id.text, &last);

	if (!requests_waiting(r) || r->virtual_number.digits[0] == '\0')
		return problem_set(p, 409, "sms_not_awaited", "", "nobody waits for a call now: the status is %s", r->state);
	if (columns_wait(a)) {
		problem_set(p, 503, "keystore_locked", "", "the customer's number cannot be read now; nothing is sent");
		p->retry_after_s = LOCKED_RETRY_S;
		return ERR_STATE;
	}
	if (!phone_is_mobile(&r->phone))
		return problem_set(p, 409, "sms_not_possible", "", "the request's phone is no mobile one");
	if (e == ERR_NOT_FOUND)
		return 0;
	if (e < 0 || store_sms_asked(a->store, r->id.text, &count) < 0)
		return problem_store(p);
	since_ms = a->wall.ms - last.created.ms;
	if (count >= SMS_OF_REQUEST_MOST)
		return problem_set(p, 429, "sms_limit", "", "this request has had its %d messages", SMS_OF_REQUEST_MOST);
	if (strcmp(last.status, "waiting") == 0 || (since_ms >= 0 && since_ms < SMS_PAUSE_MS)) {
		problem_set(p, 429, "sms_too_soon", "", "the last message is %s; the next one after %d s", last.status, SMS_PAUSE_MS / 1000);
		p->retry_after_s = since_ms >= 0 && since_ms < SMS_PAUSE_MS ? (uint32_t)((SMS_PAUSE_MS - since_ms + 999) / 1000) : 1;
		return ERR_INVALID;
	}
	return 0;
}

static void send_again(struct arsd *a, const struct api_ask *q, enum request_kind kind)
{
	static struct request r;
	static struct sms_draft d;
	struct problem p;
	int e;

	if (store_request_get(a->store, q->m->u.head.id, &r) < 0 || r.kind != kind || strcmp(r.merchant.text, q->merchant.id.text) != 0)
		e = problem_not_found(&p);
	else
		e = check_again(a, &r, &p);
	if (e == 0)
		e = api_sms_draft(a, &r, "", &d, &p);
	if (e == 0 && sms_ask(a, &r, &d) < 0)
		e = problem_store(&p);
	if (e < 0)
		api_answer_problem(a, q, &p);
	else
		api_answer_json(a, q, 202, view_request(a, &r, q->merchant.live));
}

void api_registration_sms(struct arsd *a, const struct api_ask *q)
{
	send_again(a, q, REQUEST_REGISTRATION);
}

void api_payment_sms(struct arsd *a, const struct api_ask *q)
{
	send_again(a, q, REQUEST_PAYMENT);
}

/* ---- /v1/sms-templates ---- */

/* The text that is used. updated 0: the appliance's. */
static void find_template(struct arsd *a, const struct merchant *m, enum request_kind kind, enum sms_text which, const char *language,
                          struct sms_template *t)
{
	char name[SMS_NAME_SIZE];

	sms_text_name(kind, which, name);
	if (store_sms_template_get(a->store, m->id.text, name, language, t) == 0)
		return;
	memset(t, 0, sizeof(*t));
	snprintf(t->name, sizeof(t->name), "%s", name);
	snprintf(t->language, sizeof(t->language), "%s", language);
	snprintf(t->text, sizeof(t->text), "%s", sms_text_default(&a->set, kind, which, language));
}

static json_t *view_template(const struct sms_template *t)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:b, s:o}", "object", "sms_template", "name", t->name, "language", t->language, "text",
	                 t->text, "own", (int)(t->updated.ms != 0), "updated_at", render_time(t->updated));
}

void api_sms_templates_list(struct arsd *a, const struct api_ask *q)
{
	static const char *const languages[] = { "ko", "en" };
	static const struct page_states states = { .name = "own", .words = { "true", "false" } };
	enum { ALL = (REQUEST_PAYMENT - REQUEST_REGISTRATION + 1) * SMS_TEXTS * ARRAY_LEN(languages) };
	static struct sms_template t;
	struct page page;
	struct list_page ask;
	int e = 0;

	if (page_begin_offers(a, q, &states, &page, &ask) < 0)
		return;
	for (int i = 0, per_kind = ALL / 2; e == 0 && i < ALL; i++) {
		find_template(a, &q->merchant, (enum request_kind)(REQUEST_REGISTRATION + i / per_kind),
		              (enum sms_text)(i % per_kind / (int)ARRAY_LEN(languages)), languages[i % (int)ARRAY_LEN(languages)], &t);
		e = page_offer(&page, &ask, t.updated, t.updated.ms != 0 ? "true" : "false", view_template(&t));
	}
	page_answer(a, q, &page, e);
}

/* Whatever is in the text itself is seen now; names are seen when they are there. */
static int check_template(struct arsd *a, const char *text, enum sms_text which, struct problem *p)
{
	static char clean[SMS_TEXT_SIZE];
	char why[SMS_WHY_SIZE], bad[8] = "";

	if (text[0] == '\0')
		return 0;
	if (sms_text_check(text, which, why) < 0)
		return problem_set(p, 422, "invalid_field", "/text", "%s", why);
	if (charset_clean(a->sms_charset, text, a->set.sms_replace, clean, sizeof(clean), bad) < 0)
		return problem_set(p, 422, "sms_character", "/text", "the SMS cannot have the character %s: use others", bad);
	return 0;
}

void api_sms_template_put(struct arsd *a, const struct api_ask *q)
{
	const struct api_sms_template_put *in = &q->m->u.sms_template_put;
	static struct sms_template t;
	enum request_kind kind = REQUEST_REGISTRATION;
	enum sms_text which = SMS_TEXT_ASK;
	struct problem p;
	int e = 0;

	if (sms_text_parse_name(in->name, &kind, &which) < 0)
		e = problem_set(&p, 422, "invalid_field", "/name", "must be registration or payment, alone or with .ok .declined .not_done .call_again .canceled");
	else if (strcmp(in->language, "ko") != 0 && strcmp(in->language, "en") != 0)
		e = problem_set(&p, 422, "invalid_field", "/language", "must be ko or en");
	else
		e = check_template(a, in->text, which, &p);
	t = (struct sms_template){ .merchant = q->merchant.id, .updated = a->wall };
	snprintf(t.name, sizeof(t.name), "%s", in->name);
	snprintf(t.language, sizeof(t.language), "%s", in->language);
	snprintf(t.text, sizeof(t.text), "%s", in->text);
	if (e == 0 && store_sms_template_put(a->store, &t) < 0)
		e = problem_store(&p);
	if (e < 0) {
		api_answer_problem(a, q, &p);
	} else {
		find_template(a, &q->merchant, kind, which, in->language, &t);
		api_answer_json(a, q, 200, view_template(&t));
	}
}
