/* supervise.h: what a span's seconds add up to: alarms that are believed only after a while, since when and how often; counters
 * that go on when the driver's start anew; and what a person should do about it. Pure: the clocks are the caller's. It
 * decides nothing about calls: those go by the line itself, at once. */
#ifndef TRUNKD_SUPERVISE_H
#define TRUNKD_SUPERVISE_H

#include <stdbool.h>
#include <stdint.h>

#include "drivers-glue/trunk.h"
#include "lib/clock.h"

struct supervise_config { int raise_ms, clear_ms; };

/* One second of a span. */
struct supervise_input {
	struct trunk_status status;
	uint32_t alarms;              /* of the line, also where no driver tells them */
	bool dchan_up;
	uint64_t ticks;               /* since the start */
};

/* Sums of the minute that runs and of the one before. */
struct supervise_minutes { uint32_t now, before; };

struct supervise {
	struct supervise_config config;
	bool started, raised;
	uint32_t alarms;              /* as last seen */
	struct mono changed;          /* from none to some, or back */
	struct wall since, first;     /* since: of the alarm that is raised, or was last. first: when alarms became some */
	uint32_t times;
	uint32_t seen[TRUNK_MEASURES];
	uint64_t total[TRUNK_MEASURES];
	struct supervise_minutes recent[TRUNK_MEASURES], hdlc, media, no_echo;
	uint64_t hdlc_seen, media_seen, no_echo_seen, ticks;
	struct mono minute, ticked, dchan_lost;
};

void supervise_init(struct supervise *s, const struct supervise_config *config);
/* Once a second. True: the alarm was raised or cleared by it. */
bool supervise_second(struct supervise *s, const struct supervise_input *in, struct mono now, struct wall wall);
/* What to do, "" when nothing is wrong. in: of the last second. Never NULL. */
const char *supervise_advice(const struct supervise *s, const struct supervise_input *in, struct mono now);

#endif
