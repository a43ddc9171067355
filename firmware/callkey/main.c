/* callkey: the command line of the appliance. It asks arsd over the admin socket and has no power that arsd does not give
 * it: no store, no key, no line. callkey keys asks keystored, and holds a part of the master key while its custodian types it.
 * callkey phone is a tool of the sandbox; callkey trunks configure asks nobody, it reads
 * callkey.cfg and writes, as who runs it, a file of the driver. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "callkey/ask.h"
#include "callkey/configure.h"
#include "callkey/keys.h"
#include "callkey/pcap.h"
#include "callkey/phone.h"
#include "callkey/show.h"
#include "callkey/verify.h"
#include "conf/conf.h"
#include "lib/log.h"

enum { EXIT_REFUSED = 1, EXIT_USAGE = 2, EXIT_NOBODY = 3, PATH_SIZE = 512, WATCH_S = 1 };

#define DEFAULT_CONFIG "/etc/callkey/callkey.cfg"

static int failed(int e, const char *socket_path)
{
	switch (e) {
	case ERR_AGAIN:
		fprintf(stderr, "callkey: arsd does not answer at %s\nIs the appliance running? systemctl status callkey-arsd; in the "
		        "source tree: make run. Another configuration: --config FILE.\n", socket_path);
		return EXIT_NOBODY;
	case ERR_DENIED:
		fprintf(stderr, "callkey: %s belongs to another user: run callkey as a user that arsd admits (peer_uids)\n", socket_path);
		return EXIT_REFUSED;
	case ERR_CLOSED:
		fputs("callkey: arsd closed the connection: it may be restarting, or does not admit this user (peer_uids.callkey)\n", stderr);
		return EXIT_NOBODY;
	case ERR_TIMEOUT:
		fputs("callkey: arsd took the question and did not answer in time; see its log\n", stderr);
		return EXIT_NOBODY;
	case ERR_INVALID:
		fputs("callkey: arsd speaks another version of the protocol: use the callkey of the same release\n", stderr);
		return EXIT_REFUSED;
	default:
		fprintf(stderr, "callkey: %s\n", err_name(e));
		return EXIT_REFUSED;
	}
}

/* Beside what is printed. 0600: numbers are in it, masked or not. */
static int write_pcap(const char *path, const char *body)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600), e;
	FILE *f = fd >= 0 ? fdopen(fd, "w") : NULL;
	struct json_fault fault;
	json_t *answer = NULL;

	if (f == NULL) {
		fprintf(stderr, "callkey: %s: %s\n", path, strerror(errno));
		if (fd >= 0)
			close(fd);
		return EXIT_REFUSED;
	}
	e = json_read_strict(body, strlen(body), &answer, &fault);
	if (e == 0)
		e = pcap_write(f, answer);
	json_decref(answer);
	if (fclose(f) != 0 && e == 0)
		e = ERR_IO;
	if (e < 0)
		fprintf(stderr, "callkey: %s: %s\n", path, e == ERR_IO ? "cannot be written" : "arsd's answer is no trace");
	return e < 0 ? EXIT_REFUSED : 0;
}

/* The bundle as it is: its bytes count. To a file of mode 0600, for whom it concerns is in it. */
static int write_bundle(const struct words *w, const char *body)
{
	int fd = w->out != NULL ? open(w->out, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600) : -1, e;
	FILE *f = w->out == NULL ? stdout : fd >= 0 ? fdopen(fd, "w") : NULL;
	const char *bundle;
	struct json_fault fault;
	json_t *answer = NULL;

	if (f == NULL) {
		fprintf(stderr, "callkey: %s: %s\n", w->out, strerror(errno));
		if (fd >= 0)
			close(fd);
		return EXIT_REFUSED;
	}
	e = json_read_strict(body, strlen(body), &answer, &fault);
	bundle = json_string_value(json_object_get(answer, "bundle"));
	if (e == 0)
		e = bundle == NULL ? ERR_INVALID : fprintf(f, "%s\n", bundle) < 0 ? ERR_IO : 0;
	json_decref(answer);
	if ((f == stdout ? fflush(f) : fclose(f)) != 0 && e == 0)
		e = ERR_IO;
	if (e < 0)
		fprintf(stderr, "callkey: %s\n", e == ERR_IO ? "the bundle cannot be written" : "arsd's answer is no bundle");
	return e < 0 ? EXIT_REFUSED : 0;
}

