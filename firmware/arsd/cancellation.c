#include "arsd/cancellation.h"

static const char *const state_names[CANCELLATION_STATES] = {
	[CANCELLATION_REQUESTED] = "requested", [CANCELLATION_SENT] = "sent", [CANCELLATION_UNKNOWN] = "unknown",
	[CANCELLATION_SENT_AGAIN] = "sent_again", [CANCELLATION_DOUBTED] = "doubted", [CANCELLATION_SUCCEEDED] = "succeeded",
	[CANCELLATION_DECLINED] = "declined", [CANCELLATION_FAILED] = "failed",
};
static const char *const event_names[CANCELLATION_EVENTS] = {
	[CANCELLATION_SEND] = "send", [CANCELLATION_NOT_SENT] = "not sent", [CANCELLATION_GIVE_UP] = "give up",
	[CANCELLATION_OK] = "ok", [CANCELLATION_NO] = "declined", [CANCELLATION_NO_ANSWER] = "no answer",
	[CANCELLATION_NOT_FOUND] = "not found",
};

#define SETTLED { \
	[CANCELLATION_SEND] = fsm_bug, [CANCELLATION_NOT_SENT] = fsm_ignore, [CANCELLATION_GIVE_UP] = fsm_ignore, \
	[CANCELLATION_OK] = fsm_ignore, [CANCELLATION_NO] = fsm_ignore, [CANCELLATION_NO_ANSWER] = fsm_ignore, \
	[CANCELLATION_NOT_FOUND] = fsm_ignore }

static const struct fsm_cell cells[CANCELLATION_STATES][CANCELLATION_EVENTS] = {
	[CANCELLATION_REQUESTED] = {
		[CANCELLATION_SEND] = fsm_go(CANCELLATION_SENT), [CANCELLATION_NOT_SENT] = fsm_stay,
		[CANCELLATION_GIVE_UP] = fsm_go(CANCELLATION_FAILED), [CANCELLATION_OK] = fsm_bug, [CANCELLATION_NO] = fsm_bug,
		[CANCELLATION_NO_ANSWER] = fsm_bug, [CANCELLATION_NOT_FOUND] = fsm_bug,
	},
	[CANCELLATION_SENT] = {
		[CANCELLATION_SEND] = fsm_bug, [CANCELLATION_NOT_SENT] = fsm_go(CANCELLATION_REQUESTED), [CANCELLATION_GIVE_UP] = fsm_bug,
		[CANCELLATION_OK] = fsm_go(CANCELLATION_SUCCEEDED), [CANCELLATION_NO] = fsm_go(CANCELLATION_DECLINED),
		[CANCELLATION_NO_ANSWER] = fsm_go(CANCELLATION_UNKNOWN), [CANCELLATION_NOT_FOUND] = fsm_bug,
	},
	[CANCELLATION_UNKNOWN] = {
		[CANCELLATION_SEND] = fsm_bug, [CANCELLATION_NOT_SENT] = fsm_stay, [CANCELLATION_GIVE_UP] = fsm_bug,
		[CANCELLATION_OK] = fsm_go(CANCELLATION_SUCCEEDED), [CANCELLATION_NO] = fsm_go(CANCELLATION_DECLINED),
		[CANCELLATION_NO_ANSWER] = fsm_stay, [CANCELLATION_NOT_FOUND] = fsm_go(CANCELLATION_SENT_AGAIN),
	},
	[CANCELLATION_SENT_AGAIN] = {
		/* The first one may still be under way: that this one was not sent says nothing of it. */
		[CANCELLATION_SEND] = fsm_bug, [CANCELLATION_NOT_SENT] = fsm_go(CANCELLATION_UNKNOWN), [CANCELLATION_GIVE_UP] = fsm_bug,
		[CANCELLATION_OK] = fsm_go(CANCELLATION_SUCCEEDED), [CANCELLATION_NO] = fsm_go(CANCELLATION_DOUBTED),
		[CANCELLATION_NO_ANSWER] = fsm_go(CANCELLATION_UNKNOWN), [CANCELLATION_NOT_FOUND] = fsm_bug,
	},
	[CANCELLATION_DOUBTED] = {
		/* A PG that does not know it after its no has not kept the no. */
		[CANCELLATION_SEND] = fsm_bug, [CANCELLATION_NOT_SENT] = fsm_stay, [CANCELLATION_GIVE_UP] = fsm_bug,
		[CANCELLATION_OK] = fsm_go(CANCELLATION_SUCCEEDED), [CANCELLATION_NO] = fsm_go(CANCELLATION_DECLINED),
		[CANCELLATION_NO_ANSWER] = fsm_stay, [CANCELLATION_NOT_FOUND] = fsm_go(CANCELLATION_DECLINED),
	},
	[CANCELLATION_SUCCEEDED] = SETTLED, [CANCELLATION_DECLINED] = SETTLED, [CANCELLATION_FAILED] = SETTLED,
};

const struct fsm cancellation_fsm = {
	.name = "cancellation", .states = CANCELLATION_STATES, .events = CANCELLATION_EVENTS, .start = CANCELLATION_REQUESTED,
	.state_names = state_names, .event_names = event_names, .cells = &cells[0][0],
};
