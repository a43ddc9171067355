/* uplinkd: everything that leaves the appliance by network: payment gateways, text messages, webhooks. arsd gives it jobs and
 * keeps them; uplinkd holds only what is in flight, stores nothing and listens nowhere. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "conf/conf.h"
#include "crypto/crypto.h"
#include "ipc/uplink.h"
#include "lib/clock.h"
#include "lib/confine.h"
#include "lib/log.h"
#include "lib/secret.h"
#include "loop/loop.h"
#include "uplinkd/desk.h"
#include "uplinkd/http_client.h"
#include "uplinkd/pg.h"
#include "uplinkd/sms.h"
#include "uplinkd/webhook.h"

enum { METRICS_EVERY_MS = 5000, EXIT_BAD_CONFIG = 2 };

struct uplinkd {
	struct loop *loop;
	struct conf_tree *conf;
	struct loop_peer *arsd;
	bool greeted;                      /* arsd's hello came on this connection */
	uint64_t boot;
	struct desk *desk;
	struct http_client *http;
	struct pg *pg;
	struct sms *sms;
	struct webhook *webhook;
	struct loop_timer *metrics_timer;
	struct uplink_msg in, out;         /* 50 KB each: not for the stack */
};

static bool send_to_arsd(struct uplinkd *u, const struct uplink_msg *m)
{
	struct ipc_conn *c = u->greeted ? loop_peer_conn(u->arsd) : NULL;

	return c != NULL && uplink_send(c, m) == 0;
}

static void on_result(const struct uplink_msg *result, void *context)
{
	struct uplinkd *u = context;

	/* arsd asks again after a reconnect for whatever it has no result of. */
	if (!send_to_arsd(u, result))
		meters_dropped(desk_meters(u->desk));
}

static bool on_receipt(const struct uplink_sms_receipt *r, void *context)
{
	struct uplinkd *u = context;

	u->out.type = uplink_type_sms_receipt;
	u->out.u.sms_receipt = *r;
	return send_to_arsd(u, &u->out);
}

static void on_metrics_due(void *context)
{
	struct uplinkd *u = context;

	u->out.type = uplink_type_metrics;
	u->out.u.metrics.text.len = (uint32_t)metrics_print(desk_meters(u->desk), (char *)u->out.u.metrics.text.data,
	                                                    sizeof(u->out.u.metrics.text.data));
	if (u->greeted && !send_to_arsd(u, &u->out))
		log_debug("metrics_unsent", "why=\"arsd does not read\"");
}

/* What can be asked of whom, before anything is. */
static void tell_gateways(struct uplinkd *u)
{
	size_t count = pg_count(u->pg);

	u->out.type = uplink_type_pg_can;
	memset(&u->out.u.pg_can, 0, sizeof(u->out.u.pg_can));
	for (size_t i = 0; i < (count > 0 ? count : 1); i++) {
		if (count > 0)
			pg_tell(u->pg, i, &u->out.u.pg_can);
		if (!send_to_arsd(u, &u->out))
			log_warn("gateways_untold", "hint=\"arsd takes no requests until it has been told\"");
	}
}

/* ---- jobs from arsd ---- */

static uint64_t job_of(const struct uplink_msg *m)
{
	switch (m->type) {
	case uplink_type_pg_verify: return m->u.pg_verify.job;
	case uplink_type_pg_pay: return m->u.pg_pay.job;
	case uplink_type_pg_query: return m->u.pg_query.job;
	case uplink_type_pg_net_cancel: return m->u.pg_net_cancel.job;
	case uplink_type_pg_expire_key: return m->u.pg_expire_key.job;
	case uplink_type_pg_promotions: return m->u.pg_promotions.job;
	case uplink_type_pg_cancel: return m->u.pg_cancel.job;
	case uplink_type_pg_query_cancel: return m->u.pg_query_cancel.job;
	case uplink_type_pg_list: return m->u.pg_list.job;
	case uplink_type_sms: return m->u.sms.job;
	case uplink_type_webhook: return m->u.webhook.job;
	default: return 0;
	}
}

static void break_off(struct uplinkd *u, struct loop_peer *p, const char *why)
{
	meters_bad_frame(desk_meters(u->desk));
	log_error("arsd_dropped", "why=\"%s\"", why);
	loop_peer_drop(p);
}

static void start_job(struct uplinkd *u, struct loop_peer *p, const struct uplink_msg *m)
{
	int e;

	if (m->type == uplink_type_sms_receipt_taken) {
		sms_receipt_taken(u->sms, m->u.sms_receipt_taken.receipt);
		return;
	}
	if (m->type >= uplink_type_pg_result) {
		break_off(u, p, "a message that only uplinkd sends");
		return;
	}
	e = desk_take(u->desk, job_of(m));
	if (e == ERR_EXISTS)
		return;
	if (e < 0) {
		log_error("job_lost", "error=%s hint=\"arsd asks again after its time-out\"", err_name(e));
		return;
	}
	switch (m->type) {
	case uplink_type_sms:
		sms_start(u->sms, &m->u.sms);
		break;
	case uplink_type_webhook:
		webhook_start(u->webhook, &m->u.webhook, clock_wall());
		break;
	default:
		pg_start(u->pg, m);
		break;
	}
}

