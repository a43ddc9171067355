#include "uplinkd/smpp_link.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crypto/crypto.h"
#include "lib/log.h"

enum { TICK_MS = 250, RETRY_FIRST_MS = 500, WELL_AFTER_MS = 5000, OUT_SIZE = 65536, IN_SIZE = 2 * SMPP_PDU_MAX };

enum link_state { LINK_DOWN, LINK_CONNECTING, LINK_BINDING, LINK_BOUND };

struct smpp_link {
	struct loop *loop;
	struct smpp_link_setup setup;
	struct smpp_link_handlers on;
	enum link_state state;
	int fd;                           /* -1: none */
	struct loop_watch *watch;
	struct loop_timer *retry, *ticker;
	int64_t pause_ms;                 /* before the next try */
	struct mono since, heard, asked;  /* of the state; of the last octet; of an enquire_link without answer, 0: none */
	uint32_t sequence;
	size_t in_len, out_len;
	uint8_t in[IN_SIZE], out[OUT_SIZE];
};

static void try_connect(void *context);

static void enter(struct smpp_link *k, enum link_state state)
{
	k->state = state;
	k->since = clock_mono();
}

static const char *role(const struct smpp_link *k)
{
	return k->setup.bind == SMPP_BIND_TRANSMITTER ? "transmitter" : k->setup.bind == SMPP_BIND_RECEIVER ? "receiver" : "transceiver";
}

static void close_socket(struct smpp_link *k)
{
	loop_watch_free(&k->watch);
	if (k->fd >= 0)
		close(k->fd);
	k->fd = -1;
	k->in_len = k->out_len = 0;
	k->asked.ns = 0;
}

/* The next try in ever longer pauses, a quarter of each by chance: all appliances lose a centre at once. */
static void retry_later(struct smpp_link *k)
{
	uint32_t jitter = 0;

	if (crypto_random(&jitter, sizeof(jitter)) < 0)
		log_warn("no_random", "for=smpp");
	if (loop_timer_start(k->loop, k->pause_ms - k->pause_ms / 4 + jitter % (uint32_t)(k->pause_ms / 4 + 1), try_connect, k, &k->retry) < 0)
		log_error("smpp_retry", "provider=%s error=no_memory hint=\"the next tick tries again\"", k->setup.name);
	k->pause_ms = k->pause_ms * 2 < k->setup.retry_most_ms ? k->pause_ms * 2 : k->setup.retry_most_ms;
}

static void drop(struct smpp_link *k, const char *why)
{
	bool was_bound = k->state == LINK_BOUND;

	if (was_bound && mono_diff_ms(k->since, clock_mono()) >= WELL_AFTER_MS)
		k->pause_ms = RETRY_FIRST_MS;
	log_warn("smpp_down", "provider=%s as=%s why=\"%s\" retry_ms=%d", k->setup.name, role(k), why, (int)k->pause_ms);
	close_socket(k);
	enter(k, LINK_DOWN);
	retry_later(k);
	if (was_bound)
		k->on.down(k->on.context);
}

/* ---- writing ---- */

/* ERR_CLOSED: the link was dropped. */
static int flush(struct smpp_link *k)
{
	ssize_t n = k->out_len > 0 ? send(k->fd, k->out, k->out_len, MSG_NOSIGNAL) : 0;

	if (n < 0 && errno != EAGAIN && errno != EINTR) {
		drop(k, strerror(errno));
		return ERR_CLOSED;
	}
	if (n > 0) {
		memmove(k->out, k->out + n, k->out_len - (size_t)n);
		k->out_len -= (size_t)n;
	}
	loop_watch_change(k->watch, k->out_len > 0 ? LOOP_READ | LOOP_WRITE : LOOP_READ);
	return 0;
}

/* Without writing: the caller may be among handlers that hold the link for alive. */
static int queue(struct smpp_link *k, const uint8_t *pdu, size_t len)
{
	if (len > OUT_SIZE - k->out_len)
		return ERR_AGAIN;
	memcpy(k->out + k->out_len, pdu, len);
	k->out_len += len;
	loop_watch_change(k->watch, LOOP_READ | LOOP_WRITE);
	return 0;
}

