/* server.c: frames in, frames out, and the turn's end between them: what a turn sends leaves after what it wrote is on
 * disk (loop.h holds it back until then). */
#include "arsd/server.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arsd/admin.h"
#include "arsd/analog.h"
#include "arsd/api.h"
#include "arsd/attempts.h"
#include "arsd/calls.h"
#include "arsd/cancels.h"
#include "arsd/columns.h"
#include "arsd/consents.h"
#include "arsd/gateway_keys.h"
#include "arsd/gateways.h"
#include "arsd/line_counts.h"
#include "arsd/lines.h"
#include "arsd/outbox.h"
#include "arsd/promotion_tables.h"
#include "arsd/reconcile.h"
#include "arsd/sms.h"
#include "arsd/speech_desk.h"
#include "crypto/crypto.h"
#include "lib/log.h"
#include "lib/secret.h"
#include "loop/loop.h"

enum { TICK_MS = 100, CLIENTS_MAX = 16 };

enum channel { CHANNEL_CALLCTL, CHANNEL_VAULT, CHANNEL_UPLINK, CHANNEL_API, CHANNEL_ADMIN, CHANNELS };

struct server;
/* One connection; number is never used again, so an answer does not reach another client. said: our hello has left. */
struct link { struct server *server; enum channel channel; struct loop_peer *peer; uint64_t number; bool greeted, said; };

struct server {
	struct arsd *arsd;
	struct loop *loop;
	struct loop_timer *tick;
	struct speech_desk *speech;
	uint64_t boot, last_number;
	struct loop_peer *keystored;
	struct link links[3 + 2 * CLIENTS_MAX];
	struct context { struct server *server; enum channel channel; } contexts[CHANNELS];
	/* Scratch, one of each: the largest is 65 KB. */
	struct callctl_msg callctl;
	struct vault_msg vault;
	struct uplink_msg uplink;
	struct api_msg api;
	struct admin_msg admin;
};

static const char *const channel_names[CHANNELS] = { "callctl", "vault", "uplink", "api", "admin" };
/* Whose fate arsd must know of. */
static const int neighbour_of[CHANNELS] = { NEIGHBOUR_TRUNKD, NEIGHBOUR_KEYSTORED, NEIGHBOUR_UPLINKD, -1, -1 };

/* ---- links ---- */

static struct link *link_on(struct server *s, enum channel channel)
{
	for (size_t i = 0; i < ARRAY_LEN(s->links); i++)
		if (s->links[i].peer != NULL && s->links[i].channel == channel)
			return &s->links[i];
	return NULL;
}

static struct link *link_numbered(struct server *s, uint64_t number)
{
	for (size_t i = 0; i < ARRAY_LEN(s->links); i++)
		if (s->links[i].peer != NULL && s->links[i].number == number)
			return &s->links[i];
	return NULL;
}

static struct link *link_new(struct server *s, enum channel channel, struct loop_peer *p)
{
	for (size_t i = 0; i < ARRAY_LEN(s->links); i++)
		if (s->links[i].peer == NULL) {
			s->links[i] = (struct link){ .server = s, .channel = channel, .peer = p, .number = ++s->last_number };
			loop_peer_set_user(p, &s->links[i]);
			return &s->links[i];
		}
	return NULL;
}

static struct ipc_conn *conn_of(struct link *l)
{
	return l != NULL && l->greeted ? loop_peer_conn(l->peer) : NULL;
}

/* ---- ports ---- */

static bool sent(const char *channel, int e)
{
	if (e < 0)
		log_error("send_failed", "channel=%s error=%s", channel, err_name(e));
	return e == 0;
}

static bool port_callctl(void *context, const struct callctl_msg *m)
{
	struct ipc_conn *c = conn_of(link_on(context, CHANNEL_CALLCTL));

	return c != NULL && sent("callctl", callctl_send(c, m));
}

static bool port_vault(void *context, const struct vault_msg *m)
{
	struct ipc_conn *c = conn_of(link_on(context, CHANNEL_VAULT));

	return c != NULL && sent("vault", vault_send(c, m));
}

static bool port_uplink(void *context, const struct uplink_msg *m)
{
	struct ipc_conn *c = conn_of(link_on(context, CHANNEL_UPLINK));

	return c != NULL && sent("uplink", uplink_send(c, m));
}

static void port_api(void *context, uint64_t peer, const struct api_msg *m)
{
	struct ipc_conn *c = conn_of(link_numbered(context, peer));

	if (c != NULL)
		sent("api", api_send(c, m));
}

