/* registration.h: the states of a registration. The names are public: API, webhooks, store. */
#ifndef ARSD_REGISTRATION_H
#define ARSD_REGISTRATION_H

#include "arsd/request_event.h"
#include "lib/fsm.h"

enum registration_state {
	REGISTRATION_CREATED,         /* stored; its SMS is on the way */
	REGISTRATION_SMS_SENT,        /* waits for the call; also when no SMS was asked for */
	REGISTRATION_IN_CALL,
	REGISTRATION_VERIFYING,       /* the PG has, or may have, the sealed card */
	REGISTRATION_REGISTERED,
	REGISTRATION_REFUSED,
	REGISTRATION_CARD_DECLINED,
	REGISTRATION_INPUT_FAILED,
	REGISTRATION_SMS_FAILED,
	REGISTRATION_EXPIRED,
	REGISTRATION_CANCELED,
	REGISTRATION_ABANDONED,       /* hung up in as many calls as are allowed */
	REGISTRATION_STATES,
};
extern const struct fsm registration_fsm;      /* events: enum request_event */

#endif
