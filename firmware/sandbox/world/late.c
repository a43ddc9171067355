#include "sandbox/world/late.h"

#include <stdlib.h>

#include "lib/clock.h"
#include "lib/log.h"

struct one {
	struct one *next, **link;
	struct late *late;
	struct loop_timer *timer;
	struct ledger_ask ask;
};
struct late { struct loop *loop; struct ledger *ledger; struct one *first; int count; };

int late_new(struct loop *l, struct ledger *ledger, struct late **d)
{
	struct late *made = calloc(1, sizeof(*made));

	if (made == NULL)
		return ERR_NOMEM;
	made->loop = l;
	made->ledger = ledger;
	*d = made;
	return 0;
}

static void drop(struct one *o)
{
	*o->link = o->next;
	if (o->next != NULL)
		o->next->link = o->link;
	o->late->count--;
	free(o);
}

void late_free(struct late **d)
{
	if (*d == NULL)
		return;
	while ((*d)->first != NULL) {
		loop_timer_cancel(&(*d)->first->timer);
		drop((*d)->first);
	}
	free(*d);
	*d = NULL;
}

static void on_due(void *context)
{
	struct one *o = context;
	const struct ledger_order *order;
	bool cancel = o->ask.cancel.order_id[0] != '\0';
	int e = cancel ? ledger_cancel(o->late->ledger, &o->ask.cancel, clock_wall(), &order)
	               : ledger_book(o->late->ledger, &o->ask, clock_wall(), &order);

	log_info("pg_late", "order=%s cancel=%s result=%s", cancel ? o->ask.cancel.order_id : o->ask.order_id,
	         cancel ? o->ask.cancel.cancel_id : "", e == 0 ? "taken" : err_name(e));
	drop(o);
}

int late_add(struct late *d, int64_t ms, const struct ledger_ask *a)
{
	struct one *o = calloc(1, sizeof(*o));

	if (o == NULL)
		return ERR_NOMEM;
	o->late = d;
	o->ask = *a;
	if (loop_timer_start(d->loop, ms, on_due, o, &o->timer) < 0) {
		free(o);
		return ERR_NOMEM;
	}
	o->next = d->first;
	o->link = &d->first;
	if (o->next != NULL)
		o->next->link = &o->next;
	d->first = o;
	d->count++;
	return 0;
}

int late_count(const struct late *d)
{
	return d->count;
}
