#include "drivers-glue/dahdi_chan.h"

#include <errno.h>
#include <dahdi/user.h>

#include "drivers-glue/dahdi_gain.h"
#include "drivers-glue/dahdi_sys.h"

enum {
	AUDIO_BUFFERS = 8,        /* of 20 ms: two may lie in wait, see dahdi.c and fxo_card.c; the others are patience */
	HDLC_BUFFERS = 32, HDLC_BYTES = 1024,
	DRAIN_MAX = 2 * DAHDI_MAX_EVENTSIZE,      /* a channel that makes events faster than we take them */
	TRIES = 3,
	PATIENCE_TICKS = 4,
};

int dahdi_error(int errnum)
{
	switch (errnum) {
	case EINVAL: return ERR_NOT_FOUND;
	case ENXIO: return ERR_STATE;
	case EBUSY: return ERR_EXISTS;
	case EACCES:
	case EPERM: return ERR_DENIED;
	case ENOENT:
	case ENODEV: return ERR_CLOSED;
	default: return ERR_IO;
	}
}

bool dahdi_chan_set(int fd, unsigned long request, int value)
{
	return dahdi_sys->ioctl(fd, request, &value) == 0;
}

static int specify(int channo, int *fd)
{
	int opened = dahdi_sys->open("/dev/dahdi/channel"), e;

	if (opened < 0)
		return dahdi_error(errno);
	if (!dahdi_chan_set(opened, DAHDI_SPECIFY, channo)) {
		e = dahdi_error(errno);
		dahdi_sys->close(opened);
		return e;
	}
	*fd = opened;
	return 0;
}

static bool set_buffers(int fd, int count, int bytes)
{
	struct dahdi_bufferinfo info = {
		.txbufpolicy = DAHDI_POLICY_IMMEDIATE, .rxbufpolicy = DAHDI_POLICY_IMMEDIATE, .numbufs = count, .bufsize = bytes,
	};

	return dahdi_sys->ioctl(fd, DAHDI_SET_BUFINFO, &info) == 0;
}

static bool set_gains(int fd, const struct dahdi_audio *audio)
{
	struct dahdi_gains gains = { .chan = 0 };

	if (audio->rx_gain_db == 0 && audio->tx_gain_db == 0)
		return true;
	dahdi_gain_table(audio->law, audio->rx_gain_db, gains.rxgain);
	dahdi_gain_table(audio->law, audio->tx_gain_db, gains.txgain);
	return dahdi_sys->ioctl(fd, DAHDI_SETGAINS, &gains) == 0;
}

int dahdi_chan_open_audio(int channo, const struct dahdi_audio *audio, int *fd)
{
	int opened, e = specify(channo, &opened);

	if (e != 0)
		return e;
	if (dahdi_chan_set(opened, DAHDI_AUDIOMODE, 1) &&
	    dahdi_chan_set(opened, DAHDI_SETLAW, audio->law == TRUNK_ALAW ? DAHDI_LAW_ALAW : DAHDI_LAW_MULAW) &&
	    dahdi_chan_set(opened, DAHDI_SETLINEAR, 0) && set_buffers(opened, AUDIO_BUFFERS, TRUNK_BLOCK) &&
	    set_gains(opened, audio) && dahdi_chan_set(opened, DAHDI_BUFFER_EVENTS, 0) &&
	    dahdi_chan_set(opened, DAHDI_FLUSH, DAHDI_FLUSH_ALL)) {
		*fd = opened;
		return 0;
	}
	e = errno == ENODEV ? ERR_CLOSED : ERR_IO;
	dahdi_sys->close(opened);
	return e;
}

int dahdi_chan_open_line(int channo, const struct dahdi_audio *audio, int *fd)
{
	int opened, e = specify(channo, &opened);

	if (e != 0)
		return e;
	if (dahdi_chan_set(opened, DAHDI_SETLAW, audio->law == TRUNK_ALAW ? DAHDI_LAW_ALAW : DAHDI_LAW_MULAW) &&
	    dahdi_chan_set(opened, DAHDI_SETLINEAR, 0) && set_buffers(opened, AUDIO_BUFFERS, TRUNK_BLOCK) &&
	    set_gains(opened, audio) && dahdi_chan_set(opened, DAHDI_BUFFER_EVENTS, 1) &&
	    dahdi_chan_set(opened, DAHDI_FLUSH, DAHDI_FLUSH_ALL)) {
		*fd = opened;
		return 0;
	}
	e = errno == ENODEV ? ERR_CLOSED : ERR_IO;
	dahdi_sys->close(opened);
	return e;
}

