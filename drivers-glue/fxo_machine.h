/* fxo_machine.h: the life of one analog line, subscriber's end, as one table. Pure: fxo_port.c does what follows. */
#ifndef GLUE_FXO_MACHINE_H
#define GLUE_FXO_MACHINE_H

#include "lib/fsm.h"

enum fxo_state {
	FXO_OUT,                 /* no card, or no battery */
	FXO_IDLE,
	FXO_PRIMED,              /* before the first ring: the caller's number, or a reversal that announces it */
	FXO_RINGING,             /* the caller's number is awaited */
	FXO_OFFERED,             /* somebody decides whether to answer */
	FXO_ANSWERING,           /* the card closes the loop */
	FXO_UP,
	FXO_LEAVING,             /* the card opens the loop */
	FXO_GUARD,               /* on hook; what still comes belongs to the call that ended */
	FXO_REFUSED,             /* not to be answered: an analog line can only ring until the caller gives up */
	FXO_STATES,
};
enum fxo_event {
	FXO_EV_RING, FXO_EV_NUMBER, FXO_EV_POLARITY, FXO_EV_BATTERY_LOST,
	FXO_EV_GONE,             /* busy tone, silence */
	FXO_EV_ANSWER, FXO_EV_HANG_UP,
	FXO_EV_OFF_HOOK, FXO_EV_ON_HOOK, FXO_EV_FAILED,
	FXO_EV_TIME,             /* the state's time is up */
	FXO_EV_ALARM, FXO_EV_CLEAR,
	FXO_EVENTS,
};
extern const struct fsm fxo_fsm;

#endif
