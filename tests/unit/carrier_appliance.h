/* carrier_appliance.h: for carrier_test.c: a carrier process of its own, its control socket, and an appliance of one span
 * that answers every tick: it takes calls, plays two prompts, and hears keys. */
#ifndef TEST_CARRIER_APPLIANCE_H
#define TEST_CARRIER_APPLIANCE_H

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "drivers-glue/pri.h"
#include "drivers-glue/trunk.h"
#include "dsp/dsp.h"
#include "json/json.h"
#include "lib/clock.h"
#include "tests/unit/scratch.h"

enum { PROMPTS = 2, PROMPT_SAMPLES = 4000, PATIENCE_MS = 15000, FRAMES = 64, LINES_BYTES = 1 << 20, DETECTOR_BYTES = 4096, PENDING = 64 };

struct appliance {
	char dir[64];
	pid_t carrier;
	struct trunk_config config;
	struct trunk *trunk;
	struct pri_port *port;
	struct trunk_frame frames[FRAMES];
	int frame_count;
	struct pri_call *call;
	bool answer;
	int refuse, slot;
	struct pri_event offer;
	bool ended, ended_by_line;            /* by_line: nobody hung up */
	int ended_cause;
	uint32_t alarms;
	uint64_t ticks;
	/* what it plays and hears */
	uint8_t *prompt[PROMPTS];
	const uint8_t *playing;
	size_t played;
	struct level level;
	_Alignas(64) uint8_t detector[DETECTOR_BYTES];
	char keys[64];
	size_t key_count;
	/* the control socket */
	int control;
	char *all_lines;
	size_t lines_len, lines_read;
	json_t *answered, *event, *pending[PENDING];     /* pending: events that came before an answer */
	int pending_count;
	bool leaving;                         /* the carrier may close the line now */
};

static void on_frame(void *context, const uint8_t *octets, size_t len)
{
	struct appliance *a = context;

	assert_true(a->frame_count < FRAMES && len <= TRUNK_FRAME_MAX);
	a->frames[a->frame_count].len = (uint16_t)len;
	memcpy(a->frames[a->frame_count++].octets, octets, len);
}

static void on_call(void *context, const struct pri_event *e)
{
	struct appliance *a = context;

	if (e->type == PRI_EV_OFFERED) {
		a->offer = *e;
		a->call = e->call;
		a->slot = e->slot;
		a->ended = false;
		if (a->answer)
			assert_int_equal(pri_call_answer(e->call), 0);
		else if (a->refuse != 0)
			pri_call_hangup(e->call, a->refuse);
	} else if (e->type == PRI_EV_ENDED) {
		a->call = NULL;
		a->ended = true;
		a->ended_by_line = e->by_line;
		a->ended_cause = e->cause;
	}
}

static void new_port(struct appliance *a, int called_digits)
{
	struct pri_port_config config = { .side = PRI_SIDE_CPE, .line = a->config.line, .law = a->config.law, .called_digits = called_digits };
	struct pri_callbacks cb = { on_frame, on_call, a };

	pri_port_free(&a->port);
	assert_int_equal(pri_port_new(&config, &cb, &a->port), 0);
}

static void listen_to(struct appliance *a, const uint8_t *octets)
{
	enum dsp_law law = (enum dsp_law)a->config.law;
	int16_t pcm[TRUNK_BLOCK];

	g711_decode(law, octets, pcm, TRUNK_BLOCK);
	level_add(&a->level, pcm, TRUNK_BLOCK);
	a->key_count += (size_t)dtmf_rx_block((struct dtmf_rx *)a->detector, pcm, TRUNK_BLOCK, a->keys + a->key_count);
	a->keys[a->key_count] = '\0';
}

static void speak(struct appliance *a, uint8_t *octets)
{
	size_t n = PROMPT_SAMPLES - a->played < TRUNK_BLOCK ? PROMPT_SAMPLES - a->played : TRUNK_BLOCK;

	if (a->playing == NULL)
		return;
	memcpy(octets, a->playing + a->played, n);
	a->played += n;
	if (a->played == PROMPT_SAMPLES)
		a->playing = NULL;
}