int smpp_link_send(struct smpp_link *k, const uint8_t *pdu, size_t len)
{
	return k->state == LINK_BOUND ? queue(k, pdu, len) : ERR_CLOSED;
}

/* A PDU of ours that can be lost with the link. */
static void say(struct smpp_link *k, enum smpp_command command, uint32_t status, uint32_t sequence)
{
	uint8_t pdu[64];
	int n = smpp_write_head(pdu, sizeof(pdu), command, status, sequence);

	if (n < 0 || queue(k, pdu, (size_t)n) < 0)
		log_warn("smpp_unsaid", "provider=%s command=%08x", k->setup.name, (unsigned)command);
}

uint32_t smpp_link_next(struct smpp_link *k)
{
	/* 5.1.4: 1 to 7FFFFFFF */
	k->sequence = k->sequence >= 0x7fffffff ? 1 : k->sequence + 1;
	return k->sequence;
}

/* ---- connecting ---- */

static void bind_now(struct smpp_link *k)
{
	uint8_t pdu[256];
	int n = smpp_write_bind(pdu, sizeof(pdu), k->setup.bind, smpp_link_next(k), k->setup.system_id, k->setup.password, k->setup.system_type);

	enter(k, LINK_BINDING);
	if (n < 0 || queue(k, pdu, (size_t)n) < 0)
		drop(k, "the bind cannot be written");
}

static void on_connected(struct smpp_link *k)
{
	int error = 0;
	socklen_t len = sizeof(error);

	if (getsockopt(k->fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0 || error != 0)
		drop(k, strerror(error != 0 ? error : errno));
	else
		bind_now(k);
}

static void on_bind_answer(struct smpp_link *k, const struct smpp_head *h)
{
	if (h->status != SMPP_OK) {
		log_error("smpp_bind_refused", "provider=%s as=%s status=0x%08x hint=\"system_id, password, system_type and bind of uplinkd.sms\"",
		          k->setup.name, role(k), h->status);
		drop(k, "the bind was refused");
		return;
	}
	enter(k, LINK_BOUND);
	log_info("smpp_up", "provider=%s as=%s", k->setup.name, role(k));
	k->on.up(k->on.context);
}

/* ---- reading ---- */

static void take(struct smpp_link *k, const struct smpp_head *h, const uint8_t *pdu)
{
	if (h->command == SMPP_ENQUIRE_LINK) {
		say(k, SMPP_ENQUIRE_LINK_RESP, SMPP_OK, h->sequence);
	} else if (h->command == SMPP_ENQUIRE_LINK_RESP) {
		k->asked.ns = 0;
	} else if (h->command == SMPP_UNBIND) {
		say(k, SMPP_UNBIND_RESP, SMPP_OK, h->sequence);
		if (flush(k) == 0)
			drop(k, "the centre unbinds");
	} else if (k->state == LINK_BINDING && (h->command == (SMPP_RESP | k->setup.bind) || h->command == SMPP_GENERIC_NACK)) {
		on_bind_answer(k, h);
	} else if (k->state == LINK_BOUND && (h->command == SMPP_SUBMIT_SM_RESP || h->command == SMPP_DELIVER_SM || h->command == SMPP_DATA_SM ||
	                                     h->command == SMPP_GENERIC_NACK)) {
		k->on.pdu(h, pdu, k->on.context);
	} else if ((h->command & 0x80000000) == 0) {
		say(k, SMPP_GENERIC_NACK, SMPP_INVALID_COMMAND, h->sequence);
	}
}

/* Whole PDUs off the front, until the link is dropped by one of them. */
static void take_all(struct smpp_link *k)
{
	size_t at = 0;
	struct smpp_head h;
	int e = ERR_AGAIN;

	while (k->fd >= 0 && (e = smpp_read_head(k->in + at, k->in_len - at, &h)) == 0) {
		take(k, &h, k->in + at);
		at += h.length;
	}
	if (k->fd < 0)
		return;
	if (e == ERR_INVALID) {
		drop(k, "what the centre sends is no SMPP");
		return;
	}
	memmove(k->in, k->in + at, k->in_len - at);
	k->in_len -= at;
}

static void on_readable(struct smpp_link *k)
{
	/* There is always room: a PDU is no longer than half of it, and every whole one is gone by now. */
	ssize_t n = recv(k->fd, k->in + k->in_len, sizeof(k->in) - k->in_len, 0);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		drop(k, n == 0 ? "the centre closed the connection" : strerror(errno));
		return;
	}
	k->heard = clock_mono();
	k->in_len += (size_t)n;
	take_all(k);
}

