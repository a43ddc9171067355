/* dahdi.c: a span of a DAHDI card: one descriptor for each timeslot, one block from and to each of those in a call on every
 * tick. Not the state of calls, not Q.931, not supervision's history.
 *
 * The clock is the first timeslot that carries audio: it stays open and is read on every tick, in a call or not, and its
 * descriptor is the one to poll. A descriptor over all of them (an epoll within the caller's) would wake a thread once a
 * timeslot; all timeslots of a span advance in the same interrupt, so one tells of all.
 *
 * All channels are held open while the line is up, so that no other program can take or tap one, and a call costs no
 * open(). Those without a call are neither read nor written: the kernel drops what arrives and sends silence, and says
 * nothing of it, for buffer events are off. A call's begin flushes what has piled up.
 *
 * A timeslot's 20 ms do not end together with the clock's, but at the same distance all through a call. Its first block is
 * therefore left to lie (struct dahdi_pace), so that every later tick finds one. Towards the line SEND_AHEAD blocks of silence go before the first, so that a tick may be late by so much.
 *
 * RED closes all of it: nothing arrives, and what was under way is stale. revive() waits for the driver's word that the
 * line is back. So a span that vanishes (ENODEV, after which each call on a descriptor sleeps 5 ms in the kernel) and one
 * that returns are no special cases. */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <dahdi/user.h>

#include "drivers-glue/dahdi_card.h"
#include "drivers-glue/dahdi_chan.h"
#include "drivers-glue/dahdi_span.h"
#include "drivers-glue/dahdi_sys.h"
#include "drivers-glue/trunk_priv.h"
#include "lib/clock.h"

enum { SEND_AHEAD = 2, RED_POLL_MS = 100 };

struct slot {
	int fd;
	struct dahdi_pace pace;
	bool starved;         /* the kernel had nothing to send: silence goes ahead again */
};

struct dahdi {
	struct trunk trunk;
	struct trunk_config config;
	uint8_t idle[TRUNK_BLOCK];
	struct dahdi_card card;
	int base, clock, dchannel;
	bool up;
	uint32_t served;                      /* timeslots in a call, as bits; outlives a loss of the line */
	uint64_t tick;
	struct slot slots[TRUNK_SLOTS];
	uint8_t frame[1024];
	_Atomic uint32_t alarms;
};

static struct dahdi *dahdi_of(struct trunk *t) { return (struct dahdi *)t; }

static int first_bearer(enum trunk_line line)
{
	int slot = 0;

	while (!trunk_slot_is_bearer(line, slot))
		slot++;
	return slot;
}

static uint32_t bearers(enum trunk_line line)
{
	uint32_t slots = 0;

	for (int slot = 0; slot < TRUNK_SLOTS; slot++)
		slots |= (uint32_t)trunk_slot_is_bearer(line, slot) << slot;
	return slots;
}

static int dahdi_open(const struct trunk_config *config, struct trunk **t)
{
	struct dahdi *d = calloc(1, sizeof(*d));

	if (d == NULL)
		return ERR_NOMEM;
	if (dahdi_card_init(&d->card, config->span) < 0) {
		free(d);
		return ERR_INVALID;
	}
	d->trunk.ops = &trunk_dahdi_ops;
	d->config = *config;
	d->clock = first_bearer(config->line);
	d->dchannel = trunk_dchan_slot(config->line);
	d->alarms = TRUNK_ALARM_NOTOPEN;
	for (int slot = 0; slot < TRUNK_SLOTS; slot++)
		d->slots[slot].fd = -1;
	memset(d->idle, config->law == TRUNK_ALAW ? 0xd5 : 0xff, sizeof(d->idle));
	*t = &d->trunk;
	return 0;
}

static void close_channels(struct dahdi *d)
{
	for (int slot = 0; slot < TRUNK_SLOTS; slot++) {
		if (d->slots[slot].fd >= 0)
			dahdi_sys->close(d->slots[slot].fd);
		d->slots[slot] = (struct slot){ .fd = -1 };
	}
	d->up = false;
}

static void dahdi_free(struct trunk *t)
{
	struct dahdi *d = dahdi_of(t);

	close_channels(d);
	dahdi_card_close(&d->card);
	free(d);
}

static int dahdi_fd(const struct trunk *t)
{
	const struct dahdi *d = (const struct dahdi *)t;

	return d->up ? d->slots[d->clock].fd : -1;
}

/* ---- events, and the state of the line ---- */

static void line_down(struct dahdi *d)
{
	close_channels(d);
	d->card.next_try = (struct mono){ 0 };
}

