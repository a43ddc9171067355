#include "arsd/registration.h"

static const char *const state_names[REGISTRATION_STATES] = {
	[REGISTRATION_CREATED] = "created", [REGISTRATION_SMS_SENT] = "sms_sent", [REGISTRATION_IN_CALL] = "in_call",
	[REGISTRATION_VERIFYING] = "verifying", [REGISTRATION_REGISTERED] = "registered",
	[REGISTRATION_REFUSED] = "refused", [REGISTRATION_CARD_DECLINED] = "card_declined",
	[REGISTRATION_INPUT_FAILED] = "input_failed", [REGISTRATION_SMS_FAILED] = "sms_failed",
	[REGISTRATION_EXPIRED] = "expired", [REGISTRATION_CANCELED] = "canceled",
	[REGISTRATION_ABANDONED] = "abandoned",
};

const char *const request_event_names[REQUEST_EVENTS] = {
	[REQUEST_SMS_SENT] = "sms sent", [REQUEST_SMS_FAILED] = "sms failed", [REQUEST_CALL_BEGAN] = "call began",
	[REQUEST_REFUSED] = "refused", [REQUEST_INPUT_FAILED] = "input failed", [REQUEST_CALL_LOST] = "call lost",
	[REQUEST_GAVE_UP] = "last call lost", [REQUEST_PG_STARTED] = "pg asked", [REQUEST_PG_NOT_DONE] = "pg not reached",
	[REQUEST_PG_AGAIN] = "input declined", [REQUEST_PG_OK] = "pg ok", [REQUEST_PG_DECLINED] = "declined",
	[REQUEST_PG_UNKNOWN] = "no answer", [REQUEST_PG_CANCELED] = "net-cancelled", [REQUEST_EXPIRED] = "expired",
	[REQUEST_CANCELED] = "cancelled", [REQUEST_RETRIED] = "retried",
	[REQUEST_GIVEN_BACK_PART] = "part given back", [REQUEST_GIVEN_BACK] = "all given back",
};

/* A registration is made anew, and no money is in it. */
#define NOT_OF_REGISTRATIONS \
	[REQUEST_RETRIED] = fsm_bug, [REQUEST_GIVEN_BACK_PART] = fsm_bug, [REQUEST_GIVEN_BACK] = fsm_bug

/* After its end a request takes what comes late without moving, except what only a live call or exchange can bring. */
#define ENDED { \
	[REQUEST_SMS_SENT] = fsm_ignore, [REQUEST_SMS_FAILED] = fsm_ignore, [REQUEST_CALL_BEGAN] = fsm_bug, \
	[REQUEST_REFUSED] = fsm_ignore, [REQUEST_INPUT_FAILED] = fsm_ignore, [REQUEST_CALL_LOST] = fsm_ignore, \
	[REQUEST_GAVE_UP] = fsm_ignore, [REQUEST_PG_STARTED] = fsm_bug, [REQUEST_PG_NOT_DONE] = fsm_bug, \
	[REQUEST_PG_AGAIN] = fsm_bug, [REQUEST_PG_OK] = fsm_bug, [REQUEST_PG_DECLINED] = fsm_bug, \
	[REQUEST_PG_UNKNOWN] = fsm_bug, [REQUEST_PG_CANCELED] = fsm_bug, [REQUEST_EXPIRED] = fsm_ignore, \
	[REQUEST_CANCELED] = fsm_ignore, NOT_OF_REGISTRATIONS }

