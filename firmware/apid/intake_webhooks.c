/* intake_webhooks.c: what is done with /v1/webhook-endpoints, and with events that are to be told again. */
#include <stdio.h>
#include <string.h>

#include "apid/intake.h"
#include "apid/members.h"
#include "lib/clock.h"
#include "model/network.h"

enum { TYPES_MAX = 32, TYPE_MAX = 47, OVERLAP_MAX_S = 604800, OVERLAP_USUAL_S = 86400 };
#define ID_CHARS DIGITS "abcdefghijklmnopqrstuvwxyz_"
#define URL(message, required) TEXT(message, url, required, 12, 511, "")
#define TYPES { "events", JSON_WANT_ARRAY, false, 0, TYPES_MAX, NULL, NULL, NULL, 0, 0, false }

static const struct member create_members[] = { URL(webhook_create, true), TYPES, BOOLEAN(webhook_create, enabled, false) };
static const struct member update_members[] = { URL(webhook_update, false), TYPES, BOOLEAN(webhook_update, enabled, false) };
static const struct member rotate_members[] = { INTEGER(webhook_rotate, overlap_s, false, 0, OVERLAP_MAX_S) };
static const struct member again_members[] = { TEXT(event_redeliver, webhook_endpoint, false, 29, 29, ID_CHARS) };
static const struct member range_members[] = {
	TIME(webhook_redeliver, created_after), TIME(webhook_redeliver, created_before), BOOLEAN(webhook_redeliver, failed_only, false),
	TEXT(webhook_redeliver, cursor, false, 30, 30, ID_CHARS),
};

/* No name and password in front of the host: nothing that a log should not show. */
static int check_url(const char *url, struct json_fault *fault)
{
	for (const char *p = url; *p != '\0'; p++)
		if (*p <= ' ' || *p > '~' || strchr("\"<>\\^`{|}", *p) != NULL)
			return members_fault(fault, "/url", "must be of the characters of an address, others percent-encoded");
	if (!network_is_https_url(url))
		return members_fault(fault, "/url", "must be an https address of a host, with a port or none, without user, password and fragment");
	return 0;
}

/* "payment.approved", or "payment.*" for all that begin so. */
static bool is_type(const char *type)
{
	size_t len = strlen(type), star = len > 2 && strcmp(type + len - 2, ".*") == 0;

	return len >= 3 && len <= TYPE_MAX && strspn(type, "abcdefghijklmnopqrstuvwxyz_.") == len - star && type[0] != '.' &&
	       type[len - 1] != '.' && strstr(type, "..") == NULL;
}

/* Joined by commas. None: all. */
static int read_types(const json_t *list, char *events, size_t size, struct json_fault *fault)
{
	size_t len = 0;

	events[0] = '\0';
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *type = json_string_value(json_array_get(list, i));
		char where[JSON_WHERE_SIZE];

		snprintf(where, sizeof(where), "/events/%zu", i);
		if (type == NULL || !is_type(type))
			return members_fault(fault, where, "must be a type as payment.approved, or payment.*");
		len += (size_t)snprintf(events + len, size - len, "%s%s", i > 0 ? "," : "", type);
		if (len >= size)
			return members_fault(fault, "/events", "are too long together; use payment.* and the like");
	}
	return 0;
}

int intake_webhook(const json_t *body, struct api_msg *message, struct json_fault *fault)
{
	struct api_webhook_create *m = &message->u.webhook_create;
	int e = members_read(body, create_members, ARRAY_LEN(create_members), m, fault);

	if (e == 0 && json_object_get(body, "enabled") == NULL)
		m->enabled = 1;
	if (e == 0)
		e = check_url(m->url, fault);
	return e < 0 ? e : read_types(json_object_get(body, "events"), m->events, sizeof(m->events), fault);
}

int intake_webhook_change(const json_t *body, struct api_msg *message, struct json_fault *fault)
{
	struct api_webhook_update *m = &message->u.webhook_update;
	int e = members_read(body, update_members, ARRAY_LEN(update_members), m, fault);

	if (e < 0)
		return e;
	m->has_enabled = json_object_get(body, "enabled") != NULL;
	m->has_events = json_object_get(body, "events") != NULL;
	if (json_object_size(body) == 0)
		return members_fault(fault, "", "must hold at least one of url, events and enabled");
	if (m->url[0] != '\0' && check_url(m->url, fault) < 0)
		return ERR_INVALID;
	return read_types(json_object_get(body, "events"), m->events, sizeof(m->events), fault);
}

int intake_webhook_rotation(const json_t *body, struct api_msg *message, struct json_fault *fault)
{
	int e = members_read(body, rotate_members, ARRAY_LEN(rotate_members), &message->u.webhook_rotate, fault);

	if (e == 0 && json_object_get(body, "overlap_s") == NULL)
		message->u.webhook_rotate.overlap_s = OVERLAP_USUAL_S;
	return e;
}

int intake_event_again(const json_t *body, struct api_msg *message, struct json_fault *fault)
{
	return members_read(body, again_members, ARRAY_LEN(again_members), &message->u.event_redeliver, fault);
}

int intake_events_again(const json_t *body, struct api_msg *message, struct json_fault *fault)
{
	return members_read(body, range_members, ARRAY_LEN(range_members), &message->u.webhook_redeliver, fault);
}
