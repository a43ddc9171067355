/* call_machine.h: the life of one call as the line, arsd and the loss of either make it. Pure: calls.c does what follows. */
#ifndef TRUNKD_CALL_MACHINE_H
#define TRUNKD_CALL_MACHINE_H

#include "lib/fsm.h"

enum call_state {
	CALL_WAITING,            /* arsd is away; PROCEEDING has been sent, the grace runs */
	CALL_OFFERED,            /* arsd has been asked */
	CALL_ANSWERING,          /* CONNECT sent, CONNECT ACK awaited */
	CALL_UP,                 /* audio both ways */
	CALL_ENDING,             /* we cleared it; the line's last word is awaited */
	CALL_GONE,
	CALL_STATES,
};
enum call_event {
	CALL_BRAIN_UP, CALL_BRAIN_LOST,
	CALL_ANSWER, CALL_REJECT, CALL_HANG_UP, CALL_PLAY,     /* arsd */
	CALL_CONNECTED, CALL_LINE_ENDED,                       /* the line */
	CALL_SOUND,                                            /* anything from the media thread */
	CALL_KEYSTORE_UP, CALL_FIELD_CLOSED,                   /* keystored. Its loss changes no call: arsd hears of it by itself */
	CALL_TOO_LATE,                                         /* arsd did not come back, or did not decide, in time */
	CALL_FAULT,                                            /* what we did for it failed here, at our own end */
	CALL_STOP,                                             /* the process is told to end */
	CALL_EVENTS,
};
extern const struct fsm call_fsm;

#endif
