#include "arsd/arsd.h"

#include <stdlib.h>
#include <string.h>

#include "arsd/admin.h"
#include "arsd/api.h"
#include "arsd/attempts.h"
#include "arsd/calls.h"
#include "arsd/cancels.h"
#include "arsd/columns.h"
#include "arsd/consents.h"
#include "arsd/gateway_keys.h"
#include "arsd/key_use.h"
#include "arsd/lines.h"
#include "arsd/outbox.h"
#include "arsd/promotion_tables.h"
#include "arsd/reconcile.h"
#include "arsd/reconcile_watch.h"
#include "arsd/recovery.h"
#include "arsd/requests.h"
#include "arsd/schedules.h"
#include "arsd/sms.h"
#include "arsd/sounds.h"
#include "arsd/store_watch.h"
#include "arsd/tries.h"
#include "arsd/webhooks.h"
#include "lib/log.h"
#include "model/charset.h"

/* Of what was kept long enough so few rows go in a turn that nobody waits for it, and the next in the next tick: 27 million a day. */
enum { EXPIRE_EVERY_MS = 500, PURGE_EVERY_MS = 5000, PURGE_ROWS = 32, SWEEP_AFTER_MS = 1000 };

int arsd_start(struct arsd *a)
{
	int e = calls_new(a, &a->calls);

	metrics_init(&a->metrics, arsd_metric_table, ARSD_METRICS);
	if (e == 0)
		e = attempts_new(a, &a->attempts);
	if (e == 0)
		e = cancels_new(a, &a->cancels);
	if (e == 0)
		e = outbox_new(a, &a->outbox);
	if (e == 0)
		e = api_new(a, &a->api);
	if (e == 0)
		e = key_use_new(&a->key_use);
	if (e == 0)
		e = promotion_tables_load(a);
	if (e < 0)
		return e;
	store_watch_start(a);
	recovery_sweep(a);
	return store_commit(a->store);
}

void arsd_free(struct arsd *a)
{
	for (size_t i = 0; i < ARRAY_LEN(a->scenarios); i++)
		if (a->scenarios[i] != NULL)
			scenario_free(&a->scenarios[i]);
	for (int i = 0; i < a->set.language_count; i++)
		manifest_free(&a->manifests[i]);
	for (int i = 0; i < NEIGHBOURS; i++)
		free(a->neighbours[i].metrics);
	throttle_free(&a->by_caller);
	throttle_free(&a->by_number);
	calls_free(&a->calls);
	attempts_free(&a->attempts);
	cancels_free(&a->cancels);
	outbox_free(&a->outbox);
	charset_free(&a->sms_charset);
	api_free(&a->api);
	key_use_free(&a->key_use);
	sounds_free(&a->sounds);
	reconcile_free(&a->reconcile);
	promotion_tables_free(&a->tables);
	store_close(&a->store);
}

const struct manifest *arsd_manifest(const struct arsd *a, const char *language)
{
	for (int i = 0; i < a->set.language_count; i++)
		if (strcmp(a->set.languages[i], language) == 0)
			return &a->manifests[i];
	return NULL;
}

bool arsd_has_prompt(const struct arsd *a, const char *language, const char *id)
{
	const struct manifest *m = arsd_manifest(a, language);

	return m != NULL && manifest_find(m, id) != NULL;
}

/* ---- time ---- */

static bool is_due(struct mono *at, struct mono now, int64_t again_ms)
{
	if (mono_diff_ms(*at, now) < 0)
		return false;
	*at = mono_add_ms(now, again_ms);
	return true;
}

static void purge(struct arsd *a)
{
	int answers = store_idempotency_purge(a->store, a->wall, PURGE_ROWS), events = webhooks_tidy(a, PURGE_ROWS),
	    early = sms_tidy(a, PURGE_ROWS);

	if (answers < 0 || events < 0 || early < 0 || store_leases_purge(a->store, a->wall) < 0 || tries_purge(a) < 0)
		log_error("purge", "error=store");
	else if (answers == PURGE_ROWS || events == PURGE_ROWS || early == PURGE_ROWS)
		a->purge_at = a->mono;
}

