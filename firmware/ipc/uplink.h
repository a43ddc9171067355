/* uplink.h: PG, SMS and webhooks, arsd <-> uplinkd. arsd listens.
 * The messages are listed in ipc/uplink.def. */
#ifndef IPC_UPLINK_H
#define IPC_UPLINK_H

#include <stddef.h>
#include <stdint.h>

#include "ipc/conn.h"
#include "lib/err.h"


enum { UPLINK_VERSION = 10, UPLINK_BODY_MAX = 16384, UPLINK_ROWS_MAX = 50000, UPLINK_PROMOTIONS_MAX = 256 };

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
	UPLINK_UNSURE = 4,    /* SMS: a provider may have it: to be repeated there before anywhere else */
};
enum uplink_receipt_state {
	UPLINK_RECEIPT_DELIVERED = 1, UPLINK_RECEIPT_UNDELIVERED = 2,
	UPLINK_RECEIPT_UNDER_WAY = 3,         /* an intermediate one: nothing definite */
};

/* What a gateway can do: its connector's protocol, less what the merchant's contract leaves out. */
enum uplink_can {
	UPLINK_CAN_BILLING = 1 << 0,        /* check a card and issue a billing key without money, charge the key, expire it */
	UPLINK_CAN_KEY_IN = 1 << 1,         /* pay once with a card that is entered in the call, keeping it or not */
	UPLINK_CAN_CANCEL = 1 << 2,         /* give back all of a payment */
	UPLINK_CAN_PARTIAL_CANCEL = 1 << 3,
	UPLINK_CAN_INTEREST_FREE = 1 << 4,  /* instalments that are marked as free of interest by us */
	UPLINK_CAN_PROMOTIONS = 1 << 5,     /* tells which card companies give which instalments free of interest */
	UPLINK_CAN_QUERY = 1 << 6,          /* by our order id */
	UPLINK_CAN_NET_CANCEL = 1 << 7,     /* cancel by order id, whether the order is known or not */
	UPLINK_CAN_LIST = 1 << 8,           /* a day's orders */
	UPLINK_CAN_FOREIGN = 1 << 9,        /* other currencies than won */
	UPLINK_CAN_VAT = 1 << 10,           /* is told how much of what is paid or given back is VAT */
};

#undef IPC_CHAN
#undef IPC_LIST
#define IPC_CHAN uplink
#define IPC_LIST "ipc/uplink.def"
#include "ipc/gen_head.h"

#endif
