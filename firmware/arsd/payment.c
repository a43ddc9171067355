#include "arsd/payment.h"

static const char *const state_names[PAYMENT_STATES] = {
	[PAYMENT_CREATED] = "created", [PAYMENT_SMS_SENT] = "sms_sent", [PAYMENT_IN_CALL] = "in_call",
	[PAYMENT_AUTHORIZING] = "authorizing", [PAYMENT_UNKNOWN] = "unknown", [PAYMENT_APPROVED] = "approved",
	[PAYMENT_DECLINED] = "declined", [PAYMENT_REFUSED] = "refused", [PAYMENT_INPUT_FAILED] = "input_failed",
	[PAYMENT_SMS_FAILED] = "sms_failed", [PAYMENT_EXPIRED] = "expired", [PAYMENT_ABANDONED] = "abandoned",
	[PAYMENT_CANCELED_BEFORE_AUTH] = "canceled_before_auth", [PAYMENT_NET_CANCELED] = "net_canceled",
	[PAYMENT_PARTIALLY_CANCELED] = "partially_canceled", [PAYMENT_CANCELED] = "canceled",
};

/* Money can be given back only of what was approved, and a merchant may ask for another try at any time, in vain. */
#define LIVE [REQUEST_RETRIED] = fsm_ignore, [REQUEST_GIVEN_BACK_PART] = fsm_bug, [REQUEST_GIVEN_BACK] = fsm_bug

/* After its end a payment takes what comes late without moving, except what only a live call or exchange can bring. */
#define ENDED \
	[REQUEST_SMS_SENT] = fsm_ignore, [REQUEST_SMS_FAILED] = fsm_ignore, [REQUEST_CALL_BEGAN] = fsm_bug, \
	[REQUEST_REFUSED] = fsm_ignore, [REQUEST_INPUT_FAILED] = fsm_ignore, [REQUEST_CALL_LOST] = fsm_ignore, \
	[REQUEST_GAVE_UP] = fsm_ignore, [REQUEST_PG_STARTED] = fsm_bug, [REQUEST_PG_NOT_DONE] = fsm_bug, \
	[REQUEST_PG_AGAIN] = fsm_bug, [REQUEST_PG_OK] = fsm_bug, [REQUEST_PG_DECLINED] = fsm_bug, \
	[REQUEST_PG_UNKNOWN] = fsm_bug, [REQUEST_PG_CANCELED] = fsm_bug, [REQUEST_EXPIRED] = fsm_ignore, \
	[REQUEST_CANCELED] = fsm_ignore

/* Paid; failed without money, and may be tried again; over for good, as the merchant wanted. */
#define PAID(...) { ENDED, [REQUEST_RETRIED] = fsm_ignore, [REQUEST_GIVEN_BACK_PART] = __VA_ARGS__, \
	[REQUEST_GIVEN_BACK] = fsm_go(PAYMENT_CANCELED) }
#define FAILED { ENDED, [REQUEST_RETRIED] = fsm_go(PAYMENT_CREATED), [REQUEST_GIVEN_BACK_PART] = fsm_bug, \
	[REQUEST_GIVEN_BACK] = fsm_bug }
#define OVER { ENDED, LIVE }

