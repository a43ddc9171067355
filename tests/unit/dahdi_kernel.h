/* dahdi_kernel.h: a DAHDI kernel of the test's own behind struct dahdi_sys: spans with holes, channels that advance in steps of
 * a millisecond (8 samples) through buffers as the real one has them, its queue of events with its silent end, and whatever
 * fault the test orders. Time is the test's. */
#ifndef TEST_DAHDI_KERNEL_H
#define TEST_DAHDI_KERNEL_H

#include <errno.h>
#include <string.h>
#include <time.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <dahdi/user.h>

#include "drivers-glue/dahdi_sys.h"
#include "lib/attr.h"

enum { K_SPANS = 8, K_CHANS = 200, K_BUFS = 32, K_CHUNK = 8, K_FD = 5000, K_CTL_FDS = 4, K_HEARD = 1 << 16 };

struct k_buf { int len, at; uint8_t octets[1024]; };

struct k_chan {
	int span, pos, sig, law;
	bool open, audio, buffer_events, underrun_told, overrun_told;
	int numbufs, bufsize, echo, hook, hooks, chan_alarms;
	bool gained;
	uint8_t rxgain[256], txgain[256];
	struct k_buf rx[K_BUFS], tx[K_BUFS];
	int rx_in, rx_out, tx_in, tx_out;        /* as the kernel's: rx_in, tx_in -1: full; rx_out, tx_out -1: empty */
	unsigned events[DAHDI_MAX_EVENTSIZE];
	int event_in, event_out;
	uint8_t line;                            /* what the line brings, when it does not count */
	bool counts;                             /* the line brings 0, 1, ... 250, 0, ... */
	uint8_t next;
	uint8_t heard[K_HEARD];                  /* what the line was sent */
	int heard_count;
	int busy_errno;                          /* SPECIFY fails so */
	int reads, writes, calls_when_gone;
};

struct k_span { bool there; int base, channels, alarms; struct dahdi_spaninfo info; };

static struct kernel {
	int ctl_errno;                           /* /dev/dahdi/ctl cannot be opened */
	bool interrupted;                        /* the next read or write is */
	int short_by;                            /* the next read is so much shorter */
	unsigned long refuse;                    /* this ioctl fails with EIO */
	struct k_span spans[K_SPANS + 1];
	struct k_chan chans[K_CHANS + 1];
	int specified[K_CHANS + 1];              /* fd - K_FD -> channel; 0: not yet; -1: no such fd */
	bool gone[K_CHANS + 1];                  /* by fd: its channel was taken away under it */
	const char *proc;                        /* what every /proc/dahdi/N says; NULL: cannot be read */
	int opens, ctl_opens, closes, spanstats;
	int64_t now_ms;
} k;

int clock_gettime(clockid_t clock, struct timespec *t)
{
	if (clock != CLOCK_MONOTONIC)
		return (int)syscall(SYS_clock_gettime, clock, t);
	*t = (struct timespec){ .tv_sec = k.now_ms / 1000, .tv_nsec = k.now_ms % 1000 * 1000000 };
	return 0;
}

static struct k_chan *k_of(int fd)
{
	int i = fd - K_FD;

	return i >= 0 && i <= K_CHANS && k.specified[i] > 0 ? &k.chans[k.specified[i]] : NULL;
}

static void k_event(struct k_chan *c, unsigned event)
{
	if ((c->event_out == 0 && c->event_in == DAHDI_MAX_EVENTSIZE - 1) || c->event_in == c->event_out - 1)
		return;                              /* as the kernel: dropped without a word */
	c->events[c->event_in++] = event;
	if (c->event_in >= DAHDI_MAX_EVENTSIZE)
		c->event_in = 0;
}

static void k_flush(struct k_chan *c, int what)
{
	if (what & DAHDI_FLUSH_READ) {
		c->rx_in = 0;
		c->rx_out = -1;
		memset(c->rx, 0, sizeof(c->rx));
	}
	if (what & DAHDI_FLUSH_WRITE) {
		c->tx_in = 0;
		c->tx_out = -1;
		memset(c->tx, 0, sizeof(c->tx));
	}
	if (what & DAHDI_FLUSH_EVENT)
		c->event_in = c->event_out = 0;
}

/* ---- the line's side ---- */

