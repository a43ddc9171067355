#include "arsd/webhooks.h"

#include <stdio.h>
#include <string.h>

#include "arsd/outbox.h"
#include "crypto/crypto.h"
#include "lib/log.h"

static const int64_t keep_ms = INT64_C(30) * 24 * 3600 * 1000;

/* All that events.c, sms.c and their callers tell. */
static const char *const types[] = {
	"billing_key.deleted", "billing_key.replaced", "billing_key.resumed", "billing_key.suspended",
	"payment.abandoned", "payment.approved", "payment.cancel_failed", "payment.canceled", "payment.canceled_before_auth", "payment.expired",
	"payment.failed", "payment.holder_mismatch", "payment.partially_canceled", "payment.refused",
	"reconciliation.completed",
	"registration.abandoned", "registration.canceled", "registration.completed", "registration.expired", "registration.failed",
	"registration.holder_mismatch", "registration.refused",
	"schedule.ended", "schedule.paused", "schedule.payment_created", "schedule.resumed", "schedule.run_missed",
	"sms.delivered", "sms.failed", "sms.sent", "sms.undelivered",
	"webhook.test",
};

bool webhooks_wants(const char *events, const char *type)
{
	size_t size = strlen(type);

	if (events[0] == '\0')
		return true;
	for (const char *p = events; *p != '\0'; p += strcspn(p, ","), p += *p == ',') {
		size_t len = strcspn(p, ",");

		if (len == size && strncmp(p, type, len) == 0)
			return true;
		if (len > 1 && p[len - 1] == '*' && strncmp(p, type, len - 1) == 0)
			return true;
	}
	return false;
}

static bool is_for_any(const char *one)
{
	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		if (webhooks_wants(one, types[i]))
			return true;
	return false;
}

const char *webhooks_unknown_type(const char *events, int *place)
{
	static char one[64];

	*place = 0;
	for (const char *p = events; *p != '\0'; p += strcspn(p, ","), p += *p == ',', ++*place) {
		snprintf(one, sizeof(one), "%.*s", (int)strcspn(p, ","), p);
		if (!is_for_any(one))
			return one;
	}
	return NULL;
}

struct telling { struct arsd *a; const struct event *event; };

static int tell_one(const struct webhook_endpoint *w, void *context)
{
	struct telling *t = context;

	return w->enabled && webhooks_wants(w->events, t->event->type) ? outbox_add_webhook(t->a, w, t->event) : 0;
}

int webhooks_tell(struct arsd *a, const struct event *e)
{
	struct telling t = { a, e };

	return store_webhooks_of(a->store, e->merchant.text, tell_one, &t);
}

int webhooks_make_secret(char secret[96])
{
	uint8_t bytes[32];
	char text[64];
	int e = crypto_random(bytes, sizeof(bytes));

	if (e < 0 || base64_encode(bytes, sizeof(bytes), text, sizeof(text)) < 0)
		return ERR_CRYPTO;
	snprintf(secret, 96, "whsec_%s", text);
	return 0;
}

int webhooks_add(struct arsd *a, const struct merchant *m, const char *url, const char *secret)
{
	struct webhook_endpoint w = { .id = id_new("we_"), .merchant = m->id, .enabled = true, .created = a->wall, .updated = a->wall };

	snprintf(w.url, sizeof(w.url), "%s", url);
	snprintf(w.secret, sizeof(w.secret), "%s", secret);
	return store_webhook_add(a->store, &w);
}

int webhooks_tidy(struct arsd *a, int most)
{
	return store_webhooks_purge(a->store, (struct wall){ a->wall.ms - keep_ms }, most);
}
