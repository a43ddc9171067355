#include "uplinkd/webhook.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/crypto.h"
#include "lib/log.h"
#include "lib/secret.h"
#include "uplinkd/http_retry.h"

/* The specification's bounds of a symmetric key. */
enum { KEY_MIN = 24, KEY_MAX = 64, ID_MAX = 40, HEADER_SIZE = 128, IN_FLIGHT_MAX = 128, PER_HOST_MAX = 16 };
static const char secret_prefix[] = "whsec_";

struct webhook { struct desk *desk; struct http_receiver *receiver; };
struct exchange { struct webhook *webhook; uint64_t job; char event_id[ID_MAX]; };

int webhook_new(struct http_client *http, struct desk *desk, const struct conf_tree *conf, struct webhook **w,
                char why[CONF_WHY_SIZE])
{
	struct webhook *made = calloc(1, sizeof(*made));
	int64_t timeout_ms = conf_get_int(conf, "uplinkd.webhook.timeout_ms");
	struct http_receiver_setup setup = {
		.name = "webhook", .ca_file = conf_get_string(conf, "uplinkd.webhook.ca_file"), .system_ca_too = true,
		.connect_timeout_ms = timeout_ms, .timeout_ms = timeout_ms, .max_in_flight = IN_FLIGHT_MAX,
		.max_per_host = PER_HOST_MAX, .status_alone = true, .outside_only = !conf_get_bool(conf, "uplinkd.webhook.allow_inside"),
	};

	if (made == NULL) {
		snprintf(why, CONF_WHY_SIZE, "out of memory");
		return ERR_NOMEM;
	}
	made->desk = desk;
	if (http_receiver_new(http, &setup, &made->receiver) < 0) {
		free(made);
		return conf_fault(conf_find(conf_root(conf), "uplinkd.webhook.ca_file"), why, "%s cannot be read as certificates in PEM",
		                  setup.ca_file);
	}
	*w = made;
	return 0;
}

void webhook_free(struct webhook **w)
{
	free(*w);
	*w = NULL;
}

/* id.timestamp.body in memory of its own; NULL without memory. */
static char *signed_text(const char *id, int64_t timestamp_s, const void *body, size_t len, size_t *total)
{
	size_t room = strlen(id) + 24;
	char *text = malloc(room + len);
	int n;

	if (text == NULL)
		return NULL;
	n = snprintf(text, room, "%s.%" PRId64 ".", id, timestamp_s);
	memcpy(text + n, body, len);
	*total = (size_t)n + len;
	return text;
}

int webhook_sign(const char *secret, const char *id, int64_t timestamp_s, const void *body, size_t len,
                 char out[WEBHOOK_SIGNATURE_SIZE])
{
	const size_t prefix = sizeof(secret_prefix) - 1;
	uint8_t key[KEY_MAX + 2], mac[CRYPTO_SHA256_SIZE];
	char base64[WEBHOOK_SIGNATURE_SIZE - 3];
	size_t total = 0;
	char *text;
	int n, e;

	if (strncmp(secret, secret_prefix, prefix) != 0)
		return ERR_INVALID;
	n = base64_decode(secret + prefix, strlen(secret + prefix), key, sizeof(key));
	if (n < KEY_MIN || n > KEY_MAX) {
		secret_wipe(key, sizeof(key));
		return ERR_INVALID;
	}
	text = signed_text(id, timestamp_s, body, len, &total);
	e = text != NULL ? crypto_hmac_sha256(key, (size_t)n, text, total, mac) : ERR_NOMEM;
	secret_wipe(key, sizeof(key));
	free(text);
	if (e == 0)
		e = base64_encode(mac, sizeof(mac), base64, sizeof(base64));
	if (e < 0)
		return e;
	snprintf(out, WEBHOOK_SIGNATURE_SIZE, "v1,%s", base64);
	return 0;
}

enum uplink_send_status webhook_classify(const struct http_answer *a)
{
	if (a->fate != HTTP_ANSWERED)
		return UPLINK_LATER;
	if (a->status >= 200 && a->status < 300)
		return UPLINK_SENT;
	return a->status == 410 ? UPLINK_REFUSED : UPLINK_LATER;
}

uint32_t webhook_retry_after_s(const struct http_answer *a, struct wall now)
{
	uint32_t after_s;

	if (a->fate != HTTP_ANSWERED || a->retry_after == NULL || (a->status != 429 && (a->status < 502 || a->status > 504)))
		return 0;
	return http_retry_after(a->retry_after, now, &after_s) == 0 ? after_s : 0;
}

static void on_done(const struct http_answer *a, void *context)
{
	struct exchange *x = context;
	struct uplink_webhook_result r = {
		.job = x->job, .status = webhook_classify(a), .http_status = (uint16_t)a->status,
		.retry_after_s = webhook_retry_after_s(a, clock_wall()),
	};

	meters_exchange(desk_meters(x->webhook->desk), METERS_TO_WEBHOOK, a);
	if (a->fate != HTTP_ANSWERED)
		snprintf(r.detail, sizeof(r.detail), "%s", a->why);
	log_info("webhook_result", "job=%" PRIu64 " event=%s http=%d status=%u ms=%" PRId64, x->job, x->event_id, a->status, r.status,
	         a->took_us / 1000);
	desk_webhook_result(x->webhook->desk, &r);
	free(x);
}

static int send(struct webhook *w, const struct uplink_webhook *job, struct wall now, struct exchange *x)
{
	char id[HEADER_SIZE], timestamp[HEADER_SIZE], signature[HEADER_SIZE], value[WEBHOOK_SIGNATURE_SIZE], before[WEBHOOK_SIGNATURE_SIZE] = "";
	int64_t now_s = now.ms / 1000;
	struct http_call call = {
		.method = "POST", .url = job->url, .body = job->body.data, .len = job->body.len, .done = on_done, .context = x,
		.headers = { "Content-Type: application/json", id, timestamp, signature }, .header_count = 4,
	};
	int e = webhook_sign(job->secret, job->event_id, now_s, job->body.data, job->body.len, value);

	if (e == 0 && job->secret_before[0] != '\0')
		e = webhook_sign(job->secret_before, job->event_id, now_s, job->body.data, job->body.len, before);
	if (e < 0)
		return e;
	snprintf(id, sizeof(id), "webhook-id: %s", job->event_id);
	snprintf(timestamp, sizeof(timestamp), "webhook-timestamp: %" PRId64, now_s);
	snprintf(signature, sizeof(signature), "webhook-signature: %s%s%s", value, before[0] != '\0' ? " " : "", before);
	return http_client_call(w->receiver, &call);
}

void webhook_start(struct webhook *w, const struct uplink_webhook *job, struct wall now)
{
	struct uplink_webhook_result r = { .job = job->job };
	struct exchange *x = calloc(1, sizeof(*x));
	int e = ERR_NOMEM;

	if (x != NULL) {
		*x = (struct exchange){ .webhook = w, .job = job->job };
		snprintf(x->event_id, sizeof(x->event_id), "%s", job->event_id);
		e = send(w, job, now, x);
	}
	if (e == 0)
		return;
	free(x);
	r.status = e == ERR_INVALID ? UPLINK_REFUSED : UPLINK_LATER;
	snprintf(r.detail, sizeof(r.detail), "%s", e != ERR_INVALID ? "too much is waiting already" :
	         "the URL is not https, or the secret is not whsec_ with 24 to 64 bytes");
	log_warn("webhook_unsent", "job=%" PRIu64 " event=%s why=\"%s\"", job->job, job->event_id, r.detail);
	desk_webhook_result(w->desk, &r);
}
