/* pg.h: payment gateways. A connector turns a job into one HTTP request and an answer into a result, as pure functions;
 * pg.c looks up the gateway, sends, and reports. A job of a kind that the gateway's connector cannot do is answered as
 * declined by the system, not sent; a query or a net-cancel as not sent, for no answer to them says anything of the order. */
#ifndef UPLINKD_PG_H
#define UPLINKD_PG_H

#include <stddef.h>

#include "conf/conf.h"
#include "ipc/uplink.h"
#include "lib/err.h"
#include "uplinkd/desk.h"
#include "uplinkd/http_client.h"

enum pg_can {
	PG_CAN_VERIFY = 1 << 0,        /* check a card and issue a billing key, without money */
	PG_CAN_PAY_BY_KEY = 1 << 1,
	PG_CAN_PAY_BY_CARD = 1 << 2,
	PG_CAN_KEEP_CARD = 1 << 3,     /* paying by card may issue a billing key */
	PG_CAN_QUERY = 1 << 4,         /* by our order id */
	PG_CAN_NET_CANCEL = 1 << 5,    /* cancel by order id, whether the order is known or not */
	PG_CAN_EXPIRE_KEY = 1 << 6,
};

enum { PG_URL_SIZE = 512, PG_SECRET_SIZE = 256, PG_ORDER_SIZE = 64 };

/* What of a job must be known when its answer comes. */
struct pg_job {
	uint64_t job;
	enum uplink_type op;           /* pg_verify, pg_pay, pg_query, pg_net_cancel or pg_expire_key */
	char order_id[PG_ORDER_SIZE];
	int64_t amount_minor;
};

/* One request: body is malloc'ed text, NULL for none. */
struct pg_request { const char *method; char url[PG_URL_SIZE]; char *body; };

struct pg_connector {
	const char *kind;
	unsigned can;                  /* bits of enum pg_can */
	/* Makes the request for a job below the gateway's base URL. ERR_INVALID: the job cannot be said in this protocol. */
	int (*request)(const char *base_url, const struct uplink_msg *job, struct pg_request *r);
	/* Reads a whole answer (fate HTTP_ANSWERED). Sets everything of result but job. Whatever is not a clear answer of this
	 * protocol to this job is UPLINK_PG_UNKNOWN. */
	void (*answer)(const struct pg_job *job, const struct http_answer *a, struct uplink_pg_result *result);
};

/* The result of an exchange in any fate. */
void pg_classify(const struct pg_connector *c, const struct pg_job *job, const struct http_answer *a,
                 struct uplink_pg_result *result);

struct pg;
/* Reads uplinkd.pg of the configuration. On failure why says "FILE:LINE: reason". */
int pg_new(struct http_client *http, struct desk *desk, const struct conf_tree *conf, struct pg **p, char why[CONF_WHY_SIZE]) MUST_CHECK;
void pg_free(struct pg **p);
/* Starts a job that the desk has taken; its result goes to the desk. */
void pg_start(struct pg *p, const struct uplink_msg *job);

#endif
