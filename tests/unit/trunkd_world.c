#include "tests/unit/trunkd_world_priv.h"

#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "tests/unit/scratch.h"
#include "tests/unit/wav_file.h"

int64_t world_now_ms(void)
{
	return clock_mono().ns / 1000000;
}

/* ---- files ---- */

/* Values that A-law and mu-law keep apart. */
static const struct { const char *id; int value, ms; } prompts[] = {
	{ "short", 4000, 100 }, { "long", 8000, 20000 }, { "ask", 12000, 400 }, { "music", 2000, 200 },
};

static void write_prompts(const struct world *w)
{
	static const char *const folders[] = { "share", "share/prompts", "share/prompts/ko", "share/prompts/ko/normal",
	                                       "share/prompts/ko/slow", "state", "state/speech" };
	char path[256];
	FILE *f;

	for (size_t i = 0; i < ARRAY_LEN(folders); i++) {
		snprintf(path, sizeof(path), "%s/%s", w->dir, folders[i]);
		assert_int_equal(mkdir(path, 0700), 0);
	}
	snprintf(path, sizeof(path), "%s/share/prompts/ko/manifest.cfg", w->dir);
	f = fopen(path, "w");
	assert_non_null(f);
	fprintf(f, "language = \"ko\"; prompts = (");
	for (size_t i = 0; i < ARRAY_LEN(prompts); i++) {
		fprintf(f, "%s{ id = \"%s\"; text = \"x\"; }", i > 0 ? ", " : "", prompts[i].id);
		snprintf(path, sizeof(path), "%s/share/prompts/ko/normal/%s.wav", w->dir, prompts[i].id);
		wav_file_write(path, DSP_RATE, 1, prompts[i].value, prompts[i].ms * WORLD_MS);
		snprintf(path, sizeof(path), "%s/share/prompts/ko/slow/%s.wav", w->dir, prompts[i].id);
		wav_file_write(path, 2 * DSP_RATE, 1, prompts[i].value, 4 * prompts[i].ms * WORLD_MS);
	}
	fprintf(f, ");\n");
	fclose(f);
}

static void write_config(const struct world *w, const char *of_span, const char *settings)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/callkey.cfg", w->dir);
	f = fopen(path, "w");
	assert_non_null(f);
	fprintf(f, "run_dir = \"%s\"; state_dir = \"%s/state\"; share_dir = \"%s/share\"; log_level = \"info\";\n"
	        "arsd: { languages = ( \"ko\" ); };\n"
	        "trunkd: { spans = ( { name = \"span1\"; path = \"%s\"; line = \"%s\"; %s } ); %s };\n",
	        w->dir, w->dir, w->dir, w->span_path, w->line == TRUNK_E1 ? "E1" : "T1", of_span, settings);
	fclose(f);
}

/* ---- turns ---- */

void world_turn(struct world *w)
{
	struct pollfd fds[] = {
		{ .fd = w->carrier != NULL ? soft_carrier_fd(w->carrier) : -1, .events = POLLIN },
		{ .fd = w->arsd.conn != NULL ? ipc_conn_fd(w->arsd.conn) : w->arsd.listen_fd, .events = POLLIN },
		{ .fd = w->keystored.conn != NULL ? ipc_conn_fd(w->keystored.conn) : w->keystored.listen_fd, .events = POLLIN },
	};

	poll(fds, ARRAY_LEN(fds), WORLD_TICK_EVERY_MS);
	pri_port_run(w->port);
	world_carrier_turn(w);
	world_arsd_turn(w);
	world_keystored_turn(w);
}

void world_pass(struct world *w, int ms)
{
	for (int64_t until = world_now_ms() + ms; world_now_ms() < until;)
		world_turn(w);
}

/* ---- life ---- */

static void start_trunkd(struct world *w)
{
	const char *build = getenv("CALLKEY_BUILD");
	char program[256], config[128], log[128];

	snprintf(program, sizeof(program), "%s/bin/trunkd", build != NULL ? build : "build");
	snprintf(config, sizeof(config), "%s/callkey.cfg", w->dir);
	snprintf(log, sizeof(log), "%s/log", w->dir);
	w->trunkd = fork();
	assert_true(w->trunkd >= 0);
	if (w->trunkd == 0) {
		int fd = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);

		dup2(fd, STDERR_FILENO);
		execl(program, program, "--config", config, (char *)NULL);
		_exit(127);
	}
}

