#include "drivers-glue/fxo_machine.h"

static const char *const state_names[FXO_STATES] = {
	[FXO_OUT] = "out", [FXO_IDLE] = "idle", [FXO_PRIMED] = "primed", [FXO_RINGING] = "ringing", [FXO_OFFERED] = "offered",
	[FXO_ANSWERING] = "answering", [FXO_UP] = "up", [FXO_LEAVING] = "leaving", [FXO_GUARD] = "guard", [FXO_REFUSED] = "refused",
};
static const char *const event_names[FXO_EVENTS] = {
	[FXO_EV_RING] = "ring", [FXO_EV_NUMBER] = "number", [FXO_EV_POLARITY] = "polarity", [FXO_EV_BATTERY_LOST] = "battery lost",
	[FXO_EV_GONE] = "gone", [FXO_EV_ANSWER] = "answer", [FXO_EV_HANG_UP] = "hang up", [FXO_EV_OFF_HOOK] = "off hook",
	[FXO_EV_ON_HOOK] = "on hook", [FXO_EV_FAILED] = "failed", [FXO_EV_TIME] = "time", [FXO_EV_ALARM] = "alarm",
	[FXO_EV_CLEAR] = "clear",
};

static const struct fsm_cell cells[FXO_STATES][FXO_EVENTS] = {
	/* A line that rings is alive, whatever was said of its battery. */
	[FXO_OUT] = {
		[FXO_EV_RING] = fsm_go(FXO_RINGING), [FXO_EV_NUMBER] = fsm_ignore, [FXO_EV_POLARITY] = fsm_ignore,
		[FXO_EV_BATTERY_LOST] = fsm_ignore, [FXO_EV_GONE] = fsm_ignore, [FXO_EV_ANSWER] = fsm_bug, [FXO_EV_HANG_UP] = fsm_bug,
		[FXO_EV_OFF_HOOK] = fsm_ignore, [FXO_EV_ON_HOOK] = fsm_ignore, [FXO_EV_FAILED] = fsm_ignore, [FXO_EV_TIME] = fsm_bug,
		[FXO_EV_ALARM] = fsm_ignore, [FXO_EV_CLEAR] = fsm_go(FXO_IDLE),
	},
	[FXO_IDLE] = {
		[FXO_EV_RING] = fsm_go(FXO_RINGING), [FXO_EV_NUMBER] = fsm_go(FXO_PRIMED), [FXO_EV_POLARITY] = fsm_go(FXO_PRIMED),
		[FXO_EV_BATTERY_LOST] = fsm_ignore, [FXO_EV_GONE] = fsm_ignore, [FXO_EV_ANSWER] = fsm_bug, [FXO_EV_HANG_UP] = fsm_bug,
		[FXO_EV_OFF_HOOK] = fsm_ignore, [FXO_EV_ON_HOOK] = fsm_ignore, [FXO_EV_FAILED] = fsm_ignore, [FXO_EV_TIME] = fsm_bug,
		[FXO_EV_ALARM] = fsm_go(FXO_OUT), [FXO_EV_CLEAR] = fsm_ignore,
	},
	[FXO_PRIMED] = {
		[FXO_EV_RING] = fsm_go(FXO_RINGING), [FXO_EV_NUMBER] = fsm_stay, [FXO_EV_POLARITY] = fsm_ignore,
		[FXO_EV_BATTERY_LOST] = fsm_ignore, [FXO_EV_GONE] = fsm_ignore, [FXO_EV_ANSWER] = fsm_bug, [FXO_EV_HANG_UP] = fsm_bug,
		[FXO_EV_OFF_HOOK] = fsm_ignore, [FXO_EV_ON_HOOK] = fsm_ignore, [FXO_EV_FAILED] = fsm_ignore,
		[FXO_EV_TIME] = fsm_go(FXO_IDLE), [FXO_EV_ALARM] = fsm_go(FXO_OUT), [FXO_EV_CLEAR] = fsm_ignore,
	},
	[FXO_RINGING] = {
		[FXO_EV_RING] = fsm_ignore, [FXO_EV_NUMBER] = fsm_go(FXO_OFFERED), [FXO_EV_POLARITY] = fsm_ignore,
		[FXO_EV_BATTERY_LOST] = fsm_ignore, [FXO_EV_GONE] = fsm_ignore, [FXO_EV_ANSWER] = fsm_bug, [FXO_EV_HANG_UP] = fsm_bug,
		[FXO_EV_OFF_HOOK] = fsm_ignore, [FXO_EV_ON_HOOK] = fsm_ignore, [FXO_EV_FAILED] = fsm_ignore,
		[FXO_EV_TIME] = fsm_go(FXO_OFFERED), [FXO_EV_ALARM] = fsm_go(FXO_OUT), [FXO_EV_CLEAR] = fsm_ignore,
	},
	/* Its time is up when no ring has come for longer than any cadence pauses: the caller gave up. */
	[FXO_OFFERED] = {
		[FXO_EV_RING] = fsm_stay, [FXO_EV_NUMBER] = fsm_ignore, [FXO_EV_POLARITY] = fsm_ignore,
		[FXO_EV_BATTERY_LOST] = fsm_ignore, [FXO_EV_GONE] = fsm_ignore, [FXO_EV_ANSWER] = fsm_go(FXO_ANSWERING),
		[FXO_EV_HANG_UP] = fsm_go(FXO_REFUSED), [FXO_EV_OFF_HOOK] = fsm_ignore, [FXO_EV_ON_HOOK] = fsm_ignore,
		[FXO_EV_FAILED] = fsm_ignore, [FXO_EV_TIME] = fsm_go(FXO_IDLE), [FXO_EV_ALARM] = fsm_go(FXO_OUT),
		[FXO_EV_CLEAR] = fsm_ignore,
	},
	/* Exchanges reverse the battery at the answer; a ring's end may still be on its way. */
	[FXO_ANSWERING] = {
		[FXO_EV_RING] = fsm_ignore, [FXO_EV_NUMBER] = fsm_ignore, [FXO_EV_POLARITY] = fsm_ignore,
		[FXO_EV_BATTERY_LOST] = fsm_go(FXO_GUARD), [FXO_EV_GONE] = fsm_ignore, [FXO_EV_ANSWER] = fsm_bug,
		[FXO_EV_HANG_UP] = fsm_go(FXO_LEAVING), [FXO_EV_OFF_HOOK] = fsm_go(FXO_UP), [FXO_EV_ON_HOOK] = fsm_ignore,
		[FXO_EV_FAILED] = fsm_go(FXO_GUARD), [FXO_EV_TIME] = fsm_go(FXO_GUARD), [FXO_EV_ALARM] = fsm_go(FXO_OUT),
		[FXO_EV_CLEAR] = fsm_ignore,
	},
	[FXO_UP] = {
		[FXO_EV_RING] = fsm_ignore, [FXO_EV_NUMBER] = fsm_ignore, [FXO_EV_POLARITY] = fsm_go(FXO_GUARD),
		[FXO_EV_BATTERY_LOST] = fsm_go(FXO_GUARD), [FXO_EV_GONE] = fsm_go(FXO_GUARD), [FXO_EV_ANSWER] = fsm_bug,
		[FXO_EV_HANG_UP] = fsm_go(FXO_LEAVING), [FXO_EV_OFF_HOOK] = fsm_ignore, [FXO_EV_ON_HOOK] = fsm_ignore,
		[FXO_EV_FAILED] = fsm_ignore, [FXO_EV_TIME] = fsm_bug, [FXO_EV_ALARM] = fsm_go(FXO_OUT), [FXO_EV_CLEAR] = fsm_ignore,
	},
	[FXO_LEAVING] = {
		[FXO_EV_RING] = fsm_ignore, [FXO_EV_NUMBER] = fsm_ignore, [FXO_EV_POLARITY] = fsm_ignore,
		[FXO_EV_BATTERY_LOST] = fsm_ignore, [FXO_EV_GONE] = fsm_ignore, [FXO_EV_ANSWER] = fsm_bug,
		[FXO_EV_HANG_UP] = fsm_ignore, [FXO_EV_OFF_HOOK] = fsm_ignore, [FXO_EV_ON_HOOK] = fsm_go(FXO_GUARD),
		[FXO_EV_FAILED] = fsm_go(FXO_GUARD), [FXO_EV_TIME] = fsm_go(FXO_GUARD), [FXO_EV_ALARM] = fsm_go(FXO_OUT),
		[FXO_EV_CLEAR] = fsm_ignore,
	},
	[FXO_GUARD] = {
		[FXO_EV_RING] = fsm_go(FXO_RINGING), [FXO_EV_NUMBER] = fsm_ignore, [FXO_EV_POLARITY] = fsm_ignore,
		[FXO_EV_BATTERY_LOST] = fsm_ignore, [FXO_EV_GONE] = fsm_ignore, [FXO_EV_ANSWER] = fsm_bug, [FXO_EV_HANG_UP] = fsm_bug,
		[FXO_EV_OFF_HOOK] = fsm_ignore, [FXO_EV_ON_HOOK] = fsm_ignore, [FXO_EV_FAILED] = fsm_ignore,
		[FXO_EV_TIME] = fsm_go(FXO_IDLE), [FXO_EV_ALARM] = fsm_go(FXO_OUT), [FXO_EV_CLEAR] = fsm_ignore,
	},
	/* The call has ended for its owner with the card's word, or at the latest with the last ring. */
	[FXO_REFUSED] = {
		[FXO_EV_RING] = fsm_stay, [FXO_EV_NUMBER] = fsm_ignore, [FXO_EV_POLARITY] = fsm_ignore,
		[FXO_EV_BATTERY_LOST] = fsm_ignore, [FXO_EV_GONE] = fsm_ignore, [FXO_EV_ANSWER] = fsm_bug,
		[FXO_EV_HANG_UP] = fsm_ignore, [FXO_EV_OFF_HOOK] = fsm_ignore, [FXO_EV_ON_HOOK] = fsm_stay,
		[FXO_EV_FAILED] = fsm_stay, [FXO_EV_TIME] = fsm_go(FXO_IDLE), [FXO_EV_ALARM] = fsm_go(FXO_OUT),
		[FXO_EV_CLEAR] = fsm_ignore,
	},
};

const struct fsm fxo_fsm = {
	.name = "analog line", .states = FXO_STATES, .events = FXO_EVENTS, .start = FXO_OUT,
	.state_names = state_names, .event_names = event_names, .cells = &cells[0][0],
};
