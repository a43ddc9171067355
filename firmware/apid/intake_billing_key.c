/* intake_billing_key.c: what is done with /v1/billing-keys. */
#include "apid/intake.h"
#include "apid/members.h"

static const struct member deletion_members[] = {
	TEXT(billing_key_delete, reason, false, 1, 200, ""),
};

int intake_key_deletion(const json_t *body, struct api_msg *m, struct json_fault *fault)
{
	return members_read(body, deletion_members, ARRAY_LEN(deletion_members), &m->u.billing_key_delete, fault);
}

/* As of a registration; customer and phone are the key's. */
static const struct member replacement_members[] = {
	TEXT(billing_key_replace, product_name, true, 1, 120, ""),
	TEXT(billing_key_replace, merchant_name, false, 1, 120, ""),
	WORD(billing_key_replace, cycle, true, "monthly|irregular", NULL),
	OBJECT("amount", false),
	WORD(billing_key_replace, language, false, "ko|en", "ko"),
	WORD(billing_key_replace, speed, false, "normal|slow", "normal"),
	SECONDS(billing_key_replace, expires_in_s),
	WORD(billing_key_replace, sms, false, "send|skip", "send"),
};

int intake_key_replacement(const json_t *body, struct api_msg *message, struct json_fault *fault)
{
	struct api_billing_key_replace *m = &message->u.billing_key_replace;
	int e = members_read(body, replacement_members, ARRAY_LEN(replacement_members), m, fault);

	return e < 0 ? e : members_amount(body, "KRW|USD", &m->amount_minor, m->currency, fault);
}
