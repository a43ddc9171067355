/* configure.h: callkey trunks configure: the file that dahdi_cfg needs for the cards in callkey.cfg, as a diff, and with --write
 * on the disk. It needs neither the appliance nor a card. */
#ifndef CALLKEY_CONFIGURE_H
#define CALLKEY_CONFIGURE_H

#include "callkey/words.h"
#include "conf/conf.h"

/* The exit status of the program. The diff goes to stdout, all else to stderr. */
int configure_run(const struct words *w, const struct conf_tree *conf);

#endif
