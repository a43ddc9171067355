/* reconcile.h: each day held against the list that each gateway gives of it: what we know and they do not (missing), what they
 * know and we do not (extra), other amounts, other states. What has no definite end with us yet is a class of its own (unknown).
 * A list that cannot be had is asked for again, then alarmed about; the day is never called clean without it.
 *
 * A page of the list is compared as it comes, and our side follows in pieces, a piece a tick: no call waits for it. Nothing is
 * stored before the end: after a crash the day is still due. */
#ifndef ARSD_RECONCILE_H
#define ARSD_RECONCILE_H

#include "arsd/arsd.h"
#include "json/json.h"
#include "store/reconciliations.h"

/* Starts with a day, if none is under way. ERR_STATE: one is. ERR_INVALID: it is no day, or has not begun. */
int reconcile_start(struct arsd *a, const char *day) MUST_CHECK;
void reconcile_listed(struct arsd *a, const struct uplink_pg_list_result *m);
/* Begins with the day that is due, sends what is to be asked again, goes on with our side. */
void reconcile_tick(struct arsd *a);
void reconcile_uplink_lost(struct arsd *a);
void reconcile_free(struct reconcile **r);

/* Whoever asked by callkey waits for the end of the run under way. */
void reconcile_wait(struct arsd *a, uint64_t peer, uint64_t req);
/* The report of a day; m NULL: all of it, else what concerns the merchant, from its own gateway and those of its mode that did something of it
 * on that day. rows_max: how many differences. The caller's; NULL: there is none. */
json_t *reconcile_report(struct arsd *a, const char *day, const struct merchant *m, int rows_max);
/* The gateways of the other mode, as store_reconciliation_status() wants them; m NULL: "". */
enum { RECONCILE_EXCEPT_SIZE = 16 * 32 + 2 };
const char *reconcile_except(const struct arsd *a, const struct merchant *m, char except[RECONCILE_EXCEPT_SIZE]);
/* One difference as merchants and operators see it. */
json_t *reconcile_render_row(const struct reconciliation_row *row);
/* Its differences as CSV (RFC 4180), malloc'd, the caller's; NULL without memory. With more than rows_max a last line, of the class cut,
 * says where the others are. */
char *reconcile_csv(struct arsd *a, const char *day, const char *merchant, int rows_max);
/* "YYYY-MM-DD", a day that there is. */
bool reconcile_is_day(const char *text);

#endif
