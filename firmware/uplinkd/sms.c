#include "uplinkd/sms.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/log.h"

#define LIST "uplinkd.sms"

enum { PROVIDERS_MAX = 8, EXCERPT_MAX = 120 };

struct sms {
	struct desk *desk;
	struct sms_setup setup;
	bool ending;
	uint64_t receipts;                /* numbers given so far */
	size_t count;
	struct sms_provider *provider[PROVIDERS_MAX];
};

/* One message and who has been asked. */
struct errand {
	struct sms *sms;
	size_t at, asked;
	bool may_help_later;              /* one of those who did not take it may do so later */
	char first_refusal[200];
	struct uplink_sms job;
};

void sms_describe(char *out, size_t size, const char *lead, const char *text)
{
	int n = snprintf(out, size, "%s%.*s", lead, EXCERPT_MAX, text);

	for (int i = 0; i < n && (size_t)i + 1 < size; i++)
		if ((unsigned char)out[i] < 0x20 || (unsigned char)out[i] > 0x7e)
			out[i] = '?';
}

/* A provider's words for the log: they may repeat the number that it was given. */
static const char *masked(const char *text, char out[200])
{
	enum { SHORTEST = 7 };
	size_t run = 0;

	snprintf(out, 200, "%s", text);
	for (size_t i = 0;; i++) {
		bool digit = (out[i] >= '0' && out[i] <= '9') || (out[i] == '-' && run > 0);

		if (!digit && run >= SHORTEST)
			memset(out + i - run, '*', run);
		run = digit ? run + 1 : 0;
		if (out[i] == '\0')
			return out;
	}
}

/* ---- the way of one message ---- */

static void end(struct errand *x, enum uplink_send_status status, const struct sms_outcome *o)
{
	struct sms *s = x->sms;
	struct uplink_sms_result r = { .job = x->job.job, .status = (uint8_t)status };
	char shown[200];

	if (s->count > 0)
		snprintf(r.provider, sizeof(r.provider), "%s", s->provider[x->at]->name);
	r.fallback = x->at > 0;
	r.odd_status = (uint16_t)o->odd_status;
	snprintf(r.provider_id, sizeof(r.provider_id), "%s", o->provider_id);
	snprintf(r.detail, sizeof(r.detail), "%s", o->detail);
	log_info("sms_result", "job=%" PRIu64 " message=%s provider=%s status=%d asked=%zu detail=\"%s\"", r.job, x->job.message_id, r.provider,
	         (int)status, x->asked, masked(o->detail, shown));
	free(x);
	desk_sms_result(s->desk, &r);
}

static void ask_next(struct errand *x);

static void on_done(const struct sms_outcome *o, void *context)
{
	struct errand *x = context;
	struct sms_outcome last = *o;
	char shown[200];

	if (o->fate == SMS_TAKEN) {
		end(x, UPLINK_SENT, o);
		return;
	}
	if (o->fate == SMS_UNKNOWN) {
		end(x, UPLINK_UNSURE, o);
		return;
	}
	x->may_help_later |= o->fate == SMS_NOT_TAKEN;
	if (o->fate == SMS_REFUSED && x->first_refusal[0] == '\0')
		snprintf(x->first_refusal, sizeof(x->first_refusal), "%s", o->detail);
	if (x->asked < x->sms->count && !x->sms->ending) {
		log_warn("sms_next_provider", "job=%" PRIu64 " message=%s from=%s why=\"%s\"", x->job.job, x->job.message_id,
		         x->sms->provider[x->at]->name, masked(o->detail, shown));
		x->at = (x->at + 1) % x->sms->count;
		ask_next(x);
		return;
	}
	if (!x->may_help_later)
		snprintf(last.detail, sizeof(last.detail), "%s", x->first_refusal);
	end(x, x->may_help_later ? UPLINK_LATER : UPLINK_REFUSED, &last);
}

static void ask_next(struct errand *x)
{
	struct sms_provider *p = x->sms->provider[x->at];

	x->asked++;
	p->kind->send(p, &x->job, on_done, x);
}

/* Where to begin: at the named provider, or behind it; a name that is gone from the configuration is the first. */
static size_t begin_at(const struct sms *s, const struct uplink_sms *job)
{
	for (size_t i = 0; i < s->count; i++)
		if (strcmp(s->provider[i]->name, job->first) == 0)
			return job->skip != 0 ? (i + 1) % s->count : i;
	return 0;
}

void sms_start(struct sms *s, const struct uplink_sms *job)
{
	struct errand *x = calloc(1, sizeof(*x));
	struct uplink_sms_result r = { .job = job->job, .status = UPLINK_LATER, .detail = "out of memory" };

	if (x == NULL) {
		desk_sms_result(s->desk, &r);
		return;
	}
	x->sms = s;
	x->job = *job;
	x->at = begin_at(s, job);
	if (s->count == 0)
		end(x, UPLINK_REFUSED, &(struct sms_outcome){ .detail = "no SMS provider is configured" });
	else
		ask_next(x);
}

/* ---- receipts ---- */

static uint64_t on_receipt(struct uplink_sms_receipt *r, void *context)
{
	struct sms *s = context;

	r->receipt = ++s->receipts;
	log_info("sms_receipt", "provider=%s id=%s state=%d detail=\"%s\"", r->provider, r->provider_id, (int)r->state, r->detail);
	return s->setup.give_receipt(r, s->setup.context) ? r->receipt : 0;
}

void sms_receipt_taken(struct sms *s, uint64_t receipt)
{
	for (size_t i = 0; receipt != 0 && i < s->count; i++)
		if (s->provider[i]->kind->receipt_taken != NULL)
			s->provider[i]->kind->receipt_taken(s->provider[i], receipt);
}

/* ---- set-up ---- */

static int read_provider(struct sms *s, const struct conf_node *at, char why[CONF_WHY_SIZE])
{
	const struct sms_upward up = { .meters = desk_meters(s->desk), .receipt = on_receipt, .context = s };
	const char *name = conf_member_string(at, LIST, "name");

	for (size_t i = 0; i < s->count; i++)
		if (strcmp(s->provider[i]->name, name) == 0)
			return conf_fault(at, why, "a second provider named \"%s\"", name);
	if (strcmp(conf_member_string(at, LIST, "kind"), "smpp") == 0)
		return sms_smpp_new(s->setup.loop, &up, at, &s->provider[s->count], why);
	return sms_http_new(s->setup.http, &up, at, &s->provider[s->count], why);
}

int sms_new(const struct sms_setup *setup, const struct conf_tree *conf, struct sms **s, char why[CONF_WHY_SIZE])
{
	const struct conf_node *list = conf_find(conf_root(conf), LIST);
	struct sms *made = calloc(1, sizeof(*made));

	if (made == NULL) {
		snprintf(why, CONF_WHY_SIZE, "out of memory");
		return ERR_NOMEM;
	}
	made->desk = setup->desk;
	made->setup = *setup;
	for (size_t i = 0; list != NULL && i < conf_count(list); i++) {
		int e = read_provider(made, conf_at(list, i), why);

		if (e < 0) {
			sms_free(&made);
			return e;
		}
		made->count++;
	}
	*s = made;
	return 0;
}

void sms_free(struct sms **s)
{
	if (*s == NULL)
		return;
	(*s)->ending = true;
	for (size_t i = 0; i < (*s)->count; i++)
		(*s)->provider[i]->kind->free((*s)->provider[i]);
	free(*s);
	*s = NULL;
}
