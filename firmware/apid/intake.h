/* intake.h: from an HTTP request to a checked message for arsd, or to the problem with it. Pure: no socket, no clock.
 * The limits of every member stand in the tables of
 * intake_registration.c and its neighbours, one file a resource. */
#ifndef APID_INTAKE_H
#define APID_INTAKE_H

#include <stddef.h>
#include <stdint.h>

#include "apid/problem.h"
#include "apid/routes.h"
#include "ipc/api.h"
#include "json/json.h"

/* Larger than any sensible request; nginx and the HTTP server allow a little more, so that the answer is ours. */
enum { INTAKE_BODY_MAX = 16384 };

/* A request as the HTTP server has it. Headers that are absent are NULL. */
struct intake {
	enum listener listener;
	const char *method, *path, *query;
	const char *authorization, *content_type, *idempotency_key;
	const char *client_address, *client_certificate;    /* nginx's own headers */
	const uint8_t *body;
	size_t len;
};

/* Fills message, all but its req, and route. The message then holds the merchant's key: wipe it after use. ERR_INVALID
 * with problem. */
int intake_read(const struct intake *in, const struct route **route, struct api_msg *message,
                struct problem *problem) MUST_CHECK;

/* The bodies of the routes that take one: struct route's read. */
int intake_registration(const json_t *body, struct api_msg *m, struct json_fault *fault) MUST_CHECK;
int intake_registration_cancel(const json_t *body, struct api_msg *m, struct json_fault *fault) MUST_CHECK;
int intake_payment(const json_t *body, struct api_msg *m, struct json_fault *fault) MUST_CHECK;
int intake_payment_retry(const json_t *body, struct api_msg *m, struct json_fault *fault) MUST_CHECK;
int intake_payment_cancel(const json_t *body, struct api_msg *m, struct json_fault *fault) MUST_CHECK;
int intake_key_replacement(const json_t *body, struct api_msg *m, struct json_fault *fault) MUST_CHECK;
int intake_webhook(const json_t *body, struct api_msg *m, struct json_fault *fault) MUST_CHECK;
int intake_webhook_change(const json_t *body, struct api_msg *m, struct json_fault *fault) MUST_CHECK;
int intake_webhook_rotation(const json_t *body, struct api_msg *m, struct json_fault *fault) MUST_CHECK;
int intake_event_again(const json_t *body, struct api_msg *m, struct json_fault *fault) MUST_CHECK;
int intake_events_again(const json_t *body, struct api_msg *m, struct json_fault *fault) MUST_CHECK;
int intake_key_deletion(const json_t *body, struct api_msg *m, struct json_fault *fault) MUST_CHECK;
int intake_schedule(const json_t *body, struct api_msg *m, struct json_fault *fault) MUST_CHECK;
int intake_schedule_update(const json_t *body, struct api_msg *m, struct json_fault *fault) MUST_CHECK;
int intake_test_clock(const json_t *body, struct api_msg *m, struct json_fault *fault) MUST_CHECK;
int intake_sms_template(const json_t *body, struct api_msg *m, struct json_fault *fault) MUST_CHECK;

/* The member instalment of a payment whose other members have been read: what goes with what. */
int intake_instalment(const json_t *body, struct api_payment_create *m, struct json_fault *fault) MUST_CHECK;

/* The queries of the routes that take one: struct route's query (intake_lists.c). */
extern const struct query query_registrations, query_registration, query_payments, query_payment, query_billing_keys, query_calls,
	query_events, query_attempts, query_webhooks, query_schedules, query_cancellations, query_consents, query_consents_of,
	query_reconciliations, query_reconciliation_differences, query_deliveries, query_sms_templates, query_card_promotions;

#endif
