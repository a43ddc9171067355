/* attempt.h: the states of one exchange with the PG. Its order id is never reused, so a definite end is definite. */
#ifndef ARSD_ATTEMPT_H
#define ARSD_ATTEMPT_H

#include "lib/fsm.h"

enum attempt_state {
	ATTEMPT_INTENDED,         /* stored; surely not sent */
	ATTEMPT_SENT,             /* sent, or about to be: the PG may know it */
	ATTEMPT_UNKNOWN,          /* no usable answer: being asked after */
	ATTEMPT_CANCELING,        /* the PG did not know it: being net-cancelled, so that it never will */
	ATTEMPT_OK,
	ATTEMPT_DECLINED,
	ATTEMPT_CANCELED,
	ATTEMPT_FAILED,           /* never sent, and never will be */
	ATTEMPT_STATES,
};
enum attempt_event {
	ATTEMPT_SEND,
	ATTEMPT_NOT_SENT,         /* it surely did not reach the PG: may be sent again */
	ATTEMPT_GIVE_UP,          /* and it will not be */
	ATTEMPT_ANSWERED_OK,
	ATTEMPT_ANSWERED_DECLINED,
	ATTEMPT_NO_ANSWER,
	ATTEMPT_NOT_FOUND,        /* a query: the PG does not know the order */
	ATTEMPT_NET_CANCELED,
	ATTEMPT_EVENTS,
};
extern const struct fsm attempt_fsm;

#endif
