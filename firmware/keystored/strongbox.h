/* strongbox.h: the keys of this appliance as its configuration says: which token, which folder, how they are opened at a
 * start. */
#ifndef KEYSTORED_STRONGBOX_H
#define KEYSTORED_STRONGBOX_H

#include <stdbool.h>

#include "conf/conf.h"
#include "keys/custody.h"

struct strongbox { struct keyring *ring; struct custody *custody; };

/* Makes keystored.keys_dir if it is not there, and opens the keys where keystored.unlock_file can. A ceremony or custodians that
 * are still awaited are no failure; a damaged key file is. why says file and what to do. */
int strongbox_open(const struct conf_tree *conf, struct strongbox *s, char why[CONF_WHY_SIZE]) MUST_CHECK;
/* Does a library of somebody else's do the cryptography? It needs more of the system than OpenSSL does. */
bool strongbox_has_module(const struct conf_tree *conf);
void strongbox_close(struct strongbox *s);

#endif