static void port_admin(void *context, uint64_t peer, const struct admin_msg *m)
{
	struct ipc_conn *c = conn_of(link_numbered(context, peer));

	if (c != NULL)
		sent("admin", admin_send(c, m));
}

static bool port_speech(void *context, const struct speech_job *job)
{
	struct server *s = context;

	return speech_desk_give(s->speech, job);
}

static void on_speech(uint64_t number, enum speech_result result, void *context)
{
	struct server *s = context;

	s->arsd->mono = clock_mono();
	s->arsd->wall = clock_wall();
	api_speech_done(s->arsd, number, result);
}

/* ---- hello, and what follows ---- */

static int send_hello(struct server *s, enum channel channel, struct ipc_conn *c)
{
	switch (channel) {
	case CHANNEL_CALLCTL:
		s->callctl = (struct callctl_msg){ .type = callctl_type_hello, .u.hello = { CALLCTL_VERSION, s->boot } };
		return callctl_send(c, &s->callctl);
	case CHANNEL_VAULT:
		s->vault = (struct vault_msg){ .type = vault_type_hello, .u.hello = { VAULT_VERSION, s->boot } };
		return vault_send(c, &s->vault);
	case CHANNEL_UPLINK:
		s->uplink = (struct uplink_msg){ .type = uplink_type_hello, .u.hello = { UPLINK_VERSION, s->boot } };
		return uplink_send(c, &s->uplink);
	case CHANNEL_API:
		s->api = (struct api_msg){ .type = api_type_hello, .u.hello = { API_VERSION, s->boot } };
		return api_send(c, &s->api);
	default:
		s->admin = (struct admin_msg){ .type = admin_type_hello, .u.hello = { ADMIN_VERSION, s->boot } };
		return admin_send(c, &s->admin);
	}
}

static void on_up(struct loop_peer *p, void *context)
{
	struct context *x = context;

	if (link_new(x->server, x->channel, p) == NULL || send_hello(x->server, x->channel, loop_peer_conn(p)) < 0)
		loop_peer_drop(p);
}

static void on_down(struct loop_peer *p, void *context)
{
	struct context *x = context;
	struct link *l = loop_peer_user(p);
	struct arsd *a = x->server->arsd;

	if (l == NULL)
		return;
	a->mono = clock_mono();
	a->wall = clock_wall();
	loop_peer_set_user(p, NULL);
	l->peer = NULL;
	if (l->greeted && neighbour_of[x->channel] >= 0)
		arsd_neighbour_down(a, (enum neighbour_name)neighbour_of[x->channel]);
}

static int greet(struct link *l, uint32_t version, uint32_t ours)
{
	if (l->greeted || version != ours)
		return ERR_INVALID;
	l->greeted = true;
	if (neighbour_of[l->channel] >= 0)
		arsd_neighbour_up(l->server->arsd, (enum neighbour_name)neighbour_of[l->channel]);
	return 0;
}

static void keep_metrics(struct arsd *a, enum neighbour_name who, const uint8_t *text, uint32_t len)
{
	struct neighbour *n = &a->neighbours[who];
	char *copy = realloc(n->metrics, len + 1);

	if (copy == NULL)
		return;
	memcpy(copy, text, len);
	copy[len] = '\0';
	n->metrics = copy;
	n->metrics_len = len;
}

static void keep_span(struct arsd *a, const struct callctl_span_state *m)
{
	int i = 0;

	while (i < a->span_count && a->spans[i].span != m->span)
		i++;
	if (i == SPANS_MAX)
		return;
	if (i == a->span_count)
		a->span_count++;
	a->spans[i] = *m;
}

/* ---- one handler a channel: ERR_INVALID drops the peer ---- */

static int on_callctl(struct link *l, const uint8_t *frame, size_t len)
{
	struct arsd *a = l->server->arsd;
	struct callctl_msg *m = &l->server->callctl;

	if (callctl_decode(m, frame, len) < 0 || l->greeted == (m->type == callctl_type_hello))
		return ERR_INVALID;
	switch (m->type) {
	case callctl_type_hello: return greet(l, m->u.hello.version, CALLCTL_VERSION);
	case callctl_type_span_state: keep_span(a, &m->u.span_state); break;
	case callctl_type_span_bin: line_counts_keep(a, &m->u.span_bin); break;
	case callctl_type_span_lines: analog_keep(a, &m->u.span_lines); break;
	case callctl_type_span_pri: lines_keep(a, &m->u.span_pri); break;
	case callctl_type_trace_frame: lines_trace_frame(a, &m->u.trace_frame); break;
	case callctl_type_trace_end: lines_trace_end(a, &m->u.trace_end); break;
	case callctl_type_call_offered: calls_offered(a, &m->u.call_offered); break;
	case callctl_type_call_up: calls_up(a, m->u.call_up.call); break;
	case callctl_type_call_ended: calls_ended(a, &m->u.call_ended); break;
	case callctl_type_play_ended: calls_play_ended(a, &m->u.play_ended); break;
	case callctl_type_menu_key: calls_menu_key(a, &m->u.menu_key); break;
	case callctl_type_key_timeout: calls_key_timeout(a, &m->u.key_timeout); break;
	case callctl_type_metrics: keep_metrics(a, NEIGHBOUR_TRUNKD, m->u.metrics.text.data, m->u.metrics.text.len); break;
	default: return ERR_INVALID;
	}
	return 0;
}

