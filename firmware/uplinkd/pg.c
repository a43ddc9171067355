#include "uplinkd/pg.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/log.h"
#include "uplinkd/pg_json.h"

enum { AUTHORIZATION_SIZE = PG_SECRET_SIZE + 32 };

struct gateway {
	char name[32], url[256];
	char authorization[AUTHORIZATION_SIZE];
	const struct pg_connector *connector;
	struct http_receiver *receiver;
};

struct pg {
	struct desk *desk;
	size_t count;
	struct gateway gateway[];
};

struct exchange { struct pg *pg; const struct gateway *gateway; struct pg_job job; };

/* ---- set-up ---- */

static const struct conf_node *member_or(const struct conf_node *element, const char *member)
{
	const struct conf_node *n = conf_find(element, member);

	return n != NULL ? n : element;
}

static int gateway_read(struct http_client *http, const struct conf_node *at, struct gateway *g, char why[CONF_WHY_SIZE])
{
	const char *name = conf_member_string(at, "uplinkd.pg", "name");
	const char *url = conf_member_string(at, "uplinkd.pg", "url");
	const char *secret_file = conf_member_string(at, "uplinkd.pg", "secret_file");
	struct http_receiver_setup setup = {
		.name = name,
		.ca_file = conf_member_string(at, "uplinkd.pg", "ca_file"),
		.connect_timeout_ms = conf_member_int(at, "uplinkd.pg", "connect_timeout_ms"),
		.timeout_ms = conf_member_int(at, "uplinkd.pg", "timeout_ms"),
		.max_in_flight = (int)conf_member_int(at, "uplinkd.pg", "max_in_flight"),
	};
	char secret[PG_SECRET_SIZE] = "";
	size_t len = strlen(url);

	if (!http_url_is_https(url) || strpbrk(url, "?") != NULL)
		return conf_fault(member_or(at, "url"), why, "\"%s\" is not an https address without user, query and fragment", url);
	if (secret_file[0] != '\0' && http_secret_read(secret_file, secret, sizeof(secret)) < 0)
		return conf_fault(member_or(at, "secret_file"), why, "%s cannot be read as one line of ASCII", secret_file);
	if (http_receiver_new(http, &setup, &g->receiver) < 0)
		return conf_fault(member_or(at, "ca_file"), why, "%s cannot be read as certificates in PEM", setup.ca_file);
	while (len > 0 && url[len - 1] == '/')
		len--;
	snprintf(g->name, sizeof(g->name), "%s", name);
	snprintf(g->url, sizeof(g->url), "%.*s", (int)len, url);
	if (secret[0] != '\0')
		snprintf(g->authorization, sizeof(g->authorization), "Authorization: Bearer %s", secret);
	g->connector = &pg_json_connector;
	return 0;
}

int pg_new(struct http_client *http, struct desk *desk, const struct conf_tree *conf, struct pg **p, char why[CONF_WHY_SIZE])
{
	const struct conf_node *list = conf_find(conf_root(conf), "uplinkd.pg");
	size_t count = list != NULL ? conf_count(list) : 0;
	struct pg *made = calloc(1, sizeof(*made) + count * sizeof(made->gateway[0]));

	if (made == NULL) {
		snprintf(why, CONF_WHY_SIZE, "out of memory");
		return ERR_NOMEM;
	}
	made->desk = desk;
	for (size_t i = 0; i < count; i++) {
		int e = gateway_read(http, conf_at(list, i), &made->gateway[i], why);

		if (e < 0) {
			free(made);
			return e;
		}
		for (size_t j = 0; j < i; j++) {
			if (strcmp(made->gateway[i].name, made->gateway[j].name) == 0) {
				e = conf_fault(conf_at(list, i), why, "a second gateway named \"%s\"", made->gateway[i].name);
				free(made);
				return e;
			}
		}
		made->count++;
	}
	*p = made;
	return 0;
}

void pg_free(struct pg **p)
{
	free(*p);
	*p = NULL;
}

/* ---- jobs ---- */

/* A gateway's words go to the store, to the merchant and into logs, and there are gateways that repeat the card number in
 * them. Nine digits, whatever stands between them, are too many to be a code or a sum. */
static void mask_numbers(char *text)
{
	enum { SHORTEST = 9 };

	for (char *p = text; *p != '\0';) {
		char *end = p;
		int digits = 0;

		for (; (*end >= '0' && *end <= '9') || (digits > 0 && strchr(" -.", *end) != NULL && *end != '\0'); end++)
			digits += *end >= '0' && *end <= '9';
		for (char *d = p; digits >= SHORTEST && d < end; d++)
			if (*d >= '0' && *d <= '9')
				*d = '*';
		p = end > p ? end : p + 1;
	}
}

void pg_classify(const struct pg_connector *c, const struct pg_job *job, const struct http_answer *a,
                 struct uplink_pg_result *result)
{
	memset(result, 0, sizeof(*result));
	if (a->fate == HTTP_ANSWERED) {
		c->answer(job, a, result);
		mask_numbers(result->code);
		mask_numbers(result->message);
	} else {
		result->status = a->fate == HTTP_NOT_SENT ? UPLINK_PG_NOT_SENT : UPLINK_PG_UNKNOWN;
		snprintf(result->message, sizeof(result->message), "%s", a->why);
	}
	result->job = job->job;
}

