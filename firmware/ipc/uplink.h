/* uplink.h: PG, SMS and webhooks, arsd <-> uplinkd. arsd listens.
 * The messages are listed in ipc/uplink.def. */
#ifndef IPC_UPLINK_H
#define IPC_UPLINK_H

#include <stddef.h>
#include <stdint.h>

#include "ipc/conn.h"
#include "lib/err.h"


enum { UPLINK_VERSION = 1, UPLINK_BODY_MAX = 16384 };

/* How a PG exchange ended, as far as money is concerned. */
enum uplink_pg_status {
	UPLINK_PG_OK = 1,          /* verified, approved, cancelled: as asked */
	UPLINK_PG_DECLINED = 2,    /* a definite no; class and code say which */
	UPLINK_PG_NOT_SENT = 3,    /* surely never reached the PG: may be tried again */
	UPLINK_PG_UNKNOWN = 4,     /* sent, no usable answer: query before anything else */
	UPLINK_PG_NOT_FOUND = 5,   /* a query: the PG does not know the order */
};
/* Decline classes, payments-domain 8.2: who can mend it. */
enum uplink_decline {
	UPLINK_DECLINE_NONE = 0, UPLINK_DECLINE_INPUT = 1, UPLINK_DECLINE_FUNDS = 2, UPLINK_DECLINE_DEAD_CARD = 3,
	UPLINK_DECLINE_ASK_ISSUER = 4, UPLINK_DECLINE_MERCHANT = 5, UPLINK_DECLINE_SYSTEM = 6,
};
enum uplink_send_status {
	UPLINK_SENT = 1,      /* the receiver's success test passed */
	UPLINK_REFUSED = 2,   /* a definite no: do not repeat */
	UPLINK_LATER = 3,     /* not delivered or not known: repeat with the same id */
};

#undef IPC_CHAN
#undef IPC_LIST
#define IPC_CHAN uplink
#define IPC_LIST "ipc/uplink.def"
#include "ipc/gen_head.h"

#endif
