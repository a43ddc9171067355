#include "uplinkd/pg.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/log.h"
#include "lib/secret.h"
#include "uplinkd/http_url.h"
#include "uplinkd/pg_job.h"
#include "uplinkd/pg_json.h"
#include "uplinkd/pg_nicepay.h"
#include "uplinkd/pg_promotions.h"
#include "uplinkd/secret_file.h"

static const struct pg_connector *const connectors[] = { &pg_json_connector, &pg_nicepay_connector };
/* As uplinkd.pg[].without names them. */
static const struct { const char *word; unsigned can; } abilities[] = {
	{ "billing", UPLINK_CAN_BILLING }, { "key_in", UPLINK_CAN_KEY_IN }, { "cancel", UPLINK_CAN_CANCEL },
	{ "partial_cancel", UPLINK_CAN_PARTIAL_CANCEL }, { "interest_free", UPLINK_CAN_INTEREST_FREE },
	{ "promotions", UPLINK_CAN_PROMOTIONS }, { "query", UPLINK_CAN_QUERY }, { "net_cancel", UPLINK_CAN_NET_CANCEL },
	{ "list", UPLINK_CAN_LIST }, { "foreign", UPLINK_CAN_FOREIGN }, { "vat", UPLINK_CAN_VAT },
};

struct gateway { struct pg_account account; struct http_receiver *receiver; };

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

static const struct pg_connector *find_connector(const char *kind)
{
	for (size_t i = 0; i < ARRAY_LEN(connectors); i++)
		if (strcmp(connectors[i]->kind, kind) == 0)
			return connectors[i];
	return NULL;
}

/* What the merchant's contract with the gateway leaves out of the protocol. The schema has checked the words. */
static unsigned left_out(const struct conf_node *at)
{
	const struct conf_node *list = conf_find(at, "without");
	unsigned out = 0;

	for (size_t i = 0; list != NULL && i < conf_count(list); i++)
		for (size_t k = 0; k < ARRAY_LEN(abilities); k++)
			if (strcmp(abilities[k].word, conf_string(conf_at(list, i))) == 0)
				out |= abilities[k].can;
	return out;
}

/* At least as long as a request waits here for a place and is then under way: an arsd that starts meanwhile asks after it as lost. */
static int64_t late_ms_of(const struct conf_node *at)
{
	int64_t late_ms = conf_member_int(at, "uplinkd.pg", "late_s") * 1000, ours_ms = 2 * conf_member_int(at, "uplinkd.pg", "timeout_ms");

	return late_ms > ours_ms ? late_ms : ours_ms;
}

static int account_read(const struct conf_node *at, struct pg_account *a, char why[CONF_WHY_SIZE])
{
	const char *kind = conf_member_string(at, "uplinkd.pg", "kind"), *url = conf_member_string(at, "uplinkd.pg", "url");
	const char *secret_file = conf_member_string(at, "uplinkd.pg", "secret_file");
	char reason[PG_WHY_SIZE] = "";
	size_t len = strlen(url);

	if (!http_url_is_https(url) || strpbrk(url, "?") != NULL)
		return conf_fault(member_or(at, "url"), why, "\"%s\" is not an https address without user, query and fragment", url);
	if (secret_file[0] != '\0' && secret_file_read(secret_file, a->secret, sizeof(a->secret)) < 0)
		return conf_fault(member_or(at, "secret_file"), why, "%s cannot be read as one line of ASCII", secret_file);
	while (len > 0 && url[len - 1] == '/')
		len--;
	snprintf(a->name, sizeof(a->name), "%s", conf_member_string(at, "uplinkd.pg", "name"));
	snprintf(a->url, sizeof(a->url), "%.*s", (int)len, url);
	snprintf(a->client_id, sizeof(a->client_id), "%s", conf_member_string(at, "uplinkd.pg", "client_id"));
	a->late_ms = late_ms_of(at);
	a->connector = find_connector(kind);
	if (a->connector == NULL)
		return conf_fault(member_or(at, "kind"), why, "uplinkd.pg: there is no kind \"%s\"", kind);
	a->can = a->connector->can & ~left_out(at);
	a->least_minor = a->connector->least_minor;
	if (a->connector->open(a, reason) < 0)
		return conf_fault(at, why, "uplinkd.pg: \"%s\": %s", a->name, reason);
	return 0;
}

static int gateway_read(struct http_client *http, const struct conf_node *at, struct gateway *g, char why[CONF_WHY_SIZE])
{
	struct http_receiver_setup setup = {
		.name = conf_member_string(at, "uplinkd.pg", "name"),
		.ca_file = conf_member_string(at, "uplinkd.pg", "ca_file"),
		.connect_timeout_ms = conf_member_int(at, "uplinkd.pg", "connect_timeout_ms"),
		.timeout_ms = conf_member_int(at, "uplinkd.pg", "timeout_ms"),
		.max_in_flight = (int)conf_member_int(at, "uplinkd.pg", "max_in_flight"),
	};
	int e = account_read(at, &g->account, why);

	if (e == 0 && http_receiver_new(http, &setup, &g->receiver) < 0)
		e = conf_fault(member_or(at, "ca_file"), why, "%s cannot be read as certificates in PEM", setup.ca_file);
	return e;
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
		const char *name = made->gateway[i].account.name;
		int e = gateway_read(http, conf_at(list, i), &made->gateway[i], why);

		made->count++;
		for (size_t j = 0; e == 0 && j < i; j++)
			if (strcmp(name, made->gateway[j].account.name) == 0)
				e = conf_fault(conf_at(list, i), why, "a second gateway named \"%s\"", name);
		if (e < 0) {
			pg_free(&made);
			return e;
		}
	}
	*p = made;
	return 0;
}

