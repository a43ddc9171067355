#include "arsd/withdrawal.h"

#include <stdio.h>
#include <string.h>

#include "arsd/api_priv.h"
#include "arsd/billing_keys.h"
#include "arsd/speech.h"
#include "lib/log.h"

static const char reason[] = "withdrawn_by_caller";

enum holder_verdict withdrawal_verdict(const struct call_record *c)
{
	/* A line that vouches for its callers only with a card does not let anybody end the registrations of another. */
	const struct holder_facts f = {
		.has_caller = c->caller.digits[0] != '\0', .screening = c->screening, .presentation_allowed = c->presentation == 1,
		.diverted = c->diverted, .leased = true, .takes_card = false,
	};

	return holder_decide(&f);
}

/* ---- what there is ---- */

static int take_newest(const struct billing_key *k, void *context)
{
	*(struct id *)context = k->registration;
	return 1;
}

void withdrawal_language(struct arsd *a, struct call_record *c)
{
	static struct request r;
	struct id registration = { "" };

	if (store_billing_keys_of_phone(a->store, &c->caller, 1, take_newest, &registration) < 0 ||
	    store_request_get(a->store, registration.text, &r) < 0)
		return;
	snprintf(c->language, sizeof(c->language), "%s", r.language);
	snprintf(c->speed, sizeof(c->speed), "%s", r.speed);
	/* The box may have lost a language since. */
	if (arsd_manifest(a, c->language) == NULL)
		snprintf(c->language, sizeof(c->language), "%s", a->set.languages[0]);
}

struct reading { struct arsd *a; const struct call_record *call; struct withdrawal *w; };

static void ask_for_name(struct arsd *a, const struct call_record *c, struct withdrawal_item *i)
{
	static struct request r;
	int failed = 0;

	memset(&r, 0, sizeof(r));
	snprintf(r.language, sizeof(r.language), "%s", c->language);
	snprintf(r.speed, sizeof(r.speed), "%s", c->speed);
	i->has_sound = create_sound(a, &r, i->merchant_name, i->speech, &failed) == 0 && failed == 0;
}

/* By the name that the caller heard when he registered. */
static int add_key(const struct billing_key *k, void *context)
{
	static struct request r;
	struct reading *read = context;
	struct withdrawal_item *i = &read->w->item[read->w->count++];
	struct merchant m;

	memset(i, 0, sizeof(*i));
	i->key = k->id;
	i->card = k->card;
	if (store_request_get(read->a->store, k->registration.text, &r) == 0)
		snprintf(i->merchant_name, sizeof(i->merchant_name), "%s", r.merchant_name);
	else if (store_merchant_get(read->a->store, k->merchant.text, &m) == 0)
		snprintf(i->merchant_name, sizeof(i->merchant_name), "%s", m.name);
	ask_for_name(read->a, read->call, i);
	return 0;
}

int withdrawal_read(struct arsd *a, const struct call_record *c, struct withdrawal *w)
{
	struct reading read = { a, c, w };

	w->count = w->first = 0;
	w->chosen = -1;
	w->more = false;
	return store_billing_keys_of_phone(a->store, &c->caller, WITHDRAWAL_MOST, add_key, &read);
}

void withdrawal_hear(struct arsd *a, const struct call_record *c, struct withdrawal *w)
{
	char voice[VOICE_SIZE];

	snprintf(voice, sizeof(voice), "%s%s", c->language, strcmp(c->speed, "slow") == 0 ? "-slow" : "");
	for (int i = w->first; i < w->count && i < w->first + WITHDRAWAL_KEYS; i++)
		w->item[i].has_sound = w->item[i].speech[0] != '\0' && speech_exists(&a->set, w->item[i].speech, voice);
}

/* ---- pages ---- */

/* Eight if that is all, otherwise seven and the next page, which after the last one is the first again. */
static int shown(const struct withdrawal *w)
{
	int left = w->count - w->first;

	return w->count <= WITHDRAWAL_KEYS ? left : left < WITHDRAWAL_KEYS ? left : WITHDRAWAL_KEYS - 1;
}

int withdrawal_options(const struct withdrawal *w)
{
	return shown(w) + (w->count > WITHDRAWAL_KEYS);
}

const struct withdrawal_item *withdrawal_option(const struct withdrawal *w, int n)
{
	return n >= 0 && n < shown(w) ? &w->item[w->first + n] : NULL;
}

void withdrawal_choose(struct withdrawal *w, int n)
{
	w->more = n >= shown(w);
	w->chosen = w->more ? -1 : w->first + n;
	if (w->more)
		w->first = w->first + shown(w) < w->count ? w->first + shown(w) : 0;
}

const struct withdrawal_item *withdrawal_chosen(const struct withdrawal *w)
{
	return w->chosen >= 0 && w->chosen < w->count ? &w->item[w->chosen] : NULL;
}

/* ---- the end of one ---- */

const char *withdrawal_carry_out(struct arsd *a, const struct call_record *c, struct withdrawal *w)
{
	const struct withdrawal_item *i = withdrawal_chosen(w);
	struct billing_key k;

	/* A key goes with its telephone: it may have changed hands since it was read. */
	if (i == NULL || store_billing_key_get(a->store, i->key.text, &k) < 0 || strcmp(k.phone.digits, c->caller.digits) != 0 ||
	    billing_keys_withdraw(a, &k, reason) < 0)
		return "system";
	metrics_add(&a->metrics, M_WITHDRAWN, 1);
	log_info("withdrawn_by_caller", "call=%s billing_key=%s merchant=%s", c->id.text, k.id.text, k.merchant.text);
	return withdrawal_read(a, c, w) < 0 ? "system" : "ok";
}
