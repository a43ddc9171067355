#include "keystored/desk.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "crypto/crypto.h"
#include "ipc/keyctl.h"
#include "ipc/keypad.h"
#include "keystored/budget.h"
#include "keystored/calls.h"
#include "keystored/keyctl.h"
#include "keystored/limit.h"
#include "keystored/meters.h"
#include "lib/log.h"
#include "lib/secret.h"

enum {
	KEYPAD_VERSION = 1, TICK_MS = 1000, METRICS_EVERY_TICKS = 5, EVENTS_MAX = 8, PATH_SIZE = 108 + 8,
	FRAMES_A_TURN = 256,                     /* of one peer, before the other has its turn */
	HELLO_MS = 5000,                         /* a peer that has not said hello by then is none */
};

/* One door and who stands in it. */
struct door {
	const char *name;                        /* of the peer */
	char path[PATH_SIZE];
	int64_t uid;
	int listen_fd;
	struct ipc_conn *conn;
	bool greeted, broken, watches_write;
	struct mono since;
	enum meters up;
};

/* Digits and parts of the master key pass through here: locked. */
struct scratch { uint8_t frame[IPC_FRAME_MAX]; struct keypad_msg keypad; struct keyctl_msg keyctl_in, keyctl_out; };

struct desk {
	int epoll_fd, signal_fd;
	struct door keypad, vault, officers;
	struct scratch *scratch;
	uint8_t vault_frame[IPC_FRAME_MAX];
	struct vault_msg vault_in, vault_out;    /* 32 KB each: not for the stack */
	struct calls *calls;
	struct seal *seal;
	const struct signer *signer;
	struct columns *columns;
	struct budget seals, signatures;         /* arsd's */
	struct strongbox *box;
	struct keyctl *keyctl;
	enum vault_keys_state told;              /* to arsd, as the next two */
	unsigned told_gateways;
	struct vault_keys_expiring told_expiring;
	struct metrics *meters;
	uint64_t boot;
	struct mono next_tick;
	struct limit log;
	unsigned ticks;
	bool stop;
};

static struct calls_now now(void)
{
	time_t s = (time_t)(clock_wall().ms / 1000);
	struct tm tm;

	localtime_r(&s, &tm);
	return (struct calls_now){ clock_mono(), tm.tm_year + 1900, tm.tm_mon + 1 };
}

/* ---- out ---- */

/* Watches the connection for writing while something waits in its queue. */
static void watch(struct desk *d, struct door *door)
{
	bool wants = ipc_conn_wants_write(door->conn);
	struct epoll_event ev = { .events = EPOLLIN | (wants ? EPOLLOUT : 0), .data.ptr = &door->conn };

	if (wants == door->watches_write)
		return;
	door->watches_write = wants;
	if (epoll_ctl(d->epoll_fd, EPOLL_CTL_MOD, ipc_conn_fd(door->conn), &ev) != 0)
		door->broken = true;
}

static void sent(struct desk *d, struct door *door, int e)
{
	if (e < 0)
		metrics_add(d->meters, METERS_UNSENT, 1);
	if (e == ERR_CLOSED)
		door->broken = true;
	watch(d, door);
}

static bool is_there(struct desk *d, struct door *door)
{
	if (door->conn != NULL && door->greeted)
		return true;
	metrics_add(d->meters, METERS_UNSENT, 1);
	return false;
}

static void send_keypad(struct desk *d, const struct keypad_msg *m)
{
	if (is_there(d, &d->keypad))
		sent(d, &d->keypad, keypad_send(d->keypad.conn, m));
}

static void send_vault(struct desk *d)
{
	if (is_there(d, &d->vault))
		sent(d, &d->vault, vault_send(d->vault.conn, &d->vault_out));
	secret_wipe(&d->vault_out.u, sizeof(d->vault_out.u));
}

static void port_closed(void *context, uint64_t call, uint32_t field)
{
	send_keypad(context, &(struct keypad_msg){ .type = keypad_type_field_closed, .u.field_closed = { call, field } });
}

static void port_result(void *context, const struct vault_field_result *m)
{
	struct desk *d = context;

	d->vault_out.type = vault_type_field_result;
	d->vault_out.u.field_result = *m;
	send_vault(d);
}