static void one_tick(struct appliance *a, const struct trunk_block *rx)
{
	static struct trunk_block tx;

	a->alarms = rx->alarms;
	a->ticks++;
	for (int i = 0; i < rx->frame_count; i++)
		pri_port_receive(a->port, rx->frames[i].octets, rx->frames[i].len);
	pri_port_run(a->port);
	tx.tick = rx->tick;
	tx.frame_count = 0;
	memset(tx.pcm, g711_idle((enum dsp_law)a->config.law), sizeof(tx.pcm));
	if (a->call != NULL) {
		listen_to(a, rx->pcm[a->slot]);
		speak(a, tx.pcm[a->slot]);
	}
	while (tx.frame_count < TRUNK_FRAMES_MAX && tx.frame_count < a->frame_count) {
		tx.frames[tx.frame_count] = a->frames[tx.frame_count];
		tx.frame_count++;
	}
	memmove(a->frames, a->frames + tx.frame_count, sizeof(a->frames[0]) * (size_t)(a->frame_count - tx.frame_count));
	a->frame_count -= tx.frame_count;
	assert_true(trunk_send(a->trunk, &tx) == 0 || a->leaving);
}

static void read_control(struct appliance *a)
{
	ssize_t n = recv(a->control, a->all_lines + a->lines_len, LINES_BYTES - 1 - a->lines_len, MSG_DONTWAIT);

	if (n < 0 && errno == EAGAIN)
		return;
	assert_true(n > 0 || a->leaving);
	a->lines_len += (size_t)n;
	a->all_lines[a->lines_len] = '\0';
}

/* A turn of the test: a tick when one is there, and what the control socket has. */
static void turn(struct appliance *a)
{
	static struct trunk_block rx;
	struct pollfd fds[2] = { { trunk_fd(a->trunk), POLLIN, 0 }, { a->control, POLLIN, 0 } };
	int err;

	if (!trunk_revive(a->trunk)) {
		usleep(1000);
		return;
	}
	poll(fds, 2, 20);
	err = trunk_receive(a->trunk, &rx);
	assert_true(err == 0 || err == ERR_AGAIN || a->leaving);
	if (err == 0)
		one_tick(a, &rx);
	if (a->control >= 0)
		read_control(a);
}

static void run_until(struct appliance *a, bool (*done)(struct appliance *a))
{
	struct mono end = mono_add_ms(clock_mono(), PATIENCE_MS);

	while (!done(a)) {
		turn(a);
		assert_true(clock_mono().ns < end.ns);
	}
}

static void run_ms(struct appliance *a, int64_t ms)
{
	struct mono end = mono_add_ms(clock_mono(), ms);

	while (clock_mono().ns < end.ns)
		turn(a);
}

static void run_ticks(struct appliance *a, uint64_t n)
{
	uint64_t end = a->ticks + n;

	while (a->ticks < end)
		turn(a);
}

static bool call_is_over(struct appliance *a) { return a->ended; }
static bool line_is_up(struct appliance *a) { return pri_port_up(a->port); }

static const char *text(const json_t *o, const char *name)
{
	const char *s = json_string_value(json_object_get(o, name));

	return s != NULL ? s : "";
}

static int number(const json_t *o, const char *name)
{
	return (int)json_integer_value(json_object_get(o, name));
}

/* The next line of the control socket. */
static json_t *next_line(struct appliance *a)
{
	struct mono end = mono_add_ms(clock_mono(), PATIENCE_MS);
	const char *newline;
	struct json_fault fault;
	json_t *o;

	while ((newline = strchr(a->all_lines + a->lines_read, '\n')) == NULL) {
		turn(a);
		if (clock_mono().ns >= end.ns)
			fail_msg("nothing came; so far: %s", a->all_lines);
	}
	assert_int_equal(json_read_strict(a->all_lines + a->lines_read, (size_t)(newline - a->all_lines) - a->lines_read, &o, &fault), 0);
	a->lines_read = (size_t)(newline - a->all_lines) + 1;
	return o;
}

