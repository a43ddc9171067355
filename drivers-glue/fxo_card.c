/* fxo_card.c: analog lines of a DAHDI span: one descriptor a line, one block from and to each on every tick, and its hook.
 * Kind "fxo" is the subscriber's end, which the appliance is; "fxs" is the exchange's, for the sandbox. Neither calls nor what
 * is heard are known here: events of the wires go out as frames, and orders come in as such (fxo_wire.h).
 *
 * All lines are read and written at all times, in a call or not: caller id comes before the answer. A tick is when every line
 * has a block, so the clock, whose descriptor is polled, is the line whose blocks are complete last.
 *
 * The kernel empties a line's buffers when the line goes on hook, and its next block begins there: from then on its blocks end
 * at another distance from those of the others. If it was the clock, another line becomes it, and a line that was emptied rests
 * until it has a block to spare, so that it holds up nobody. No line in a call loses or waits for a hang-up on another.
 *
 * A span is taken down when its card is gone (ENODEV). A line without battery goes on as silence: it is told as a frame. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <dahdi/user.h>

#include "drivers-glue/dahdi_card.h"
#include "drivers-glue/dahdi_chan.h"
#include "drivers-glue/dahdi_span.h"
#include "drivers-glue/dahdi_sys.h"
#include "drivers-glue/fxo_wire.h"
#include "drivers-glue/trunk_priv.h"
#include "lib/clock.h"

enum { SEND_AHEAD = 2, TOLD_MAX = 256 };
_Static_assert((int)TRUNK_SLOTS <= (int)DAHDI_SYS_FDS_MAX, "the lines of a span fit");

struct line { int fd; struct dahdi_pace pace; };

struct card {
	struct trunk trunk;
	struct trunk_config config;
	bool exchange;
	uint8_t idle[TRUNK_BLOCK];
	struct dahdi_card card;
	int clock;                            /* the channel */
	bool up;
	uint64_t tick;
	struct line lines[TRUNK_SLOTS];
	struct { uint8_t slot, sign; } told[TOLD_MAX];        /* what is to be told, a ring */
	unsigned told_first, told_count;
};

static struct card *card_of(struct trunk *t) { return (struct card *)t; }

static int card_open(const struct trunk_config *config, bool exchange, struct trunk **t)
{
	struct card *d = calloc(1, sizeof(*d));

	if (d == NULL)
		return ERR_NOMEM;
	if ((config->lines & ~1U) == 0 || (config->lines & 1) != 0 || dahdi_card_init(&d->card, config->span) < 0) {
		free(d);
		return ERR_INVALID;
	}
	d->trunk.ops = exchange ? &trunk_fxs_ops : &trunk_fxo_ops;
	d->config = *config;
	d->exchange = exchange;
	for (int slot = 0; slot < TRUNK_SLOTS; slot++)
		d->lines[slot] = (struct line){ .fd = -1, .pace.rest = DAHDI_RESTS };
	memset(d->idle, config->law == TRUNK_ALAW ? 0xd5 : 0xff, sizeof(d->idle));
	*t = &d->trunk;
	return 0;
}

static int open_fxo(const struct trunk_config *config, struct trunk **t) { return card_open(config, false, t); }
static int open_fxs(const struct trunk_config *config, struct trunk **t) { return card_open(config, true, t); }

/* The kernel opens a line's loop when its descriptor is closed. */
static void take_down(struct card *d)
{
	for (int slot = 0; slot < TRUNK_SLOTS; slot++) {
		if (d->lines[slot].fd >= 0)
			dahdi_sys->close(d->lines[slot].fd);
		d->lines[slot] = (struct line){ .fd = -1, .pace.rest = DAHDI_RESTS };
	}
	d->up = false;
	d->told_count = 0;
	d->card.next_try = (struct mono){ 0 };
}

static void card_free(struct trunk *t)
{
	struct card *d = card_of(t);

	take_down(d);
	dahdi_card_close(&d->card);
	free(d);
}

static int card_fd(const struct trunk *t)
{
	const struct card *d = (const struct card *)t;

	return d->up ? d->lines[d->clock].fd : -1;
}

/* ---- wires ---- */

static void tell(struct card *d, int slot, enum fxo_sign sign)
{
	unsigned at = (d->told_first + d->told_count) % TOLD_MAX;

	if (d->told_count == TOLD_MAX) {
		dahdi_card_count(&d->card, TRUNK_COUNT_EVENTS_LOST, 1);
		return;
	}
	d->told[at].slot = (uint8_t)slot;
	d->told[at].sign = (uint8_t)sign;
	d->told_count++;
}

