/* apid: the merchant API behind nginx. It checks HTTP and JSON, and asks arsd; it has no store and no key, and can ask
 * nothing of arsd without the merchant's own key. */
#include <sys/resource.h>

#include "apid/server.h"
#include "conf/conf.h"
#include "lib/confine.h"
#include "lib/log.h"

enum { EXIT_FAILED = 1, EXIT_BAD_CONFIG = 2 };

/* Its sockets are all it has. */
static int confine(const struct conf_tree *conf)
{
	struct confine_paths paths = { 0 };

	confine_allow(&paths, conf_get_string(conf, "run_dir"), CONFINE_SOCKETS);
	return confine_self(CONFINE_APID, &paths);
}

static int run(const struct conf_tree *conf)
{
	const struct server_config config = {
		.run_dir = conf_get_string(conf, "run_dir"),
		.arsd_uid = conf_get_int(conf, "peer_uids.arsd"),
		.answer_timeout_ms = conf_get_int(conf, "apid.answer_timeout_ms"),
	};
	struct server *server = NULL;
	struct loop *loop = NULL;
	int e = loop_new(&loop);

	if (e == 0)
		e = server_new(loop, &config, &server);
	if (e == 0)
		e = loop_run(loop);
	server_free(&server);
	loop_free(&loop);
	return e < 0 ? EXIT_FAILED : 0;
}

int main(int argc, char **argv)
{
	const struct rlimit no_core = { 0, 0 };     /* merchants' keys pass through here */
	enum log_level level = LOG_LEVEL_INFO;
	struct conf_tree *conf = NULL;
	char why[CONF_WHY_SIZE];
	int status;

	log_init("apid", LOG_LEVEL_INFO);
	setrlimit(RLIMIT_CORE, &no_core);
	if (conf_load_callkey(conf_path_from_args(argc, argv), &conf, why) < 0) {
		log_error("config_refused", "why=\"%s\"", why);
		return EXIT_BAD_CONFIG;
	}
	if (log_level_parse(conf_get_string(conf, "log_level"), &level) == 0)
		log_init("apid", level);
	log_info("started", "run_dir=%s", conf_get_string(conf, "run_dir"));
	status = confine(conf) < 0 ? EXIT_FAILED : run(conf);
	conf_free(&conf);
	return status;
}
