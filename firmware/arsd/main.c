/* arsd: registrations and payments, their calls and everything that is remembered of them. The only user of the store. */
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "arsd/server.h"
#include "arsd/speech.h"
#include "arsd/version.h"
#include "lib/confine.h"
#include "lib/log.h"

enum { EXIT_BAD_CONFIG = 2 };

/* SQLite makes its journals beside the database. */
static void store_folder(const char *store, char *folder, size_t size)
{
	static const char kind[] = "sqlite:";
	char *slash;

	folder[0] = '\0';
	if (strncmp(store, kind, sizeof(kind) - 1) != 0)
		return;
	snprintf(folder, size, "%s", store + sizeof(kind) - 1);
	slash = strrchr(folder, '/');
	if (slash != NULL)
		*slash = '\0';
}

static int confine(const struct settings *s)
{
	struct confine_paths paths = { 0 };
	char folder[sizeof(s->store)];

	store_folder(s->store, folder, sizeof(folder));
	confine_allow(&paths, s->run_dir, CONFINE_SOCKETS);
	confine_allow(&paths, s->share_dir, CONFINE_READ);
	confine_allow(&paths, s->recordings, CONFINE_READ);
	confine_allow(&paths, s->state_dir, CONFINE_WRITE);
	confine_allow(&paths, folder, CONFINE_WRITE);
	return confine_self(CONFINE_ARSD, &paths);
}

static int run(struct arsd *a, const struct conf_tree *conf)
{
	int nursery = -1, e;

	umask(0027);
	e = speech_nursery_start(&a->set, &nursery);
	if (e == 0)
		e = confine(&a->set);
	a->mono = clock_mono();
	a->wall = clock_wall();
	if (e == 0)
		e = store_open(a->set.store, &a->store);
	if (e == 0)
		e = server_run(a, conf, nursery);
	if (nursery >= 0)
		close(nursery);
	return e;
}

int main(int argc, char **argv)
{
	static struct arsd a;
	const struct rlimit no_core = { 0, 0 };
	struct conf_tree *conf = NULL;
	char why[CONF_WHY_SIZE] = "";
	enum log_level level = LOG_LEVEL_INFO;
	int e;

	log_init("arsd", LOG_LEVEL_INFO);
	setrlimit(RLIMIT_CORE, &no_core);
	if (conf_load_callkey(conf_path_from_args(argc, argv), &conf, why) < 0) {
		log_error("config_refused", "why=\"%s\"", why);
		return EXIT_BAD_CONFIG;
	}
	if (log_level_parse(conf_get_string(conf, "log_level"), &level) == 0)
		log_init("arsd", level);
	if (arsd_configure(&a, conf, why) < 0) {
		log_error("config_refused", "why=\"%s\"", why);
		arsd_free(&a);
		conf_free(&conf);
		return EXIT_BAD_CONFIG;
	}
	log_info("start", "version=\"%s\"", callkey_version);
	e = run(&a, conf);
	if (e < 0)
		log_error("ended", "error=%s", err_name(e));
	arsd_free(&a);
	conf_free(&conf);
	return e == 0 ? 0 : 1;
}
