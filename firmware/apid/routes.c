#include "apid/routes.h"

#include <stdio.h>
#include <string.h>

#include "apid/intake.h"

#define MERCHANT LISTENER_MERCHANT
#define ADMIN LISTENER_ADMIN
#define GET(listeners, path, prefix, type) { listeners, "GET", path, prefix, BODY_NONE, api_type_##type, NULL, NULL }
#define ASK(path, prefix, type, query) { MERCHANT, "GET", path, prefix, BODY_NONE, api_type_##type, NULL, &(query) }
static const struct route routes[] = {
	{ MERCHANT, "POST", "/v1/registrations", NULL, BODY_REQUIRED, api_type_registration_create, intake_registration, NULL },
	ASK("/v1/registrations", NULL, registrations_list, query_registrations),
	ASK("/v1/registrations/{id}", "reg_", registration_get, query_registration),
	{ MERCHANT, "POST", "/v1/registrations/{id}/cancel", "reg_", BODY_OPTIONAL, api_type_registration_cancel, intake_registration_cancel,
	  NULL },
	{ MERCHANT, "POST", "/v1/payments", NULL, BODY_REQUIRED, api_type_payment_create, intake_payment, NULL },
	ASK("/v1/payments", NULL, payments_list, query_payments),
	ASK("/v1/payments/{id}", "pay_", payment_get, query_payment),
	{ MERCHANT, "POST", "/v1/payments/{id}/retry", "pay_", BODY_OPTIONAL, api_type_payment_retry, intake_payment_retry, NULL },
	{ MERCHANT, "POST", "/v1/payments/{id}/cancel", "pay_", BODY_REQUIRED, api_type_payment_cancel, intake_payment_cancel, NULL },
	ASK("/v1/cancellations", NULL, cancellations_list, query_cancellations),
	GET(MERCHANT, "/v1/cancellations/{id}", "can_", cancellation_get),
	ASK("/v1/billing-keys", NULL, billing_keys_list, query_billing_keys),
	GET(MERCHANT, "/v1/billing-keys/{id}", "bk_", billing_key_get),
	{ MERCHANT, "DELETE", "/v1/billing-keys/{id}", "bk_", BODY_OPTIONAL, api_type_billing_key_delete, intake_key_deletion, NULL },
	{ MERCHANT, "POST", "/v1/billing-keys/{id}/suspend", "bk_", BODY_NONE, api_type_billing_key_suspend, NULL, NULL },
	{ MERCHANT, "POST", "/v1/billing-keys/{id}/resume", "bk_", BODY_NONE, api_type_billing_key_resume, NULL, NULL },
	{ MERCHANT, "POST", "/v1/billing-keys/{id}/replace", "bk_", BODY_REQUIRED, api_type_billing_key_replace, intake_key_replacement,
	  NULL },
	{ MERCHANT, "POST", "/v1/schedules", NULL, BODY_REQUIRED, api_type_schedule_create, intake_schedule, NULL },
	ASK("/v1/schedules", NULL, schedules_list, query_schedules),
	GET(MERCHANT, "/v1/schedules/{id}", "sch_", schedule_get),
	{ MERCHANT, "PATCH", "/v1/schedules/{id}", "sch_", BODY_REQUIRED, api_type_schedule_update, intake_schedule_update, NULL },
	{ MERCHANT, "DELETE", "/v1/schedules/{id}", "sch_", BODY_NONE, api_type_schedule_delete, NULL, NULL },
	{ MERCHANT, "POST", "/v1/schedules/{id}/pause", "sch_", BODY_NONE, api_type_schedule_pause, NULL, NULL },
	{ MERCHANT, "POST", "/v1/schedules/{id}/resume", "sch_", BODY_NONE, api_type_schedule_resume, NULL, NULL },
	{ MERCHANT, "POST", "/v1/test/clock", NULL, BODY_REQUIRED, api_type_test_clock_advance, intake_test_clock, NULL },
	GET(MERCHANT, "/v1/test/clock", NULL, test_clock_get),
	ASK("/v1/calls", NULL, calls_list, query_calls),
	ASK("/v1/consents", NULL, consents_list, query_consents),
	ASK("/v1/registrations/{id}/consents", "reg_", consents_of, query_consents_of),
	ASK("/v1/payments/{id}/consents", "pay_", consents_of, query_consents_of),
	ASK("/v1/reconciliations", NULL, reconciliations_list, query_reconciliations),
	GET(MERCHANT, "/v1/reconciliations/{id}.csv", NULL, reconciliation_csv),
	GET(MERCHANT, "/v1/reconciliations/{id}", NULL, reconciliation_get),
	ASK("/v1/reconciliations/{id}/differences", NULL, reconciliation_differences, query_reconciliation_differences),
	GET(MERCHANT, "/v1/consents/{id}", "con_", consent_get),
	GET(MERCHANT, "/v1/consents/{id}/bundle", "con_", consent_bundle),
	GET(MERCHANT, "/v1/calls/{id}", "call_", call_get),
	ASK("/v1/attempts", NULL, attempts_list, query_attempts),
	ASK("/v1/events", NULL, events_list, query_events),
	GET(MERCHANT, "/v1/events/{id}", "evt_", event_get),
	ASK("/v1/events/{id}/deliveries", "evt_", deliveries_list, query_deliveries),
	{ MERCHANT, "POST", "/v1/events/{id}/redeliver", "evt_", BODY_OPTIONAL, api_type_event_redeliver, intake_event_again, NULL },
	{ MERCHANT, "POST", "/v1/webhook-endpoints", NULL, BODY_REQUIRED, api_type_webhook_create, intake_webhook, NULL },
	ASK("/v1/webhook-endpoints", NULL, webhooks_list, query_webhooks),
	GET(MERCHANT, "/v1/webhook-endpoints/{id}", "we_", webhook_get),
	{ MERCHANT, "PATCH", "/v1/webhook-endpoints/{id}", "we_", BODY_REQUIRED, api_type_webhook_update, intake_webhook_change, NULL },
	{ MERCHANT, "DELETE", "/v1/webhook-endpoints/{id}", "we_", BODY_NONE, api_type_webhook_delete, NULL, NULL },
	{ MERCHANT, "POST", "/v1/webhook-endpoints/{id}/rotate-secret", "we_", BODY_OPTIONAL, api_type_webhook_rotate,
	  intake_webhook_rotation, NULL },
	{ MERCHANT, "POST", "/v1/webhook-endpoints/{id}/test", "we_", BODY_NONE, api_type_webhook_test, NULL, NULL },
	{ MERCHANT, "POST", "/v1/webhook-endpoints/{id}/redeliver", "we_", BODY_OPTIONAL, api_type_webhook_redeliver, intake_events_again,
	  NULL },
	ASK("/v1/card-promotions", NULL, card_promotions_list, query_card_promotions),
	GET(MERCHANT, "/v1/virtual-numbers", NULL, virtual_numbers_get),
	{ MERCHANT, "POST", "/v1/registrations/{id}/sms", "reg_", BODY_NONE, api_type_registration_sms, NULL, NULL },
	{ MERCHANT, "POST", "/v1/payments/{id}/sms", "pay_", BODY_NONE, api_type_payment_sms, NULL, NULL },
	{ MERCHANT, "POST", "/v1/sms-templates", NULL, BODY_REQUIRED, api_type_sms_template_put, intake_sms_template, NULL },
	ASK("/v1/sms-templates", NULL, sms_templates_list, query_sms_templates),
	GET(MERCHANT | ADMIN, "/healthz", NULL, health),
	GET(ADMIN, "/metrics", NULL, metrics_get),
};

