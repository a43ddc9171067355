/* intake_sms.c: POST /v1/sms-templates. */
#include "apid/intake.h"
#include "apid/members.h"

static const struct member template_members[] = {
	TEXT(sms_template_put, name, true, 1, 31, LETTERS "._"),
	WORD(sms_template_put, language, true, "ko|en", NULL),
	TEXT(sms_template_put, text, false, 1, 1000, ""),
};

int intake_sms_template(const json_t *body, struct api_msg *m, struct json_fault *fault)
{
	return members_read(body, template_members, ARRAY_LEN(template_members), &m->u.sms_template_put, fault);
}