static const struct fsm_cell cells[PAYMENT_STATES][REQUEST_EVENTS] = {
	[PAYMENT_CREATED] = {
		[REQUEST_SMS_SENT] = fsm_go(PAYMENT_SMS_SENT), [REQUEST_SMS_FAILED] = fsm_go(PAYMENT_SMS_FAILED),
		[REQUEST_CALL_BEGAN] = fsm_go(PAYMENT_IN_CALL),
		[REQUEST_REFUSED] = fsm_bug, [REQUEST_INPUT_FAILED] = fsm_bug,
		[REQUEST_CALL_LOST] = fsm_ignore, [REQUEST_GAVE_UP] = fsm_ignore,
		/* consent=skip: charged without a call */
		[REQUEST_PG_STARTED] = fsm_go(PAYMENT_AUTHORIZING),
		[REQUEST_PG_NOT_DONE] = fsm_bug, [REQUEST_PG_AGAIN] = fsm_bug,
		[REQUEST_PG_OK] = fsm_bug, [REQUEST_PG_DECLINED] = fsm_bug, [REQUEST_PG_UNKNOWN] = fsm_bug,
		[REQUEST_PG_CANCELED] = fsm_bug,
		[REQUEST_EXPIRED] = fsm_go(PAYMENT_EXPIRED), [REQUEST_CANCELED] = fsm_go(PAYMENT_CANCELED_BEFORE_AUTH),
		LIVE,
	},
	[PAYMENT_SMS_SENT] = {
		[REQUEST_SMS_SENT] = fsm_stay, [REQUEST_SMS_FAILED] = fsm_ignore,
		[REQUEST_CALL_BEGAN] = fsm_go(PAYMENT_IN_CALL),
		[REQUEST_REFUSED] = fsm_bug, [REQUEST_INPUT_FAILED] = fsm_bug,
		[REQUEST_CALL_LOST] = fsm_ignore, [REQUEST_GAVE_UP] = fsm_ignore,
		[REQUEST_PG_STARTED] = fsm_bug, [REQUEST_PG_NOT_DONE] = fsm_bug, [REQUEST_PG_AGAIN] = fsm_bug,
		[REQUEST_PG_OK] = fsm_bug, [REQUEST_PG_DECLINED] = fsm_bug, [REQUEST_PG_UNKNOWN] = fsm_bug,
		[REQUEST_PG_CANCELED] = fsm_bug,
		[REQUEST_EXPIRED] = fsm_go(PAYMENT_EXPIRED), [REQUEST_CANCELED] = fsm_go(PAYMENT_CANCELED_BEFORE_AUTH),
		LIVE,
	},
	[PAYMENT_IN_CALL] = {
		[REQUEST_SMS_SENT] = fsm_ignore, [REQUEST_SMS_FAILED] = fsm_ignore, [REQUEST_CALL_BEGAN] = fsm_bug,
		[REQUEST_REFUSED] = fsm_go(PAYMENT_REFUSED), [REQUEST_INPUT_FAILED] = fsm_go(PAYMENT_INPUT_FAILED),
		[REQUEST_CALL_LOST] = fsm_go(PAYMENT_SMS_SENT), [REQUEST_GAVE_UP] = fsm_go(PAYMENT_ABANDONED),
		[REQUEST_PG_STARTED] = fsm_go(PAYMENT_AUTHORIZING), [REQUEST_PG_NOT_DONE] = fsm_bug,
		[REQUEST_PG_AGAIN] = fsm_bug, [REQUEST_PG_OK] = fsm_bug,
		/* declined for what was typed, and the caller does not type again */
		[REQUEST_PG_DECLINED] = fsm_go(PAYMENT_DECLINED),
		[REQUEST_PG_UNKNOWN] = fsm_bug, [REQUEST_PG_CANCELED] = fsm_bug,
		[REQUEST_EXPIRED] = fsm_ignore, [REQUEST_CANCELED] = fsm_go(PAYMENT_CANCELED_BEFORE_AUTH),
		LIVE,
	},
	[PAYMENT_AUTHORIZING] = {
		[REQUEST_SMS_SENT] = fsm_ignore, [REQUEST_SMS_FAILED] = fsm_ignore, [REQUEST_CALL_BEGAN] = fsm_bug,
		[REQUEST_REFUSED] = fsm_bug, [REQUEST_INPUT_FAILED] = fsm_bug,
		[REQUEST_CALL_LOST] = fsm_ignore, [REQUEST_GAVE_UP] = fsm_ignore, [REQUEST_PG_STARTED] = fsm_bug,
		[REQUEST_PG_NOT_DONE] = fsm_go(PAYMENT_IN_CALL), [REQUEST_PG_AGAIN] = fsm_go(PAYMENT_IN_CALL),
		[REQUEST_PG_OK] = fsm_go(PAYMENT_APPROVED), [REQUEST_PG_DECLINED] = fsm_go(PAYMENT_DECLINED),
		[REQUEST_PG_UNKNOWN] = fsm_go(PAYMENT_UNKNOWN), [REQUEST_PG_CANCELED] = fsm_go(PAYMENT_NET_CANCELED),
		[REQUEST_EXPIRED] = fsm_ignore, [REQUEST_CANCELED] = fsm_ignore,
		LIVE,
	},
	[PAYMENT_UNKNOWN] = {
		[REQUEST_SMS_SENT] = fsm_ignore, [REQUEST_SMS_FAILED] = fsm_ignore, [REQUEST_CALL_BEGAN] = fsm_bug,
		[REQUEST_REFUSED] = fsm_bug, [REQUEST_INPUT_FAILED] = fsm_bug,
		[REQUEST_CALL_LOST] = fsm_ignore, [REQUEST_GAVE_UP] = fsm_ignore, [REQUEST_PG_STARTED] = fsm_bug,
		[REQUEST_PG_NOT_DONE] = fsm_bug, [REQUEST_PG_AGAIN] = fsm_go(PAYMENT_IN_CALL),
		[REQUEST_PG_OK] = fsm_go(PAYMENT_APPROVED), [REQUEST_PG_DECLINED] = fsm_go(PAYMENT_DECLINED),
		[REQUEST_PG_UNKNOWN] = fsm_stay, [REQUEST_PG_CANCELED] = fsm_go(PAYMENT_NET_CANCELED),
		[REQUEST_EXPIRED] = fsm_ignore, [REQUEST_CANCELED] = fsm_ignore,
		LIVE,
	},
	[PAYMENT_APPROVED] = PAID(fsm_go(PAYMENT_PARTIALLY_CANCELED)), [PAYMENT_PARTIALLY_CANCELED] = PAID(fsm_stay),
	[PAYMENT_DECLINED] = FAILED, [PAYMENT_REFUSED] = FAILED, [PAYMENT_INPUT_FAILED] = FAILED, [PAYMENT_SMS_FAILED] = FAILED,
	[PAYMENT_EXPIRED] = FAILED, [PAYMENT_ABANDONED] = FAILED, [PAYMENT_NET_CANCELED] = FAILED,
	[PAYMENT_CANCELED_BEFORE_AUTH] = OVER, [PAYMENT_CANCELED] = OVER,
};

const struct fsm payment_fsm = {
	.name = "payment", .states = PAYMENT_STATES, .events = REQUEST_EVENTS, .start = PAYMENT_CREATED,
	.state_names = state_names, .event_names = request_event_names, .cells = &cells[0][0],
};

bool payment_is_end(int state)
{
	return state >= PAYMENT_APPROVED && state < PAYMENT_STATES;
}

bool payment_may_be_retried(int state)
{
	return payment_is_end(state) && fsm_step(&payment_fsm, &state, REQUEST_RETRIED) == FSM_GO;
}
