/* trunkd_world_priv.h: the inside of trunkd_world.c (files, turns, life) and trunkd_world_sides.c. */
#ifndef TEST_TRUNKD_WORLD_PRIV_H
#define TEST_TRUNKD_WORLD_PRIV_H

#include "tests/unit/trunkd_world.h"

enum {
	WORLD_MS = DSP_RATE / 1000,           /* in samples */
	WORLD_TICK_EVERY_MS = 1,             /* twenty times as fast as a real line */
};

/* Makes the carrier, and its line is up. */
void world_carrier_new(struct world *w, const struct pri_port_config *port);
/* What there is to read and to send now. */
void world_carrier_turn(struct world *w);
void world_arsd_turn(struct world *w);
void world_keystored_turn(struct world *w);

#endif