static int print_answer(const struct words *w, const char *body)
{
	struct json_fault fault;
	json_t *answer = NULL;
	char *text = NULL;
	int e;

	if (w->json)
		return puts(body) < 0 || fflush(stdout) != 0 ? EXIT_REFUSED : 0;
	e = json_read_strict(body, strlen(body), &answer, &fault);
	if (e == 0)
		e = show(w->counters ? "trunk_counters" : w->verb, answer, &text);
	if (e == 0)
		e = fputs(text, stdout) < 0 || fflush(stdout) != 0 ? ERR_IO : 0;
	if (e < 0)
		fprintf(stderr, "callkey: the answer cannot be shown (%s); try --json\n", err_name(e));
	json_decref(answer);
	free(text);
	return e < 0 ? EXIT_REFUSED : 0;
}

static int ask_once(const struct words *w, const struct conf_tree *conf)
{
	char path[PATH_SIZE], *body = NULL;
	uint16_t status;
	int e, result;

	snprintf(path, sizeof(path), "%s/admin.sock", conf_get_string(conf, "run_dir"));
	e = ask(path, conf_get_int(conf, "peer_uids.arsd"), w->verb, w->argument, &status, &body);
	if (e < 0)
		return failed(e, path);
	if (status == 0) {
		result = strcmp(w->verb, "consent_bundle") == 0 ? write_bundle(w, body) : print_answer(w, body);
		if (result == 0 && w->pcap != NULL)
			result = write_pcap(w->pcap, body);
	} else {
		fprintf(stderr, "callkey: %s\n", body);
		result = EXIT_REFUSED;
	}
	free(body);
	return result;
}

/* With --watch again and again, until it is interrupted or arsd is gone. */
static int ask_and_print(const struct words *w, const struct conf_tree *conf)
{
	int result;

	for (;;) {
		if (w->watch && !w->json && isatty(STDOUT_FILENO))
			fputs("\033[H\033[2J", stdout);
		result = ask_once(w, conf);
		if (!w->watch || result != 0)
			return result;
		sleep(WATCH_S);
	}
}

static int call(const struct words *w, const struct conf_tree *conf)
{
	const char *said = w->carrier != NULL ? w->carrier : getenv("CALLKEY_CARRIER");
	char beside[PATH_SIZE], prompts[PATH_SIZE];

	snprintf(beside, sizeof(beside), "%s/../sandbox/carrier.sock", conf_get_string(conf, "run_dir"));
	snprintf(prompts, sizeof(prompts), "%s/prompts", conf_get_string(conf, "share_dir"));
	return phone_run(w, said != NULL ? said : beside, prompts);
}

static int with_config(const struct words *w)
{
	const char *path = w->config != NULL ? w->config : getenv("CALLKEY_CONFIG");
	struct conf_tree *conf = NULL;
	char why[CONF_WHY_SIZE];
	int result;

	/* A bundle is proven where no appliance is, too: only a configuration that is named must be there. */
	if (w->what == WORDS_VERIFY && path == NULL && access(DEFAULT_CONFIG, R_OK) != 0)
		return verify_run(w, NULL);
	if (conf_load_callkey(path != NULL ? path : DEFAULT_CONFIG, &conf, why) < 0) {
		fprintf(stderr, "callkey: %s\nThe configuration is named by --config FILE or CALLKEY_CONFIG.\n", why);
		return EXIT_USAGE;
	}
	if (w->what == WORDS_VERIFY)
		result = verify_run(w, conf);
	else if (w->what == WORDS_KEYS)
		result = keys_run(w, conf);
	else if (w->what == WORDS_CONFIGURE)
		result = configure_run(w, conf);
	else
		result = w->what == WORDS_PHONE ? call(w, conf) : ask_and_print(w, conf);
	conf_free(&conf);
	return result;
}

int main(int argc, char **argv)
{
	static struct words w;
	char why[WORDS_WHY_SIZE];

	log_init("callkey", LOG_LEVEL_ERROR);
	if (words_read(argc, argv, &w, why) < 0) {
		fprintf(stderr, "callkey: %s\n", why);
		return EXIT_USAGE;
	}
	if (w.what == WORDS_HELP)
		return fputs(words_help, stdout) < 0 ? EXIT_REFUSED : 0;
	return with_config(&w);
}