static const struct fsm_cell cells[REGISTRATION_STATES][REQUEST_EVENTS] = {
	[REGISTRATION_CREATED] = {
		[REQUEST_SMS_SENT] = fsm_go(REGISTRATION_SMS_SENT), [REQUEST_SMS_FAILED] = fsm_go(REGISTRATION_SMS_FAILED),
		[REQUEST_CALL_BEGAN] = fsm_go(REGISTRATION_IN_CALL),
		[REQUEST_REFUSED] = fsm_bug, [REQUEST_INPUT_FAILED] = fsm_bug,
		[REQUEST_CALL_LOST] = fsm_ignore, [REQUEST_GAVE_UP] = fsm_ignore,
		[REQUEST_PG_STARTED] = fsm_bug, [REQUEST_PG_NOT_DONE] = fsm_bug, [REQUEST_PG_AGAIN] = fsm_bug,
		[REQUEST_PG_OK] = fsm_bug, [REQUEST_PG_DECLINED] = fsm_bug, [REQUEST_PG_UNKNOWN] = fsm_bug,
		[REQUEST_PG_CANCELED] = fsm_bug,
		[REQUEST_EXPIRED] = fsm_go(REGISTRATION_EXPIRED), [REQUEST_CANCELED] = fsm_go(REGISTRATION_CANCELED),
		NOT_OF_REGISTRATIONS,
	},
	[REGISTRATION_SMS_SENT] = {
		[REQUEST_SMS_SENT] = fsm_stay, [REQUEST_SMS_FAILED] = fsm_ignore,
		[REQUEST_CALL_BEGAN] = fsm_go(REGISTRATION_IN_CALL),
		[REQUEST_REFUSED] = fsm_bug, [REQUEST_INPUT_FAILED] = fsm_bug,
		[REQUEST_CALL_LOST] = fsm_ignore, [REQUEST_GAVE_UP] = fsm_ignore,
		[REQUEST_PG_STARTED] = fsm_bug, [REQUEST_PG_NOT_DONE] = fsm_bug, [REQUEST_PG_AGAIN] = fsm_bug,
		[REQUEST_PG_OK] = fsm_bug, [REQUEST_PG_DECLINED] = fsm_bug, [REQUEST_PG_UNKNOWN] = fsm_bug,
		[REQUEST_PG_CANCELED] = fsm_bug,
		[REQUEST_EXPIRED] = fsm_go(REGISTRATION_EXPIRED), [REQUEST_CANCELED] = fsm_go(REGISTRATION_CANCELED),
		NOT_OF_REGISTRATIONS,
	},
	[REGISTRATION_IN_CALL] = {
		[REQUEST_SMS_SENT] = fsm_ignore, [REQUEST_SMS_FAILED] = fsm_ignore, [REQUEST_CALL_BEGAN] = fsm_bug,
		[REQUEST_REFUSED] = fsm_go(REGISTRATION_REFUSED),
		[REQUEST_INPUT_FAILED] = fsm_go(REGISTRATION_INPUT_FAILED),
		[REQUEST_CALL_LOST] = fsm_go(REGISTRATION_SMS_SENT), [REQUEST_GAVE_UP] = fsm_go(REGISTRATION_ABANDONED),
		[REQUEST_PG_STARTED] = fsm_go(REGISTRATION_VERIFYING), [REQUEST_PG_NOT_DONE] = fsm_bug,
		[REQUEST_PG_AGAIN] = fsm_bug, [REQUEST_PG_OK] = fsm_bug,
		/* declined for what was typed, and the caller does not type again */
		[REQUEST_PG_DECLINED] = fsm_go(REGISTRATION_CARD_DECLINED),
		[REQUEST_PG_UNKNOWN] = fsm_bug, [REQUEST_PG_CANCELED] = fsm_bug,
		[REQUEST_EXPIRED] = fsm_ignore, [REQUEST_CANCELED] = fsm_go(REGISTRATION_CANCELED),
		NOT_OF_REGISTRATIONS,
	},
	[REGISTRATION_VERIFYING] = {
		[REQUEST_SMS_SENT] = fsm_ignore, [REQUEST_SMS_FAILED] = fsm_ignore, [REQUEST_CALL_BEGAN] = fsm_bug,
		[REQUEST_REFUSED] = fsm_bug, [REQUEST_INPUT_FAILED] = fsm_bug,
		[REQUEST_CALL_LOST] = fsm_ignore, [REQUEST_GAVE_UP] = fsm_ignore, [REQUEST_PG_STARTED] = fsm_bug,
		[REQUEST_PG_NOT_DONE] = fsm_go(REGISTRATION_IN_CALL), [REQUEST_PG_AGAIN] = fsm_go(REGISTRATION_IN_CALL),
		[REQUEST_PG_OK] = fsm_go(REGISTRATION_REGISTERED),
		[REQUEST_PG_DECLINED] = fsm_go(REGISTRATION_CARD_DECLINED), [REQUEST_PG_UNKNOWN] = fsm_stay,
		[REQUEST_PG_CANCELED] = fsm_go(REGISTRATION_CARD_DECLINED),
		[REQUEST_EXPIRED] = fsm_ignore, [REQUEST_CANCELED] = fsm_ignore,
		NOT_OF_REGISTRATIONS,
	},
	[REGISTRATION_REGISTERED] = ENDED, [REGISTRATION_REFUSED] = ENDED, [REGISTRATION_CARD_DECLINED] = ENDED,
	[REGISTRATION_INPUT_FAILED] = ENDED, [REGISTRATION_SMS_FAILED] = ENDED, [REGISTRATION_EXPIRED] = ENDED,
	[REGISTRATION_CANCELED] = ENDED, [REGISTRATION_ABANDONED] = ENDED,
};

const struct fsm registration_fsm = {
	.name = "registration", .states = REGISTRATION_STATES, .events = REQUEST_EVENTS, .start = REGISTRATION_CREATED,
	.state_names = state_names, .event_names = request_event_names, .cells = &cells[0][0],
};
