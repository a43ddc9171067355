/* callctl.h: calls and prompts, trunkd <-> arsd. arsd listens.
 * The messages are listed in ipc/callctl.def. */
#ifndef IPC_CALLCTL_H
#define IPC_CALLCTL_H

#include <stddef.h>
#include <stdint.h>

#include "ipc/conn.h"
#include "lib/err.h"


enum { CALLCTL_VERSION = 5, CALLCTL_ITEMS_MAX = 4000 };

/* Q.931 table 4-11, octet 3a of the calling party number, as libpri reports it; and what an analog line told by caller id, of which
 * nobody says whether it was checked. TRUSTED: the line's setting says so. */
enum callctl_screening {
	CALLCTL_USER_UNSCREENED = 0, CALLCTL_USER_PASSED = 1, CALLCTL_USER_FAILED = 2, CALLCTL_NETWORK = 3,
	CALLCTL_ANALOG = 4, CALLCTL_ANALOG_TRUSTED = 5,
	CALLCTL_NO_NUMBER = 255,
};
enum callctl_by { CALLCTL_BY_CALLER = 1, CALLCTL_BY_US = 2, CALLCTL_BY_LINE = 3 };
enum callctl_why { CALLCTL_FINISHED = 1, CALLCTL_KEY = 2, CALLCTL_REPLACED = 3, CALLCTL_UNKNOWN_PROMPT = 4 };
enum callctl_service { CALLCTL_IN_SERVICE = 0, CALLCTL_DRAINING = 1, CALLCTL_OUT_OF_SERVICE = 2 };
/* What becomes of keys from this play on, until the next. In NONE they are counted and dropped. */
enum callctl_collect { CALLCTL_COLLECT_NONE = 0, CALLCTL_COLLECT_MENU = 1, CALLCTL_COLLECT_SECRET = 2 };

#undef IPC_CHAN
#undef IPC_LIST
#define IPC_CHAN callctl
#define IPC_LIST "ipc/callctl.def"
#include "ipc/gen_head.h"

#endif
