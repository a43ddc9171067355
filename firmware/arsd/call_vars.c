#include "arsd/call_vars.h"

#include <stdio.h>
#include <string.h>

#include "arsd/decline.h"

enum { INSTALMENT_LEAST_KRW = 50000 };

const struct card_mask *call_vars_card(const struct call_facts *f)
{
	const struct withdrawal_item *chosen = f->withdrawal != NULL ? withdrawal_chosen(f->withdrawal) : NULL;

	if (chosen != NULL)
		return &chosen->card;
	return f->request->kind == REQUEST_PAYMENT && !f->other_card ? &f->registered : &f->typed;
}

bool call_vars_instalments_possible(const struct request *r, const struct card_mask *card)
{
	return r->kind == REQUEST_PAYMENT && card->type == CARD_CREDIT && strcmp(r->amount.currency, "KRW") == 0 &&
	       r->amount.amount_minor >= INSTALMENT_LEAST_KRW;
}

int call_vars_months(const struct request *r, int n)
{
	if (n == 0)
		return 0;
	return n > 0 && n <= REQUEST_ALLOWED_MAX && n < SCENARIO_CHOICES_MAX && r->allowed[n - 1] != 0 ? r->allowed[n - 1] : -1;
}

enum interest_free call_vars_interest_free(const struct request *r, const struct card_mask *card, int months,
                                           const struct promotion_sources *p, struct wall now)
{
	if (months == 0)
		return INTEREST_FREE_NO;
	/* What costs the merchant nothing comes first. */
	if (promotions_give(p, card, &r->amount, months, now))
		return INTEREST_FREE_ISSUER;
	for (int i = 0; i < REQUEST_ALLOWED_MAX && r->interest_free[i] != 0; i++)
		if (r->interest_free[i] == months)
			return INTEREST_FREE_MERCHANT;
	return INTEREST_FREE_NO;
}

uint64_t call_vars_free_months(const struct call_facts *f)
{
	uint64_t free_months = 0;
	int months;

	for (int n = 1; (months = call_vars_months(f->request, n)) > 0; n++)
		if (call_vars_interest_free(f->request, call_vars_card(f), months, &f->promotions, f->now) != INTEREST_FREE_NO)
			free_months |= UINT64_C(1) << months;
	return free_months;
}

/* ---- variables ---- */

static void say_registration(struct say *out, const struct withdrawal_item *i)
{
	say_id(out, i->has_sound ? i->speech : "withdraw.unnamed");
}

static void say_merchant(struct say *out, const struct call_facts *f)
{
	const struct withdrawal_item *chosen = f->withdrawal != NULL ? withdrawal_chosen(f->withdrawal) : NULL;

	if (chosen != NULL)
		say_registration(out, chosen);
	else
		say_id(out, f->request->speech_merchant);
}

static void say_product(struct say *out, const struct call_facts *f)
{
	say_id(out, f->request->speech_product);
}

static void say_amount(struct say *out, const struct call_facts *f)
{
	say_money(out, f->language, &f->request->amount);
}

static void say_named(struct say *out, const struct call_facts *f, const char *prefix, const char *name, const char *otherwise)
{
	char id[48];

	snprintf(id, sizeof(id), "%s.%s", prefix, name);
	if (name[0] != '\0' && f->has_prompt(f->language, id, f->context))
		say_id(out, id);
	else if (otherwise != NULL)
		say_id(out, otherwise);
}

static void say_cycle(struct say *out, const struct call_facts *f)
{
	say_named(out, f, "cycle", f->request->cycle, NULL);
}

/* What a PG calls a number may hold letters: its digits are read. */
static void say_its_digits(struct say *out, const struct call_facts *f, const char *text, int group)
{
	char digits[48];
	size_t n = 0;

	for (const char *p = text; *p != '\0' && n + 1 < sizeof(digits); p++)
		if (*p >= '0' && *p <= '9')
			digits[n++] = *p;
	digits[n] = '\0';
	if (n > 0)
		say_digits(out, f->language, digits, group);
}

static void say_last4(struct say *out, const struct call_facts *f)
{
	say_its_digits(out, f, call_vars_card(f)->last4, 0);
}

static void say_issuer(struct say *out, const struct call_facts *f)
{
	say_named(out, f, "issuer", call_vars_card(f)->issuer, "issuer.other");
}

static void say_months(struct say *out, const struct call_facts *f)
{
	if (f->request->instalment_months == 0)
		say_id(out, "months.lump");
	else
		say_instalment(out, f->language, f->request->instalment_months);
}

static void say_approval_no(struct say *out, const struct call_facts *f)
{
	say_its_digits(out, f, f->request->approval_no, 4);
}

static void say_card_type(struct say *out, const struct call_facts *f)
{
	say_named(out, f, "card_type", card_type_name(call_vars_card(f)->type), NULL);
}

static bool say_option(struct say *out, const struct call_facts *f, int n)
{
	int months = call_vars_months(f->request, n);

	if (months < 0)
		return false;
	if (months == 0) {
		say_id(out, "months.lump");
		return true;
	}
	say_instalment(out, f->language, months);
	say_id(out, call_vars_interest_free(f->request, call_vars_card(f), months, &f->promotions, f->now) != INTEREST_FREE_NO
	       ? "months.free" : "months.plain");
	return true;
}

static void say_month_list(struct say *out, const struct call_facts *f)
{
	for (int n = 0; n < SCENARIO_CHOICES_MAX && say_option(out, f, n); n++)
		say_id(out, "pause.short");
}