static void on_done(const struct http_answer *a, void *context)
{
	struct exchange *x = context;
	struct uplink_pg_result result;

	meters_exchange(desk_meters(x->pg->desk), METERS_TO_PG, a);
	pg_classify(x->gateway->connector, &x->job, a, &result);
	log_info("pg_result", "job=%" PRIu64 " op=%s pg=%s order=%s http=%d status=%u decline=%u code=%s ms=%" PRId64, x->job.job,
	         uplink_type_name(x->job.op), x->gateway->name, x->job.order_id, a->status, result.status, result.decline,
	         result.code, a->took_us / 1000);
	desk_pg_result(x->pg->desk, &result);
	free(x);
}

static void answer_unsent(struct pg *p, uint64_t job, enum uplink_pg_status status, const char *code, const char *message)
{
	struct uplink_pg_result r = { .job = job, .status = status };

	if (status == UPLINK_PG_DECLINED)
		r.decline = UPLINK_DECLINE_SYSTEM;
	snprintf(r.code, sizeof(r.code), "%s", code);
	snprintf(r.message, sizeof(r.message), "%s", message);
	log_warn("pg_unsent", "job=%" PRIu64 " code=%s why=\"%s\"", job, code, message);
	desk_pg_result(p->desk, &r);
}

/* What can never be sent is a no to what it asks for. Not so a question about an order, or its undoing: the order may have
 * been approved all the same, under an earlier configuration, and "declined" would be taken as its outcome. */
static void answer_never(struct pg *p, const struct pg_job *job, const char *code, const char *message)
{
	bool about_an_order = job->op == uplink_type_pg_query || job->op == uplink_type_pg_net_cancel;

	answer_unsent(p, job->job, about_an_order ? UPLINK_PG_NOT_SENT : UPLINK_PG_DECLINED, code, message);
}

/* What the desk needs of each message kind; the gateway's name in *pg_name. */
static unsigned job_needs(const struct uplink_msg *m, struct pg_job *job, const char **pg_name)
{
	const char *order = "";
	unsigned needs = 0;

	job->op = m->type;
	switch (m->type) {
	case uplink_type_pg_verify:
		job->job = m->u.pg_verify.job;
		*pg_name = m->u.pg_verify.pg;
		order = m->u.pg_verify.order_id;
		needs = PG_CAN_VERIFY;
		break;
	case uplink_type_pg_pay:
		job->job = m->u.pg_pay.job;
		*pg_name = m->u.pg_pay.pg;
		order = m->u.pg_pay.order_id;
		job->amount_minor = m->u.pg_pay.amount_minor;
		needs = (m->u.pg_pay.jwe.len > 0 ? PG_CAN_PAY_BY_CARD : PG_CAN_PAY_BY_KEY) | (m->u.pg_pay.keep ? PG_CAN_KEEP_CARD : 0);
		break;
	case uplink_type_pg_query:
		job->job = m->u.pg_query.job;
		*pg_name = m->u.pg_query.pg;
		order = m->u.pg_query.order_id;
		needs = PG_CAN_QUERY;
		break;
	case uplink_type_pg_net_cancel:
		job->job = m->u.pg_net_cancel.job;
		*pg_name = m->u.pg_net_cancel.pg;
		order = m->u.pg_net_cancel.order_id;
		needs = PG_CAN_NET_CANCEL;
		break;
	case uplink_type_pg_expire_key:
		job->job = m->u.pg_expire_key.job;
		*pg_name = m->u.pg_expire_key.pg;
		needs = PG_CAN_EXPIRE_KEY;
		break;
	default:
		break;
	}
	snprintf(job->order_id, sizeof(job->order_id), "%s", order);
	return needs;
}

/* "" is the first gateway. */
static const struct gateway *gateway_find(const struct pg *p, const char *name)
{
	for (size_t i = 0; i < p->count; i++)
		if (name[0] == '\0' || strcmp(p->gateway[i].name, name) == 0)
			return &p->gateway[i];
	return NULL;
}

static int send(struct exchange *x, const struct pg_request *r)
{
	struct http_call call = { .method = r->method, .url = r->url, .done = on_done, .context = x };

	call.headers[call.header_count++] = "Accept: application/json";
	if (x->gateway->authorization[0] != '\0')
		call.headers[call.header_count++] = x->gateway->authorization;
	if (r->body != NULL) {
		call.headers[call.header_count++] = "Content-Type: application/json";
		call.body = r->body;
		call.len = strlen(r->body);
	}
	return http_client_call(x->gateway->receiver, &call);
}

void pg_start(struct pg *p, const struct uplink_msg *m)
{
	struct exchange *x = calloc(1, sizeof(*x));
	struct pg_request request = { 0 };
	struct pg_job job = { 0 };
	const char *name = "";
	unsigned needs = job_needs(m, &job, &name);
	int e;

	if (x == NULL) {
		answer_unsent(p, job.job, UPLINK_PG_NOT_SENT, "no_memory", "out of memory");
		return;
	}
	*x = (struct exchange){ .pg = p, .gateway = gateway_find(p, name), .job = job };
	if (x->gateway == NULL || (x->gateway->connector->can & needs) != needs) {
		answer_never(p, &job, x->gateway == NULL ? "no_such_pg" : "not_supported", name);
		free(x);
		return;
	}
	e = x->gateway->connector->request(x->gateway->url, m, &request);
	if (e == ERR_INVALID)
		answer_never(p, &job, "bad_job", "the gateway's protocol cannot say this");
	else if (e < 0 || send(x, &request) < 0)
		answer_unsent(p, job.job, UPLINK_PG_NOT_SENT, "busy", "too much is waiting already, or memory is short");
	else
		x = NULL;
	free(request.body);
	free(x);
}
