/* api.h: the merchant API, apid -> arsd. arsd listens.
 * The messages are listed in ipc/api.def. */
#ifndef IPC_API_H
#define IPC_API_H

#include <stddef.h>
#include <stdint.h>

#include "ipc/conn.h"
#include "lib/err.h"

enum { API_VERSION = 8, API_BODY_MAX = 60000, API_CERTIFICATE_SIZE = 6001 };

#undef IPC_CHAN
#undef IPC_LIST
#define IPC_CHAN api
#define IPC_LIST "ipc/api.def"
#include "ipc/gen_head.h"

#endif