/* The span's own word. It does not take the line down by itself. */
static int look_at_span(struct dahdi *d, struct dahdi_spaninfo *info)
{
	int e = dahdi_span_stat(d->card.control_fd, d->config.span, info);

	if (e == 0)
		atomic_store_explicit(&d->alarms, (uint32_t)info->alarms, memory_order_relaxed);
	return e;
}

static bool is_red(struct dahdi *d)
{
	return (atomic_load_explicit(&d->alarms, memory_order_relaxed) & TRUNK_ALARM_RED) != 0;
}

static void take_events(struct dahdi *d, int slot, const struct dahdi_events *seen)
{
	struct dahdi_spaninfo info;

	dahdi_card_count(&d->card, TRUNK_COUNT_OVERRUNS, seen->overruns);
	dahdi_card_count(&d->card, TRUNK_COUNT_UNDERRUNS, seen->underruns);
	dahdi_card_count(&d->card, TRUNK_COUNT_HDLC_ABORTS, seen->aborts);
	dahdi_card_count(&d->card, TRUNK_COUNT_HDLC_OVERRUNS, seen->hdlc_overruns);
	dahdi_card_count(&d->card, TRUNK_COUNT_HDLC_BAD_FCS, seen->bad_fcs);
	dahdi_card_count(&d->card, TRUNK_COUNT_EVENTS_LOST, seen->full);
	if (seen->underruns > 0)
		d->slots[slot].starved = true;
	if (slot == d->clock && seen->overruns > 0)
		d->tick += seen->overruns;        /* at least so many blocks were lost */
	if ((seen->alarm_edge && slot == d->clock) || seen->full)
		if (look_at_span(d, &info) != 0)
			atomic_store_explicit(&d->alarms, TRUNK_ALARM_RED, memory_order_relaxed);
}

/* ---- a call's begin and end ---- */

static void begin_slot(struct dahdi *d, int slot)
{
	struct slot *s = &d->slots[slot];
	struct dahdi_events seen = { 0 };
	bool is_clock = slot == d->clock;

	/* To flush the clock's input would move the clock against all others. It has been read up to now; what is under way
	 * is thrown away with its first block. */
	dahdi_chan_set(s->fd, DAHDI_FLUSH, is_clock ? DAHDI_FLUSH_WRITE : DAHDI_FLUSH_ALL);
	dahdi_chan_set(s->fd, DAHDI_BUFFER_EVENTS, 1);
	if (d->config.echo_taps > 0 && !dahdi_chan_set(s->fd, DAHDI_ECHOCANCEL, d->config.echo_taps))
		dahdi_card_count(&d->card, TRUNK_COUNT_NO_ECHO_CANCELLER, 1);
	*s = (struct slot){ .fd = s->fd, .pace.rest = is_clock ? DAHDI_JOINS : DAHDI_RESTS };
	for (int i = 0; i < SEND_AHEAD; i++)
		if (dahdi_chan_write(s->fd, d->idle, TRUNK_BLOCK, &seen) != 0)
			break;            /* the next tick meets the same and says so */
	take_events(d, slot, &seen);
}

static void dahdi_begin(struct trunk *t, int slot)
{
	struct dahdi *d = dahdi_of(t);

	if (!trunk_slot_is_bearer(d->config.line, slot))
		return;
	d->served |= UINT32_C(1) << slot;
	if (d->up)
		begin_slot(d, slot);
}

static void dahdi_end(struct trunk *t, int slot)
{
	struct dahdi *d = dahdi_of(t);
	int fd;

	if (!trunk_slot_is_bearer(d->config.line, slot))
		return;
	d->served &= ~(UINT32_C(1) << slot);
	fd = d->slots[slot].fd;
	if (!d->up || fd < 0)
		return;
	dahdi_chan_set(fd, DAHDI_BUFFER_EVENTS, 0);
	if (d->config.echo_taps > 0)
		dahdi_chan_set(fd, DAHDI_ECHOCANCEL, 0);
	dahdi_chan_set(fd, DAHDI_FLUSH, DAHDI_FLUSH_WRITE);
}

/* ---- bringing it up ---- */

static bool not_yet(struct dahdi *d, struct mono now, enum trunk_fault fault, int slot)
{
	close_channels(d);
	dahdi_card_failed(&d->card, now, fault, slot);
	return false;
}

