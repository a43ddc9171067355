/* keyctl.h: custodians and officers at the keys, callkey -> keystored. keystored listens.
 * The messages are listed in ipc/keyctl.def. */
#ifndef IPC_KEYCTL_H
#define IPC_KEYCTL_H

#include <stddef.h>
#include <stdint.h>

#include "ipc/conn.h"
#include "lib/err.h"

enum { KEYCTL_VERSION = 1, KEYCTL_TEXT_MAX = 32000 };

#undef IPC_CHAN
#undef IPC_LIST
#define IPC_CHAN keyctl
#define IPC_LIST "ipc/keyctl.def"
#include "ipc/gen_head.h"

#endif