void pg_free(struct pg **p)
{
	for (size_t i = 0; *p != NULL && i < (*p)->count; i++)
		secret_wipe(&(*p)->gateway[i].account, sizeof((*p)->gateway[i].account));
	free(*p);
	*p = NULL;
}

size_t pg_count(const struct pg *p)
{
	return p->count;
}

void pg_tell(const struct pg *p, size_t i, struct uplink_pg_can *m)
{
	const struct pg_account *a = &p->gateway[i].account;

	memset(m, 0, sizeof(*m));
	snprintf(m->name, sizeof(m->name), "%s", a->name);
	snprintf(m->kind, sizeof(m->kind), "%s", a->connector->kind);
	m->can = a->can;
	m->least_minor = a->least_minor;
	m->left = (uint8_t)(p->count - i - 1);
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

bool pg_classify(const struct pg_account *a, struct pg_job *job, const struct http_answer *h, struct uplink_pg_result *result)
{
	bool more = false;

	memset(result, 0, sizeof(*result));
	if (h->fate == HTTP_ANSWERED) {
		more = a->connector->answer(a, job, h, result);
		mask_numbers(result->code);
		mask_numbers(result->message);
	} else {
		result->status = h->fate == HTTP_NOT_SENT ? UPLINK_PG_NOT_SENT : UPLINK_PG_UNKNOWN;
		snprintf(result->message, sizeof(result->message), "%s", h->why);
	}
	result->job = job->job;
	return more;
}

/* A list's page has a result of its own: too large for a stack, and for those of money. */
static void answer_list(struct pg *p, const struct pg_job *job, enum uplink_pg_status status, const char *message)
{
	static struct uplink_pg_list_result r;

	memset(&r, 0, offsetof(struct uplink_pg_list_result, rows));
	r.rows.len = 0;
	r.job = job->job;
	r.status = (uint8_t)status;
	snprintf(r.message, sizeof(r.message), "%s", message);
	log_warn("pg_list", "job=%" PRIu64 " status=%u why=\"%s\"", job->job, r.status, r.message);
	desk_pg_list_result(p->desk, &r);
}

static void on_listed(struct exchange *x, const struct http_answer *h)
{
	static struct uplink_pg_list_result r;

	if (h->fate != HTTP_ANSWERED) {
		answer_list(x->pg, &x->job, h->fate == HTTP_NOT_SENT ? UPLINK_PG_NOT_SENT : UPLINK_PG_UNKNOWN, h->why);
		return;
	}
	memset(&r, 0, offsetof(struct uplink_pg_list_result, rows));
	r.rows.len = 0;
	x->gateway->account.connector->list(&x->job, h, &r);
	mask_numbers(r.message);
	r.job = x->job.job;
	log_info("pg_list", "job=%" PRIu64 " pg=%s day=%s http=%d status=%u bytes=%u more=%d ms=%" PRId64, r.job, x->gateway->account.name,
	         x->job.day, h->status, r.status, r.rows.len, r.next[0] != '\0', h->took_us / 1000);
	desk_pg_list_result(x->pg->desk, &r);
}

static void answer_promotions(struct pg *p, const struct pg_job *job, enum uplink_pg_status status, const char *message)
{
	static struct uplink_pg_promotions_result r;

	memset(&r, 0, offsetof(struct uplink_pg_promotions_result, rows));
	r.rows.len = 0;
	r.job = job->job;
	r.status = (uint8_t)status;
	snprintf(r.message, sizeof(r.message), "%s", message);
	log_warn("pg_promotions", "job=%" PRIu64 " status=%u why=\"%s\"", job->job, r.status, r.message);
	desk_pg_promotions_result(p->desk, &r);
}

/* said: what the answer is, as of any other job. */
static void on_promotions(struct exchange *x, const struct http_answer *h, const struct uplink_pg_result *said)
{
	static struct uplink_pg_promotions_result r;
	const char *why = "";
	int e;

	if (said->status != UPLINK_PG_OK) {
		answer_promotions(x->pg, &x->job, (enum uplink_pg_status)said->status, said->message[0] != '\0' ? said->message : said->code);
		return;
	}
	memset(&r, 0, offsetof(struct uplink_pg_promotions_result, rows));
	e = pg_promotions_read(x->gateway->account.connector, h, &r, &why);
	if (e < 0) {
		answer_promotions(x->pg, &x->job, UPLINK_PG_UNKNOWN, why);
		return;
	}
	r.job = x->job.job;
	r.status = UPLINK_PG_OK;
	log_info("pg_promotions", "job=%" PRIu64 " pg=%s bytes=%u left_out=%u ms=%" PRId64, r.job, x->gateway->account.name, r.rows.len,
	         r.left_out, h->took_us / 1000);
	desk_pg_promotions_result(x->pg->desk, &r);
}

static int ask(struct exchange *x, const struct uplink_msg *m);

static void on_done(const struct http_answer *h, void *context)
{
	struct exchange *x = context;
	struct pg_job *job = &x->job;
	struct uplink_pg_result result;

	meters_exchange(desk_meters(x->pg->desk), METERS_TO_PG, h);
	if (job->op == uplink_type_pg_list) {
		on_listed(x, h);
		free(x);
		return;
	}
	job->now = clock_wall();
	if (pg_classify(&x->gateway->account, job, h, &result)) {
		if (ask(x, NULL) == 0)
			return;
		/* What was asked before has its answer, but the job is not at its end. */
		result = (struct uplink_pg_result){ .job = job->job, .status = UPLINK_PG_UNKNOWN, .message = "busy between two steps" };
	}
	if (job->op == uplink_type_pg_promotions) {
		on_promotions(x, h, &result);
		free(x);
		return;
	}
	log_info("pg_result", "job=%" PRIu64 " op=%s pg=%s order=%s step=%d http=%d status=%u decline=%u code=%s ms=%" PRId64,
	         job->job, uplink_type_name(job->op), x->gateway->account.name, job->order_id, job->step, h->status, result.status,
	         result.decline, result.code, h->took_us / 1000);
	desk_pg_result(x->pg->desk, &result);
	free(x);
}

static void answer_unsent(struct pg *p, const struct pg_job *of, enum uplink_pg_status status, const char *code, const char *message)
{
	const uint64_t job = of->job;
	struct uplink_pg_result r = { .job = job, .status = status };

	if (of->op == uplink_type_pg_list) {
		answer_list(p, of, status, message[0] != '\0' ? message : code);
		return;
	}
	if (of->op == uplink_type_pg_promotions) {
		answer_promotions(p, of, status, message[0] != '\0' ? message : code);
		return;
	}
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
	bool about_an_order = job->op == uplink_type_pg_query || job->op == uplink_type_pg_net_cancel ||
	                      job->op == uplink_type_pg_query_cancel;

	answer_unsent(p, job, about_an_order ? UPLINK_PG_NOT_SENT : UPLINK_PG_DECLINED, code, message);
}

/* "" is the first gateway. */
static const struct gateway *gateway_find(const struct pg *p, const char *name)
{
	for (size_t i = 0; i < p->count; i++)
		if (name[0] == '\0' || strcmp(p->gateway[i].account.name, name) == 0)
			return &p->gateway[i];
	return NULL;
}

static int send(struct exchange *x, const struct pg_request *r)
{
	struct http_call call = { .method = r->method, .url = r->url, .done = on_done, .context = x };

	call.headers[call.header_count++] = "Accept: application/json";
	if (x->gateway->account.authorization[0] != '\0')
		call.headers[call.header_count++] = x->gateway->account.authorization;
	if (r->body != NULL) {
		call.headers[call.header_count++] = "Content-Type: application/json;charset=utf-8";
		call.body = r->body;
		call.len = strlen(r->body);
	}
	return http_client_call(x->gateway->receiver, &call);
}

/* Sends the request of the job's step. ERR_INVALID: it cannot be said; any other error: not now. */
static int ask(struct exchange *x, const struct uplink_msg *m)
{
	const struct pg_account *a = &x->gateway->account;
	struct pg_request request = { 0 };
	int e = a->connector->request(a, m, &x->job, &request);

	if (e == 0 && send(x, &request) < 0)
		e = ERR_EXHAUSTED;
	free(request.body);
	return e;
}

void pg_start(struct pg *p, const struct uplink_msg *m)
{
	struct exchange *x = calloc(1, sizeof(*x));
	struct pg_job job = { .now = clock_wall() };
	const char *name = "";
	unsigned needs = pg_job_read(m, &job, &name);
	int e;

	if (x == NULL) {
		answer_unsent(p, &job, UPLINK_PG_NOT_SENT, "no_memory", "out of memory");
		return;
	}
	*x = (struct exchange){ .pg = p, .gateway = gateway_find(p, name), .job = job };
	if (x->gateway == NULL || (x->gateway->account.can & needs) != needs) {
		answer_never(p, &job, x->gateway == NULL ? "no_such_pg" : "not_supported", name);
		free(x);
		return;
	}
	e = ask(x, m);
	if (e == ERR_INVALID)
		answer_never(p, &job, "bad_job", "the gateway's protocol cannot say this");
	else if (e < 0)
		answer_unsent(p, &job, UPLINK_PG_NOT_SENT, "busy", "too much is waiting already, or memory is short");
	if (e < 0)
		free(x);
}
