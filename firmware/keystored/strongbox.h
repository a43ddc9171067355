/* strongbox.h: the keys of this appliance as its configuration says: which token, which folder, how they are opened at a
 * start. */
#ifndef KEYSTORED_STRONGBOX_H
#define KEYSTORED_STRONGBOX_H

#include <stdbool.h>

#include "conf/conf.h"
#include "keys/audit.h"
#include "keys/custody.h"
#include "keys/dual.h"
#include "keystored/recipients.h"

struct strongbox {
	struct keyring *ring;
	struct recipients *recipients;
	struct custody *custody;
	struct audit *audit;
	struct officers officers;
	struct dual *dual;
	struct dual_gateway gateways[RECIPIENTS_MAX]; /* uplinkd.pg, as it was at the start */
	size_t gateway_count;
	int intrusion_fd;                             /* -1: no such input */
	unsigned zeroise_after_wrong;                 /* 0: never */
	struct mono alarmed;                          /* of cryptoperiods, last, and of so many */
	size_t alarmed_count;
	struct mono unsure_said;                      /* of a key file that the disk has not for certain, last; 0: it has */
};

/* Makes keystored.keys_dir if it is not there, opens the audit log, and the keys where keystored.unlock_file can. A ceremony or
 * custodians that are still awaited are no failure; a damaged key file or log is. why says file and what to do. */
int strongbox_open(const struct conf_tree *conf, struct strongbox *s, char why[CONF_WHY_SIZE]) MUST_CHECK;
/* Does a library of somebody else's do the cryptography? It needs more of the system than OpenSSL does. */
bool strongbox_has_module(const struct conf_tree *conf);
/* Once a second: the intrusion input, wrong parts, proposals and logs that wait, gateways' keys, alarms. */
void strongbox_tick(struct strongbox *s, struct mono now);
/* Keys gone from memory and disk at once, whether or not it can be written down. */
void strongbox_zeroise(struct strongbox *s, const char *reason);
void strongbox_close(struct strongbox *s);

/* Keys whose cryptoperiod ends within STRONGBOX_ALARM_DAYS, or has ended: how many, and the first. */
enum { STRONGBOX_ALARM_DAYS = 30 };
size_t strongbox_expiring(const struct strongbox *s, const struct key **first);

#endif