/* Sends a command; true when the answer (in answered) is ok. Events before it are kept. */
static bool asked_ok(struct appliance *a, const char *line)
{
	char out[2048];
	int len = snprintf(out, sizeof(out), "%s\n", line);

	assert_int_equal(send(a->control, out, (size_t)len, 0), len);
	for (;;) {
		json_t *o = next_line(a);

		if (strcmp(text(o, "ev"), "ok") == 0 || strcmp(text(o, "ev"), "error") == 0) {
			json_decref(a->answered);
			a->answered = o;
			return strcmp(text(o, "ev"), "ok") == 0;
		}
		assert_true(a->pending_count < PENDING);
		a->pending[a->pending_count++] = o;
	}
}

static json_t *next_event(struct appliance *a)
{
	json_t *first = a->pending[0];

	if (a->pending_count == 0)
		return next_line(a);
	memmove(a->pending, a->pending + 1, sizeof(a->pending[0]) * (size_t)--a->pending_count);
	return first;
}

/* The next event of a kind (and a prompt), kept in event. */
static json_t *wait_event(struct appliance *a, const char *what, const char *prompt)
{
	do {
		json_decref(a->event);
		a->event = next_event(a);
		if (strcmp(text(a->event, "ev"), "ended") == 0 && strcmp(what, "ended") != 0)
			fail_msg("ended before %s: %s", what, a->all_lines);
	} while (strcmp(text(a->event, "ev"), what) != 0 || (prompt != NULL && strcmp(text(a->event, "prompt"), prompt) != 0));
	return a->event;
}

static void play_prompt(struct appliance *a, int which)
{
	a->playing = a->prompt[which];
	a->played = 0;
}

static void wait_keys(struct appliance *a, size_t n)
{
	struct mono end = mono_add_ms(clock_mono(), PATIENCE_MS);

	while (a->key_count < n && clock_mono().ns < end.ns)
		turn(a);
	assert_int_equal(a->key_count, n);
}

/* The level of the next ticks; the first two of them are left out. */
static double measure(struct appliance *a, uint64_t ticks)
{
	run_ticks(a, 2);
	memset(&a->level, 0, sizeof(a->level));
	run_ticks(a, ticks);
	return level_dbm0(&a->level);
}

static int control_connect(const char *dir)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct mono end = mono_add_ms(clock_mono(), PATIENCE_MS);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s/control", dir);
	while (connect(fd, (const struct sockaddr *)&address, sizeof(address)) != 0) {
		assert_true(clock_mono().ns < end.ns);
		usleep(5000);
	}
	return fd;
}

static void control_again(struct appliance *a)
{
	close(a->control);
	a->control = control_connect(a->dir);
	a->lines_read = a->lines_len;
}

/* ---- set up ---- */
static void put32(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> 8 * i);
}

/* A sound of its own for each prompt, as a WAV file; and what of it goes over the line. */
static void make_prompt(struct appliance *a, int which, const char *id)
{
	static int16_t pcm[PROMPT_SAMPLES];
	uint8_t head[44] = "RIFF....WAVEfmt \x10\0\0\0\x01\0\x01\0........\x02\0\x10\0data";
	uint32_t x = 17u + (uint32_t)which;
	char path[128];
	FILE *f;

	for (int i = 0; i < PROMPT_SAMPLES; i++) {
		x = x * 1664525 + 1013904223;
		pcm[i] = (int16_t)((int32_t)x / 262144);
	}
	put32(head + 4, 36 + sizeof(pcm));
	put32(head + 24, 8000);
	put32(head + 28, 16000);
	put32(head + 40, sizeof(pcm));
	snprintf(path, sizeof(path), "%s/prompts/ko/normal/%s.wav", a->dir, id);
	f = fopen(path, "wb");
	assert_non_null(f);
	assert_int_equal(fwrite(head, 1, sizeof(head), f), sizeof(head));
	assert_int_equal(fwrite(pcm, 1, sizeof(pcm), f), sizeof(pcm));
	fclose(f);
	a->prompt[which] = malloc(PROMPT_SAMPLES);
	assert_non_null(a->prompt[which]);
	g711_encode((enum dsp_law)a->config.law, pcm, a->prompt[which], PROMPT_SAMPLES);
}