static void port_refused(void *context, uint64_t call, uint32_t field, enum vault_status status)
{
	struct desk *d = context;

	d->vault_out.type = vault_type_field_refused;
	d->vault_out.u.field_refused = (struct vault_field_refused){ call, field, (uint8_t)status };
	send_vault(d);
}

static void send_metrics(struct desk *d)
{
	struct vault_metrics *m = &d->vault_out.u.metrics;

	meters_strongbox(d->meters, d->box);
	if (!d->vault.greeted)
		return;
	d->vault_out.type = vault_type_metrics;
	m->text.len = (uint32_t)metrics_print(d->meters, (char *)m->text.data, sizeof(m->text.data));
	send_vault(d);
}

/* Locked as well while the audit log cannot be written: no key is used then. */
static enum vault_keys_state keys_state(const struct desk *d)
{
	if (keyring_is_ready(d->box->ring))
		return VAULT_KEYS_OPEN;
	return keyring_state(d->box->ring) == KEYRING_EMPTY ? VAULT_KEYS_EMPTY : VAULT_KEYS_LOCKED;
}

static void fill_gateway_key(const struct recipient *to, uint16_t left, struct vault_gateway_key *m)
{
	m->left = left;
	snprintf(m->gateway, sizeof(m->gateway), "%s", to->gateway);
	snprintf(m->usage, sizeof(m->usage), "%s", key_rule(to->usage)->word);
	snprintf(m->kid, sizeof(m->kid), "%s", to->kid);
	snprintf(m->why, sizeof(m->why), "%s", to->why);
	m->version = to->version;
}

/* Whether card data can be taken: arsd takes no call to a card step without. */
static void tell_state(struct desk *d)
{
	d->told = keys_state(d);
	metrics_set(d->meters, METERS_KEYS_OPEN, d->told == VAULT_KEYS_OPEN);
	d->vault_out.type = vault_type_keys;
	d->vault_out.u.keys.state = (uint8_t)d->told;
	if (d->vault.greeted)
		send_vault(d);
}

/* Whom card data can be sealed to. */
static void tell_gateways(struct desk *d)
{
	const struct recipients *r = d->box->recipients;
	size_t count = recipients_count(r);

	d->told_gateways = recipients_serial(r);
	for (size_t i = 0; d->vault.greeted && i < (count > 0 ? count : 1); i++) {
		struct vault_gateway_key *m = &d->vault_out.u.gateway_key;

		memset(m, 0, sizeof(*m));
		d->vault_out.type = vault_type_gateway_key;
		if (count > 0)
			fill_gateway_key(recipients_at(r, i), (uint16_t)(count - i - 1), m);
		send_vault(d);
	}
}

static void tell_expiring(struct desk *d)
{
	d->vault_out.type = vault_type_keys_expiring;
	d->vault_out.u.keys_expiring = d->told_expiring;
	if (d->vault.greeted)
		send_vault(d);
}

static void note_expiring(struct desk *d)
{
	struct vault_keys_expiring m;
	const struct key *first = NULL;
	size_t count = strongbox_expiring(d->box, &first);

	memset(&m, 0, sizeof(m));
	m.count = (uint16_t)count;
	if (first != NULL) {
		snprintf(m.name, sizeof(m.name), "%s", first->name);
		snprintf(m.kid, sizeof(m.kid), "%s", first->kid);
		m.version = first->version;
		m.until_ms = first->active_until.ms;
	}
	if (memcmp(&m, &d->told_expiring, sizeof(m)) == 0)
		return;
	d->told_expiring = m;
	tell_expiring(d);
}

static void note_state(struct desk *d)
{
	if (keys_state(d) != d->told) {
		if (keys_state(d) != VAULT_KEYS_OPEN)
			calls_wipe_all(d->calls);
		tell_state(d);
	}
	if (recipients_serial(d->box->recipients) != d->told_gateways)
		tell_gateways(d);
	note_expiring(d);
}

/* ---- peers ---- */

static void drop(struct desk *d, struct door *door, const char *why)
{
	bool greeted = door->greeted;

	log_warn("peer_gone", "peer=%s why=\"%s\"", door->name, why);
	ipc_conn_free(&door->conn);
	door->greeted = door->broken = door->watches_write = false;
	metrics_set(d->meters, door->up, 0);
	if (!greeted)
		return;
	if (door == &d->keypad)
		calls_reset(d->calls);
	else if (door == &d->vault)
		calls_wipe_all(d->calls);
	else
		keyctl_gone(d->keyctl);
}

