#include "arsd/reconcile_priv.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "arsd/admin_priv.h"
#include "arsd/events.h"
#include "arsd/reconcile_watch.h"
#include "lib/log.h"

enum { LOOK_EVERY_MS = 1000, LATE_MS = 120000 };
const int64_t reconcile_day_ms = INT64_C(86400000), reconcile_korea_ms = INT64_C(9) * 3600 * 1000;
static const uint64_t job_bit = UINT64_C(1) << 62;

/* ---- days of Korea ---- */

void reconcile_print_day(int64_t number, char day[DAY_SIZE])
{
	time_t s = (time_t)(number * 86400);
	struct tm tm;

	gmtime_r(&s, &tm);
	if (strftime(day, DAY_SIZE, "%Y-%m-%d", &tm) == 0)
		day[0] = '\0';
}

int64_t reconcile_day_number(struct wall t)
{
	return (t.ms + reconcile_korea_ms) / reconcile_day_ms;
}

/* Days since 1970; -1: it is no day. */
static int64_t read_day(const char *text)
{
	struct tm tm = { 0 };
	const char *end = strlen(text) == DAY_SIZE - 1 ? strptime(text, "%Y-%m-%d", &tm) : NULL;
	char again[DAY_SIZE];
	int64_t number;

	if (end == NULL || *end != '\0')
		return -1;
	number = (int64_t)timegm(&tm) / 86400;
	reconcile_print_day(number, again);
	return strcmp(text, again) == 0 ? number : -1;
}

bool reconcile_is_day(const char *text)
{
	return read_day(text) >= 0;
}

/* ---- asking ---- */

static void ask_page(struct arsd *a, struct reconcile *r)
{
	static struct uplink_msg m;
	struct uplink_pg_list *l = &m.u.pg_list;

	memset(&m, 0, sizeof(m));
	m.type = uplink_type_pg_list;
	l->job = r->job = job_bit | ((r->job + 1) & (job_bit - 1));
	snprintf(l->pg, sizeof(l->pg), "%s", a->set.pgs[r->pg]);
	snprintf(l->day, sizeof(l->day), "%s", r->day);
	snprintf(l->cursor, sizeof(l->cursor), "%s", r->cursor);
	r->due = mono_add_ms(a->mono, LATE_MS);
	r->phase = RECONCILE_ASKED;
	if (!a->ports.uplink(a->ports.context, &m)) {
		r->phase = RECONCILE_ASK;
		r->due = mono_add_ms(a->mono, LOOK_EVERY_MS);
	}
}

int reconcile_start(struct arsd *a, const char *day)
{
	struct reconcile *r = a->reconcile != NULL ? a->reconcile : (a->reconcile = calloc(1, sizeof(*r)));
	int64_t number = read_day(day);

	if (r == NULL)
		return ERR_NOMEM;
	if (r->running)
		return ERR_STATE;
	if (number < 0 || number > reconcile_day_number(a->wall) || a->set.pg_count == 0)
		return ERR_INVALID;
	reconcile_clear(r);
	snprintf(r->day, sizeof(r->day), "%s", day);
	r->from.ms = number * reconcile_day_ms - reconcile_korea_ms;
	r->to.ms = r->from.ms + reconcile_day_ms;
	r->started = a->wall;
	r->running = true;
	memset(r->failed, 0, sizeof(r->failed));
	memset(r->news, 0, sizeof(r->news));
	r->pg = r->tries = 0;
	r->phase = RECONCILE_ASK;
	r->due = a->mono;
	log_info("reconcile", "day=%s", day);
	return 0;
}

/* ---- the end ---- */

/* Is it another result than the one before? */
static bool is_news(struct arsd *a, const struct reconciliation *k)
{
	struct reconciliation before;

	return store_reconciliation_get(a->store, k->day, k->pg, &before) < 0 || strcmp(before.state, k->state) != 0 || before.listed != k->listed ||
	       strcmp(before.digest, k->digest) != 0;
}

