/* reconcile_watch.h: what of the days is open: differences with a gateway's list that are neither settled nor acknowledged, lists that
 * could not be had, days that nobody has compared. There is an alarm as long as anything of it is. */
#ifndef ARSD_RECONCILE_WATCH_H
#define ARSD_RECONCILE_WATCH_H

#include "arsd/arsd.h"
#include "json/json.h"

/* Looks anew, raises or ends the alarm: when a day was compared or acknowledged, and once a minute. */
void reconcile_watch_look(struct arsd *a);
void reconcile_watch_tick(struct arsd *a);
/* For status and health. */
json_t *reconcile_watch_show(const struct arsd *a);

/* Are all lists of the day had, and what came of them settled, acknowledged, or of so late that it need not be done again yet? */
bool reconcile_is_settled(struct arsd *a, const char *day);
/* Turns of the store were lost: the next day, from that of the last thing it still knows to that of the finding, whose lists have not been
 * compared since. False: none. */
bool reconcile_damaged_day(struct arsd *a, char day[11]);
/* The newest day whose hour has come, and the oldest one that is looked at, as days since 1970. False: nothing is due by itself. */
bool reconcile_due_days(struct arsd *a, int64_t *oldest, int64_t *newest);

#endif
