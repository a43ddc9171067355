/* admin.h: the command line and the console, callkey -> arsd. arsd listens.
 * The messages are listed in ipc/admin.def. */
#ifndef IPC_ADMIN_H
#define IPC_ADMIN_H

#include <stddef.h>
#include <stdint.h>

#include "ipc/conn.h"
#include "lib/err.h"

enum { ADMIN_VERSION = 1, ADMIN_BODY_MAX = 60000 };

#undef IPC_CHAN
#undef IPC_LIST
#define IPC_CHAN admin
#define IPC_LIST "ipc/admin.def"
#include "ipc/gen_head.h"

#endif
