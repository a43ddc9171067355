/* callkey-carrier: a carrier's switch for the sandbox: network side of E1 and T1 spans over software trunks or DAHDI cards,
 * and any number of phones behind it that call, press keys, and recognise what they hear. The clock of software trunks
 * runs in real time, faster, or as fast as the appliance answers; a card has its own. It is told what to do over its control socket (../README.md). */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "lib/log.h"
#include "sandbox/carrier/carrier.h"

enum { EXIT_USAGE = 2, IDLE_TICK_MS = 1, DOWN_TICK_MS = 20, STALLED_MS = 1000 };

static void usage(void)
{
	fputs("usage: callkey-carrier --control SOCKET --prompts DIR [--recordings DIR] [--speech DIR] [--rate N]\n"
	      "                       --span NAME:SOCKET:E1|T1:alaw|ulaw --span NAME:dahdi:NUMBER:E1|T1:alaw|ulaw ...\n"
	      "                       --span NAME:fxs:NUMBER:FIRST:COUNT:none|bellcore|v23|dtmf:alaw|ulaw\n"
	      "  --span  fxs:NUMBER: COUNT analog lines of a card, whose numbers count up from FIRST; then how they tell who calls\n"
	      "          dahdi:NUMBER is a span of a card, which is then the clock: the rate is 1\n"
	      "  --rate  times real time; 0: as fast as the appliance answers (default 1)\n", stderr);
	exit(EXIT_USAGE);
}

int watch_set(struct carrier *c, struct watch *w, int fd, uint32_t events)
{
	struct epoll_event e = { .events = events, .data.ptr = w };

	/* A descriptor that its owner has closed has left the set by itself. */
	if (w->fd >= 0 && w->fd != fd)
		epoll_ctl(c->epoll_fd, EPOLL_CTL_DEL, w->fd, NULL);
	if (fd >= 0 && epoll_ctl(c->epoll_fd, EPOLL_CTL_MOD, fd, &e) != 0 &&
	    (errno != ENOENT || epoll_ctl(c->epoll_fd, EPOLL_CTL_ADD, fd, &e) != 0))
		return ERR_IO;
	w->fd = fd;
	return 0;
}

/* NAME:fxs:NUMBER:FIRST:COUNT:KIND:alaw|ulaw */
static bool read_lines(const char *text, struct span_config *s)
{
	char kind[16], law[8];

	memset(s, 0, sizeof(*s));
	if (sscanf(text, "%31[^:]:fxs:%3d:%30[0-9]:%2d:%15[^:]:%7s", s->name, &s->card, s->first_number, &s->line_count, kind, law) != 6)
		return false;
	s->line = TRUNK_ANALOG;
	s->law = strcmp(law, "ulaw") == 0 ? TRUNK_ULAW : TRUNK_ALAW;
	return s->card >= 1 && s->line_count >= 1 && s->line_count < TRUNK_SLOTS - 1 && caller_id_kind_parse(kind, &s->caller_id) == 0 &&
	       (s->law == TRUNK_ULAW || strcmp(law, "alaw") == 0);
}

/* NAME:SOCKET:E1|T1:alaw|ulaw or NAME:dahdi:NUMBER:E1|T1:alaw|ulaw */
static bool read_span(const char *text, struct span_config *s)
{
	char law[8], line[8];

	memset(s, 0, sizeof(*s));
	if (sscanf(text, "%31[^:]:dahdi:%3d:%7[^:]:%7s", s->name, &s->card, line, law) == 4) {
		if (s->card < 1)
			return false;
	} else {
		s->card = 0;
		if (sscanf(text, "%31[^:]:%107[^:]:%7[^:]:%7s", s->name, s->path, line, law) != 4)
			return false;
	}
	s->line = strcmp(line, "T1") == 0 ? TRUNK_T1 : TRUNK_E1;
	s->law = strcmp(law, "ulaw") == 0 ? TRUNK_ULAW : TRUNK_ALAW;
	return (s->line == TRUNK_T1 || strcmp(line, "E1") == 0) && (s->law == TRUNK_ULAW || strcmp(law, "alaw") == 0);
}

struct options {
	const char *control;
	struct prompts_config prompts;
	struct span_config spans[SPANS_MAX];
	int span_count, rate;
};

static int whole_number(const char *text, long most)
{
	char *end;
	long v = strtol(text, &end, 10);

	if (end == text || *end != '\0' || v < 0 || v > most)
		usage();
	return (int)v;
}

static void read_options(int argc, char **argv, struct options *o)
{
	static const struct option known[] = {
		{ "control", required_argument, NULL, 'c' },    { "prompts", required_argument, NULL, 'p' },
		{ "recordings", required_argument, NULL, 'o' }, { "speech", required_argument, NULL, 's' },
		{ "rate", required_argument, NULL, 'r' },       { "span", required_argument, NULL, 'l' }, { NULL, 0, NULL, 0 },
	};
	bool cards = false;
	int letter;

	*o = (struct options){ .rate = 1 };
	while ((letter = getopt_long(argc, argv, "", known, NULL)) != -1) {
		switch (letter) {
		case 'c': o->control = optarg; break;
		case 'p': o->prompts.prompts = optarg; break;
		case 'o': o->prompts.recordings = optarg; break;
		case 's': o->prompts.speech = optarg; break;
		case 'r': o->rate = whole_number(optarg, PACE_RATE_MAX); break;
		case 'l':
			if (o->span_count == SPANS_MAX || !(strstr(optarg, ":fxs:") != NULL ? read_lines : read_span)(optarg, &o->spans[o->span_count]))
				usage();
			cards |= o->spans[o->span_count].card != 0;
			o->prompts.laws[o->spans[o->span_count++].law] = true;
			break;
		default: usage();
		}
	}
	if (cards && o->rate != 1)
		usage();
	if (optind != argc || o->control == NULL || o->prompts.prompts == NULL || o->span_count == 0)
		usage();
}

