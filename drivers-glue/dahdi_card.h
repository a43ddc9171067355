/* dahdi_card.h: what a span of a card has whatever its channels carry: its two ways to the driver, when it is tried again, why it
 * cannot be used, what it counts, what the driver says of it. For dahdi.c and fxo_card.c. */
#ifndef GLUE_DAHDI_CARD_H
#define GLUE_DAHDI_CARD_H

#include <stdatomic.h>

#include "drivers-glue/trunk.h"
#include "lib/clock.h"

struct dahdi_card {
	int span;
	int control_fd, watch_fd;             /* of the media thread, of the control thread; -1: not open yet */
	struct mono next_try;
	int backoff_ms;
	_Atomic int fault, fault_slot;
	_Atomic uint64_t counts[TRUNK_COUNTS];
};

/* ERR_INVALID: the driver has no such number. */
int dahdi_card_init(struct dahdi_card *c, int span) MUST_CHECK;
void dahdi_card_close(struct dahdi_card *c);

/* ---- on the media thread ---- */
void dahdi_card_count(struct dahdi_card *c, enum trunk_count which, uint64_t n);
/* What a failed open means for the span: of the codes of dahdi_chan_open_audio(). */
enum trunk_fault dahdi_card_fault(int e);
/* Opens the way to the driver, if that is not done. */
int dahdi_card_control(struct dahdi_card *c) MUST_CHECK;
/* It cannot be used now. What costs one system call to try is tried at one pace; what opens channels, ever more rarely. */
void dahdi_card_failed(struct dahdi_card *c, struct mono now, enum trunk_fault fault, int slot);
/* It is in use; the next failure begins at the shortest wait. */
void dahdi_card_up(struct dahdi_card *c);

/* ---- on the control thread ---- */
/* Fills out with the driver's word and what is counted here. want_echo: timeslots that are to have an echo canceller, as bits. */
void dahdi_card_watch(struct dahdi_card *c, uint32_t want_echo, struct trunk_status *out);

#endif
