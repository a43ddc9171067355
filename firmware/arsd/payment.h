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
	/* From here on nothing is under way, and nobody is waited for. */
	PAYMENT_APPROVED,
	PAYMENT_DECLINED,
	PAYMENT_REFUSED,
	PAYMENT_INPUT_FAILED,
	PAYMENT_SMS_FAILED,
	PAYMENT_EXPIRED,
	PAYMENT_ABANDONED,
	PAYMENT_CANCELED_BEFORE_AUTH, /* the merchant took it back; no order ever was, or none that counts */
	PAYMENT_NET_CANCELED,         /* unknown, then undone at the PG: nothing was charged */
	PAYMENT_PARTIALLY_CANCELED,   /* approved, and some of it given back since */
	PAYMENT_CANCELED,             /* all of it */
	PAYMENT_STATES,
};
extern const struct fsm payment_fsm;      /* events: enum request_event */
/* Has it ended? What ended as approved may still be given back, and what failed be tried again. */
bool payment_is_end(int state);
/* Ended, no money moved or will, and not because the merchant wanted so. */
bool payment_may_be_retried(int state);

#endif