static int break_off(struct desk *d, struct door *door, const char *why)
{
	metrics_add(d->meters, METERS_BAD_FRAMES, 1);
	drop(d, door, why);
	return ERR_INVALID;
}

static int greet(struct desk *d, struct door *door, uint32_t version)
{
	uint32_t ours = door == &d->keypad ? KEYPAD_VERSION : door == &d->vault ? VAULT_VERSION : KEYCTL_VERSION;

	if (door->greeted || version != ours)
		return break_off(d, door, door->greeted ? "a second hello" : "it speaks another version");
	door->greeted = true;
	metrics_set(d->meters, door->up, 1);
	log_info("peer_up", "peer=%s", door->name);
	if (door == &d->vault) {
		tell_state(d);
		tell_gateways(d);
		tell_expiring(d);
	}
	return 0;
}

/* ERR_INVALID: the peer is gone. */
static int on_keypad(struct desk *d, size_t len)
{
	struct keypad_msg *m = &d->scratch->keypad;
	struct calls_now t = now();

	if (keypad_decode(m, d->scratch->frame, len) < 0)
		return break_off(d, &d->keypad, "a frame that cannot be decoded");
	if (m->type == keypad_type_hello)
		return greet(d, &d->keypad, m->u.hello.version);
	if (!d->keypad.greeted)
		return break_off(d, &d->keypad, "no hello");
	switch (m->type) {
	case keypad_type_call_begin: calls_begin(d->calls, m->u.call_begin.call, &t); break;
	case keypad_type_key: calls_key(d->calls, m->u.key.call, m->u.key.field, (char)m->u.key.key, &t); break;
	case keypad_type_key_timeout: calls_timeout(d->calls, m->u.key_timeout.call, m->u.key_timeout.field, &t); break;
	case keypad_type_call_end: calls_end(d->calls, m->u.call_end.call); break;
	case keypad_type_reset: calls_reset(d->calls); break;
	default: return break_off(d, &d->keypad, "a message that only keystored sends");
	}
	return 0;
}

static void seal(struct desk *d, const struct vault_seal *ask, const struct calls_now *t)
{
	struct calls_record r = { NULL, NULL, NULL, NULL };
	enum vault_status status = calls_record(d->calls, ask->call, t, &r);
	struct vault_sealed *out = &d->vault_out.u.sealed;

	if (status == VAULT_OK && !budget_take(&d->seals, t->mono))
		status = VAULT_BUSY;
	d->vault_out.type = vault_type_sealed;
	seal_make(d->seal, ask, status, &r, clock_wall(), out);
	metrics_add(d->meters, (size_t)METERS_SEALED + out->status, 1);
	if (out->status != VAULT_OK && limit_pass(&d->log, t->mono))
		log_warn("seal_refused", "call=%" PRIu64 " status=%u", ask->call, out->status);
	send_vault(d);
}

static void sign(struct desk *d, const struct vault_sign *ask, const struct calls_now *t)
{
	struct vault_signature *out = &d->vault_out.u.signature;

	d->vault_out.type = vault_type_signature;
	if (budget_take(&d->signatures, t->mono)) {
		signer_sign(d->signer, ask, out);
	} else {
		memset(out, 0, sizeof(*out));
		out->req = ask->req;
		out->status = VAULT_BUSY;
	}
	metrics_add(d->meters, out->status == VAULT_OK ? METERS_SIGNED : METERS_NOT_SIGNED, 1);
	if (out->status != VAULT_OK && limit_pass(&d->log, t->mono))
		log_warn("signature_refused", "caller=arsd status=%u", out->status);
	send_vault(d);
}

static void column_key(struct desk *d, const struct vault_column_key *ask, const struct calls_now *t)
{
	struct vault_column_key_given *out = &d->vault_out.u.column_key_given;

	d->vault_out.type = vault_type_column_key_given;
	columns_key(d->columns, ask, t->mono, out);
	metrics_add(d->meters, out->status == VAULT_OK ? METERS_COLUMN_KEYS : METERS_NO_COLUMN_KEYS, 1);
	if (out->status == VAULT_OK)
		log_info("column_key", "caller=arsd what=%s version=%u", ask->wrapped.len == 0 ? "made" : "opened", out->version);
	else if (limit_pass(&d->log, t->mono))
		log_warn("column_key_refused", "caller=arsd status=%u version=%u", out->status, ask->version);
	send_vault(d);
}