static int store_result(struct arsd *a, struct reconcile *r, const char *state, const char *message)
{
	struct reconciliation k = { .day_over = a->wall.ms >= r->to.ms, .listed = (int64_t)r->seen_count, .differences = r->differences,
	                            .started = r->started, .ended = a->wall };
	const char *pg = a->set.pgs[r->pg];
	int e;

	snprintf(k.day, sizeof(k.day), "%s", r->day);
	snprintf(k.pg, sizeof(k.pg), "%s", pg);
	snprintf(k.state, sizeof(k.state), "%s", state);
	snprintf(k.message, sizeof(k.message), "%s", message);
	e = reconcile_digest(r, k.digest);
	if (e == 0)
		r->news[a->set.pg_live[r->pg]] |= is_news(a, &k);
	if (e == 0)
		e = store_reconciliation_put(a->store, &k);
	for (size_t i = 0; e == 0 && i < r->row_count; i++)
		e = store_reconciliation_row_add(a->store, &r->rows[i]);
	/* A merchant whose orders all differ has a part in the day, too. */
	for (size_t i = 0; e == 0 && i < r->row_count; i++) {
		bool known = r->rows[i].merchant.text[0] == '\0';

		for (size_t j = 0; j < r->matched_count; j++)
			known |= strcmp(r->matched[j].merchant.text, r->rows[i].merchant.text) == 0;
		for (size_t j = 0; !known && j < i; j++)
			known |= strcmp(r->rows[j].merchant.text, r->rows[i].merchant.text) == 0;
		if (!known)
			e = store_reconciliation_matched(a->store, r->day, pg, r->rows[i].merchant.text, 0);
	}
	for (size_t i = 0; e == 0 && i < r->matched_count; i++)
		e = store_reconciliation_matched(a->store, r->day, pg, r->matched[i].merchant.text, r->matched[i].count);
	return e;
}

struct told { struct arsd *a; const char *day; };

static int tell_merchant(const struct merchant *m, void *context)
{
	const struct told *t = context;
	const struct reconcile *r = t->a->reconcile;
	json_t *report;

	/* What failed for the others is tried until it does not: who has heard of the day hears nothing of that. */
	if (r->failed[m->live] || (r->failed[!m->live] && !r->news[m->live]))
		return 0;
	report = reconcile_report(t->a, t->day, m, 0);
	if (report == NULL)
		return 0;
	if (json_integer_value(json_object_get(report, "concerns")) == 0) {
		json_decref(report);
		return 0;
	}
	json_object_del(report, "concerns");
	json_object_del(report, "differences");
	return events_reconciled(t->a, m, report);
}

static void answer_waiting(struct arsd *a, struct reconcile *r)
{
	json_t *report;

	if (!r->waits)
		return;
	r->waits = false;
	report = reconcile_report(a, r->day, NULL, 1000);
	if (report != NULL)
		admin_answer_json(a, (struct asker){ r->peer, r->req }, report);
}

static void end_day(struct arsd *a, struct reconcile *r)
{
	struct told t = { a, r->day };

	r->running = false;
	if (store_merchants_each(a->store, tell_merchant, &t) < 0)
		log_error("reconcile", "day=%s error=events", r->day);
	answer_waiting(a, r);
}

/* With this gateway; the next, or the day's end. */
static void end_gateway(struct arsd *a, struct reconcile *r, const char *state, const char *message)
{
	const char *pg = a->set.pgs[r->pg];
	bool failed = strcmp(state, "failed") == 0;

	if (store_result(a, r, state, message) < 0)
		log_error("reconcile", "day=%s pg=%s error=store", r->day, pg);
	if (failed)
		log_error("reconciliation_failed", "alarm=reconciliation day=%s pg=%s why=\"%s\" hint=\"the gateway's list cannot be had; "
		          "callkey reconcile %s asks again\"", r->day, pg, message, r->day);
	else if (r->differences > 0)
		log_error("reconciliation_differs", "alarm=reconciliation day=%s pg=%s differences=%" PRId64 " listed=%zu hint=\"callkey "
		          "reconciliation %s\"", r->day, pg, r->differences, r->seen_count, r->day);
	else
		log_info("reconciliation", "day=%s pg=%s state=%s listed=%zu", r->day, pg, state, r->seen_count);
	metrics_add(&a->metrics, failed ? M_RECONCILED_FAILED : r->differences > 0 ? M_RECONCILED_DIFFERS : M_RECONCILED_CLEAN, 1);
	r->failed[a->set.pg_live[r->pg]] |= failed;
	reconcile_watch_look(a);
	reconcile_clear(r);
	r->tries = 0;
	r->phase = RECONCILE_ASK;
	r->due = a->mono;
	if (++r->pg >= a->set.pg_count)
		end_day(a, r);
}

/* Whom it would have concerned is in our own books. */
static void go_without_list(struct reconcile *r, const char *state, const char *why)
{
	reconcile_clear(r);
	r->without = state;
	snprintf(r->why, sizeof(r->why), "%s", why);
	r->phase = RECONCILE_PAYMENTS;
}