static void on_signal(void *context, uint32_t events UNUSED)
{
	((struct carrier *)context)->quit = true;
}

static void on_timer(void *context, uint32_t events UNUSED)
{
	const struct watch *timer = context;
	uint64_t times;

	if (read(timer->fd, &times, sizeof(times)) < 0 && errno != EAGAIN)
		log_error("timer_failed", "error=\"%s\"", strerror(errno));
}

static bool all_answered(const struct carrier *c)
{
	for (int i = 0; i < c->span_count; i++)
		if (span_awaits(c->spans[i]))
			return false;
	return true;
}

static void tick(struct carrier *c)
{
	pace_tick(&c->pace, clock_mono());
	for (int i = 0; i < c->span_count; i++)
		span_tick(c->spans[i]);
}

static bool any_connected(const struct carrier *c)
{
	for (int i = 0; i < c->span_count; i++)
		if (span_connected(c->spans[i]))
			return true;
	return false;
}

/* Answers that an appliance owes for longer than STALLED_MS are taken as lost. True: there is nothing to wait for. */
static bool waited_enough(struct carrier *c, struct mono last, struct mono now)
{
	if (all_answered(c))
		return true;
	if (mono_diff_ms(last, now) < STALLED_MS)
		return false;
	for (int i = 0; i < c->span_count; i++)
		if (span_awaits(c->spans[i]))
			span_give_up(c->spans[i]);
	return true;
}

/* Sends the ticks that are due and sets the timer for the next; a patient line lets it depend on the answers too. */
static void run_paced(struct carrier *c, int timer_fd, struct mono *last)
{
	struct itimerspec at = { 0 };
	struct mono now = clock_mono(), next;
	bool may = !c->pace.patient || waited_enough(c, *last, now);

	for (int burst = 0; may && now.ns >= c->pace.due.ns && burst < PACE_RATE_MAX; burst++) {
		tick(c);
		*last = now;
		now = clock_mono();
		may = !c->pace.patient || all_answered(c);
	}
	next = may ? c->pace.due : mono_add_ms(*last, STALLED_MS);
	at.it_value.tv_sec = (time_t)(next.ns / 1000000000);
	at.it_value.tv_nsec = (long)(next.ns % 1000000000);
	timerfd_settime(timer_fd, TFD_TIMER_ABSTIME, &at, NULL);
}

/* Sends the ticks that are due. Returns how long the loop may sleep, in ms; -1: until the timer. At rate PACE_FREE lines
 * without a phone, or without an appliance, do not take a whole core. */
static int run_lines(struct carrier *c, int timer_fd, struct mono *last)
{
	struct mono now = clock_mono();
	int idle_ms;

	if (c->pace.rate != PACE_FREE) {
		run_paced(c, timer_fd, last);
		return -1;
	}
	if (!waited_enough(c, *last, now))
		return STALLED_MS;
	idle_ms = any_connected(c) ? (c->phones == 0 ? IDLE_TICK_MS : 0) : DOWN_TICK_MS;
	if (mono_diff_ms(*last, now) < idle_ms)
		return idle_ms;
	tick(c);
	*last = now;
	return 0;
}

static void run(struct carrier *c, int timer_fd)
{
	struct mono last = clock_mono();
	struct epoll_event ready[64];

	while (!c->quit) {
		int sleep_ms = run_lines(c, timer_fd, &last);
		int n = epoll_wait(c->epoll_fd, ready, ARRAY_LEN(ready), sleep_ms == 0 && !all_answered(c) ? STALLED_MS : sleep_ms);

		for (int i = 0; i < n; i++) {
			struct watch *w = ready[i].data.ptr;

			w->ready(w->context, ready[i].events);
		}
	}
}

static int open_all(struct carrier *c, const struct options *o)
{
	int err = prompts_open(&o->prompts, &c->prompts);

	for (int i = 0; err == 0 && i < o->span_count; i++) {
		err = span_new(c, &o->spans[i], &c->spans[i]);
		c->span_count += err == 0;
	}
	return err != 0 ? err : control_open(c, o->control, &c->control);
}

int main(int argc, char **argv)
{
	static struct options o;
	static struct carrier c;
	struct watch signals = { -1, on_signal, &c }, timer = { -1, on_timer, &timer };
	sigset_t set;
	int timer_fd, err;

	log_init("callkey-carrier", LOG_LEVEL_INFO);
	read_options(argc, argv, &o);
	dsp_thread_init();
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	c.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	pace_set(&c.pace, o.rate, false, clock_mono());
	err = watch_set(&c, &signals, signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK), EPOLLIN);
	if (err == 0)
		err = watch_set(&c, &timer, timer_fd, EPOLLIN);
	if (err == 0)
		err = open_all(&c, &o);
	if (err == 0) {
		log_info("ready", "spans=%d prompts=%zu rate=%d", c.span_count, prompts_count(c.prompts), o.rate);
		run(&c, timer_fd);
		control_flush(&c);
	} else {
		log_error("start_failed", "error=%s", err_name(err));
	}
	control_free(&c.control);
	for (int i = 0; i < c.span_count; i++)
		span_free(&c.spans[i]);
	prompts_free(&c.prompts);
	return err == 0 ? 0 : 1;
}
