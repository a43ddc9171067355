/* callkey-sandbox: the world around the appliance, without the telephone line: a payment gateway, an SMS provider and
 * merchants, behind nginx with TLS (../nginx.conf.in), and a control socket for tests and demonstrations.
 *
 *   callkey-sandbox --dir DIR [--keep]
 *
 * DIR holds pg-key.pem, pg.secret and sms.secret; the sockets pg.sock, sms.sock, merchant.sock and control.sock are made
 * in it. Nothing is written to disk: ledger, messages and webhooks end with the process. With --keep the gateway's ledger
 * (pg.journal), the merchants' secrets and the webhooks that they have got (merchant.journal) outlive it: a start in the same DIR goes
 * on with them, after a SIGKILL at any moment. */
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "lib/log.h"
#include "loop/loop.h"
#include "sandbox/world/control.h"
#include "sandbox/world/files.h"

enum { EXIT_FAILED = 1, EXIT_USAGE = 2 };

struct world { struct loop *loop; struct reply_desk *desk; struct control control; };

static int open_world(struct world *w, const char *dir, bool keep)
{
	int e = loop_new(&w->loop);

	if (e == 0)
		e = reply_desk_new(w->loop, &w->desk);
	if (e == 0)
		e = pg_new(w->loop, w->desk, dir, keep, &w->control.pg);
	if (e == 0)
		e = sms_gateway_new(w->loop, w->desk, dir, &w->control.sms);
	if (e == 0)
		e = merchant_new(w->loop, w->desk, dir, keep, &w->control.merchant);
	return e < 0 ? e : control_open(w->loop, dir, &w->control);
}

static void close_world(struct world *w)
{
	reply_desk_free(&w->desk);
	loop_free(&w->loop);
	pg_free(&w->control.pg);
	sms_gateway_free(&w->control.sms);
	merchant_free(&w->control.merchant);
}

int main(int argc, char **argv)
{
	const struct rlimit no_core = { 0, 0 };      /* opened records pass through here */
	struct world w = { .loop = NULL };
	int e;

	if (argc < 3 || argc > 4 || strcmp(argv[1], "--dir") != 0 || (argc == 4 && strcmp(argv[3], "--keep") != 0)) {
		fprintf(stderr, "usage: callkey-sandbox --dir DIR [--keep]\n");
		return EXIT_USAGE;
	}
	log_init("callkey-sandbox", LOG_LEVEL_INFO);
	setrlimit(RLIMIT_CORE, &no_core);
	e = open_world(&w, argv[2], argc == 4);
	if (e == 0) {
		log_info("ready", "dir=%s", argv[2]);
		e = loop_run(w.loop);
	}
	if (e < 0)
		log_error("ended", "error=%s", err_name(e));
	close_world(&w);
	return e == 0 ? 0 : EXIT_FAILED;
}
