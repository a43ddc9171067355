/* keystored: the keypad. The one process besides the audio threads that sees what a caller types in a secret field; it
 * checks it, gives out a mask, and seals the finished record with the payment gateway's key. It has no network, no
 * store, and no verb that gives out or opens what was typed. */
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>

#include "conf/conf.h"
#include "keystored/desk.h"
#include "keystored/meters.h"
#include "keystored/signer.h"
#include "keystored/strongbox.h"
#include "lib/confine.h"
#include "lib/log.h"

enum { EXIT_FAILED = 1, EXIT_BAD_CONFIG = 2 };

struct keystored {
	struct conf_tree *conf;
	struct issuers *issuers;
	struct strongbox box;
	struct seal *seal;
	struct signer *signer;
	struct columns *columns;
	struct metrics meters;
	struct desk *desk;
};

/* Nothing that was typed goes to a disk or to a debugger of the same user. */
static void stay_private(void)
{
	const struct rlimit no_core = { 0, 0 };

	if (setrlimit(RLIMIT_CORE, &no_core) != 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
		log_warn("not_private", "hint=\"core dumps could not be ruled out\"");
}

/* Files only: ERR_INVALID with why is the operator's to mend. */
static int load(struct keystored *k, char why[CONF_WHY_SIZE])
{
	char path[512];
	int e;

	snprintf(path, sizeof(path), "%s/issuers.cfg", conf_get_string(k->conf, "share_dir"));
	e = issuers_load(path, &k->issuers, why);
	if (e == 0)
		e = strongbox_open(k->conf, &k->box, why);
	if (e == 0)
		e = seal_new(k->box.ring, &k->seal);
	if (e == 0)
		e = signer_new(k->box.ring, &k->signer);
	if (e == 0)
		e = columns_new(k->box.ring, &k->columns);
	return e;
}

static int open_desk(struct keystored *k)
{
	const struct desk_config config = {
		.run_dir = conf_get_string(k->conf, "run_dir"),
		.trunkd_uid = conf_get_int(k->conf, "peer_uids.trunkd"),
		.arsd_uid = conf_get_int(k->conf, "peer_uids.arsd"),
		.callkey_uid = conf_get_int(k->conf, "peer_uids.callkey"),
		.max_calls = (size_t)conf_get_int(k->conf, "keystored.max_calls"),
		.idle_ms = conf_get_int(k->conf, "keystored.field_idle_s") * 1000,
		.seals_per_s = conf_get_int(k->conf, "keystored.seals_per_s"),
		.signatures_per_s = conf_get_int(k->conf, "keystored.signatures_per_s"),
		.issuers = k->issuers, .seal = k->seal, .signer = k->signer, .columns = k->columns, .box = &k->box,
		.meters = &k->meters,
	};
	int e = desk_new(&config, &k->desk);

	if (e == ERR_NOMEM)
		log_error("no_memory", "hint=\"raise RLIMIT_MEMLOCK (LimitMEMLOCK=) or lower keystored.max_calls=%zu\"",
		          config.max_calls);
	return e;
}

static void close_all(struct keystored *k)
{
	desk_free(&k->desk);
	columns_free(&k->columns);
	signer_free(&k->signer);
	seal_free(&k->seal);
	strongbox_close(&k->box);
	issuers_free(&k->issuers);
	conf_free(&k->conf);
}

/* All files are read and the sockets are open: what is left is to write the key file, and to remove the sockets' names. */
static int confine(const struct keystored *k)
{
	struct confine_paths paths = { 0 };

	confine_allow(&paths, conf_get_string(k->conf, "run_dir"), CONFINE_SOCKETS);
	confine_allow(&paths, conf_get_string(k->conf, "keystored.keys_dir"), CONFINE_WRITE);
	if (!strongbox_has_module(k->conf))
		return confine_self(CONFINE_KEYSTORED, &paths);
	confine_allow(&paths, conf_get_string(k->conf, "keystored.pkcs11_dir"), CONFINE_WRITE);
	return confine_self(CONFINE_KEYSTORED_TOKEN, &paths);
}

static int serve(struct keystored *k)
{
	int e = open_desk(k);

	if (e == 0)
		e = confine(k);
	if (e == 0) {
		log_info("ready", "run_dir=%s gateways=%zu issuers=%zu", conf_get_string(k->conf, "run_dir"), recipients_count(k->box.recipients),
		         issuers_count(k->issuers));
		e = desk_run(k->desk);
	}
	if (e < 0)
		log_error("ended", "error=%s", err_name(e));
	return e < 0 ? EXIT_FAILED : 0;
}

int main(int argc, char **argv)
{
	static struct keystored k;
	enum log_level level = LOG_LEVEL_INFO;
	char why[CONF_WHY_SIZE] = "";
	int status = EXIT_BAD_CONFIG;

	log_init("keystored", LOG_LEVEL_INFO);
	stay_private();
	tzset();
	meters_init(&k.meters);
	if (conf_load_callkey(conf_path_from_args(argc, argv), &k.conf, why) < 0) {
		log_error("config_refused", "why=\"%s\"", why);
		return EXIT_BAD_CONFIG;
	}
	if (log_level_parse(conf_get_string(k.conf, "log_level"), &level) == 0)
		log_init("keystored", level);
	if (load(&k, why) < 0)
		log_error("config_refused", "why=\"%s\"", why);
	else
		status = serve(&k);
	close_all(&k);
	return status;
}