static int open_slot(struct dahdi *d, int slot)
{
	const struct dahdi_audio audio = { d->config.law, d->config.rx_gain_db, d->config.tx_gain_db };
	int channo = d->base + slot - 1;

	if (slot == d->dchannel)
		return dahdi_chan_open_hdlc(channo, &d->slots[slot].fd);
	return trunk_slot_is_bearer(d->config.line, slot) ? dahdi_chan_open_audio(channo, &audio, &d->slots[slot].fd) : 0;
}

static enum trunk_fault open_channels(struct dahdi *d, const struct dahdi_spaninfo *info, int *slot)
{
	enum trunk_fault fault;
	int e = dahdi_span_find_base(d->card.control_fd, d->config.span, &d->base);

	*slot = 0;
	if (e != 0)
		return TRUNK_FAULT_LINE;
	fault = dahdi_span_check(d->card.control_fd, info, d->config.line, d->base, slot);
	for (int i = 0; fault == TRUNK_FAULT_NONE && i < TRUNK_SLOTS; i++) {
		*slot = i;
		e = open_slot(d, i);
		if (e != 0)
			fault = dahdi_card_fault(e);
	}
	return fault;
}

static bool dahdi_revive(struct trunk *t)
{
	struct dahdi *d = dahdi_of(t);
	struct mono now;
	struct dahdi_spaninfo info;
	enum trunk_fault fault;
	int e, slot;

	if (d->up)
		return true;
	now = clock_mono();
	if (now.ns < d->card.next_try.ns)
		return false;
	e = dahdi_card_control(&d->card);
	if (e == 0)
		e = look_at_span(d, &info);
	if (e != 0)
		return not_yet(d, now, dahdi_card_fault(e), 0);
	if (is_red(d)) {
		atomic_store_explicit(&d->card.fault, TRUNK_FAULT_NONE, memory_order_relaxed);
		d->card.next_try = mono_add_ms(now, RED_POLL_MS);
		return false;
	}
	fault = open_channels(d, &info, &slot);
	if (fault != TRUNK_FAULT_NONE)
		return not_yet(d, now, fault, slot);
	dahdi_card_up(&d->card);
	d->up = true;
	d->tick = 0;
	for (uint32_t left = d->served; left != 0; left &= left - 1)
		begin_slot(d, __builtin_ctz(left));
	return true;
}

/* ---- a tick ---- */

static int read_block(struct dahdi *d, int slot, uint8_t octets[TRUNK_BLOCK])
{
	struct dahdi_events seen = { 0 };
	size_t len = 0;
	int e = dahdi_chan_read(d->slots[slot].fd, octets, TRUNK_BLOCK, &len, &seen);

	take_events(d, slot, &seen);
	if (e == 0 && len < TRUNK_BLOCK) {
		memcpy(octets + len, d->idle, TRUNK_BLOCK - len);
		dahdi_card_count(&d->card, TRUNK_COUNT_SHORT_BLOCKS, 1);
	}
	return e;
}

static int read_slot(struct dahdi *d, int slot, uint8_t octets[TRUNK_BLOCK])
{
	struct slot *s = &d->slots[slot];
	int e;

	if (s->pace.rest == DAHDI_RESTS) {
		dahdi_pace_look(&s->pace, s->fd, d->slots[d->clock].fd);
		return 0;
	}
	s->pace.rest = DAHDI_STEADY;
	e = read_block(d, slot, octets);
	if (e != ERR_AGAIN)
		return e;
	dahdi_card_count(&d->card, TRUNK_COUNT_BLOCKS_MISSED, 1);
	memcpy(octets, d->idle, TRUNK_BLOCK);
	return 0;
}

static int read_clock(struct dahdi *d, uint8_t octets[TRUNK_BLOCK])
{
	struct slot *s = &d->slots[d->clock];
	int e = read_block(d, d->clock, octets);

	if (e != 0)
		return e;
	if ((d->served & UINT32_C(1) << d->clock) == 0 || s->pace.rest != DAHDI_STEADY)
		memcpy(octets, d->idle, TRUNK_BLOCK);
	s->pace.rest = DAHDI_STEADY;
	return 0;
}

static int read_frames(struct dahdi *d, struct trunk_block *rx)
{
	struct dahdi_events seen = { 0 };
	int e = 0;

	rx->frame_count = 0;
	while (e == 0 && rx->frame_count < TRUNK_FRAMES_MAX) {
		struct trunk_frame *f = &rx->frames[rx->frame_count];
		size_t len = 0;

		e = dahdi_chan_read(d->slots[d->dchannel].fd, d->frame, sizeof(d->frame), &len, &seen);
		if (e != 0)
			break;
		if (len == 0 || len > sizeof(f->octets)) {
			dahdi_card_count(&d->card, TRUNK_COUNT_FRAMES_DROPPED, 1);
			continue;
		}
		memcpy(f->octets, d->frame, len);
		f->len = (uint16_t)len;
		rx->frame_count++;
	}
	take_events(d, d->dchannel, &seen);
	return e == ERR_AGAIN ? 0 : e;
}

