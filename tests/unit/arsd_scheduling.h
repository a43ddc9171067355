/* arsd_scheduling.h: schedules, their runs, and time that goes by, for the tests of them. */
#ifndef TESTS_ARSD_SCHEDULING_H
#define TESTS_ARSD_SCHEDULING_H

#include "arsd_world.h"
#include "store/schedules.h"

static const char phone[] = "01012345678";
/* The world begins on 2026-09-21 at 23:13:20 in Korea. */
static const int64_t hour = 3600000, day = 24 * INT64_C(3600000);

/* For 9,900 won without a call: every "month" on day n, or every n "days". */
struct api_msg *scheduling_wanted(struct id key, const char *every, uint32_t n, const char *starts_on);
struct id scheduling_made(struct world *w, const struct api_msg *asked);
/* Something about the schedule or another thing of that id, which has this status. */
void scheduling_ask(struct world *w, enum api_type type, const char *id, unsigned status);
struct schedule scheduling_get(struct world *w, struct id id);
/* The appliance sleeps, or the test does. */
void scheduling_sleep(struct world *w, int64_t ms);
/* Payments that were sent to the PG, and all that it is asked is answered. */
extern int scheduling_paid;
void scheduling_pg_pays(struct world *w);
void scheduling_go_on(struct world *w, int64_t ms);

struct runs { struct request r[64]; int count; };
/* Newest first. */
struct runs *scheduling_runs(struct world *w, struct id schedule);
/* A world with a registered card. */
struct world *scheduling_world(const char *settings, struct id *key);

#endif