/* Once more, from the first page: the list may have grown between two pages of it. */
static void again(struct arsd *a, struct reconcile *r, const char *why)
{
	if (++r->tries >= a->set.reconcile_tries) {
		go_without_list(r, "failed", why);
		return;
	}
	log_warn("reconcile_again", "day=%s pg=%s try=%d why=\"%s\"", r->day, a->set.pgs[r->pg], r->tries, why);
	reconcile_clear(r);
	r->phase = RECONCILE_ASK;
	r->due = mono_add_ms(a->mono, a->set.reconcile_retry_ms);
}

void reconcile_listed(struct arsd *a, const struct uplink_pg_list_result *m)
{
	struct reconcile *r = a->reconcile;
	int e;

	if (r == NULL || !r->running || r->phase != RECONCILE_ASKED || m->job != r->job)
		return;
	if (m->status == UPLINK_PG_DECLINED) {
		go_without_list(r, "no_list", m->message);
		return;
	}
	e = m->status == UPLINK_PG_OK ? reconcile_their_page(a, r, m->rows.data, m->rows.len) : ERR_IO;
	if (e < 0) {
		again(a, r, m->status != UPLINK_PG_OK ? m->message : err_name(e));
		return;
	}
	snprintf(r->cursor, sizeof(r->cursor), "%s", m->next);
	if (r->cursor[0] != '\0') {
		ask_page(a, r);
		return;
	}
	reconcile_list_is_whole(r);
	r->phase = RECONCILE_PAYMENTS;
}

void reconcile_uplink_lost(struct arsd *a)
{
	if (a->reconcile != NULL && a->reconcile->running && a->reconcile->phase == RECONCILE_ASKED)
		again(a, a->reconcile, "uplinkd was lost");
}

/* ---- time ---- */

/* The oldest day that nobody has looked at, or that is to be looked at again, once its hour has come. */
static void start_what_is_due(struct arsd *a)
{
	int64_t oldest, newest;
	char day[DAY_SIZE];

	if (!a->neighbours[NEIGHBOUR_UPLINKD].up)
		return;
	if (reconcile_damaged_day(a, day)) {
		if (reconcile_start(a, day) < 0)
			log_error("reconcile", "day=%s error=start", day);
		return;
	}
	if (!reconcile_due_days(a, &oldest, &newest))
		return;
	for (int64_t n = oldest; n <= newest; n++) {
		reconcile_print_day(n, day);
		if (reconcile_is_settled(a, day))
			continue;
		if (reconcile_start(a, day) < 0)
			log_error("reconcile", "day=%s error=start", day);
		return;
	}
}

static void go_on(struct arsd *a, struct reconcile *r)
{
	bool more = false;
	int e;

	switch (r->phase) {
	case RECONCILE_ASK:
		if (mono_diff_ms(r->due, a->mono) >= 0)
			ask_page(a, r);
		return;
	case RECONCILE_ASKED:
		if (mono_diff_ms(r->due, a->mono) >= 0)
			again(a, r, "no answer in time");
		return;
	default: break;
	}
	e = reconcile_our_piece(a, r, r->phase == RECONCILE_CANCELS, &more);
	if (e < 0 && r->without == NULL) {
		again(a, r, err_name(e));
	} else if (e == 0 && !more && r->phase == RECONCILE_PAYMENTS) {
		memset(&r->after, 0, sizeof(r->after));
		r->phase = RECONCILE_CANCELS;
	} else if (e < 0 || !more) {
		end_gateway(a, r, r->without != NULL ? r->without : "done", r->without != NULL ? r->why : "");
	}
}

void reconcile_tick(struct arsd *a)
{
	if (a->reconcile != NULL && a->reconcile->running)
		go_on(a, a->reconcile);
	else if (mono_diff_ms(a->reconcile_look_at, a->mono) >= 0) {
		a->reconcile_look_at = mono_add_ms(a->mono, LOOK_EVERY_MS);
		start_what_is_due(a);
	}
}

void reconcile_wait(struct arsd *a, uint64_t peer, uint64_t req)
{
	a->reconcile->waits = true;
	a->reconcile->peer = peer;
	a->reconcile->req = req;
}

void reconcile_free(struct reconcile **r)
{
	if (*r == NULL)
		return;
	reconcile_clear(*r);
	free(*r);
	*r = NULL;
}
