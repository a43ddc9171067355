/* pg.h: payment gateways. A connector turns a job into one HTTP request and an answer into a result, as pure functions; there
 * are protocols in which some jobs take several requests, one after the other. pg.c looks up the gateway, sends, and reports.
 * A job of a kind that the gateway cannot do is answered as declined by the system, not sent; a query or a net-cancel as not
 * sent, for no answer to them says anything of the order. */
#ifndef UPLINKD_PG_H
#define UPLINKD_PG_H

#include <stdbool.h>
#include <stddef.h>

#include "conf/conf.h"
#include "ipc/uplink.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "uplinkd/desk.h"
#include "uplinkd/http_client.h"

enum { PG_URL_SIZE = 512, PG_SECRET_SIZE = 256, PG_ORDER_SIZE = 64, PG_WHY_SIZE = 200 };

struct pg_connector;
struct pg_promotions;

/* One gateway of the configuration, as its connector sees it. */
struct pg_account {
	const struct pg_connector *connector;
	char name[32], url[256];                    /* url without '/' at its end */
	char client_id[65], secret[PG_SECRET_SIZE]; /* "": none given */
	char authorization[2 * PG_SECRET_SIZE];     /* the header, made by the connector; "": none */
	int64_t late_ms;                            /* a request that was given up may still arrive for so long */
	unsigned can;                               /* bits of enum uplink_can: the connector's, less what the contract leaves out */
	int64_t least_minor;                        /* the smallest payment, 0: any */
};

/* What of a job must be known when its answer comes. A connector may keep what its next step needs. */
struct pg_job {
	uint64_t job;
	enum uplink_type op;                        /* pg_verify, pg_pay, pg_query, pg_net_cancel, pg_expire_key, pg_cancel, pg_query_cancel, pg_list or pg_promotions */
	char order_id[PG_ORDER_SIZE];               /* what the answer is to name: of a cancellation its own id */
	int64_t amount_minor;
	int64_t order_at_ms, lost_for_ms;           /* of a query and of a net-cancel */
	struct wall now;
	int step;                                   /* 0: the first request */
	char tid[64], pg_billing_key[96], day[11];
};

/* One request: body is malloc'ed text, NULL for none. */
struct pg_request { const char *method; char url[PG_URL_SIZE]; char *body; };

struct pg_connector {
	const char *kind;                           /* as uplinkd.pg[].kind names it */
	unsigned can;                               /* bits of enum uplink_can */
	int64_t least_minor;
	/* Checks url, client_id and secret, and makes authorization. ERR_INVALID: why says in words what is wrong. */
	int (*open)(struct pg_account *a, char why[PG_WHY_SIZE]);
	/* Makes the request of job's step; m is the job itself at step 0, NULL later. ERR_INVALID: the job cannot be said in this
	 * protocol. */
	int (*request)(const struct pg_account *a, const struct uplink_msg *m, const struct pg_job *job, struct pg_request *r);
	/* Reads a whole answer (fate HTTP_ANSWERED). Sets everything of result but job. Whatever is not a clear answer of this
	 * protocol to this job is UPLINK_PG_UNKNOWN. True: the job needs another request, job->step says which. */
	bool (*answer)(const struct pg_account *a, struct pg_job *job, const struct http_answer *h, struct uplink_pg_result *result);
	/* Reads a page of a day's list; NULL without UPLINK_CAN_LIST. Sets everything of result but job. */
	void (*list)(const struct pg_job *job, const struct http_answer *h, struct uplink_pg_list_result *result);
	/* UPLINK_CAN_PROMOTIONS only: an answer that answer() has found to be ok, row by row, in the form of pg_promotions.h. ERR_INVALID
	 * with why: it cannot be read as a whole, and is not used. */
	int (*promotions)(const struct http_answer *h, struct pg_promotions *p, const char **why);
};

/* The result of an exchange in any fate. True: it is none yet, another step follows. */
bool pg_classify(const struct pg_account *a, struct pg_job *job, const struct http_answer *h, struct uplink_pg_result *result);

struct pg;
/* Reads uplinkd.pg of the configuration. On failure why says "FILE:LINE: reason". */
int pg_new(struct http_client *http, struct desk *desk, const struct conf_tree *conf, struct pg **p, char why[CONF_WHY_SIZE]) MUST_CHECK;
void pg_free(struct pg **p);
size_t pg_count(const struct pg *p);
/* What arsd is to know of gateway i < pg_count(), of all: left is how many follow. */
void pg_tell(const struct pg *p, size_t i, struct uplink_pg_can *m);
/* Starts a job that the desk has taken; its result goes to the desk. */
void pg_start(struct pg *p, const struct uplink_msg *job);

#endif
