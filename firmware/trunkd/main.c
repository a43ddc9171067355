/* trunkd: the lines, their calls and all audio. It decides nothing about a call but how it is carried: arsd says what is
 * played and asked. Secret keys go from the audio thread to keystored and to nobody else. No network, no store, no keys. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/confine.h"
#include "lib/log.h"
#include "trunkd/control.h"
#include "trunkd/meters.h"

enum { EXIT_BAD_CONFIG = 2, SPEECH_BYTES_MAX = 64 << 20 };

struct trunkd {
	struct settings set;
	struct metrics metrics;
	struct prompts *prompts;
	struct speech_cache *speech;
	struct media *media;
	struct spans *spans;
	struct calls *calls;
	struct links links;
	int signal_fd;
};

static int read_config(struct trunkd *t, int argc, char **argv)
{
	struct conf_tree *conf = NULL;
	char why[CONF_WHY_SIZE] = "";
	enum log_level level = LOG_LEVEL_INFO;
	int e = conf_load_callkey(conf_path_from_args(argc, argv), &conf, why);

	if (e == 0)
		e = settings_read(conf, &t->set, why);
	if (e < 0)
		log_error("config_refused", "why=\"%s\"", why);
	else if (log_level_parse(conf_get_string(conf, "log_level"), &level) == 0)
		log_init("trunkd", level);
	conf_free(&conf);
	return e;
}

static int load_prompts(struct trunkd *t)
{
	int e = prompts_new(&t->prompts), bad = 0;

	for (int i = 0; e == 0 && i < t->set.language_count; i++)
		if (prompts_load(t->prompts, t->set.share_dir, t->set.prompt_override_dir, t->set.languages[i]) < 0)
			bad = ERR_INVALID;
	if (e == 0 && bad == 0)
		metrics_set(&t->metrics, METER_PROMPTS, (int64_t)prompts_count(t->prompts));
	return e < 0 ? e : bad;
}

/* Blocked before any thread starts, so that none is killed by them. */
static int open_signals(int *fd)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
		return ERR_IO;
	*fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return *fd < 0 ? ERR_IO : 0;
}

static int open_media(struct trunkd *t)
{
	struct media_config config = {
		.spans = t->set.spans, .ears = t->set.ears, .span_count = t->set.span_count, .threads = t->set.media_threads,
		.realtime_priority = t->set.realtime_priority, .metrics = &t->metrics,
	};

	return media_new(&config, &t->media);
}

/* ---- the ports of struct calls lead to three places; each takes a context of its own kind ---- */

static bool to_media(void *context, size_t span, const struct media_command *c)
{
	return media_command(((struct trunkd *)context)->media, span, c);
}

static bool to_arsd(void *context, const struct callctl_msg *m)
{
	return links_to_arsd(&((struct trunkd *)context)->links, m);
}

static bool to_keystored(void *context, const struct keypad_msg *m)
{
	return links_to_keystored(&((struct trunkd *)context)->links, m);
}

static bool answer(void *context, size_t span, int slot)
{
	return spans_answer(((struct trunkd *)context)->spans, span, slot) == 0;
}

static void hang_up(void *context, size_t span, int slot, int cause)
{
	spans_hang_up(((struct trunkd *)context)->spans, span, slot, cause);
}

static int open_calls(struct trunkd *t)
{
	struct calls_config config = {
		.span_count = t->set.span_count, .no_brain_grace_ms = t->set.no_brain_grace_ms, .now = clock_wall(),
		.prompts = t->prompts, .speech = t->speech, .metrics = &t->metrics,
	};
	struct calls_ports ports = { to_arsd, to_keystored, to_media, answer, hang_up, t };
	uint64_t boot;
	int e = calls_new(&config, &ports, &t->calls);

	if (e < 0)
		return e;
	if (getrandom(&boot, sizeof(boot), 0) != sizeof(boot))
		return ERR_IO;
	links_init(&t->links, &t->set, boot, &t->metrics);
	t->links.calls = t->calls;
	t->links.spans = t->spans;
	spans_set_calls(t->spans, t->calls);
	return 0;
}

static int open_all(struct trunkd *t)
{
	int e = open_signals(&t->signal_fd);

	if (e == 0)
		e = speech_cache_new(t->set.state_dir, SPEECH_BYTES_MAX, &t->speech);
	if (e == 0)
		e = open_media(t);
	if (e == 0)
		e = spans_new(&t->set, t->media, &t->metrics, &t->spans);
	return e == 0 ? open_calls(t) : e;
}

/* All files but those of speech are read by now, and no thread has been started. The folder of speech is arsd's, but a
 * folder must be there to be allowed: whoever starts first makes it. Where that is not ours to do, a unit has done it. */
static int confine(const struct settings *s)
{
	struct confine_paths paths = { 0 };
	char speech[sizeof(s->state_dir) + 16];

	snprintf(speech, sizeof(speech), "%s/speech", s->state_dir);
	if (mkdir(speech, 0750) != 0 && errno != EEXIST)
		log_warn("speech_folder", "path=%s error=\"%s\" hint=\"names are not heard\"", speech, strerror(errno));
	confine_allow(&paths, speech, CONFINE_READ);
	return confine_self(CONFINE_TRUNKD, &paths);
}

static int run(struct trunkd *t)
{
	struct control control = {
		.media = t->media, .spans = t->spans, .calls = t->calls, .links = &t->links, .metrics = &t->metrics,
		.signal_fd = t->signal_fd,
	};
	int e = confine(&t->set);

	if (e == 0)
		e = media_start(t->media);
	if (e < 0)
		return e;
	log_info("ready", "spans=%zu prompts=%zu", t->set.span_count, prompts_count(t->prompts));
	return control_run(&control);
}

/* The media threads end first: plays that they hold point into prompts and speech. */
static void close_all(struct trunkd *t)
{
	media_free(&t->media);
	calls_free(&t->calls);
	spans_free(&t->spans);
	links_free(&t->links);
	speech_cache_free(&t->speech);
	prompts_free(&t->prompts);
	if (t->signal_fd > 0)
		close(t->signal_fd);
}

int main(int argc, char **argv)
{
	static struct trunkd t;
	const struct rlimit no_core = { 0, 0 };
	int e;

	log_init("trunkd", LOG_LEVEL_INFO);
	if (setrlimit(RLIMIT_CORE, &no_core) != 0 || prctl(PR_SET_DUMPABLE, 0) != 0)
		log_warn("core_dumps", "why=\"cannot be switched off\"");
	meters_init(&t.metrics);
	if (read_config(&t, argc, argv) < 0)
		return EXIT_BAD_CONFIG;
	if (load_prompts(&t) < 0) {
		close_all(&t);
		return EXIT_BAD_CONFIG;
	}
	e = open_all(&t);
	if (e == 0)
		e = run(&t);
	if (e < 0)
		log_error("ended", "error=%s", err_name(e));
	close_all(&t);
	return e == 0 ? 0 : 1;
}
