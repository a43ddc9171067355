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
