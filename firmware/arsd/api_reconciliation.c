/* api_reconciliation.c: the days that were held against the gateways' lists, as far as they concern a merchant; and the verb of
 * operators, who see all of it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arsd/admin_priv.h"
#include "arsd/api_page.h"
#include "arsd/gateways.h"
#include "arsd/reconcile.h"
#include "arsd/reconcile_watch.h"
#include "lib/log.h"

enum { DAYS_MAX = 101, ROWS_MAX = 120, CSV_ROWS_MAX = 200, ROWS_KEPT = 1000000, ADMIN_ROWS_MAX = 1000, NOTE_MAX = 199 };

/* The days first: a report asks the store itself. */
struct named { char day[DAYS_MAX][DAY_SIZE]; int count; };

static int collect_day(const char *day, void *context)
{
	struct named *n = context;

	if (n->count < DAYS_MAX)
		snprintf(n->day[n->count++], DAY_SIZE, "%s", day);
	return 0;
}

static int add_day(struct arsd *a, const char *day, const struct merchant *m, struct page *page)
{
	json_t *report = reconcile_report(a, day, m, 0);

	if (report == NULL)
		return ERR_IO;
	json_object_del(report, "differences");
	json_object_del(report, "differences_cut");
	json_object_del(report, "concerns");
	return page_add(page, day, report);
}

void api_reconciliations_list(struct arsd *a, const struct api_ask *q)
{
	static const struct page_states states = { .name = "status", .words = { "clean", "differs", "failed", "not_compared" } };
	struct named n = { .count = 0 };
	struct page page;
	struct list_page ask;
	char except[RECONCILE_EXCEPT_SIZE];
	int e;

	if (page_begin(a, q, &states, "", &page, &ask) < 0)
		return;
	ask.except = reconcile_except(a, &q->merchant, except);
	ask.own = gateways_of_merchant(a, &q->merchant);
	e = list_reconciliations(a->store, &ask, collect_day, &n);
	for (int i = 0; e == 0 && i < n.count; i++)
		e = add_day(a, n.day[i], &q->merchant, &page);
	page_answer(a, q, &page, e);
}

void api_reconciliation_get(struct arsd *a, const struct api_ask *q)
{
	const char *day = q->m->u.head.id;
	json_t *report = reconcile_is_day(day) ? reconcile_report(a, day, &q->merchant, ROWS_MAX) : NULL;
	struct problem p;

	if (report == NULL) {
		problem_not_found(&p);
		api_answer_problem(a, q, &p);
		return;
	}
	json_object_del(report, "concerns");
	api_answer_json(a, q, 200, report);
}

struct differences { struct page page; struct list_page ask; };

/* What was on pages before is not rendered again: a day may have very many. */
static int add_difference(const struct reconciliation_row *row, void *context)
{
	struct differences *d = context;
	bool wanted = d->page.seen >= d->page.skip && page_takes(&d->ask, row->at, row->class);

	return page_offer(&d->page, &d->ask, row->at, row->class, wanted ? reconcile_render_row(row) : NULL);
}

void api_reconciliation_differences(struct arsd *a, const struct api_ask *q)
{
	static const struct page_states states = { .name = "class", .words = { "missing", "extra", "amount_differs", "state_differs", "unknown" } };
	const char *day = q->m->u.head.id;
	json_t *report = reconcile_is_day(day) ? reconcile_report(a, day, &q->merchant, 0) : NULL;
	struct differences d;
	struct problem p;

	if (report == NULL) {
		problem_not_found(&p);
		api_answer_problem(a, q, &p);
		return;
	}
	json_decref(report);
	if (page_begin_offers(a, q, &states, &d.page, &d.ask) == 0)
		page_answer(a, q, &d.page, store_reconciliation_rows(a->store, day, q->merchant.id.text, ROWS_KEPT, add_difference, &d));
}

void api_reconciliation_csv(struct arsd *a, const struct api_ask *q)
{
	const char *day = q->m->u.head.id;
	json_t *report = reconcile_is_day(day) ? reconcile_report(a, day, &q->merchant, 0) : NULL;
	char *text = report != NULL ? reconcile_csv(a, day, q->merchant.id.text, CSV_ROWS_MAX) : NULL;
	struct problem p;

	json_decref(report);
	if (text == NULL) {
		problem_not_found(&p);
		api_answer_problem(a, q, &p);
		return;
	}
	api_answer_text(a, q, 200, text, strlen(text));
	free(text);
}

/* {"date": "2026-11-24"}: now; the answer comes when it has ended. */
int verb_reconcile(struct arsd *a, const json_t *argument, json_t **o UNUSED, struct refusal *r)
{
	const char *day = json_string_value(json_object_get(argument, "date"));
	struct asker who = admin_asker();
	int e;

	if (day == NULL || !reconcile_is_day(day))
		return admin_no(r, 400, "DATE must be a day, as 2026-11-24");
	if (!a->neighbours[NEIGHBOUR_UPLINKD].up)
		return admin_no(r, 503, "uplinkd is not there");
	e = reconcile_start(a, day);
	if (e == ERR_STATE)
		return admin_no(r, 503, "a reconciliation is under way; ask again when it has ended");
	if (e < 0)
		return admin_no(r, 400, "that day has not begun, or no gateway is configured");
	reconcile_wait(a, who.peer, who.req);
	return ERR_AGAIN;
}

/* Somebody has looked at it, and says what came of that. */
static int acknowledge(struct arsd *a, const char *day, const char *note, struct refusal *r)
{
	int e;

	if (note[0] == '\0' || strlen(note) > NOTE_MAX)
		return admin_no(r, 400, "NOTE must say in 1 to 199 octets what was found");
	e = store_reconciliation_acknowledge(a->store, day, note, a->wall);
	if (e == ERR_NOT_FOUND)
		return admin_no(r, 404, "of that day nothing is open: it is clean, acknowledged already, or was never compared (callkey reconcile DATE)");
	if (e < 0)
		return admin_no(r, 503, "the store refused");
	log_warn("reconciliation_acknowledged", "alarm=reconciliation day=%s", day);
	reconcile_watch_look(a);
	return 0;
}

/* {"date": "2026-11-24", "acknowledge": "what was found"}; without acknowledge it is only shown. */
int verb_reconciliation(struct arsd *a, const json_t *argument, json_t **o, struct refusal *r)
{
	const char *day = json_string_value(json_object_get(argument, "date")), *note = json_string_value(json_object_get(argument, "acknowledge"));

	if (day == NULL || !reconcile_is_day(day))
		return admin_no(r, 400, "DATE must be a day, as 2026-11-24");
	if (note != NULL && acknowledge(a, day, note, r) < 0)
		return ERR_INVALID;
	*o = reconcile_report(a, day, NULL, ADMIN_ROWS_MAX);
	return *o != NULL ? 0 : admin_no(r, 404, "that day was not reconciled; callkey reconcile DATE does it now");
}
