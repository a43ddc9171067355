/* history.h: how good a span's seconds were, in quarters of an hour, for a day: errored (ES), severely errored (SES) and
 * unavailable (UAS) seconds as ITU-T G.826 means them. The 10 seconds that begin unavailability count as unavailable, the 10
 * that end it do not; while a span is unavailable nothing else is counted. Pure; in memory.
 *
 * Drivers count no more than 255 errors a second, so the thresholds of G.826 cannot be seen (805 CRC4 errors come as 37): a
 * second is severely errored when the line was in an alarm that loses what it carries. Errors that a driver counts are kept beside
 * the seconds as they come, in an alarm too. */
#ifndef TRUNKD_HISTORY_H
#define TRUNKD_HISTORY_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/clock.h"

enum { HISTORY_BINS = 96, HISTORY_QUARTER_S = 900, HISTORY_DECIDE_S = 10 };

enum history_error { HISTORY_CODE_VIOLATIONS, HISTORY_CRC_ERRORS, HISTORY_E_BITS, HISTORY_FRAMING_ERRORS, HISTORY_SLIPS, HISTORY_ERRORS };

/* seconds: that were looked at; a whole quarter has 900. quarter: of an hour, since 1970; 0: none. measured: bit n: errors[n] was
 * counted by a driver in some of it; errors stay at UINT32_MAX. */
struct history_bin { int64_t quarter; uint32_t seconds, es, ses, uas, measured, errors[HISTORY_ERRORS]; };

struct history {
	struct history_bin bins[HISTORY_BINS];        /* by quarter, modulo */
	int64_t latest;
	bool unavailable;
	struct history_second { int64_t quarter; bool es, ses; } waiting[HISTORY_DECIDE_S];
	int waiting_count;
};

/* es: an error or an alarm was in this second; ses: an alarm that loses what the line carries. */
void history_second(struct history *h, bool es, bool ses, struct wall now);
/* What the driver counted more in the last history_second(), of what it measures. */
void history_errors(struct history *h, uint32_t measured, const uint64_t more[HISTORY_ERRORS]);
/* Of the quarter that runs. Seconds that are not decided yet are not in it. */
void history_quarter(const struct history *h, struct history_bin *out);
/* Of one quarter of the last 24 hours. False: nothing of it was looked at. */
bool history_at(const struct history *h, int64_t quarter, struct history_bin *out);

#endif