static void k_receive(struct k_chan *c)
{
	for (int i = 0; i < K_CHUNK; i++) {
		uint8_t octet = c->line;
		struct k_buf *b;

		if (c->counts) {
			octet = c->next;
			c->next = (uint8_t)((c->next + 1) % 251);
		}
		if (c->rx_in < 0) {
			if (!c->overrun_told && c->buffer_events)
				k_event(c, DAHDI_EVENT_READ_OVERRUN);
			c->overrun_told = true;
			continue;
		}
		c->overrun_told = false;
		b = &c->rx[c->rx_in];
		b->octets[b->len++] = octet;
		if (b->len < c->bufsize)
			continue;
		if (c->rx_out < 0)
			c->rx_out = c->rx_in;
		c->rx_in = (c->rx_in + 1) % c->numbufs;
		if (c->rx_in == c->rx_out)
			c->rx_in = -1;
	}
}

static void k_transmit(struct k_chan *c)
{
	bool dry = false;

	for (int i = 0; i < K_CHUNK; i++) {
		struct k_buf *b = c->tx_out >= 0 ? &c->tx[c->tx_out] : NULL;
		uint8_t octet = 0xd5;

		if (b == NULL) {
			dry = true;
		} else {
			octet = b->octets[b->at++];
			if (b->at == b->len) {
				int done = c->tx_out;

				*b = (struct k_buf){ 0 };
				c->tx_out = (c->tx_out + 1) % c->numbufs;
				if (c->tx_out == c->tx_in)
					c->tx_out = -1;
				if (c->tx_in < 0)
					c->tx_in = done;
			}
		}
		if (c->heard_count < K_HEARD)
			c->heard[c->heard_count++] = octet;
	}
	if (dry && !c->underrun_told && c->buffer_events)
		k_event(c, DAHDI_EVENT_WRITE_UNDERRUN);
	c->underrun_told = dry;
}

/* Audio goes on for so long. Dynamic spans bring nothing while they are RED. */
static void k_run_ms(int ms)
{
	for (; ms > 0; ms--, k.now_ms++)
		for (int n = 1; n <= K_CHANS; n++) {
			struct k_chan *c = &k.chans[n];

			if (!c->open || !c->audio || !k.spans[c->span].there || (k.spans[c->span].alarms & DAHDI_ALARM_RED))
				continue;
			k_transmit(c);
			k_receive(c);
		}
}

static UNUSED void k_frame(int channo, const uint8_t *octets, int len)
{
	struct k_chan *c = &k.chans[channo];
	struct k_buf *b = &c->rx[c->rx_in];

	memcpy(b->octets, octets, (size_t)len);
	b->len = len;
	if (c->rx_out < 0)
		c->rx_out = c->rx_in;
	c->rx_in = (c->rx_in + 1) % c->numbufs;
	if (c->rx_in == c->rx_out)
		c->rx_in = -1;
}

/* The kernel tells only of edges between none and some. */
static UNUSED void k_alarms(int span, int alarms)
{
	struct k_span *s = &k.spans[span];
	bool edge = (alarms != 0) != (s->alarms != 0);

	s->alarms = alarms;
	for (int i = 0; edge && i < s->channels; i++)
		if (k.chans[s->base + i].open)
			k_event(&k.chans[s->base + i], alarms ? DAHDI_EVENT_ALARM : DAHDI_EVENT_NOALARM);
}

static UNUSED void k_pull(int span)
{
	struct k_span *s = &k.spans[span];

	s->there = false;
	for (int fd = 0; fd <= K_CHANS; fd++)
		if (k.specified[fd] > 0 && k.chans[k.specified[fd]].span == span) {
			k.gone[fd] = true;
			k.chans[k.specified[fd]].open = false;
		}
}

static void k_span(int span, int base, int channels, int dchannel)
{
	struct k_span *s = &k.spans[span];

	for (int n = 1; n <= K_CHANS; n++)
		if (k.chans[n].span == span)
			k.chans[n] = (struct k_chan){ 0 };
	*s = (struct k_span){ .there = true, .base = base, .channels = channels };
	for (int i = 0; i < channels; i++)
		k.chans[base + i] = (struct k_chan){ .span = span, .pos = i + 1, .line = 0xd5,
			.sig = i + 1 == dchannel ? DAHDI_SIG_HDLCFCS : DAHDI_SIG_CLEAR };
}

static int k_open_count(void)
{
	int n = 0;

	for (int i = 0; i <= K_CHANS; i++)
		n += k.specified[i] >= 0;
	return n;
}

/* ---- the program's side ---- */

static int k_fail(int e)
{
	errno = e;
	return -1;
}