static void on_ready(int fd UNUSED, int what, void *context)
{
	struct smpp_link *k = context;

	if (k->state == LINK_CONNECTING) {
		on_connected(k);
		return;
	}
	if (what & LOOP_READ)
		on_readable(k);
	if (k->fd >= 0 && (what & LOOP_WRITE) && flush(k) < 0)
		return;
}

static void try_connect(void *context)
{
	struct smpp_link *k = context;
	const int on = 1;

	k->fd = socket(k->setup.address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (k->fd < 0) {
		drop(k, strerror(errno));
		return;
	}
	if (setsockopt(k->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) != 0)
		log_debug("smpp_nodelay", "errno=%d", errno);
	enter(k, LINK_CONNECTING);
	k->heard = k->since;
	if (connect(k->fd, (const struct sockaddr *)&k->setup.address, k->setup.address_len) != 0 && errno != EINPROGRESS)
		drop(k, strerror(errno));
	else if (loop_watch_fd(k->loop, k->fd, LOOP_READ | LOOP_WRITE, on_ready, k, &k->watch) < 0)
		drop(k, "out of memory");
}

/* ---- time ---- */

static void watch_over(struct smpp_link *k, struct mono now)
{
	if (k->state == LINK_DOWN) {
		if (k->retry == NULL)
			retry_later(k);
	} else if (k->state != LINK_BOUND) {
		if (mono_diff_ms(k->since, now) > k->setup.answer_ms)
			drop(k, k->state == LINK_CONNECTING ? "no connection in time" : "no answer to the bind in time");
	} else if (k->asked.ns != 0) {
		if (mono_diff_ms(k->asked, now) > k->setup.answer_ms)
			drop(k, "no answer to enquire_link in time");
	} else if (mono_diff_ms(k->heard, now) >= k->setup.enquire_ms) {
		k->asked = now;
		say(k, SMPP_ENQUIRE_LINK, SMPP_OK, smpp_link_next(k));
	}
}

static void on_tick(void *context)
{
	struct smpp_link *k = context;

	watch_over(k, clock_mono());
	k->on.tick(k->on.context);
}

bool smpp_link_is_bound(const struct smpp_link *k)
{
	return k->state == LINK_BOUND;
}

bool smpp_link_is_coming(const struct smpp_link *k)
{
	return k->state == LINK_CONNECTING || k->state == LINK_BINDING;
}

int smpp_link_new(struct loop *l, const struct smpp_link_setup *s, const struct smpp_link_handlers *h, struct smpp_link **link)
{
	struct smpp_link *made = calloc(1, sizeof(*made));

	if (made == NULL)
		return ERR_NOMEM;
	made->loop = l;
	made->setup = *s;
	made->on = *h;
	made->fd = -1;
	made->pause_ms = RETRY_FIRST_MS;
	if (loop_every(l, TICK_MS, on_tick, made, &made->ticker) < 0) {
		free(made);
		return ERR_NOMEM;
	}
	try_connect(made);
	*link = made;
	return 0;
}

void smpp_link_free(struct smpp_link **link)
{
	struct smpp_link *k = *link;

	if (k == NULL)
		return;
	if (k->state == LINK_BOUND) {
		say(k, SMPP_UNBIND, SMPP_OK, smpp_link_next(k));
		if (send(k->fd, k->out, k->out_len, MSG_NOSIGNAL) < 0)
			log_debug("smpp_unbind", "errno=%d", errno);
	}
	loop_timer_cancel(&k->retry);
	loop_timer_cancel(&k->ticker);
	close_socket(k);
	free(k);
	*link = NULL;
}
