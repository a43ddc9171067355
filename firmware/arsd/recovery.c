#include "arsd/recovery.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arsd/attempts.h"
#include "arsd/calls.h"
#include "arsd/cancels.h"
#include "arsd/outbox.h"
#include "arsd/requests.h"
#include "lib/log.h"

enum { CAUSE_TEMPORARY = 41 };

struct found { struct id *list; size_t count, room; };

static int found_add(struct found *f, const struct id *id)
{
	if (f->count == f->room) {
		size_t room = f->room == 0 ? 64 : f->room * 2;
		struct id *more = realloc(f->list, room * sizeof(*more));

		if (more == NULL)
			return ERR_NOMEM;
		f->list = more;
		f->room = room;
	}
	f->list[f->count++] = *id;
	return 0;
}

static int collect_call(const struct call_record *c, void *context)
{
	return found_add(context, &c->id);
}

static int collect_request(const struct request *r, void *context)
{
	return found_add(context, &r->id);
}

static void close_call(struct arsd *a, const char *id)
{
	struct call_record c;

	if (calls_is_live(a, id) || store_call_get(a->store, id, &c) < 0)
		return;
	snprintf(c.state, sizeof(c.state), "system_lost");
	c.cause = CAUSE_TEMPORARY;
	c.ended = a->wall;
	log_warn("call_recovered", "call=%s step=%s state=%s", c.id.text, c.step, c.state);
	if (store_call_step_add(a->store, id, a->wall, "end", c.step, c.state) < 0 || store_call_update(a->store, &c) < 0)
		log_error("call_recovered", "call=%s error=store", id);
}

static void close_calls(struct arsd *a)
{
	struct found f = { 0 };

	if (store_calls_open(a->store, collect_call, &f) < 0)
		log_error("recovery", "of=calls error=store");
	for (size_t i = 0; i < f.count; i++)
		close_call(a, f.list[i].text);
	free(f.list);
}

/* A request that is in a call which is none. */
static void free_requests(struct arsd *a)
{
	static struct request r;
	struct found f = { 0 };

	if (store_requests_in_state(a->store, 0, "in_call", collect_request, &f) < 0)
		log_error("recovery", "of=requests error=store");
	for (size_t i = 0; i < f.count; i++)
		if (store_request_get(a->store, f.list[i].text, &r) == 0 && strcmp(r.state, "in_call") == 0 &&
		    !calls_is_live(a, r.last_call))
			requests_call_lost(a, &r);
	free(f.list);
}

void recovery_sweep(struct arsd *a)
{
	attempts_recover(a);
	cancels_recover(a);
	close_calls(a);
	free_requests(a);
	outbox_requeue(a);
	requests_recount(a);
}
