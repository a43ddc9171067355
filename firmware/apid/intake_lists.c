/* intake_lists.c: the queries of what is listed, and of what is shown with more of it. */
#include "apid/intake.h"
#include "apid/query.h"

/* Alphabets of ids and words; arsd knows which of them there are. */
#define ID_CHARS DIGITS "abcdefghijklmnopqrstuvwxyz_"
#define WORDS "abcdefghijklmnopqrstuvwxyz_"
#define LIST(message) \
	TEXT(message, cursor, false, 4, 39, ID_CHARS), INTEGER(message, limit, false, 1, 100), \
	TIME(message, created_after), TIME(message, created_before)
#define STATUS(message) TEXT(message, status, false, 1, 23, WORDS)
#define EXPAND(message) TEXT(message, expand, false, 1, 63, WORDS ",")
/* A parameter under another name than the message's member. */
#define NAMED(name, message, member, required, least, most, chars) \
	{ name, JSON_WANT_STRING, required, least, most, chars, NULL, NULL, PLACE(message, member), false }
#define QUERY(name) const struct query query_##name = { name##_members, ARRAY_LEN(name##_members) }

static const struct member registrations_members[] = { LIST(registrations_list), STATUS(registrations_list), EXPAND(registrations_list) };
static const struct member registration_members[] = { EXPAND(registration_get) };
static const struct member payments_members[] = {
	LIST(payments_list), STATUS(payments_list), EXPAND(payments_list), TEXT(payments_list, order_id, false, 6, 64, DIGITS LETTERS "-_."),
	TEXT(payments_list, schedule, false, 30, 30, ID_CHARS),
};
static const struct member payment_members[] = { EXPAND(payment_get) };
static const struct member billing_keys_members[] = {
	LIST(billing_keys_list), STATUS(billing_keys_list), TEXT(billing_keys_list, customer_ref, false, 1, 64, ""),
};
static const struct member calls_members[] = {
	LIST(calls_list), STATUS(calls_list), TEXT(calls_list, request, false, 4, 39, ID_CHARS),
};
static const struct member events_members[] = {
	LIST(events_list), NAMED("type", events_list, status, false, 1, 47, WORDS "."), TEXT(events_list, request, false, 4, 39, ID_CHARS),
};
static const struct member attempts_members[] = {
	LIST(attempts_list), NAMED("payment", attempts_list, request, true, 30, 30, ID_CHARS),
};

static const struct member schedules_members[] = {
	LIST(schedules_list), STATUS(schedules_list), TEXT(schedules_list, billing_key, false, 29, 29, ID_CHARS),
};
static const struct member webhooks_members[] = { LIST(webhooks_list) };

QUERY(webhooks);
QUERY(registrations);
QUERY(registration);
QUERY(payments);
QUERY(payment);
QUERY(billing_keys);
QUERY(calls);
QUERY(events);
QUERY(attempts);
QUERY(schedules);