static int on_vault(struct link *l, const uint8_t *frame, size_t len)
{
	struct arsd *a = l->server->arsd;
	struct vault_msg *m = &l->server->vault;

	if (vault_decode(m, frame, len) < 0 || l->greeted == (m->type == vault_type_hello))
		return ERR_INVALID;
	switch (m->type) {
	case vault_type_hello: return greet(l, m->u.hello.version, VAULT_VERSION);
	case vault_type_field_result: calls_field_result(a, &m->u.field_result); break;
	case vault_type_field_refused: calls_field_refused(a, &m->u.field_refused); break;
	case vault_type_keys: arsd_keys_told(a, m->u.keys.state); break;
	case vault_type_gateway_key: gateway_keys_told(a, &m->u.gateway_key); break;
	case vault_type_keys_expiring: a->expiring = m->u.keys_expiring; break;
	case vault_type_sealed: attempts_sealed(a, &m->u.sealed); break;
	case vault_type_column_key_given:
		columns_given(a, &m->u.column_key_given);
		secret_wipe(&m->u.column_key_given, sizeof(m->u.column_key_given));
		break;
	case vault_type_signature: consents_signature(a, &m->u.signature); break;
	case vault_type_metrics: keep_metrics(a, NEIGHBOUR_KEYSTORED, m->u.metrics.text.data, m->u.metrics.text.len); break;
	default: return ERR_INVALID;
	}
	return 0;
}

static int on_uplink(struct link *l, const uint8_t *frame, size_t len)
{
	struct arsd *a = l->server->arsd;
	struct uplink_msg *m = &l->server->uplink;

	if (uplink_decode(m, frame, len) < 0 || l->greeted == (m->type == uplink_type_hello))
		return ERR_INVALID;
	switch (m->type) {
	case uplink_type_hello: return greet(l, m->u.hello.version, UPLINK_VERSION);
	case uplink_type_pg_promotions_result: promotion_tables_told(a, &m->u.pg_promotions_result); break;
	case uplink_type_pg_list_result: reconcile_listed(a, &m->u.pg_list_result); break;
	case uplink_type_pg_result:
		if (cancels_owns_job(m->u.pg_result.job))
			cancels_result(a, &m->u.pg_result);
		else if (attempts_owns_job(m->u.pg_result.job))
			attempts_result(a, &m->u.pg_result);
		else
			outbox_expire_result(a, &m->u.pg_result);
		break;
	case uplink_type_pg_can: gateways_told(a, &m->u.pg_can); break;
	case uplink_type_sms_receipt: sms_receipt(a, &m->u.sms_receipt); break;
	case uplink_type_sms_result: outbox_sms_result(a, &m->u.sms_result); break;
	case uplink_type_webhook_result: outbox_webhook_result(a, &m->u.webhook_result); break;
	case uplink_type_metrics: keep_metrics(a, NEIGHBOUR_UPLINKD, m->u.metrics.text.data, m->u.metrics.text.len); break;
	default: return ERR_INVALID;
	}
	return 0;
}

static int on_api(struct link *l, const uint8_t *frame, size_t len)
{
	struct api_msg *m = &l->server->api;
	int e;

	if (api_decode(m, frame, len) < 0 || l->greeted == (m->type == api_type_hello))
		return ERR_INVALID;
	e = m->type == api_type_hello ? greet(l, m->u.hello.version, API_VERSION) : api_handle(l->server->arsd, l->number, m);
	secret_wipe(&m->u, 512);         /* the merchant's key is in front */
	return e;
}

