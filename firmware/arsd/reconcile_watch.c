#include "arsd/reconcile_watch.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "arsd/reconcile_priv.h"
#include "arsd/render.h"
#include "lib/log.h"

enum { LOOK_EVERY_MS = 60000, DAYS_BACK = 31, FAILED_AGAIN_MS = 6 * 3600 * 1000, DIFFERS_AGAIN_MS = 23 * 3600 * 1000 };

/* ---- days ---- */

bool reconcile_due_days(struct arsd *a, int64_t *oldest, int64_t *newest)
{
	int64_t minute = (a->wall.ms + reconcile_korea_ms) % reconcile_day_ms / 60000, today = reconcile_day_number(a->wall);
	struct wall first;

	if (a->set.reconcile_minute < 0 || a->set.pg_count == 0 || store_first_merchant(a->store, &first) < 0)
		return false;
	*newest = today - (minute >= a->set.reconcile_minute ? 1 : 2);
	*oldest = *newest - DAYS_BACK + 1;
	if (*oldest < reconcile_day_number(first))
		*oldest = reconcile_day_number(first);
	return true;
}

/* A difference may be settled by the gateway, or by our own answer that was still to come. */
static bool is_to_be_done_again(const struct arsd *a, const struct reconciliation *k)
{
	int64_t age_ms = a->wall.ms - k->ended.ms;

	if (!k->day_over)
		return true;
	if (k->acknowledged.ms != 0)
		return false;
	return strcmp(k->state, "failed") == 0 ? age_ms >= FAILED_AGAIN_MS : k->differences > 0 && age_ms >= DIFFERS_AGAIN_MS;
}

bool reconcile_is_settled(struct arsd *a, const char *day)
{
	struct reconciliation k;

	for (int i = 0; i < a->set.pg_count; i++) {
		int e = store_reconciliation_get(a->store, day, a->set.pgs[i], &k);

		if (e < 0 && e != ERR_NOT_FOUND)
			return true;
		if (e == ERR_NOT_FOUND || is_to_be_done_again(a, &k))
			return false;
	}
	return true;
}

/* Was it compared after what was found, or is it not yet to be tried again? *ended: with a list. */
static bool is_compared_since(struct arsd *a, const char *day, struct wall found, bool *ended)
{
	struct reconciliation k;

	for (int i = 0; i < a->set.pg_count; i++) {
		if (store_reconciliation_get(a->store, day, a->set.pgs[i], &k) < 0 || k.started.ms < found.ms)
			return false;
		if (strcmp(k.state, "failed") == 0 && k.acknowledged.ms == 0) {
			*ended = false;
			if (a->wall.ms - k.ended.ms >= FAILED_AGAIN_MS)
				return false;
		}
	}
	return true;
}

bool reconcile_damaged_day(struct arsd *a, char day[DAY_SIZE])
{
	struct wall since, found;
	int64_t first, last;
	bool ended = true;

	if (a->set.pg_count == 0 || store_damage_open(a->store, &since, &found) < 0)
		return false;
	last = reconcile_day_number(found);
	first = reconcile_day_number(since);
	for (int64_t n = first < last - DAYS_BACK ? last - DAYS_BACK : first; n <= last; n++) {
		reconcile_print_day(n, day);
		if (!is_compared_since(a, day, found, &ended))
			return true;
	}
	if (ended && store_damages_compared(a->store, a->wall) == 0)
		log_warn("store_damage_compared", "alarm=store hint=\"what the gateways know and the store has lost is open as differences: callkey status\"");
	return false;
}

/* Was the list of each gateway had after the day, or is that somebody's care? */
static bool is_compared(struct arsd *a, const char *day)
{
	struct reconciliation k;

	for (int i = 0; i < a->set.pg_count; i++) {
		int e = store_reconciliation_get(a->store, day, a->set.pgs[i], &k);

		if (e < 0)
			return e != ERR_NOT_FOUND;
		if (k.acknowledged.ms == 0 && (!k.day_over || strcmp(k.state, "failed") == 0))
			return false;
	}
	return true;
}

/* ---- the alarm ---- */

static void count_behind(struct arsd *a, struct reconcile_watch *w)
{
	int64_t oldest, newest;
	char day[DAY_SIZE];

	if (!reconcile_due_days(a, &oldest, &newest))
		return;
	for (int64_t n = oldest; n <= newest; n++) {
		reconcile_print_day(n, day);
		if (is_compared(a, day))
			continue;
		w->behind++;
		w->overdue += newest - n >= a->set.reconcile_overdue_days;
		if (w->oldest[0] == '\0' || strcmp(day, w->oldest) < 0)
			snprintf(w->oldest, sizeof(w->oldest), "%s", day);
	}
}

static void tell(const struct reconcile_watch *w, bool was)
{
	if (w->alarm && !was)
		log_error("reconciliation_open", "alarm=reconciliation differing_days=%" PRId64 " differences=%" PRId64 " failed_days=%" PRId64
		          " overdue_days=%" PRId64 " oldest=%s hint=\"callkey reconciliation %s; it stays until it is settled or acknowledged\"",
		          w->differing, w->differences, w->failed, w->overdue, w->oldest, w->oldest);
	else if (was && !w->alarm)
		log_warn("reconciliation_settled", "alarm=reconciliation hint=\"nothing is open any more\"");
}

void reconcile_watch_look(struct arsd *a)
{
	struct reconcile_watch w = { .look_at = mono_add_ms(a->mono, LOOK_EVERY_MS), .oldest = "" };
	struct reconciliations_open open;

	if (store_reconciliations_open(a->store, &open) < 0) {
		a->reconcile_watch.look_at = w.look_at;
		log_error("reconcile_watch", "error=store");
		return;
	}
	w.differing = open.differing;
	w.differences = open.differences;
	w.failed = open.failed;
	snprintf(w.oldest, sizeof(w.oldest), "%s", open.oldest);
	count_behind(a, &w);
	w.alarm = w.differing > 0 || w.failed > 0 || w.overdue > 0;
	metrics_set(&a->metrics, M_RECONCILE_DIFFERENCES, w.differences);
	metrics_set(&a->metrics, M_RECONCILE_FAILING, w.failed);
	metrics_set(&a->metrics, M_RECONCILE_BEHIND, w.behind);
	metrics_set(&a->metrics, M_RECONCILE_ALARM, w.alarm);
	tell(&w, a->reconcile_watch.alarm);
	a->reconcile_watch = w;
}

void reconcile_watch_tick(struct arsd *a)
{
	if (mono_diff_ms(a->reconcile_watch.look_at, a->mono) >= 0)
		reconcile_watch_look(a);
}

json_t *reconcile_watch_show(const struct arsd *a)
{
	const struct reconcile_watch *w = &a->reconcile_watch;

	return json_pack("{s:b, s:I, s:I, s:I, s:I, s:I, s:o}", "alarm", (int)w->alarm, "differing_days", (json_int_t)w->differing, "differences",
	                 (json_int_t)w->differences, "failed_days", (json_int_t)w->failed, "days_behind", (json_int_t)w->behind, "overdue_days",
	                 (json_int_t)w->overdue, "oldest", render_text(w->oldest));
}
