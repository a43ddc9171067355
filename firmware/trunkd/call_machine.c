#include "trunkd/call_machine.h"

static const char *const state_names[CALL_STATES] = {
	[CALL_WAITING] = "waiting", [CALL_OFFERED] = "offered", [CALL_ANSWERING] = "answering", [CALL_UP] = "up",
	[CALL_ENDING] = "ending", [CALL_GONE] = "gone",
};
static const char *const event_names[CALL_EVENTS] = {
	[CALL_BRAIN_UP] = "arsd up", [CALL_BRAIN_LOST] = "arsd lost", [CALL_ANSWER] = "answer", [CALL_REJECT] = "reject",
	[CALL_HANG_UP] = "hang up", [CALL_PLAY] = "play", [CALL_CONNECTED] = "connected", [CALL_LINE_ENDED] = "line ended",
	[CALL_SOUND] = "sound", [CALL_KEYSTORE_UP] = "keystored up", [CALL_FIELD_CLOSED] = "field closed",
	[CALL_TOO_LATE] = "too late", [CALL_FAULT] = "fault", [CALL_STOP] = "stop",
};

static const struct fsm_cell cells[CALL_STATES][CALL_EVENTS] = {
	/* An arsd that names a call it was not told of guesses, or is late: nothing happens. */
	[CALL_WAITING] = {
		[CALL_BRAIN_UP] = fsm_go(CALL_OFFERED), [CALL_BRAIN_LOST] = fsm_bug,
		[CALL_ANSWER] = fsm_ignore, [CALL_REJECT] = fsm_ignore, [CALL_HANG_UP] = fsm_ignore, [CALL_PLAY] = fsm_ignore,
		[CALL_CONNECTED] = fsm_bug, [CALL_LINE_ENDED] = fsm_go(CALL_GONE), [CALL_SOUND] = fsm_bug,
		[CALL_KEYSTORE_UP] = fsm_ignore, [CALL_FIELD_CLOSED] = fsm_ignore,
		[CALL_TOO_LATE] = fsm_go(CALL_ENDING), [CALL_FAULT] = fsm_bug, [CALL_STOP] = fsm_go(CALL_ENDING),
	},
	/* The caller still hears ringing: the next arsd may be asked as well as the first. */
	[CALL_OFFERED] = {
		[CALL_BRAIN_UP] = fsm_bug, [CALL_BRAIN_LOST] = fsm_go(CALL_WAITING),
		[CALL_ANSWER] = fsm_go(CALL_ANSWERING), [CALL_REJECT] = fsm_go(CALL_ENDING), [CALL_HANG_UP] = fsm_go(CALL_ENDING),
		[CALL_PLAY] = fsm_ignore,
		[CALL_CONNECTED] = fsm_bug, [CALL_LINE_ENDED] = fsm_go(CALL_GONE), [CALL_SOUND] = fsm_bug,
		[CALL_KEYSTORE_UP] = fsm_ignore, [CALL_FIELD_CLOSED] = fsm_ignore,
		[CALL_TOO_LATE] = fsm_go(CALL_ENDING), [CALL_FAULT] = fsm_bug, [CALL_STOP] = fsm_go(CALL_ENDING),
	},
	/* From the answer on the call is bound to the arsd that answered. When that is gone it ends, for no arsd, not even
	 * the same after a lost connection, takes up a call in the middle. */
	[CALL_ANSWERING] = {
		[CALL_BRAIN_UP] = fsm_bug, [CALL_BRAIN_LOST] = fsm_go(CALL_ENDING),
		[CALL_ANSWER] = fsm_ignore, [CALL_REJECT] = fsm_ignore, [CALL_HANG_UP] = fsm_go(CALL_ENDING), [CALL_PLAY] = fsm_ignore,
		[CALL_CONNECTED] = fsm_go(CALL_UP), [CALL_LINE_ENDED] = fsm_go(CALL_GONE), [CALL_SOUND] = fsm_bug,
		[CALL_KEYSTORE_UP] = fsm_ignore, [CALL_FIELD_CLOSED] = fsm_ignore,
		[CALL_TOO_LATE] = fsm_bug, [CALL_FAULT] = fsm_go(CALL_ENDING), [CALL_STOP] = fsm_go(CALL_ENDING),
	},
	[CALL_UP] = {
		[CALL_BRAIN_UP] = fsm_bug, [CALL_BRAIN_LOST] = fsm_go(CALL_ENDING),
		[CALL_ANSWER] = fsm_ignore, [CALL_REJECT] = fsm_ignore, [CALL_HANG_UP] = fsm_go(CALL_ENDING), [CALL_PLAY] = fsm_stay,
		[CALL_CONNECTED] = fsm_bug, [CALL_LINE_ENDED] = fsm_go(CALL_GONE), [CALL_SOUND] = fsm_stay,
		[CALL_KEYSTORE_UP] = fsm_stay, [CALL_FIELD_CLOSED] = fsm_stay,
		[CALL_TOO_LATE] = fsm_bug, [CALL_FAULT] = fsm_go(CALL_ENDING), [CALL_STOP] = fsm_go(CALL_ENDING),
	},
	/* What was on its way when we cleared the call; a CONNECT ACK may cross our DISCONNECT. */
	[CALL_ENDING] = {
		[CALL_BRAIN_UP] = fsm_ignore, [CALL_BRAIN_LOST] = fsm_ignore,
		[CALL_ANSWER] = fsm_ignore, [CALL_REJECT] = fsm_ignore, [CALL_HANG_UP] = fsm_ignore, [CALL_PLAY] = fsm_ignore,
		[CALL_CONNECTED] = fsm_ignore, [CALL_LINE_ENDED] = fsm_go(CALL_GONE), [CALL_SOUND] = fsm_ignore,
		[CALL_KEYSTORE_UP] = fsm_ignore, [CALL_FIELD_CLOSED] = fsm_ignore,
		[CALL_TOO_LATE] = fsm_bug, [CALL_FAULT] = fsm_ignore, [CALL_STOP] = fsm_ignore,
	},
	/* A call that is gone is in no list any more: nothing finds it. */
	[CALL_GONE] = {
		[CALL_BRAIN_UP] = fsm_bug, [CALL_BRAIN_LOST] = fsm_bug,
		[CALL_ANSWER] = fsm_bug, [CALL_REJECT] = fsm_bug, [CALL_HANG_UP] = fsm_bug, [CALL_PLAY] = fsm_bug,
		[CALL_CONNECTED] = fsm_bug, [CALL_LINE_ENDED] = fsm_bug, [CALL_SOUND] = fsm_bug,
		[CALL_KEYSTORE_UP] = fsm_bug, [CALL_FIELD_CLOSED] = fsm_bug, [CALL_TOO_LATE] = fsm_bug,
		[CALL_FAULT] = fsm_bug, [CALL_STOP] = fsm_bug,
	},
};

const struct fsm call_fsm = {
	.name = "call", .states = CALL_STATES, .events = CALL_EVENTS, .start = CALL_WAITING,
	.state_names = state_names, .event_names = event_names, .cells = &cells[0][0],
};