static int on_vault(struct desk *d, size_t len)
{
	struct vault_msg *m = &d->vault_in;
	struct calls_now t = now();

	if (vault_decode(m, d->vault_frame, len) < 0)
		return break_off(d, &d->vault, "a frame that cannot be decoded");
	if (m->type == vault_type_hello)
		return greet(d, &d->vault, m->u.hello.version);
	if (!d->vault.greeted)
		return break_off(d, &d->vault, "no hello");
	switch (m->type) {
	case vault_type_field_open: calls_open(d->calls, &m->u.field_open, &t); break;
	case vault_type_field_close: calls_close(d->calls, m->u.field_close.call); break;
	case vault_type_seal: seal(d, &m->u.seal, &t); break;
	case vault_type_sign: sign(d, &m->u.sign, &t); break;
	case vault_type_column_key: column_key(d, &m->u.column_key, &t); break;
	case vault_type_wipe: calls_wipe(d->calls, m->u.wipe.call); break;
	default: return break_off(d, &d->vault, "a message that only keystored sends");
	}
	return 0;
}

static int on_officers(struct desk *d, size_t len)
{
	struct keyctl_msg *in = &d->scratch->keyctl_in, *out = &d->scratch->keyctl_out;

	if (keyctl_decode(in, d->scratch->frame, len) < 0)
		return break_off(d, &d->officers, "a frame that cannot be decoded");
	if (in->type == keyctl_type_hello)
		return greet(d, &d->officers, in->u.hello.version);
	if (!d->officers.greeted || in->type != keyctl_type_ask)
		return break_off(d, &d->officers, d->officers.greeted ? "a message that only keystored sends" : "no hello");
	out->type = keyctl_type_answer;
	keyctl_answer(d->keyctl, &in->u.ask, &out->u.answer);
	recipients_look(d->box->recipients, clock_wall());
	sent(d, &d->officers, keyctl_send(d->officers.conn, out));
	note_state(d);
	return 0;
}

/* ---- in ---- */

static void read_keypad(struct desk *d)
{
	for (int i = 0; d->keypad.conn != NULL && i < FRAMES_A_TURN; i++) {
		int n = ipc_conn_recv(d->keypad.conn, d->scratch->frame), e;

		if (n == ERR_AGAIN)
			return;
		if (n < 0) {
			drop(d, &d->keypad, "it closed");
			return;
		}
		e = on_keypad(d, (size_t)n);
		secret_wipe(d->scratch->frame, (size_t)n);
		secret_wipe(&d->scratch->keypad, sizeof(d->scratch->keypad));
		if (e < 0)
			return;
	}
}

/* What arsd says is of a call that trunkd told both of us about: whatever trunkd said before is heard first. */
static void read_vault(struct desk *d)
{
	for (int i = 0; d->vault.conn != NULL && i < FRAMES_A_TURN; i++) {
		int n = ipc_conn_recv(d->vault.conn, d->vault_frame);

		if (n == ERR_AGAIN)
			return;
		if (n < 0) {
			drop(d, &d->vault, "it closed");
			return;
		}
		read_keypad(d);
		if (on_vault(d, (size_t)n) < 0)
			return;
	}
}

static void read_officers(struct desk *d)
{
	for (int i = 0; d->officers.conn != NULL && i < FRAMES_A_TURN; i++) {
		int n = ipc_conn_recv(d->officers.conn, d->scratch->frame), e;

		if (n == ERR_AGAIN)
			return;
		if (n < 0) {
			drop(d, &d->officers, "it closed");
			return;
		}
		e = on_officers(d, (size_t)n);
		secret_wipe(d->scratch->frame, (size_t)n);
		secret_wipe(&d->scratch->keyctl_in, sizeof(d->scratch->keyctl_in));
		secret_wipe(&d->scratch->keyctl_out, sizeof(d->scratch->keyctl_out));
		if (e < 0)
			return;
	}
}

static void read_door(struct desk *d, const struct door *door)
{
	if (door == &d->keypad)
		read_keypad(d);
	else if (door == &d->vault)
		read_vault(d);
	else
		read_officers(d);
}

