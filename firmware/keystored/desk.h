/* desk.h: keystored's three doors: keypad.sock for trunkd, vault.sock for arsd, keyctl.sock for the command line, one peer at
 * each; frames in and out between them and the calls and the keys. A plain epoll loop: every library that could be used here could also read the keypad. */
#ifndef KEYSTORED_DESK_H
#define KEYSTORED_DESK_H

#include <stdint.h>

#include "keystored/columns.h"
#include "keystored/issuers.h"
#include "keystored/seal.h"
#include "keystored/signer.h"
#include "keystored/strongbox.h"
#include "lib/metrics.h"

struct desk_config {
	const char *run_dir;
	int64_t trunkd_uid, arsd_uid, callkey_uid;   /* who besides our own uid may connect, -1: none */
	size_t max_calls;
	int64_t idle_ms, seals_per_s, signatures_per_s;   /* the latter two: what arsd may have */
	const struct issuers *issuers;           /* borrowed, as the others */
	struct seal *seal;
	const struct signer *signer;
	struct columns *columns;
	struct strongbox *box;
	struct metrics *meters;
};

struct desk;
/* Opens both sockets. ERR_NOMEM: no memory can be locked; the others were logged. */
int desk_new(const struct desk_config *config, struct desk **d) MUST_CHECK;
/* Wipes everything and takes the socket files away. */
void desk_free(struct desk **d);
/* Serves until SIGTERM or SIGINT, which desk_new() blocked; then 0. */
int desk_run(struct desk *d) MUST_CHECK;

#endif
