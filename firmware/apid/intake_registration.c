/* intake_registration.c: POST /v1/registrations, and its cancellation. */
#include <stdio.h>
#include <string.h>

#include "apid/intake.h"
#include "apid/members.h"
#include "model/phone.h"

static const struct member registration_members[] = {
	TEXT(registration_create, customer_ref, true, 1, 64, ""),
	TEXT(registration_create, phone, true, 8, 23, DIGITS "+- "),
	TEXT(registration_create, product_name, true, 1, 120, ""),
	TEXT(registration_create, merchant_name, false, 1, 120, ""),
	WORD(registration_create, cycle, true, "monthly|irregular", NULL),
	OBJECT("amount", false),
	WORD(registration_create, language, false, "ko|en", "ko"),
	WORD(registration_create, speed, false, "normal|slow", "normal"),
	SECONDS(registration_create, expires_in_s),
	WORD(registration_create, sms, false, "send|skip", "send"),
};

int intake_registration(const json_t *body, struct api_msg *message, struct json_fault *fault)
{
	struct api_registration_create *m = &message->u.registration_create;
	struct phone phone;
	int e = members_read(body, registration_members, ARRAY_LEN(registration_members), m, fault);

	if (e == 0)
		e = members_amount(body, "KRW|USD", &m->amount_minor, m->currency, fault);
	if (e < 0)
		return e;
	if (phone_parse(m->phone, &phone) < 0)
		return members_fault(fault, "/phone", "must be a Korean telephone number");
	if (strcmp(m->sms, "send") == 0 && !phone_is_mobile(&phone))
		return members_fault(fault, "/phone", "must be a mobile number, for an SMS is sent to it; or set sms to skip");
	snprintf(m->phone, sizeof(m->phone), "%s", phone.digits);
	return 0;
}

static const struct member cancel_members[] = { TEXT(registration_cancel, reason, false, 1, 200, "") };

int intake_registration_cancel(const json_t *body, struct api_msg *m, struct json_fault *fault)
{
	return members_read(body, cancel_members, ARRAY_LEN(cancel_members), &m->u.registration_cancel, fault);
}