/* 0: it means nothing at this end. RINGOFFHOOK is the end of a ring at the subscriber's. */
static enum fxo_sign sign_of(const struct card *d, int event)
{
	switch (event) {
	case DAHDI_EVENT_ALARM: return FXO_NO_BATTERY;
	case DAHDI_EVENT_NOALARM: return FXO_BATTERY;
	case DAHDI_EVENT_ONHOOK: return d->exchange ? FXO_RELEASED : FXO_BATTERY_LOST;
	case DAHDI_EVENT_RINGOFFHOOK: return d->exchange ? FXO_SEIZED : 0;
	case DAHDI_EVENT_RINGEROFF: return d->exchange ? FXO_RINGER_OFF : 0;
	case DAHDI_EVENT_RINGBEGIN: return d->exchange ? 0 : FXO_RING;
	case DAHDI_EVENT_POLARITY: return d->exchange ? 0 : FXO_POLARITY;
	default: return 0;
	}
}

static void take_events(struct card *d, int slot, const struct dahdi_events *seen)
{
	dahdi_card_count(&d->card, TRUNK_COUNT_OVERRUNS, seen->overruns);
	dahdi_card_count(&d->card, TRUNK_COUNT_UNDERRUNS, seen->underruns);
	dahdi_card_count(&d->card, TRUNK_COUNT_EVENTS_LOST, seen->full);
	if (slot == d->clock)
		d->tick += seen->overruns;
	for (unsigned i = 0; i < seen->hook_count; i++)
		if (sign_of(d, seen->hooks[i]) != 0)
			tell(d, slot, sign_of(d, seen->hooks[i]));
}

/* EINPROGRESS: the kernel is at it; a hook is moved within milliseconds. */
static bool hook(const struct card *d, int slot, int position)
{
	int value = position;

	return dahdi_sys->ioctl(d->lines[slot].fd, DAHDI_HOOK, &value) == 0 || errno == EINPROGRESS;
}

static void send_ahead(struct card *d, int slot)
{
	struct dahdi_events seen = { 0 };

	for (int i = 0; i < SEND_AHEAD; i++)
		if (dahdi_chan_write(d->lines[slot].fd, d->idle, TRUNK_BLOCK, &seen) != 0)
			break;
	take_events(d, slot, &seen);
}

/* While its buffers are being emptied and filled again a line is dry for an instant; that is no loss, and is not told. */
static void tell_losses(const struct card *d, int slot, bool on)
{
	dahdi_chan_set(d->lines[slot].fd, DAHDI_BUFFER_EVENTS, on);
}

/* The line's buffers were emptied. Alone it stays the clock: it holds up nobody. */
static void begin_anew(struct card *d, int slot)
{
	d->lines[slot].pace = (struct dahdi_pace){ .rest = DAHDI_RESTS };
	for (uint32_t left = d->config.lines; slot == d->clock && left != 0; left &= left - 1)
		if (d->lines[__builtin_ctz(left)].pace.rest == DAHDI_STEADY)
			d->clock = __builtin_ctz(left);
	if (slot == d->clock)
		d->lines[slot].pace.rest = DAHDI_STEADY;
	send_ahead(d, slot);
}

static void hang_up(struct card *d, int slot)
{
	if (d->config.echo_taps > 0)
		dahdi_chan_set(d->lines[slot].fd, DAHDI_ECHOCANCEL, 0);
	tell_losses(d, slot, false);
	if (hook(d, slot, DAHDI_ONHOOK)) {
		tell(d, slot, FXO_ON_HOOK);
		begin_anew(d, slot);
	} else {
		tell(d, slot, FXO_FAILED);
	}
	tell_losses(d, slot, true);
}

static void obey(struct card *d, const struct trunk_frame *f)
{
	struct fxo_message m;
	int fd;

	if (fxo_decode(f->octets, f->len, &m) != 0 || d->lines[m.slot].fd < 0)
		return;
	fd = d->lines[m.slot].fd;
	switch (m.sign) {
	case FXO_SEIZE:
		if (d->config.echo_taps > 0 && !dahdi_chan_set(fd, DAHDI_ECHOCANCEL, d->config.echo_taps))
			dahdi_card_count(&d->card, TRUNK_COUNT_NO_ECHO_CANCELLER, 1);
		tell(d, m.slot, hook(d, m.slot, DAHDI_OFFHOOK) ? FXO_OFF_HOOK : FXO_FAILED);
		break;
	case FXO_HANG_UP:
		hang_up(d, m.slot);
		break;
	case FXO_RING_IT:
		if (!hook(d, m.slot, DAHDI_RING))
			tell(d, m.slot, FXO_FAILED);
		break;
	default:
		break;
	}
}