void arsd_tick(struct arsd *a)
{
	if (a->sweep_at.ns != 0 && mono_diff_ms(a->sweep_at, a->mono) >= 0) {
		a->sweep_at.ns = 0;
		recovery_sweep(a);
	}
	outbox_watch_clock(a);
	store_watch_tick(a);
	calls_tick(a);
	attempts_tick(a);
	cancels_tick(a);
	api_tick(a);
	consents_tick(a);
	columns_tick(a);
	reconcile_tick(a);
	reconcile_watch_tick(a);
	promotion_tables_tick(a);
	schedules_tick(a);
	key_use_tick(a);
	if (is_due(&a->expire_at, a->mono, EXPIRE_EVERY_MS))
		requests_expire(a);
	if (is_due(&a->purge_at, a->mono, PURGE_EVERY_MS))
		purge(a);
}

int arsd_turn_end(struct arsd *a)
{
	bool wrote;

	outbox_run(a);
	wrote = store_dirty(a->store);
	if (store_commit(a->store) < 0) {
		metrics_add(&a->metrics, M_COMMITS_FAILED, 1);
		log_error("commit_failed", "alarm=store hint=\"nothing of this turn happened; disk full or read-only?\"");
		store_watch_turn(a, false);
		return ERR_IO;
	}
	if (wrote) {
		store_watch_turn(a, true);
		metrics_add(&a->metrics, M_COMMITS, 1);
	}
	calls_turn_done(a);
	api_turn_done(a);
	admin_turn_done();
	return 0;
}

void arsd_turn_failed(struct arsd *a)
{
	store_rollback(a->store);
	/* What it compared may not be so; the day is still due. */
	reconcile_free(&a->reconcile);
	promotion_tables_turn_failed(a);
	key_use_forget(a);
	calls_turn_failed(a);
	api_turn_failed(a);
	admin_turn_failed(a);
	a->sweep_at = mono_add_ms(a->mono, SWEEP_AFTER_MS);
}

/* ---- neighbours ---- */

bool arsd_takes_cards(const struct arsd *a)
{
	return a->neighbours[NEIGHBOUR_KEYSTORED].up && a->keys == VAULT_KEYS_OPEN;
}

bool arsd_keys_locked(const struct arsd *a)
{
	return a->keys == VAULT_KEYS_LOCKED || a->keys == VAULT_KEYS_EMPTY;
}

void arsd_keys_told(struct arsd *a, uint8_t state)
{
	if (state == a->keys)
		return;
	a->keys = state;
	if (arsd_takes_cards(a)) {
		log_info("keys_open", "who=keystored");
		consents_keystore_up(a);
		columns_keys_open(a);
	} else {
		if (state == VAULT_KEYS_EMPTY)
			columns_keys_gone(a);
		log_warn("keys_not_open", "who=keystored state=%s hint=\"%s\"", state == VAULT_KEYS_EMPTY ? "empty" : "locked",
		         state == VAULT_KEYS_EMPTY ? "callkey keys ceremony" : "callkey keys unlock");
	}
}

void arsd_neighbour_up(struct arsd *a, enum neighbour_name who)
{
	a->neighbours[who].up = true;
	log_info("neighbour_up", "who=%s", neighbour_names[who]);
	if (who == NEIGHBOUR_TRUNKD) {
		lines_trunkd_up(a);
		sounds_forget(a);
	}
	if (who == NEIGHBOUR_KEYSTORED)
		consents_keystore_up(a);
	if (who == NEIGHBOUR_UPLINKD) {
		outbox_requeue(a);
		attempts_uplink_up(a);
		cancels_uplink_up(a);
	}
}

void arsd_neighbour_down(struct arsd *a, enum neighbour_name who)
{
	if (!a->neighbours[who].up)
		return;
	a->neighbours[who].up = false;
	log_warn("neighbour_down", "who=%s", neighbour_names[who]);
	switch (who) {
	case NEIGHBOUR_TRUNKD:
		calls_line_lost(a);
		lines_trunkd_down(a);
		a->span_count = 0;
		break;
	case NEIGHBOUR_KEYSTORED:
		a->keys = VAULT_KEYS_UNKNOWN;
		gateway_keys_unknown(a);
		attempts_keystore_lost(a);
		calls_keystore_lost(a);
		break;
	case NEIGHBOUR_UPLINKD:
		attempts_uplink_lost(a);
		reconcile_uplink_lost(a);
		promotion_tables_uplink_lost(a);
		cancels_uplink_lost(a);
		outbox_requeue(a);
		break;
	case NEIGHBOURS: break;
	}
}
