/* analog.h: analog lines as the command line sees them: what trunkd tells of each, and its lock. */
#ifndef ARSD_ANALOG_H
#define ARSD_ANALOG_H

#include "arsd/arsd.h"
#include "json/json.h"

struct refusal;

void analog_keep(struct arsd *a, const struct callctl_span_lines *m);
/* A trunkd is new: it is told which lines are locked. It is lost: what it told is forgotten, locks are not. */
void analog_trunkd_up(struct arsd *a);
void analog_trunkd_down(void);

/* Whether trunkd told of lines of this span. */
bool analog_is(unsigned span);
/* {"used":[1,2],"ringing":[..],"in_call":[..],"no_battery":[..],"locked":[..],"refused_locked":n}, channels of the span; null for
 * a span that is none of analog lines, or of which nothing was told. */
json_t *analog_state(unsigned span);
/* channel 0: all of the span. As a verb (admin_priv.h). */
int analog_lock(struct arsd *a, unsigned span, unsigned channel, bool on, json_t **o, struct refusal *r);

#endif