static void say_hello(struct desk *d, struct door *door)
{
	struct keypad_msg keypad = { .type = keypad_type_hello, .u.hello = { KEYPAD_VERSION, d->boot } };
	struct keyctl_msg *keyctl = &d->scratch->keyctl_out;

	if (door == &d->keypad) {
		sent(d, door, keypad_send(door->conn, &keypad));
	} else if (door == &d->vault) {
		d->vault_out.type = vault_type_hello;
		d->vault_out.u.hello = (struct vault_hello){ VAULT_VERSION, d->boot };
		sent(d, door, vault_send(door->conn, &d->vault_out));
	} else {
		keyctl->type = keyctl_type_hello;
		keyctl->u.hello = (struct keyctl_hello){ KEYCTL_VERSION, d->boot };
		sent(d, door, keyctl_send(door->conn, keyctl));
	}
}

/* A peer that is there keeps its place; one that died without a trace yet is found out by reading. */
static void accept_peer(struct desk *d, struct door *door)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.ptr = &door->conn };
	struct ipc_conn *c = NULL;
	int e = ipc_accept(door->listen_fd, door->uid, &c);

	if (e == ERR_AGAIN)
		return;
	read_door(d, door);
	if (e == 0 && door->conn != NULL)
		e = ERR_EXISTS;
	if (e == 0 && epoll_ctl(d->epoll_fd, EPOLL_CTL_ADD, ipc_conn_fd(c), &ev) != 0)
		e = ERR_IO;
	if (e < 0) {
		metrics_add(d->meters, METERS_PEERS_REFUSED, 1);
		if (limit_pass(&d->log, clock_mono()))
			log_warn("peer_refused", "door=%s error=%s", door->path, err_name(e));
		ipc_conn_free(&c);
		return;
	}
	door->conn = c;
	door->since = clock_mono();
	say_hello(d, door);
}

/* ---- turns ---- */

static void on_conn(struct desk *d, struct door *door, uint32_t events)
{
	if (door->conn != NULL && (events & EPOLLOUT))
		sent(d, door, ipc_conn_flush(door->conn));
	if (door->conn != NULL && (events & ~(uint32_t)EPOLLOUT))
		read_door(d, door);
}

static void on_event(struct desk *d, const struct epoll_event *ev)
{
	struct door *const doors[] = { &d->keypad, &d->vault, &d->officers };

	if (ev->data.ptr == &d->signal_fd)
		d->stop = true;
	for (size_t i = 0; i < ARRAY_LEN(doors); i++) {
		if (ev->data.ptr == &doors[i]->listen_fd)
			accept_peer(d, doors[i]);
		if (ev->data.ptr == &doors[i]->conn)
			on_conn(d, doors[i], ev->events);
	}
}

static void look_after(struct desk *d, struct door *door, struct mono t)
{
	if (door->conn != NULL && door->broken)
		drop(d, door, "it does not take what we send");
	else if (door->conn != NULL && !door->greeted && mono_diff_ms(door->since, t) > HELLO_MS)
		drop(d, door, "no hello in time");
}

static void tick(struct desk *d)
{
	struct calls_now t = now();

	if (mono_diff_ms(d->next_tick, t.mono) < 0)
		return;
	d->next_tick = mono_add_ms(t.mono, TICK_MS);
	calls_tick(d->calls, &t);
	strongbox_tick(d->box, t.mono);
	note_state(d);
	if (++d->ticks % METRICS_EVERY_TICKS == 0)
		send_metrics(d);
}

int desk_run(struct desk *d)
{
	struct epoll_event ready[EVENTS_MAX];

	while (!d->stop) {
		int64_t wait_ms = mono_diff_ms(clock_mono(), d->next_tick) + 1;
		int n = epoll_wait(d->epoll_fd, ready, EVENTS_MAX, wait_ms < 0 ? 0 : (int)wait_ms);

		if (n < 0 && errno != EINTR) {
			log_error("epoll", "error=\"%s\"", strerror(errno));
			return ERR_IO;
		}
		for (int i = 0; i < n; i++)
			on_event(d, &ready[i]);
		look_after(d, &d->keypad, clock_mono());
		look_after(d, &d->vault, clock_mono());
		look_after(d, &d->officers, clock_mono());
		tick(d);
	}
	return 0;
}

