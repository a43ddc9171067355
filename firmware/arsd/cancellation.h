/* cancellation.h: the states of giving back what was approved. Its id is its order id at the PG, which takes each once; so what
 * was lost may be sent again under it. The names are public: API, webhooks, store. */
#ifndef ARSD_CANCELLATION_H
#define ARSD_CANCELLATION_H

#include "lib/fsm.h"

enum cancellation_state {
	CANCELLATION_REQUESTED,   /* stored; surely not sent */
	CANCELLATION_SENT,        /* sent, or about to be */
	CANCELLATION_UNKNOWN,     /* no usable answer: being asked after */
	CANCELLATION_SENT_AGAIN,  /* the PG did not know it; a no may now come from the first having arrived */
	CANCELLATION_DOUBTED,     /* such a no: being asked after */
	CANCELLATION_SUCCEEDED,
	CANCELLATION_DECLINED,
	CANCELLATION_FAILED,      /* never sent, and never will be */
	CANCELLATION_STATES,
};
enum cancellation_event {
	CANCELLATION_SEND,
	CANCELLATION_NOT_SENT,    /* this time it surely did not reach the PG */
	CANCELLATION_GIVE_UP,     /* and it never did, and will not */
	CANCELLATION_OK,
	CANCELLATION_NO,
	CANCELLATION_NO_ANSWER,
	CANCELLATION_NOT_FOUND,   /* a query: the PG does not know it */
	CANCELLATION_EVENTS,
};
extern const struct fsm cancellation_fsm;

#endif
