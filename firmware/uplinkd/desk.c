#include "uplinkd/desk.h"

#include <stdlib.h>

enum { BUCKETS = 1024 };

struct noted { struct noted *next; uint64_t job; };

struct desk {
	void (*send)(const struct uplink_msg *result, void *context);
	void *context;
	struct metrics meters;
	struct noted *bucket[BUCKETS];
	size_t in_flight;
	struct uplink_msg out;     /* too large for a stack */
};

int desk_new(void (*send)(const struct uplink_msg *result, void *context), void *context, struct desk **d)
{
	struct desk *made = calloc(1, sizeof(*made));

	if (made == NULL)
		return ERR_NOMEM;
	made->send = send;
	made->context = context;
	meters_init(&made->meters);
	*d = made;
	return 0;
}

void desk_free(struct desk **d)
{
	struct noted *n;

	if (*d == NULL)
		return;
	for (size_t i = 0; i < BUCKETS; i++) {
		while ((n = (*d)->bucket[i]) != NULL) {
			(*d)->bucket[i] = n->next;
			free(n);
		}
	}
	free(*d);
	*d = NULL;
}

struct metrics *desk_meters(struct desk *d)
{
	return &d->meters;
}

/* The link that points to the job, or to the end of its bucket. */
static struct noted **find(struct desk *d, uint64_t job)
{
	struct noted **at = &d->bucket[job % BUCKETS];

	while (*at != NULL && (*at)->job != job)
		at = &(*at)->next;
	return at;
}

int desk_take(struct desk *d, uint64_t job)
{
	struct noted **at = find(d, job);

	if (*at != NULL) {
		meters_duplicate(&d->meters);
		return ERR_EXISTS;
	}
	*at = calloc(1, sizeof(**at));
	if (*at == NULL)
		return ERR_NOMEM;
	(*at)->job = job;
	meters_in_flight(&d->meters, ++d->in_flight);
	return 0;
}

static void end(struct desk *d, uint64_t job, enum meters_result how, enum uplink_type type)
{
	struct noted **at = find(d, job), *gone = *at;

	if (gone != NULL) {
		*at = gone->next;
		free(gone);
		meters_in_flight(&d->meters, --d->in_flight);
	}
	meters_result(&d->meters, how);
	d->out.type = type;
	d->send(&d->out, d->context);
}

void desk_pg_result(struct desk *d, const struct uplink_pg_result *r)
{
	d->out.u.pg_result = *r;
	end(d, r->job, (enum meters_result)(METERS_PG_OK + r->status - UPLINK_PG_OK), uplink_type_pg_result);
}

void desk_pg_list_result(struct desk *d, const struct uplink_pg_list_result *r)
{
	d->out.u.pg_list_result = *r;
	end(d, r->job, (enum meters_result)(METERS_PG_OK + r->status - UPLINK_PG_OK), uplink_type_pg_list_result);
}

void desk_pg_promotions_result(struct desk *d, const struct uplink_pg_promotions_result *r)
{
	d->out.u.pg_promotions_result = *r;
	end(d, r->job, (enum meters_result)(METERS_PG_OK + r->status - UPLINK_PG_OK), uplink_type_pg_promotions_result);
}

void desk_sms_result(struct desk *d, const struct uplink_sms_result *r)
{
	d->out.u.sms_result = *r;
	end(d, r->job, (enum meters_result)(METERS_SMS_SENT + r->status - UPLINK_SENT), uplink_type_sms_result);
}

void desk_webhook_result(struct desk *d, const struct uplink_webhook_result *r)
{
	d->out.u.webhook_result = *r;
	end(d, r->job, (enum meters_result)(METERS_WEBHOOK_SENT + r->status - UPLINK_SENT), uplink_type_webhook_result);
}