/* ---- bringing it up ---- */

static enum trunk_fault check_line(struct card *d, int channo, int slot, bool *no_battery)
{
	struct dahdi_params p;

	memset(&p, 0, sizeof(p));
	p.channo = channo;
	if (dahdi_sys->ioctl(d->card.control_fd, DAHDI_GET_PARAMS, &p) != 0 || p.spanno != d->config.span || p.chanpos != slot)
		return TRUNK_FAULT_LINE;
	if (p.sigtype == DAHDI_SIG_NONE)
		return TRUNK_FAULT_UNCONFIGURED;
	*no_battery = (p.chan_alarms & DAHDI_ALARM_RED) != 0;
	if (d->exchange)
		return p.sigtype == DAHDI_SIG_FXOKS || p.sigtype == DAHDI_SIG_FXOLS ? TRUNK_FAULT_NONE : TRUNK_FAULT_SIGNALLING;
	return p.sigtype == DAHDI_SIG_FXSKS || p.sigtype == DAHDI_SIG_FXSLS ? TRUNK_FAULT_NONE : TRUNK_FAULT_SIGNALLING;
}

static enum trunk_fault open_line(struct card *d, int base, int slot)
{
	const struct dahdi_audio audio = { d->config.law, d->config.rx_gain_db, d->config.tx_gain_db };
	bool no_battery = false;
	enum trunk_fault fault = check_line(d, base + slot - 1, slot, &no_battery);
	int e;

	if (fault != TRUNK_FAULT_NONE)
		return fault;
	e = dahdi_chan_open_line(base + slot - 1, &audio, &d->lines[slot].fd);
	if (e != 0)
		return dahdi_card_fault(e);
	hook(d, slot, DAHDI_ONHOOK);          /* as it should be; a line that just opened is */
	if (no_battery)
		tell(d, slot, FXO_NO_BATTERY);
	begin_anew(d, slot);
	return TRUNK_FAULT_NONE;
}

static bool not_yet(struct card *d, struct mono now, enum trunk_fault fault, int slot)
{
	take_down(d);
	dahdi_card_failed(&d->card, now, fault, slot);
	return false;
}

static bool card_revive(struct trunk *t)
{
	struct card *d = card_of(t);
	struct dahdi_spaninfo info;
	struct mono now;
	int e, base = 0;

	if (d->up)
		return true;
	now = clock_mono();
	if (now.ns < d->card.next_try.ns)
		return false;
	e = dahdi_card_control(&d->card);
	if (e == 0)
		e = dahdi_span_stat(d->card.control_fd, d->config.span, &info);
	if (e != 0)
		return not_yet(d, now, dahdi_card_fault(e), 0);
	d->clock = __builtin_ctz(d->config.lines);
	if (dahdi_span_find_base(d->card.control_fd, d->config.span, &base) != 0)
		return not_yet(d, now, TRUNK_FAULT_LINE, 0);
	for (uint32_t left = d->config.lines; left != 0; left &= left - 1) {
		int slot = __builtin_ctz(left);
		enum trunk_fault fault = open_line(d, base, slot);

		if (fault != TRUNK_FAULT_NONE)
			return not_yet(d, now, fault, slot);
	}
	dahdi_card_up(&d->card);
	d->up = true;
	d->tick = 0;
	return true;
}

/* ---- a tick ---- */

/* 0: every line that is steady has a block. Else the clock is one that has none. */
static int await_all(struct card *d)
{
	struct dahdi_events seen = { 0 };
	int fds[DAHDI_SYS_FDS_MAX], slots[DAHDI_SYS_FDS_MAX], n = 0, late, e;

	for (uint32_t left = d->config.lines; left != 0; left &= left - 1) {
		int slot = __builtin_ctz(left);

		if (d->lines[slot].pace.rest != DAHDI_STEADY)
			continue;
		fds[n] = d->lines[slot].fd;
		slots[n++] = slot;
	}
	late = dahdi_sys->without_data(fds, n);
	if (late < 0)
		return 0;
	d->clock = slots[late];
	e = dahdi_chan_drain(fds[late], &seen);      /* an event may be all that there is */
	take_events(d, d->clock, &seen);
	return e != 0 ? e : ERR_AGAIN;
}

