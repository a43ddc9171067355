/* arsd: registrations and payments, their calls and everything that is remembered of them. The only user of the store. */
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "arsd/server.h"
#include "arsd/version.h"
#include "lib/log.h"

enum { EXIT_BAD_CONFIG = 2 };

static int run(struct arsd *a, const struct conf_tree *conf)
{
	int e;

	umask(0027);
	a->mono = clock_mono();
	a->wall = clock_wall();
	e = store_open(a->set.store, &a->store);
	return e < 0 ? e : server_run(a, conf);
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
