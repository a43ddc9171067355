/* intake_lists.c: the queries of what is listed, and of what is shown with more of it. */
#include "apid/intake.h"
#include "apid/query.h"

/* Alphabets of ids and words; arsd knows which of them there are. */
#define ID_CHARS DIGITS "abcdefghijklmnopqrstuvwxyz_"
#define CURSOR_CHARS ID_CHARS "-"
#define WORDS "abcdefghijklmnopqrstuvwxyz_"
#define EXPAND(message) TEXT(message, expand, false, 1, 63, WORDS ",")
/* A parameter under another name than the message's member. */
#define NAMED(name, message, member, required, least, most, chars) \
	{ name, JSON_WANT_STRING, required, least, most, chars, NULL, NULL, PLACE(message, member), false }
/* What every list takes: pages, time and state, the last by the name that its things have it by. */
#define PAGED(message) \
	TEXT(message, cursor, false, 4, 39, CURSOR_CHARS), INTEGER(message, limit, false, 1, 100), \
	TIME(message, created_after), TIME(message, created_before)
#define LIST_BY(state, most, chars, message) PAGED(message), NAMED(state, message, status, false, 1, most, chars)
#define LIST(message) LIST_BY("status", 23, WORDS, message)
/* Of a list of switches. */
#define LIST_IF(name, message) \
	PAGED(message), { name, JSON_WANT_STRING, false, 1, 5, "", "true|false", NULL, PLACE(message, status), false }
#define REQUEST(name, message) NAMED(name, message, request, false, 4, 39, ID_CHARS)
#define QUERY(name) const struct query query_##name = { name##_members, ARRAY_LEN(name##_members) }

static const struct member registrations_members[] = { LIST(registrations_list), EXPAND(registrations_list) };
static const struct member registration_members[] = { EXPAND(registration_get) };
static const struct member payments_members[] = {
	LIST(payments_list), EXPAND(payments_list), TEXT(payments_list, order_id, false, 6, 64, DIGITS LETTERS "-_."),
	TEXT(payments_list, schedule, false, 30, 30, ID_CHARS),
};
static const struct member payment_members[] = { EXPAND(payment_get) };
static const struct member billing_keys_members[] = { LIST(billing_keys_list), TEXT(billing_keys_list, customer_ref, false, 1, 64, "") };
static const struct member calls_members[] = { LIST(calls_list), REQUEST("request", calls_list) };
static const struct member events_members[] = { LIST_BY("type", 47, WORDS ".", events_list), REQUEST("request", events_list) };
static const struct member attempts_members[] = { LIST(attempts_list), NAMED("payment", attempts_list, request, false, 30, 30, ID_CHARS) };
static const struct member cancellations_members[] = { LIST(cancellations_list), NAMED("payment", cancellations_list, request, false, 30, 30, ID_CHARS) };
static const struct member consents_members[] = { LIST(consents_list), REQUEST("request", consents_list) };
static const struct member consents_of_members[] = { LIST(consents_of) };
static const struct member reconciliations_members[] = { LIST(reconciliations_list) };
static const struct member reconciliation_differences_members[] = { LIST_BY("class", 23, WORDS, reconciliation_differences) };
static const struct member schedules_members[] = { LIST(schedules_list), TEXT(schedules_list, billing_key, false, 29, 29, ID_CHARS) };
static const struct member webhooks_members[] = { LIST_IF("enabled", webhooks_list) };
static const struct member deliveries_members[] = { LIST(deliveries_list) };
static const struct member sms_templates_members[] = { LIST_IF("own", sms_templates_list) };
static const struct member card_promotions_members[] = { LIST_IF("in_force", card_promotions_list) };

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
QUERY(cancellations);
QUERY(consents);
QUERY(consents_of);
QUERY(reconciliations);
QUERY(reconciliation_differences);
QUERY(deliveries);
QUERY(sms_templates);
QUERY(card_promotions);