static int read_line(struct card *d, int slot, uint8_t octets[TRUNK_BLOCK])
{
	struct dahdi_events seen = { 0 };
	struct line *l = &d->lines[slot];
	size_t len = 0;
	int e = 0;

	if (l->pace.rest != DAHDI_RESTS) {
		e = dahdi_chan_read(l->fd, octets, TRUNK_BLOCK, &len, &seen);
		take_events(d, slot, &seen);
		if (e == ERR_CLOSED)
			return e;
		if (e == 0 && len < TRUNK_BLOCK)
			dahdi_card_count(&d->card, TRUNK_COUNT_SHORT_BLOCKS, 1);
		else if (e != 0)
			dahdi_card_count(&d->card, TRUNK_COUNT_BLOCKS_MISSED, 1);
		l->pace.rest = DAHDI_STEADY;
	}
	memcpy(octets + len, d->idle, TRUNK_BLOCK - len);
	return 0;
}

static void hand_over_told(struct card *d, struct trunk_block *rx)
{
	rx->frame_count = 0;
	while (d->told_count > 0 && rx->frame_count < TRUNK_FRAMES_MAX) {
		fxo_put(&rx->frames[rx->frame_count++], d->told[d->told_first].slot, (enum fxo_sign)d->told[d->told_first].sign);
		d->told_first = (d->told_first + 1) % TOLD_MAX;
		d->told_count--;
	}
}

static int card_receive(struct trunk *t, struct trunk_block *rx)
{
	struct card *d = card_of(t);
	int e = d->up ? await_all(d) : ERR_CLOSED;

	for (int slot = 0; e == 0 && slot < TRUNK_SLOTS; slot++) {
		if (d->lines[slot].fd < 0)
			memcpy(rx->pcm[slot], d->idle, TRUNK_BLOCK);
		else
			e = read_line(d, slot, rx->pcm[slot]);
	}
	if (e == ERR_CLOSED && d->up)
		take_down(d);
	if (e != 0)
		return e;
	for (uint32_t left = d->config.lines; left != 0; left &= left - 1)
		dahdi_pace_look(&d->lines[__builtin_ctz(left)].pace, d->lines[__builtin_ctz(left)].fd, d->lines[d->clock].fd);
	hand_over_told(d, rx);
	rx->tick = d->tick++;
	rx->alarms = 0;
	return 0;
}

static int write_line(struct card *d, int slot, const uint8_t octets[TRUNK_BLOCK])
{
	struct dahdi_events seen = { 0 };
	int e = dahdi_chan_write(d->lines[slot].fd, octets, TRUNK_BLOCK, &seen);

	take_events(d, slot, &seen);
	/* It ran dry: what was ahead is gone, and comes back unless we are only catching up. */
	if (e == 0 && seen.underruns > 0 && !dahdi_sys->readable(d->lines[d->clock].fd))
		send_ahead(d, slot);
	if (e != 0 && e != ERR_CLOSED) {
		dahdi_card_count(&d->card, TRUNK_COUNT_SEND_FULL, 1);
		e = 0;
	}
	return e;
}

static int card_send(struct trunk *t, const struct trunk_block *tx)
{
	struct card *d = card_of(t);
	int e = d->up ? 0 : ERR_CLOSED;

	for (int i = 0; e == 0 && i < tx->frame_count; i++)
		obey(d, &tx->frames[i]);
	for (uint32_t left = d->up ? d->config.lines : 0; e == 0 && left != 0; left &= left - 1)
		e = write_line(d, __builtin_ctz(left), tx->pcm[__builtin_ctz(left)]);
	if (e == ERR_CLOSED && d->up)
		take_down(d);
	return e;
}

/* A call begins on sound that is read block by block anyway; what waits to be sent is silence. Its end: what waits is dropped. */
static void card_end(struct trunk *t, int slot)
{
	struct card *d = card_of(t);

	if (!d->up || slot < 0 || slot >= TRUNK_SLOTS || d->lines[slot].fd < 0)
		return;
	tell_losses(d, slot, false);
	dahdi_chan_set(d->lines[slot].fd, DAHDI_FLUSH, DAHDI_FLUSH_WRITE);
	send_ahead(d, slot);
	tell_losses(d, slot, true);
}

static void card_watch(struct trunk *t, struct trunk_status *out)
{
	struct card *d = card_of(t);

	dahdi_card_watch(&d->card, d->config.echo_taps > 0 ? d->config.lines : 0, out);
	out->alarms = out->present ? 0 : TRUNK_ALARM_NOTOPEN;      /* a line's battery is told by its events */
}

const struct trunk_ops trunk_fxo_ops = {
	.kind = "fxo", .open = open_fxo, .free = card_free, .fd = card_fd, .revive = card_revive, .receive = card_receive,
	.send = card_send, .end = card_end, .watch = card_watch,
};
const struct trunk_ops trunk_fxs_ops = {
	.kind = "fxs", .open = open_fxs, .free = card_free, .fd = card_fd, .revive = card_revive, .receive = card_receive,
	.send = card_send, .end = card_end, .watch = card_watch,
};
