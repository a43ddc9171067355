#include "arsd/attempt.h"

static const char *const state_names[ATTEMPT_STATES] = {
	[ATTEMPT_INTENDED] = "intended", [ATTEMPT_SENT] = "sent", [ATTEMPT_UNKNOWN] = "unknown",
	[ATTEMPT_CANCELING] = "canceling", [ATTEMPT_OK] = "ok", [ATTEMPT_DECLINED] = "declined",
	[ATTEMPT_CANCELED] = "canceled", [ATTEMPT_FAILED] = "failed",
};
static const char *const event_names[ATTEMPT_EVENTS] = {
	[ATTEMPT_SEND] = "send", [ATTEMPT_NOT_SENT] = "not sent", [ATTEMPT_GIVE_UP] = "give up",
	[ATTEMPT_ANSWERED_OK] = "ok", [ATTEMPT_ANSWERED_DECLINED] = "declined", [ATTEMPT_NO_ANSWER] = "no answer",
	[ATTEMPT_NOT_FOUND] = "not found", [ATTEMPT_NET_CANCELED] = "net-cancelled",
};

/* A second answer to what is settled changes nothing: the first one has been acted on. */
#define SETTLED { \
	[ATTEMPT_SEND] = fsm_bug, [ATTEMPT_NOT_SENT] = fsm_ignore, [ATTEMPT_GIVE_UP] = fsm_ignore, \
	[ATTEMPT_ANSWERED_OK] = fsm_ignore, [ATTEMPT_ANSWERED_DECLINED] = fsm_ignore, [ATTEMPT_NO_ANSWER] = fsm_ignore, \
	[ATTEMPT_NOT_FOUND] = fsm_ignore, [ATTEMPT_NET_CANCELED] = fsm_ignore }

static const struct fsm_cell cells[ATTEMPT_STATES][ATTEMPT_EVENTS] = {
	[ATTEMPT_INTENDED] = {
		[ATTEMPT_SEND] = fsm_go(ATTEMPT_SENT), [ATTEMPT_NOT_SENT] = fsm_stay, [ATTEMPT_GIVE_UP] = fsm_go(ATTEMPT_FAILED),
		[ATTEMPT_ANSWERED_OK] = fsm_bug, [ATTEMPT_ANSWERED_DECLINED] = fsm_bug, [ATTEMPT_NO_ANSWER] = fsm_bug,
		[ATTEMPT_NOT_FOUND] = fsm_bug, [ATTEMPT_NET_CANCELED] = fsm_bug,
	},
	[ATTEMPT_SENT] = {
		[ATTEMPT_SEND] = fsm_bug, [ATTEMPT_NOT_SENT] = fsm_go(ATTEMPT_INTENDED), [ATTEMPT_GIVE_UP] = fsm_bug,
		[ATTEMPT_ANSWERED_OK] = fsm_go(ATTEMPT_OK), [ATTEMPT_ANSWERED_DECLINED] = fsm_go(ATTEMPT_DECLINED),
		[ATTEMPT_NO_ANSWER] = fsm_go(ATTEMPT_UNKNOWN), [ATTEMPT_NOT_FOUND] = fsm_bug, [ATTEMPT_NET_CANCELED] = fsm_bug,
	},
	[ATTEMPT_UNKNOWN] = {
		/* The first answer may still come while the question is under way; it is as good as the query's. */
		[ATTEMPT_SEND] = fsm_bug, [ATTEMPT_NOT_SENT] = fsm_stay, [ATTEMPT_GIVE_UP] = fsm_bug,
		[ATTEMPT_ANSWERED_OK] = fsm_go(ATTEMPT_OK), [ATTEMPT_ANSWERED_DECLINED] = fsm_go(ATTEMPT_DECLINED),
		[ATTEMPT_NO_ANSWER] = fsm_stay, [ATTEMPT_NOT_FOUND] = fsm_go(ATTEMPT_CANCELING),
		[ATTEMPT_NET_CANCELED] = fsm_go(ATTEMPT_CANCELED),
	},
	[ATTEMPT_CANCELING] = {
		/* The order is being undone: only the undoing's answer counts, whatever the order's own would have been. */
		[ATTEMPT_SEND] = fsm_bug, [ATTEMPT_NOT_SENT] = fsm_stay, [ATTEMPT_GIVE_UP] = fsm_bug,
		[ATTEMPT_ANSWERED_OK] = fsm_ignore, [ATTEMPT_ANSWERED_DECLINED] = fsm_ignore, [ATTEMPT_NO_ANSWER] = fsm_stay,
		[ATTEMPT_NOT_FOUND] = fsm_stay, [ATTEMPT_NET_CANCELED] = fsm_go(ATTEMPT_CANCELED),
	},
	[ATTEMPT_OK] = SETTLED, [ATTEMPT_DECLINED] = SETTLED, [ATTEMPT_CANCELED] = SETTLED, [ATTEMPT_FAILED] = SETTLED,
};

const struct fsm attempt_fsm = {
	.name = "attempt", .states = ATTEMPT_STATES, .events = ATTEMPT_EVENTS, .start = ATTEMPT_INTENDED,
	.state_names = state_names, .event_names = event_names, .cells = &cells[0][0],
};
