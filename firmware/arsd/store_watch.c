#include "arsd/store_watch.h"

#include <inttypes.h>

#include "lib/log.h"

enum { TRY_EVERY_MS = 30000, TRY_FAILING_MS = 1000 };

void store_watch_start(struct arsd *a)
{
	a->watch = (struct store_watch){ .try_at = mono_add_ms(a->mono, TRY_EVERY_MS) };
	metrics_set(&a->metrics, M_STORE_WRITABLE, 1);
	metrics_set(&a->metrics, M_STORE_DAMAGED, store_damaged_turns(a->store));
	/* What has left with those turns, the gateways know: reconcile.c asks them. */
	if (store_damaged_turns(a->store) > 0 && store_damage_add(a->store, store_damaged_turns(a->store), a->wall) < 0)
		log_error("store_damage", "error=store");
}

void store_watch_tick(struct arsd *a)
{
	struct store_watch *w = &a->watch;

	if (mono_diff_ms(w->try_at, a->mono) < 0)
		return;
	w->try_at = mono_add_ms(a->mono, w->failing ? TRY_FAILING_MS : TRY_EVERY_MS);
	w->trying = store_try_write(a->store) == 0;
}

static void begin_failing(struct arsd *a)
{
	struct store_watch *w = &a->watch;

	w->failing = true;
	w->since = a->mono;
	w->try_at = mono_add_ms(a->mono, TRY_FAILING_MS);
	metrics_set(&a->metrics, M_STORE_WRITABLE, 0);
	log_error("store_failing", "alarm=store hint=\"nothing is taken, charged or sent until it can be stored; is the disk full or "
	          "read-only?\"");
}

static void end_failing(struct arsd *a)
{
	struct store_watch *w = &a->watch;

	w->failing = false;
	metrics_set(&a->metrics, M_STORE_WRITABLE, 1);
	log_warn("store_recovered", "alarm=store after_ms=%" PRId64, mono_diff_ms(w->since, a->mono));
}

void store_watch_turn(struct arsd *a, bool stored)
{
	struct store_watch *w = &a->watch;

	if (!stored && !w->failing)
		begin_failing(a);
	else if (stored && w->failing && w->trying)
		end_failing(a);
	w->trying = false;
}