static void on_frame(struct loop_peer *p, const uint8_t *frame, size_t len, void *context)
{
	struct uplinkd *u = context;

	if (uplink_decode(&u->in, frame, len) < 0)
		break_off(u, p, "a frame that cannot be decoded");
	else if (u->in.type == uplink_type_hello && !u->greeted && u->in.u.hello.version == UPLINK_VERSION) {
		u->greeted = true;
		tell_gateways(u);
	} else if (u->in.type == uplink_type_hello || !u->greeted) {
		break_off(u, p, u->greeted ? "a second hello" : "no hello of our version");
	} else {
		start_job(u, p, &u->in);
	}
	secret_wipe(&u->in, sizeof(u->in));
}

static void on_up(struct loop_peer *p, void *context)
{
	struct uplinkd *u = context;
	struct uplink_msg hello = { .type = uplink_type_hello, .u.hello = { .version = UPLINK_VERSION, .boot = u->boot } };

	u->greeted = false;
	if (uplink_send(loop_peer_conn(p), &hello) < 0)
		loop_peer_drop(p);
	log_info("arsd_connected", "boot=%016llx", (unsigned long long)u->boot);
}

static void on_down(struct loop_peer *p UNUSED, void *context)
{
	struct uplinkd *u = context;

	u->greeted = false;
	log_warn("arsd_gone", "hint=\"what is in flight ends; arsd asks again\"");
}

/* ---- life ---- */

static int open_receivers(struct uplinkd *u, char why[CONF_WHY_SIZE])
{
	const struct sms_setup sms = { u->loop, u->http, u->desk, on_receipt, u };
	int e = pg_new(u->http, u->desk, u->conf, &u->pg, why);

	if (e == 0)
		e = sms_new(&sms, u->conf, &u->sms, why);
	if (e == 0)
		e = webhook_new(u->http, u->desk, u->conf, &u->webhook, why);
	return e;
}

static void allow_ca_files(const struct uplinkd *u, const char *list, struct confine_paths *paths)
{
	const struct conf_node *n = conf_find(conf_root(u->conf), list);

	for (size_t i = 0; n != NULL && i < conf_count(n); i++)
		confine_allow(paths, conf_member_string(conf_at(n, i), list, "ca_file"), CONFINE_READ);
}

/* Secrets are read by now; CAs are read again for each connection. */
static int confine(const struct uplinkd *u)
{
	struct confine_paths paths = { 0 };

	allow_ca_files(u, "uplinkd.pg", &paths);
	allow_ca_files(u, "uplinkd.sms", &paths);
	confine_allow(&paths, conf_get_string(u->conf, "uplinkd.webhook.ca_file"), CONFINE_READ);
	return confine_self(CONFINE_UPLINKD, &paths);
}

static int open_arsd(struct uplinkd *u)
{
	struct loop_peer_handlers h = { .up = on_up, .frame = on_frame, .down = on_down, .context = u };
	char path[128];

	snprintf(path, sizeof(path), "%s/uplink.sock", conf_get_string(u->conf, "run_dir"));
	return loop_peer_connect(u->loop, path, conf_get_int(u->conf, "peer_uids.arsd"), &h, &u->arsd);
}

static int open_all(struct uplinkd *u)
{
	int e = crypto_random(&u->boot, sizeof(u->boot));

	if (e == 0)
		e = loop_new(&u->loop);
	if (e == 0)
		e = http_client_new(u->loop, &u->http);
	if (e == 0)
		e = desk_new(on_result, u, &u->desk);
	return e;
}

static void close_all(struct uplinkd *u)
{
	http_client_free(&u->http);
	webhook_free(&u->webhook);
	sms_free(&u->sms);
	pg_free(&u->pg);
	desk_free(&u->desk);
	if (u->loop != NULL)
		loop_timer_cancel(&u->metrics_timer);
	loop_free(&u->loop);
	conf_free(&u->conf);
}

int main(int argc, char **argv)
{
	static struct uplinkd u;
	const struct rlimit no_core = { 0, 0 };
	char why[CONF_WHY_SIZE];
	enum log_level level = LOG_LEVEL_INFO;
	int e;

	log_init("uplinkd", LOG_LEVEL_INFO);
	setrlimit(RLIMIT_CORE, &no_core);
	if (conf_load_callkey(conf_path_from_args(argc, argv), &u.conf, why) < 0) {
		log_error("config_refused", "why=\"%s\"", why);
		return EXIT_BAD_CONFIG;
	}
	if (log_level_parse(conf_get_string(u.conf, "log_level"), &level) == 0)
		log_init("uplinkd", level);
	e = open_all(&u);
	if (e == 0 && open_receivers(&u, why) < 0) {
		log_error("config_refused", "why=\"%s\"", why);
		close_all(&u);
		return EXIT_BAD_CONFIG;
	}
	if (e == 0)
		e = confine(&u);
	if (e == 0)
		e = open_arsd(&u);
	if (e == 0)
		e = loop_every(u.loop, METRICS_EVERY_MS, on_metrics_due, &u, &u.metrics_timer);
	if (e == 0) {
		log_info("ready", "arsd=\"%s/uplink.sock\"", conf_get_string(u.conf, "run_dir"));
		e = loop_run(u.loop);
	}
	if (e < 0)
		log_error("ended", "error=%s", err_name(e));
	close_all(&u);
	return e == 0 ? 0 : 1;
}
