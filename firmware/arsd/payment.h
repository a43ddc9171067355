/* payment.h: the states of a payment. The names are public: API, webhooks, store. */
#ifndef ARSD_PAYMENT_H
#define ARSD_PAYMENT_H

#include "arsd/request_event.h"
#include "lib/fsm.h"

enum payment_state {
	PAYMENT_CREATED,              /* stored; its SMS is on the way, or it is about to be charged without a call */
	PAYMENT_SMS_SENT,             /* waits for the call; also when no SMS was asked for */
	PAYMENT_IN_CALL,
	PAYMENT_AUTHORIZING,          /* the PG has, or may have, the order */
	PAYMENT_UNKNOWN,              /* sent without a usable answer: being asked after */
	PAYMENT_APPROVED,
	PAYMENT_DECLINED,
	PAYMENT_REFUSED,
	PAYMENT_INPUT_FAILED,
	PAYMENT_SMS_FAILED,
	PAYMENT_EXPIRED,
	PAYMENT_ABANDONED,
	PAYMENT_CANCELED_BEFORE_AUTH,
	PAYMENT_NET_CANCELED,         /* unknown, then undone at the PG: nothing was charged */
	PAYMENT_STATES,
};
extern const struct fsm payment_fsm;      /* events: enum request_event */

#endif
