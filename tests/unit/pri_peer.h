/* pri_peer.h: a user side and, by hand, the network's frames to it: what libpri's own network side never sends. For tests that
 * are one program each; cmocka.h comes before. */
#ifndef TEST_PRI_PEER_H
#define TEST_PRI_PEER_H

#include <stdlib.h>
#include <string.h>

#include "drivers-glue/pri.h"
#include "tests/unit/pri_time.h"

enum {
	SETUP = 0x05, PROCEEDING = 0x02, CONNECT = 0x07, CONNECT_ACK = 0x0f, SETUP_ACK = 0x0d, DISCONNECT = 0x45,
	RELEASE = 0x4d, RELEASE_COMPLETE = 0x5a, RESTART = 0x46, RESTART_ACK = 0x4e, INFORMATION = 0x7b,
};

/* A network side of nothing but Q.921 numbering. */
struct peer {
	struct pri_port *port;
	uint8_t ns, nr;
	uint8_t last[TRUNK_FRAME_MAX];        /* the newest Q.931 message that is not about RESTART, from its discriminator on */
	size_t last_len;
	struct pri_event offered, ended;
	int offers, ends;
	struct { uint8_t octets[TRUNK_FRAME_MAX]; size_t len; } reply[64];
	int replies;
};

static void queue_reply(struct peer *r, const uint8_t *octets, size_t len)
{
	if (r->replies == (int)ARRAY_LEN(r->reply) || len + 2 > TRUNK_FRAME_MAX)
		return;
	memcpy(r->reply[r->replies].octets, octets, len);
	memset(r->reply[r->replies].octets + len, 0, 2);
	r->reply[r->replies++].len = len + 2;
}

static void q931(struct peer *r, const uint8_t *message, size_t len)
{
	uint8_t frame[TRUNK_FRAME_MAX] = { 0x02, 0x01, (uint8_t)(r->ns << 1), (uint8_t)(r->nr << 1) };

	memcpy(frame + 4, message, len);
	r->ns = (r->ns + 1) & 0x7f;
	queue_reply(r, frame, 4 + len);
}

static void receive_ready(struct peer *r, int final)
{
	queue_reply(r, (const uint8_t[]){ 0x00, 0x01, 0x01, (uint8_t)(r->nr << 1 | final) }, 4);
}

static void peer_frame(void *context, const uint8_t *f, size_t len)
{
	struct peer *r = context;

	if (len >= 5 && f[2] == 0x7f) {                                   /* SABME */
		queue_reply(r, (const uint8_t[]){ 0x02, 0x01, 0x73 }, 3);
		r->ns = r->nr = 0;
	} else if (len > 6 && !(f[2] & 1)) {                              /* I; one seen before is only acknowledged again */
		bool is_new = f[2] >> 1 == r->nr;

		if (is_new)
			r->nr = (r->nr + 1) & 0x7f;
		if (is_new && f[4] == 0x08 && f[8] == RESTART) {
			uint8_t ack[TRUNK_FRAME_MAX];

			memcpy(ack, f + 4, len - 6);
			ack[2] ^= 0x80;
			ack[4] = RESTART_ACK;
			q931(r, ack, len - 6);
		} else {
			if (is_new) {
				memcpy(r->last, f + 4, len - 6);
				r->last_len = len - 6;
			}
			receive_ready(r, 0);
		}
	} else if (len >= 6 && f[2] == 0x09) {                            /* REJ: the noise took a number of ours */
		r->ns = f[3] >> 1;
	} else if (len >= 6 && (f[2] & 3) == 1 && f[0] == 0x00 && (f[3] & 1)) {   /* RR command, poll */
		receive_ready(r, 1);
	}
}

static void peer_event(void *context, const struct pri_event *e)
{
	struct peer *r = context;

	if (e->type == PRI_EV_OFFERED) {
		r->offered = *e;
		r->offers++;
	}
	if (e->type == PRI_EV_ENDED) {
		r->ended = *e;
		r->ends++;
	}
}

static void exchange(struct peer *r)
{
	while (r->replies > 0) {
		static struct { uint8_t octets[TRUNK_FRAME_MAX]; size_t len; } taken[64];
		int n = r->replies;

		memcpy(taken, r->reply, sizeof(taken[0]) * (size_t)n);
		r->replies = 0;
		for (int i = 0; i < n; i++)
			pri_port_receive(r->port, taken[i].octets, taken[i].len);
	}
}

static struct peer *peer_new(int called_digits)
{
	struct peer *r = calloc(1, sizeof(*r));
	struct pri_port_config config = { .side = PRI_SIDE_CPE, .line = TRUNK_E1, .law = TRUNK_ALAW, .called_digits = called_digits };
	struct pri_callbacks cb = { peer_frame, peer_event, r };

	assert_non_null(r);
	assert_int_equal(pri_port_new(&config, &cb, &r->port), 0);
	pri_port_run(r->port);
	exchange(r);
	assert_true(pri_port_up(r->port));
	return r;
}

static void peer_free(struct peer *r)
{
	pri_port_free(&r->port);
	free(r);
}

#define BEARER 0x04, 0x03, 0x80, 0x90, 0xa3
#define EXCLUSIVE(slot) 0x18, 0x03, 0xa9, 0x83, 0x80 | (slot)
#define PREFERRED(slot) 0x18, 0x03, 0xa1, 0x83, 0x80 | (slot)
#define CALLED 0x70, 0x0c, 0x80, '0', '7', '0', '1', '2', '3', '4', '0', '0', '0', '1'
#define COMPLETE 0xa1

/* SETUP with call reference ref and these information elements. */
#define send_setup(r, ref, ...) send_message((r), (ref), SETUP, (const uint8_t[]){ __VA_ARGS__ }, sizeof((const uint8_t[]){ __VA_ARGS__ }))

static UNUSED void send_message(struct peer *r, uint8_t ref, uint8_t type, const uint8_t *elements, size_t len)
{
	uint8_t message[TRUNK_FRAME_MAX] = { 0x08, 0x02, 0x00, ref, type };

	memcpy(message + 5, elements, len);
	q931(r, message, 5 + len);
	exchange(r);
}

#endif