/* The months that the merchant has fixed. A card of another kind, which the caller may still choose, pays at once. */
static void say_fixed_months(struct say *out, const struct call_facts *f)
{
	if (strcmp(f->request->instalment_mode, "fixed") != 0 || f->request->allowed[0] == 0)
		return;
	say_id(out, "pay.fixed");
	say_instalment(out, f->language, f->request->allowed[0]);
	say_id(out, "pay.fixed_end");
}

/* Why not. Of a registration whose order was undone there is nothing to say: no payment was to be made. */
static void say_decline(struct say *out, const struct call_facts *f)
{
	const struct request *r = f->request;
	const char *prompt = decline_prompt(r->failure_code, r->failure_class);

	if (prompt != NULL && (r->kind == REQUEST_PAYMENT || strcmp(prompt, "pay.not_done") != 0))
		say_id(out, prompt);
}

static const struct { const char *name; void (*say)(struct say *out, const struct call_facts *f); } variables[] = {
	{ "merchant", say_merchant }, { "product", say_product }, { "amount", say_amount }, { "cycle", say_cycle },
	{ "last4", say_last4 }, { "issuer", say_issuer }, { "months", say_months }, { "approval_no", say_approval_no },
	{ "card_type", say_card_type }, { "month_list", say_month_list }, { "fixed_months", say_fixed_months },
	{ "decline", say_decline },
};

static void var_say(struct say *out, const char *variable, void *context)
{
	const struct call_facts *f = context;

	for (size_t i = 0; i < ARRAY_LEN(variables); i++)
		if (strcmp(variables[i].name, variable) == 0) {
			variables[i].say(out, f);
			return;
		}
	out->bad = true;
}

/* The particle follows the sound of what is spoken: of names their text, of amounts the unit (won). */
static void var_particle(struct say *out, const char *variable, enum say_particle p, void *context)
{
	const struct call_facts *f = context;
	const char *after = "";

	if (strcmp(variable, "merchant") == 0)
		after = f->request->merchant_name;
	else if (strcmp(variable, "product") == 0)
		after = f->request->product_name;
	else if (strcmp(variable, "last4") == 0)
		after = call_vars_card(f)->last4;
	else if (strcmp(variable, "approval_no") == 0)
		after = f->request->approval_no;
	else if (strcmp(variable, "amount") == 0)
		after = "원";
	else if (strcmp(variable, "issuer") == 0)
		after = "카드";
	say_particle(out, f->language, p, after);
}

/* ---- conditions and choices ---- */

static bool instalments_offered(const struct call_facts *f)
{
	return strcmp(f->request->instalment_mode, "ask") == 0 && f->request->allowed[0] != 0 &&
	       call_vars_instalments_possible(f->request, call_vars_card(f));
}

static bool other_card_allowed(const struct call_facts *f)
{
	return f->request->other_card_allowed && !f->request->consent_skip && f->takes_cards;
}

static bool other_card_chosen(const struct call_facts *f)
{
	return f->other_card;
}

static bool card_must_be_entered(const struct call_facts *f)
{
	return f->needs_card;
}

static bool amount_known(const struct call_facts *f)
{
	return f->request->amount.amount_minor > 0;
}

static bool monthly(const struct call_facts *f)
{
	return strcmp(f->request->cycle, "monthly") == 0;
}

static bool kept_card_asked(const struct call_facts *f)
{
	return f->other_card && f->may_keep;
}

static bool result_is_sent(const struct call_facts *f)
{
	return phone_is_mobile(&f->request->phone);
}

static bool registrations_left(const struct call_facts *f)
{
	return f->withdrawal != NULL && f->withdrawal->count > 0;
}

static bool card_kept(const struct call_facts *f)
{
	return f->request->approved.ms != 0 && f->request->other_card_used && f->request->keep_card;
}

static const struct { const char *name; bool (*holds)(const struct call_facts *f); } conditions[] = {
	{ "instalments_offered", instalments_offered }, { "other_card_allowed", other_card_allowed },
	{ "other_card_chosen", other_card_chosen }, { "card_must_be_entered", card_must_be_entered },
	{ "amount_known", amount_known }, { "monthly", monthly }, { "kept_card_asked", kept_card_asked },
	{ "card_kept", card_kept }, { "registrations_left", registrations_left },
	{ "result_is_sent", result_is_sent },
};

static bool var_holds(const char *condition, void *context)
{
	for (size_t i = 0; i < ARRAY_LEN(conditions); i++)
		if (strcmp(conditions[i].name, condition) == 0)
			return conditions[i].holds(context);
	return false;
}

/* Merchant and card; or that there are more. */
static bool say_withdrawal_option(struct say *out, const struct call_facts *f, int n)
{
	const struct withdrawal_item *i;

	if (f->withdrawal == NULL || n >= withdrawal_options(f->withdrawal))
		return false;
	i = withdrawal_option(f->withdrawal, n);
	if (i == NULL) {
		say_id(out, "withdraw.more");
		return true;
	}
	say_registration(out, i);
	say_id(out, "card.ending");
	say_its_digits(out, f, i->card.last4, 0);
	say_id(out, "pause.short");
	return true;
}

static bool var_option(struct say *out, const char *choice, int n, void *context)
{
	return strcmp(choice, "registrations") == 0 ? say_withdrawal_option(out, context, n)
	       : strcmp(choice, "instalments") == 0 && say_option(out, context, n);
}

struct scenario_vars call_vars_make(const struct call_facts *facts)
{
	/* The engine passes the context on unchanged; the look-ups take it as const again. */
	union { const struct call_facts *in; void *out; } context = { .in = facts };

	return (struct scenario_vars){ var_say, var_particle, var_holds, var_option, context.out };
}
