#include "uplinkd/pg_job.h"

#include <stdio.h>
#include <string.h>

/* order: what the answer is to name. */
static void name_it(struct pg_job *job, uint64_t number, const char *order)
{
	job->job = number;
	snprintf(job->order_id, sizeof(job->order_id), "%s", order);
}

static unsigned read_pay(const struct uplink_pg_pay *m, struct pg_job *job)
{
	unsigned needs = m->jwe.len > 0 ? UPLINK_CAN_KEY_IN : UPLINK_CAN_BILLING;

	name_it(job, m->job, m->order_id);
	snprintf(job->pg_billing_key, sizeof(job->pg_billing_key), "%s", m->pg_billing_key);
	job->amount_minor = m->amount_minor;
	needs |= (m->keep ? UPLINK_CAN_BILLING : 0) | (m->interest_free ? UPLINK_CAN_INTEREST_FREE : 0);
	needs |= m->vat_minor >= 0 ? UPLINK_CAN_VAT : 0;
	return needs | (strcmp(m->currency, "KRW") != 0 ? UPLINK_CAN_FOREIGN : 0);
}

static unsigned read_query(const struct uplink_pg_query *m, struct pg_job *job)
{
	name_it(job, m->job, m->order_id);
	job->order_at_ms = m->order_at_ms;
	return UPLINK_CAN_QUERY;
}

static unsigned read_net_cancel(const struct uplink_pg_net_cancel *m, struct pg_job *job)
{
	name_it(job, m->job, m->order_id);
	job->order_at_ms = m->order_at_ms;
	job->lost_for_ms = m->lost_for_ms;
	return UPLINK_CAN_NET_CANCEL;
}

static unsigned read_cancel(const struct uplink_pg_cancel *m, struct pg_job *job)
{
	name_it(job, m->job, m->cancel_id);
	job->amount_minor = m->amount_minor;
	job->order_at_ms = m->order_at_ms;
	snprintf(job->tid, sizeof(job->tid), "%s", m->tid);
	return (m->whole ? UPLINK_CAN_CANCEL : UPLINK_CAN_PARTIAL_CANCEL) | (m->vat_minor >= 0 ? UPLINK_CAN_VAT : 0);
}

static unsigned read_query_cancel(const struct uplink_pg_query_cancel *m, struct pg_job *job)
{
	name_it(job, m->job, m->cancel_id);
	job->amount_minor = m->amount_minor;
	job->order_at_ms = m->order_at_ms;
	snprintf(job->tid, sizeof(job->tid), "%s", m->tid);
	return UPLINK_CAN_QUERY;
}

static unsigned read_expire_key(const struct uplink_pg_expire_key *m, struct pg_job *job)
{
	name_it(job, m->job, "");
	snprintf(job->pg_billing_key, sizeof(job->pg_billing_key), "%s", m->pg_billing_key);
	return UPLINK_CAN_BILLING;
}

static unsigned read_list(const struct uplink_pg_list *m, struct pg_job *job)
{
	name_it(job, m->job, "");
	snprintf(job->day, sizeof(job->day), "%s", m->day);
	return UPLINK_CAN_LIST;
}

unsigned pg_job_read(const struct uplink_msg *m, struct pg_job *job, const char **pg_name)
{
#define CASE(kind) case uplink_type_pg_##kind: *pg_name = m->u.pg_##kind.pg
	job->op = m->type;
	switch (m->type) {
	CASE(verify); name_it(job, m->u.pg_verify.job, m->u.pg_verify.order_id); return UPLINK_CAN_BILLING;
	CASE(pay); return read_pay(&m->u.pg_pay, job);
	CASE(query); return read_query(&m->u.pg_query, job);
	CASE(net_cancel); return read_net_cancel(&m->u.pg_net_cancel, job);
	CASE(cancel); return read_cancel(&m->u.pg_cancel, job);
	CASE(query_cancel); return read_query_cancel(&m->u.pg_query_cancel, job);
	CASE(expire_key); return read_expire_key(&m->u.pg_expire_key, job);
	CASE(list); return read_list(&m->u.pg_list, job);
	CASE(promotions); name_it(job, m->u.pg_promotions.job, ""); return UPLINK_CAN_PROMOTIONS;
	default: return 0;
	}
#undef CASE
}