int dahdi_chan_open_hdlc(int channo, int *fd)
{
	int opened, e = specify(channo, &opened);

	if (e != 0)
		return e;
	if (set_buffers(opened, HDLC_BUFFERS, HDLC_BYTES) && dahdi_chan_set(opened, DAHDI_FLUSH, DAHDI_FLUSH_ALL)) {
		*fd = opened;
		return 0;
	}
	e = errno == ENODEV ? ERR_CLOSED : ERR_IO;
	dahdi_sys->close(opened);
	return e;
}

static void note_hook(int event, struct dahdi_events *seen)
{
	if (seen->hook_count < DAHDI_HOOKS_MAX)
		seen->hooks[seen->hook_count++] = (uint8_t)event;
	else
		seen->full = true;
}

static void note(int event, struct dahdi_events *seen)
{
	switch (event) {
	case DAHDI_EVENT_READ_OVERRUN: seen->overruns++; break;
	case DAHDI_EVENT_WRITE_UNDERRUN: seen->underruns++; break;
	case DAHDI_EVENT_ABORT: seen->aborts++; break;
	case DAHDI_EVENT_OVERRUN: seen->hdlc_overruns++; break;
	case DAHDI_EVENT_BADFCS: seen->bad_fcs++; break;
	case DAHDI_EVENT_ALARM:
	case DAHDI_EVENT_NOALARM:
		seen->alarm_edge = true;
		note_hook(event, seen);
		break;
	case DAHDI_EVENT_ONHOOK:
	case DAHDI_EVENT_RINGOFFHOOK:
	case DAHDI_EVENT_RINGBEGIN:
	case DAHDI_EVENT_RINGEROFF:
	case DAHDI_EVENT_POLARITY: note_hook(event, seen); break;
	default: break;           /* of tone detectors, the echo canceller, pulses: nothing to do */
	}
}

int dahdi_chan_drain(int fd, struct dahdi_events *seen)
{
	int event, taken = 0;

	for (; taken < DRAIN_MAX; taken++) {
		event = DAHDI_EVENT_NONE;
		if (dahdi_sys->ioctl(fd, DAHDI_GETEVENT, &event) != 0 || event == DAHDI_EVENT_REMOVED)
			return ERR_CLOSED;
		if (event == DAHDI_EVENT_NONE)
			break;
		note(event, seen);
	}
	/* The queue's ring of 64 holds 63 of them, or 64 by an off-by-one of the kernel. */
	seen->full |= taken >= DAHDI_MAX_EVENTSIZE - 1;
	return 0;
}

/* What a failed read or write comes to; 0: try again. */
static int failed(int fd, struct dahdi_events *seen)
{
	switch (errno) {
	case ELAST: return dahdi_chan_drain(fd, seen);
	case EINTR: return 0;
	case EAGAIN: return ERR_AGAIN;
	default: return ERR_CLOSED;
	}
}

int dahdi_chan_read(int fd, void *buf, size_t size, size_t *len, struct dahdi_events *seen)
{
	for (int i = 0; i < TRIES; i++) {
		ssize_t n = dahdi_sys->read(fd, buf, size);
		int e = n < 0 ? failed(fd, seen) : 0;

		if (e != 0)
			return e;
		if (n >= 0) {
			*len = (size_t)n;
			return 0;
		}
	}
	return ERR_AGAIN;
}

int dahdi_chan_write(int fd, const void *buf, size_t len, struct dahdi_events *seen)
{
	for (int i = 0; i < TRIES; i++) {
		ssize_t n = dahdi_sys->write(fd, buf, len);
		int e = n < 0 ? failed(fd, seen) : 0;

		if (e != 0)
			return e;
		if (n >= 0)
			return (size_t)n == len ? 0 : ERR_IO;
	}
	return ERR_AGAIN;
}

void dahdi_pace_look(struct dahdi_pace *p, int fd, int clock_fd)
{
	if (p->rest != DAHDI_RESTS || !dahdi_sys->readable(fd))
		return;
	p->ticks++;
	if (p->ticks == PATIENCE_TICKS || !dahdi_sys->readable(clock_fd))
		p->rest = DAHDI_JOINS;
}
