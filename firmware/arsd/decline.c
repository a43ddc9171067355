#include "arsd/decline.h"

#include <stddef.h>
#include <string.h>

static const struct decline {
	const char *class;
	enum decline_next next;
	const char *retry, *prompt;
} classes[] = {
	[UPLINK_DECLINE_NONE] = { "", DECLINE_ENDS, "later", "declined.system" },
	/* What was typed does not fit the card: once more at once, by whoever typed it. */
	[UPLINK_DECLINE_INPUT] = { "input", DECLINE_TYPE_AGAIN, "now", "declined.input" },
	/* Limit or balance: after the next payday, as the merchant sees fit. */
	[UPLINK_DECLINE_FUNDS] = { "funds", DECLINE_ENDS, "later", "declined.funds" },
	/* Lost, stolen, closed, past its month: never again. Schemes fine repeats. */
	[UPLINK_DECLINE_DEAD_CARD] = { "dead_card", DECLINE_ENDS, "other_card", "declined.dead_card" },
	/* The issuer says no without a reason: the caller asks there, one later try. */
	[UPLINK_DECLINE_ASK_ISSUER] = { "ask_issuer", DECLINE_ENDS, "later", "declined.ask_issuer" },
	/* The merchant's contract: no try of a customer can mend it. */
	[UPLINK_DECLINE_MERCHANT] = { "merchant", DECLINE_ENDS, "no", "declined.merchant" },
	/* The PG's or issuer's own trouble is no judgement of the card. */
	[UPLINK_DECLINE_SYSTEM] = { "system", DECLINE_CALL_AGAIN, "later", "declined.system" },
};

/* Ours, by code and class: a PG may have the same code for something else. Without a prompt: nothing is said of it, or the scenario's end says it. */
static const struct { const char *code, *class, *retry, *prompt; } codes[] = {
	{ "password_tries", "input", "other_card", "declined.password_tries" },
	/* The order was undone at the PG, which had not answered in time: no word of the card. */
	{ "pg_timeout", "system", "now", "pay.not_done" },
	{ "pg_unreachable", "system", "later", "declined.system" },
	{ "keystore_lost", "system", "now", "declined.system" },
	{ "seal_failed", "system", "now", "declined.system" },
	{ "system_lost", "system", "now", "declined.system" },
	{ "internal", "system", "later", "declined.system" },
	{ "billing_key_unusable", "merchant", "no", "declined.merchant" },
	{ "consent_skip_not_allowed", "merchant", "no", NULL },
	{ "billing_key_deleted", "merchant", "no", NULL },
	/* The line did not vouch for the caller, who has to enter a card then. */
	{ "caller_unverified", "merchant", "now", "declined.merchant" },
	{ "input_failed", "input", "now", NULL },
	{ "refused", "", "no", NULL },
	{ "abandoned", "", "now", NULL },
	{ "expired", "", "now", NULL },
	{ "sms_failed", "system", "later", NULL },
	{ "canceled", "merchant", "no", NULL },
};

static const struct decline *find_class(const char *word)
{
	for (size_t i = 0; i < ARRAY_LEN(classes); i++)
		if (strcmp(classes[i].class, word) == 0)
			return &classes[i];
	return &classes[UPLINK_DECLINE_SYSTEM];
}

static const struct decline *class_at(uint8_t class)
{
	return &classes[class < ARRAY_LEN(classes) ? class : UPLINK_DECLINE_SYSTEM];
}

static int find_code(const char *code, const char *class)
{
	for (size_t i = 0; i < ARRAY_LEN(codes); i++)
		if (strcmp(codes[i].code, code) == 0 && strcmp(codes[i].class, class) == 0)
			return (int)i;
	return ERR_NOT_FOUND;
}

const char *decline_class_word(uint8_t class)
{
	return class_at(class)->class;
}

enum decline_next decline_next(uint8_t class)
{
	return class_at(class)->next;
}

const char *decline_retry(const char *code, const char *class)
{
	int ours = find_code(code, class);

	return ours >= 0 ? codes[ours].retry : find_class(class)->retry;
}

const char *decline_prompt(const char *code, const char *class)
{
	int ours = find_code(code, class);

	return ours >= 0 ? codes[ours].prompt : find_class(class)->prompt;
}

const char *decline_prompt_at(int n)
{
	size_t at = (size_t)n;

	if (at < ARRAY_LEN(classes))
		return classes[at].prompt;
	for (at -= ARRAY_LEN(classes); at < ARRAY_LEN(codes) && codes[at].prompt == NULL;)
		at++;
	return at < ARRAY_LEN(codes) ? codes[at].prompt : NULL;
}
