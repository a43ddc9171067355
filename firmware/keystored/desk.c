#include "keystored/desk.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "crypto/crypto.h"
#include "keystored/desk_priv.h"
#include "lib/log.h"
#include "lib/secret.h"

enum {
	TICK_MS = 1000, METRICS_EVERY_TICKS = 5, EVENTS_MAX = 8,
	HELLO_MS = 5000,                         /* a peer that has not said hello by then is none */
};

/* A peer that is there keeps its place; one that died without a trace yet is found out by reading. */
static void accept_peer(struct desk *d, struct door *door)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.ptr = &door->conn };
	struct ipc_conn *c = NULL;
	int e = ipc_accept(door->listen_fd, door->uid, &c);

	if (e == ERR_AGAIN)
		return;
	desk_read(d, door);
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
	desk_say_hello(d, door);
}

/* ---- turns ---- */

static void on_conn(struct desk *d, struct door *door, uint32_t events)
{
	if (door->conn != NULL && (events & EPOLLOUT))
		desk_sent(d, door, ipc_conn_flush(door->conn));
	if (door->conn != NULL && (events & ~(uint32_t)EPOLLOUT))
		desk_read(d, door);
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
		desk_drop(d, door, "it does not take what we send");
	else if (door->conn != NULL && !door->greeted && mono_diff_ms(door->since, t) > HELLO_MS)
		desk_drop(d, door, "no hello in time");
}

static void tick(struct desk *d)
{
	struct calls_now t = desk_now();

	if (mono_diff_ms(d->next_tick, t.mono) < 0)
		return;
	d->next_tick = mono_add_ms(t.mono, TICK_MS);
	calls_tick(d->calls, &t);
	strongbox_tick(d->box, t.mono);
	desk_note_state(d);
	if (++d->ticks % METRICS_EVERY_TICKS == 0)
		desk_send_metrics(d);
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
	const struct calls_ports ports = desk_ports(d);
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
	made->told = desk_keys_state(made);
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
