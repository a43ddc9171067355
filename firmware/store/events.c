#include "store/store_priv.h"

static const struct field fields[] = {
	FIXED(TEXT, event, id.text, "id"),
	FIXED(TEXT, event, merchant.text, "merchant"),
	FIXED(TEXT, event, request.text, "request"),
	FIXED(TEXT, event, type, "type"),
	SEALED_FIXED(event, body, "body"),
	FIXED(INT64, event, at.ms, "at"),
};
const struct record_kind event_kind = { "events", fields, ARRAY_LEN(fields), false };

int store_event_add(struct store *s, const struct event *e)
{
	return record_insert(s->db, &event_kind, &s->sql[KIND_EVENT], e);
}
