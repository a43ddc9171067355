#include "arsd/scenario_words.h"

#include <string.h>

static const struct scenario_action actions[] = {
	{ "holder_check", { "ok", "refused" }, false, false },
	{ "verify_card", { "ok", "input", "declined", "system" }, true, true },
	{ "authorize", { "ok", "input", "declined", "system", "terms" }, true, true },
	{ "look_up_choice", { "one", "more" }, false, false },
	{ "withdraw", { "ok", "system" }, false, false },
};
const char *const scenario_action_names[] = { "holder_check", "verify_card", "authorize", "look_up_choice", "withdraw", NULL };

static const struct scenario_field fields[] = {
	{ "card_number", VAULT_CARD_NUMBER, { VAULT_NO_INPUT, VAULT_TOO_SHORT, VAULT_INVALID } },
	{ "expiry", VAULT_EXPIRY, { VAULT_NO_INPUT, VAULT_TOO_SHORT, VAULT_INVALID, VAULT_EXPIRED } },
	{ "identity", VAULT_IDENTITY, { VAULT_NO_INPUT, VAULT_TOO_SHORT, VAULT_INVALID } },
	{ "password2", VAULT_PASSWORD2, { VAULT_NO_INPUT, VAULT_TOO_SHORT } },
};
const char *const scenario_field_names[] = { "card_number", "expiry", "identity", "password2", NULL };

/* By enum vault_result; complete and erased are no errors and have no name. */
const char *const scenario_result_names[] = { "", "", "too_short", "invalid", "expired", "", "no_input", NULL };

const char *const scenario_conditions[] = {
	"instalments_offered",     /* credit card, an amount that allows it, and the request offers months */
	"other_card_allowed",      /* the request lets the caller pay with another card */
	"other_card_chosen",       /* and the caller did so */
	"card_must_be_entered",    /* the caller's number is an analog line's word: the registered card is not for this call */
	"amount_known",            /* a registration that names an amount */
	"monthly",                 /* the cycle is monthly */
	"kept_card_asked",         /* the caller may be asked to keep the other card */
	"card_kept",               /* the payment was approved and the other card is now the registered one */
	"result_is_sent",          /* what comes after the call is read in a message: the telephone takes them */
	"registrations_left",      /* withdrawal: the caller's telephone has a registration */
	NULL,
};
const char *const scenario_choices[] = { "instalments", "registrations", NULL };
const char *const scenario_variables[] = {
	"merchant", "product", "amount", "cycle", "last4", "issuer", "months", "approval_no", "card_type", "month_list",
	"fixed_months", "decline", NULL,
};
const char *const scenario_particles[] = {
	[SAY_TOPIC] = "topic", [SAY_OBJECT] = "object", [SAY_SUBJECT] = "subject", NULL,
};
const char *const scenario_means[] = {
	"agree", "refuse", "registered_card", "other_card", "keep", "yes", "no", "listen", "withdraw", NULL,
};
const char *const scenario_consents[] = { "registration", "payment", "keep_card", "withdrawal", "keep_registration", NULL };
const char *const scenario_states[] = {
	"completed", "refused", "input_failed", "card_declined", "abandoned", "holder_mismatch", "system_error",
	"withdrawn", NULL,
};

int scenario_word_index(const char *const list[], const char *word)
{
	for (int i = 0; list[i] != NULL; i++)
		if (word[0] != '\0' && strcmp(list[i], word) == 0)
			return i;
	return ERR_NOT_FOUND;
}

bool scenario_has_word(const char *const list[], const char *word)
{
	return scenario_word_index(list, word) >= 0;
}

const struct scenario_action *scenario_find_action(const char *name)
{
	int i = scenario_word_index(scenario_action_names, name);

	return i >= 0 ? &actions[i] : NULL;
}

const struct scenario_field *scenario_find_field(const char *name)
{
	int i = scenario_word_index(scenario_field_names, name);

	return i >= 0 ? &fields[i] : NULL;
}