static int on_admin(struct link *l, const uint8_t *frame, size_t len)
{
	struct admin_msg *m = &l->server->admin;

	if (admin_decode(m, frame, len) < 0 || l->greeted == (m->type == admin_type_hello))
		return ERR_INVALID;
	return m->type == admin_type_hello ? greet(l, m->u.hello.version, ADMIN_VERSION) : admin_handle(l->server->arsd, l->number, m);
}

static void on_frame(struct loop_peer *p, const uint8_t *frame, size_t len, void *context)
{
	static int (*const handlers[CHANNELS])(struct link *l, const uint8_t *frame, size_t len) = {
		on_callctl, on_vault, on_uplink, on_api, on_admin,
	};
	struct context *x = context;
	struct arsd *a = x->server->arsd;
	struct link *l = loop_peer_user(p);

	a->mono = clock_mono();
	a->wall = clock_wall();
	if (l != NULL && handlers[x->channel](l, frame, len) == 0)
		return;
	metrics_add(&a->metrics, M_BAD_FRAMES, 1);
	log_error("peer_dropped", "channel=%s why=\"a frame that breaks the protocol\"", channel_names[x->channel]);
	loop_peer_drop(p);
}

/* ---- the turn ---- */

static void on_tick(void *context)
{
	struct server *s = context;

	s->arsd->mono = clock_mono();
	s->arsd->wall = clock_wall();
	speech_desk_tick(s->speech);
	arsd_tick(s->arsd);
}

/* A peer that came in this turn has its hello, or it comes anew: it would wait for the lost one for ever. */
static void hellos_left(struct server *s, bool left)
{
	for (size_t i = 0; i < ARRAY_LEN(s->links); i++) {
		struct link *l = &s->links[i];

		if (l->peer == NULL || l->said)
			continue;
		l->said = left;
		if (!left)
			loop_peer_drop(l->peer);
	}
}

static void on_turn_end(void *context)
{
	struct server *s = context;
	bool kept = arsd_turn_end(s->arsd) == 0;

	if (!kept)
		loop_peers_discard(s->loop);
	hellos_left(s, kept);
	if (!kept)
		arsd_turn_failed(s->arsd);
}

static int open_socket(struct server *s, const struct conf_tree *conf, enum channel channel, const char *user, int max)
{
	struct loop_peer_handlers h = { .up = on_up, .frame = on_frame, .down = on_down };
	char path[128], uid[40];

	s->contexts[channel] = (struct context){ s, channel };
	h.context = &s->contexts[channel];
	snprintf(path, sizeof(path), "%s/%s.sock", s->arsd->set.run_dir, channel_names[channel]);
	snprintf(uid, sizeof(uid), "peer_uids.%s", user);
	if (max == 0)
		return loop_peer_connect(s->loop, path, conf_get_int(conf, uid), &h, &s->keystored);
	return loop_peer_listen(s->loop, path, conf_get_int(conf, uid), max, &h);
}

static int open_sockets(struct server *s, const struct conf_tree *conf)
{
	int e = open_socket(s, conf, CHANNEL_CALLCTL, "trunkd", 1);

	if (e == 0)
		e = open_socket(s, conf, CHANNEL_UPLINK, "uplinkd", 1);
	if (e == 0)
		e = open_socket(s, conf, CHANNEL_API, "apid", CLIENTS_MAX);
	if (e == 0)
		e = open_socket(s, conf, CHANNEL_ADMIN, "callkey", CLIENTS_MAX);
	return e < 0 ? e : open_socket(s, conf, CHANNEL_VAULT, "keystored", 0);
}

int server_run(struct arsd *a, const struct conf_tree *conf, int nursery)
{
	static struct server s;
	int e = crypto_random(&s.boot, sizeof(s.boot));

	s.arsd = a;
	a->ports = (struct ports){ port_callctl, port_vault, port_uplink, port_api, port_admin, port_speech, &s };
	if (e == 0)
		e = loop_new(&s.loop);
	if (e == 0)
		e = speech_desk_new(s.loop, nursery, on_speech, &s, &s.speech);
	if (e == 0)
		e = arsd_start(a);
	if (e == 0)
		loop_on_turn_end(s.loop, on_turn_end, &s);
	if (e == 0)
		e = loop_every(s.loop, TICK_MS, on_tick, &s, &s.tick);
	if (e == 0)
		e = open_sockets(&s, conf);
	if (e == 0) {
		log_info("ready", "run_dir=%s numbers=%" PRIu64, a->set.run_dir, a->numbers.total);
		e = loop_run(s.loop);
	}
	loop_timer_cancel(&s.tick);
	speech_desk_free(&s.speech);
	loop_free(&s.loop);
	return e;
}