static const char id_mark[] = "{id}";

/* Does path have the route's form? *id points at the segment of its id, *len long; len 0 without one. */
static bool has_form(const struct route *r, const char *path, const char **id, size_t *len)
{
	const char *mark = strstr(r->path, id_mark);
	size_t before = mark != NULL ? (size_t)(mark - r->path) : 0;

	*id = "";
	*len = 0;
	if (mark == NULL)
		return strcmp(r->path, path) == 0;
	if (strncmp(r->path, path, before) != 0)
		return false;
	*id = path + before;
	*len = strcspn(*id, "/.");               /* an id has no dot: what follows one is the form of the answer */
	return *len > 0 && strcmp(*id + *len, mark + strlen(id_mark)) == 0;
}

/* The Allow header of a path, RFC 9110 10.2.1; NULL where there is none. */
static const char *methods_of(enum listener l, const char *path)
{
	static const char *const methods[] = { "GET", "POST", "PATCH", "DELETE" };
	static const char *const allow[] = {
		NULL, "GET, HEAD", "POST", "GET, HEAD, POST", "PATCH", "GET, HEAD, PATCH", "POST, PATCH", "GET, HEAD, POST, PATCH",
		"DELETE", "GET, HEAD, DELETE", "POST, DELETE", "GET, HEAD, POST, DELETE", "PATCH, DELETE", "GET, HEAD, PATCH, DELETE",
		"POST, PATCH, DELETE", "GET, HEAD, POST, PATCH, DELETE",
	};
	unsigned found = 0;
	const char *id;
	size_t len;

	for (size_t i = 0; i < ARRAY_LEN(routes); i++)
		if (routes[i].listeners & l && has_form(&routes[i], path, &id, &len))
			for (unsigned m = 0; m < ARRAY_LEN(methods); m++)
				found |= strcmp(routes[i].method, methods[m]) == 0 ? 1u << m : 0;
	return allow[found];
}

int route_find(enum listener l, const char *method, const char *path, const struct route **route, char id[ID_SIZE],
               struct problem *problem)
{
	const char *allow, *found;
	size_t len;

	/* The HTTP server leaves the body out (RFC 9110 9.3.2). */
	if (strcmp(method, "HEAD") == 0)
		method = "GET";
	for (size_t i = 0; i < ARRAY_LEN(routes); i++) {
		const struct route *r = &routes[i];

		if (!(r->listeners & l) || strcmp(r->method, method) != 0 || !has_form(r, path, &found, &len))
			continue;
		snprintf(id, ID_SIZE, "%.*s", (int)(len < ID_SIZE ? len : 0), found);
		/* An id that was never given out is as unknown as its path. */
		if (r->id_prefix != NULL && !id_has_form(id, r->id_prefix)) {
			*problem = problem_make(404, "not_found", "", "There is nothing of this id.");
			return ERR_INVALID;
		}
		*route = r;
		return 0;
	}
	allow = methods_of(l, path);
	if (allow == NULL) {
		*problem = problem_make(404, "not_found", "", "There is no such path.");
	} else {
		*problem = problem_make(405, "method_not_allowed", "", "This path does not take this method.");
		problem->allow = allow;
	}
	return ERR_INVALID;
}