static int k_sys_open(const char *path)
{
	if (strcmp(path, "/dev/dahdi/ctl") == 0) {
		k.ctl_opens++;
		return k.ctl_errno != 0 ? k_fail(k.ctl_errno) : K_FD - k.ctl_opens;
	}
	if (strcmp(path, "/dev/dahdi/channel") != 0)
		return k_fail(ENOENT);
	for (int i = 0; i <= K_CHANS; i++)
		if (k.specified[i] < 0) {
			k.specified[i] = 0;
			k.gone[i] = false;
			k.opens++;
			return K_FD + i;
		}
	return k_fail(EMFILE);
}

static int k_sys_close(int fd)
{
	struct k_chan *c = k_of(fd);

	k.closes++;
	if (fd < K_FD)
		return 0;
	if (c != NULL && !k.gone[fd - K_FD])
		c->open = false;
	k.specified[fd - K_FD] = -1;
	return 0;
}

/* 0: go on. */
static int k_before(int fd, struct k_chan *c)
{
	if (c == NULL)
		return k_fail(EBADF);
	if (k.gone[fd - K_FD]) {
		c->calls_when_gone++;
		return k_fail(ENODEV);
	}
	if (k.interrupted) {
		k.interrupted = false;
		return k_fail(EINTR);
	}
	return c->event_in != c->event_out ? k_fail(ELAST) : 0;
}

static ssize_t k_sys_read(int fd, void *buf, size_t len)
{
	struct k_chan *c = k_of(fd);
	struct k_buf *b;
	int was;

	if (k_before(fd, c) < 0)
		return -1;
	c->reads++;
	if (c->rx_out < 0)
		return k_fail(EAGAIN);
	was = c->rx_out;
	b = &c->rx[was];
	if (len > (size_t)(b->len - k.short_by))
		len = (size_t)(b->len - k.short_by);
	k.short_by = 0;
	memcpy(buf, b->octets, len);
	*b = (struct k_buf){ 0 };
	c->rx_out = (was + 1) % c->numbufs;
	if (c->rx_out == c->rx_in)
		c->rx_out = -1;
	if (c->rx_in < 0)
		c->rx_in = was;
	return (ssize_t)len;
}

static ssize_t k_sys_write(int fd, const void *buf, size_t len)
{
	struct k_chan *c = k_of(fd);
	int was;

	if (k_before(fd, c) < 0)
		return -1;
	c->writes++;
	if (c->tx_in < 0)
		return k_fail(EAGAIN);
	was = c->tx_in;
	memcpy(c->tx[was].octets, buf, len);
	c->tx[was].len = (int)len;
	c->tx_in = (was + 1) % c->numbufs;
	if (c->tx_in == c->tx_out)
		c->tx_in = -1;
	if (c->tx_out < 0)
		c->tx_out = was;
	return (ssize_t)len;
}

static int k_ctl(unsigned long request, void *argument)
{
	struct dahdi_spaninfo *info = argument;
	struct dahdi_params *p = argument;

	if (request == DAHDI_SPANSTAT) {
		const struct k_span *s = info->spanno >= 1 && info->spanno <= K_SPANS ? &k.spans[info->spanno] : NULL;
		int number = info->spanno;

		k.spanstats++;
		if (s == NULL || !s->there)
			return k_fail(EINVAL);
		*info = s->info;
		info->spanno = number;
		info->totalchans = s->channels;
		info->alarms = s->alarms;
		return 0;
	}
	if (request == DAHDI_GET_PARAMS) {
		const struct k_chan *c = p->channo >= 1 && p->channo <= K_CHANS ? &k.chans[p->channo] : NULL;

		if (c == NULL || c->span == 0 || !k.spans[c->span].there)
			return k_fail(EINVAL);
		p->spanno = c->span;
		p->chanpos = c->pos;
		p->sigtype = c->sig;
		p->chan_alarms = c->chan_alarms;
		return 0;
	}
	return k_fail(ENOTTY);
}

static int k_specify(int fd, int channo)
{
	struct k_chan *c = channo >= 1 && channo <= K_CHANS ? &k.chans[channo] : NULL;

	if (c == NULL || c->span == 0 || !k.spans[c->span].there)
		return k_fail(EINVAL);
	if (c->sig == 0)
		return k_fail(ENXIO);
	if (c->busy_errno != 0 || c->open)
		return k_fail(c->busy_errno != 0 ? c->busy_errno : EBUSY);
	k.specified[fd - K_FD] = channo;
	c->open = true;
	c->audio = (c->sig & (__DAHDI_SIG_FXO | __DAHDI_SIG_FXS)) != 0;
	c->numbufs = 2;
	c->bufsize = 1024;
	k_flush(c, DAHDI_FLUSH_ALL);
	return 0;
}