/* ---- life ---- */

static int add(struct desk *d, int fd, void *tag)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.ptr = tag };

	return epoll_ctl(d->epoll_fd, EPOLL_CTL_ADD, fd, &ev) == 0 ? 0 : ERR_IO;
}

static int open_door(struct desk *d, struct door *door, const char *run_dir, const char *file)
{
	int e;

	if (snprintf(door->path, sizeof(door->path), "%s/%s", run_dir, file) >= (int)sizeof(door->path))
		door->path[0] = '\0';
	e = door->path[0] == '\0' ? ERR_TOO_LONG : ipc_listen(door->path, &door->listen_fd);
	if (e < 0)
		log_error("door", "file=%s/%s error=%s hint=\"run_dir must be there, writable, and its path short\"", run_dir, file,
		          err_name(e));
	return e < 0 ? e : add(d, door->listen_fd, &door->listen_fd);
}

static int open_loop(struct desk *d)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	if (sigprocmask(SIG_BLOCK, &signals, NULL) != 0)
		return ERR_IO;
	d->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	d->signal_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	return d->epoll_fd < 0 || d->signal_fd < 0 ? ERR_IO : add(d, d->signal_fd, &d->signal_fd);
}

static int open_all(struct desk *d, const struct desk_config *config)
{
	const struct calls_ports ports = { port_closed, port_result, port_refused, d };
	void *scratch = NULL;
	int e = secret_alloc(sizeof(*d->scratch), &scratch);

	d->scratch = scratch;
	if (e == 0)
		e = calls_new(config->max_calls, config->idle_ms, config->issuers, config->meters, &ports, &d->calls);
	if (e == 0)
		e = crypto_random(&d->boot, sizeof(d->boot));
	if (e == 0)
		e = open_loop(d);
	if (e == 0)
		e = open_door(d, &d->keypad, config->run_dir, "keypad.sock");
	if (e == 0)
		e = keyctl_new(config->box, &d->keyctl);
	if (e == 0)
		e = open_door(d, &d->vault, config->run_dir, "vault.sock");
	if (e == 0)
		e = open_door(d, &d->officers, config->run_dir, "keyctl.sock");
	return e;
}

int desk_new(const struct desk_config *config, struct desk **d)
{
	struct desk *made = calloc(1, sizeof(*made));
	int e;

	if (made == NULL)
		return ERR_NOMEM;
	made->epoll_fd = made->signal_fd = -1;
	made->keypad = (struct door){ .name = "trunkd", .uid = config->trunkd_uid, .listen_fd = -1, .up = METERS_TRUNKD_UP };
	made->vault = (struct door){ .name = "arsd", .uid = config->arsd_uid, .listen_fd = -1, .up = METERS_ARSD_UP };
	made->officers = (struct door){ .name = "callkey", .uid = config->callkey_uid, .listen_fd = -1, .up = METERS_OFFICERS_UP };
	made->seal = config->seal;
	made->signer = config->signer;
	made->columns = config->columns;
	made->seals = budget_of(config->seals_per_s, clock_mono());
	made->signatures = budget_of(config->signatures_per_s, clock_mono());
	made->box = config->box;
	made->told = keys_state(made);
	made->meters = config->meters;
	made->next_tick = mono_add_ms(clock_mono(), TICK_MS);
	e = open_all(made, config);
	if (e < 0) {
		desk_free(&made);
		return e;
	}
	*d = made;
	return 0;
}

static void close_door(struct door *door)
{
	ipc_conn_free(&door->conn);
	if (door->listen_fd < 0)
		return;
	close(door->listen_fd);
	unlink(door->path);
}

void desk_free(struct desk **d)
{
	void *scratch;

	if (*d == NULL)
		return;
	scratch = (*d)->scratch;
	close_door(&(*d)->keypad);
	close_door(&(*d)->vault);
	close_door(&(*d)->officers);
	keyctl_free(&(*d)->keyctl);
	calls_free(&(*d)->calls);
	secret_free(&scratch, sizeof(struct scratch));
	if ((*d)->epoll_fd >= 0)
		close((*d)->epoll_fd);
	if ((*d)->signal_fd >= 0)
		close((*d)->signal_fd);
	free(*d);
	*d = NULL;
}