static void start_carrier(struct appliance *a)
{
	const char *build = getenv("CALLKEY_BUILD");
	char program[4096], control[96], prompts[96], span[128];

	snprintf(program, sizeof(program), "%s/bin/callkey-carrier", build != NULL ? build : "build");
	snprintf(control, sizeof(control), "%s/control", a->dir);
	snprintf(prompts, sizeof(prompts), "%s/prompts", a->dir);
	snprintf(span, sizeof(span), "s:%s:%s", a->config.path, a->config.line == TRUNK_E1 ? "E1:alaw" : "T1:ulaw");
	a->carrier = fork();
	if (a->carrier == 0) {
		int quiet = open("/dev/null", O_WRONLY);

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(quiet, STDERR_FILENO);
		execl(program, program, "--control", control, "--prompts", prompts, "--rate", "0", "--span", span, (char *)NULL);
		_exit(127);
	}
	assert_true(a->carrier > 0);
	a->control = control_connect(a->dir);
}

static int set_up(void **state, enum trunk_line line, int called_digits)
{
	struct appliance *a = aligned_alloc(64, (sizeof(*a) + 63) / 64 * 64);
	char path[128];

	assert_non_null(a);
	memset(a, 0, sizeof(*a));
	scratch_path(a->dir, sizeof(a->dir), "callkey-carrier-test.XXXXXX");
	assert_non_null(mkdtemp(a->dir));
	a->config = (struct trunk_config){ .name = "s", .kind = "soft", .line = line, .law = line == TRUNK_E1 ? TRUNK_ALAW : TRUNK_ULAW };
	snprintf(a->config.path, sizeof(a->config.path), "%s/line", a->dir);
	for (int depth = 0; depth < 3; depth++) {
		static const char *const folders[] = { "prompts", "prompts/ko", "prompts/ko/normal" };

		snprintf(path, sizeof(path), "%s/%s", a->dir, folders[depth]);
		assert_int_equal(mkdir(path, 0700), 0);
	}
	make_prompt(a, 0, "first");
	make_prompt(a, 1, "second");
	a->all_lines = calloc(1, LINES_BYTES);
	assert_true(a->all_lines != NULL && dtmf_rx_size() <= sizeof(a->detector));
	assert_non_null(dtmf_rx_setup(a->detector));
	start_carrier(a);
	assert_int_equal(trunk_open(&a->config, &a->trunk), 0);
	new_port(a, called_digits);
	run_until(a, line_is_up);
	while (!asked_ok(a, "{\"cmd\":\"status\"}") ||
	       !json_is_true(json_object_get(json_array_get(json_object_get(a->answered, "spans"), 0), "dchannel")))
		run_ms(a, 20);
	*state = a;
	return 0;
}

static int set_up_e1(void **state) { return set_up(state, TRUNK_E1, 0); }
static int set_up_t1(void **state) { return set_up(state, TRUNK_T1, 0); }
static int set_up_overlap(void **state) { return set_up(state, TRUNK_E1, 11); }

static int tear_down(void **state)
{
	struct appliance *a = *state;
	static const char *const left[] = { "prompts/ko/normal/first.wav", "prompts/ko/normal/second.wav", "prompts/ko/normal",
	                                    "prompts/ko", "prompts", "line", "control", "" };
	char path[128];
	int status = -1;

	a->leaving = true;
	assert_true(asked_ok(a, "{\"cmd\":\"quit\"}"));
	assert_int_equal(waitpid(a->carrier, &status, 0), a->carrier);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	for (size_t i = 0; i < ARRAY_LEN(left); i++) {
		snprintf(path, sizeof(path), "%s/%s", a->dir, left[i]);
		remove(path);
	}
	close(a->control);
	json_decref(a->answered);
	json_decref(a->event);
	while (a->pending_count > 0)
		json_decref(a->pending[--a->pending_count]);
	pri_port_free(&a->port);
	trunk_free(&a->trunk);
	for (int i = 0; i < PROMPTS; i++)
		free(a->prompt[i]);
	free(a->all_lines);
	free(a);
	return 0;
}

#endif