static int k_chan_ioctl(struct k_chan *c, unsigned long request, void *argument)
{
	const struct dahdi_bufferinfo *info = argument;
	int value = *(const int *)argument;

	switch (request) {
	case DAHDI_AUDIOMODE:
		if (c->sig != DAHDI_SIG_CLEAR)
			return k_fail(EINVAL);
		c->audio = value != 0;
		return 0;
	case DAHDI_SETLAW: c->law = value; return 0;
	case DAHDI_SETLINEAR: return value == 0 ? 0 : k_fail(EINVAL);
	case DAHDI_SET_BUFINFO:
		c->numbufs = info->numbufs;
		c->bufsize = info->bufsize;
		k_flush(c, DAHDI_FLUSH_BOTH);
		return 0;
	case DAHDI_BUFFER_EVENTS: c->buffer_events = value != 0; return 0;
	case DAHDI_FLUSH: k_flush(c, value); return 0;
	/* As the real one: without AUDIO refused; without an echo canceller set up it does nothing, and succeeds. */
	case DAHDI_ECHOCANCEL:
		if (!c->audio && c->sig == DAHDI_SIG_CLEAR)
			return k_fail(EINVAL);
		c->echo = value;
		return 0;
	case DAHDI_SETGAINS:
		if (!c->audio && c->sig == DAHDI_SIG_CLEAR)
			return k_fail(EINVAL);
		memcpy(c->rxgain, ((const struct dahdi_gains *)argument)->rxgain, sizeof(c->rxgain));
		memcpy(c->txgain, ((const struct dahdi_gains *)argument)->txgain, sizeof(c->txgain));
		c->gained = true;
		return 0;
	case DAHDI_HOOK:
		c->hook = value;
		c->hooks++;
		if (value == DAHDI_ONHOOK)
			k_flush(c, DAHDI_FLUSH_BOTH);    /* dahdi_hangup() does */
		return k_fail(EINPROGRESS);
	default: return k_fail(ENOTTY);
	}
}

static int k_sys_ioctl(int fd, unsigned long request, void *argument)
{
	struct k_chan *c;

	if (fd < K_FD)
		return k_ctl(request, argument);
	if (request == k.refuse)
		return k_fail(EIO);
	if (request == DAHDI_SPECIFY)
		return k_specify(fd, *(const int *)argument);
	c = k_of(fd);
	if (c == NULL)
		return k_fail(EBADF);
	if (k.gone[fd - K_FD]) {
		c->calls_when_gone++;
		if (request == DAHDI_GETEVENT)
			*(int *)argument = DAHDI_EVENT_REMOVED;
		return k_fail(ENODEV);
	}
	if (request != DAHDI_GETEVENT)
		return k_chan_ioctl(c, request, argument);
	*(int *)argument = DAHDI_EVENT_NONE;
	if (c->event_in != c->event_out) {
		*(unsigned *)argument = c->events[c->event_out++];
		if (c->event_out >= DAHDI_MAX_EVENTSIZE)
			c->event_out = 0;
	}
	return 0;
}

static bool k_sys_readable(int fd)
{
	const struct k_chan *c = k_of(fd);

	return c != NULL && c->rx_out >= 0;
}

static int k_sys_without_data(const int *fds, int n)
{
	for (int i = 0; i < n; i++)
		if (!k_sys_readable(fds[i]) && k_of(fds[i]) != NULL && !k.gone[fds[i] - K_FD])
			return i;
	return -1;
}

static ssize_t k_sys_slurp(const char *path, char *buf, size_t size)
{
	if (strncmp(path, "/proc/dahdi/", 12) != 0 || k.proc == NULL)
		return k_fail(ENOENT);
	return snprintf(buf, size, "%s", k.proc) >= (int)size ? (ssize_t)size - 1 : (ssize_t)strlen(k.proc);
}

static const struct dahdi_sys k_sys = {
	k_sys_open, k_sys_close, k_sys_read, k_sys_write, k_sys_ioctl, k_sys_readable, k_sys_without_data, k_sys_slurp,
};

static void k_start(void)
{
	memset(&k, 0, sizeof(k));
	k.now_ms = 1000000;
	for (int i = 0; i <= K_CHANS; i++)
		k.specified[i] = -1;
	dahdi_sys = &k_sys;
}

#endif