static int receive(struct dahdi *d, struct trunk_block *rx)
{
	int e = read_clock(d, rx->pcm[d->clock]);

	if (is_red(d))
		return ERR_CLOSED;
	for (int slot = 0; e == 0 && slot < TRUNK_SLOTS; slot++) {
		if (slot == d->clock)
			continue;
		memcpy(rx->pcm[slot], d->idle, TRUNK_BLOCK);
		if ((d->served & UINT32_C(1) << slot) != 0)
			e = read_slot(d, slot, rx->pcm[slot]);
	}
	if (e == 0)
		e = read_frames(d, rx);
	rx->tick = d->tick;
	rx->alarms = atomic_load_explicit(&d->alarms, memory_order_relaxed);
	d->tick += e == 0;
	return e;
}

static int dahdi_receive(struct trunk *t, struct trunk_block *rx)
{
	struct dahdi *d = dahdi_of(t);
	int e = d->up ? receive(d, rx) : ERR_CLOSED;

	if (e == ERR_CLOSED && d->up)
		line_down(d);
	return e;
}

/* A channel that ran dry has lost what was ahead. It gets it back, unless we are only catching up: then the blocks that
 * wait to be read bring as many to send. */
static int refill(struct dahdi *d, struct slot *s, struct dahdi_events *seen)
{
	int e = 0;

	if (!s->starved || dahdi_sys->readable(d->slots[d->clock].fd))
		return 0;
	s->starved = false;
	for (int i = 0; e == 0 && i < SEND_AHEAD; i++)
		e = dahdi_chan_write(s->fd, d->idle, TRUNK_BLOCK, seen);
	return e == ERR_AGAIN ? 0 : e;
}

static int write_slot(struct dahdi *d, int slot, const uint8_t octets[TRUNK_BLOCK])
{
	struct slot *s = &d->slots[slot];
	struct dahdi_events seen = { 0 };
	int e = refill(d, s, &seen);

	if (e == 0)
		e = dahdi_chan_write(s->fd, octets, TRUNK_BLOCK, &seen);
	take_events(d, slot, &seen);
	if (e == 0 || e == ERR_CLOSED)
		return e;
	dahdi_card_count(&d->card, TRUNK_COUNT_SEND_FULL, 1);
	return 0;
}

/* A frame that finds no room is lost; Q.921 repeats it. */
static int write_frames(struct dahdi *d, const struct trunk_block *tx)
{
	struct dahdi_events seen = { 0 };
	int e = 0;

	for (int i = 0; e == 0 && i < tx->frame_count; i++) {
		e = dahdi_chan_write(d->slots[d->dchannel].fd, tx->frames[i].octets, tx->frames[i].len, &seen);
		if (e != 0 && e != ERR_CLOSED) {
			dahdi_card_count(&d->card, TRUNK_COUNT_FRAMES_DROPPED, 1);
			e = 0;
		}
	}
	take_events(d, d->dchannel, &seen);
	return e;
}

static int dahdi_send(struct trunk *t, const struct trunk_block *tx)
{
	struct dahdi *d = dahdi_of(t);
	int e = d->up ? 0 : ERR_CLOSED;

	for (uint32_t left = d->up ? d->served : 0; e == 0 && left != 0; left &= left - 1)
		e = write_slot(d, __builtin_ctz(left), tx->pcm[__builtin_ctz(left)]);
	if (e == 0)
		e = write_frames(d, tx);
	if (e == ERR_CLOSED && d->up)
		line_down(d);
	return e;
}

/* ---- supervision: the control thread's ---- */

static void dahdi_watch(struct trunk *t, struct trunk_status *out)
{
	struct dahdi *d = dahdi_of(t);

	dahdi_card_watch(&d->card, d->config.echo_taps > 0 ? bearers(d->config.line) : 0, out);
	if (out->present)
		atomic_store_explicit(&d->alarms, out->alarms, memory_order_relaxed);
}

const struct trunk_ops trunk_dahdi_ops = {
	.kind = "dahdi", .open = dahdi_open, .free = dahdi_free, .fd = dahdi_fd, .revive = dahdi_revive,
	.receive = dahdi_receive, .send = dahdi_send, .begin = dahdi_begin, .end = dahdi_end, .watch = dahdi_watch,
};
