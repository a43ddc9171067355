/* pri.c: a carrier that may send anything on the D-channel, at any time. Each call that was offered ends exactly once. */
#include "drivers-glue/pri.h"
#include "tests/fuzz/fuzz.h"
#include "tests/unit/pri_time.h"

enum { REPLIES_MAX = 256, CALLS_MAX = 64 };

/* A network side of nothing but Q.921 numbering. */
static struct peer {
	struct pri_port *port;
	uint8_t ns, nr;
	struct { uint8_t octets[TRUNK_FRAME_MAX]; size_t len; } reply[REPLIES_MAX];
	int replies;
	struct pri_call *calls[CALLS_MAX];
	enum trunk_line line;
	int offered, ended;
} peer;

static void reply(const uint8_t *octets, size_t len)
{
	if (peer.replies == REPLIES_MAX || len + 2 > TRUNK_FRAME_MAX)
		return;
	memset(peer.reply[peer.replies].octets, 0, TRUNK_FRAME_MAX);
	memcpy(peer.reply[peer.replies].octets, octets, len);
	peer.reply[peer.replies++].len = len + 2;
}

static void on_frame(void *context UNUSED, const uint8_t *f, size_t len)
{
	if (len >= 5 && f[2] == 0x7f) {                                   /* SABME */
		reply((const uint8_t[]){ 0x02, 0x01, 0x73 }, 3);
		peer.ns = peer.nr = 0;
	} else if (len > 6 && !(f[2] & 1)) {                              /* I */
		if (f[2] >> 1 == peer.nr)
			peer.nr = (peer.nr + 1) & 0x7f;
		reply((const uint8_t[]){ 0x00, 0x01, 0x01, (uint8_t)(peer.nr << 1) }, 4);
	} else if (len >= 6 && f[2] == 0x09) {                            /* REJ */
		peer.ns = f[3] >> 1;
	} else if (len >= 6 && (f[2] & 3) == 1 && f[0] == 0x00 && (f[3] & 1)) {
		reply((const uint8_t[]){ 0x00, 0x01, 0x01, (uint8_t)(peer.nr << 1 | 1) }, 4);
	}
}

static void on_event(void *context UNUSED, const struct pri_event *e)
{
	int i = 0;

	if (e->type == PRI_EV_OFFERED) {
		FUZZ_CHECK(memchr(e->called, 0, sizeof(e->called)) != NULL && memchr(e->caller, 0, sizeof(e->caller)) != NULL);
		FUZZ_CHECK(trunk_slot_is_bearer(peer.line, e->slot));
		peer.offered++;
		while (i < CALLS_MAX && peer.calls[i] != NULL)
			i++;
		FUZZ_CHECK(i < CALLS_MAX);                /* there are 30 slots */
		peer.calls[i] = e->call;
	}
	if (e->type != PRI_EV_ENDED)
		return;
	while (i < CALLS_MAX && peer.calls[i] != e->call)
		i++;
	FUZZ_CHECK(i < CALLS_MAX);                        /* nothing ends that was not offered, or twice */
	peer.calls[i] = NULL;
	peer.ended++;
}

static void exchange(void)
{
	static struct { uint8_t octets[TRUNK_FRAME_MAX]; size_t len; } taken[REPLIES_MAX];

	for (int rounds = 0; peer.replies > 0 && rounds < 50; rounds++) {
		int n = peer.replies;

		memcpy(taken, peer.reply, sizeof(taken[0]) * (size_t)n);
		peer.replies = 0;
		for (int i = 0; i < n; i++)
			pri_port_receive(peer.port, taken[i].octets, taken[i].len);
	}
}

static void send_q931(const uint8_t *message, size_t len)
{
	uint8_t frame[TRUNK_FRAME_MAX] = { 0x02, 0x01, (uint8_t)(peer.ns << 1), (uint8_t)(peer.nr << 1) };

	if (4 + len + 2 > sizeof(frame))
		return;
	memcpy(frame + 4, message, len);
	peer.ns = (peer.ns + 1) & 0x7f;
	reply(frame, 4 + len);
}

/* One thing happens: the high bits of an octet say what, the next how long or how much. */
static void happen(const uint8_t **data, size_t *size)
{
	uint8_t what = fuzz_octet(data, size), much = fuzz_octet(data, size);
	size_t len = much < *size ? much : *size;

	switch (what >> 5) {
	case 0: case 1: case 2: case 3:
		send_q931(*data, len);
		break;
	case 4:
		pri_port_receive(peer.port, *data, len);
		break;
	case 5:
		now_ms += much * 40;
		pri_port_lock(peer.port, (what & 7) == 7);
		pri_port_run(peer.port);
		len = 0;
		break;
	case 6:
		if (peer.calls[much % CALLS_MAX] != NULL)
			pri_call_hangup(peer.calls[much % CALLS_MAX], what & 0x1f ? what & 0x1f : PRI_NORMAL_CLEARING);
		len = 0;
		break;
	default:
		if (peer.calls[much % CALLS_MAX] != NULL && pri_call_answer(peer.calls[much % CALLS_MAX]) < 0)
			what = 0;                        /* one that is up already */
		len = 0;
		break;
	}
	*data += len;
	*size -= len;
	exchange();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t kind = fuzz_octet(&data, &size);
	/* kind: 1 overlap receiving, 2 T1, the rest the dialect; what the line cannot have is its usual one. */
	struct pri_port_config config = { .side = PRI_SIDE_CPE, .line = kind & 2 ? TRUNK_T1 : TRUNK_E1, .law = TRUNK_ALAW,
	                                  .called_digits = kind & 1 ? 11 : 0, .dialect = (kind >> 2) % PRI_DIALECTS };
	struct pri_callbacks cb = { on_frame, on_event, &peer };

	log_init("fuzz", LOG_LEVEL_ERROR);
	memset(&peer, 0, sizeof(peer));
	peer.line = config.line;
	FUZZ_CHECK(pri_port_new(&config, &cb, &peer.port) == 0);
	pri_port_run(peer.port);
	exchange();
	while (size > 0)
		happen(&data, &size);
	pri_port_line(peer.port, false);
	now_ms += 7000;
	pri_port_run(peer.port);
	FUZZ_CHECK(peer.offered == peer.ended);
	pri_port_free(&peer.port);
	return 0;
}
