#include "model/card.h"

#include <stdio.h>
#include <string.h>

enum { USUAL_PAN_DIGITS = 16 };

const char *card_type_name(enum card_type t)
{
	switch (t) {
	case CARD_CREDIT: return "credit";
	case CARD_CHECK: return "check";
	case CARD_UNKNOWN: break;
	}
	return "unknown";
}

const char *card_print(const struct card_mask *m, char buf[48])
{
	static const char stars[] = "****************";
	const char *who = m->issuer[0] != '\0' ? m->issuer : m->brand[0] != '\0' ? m->brand : "card";
	int hidden = USUAL_PAN_DIGITS - (int)strlen(m->bin) - (int)strlen(m->last4);

	if (m->bin[0] == '\0' && m->last4[0] == '\0')
		snprintf(buf, 48, "%s", m->issuer[0] != '\0' || m->brand[0] != '\0' ? who : "");
	else
		snprintf(buf, 48, "%s %s%.*s%s", who, m->bin, hidden, stars, m->last4);
	return buf;
}