struct world *world_start(enum trunk_line line, const char *settings)
{
	struct pri_port_config port = {
		.side = PRI_SIDE_NETWORK, .line = line, .law = line == TRUNK_E1 ? TRUNK_ALAW : TRUNK_ULAW,
	};

	return world_start_as(&port, "", settings);
}

struct world *world_start_as(const struct pri_port_config *port, const char *of_span, const char *settings)
{
	struct world *w = calloc(1, sizeof(*w));

	assert_non_null(w);
	log_init("trunkd_test", LOG_LEVEL_ERROR);
	w->line = port->line;
	w->law = port->law;
	scratch_path(w->dir, sizeof(w->dir), "trunkd-test-XXXXXX");
	assert_non_null(mkdtemp(w->dir));
	snprintf(w->span_path, sizeof(w->span_path), "%s/span1.sock", w->dir);
	snprintf(w->arsd.path, sizeof(w->arsd.path), "%s/callctl.sock", w->dir);
	snprintf(w->keystored.path, sizeof(w->keystored.path), "%s/keypad.sock", w->dir);
	write_prompts(w);
	write_config(w, of_span, settings);
	world_carrier_new(w, port);
	neighbour_listen(&w->arsd);
	neighbour_listen(&w->keystored);
	start_trunkd(w);
	WORLD_UNTIL(w, w->arsd.greeted && w->keystored.greeted && pri_port_up(w->port) && w->span.dchan_up);
	return w;
}

static void show_log(const struct world *w)
{
	char command[128];

	snprintf(command, sizeof(command), "cat %s/log >&2", w->dir);
	if (system(command) != 0)
		print_message("no log\n");
}

void world_end(struct world **w)
{
	char command[128];
	int status = 0;
	int64_t until = world_now_ms() + 5000;
	pid_t gone = 0;

	if (*w == NULL)
		return;
	kill((*w)->trunkd, SIGTERM);
	while ((gone = waitpid((*w)->trunkd, &status, WNOHANG)) == 0 && world_now_ms() < until)
		world_turn(*w);
	if (gone == 0) {
		kill((*w)->trunkd, SIGKILL);
		waitpid((*w)->trunkd, &status, 0);
	}
	if (status != 0)
		show_log(*w);
	soft_carrier_free(&(*w)->carrier);
	pri_port_free(&(*w)->port);
	neighbour_die(&(*w)->arsd);
	neighbour_die(&(*w)->keystored);
	snprintf(command, sizeof(command), "rm -rf %s", (*w)->dir);
	assert_int_equal(system(command), 0);
	free(*w);
	*w = NULL;
	assert_int_equal(status, 0);
}

/* ---- short forms ---- */

bool world_near(int value, int want)
{
	return value > want * 9 / 10 && value < want * 11 / 10;
}

void world_answer(struct world *w, uint64_t call)
{
	world_arsd(w, &(struct callctl_msg){ .type = callctl_type_call_answer, .u.call_answer.call = call });
}

void world_hangup(struct world *w, uint64_t call, int cause)
{
	world_arsd(w, &(struct callctl_msg){ .type = callctl_type_call_hangup, .u.call_hangup = { call, (uint8_t)cause } });
}

void world_play(struct world *w, uint64_t call, uint32_t play, const char *items, enum callctl_collect collect, uint32_t field)
{
	static struct callctl_msg m;
	struct callctl_play *p = &m.u.play;

	memset(&m, 0, sizeof(m));
	m.type = callctl_type_play;
	*p = (struct callctl_play){ .call = call, .play = play, .collect = (uint8_t)collect, .field = field,
	                            .first_ms = 5000, .inter_ms = 5000, .loop = strcmp(items, "music") == 0 };
	snprintf(p->voice, sizeof(p->voice), "ko");
	snprintf(p->items, sizeof(p->items), "%s", items);
	world_arsd(w, &m);
}

uint64_t world_call(struct world *w, int slot)
{
	int before = note_count(&w->told_arsd, callctl_type_call_offered, 0);
	struct world_phone *p = world_dial(w, slot, "01012345678", "07012340001");
	uint64_t call;

	WORLD_UNTIL(w, note_count(&w->told_arsd, callctl_type_call_offered, 0) == before + 1);
	call = note_find(&w->told_arsd, callctl_type_call_offered, 0, before)->call;
	world_answer(w, call);
	WORLD_UNTIL(w, p->connected && note_find(&w->told_arsd, callctl_type_call_up, call, 0) != NULL);
	return call;
}
