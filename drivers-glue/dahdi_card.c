#include "drivers-glue/dahdi_card.h"

#include <string.h>
#include <dahdi/user.h>

#include "drivers-glue/dahdi_chan.h"
#include "drivers-glue/dahdi_measures.h"
#include "drivers-glue/dahdi_span.h"
#include "drivers-glue/dahdi_sys.h"

enum { BACKOFF_FIRST_MS = 100, BACKOFF_MOST_MS = 5000, ABSENT_POLL_MS = 500, PROC_SIZE = 4096 };

int dahdi_card_init(struct dahdi_card *c, int span)
{
	if (span < 1 || span > DAHDI_MAX_SPANS)
		return ERR_INVALID;
	memset(c, 0, sizeof(*c));
	c->span = span;
	c->control_fd = c->watch_fd = -1;
	c->backoff_ms = BACKOFF_FIRST_MS;
	return 0;
}

void dahdi_card_close(struct dahdi_card *c)
{
	if (c->control_fd >= 0)
		dahdi_sys->close(c->control_fd);
	if (c->watch_fd >= 0)
		dahdi_sys->close(c->watch_fd);
	c->control_fd = c->watch_fd = -1;
}

void dahdi_card_count(struct dahdi_card *c, enum trunk_count which, uint64_t n)
{
	if (n > 0)
		atomic_fetch_add_explicit(&c->counts[which], n, memory_order_relaxed);
}

enum trunk_fault dahdi_card_fault(int e)
{
	switch (e) {
	case ERR_NOT_FOUND: return TRUNK_FAULT_NO_SPAN;
	case ERR_STATE: return TRUNK_FAULT_UNCONFIGURED;
	case ERR_EXISTS: return TRUNK_FAULT_BUSY;
	case ERR_DENIED: return TRUNK_FAULT_NO_ACCESS;
	case ERR_CLOSED: return TRUNK_FAULT_NO_DRIVER;
	default: return TRUNK_FAULT_REFUSED;
	}
}

int dahdi_card_control(struct dahdi_card *c)
{
	return c->control_fd >= 0 ? 0 : dahdi_span_open_control(&c->control_fd);
}

static void set_fault(struct dahdi_card *c, enum trunk_fault fault, int slot)
{
	atomic_store_explicit(&c->fault_slot, slot, memory_order_relaxed);
	atomic_store_explicit(&c->fault, fault, memory_order_relaxed);
}

void dahdi_card_failed(struct dahdi_card *c, struct mono now, enum trunk_fault fault, int slot)
{
	set_fault(c, fault, slot);
	if (fault == TRUNK_FAULT_NO_SPAN || fault == TRUNK_FAULT_NO_DRIVER) {
		c->next_try = mono_add_ms(now, ABSENT_POLL_MS);
		return;
	}
	c->next_try = mono_add_ms(now, c->backoff_ms);
	c->backoff_ms = c->backoff_ms * 2 > BACKOFF_MOST_MS ? BACKOFF_MOST_MS : c->backoff_ms * 2;
}

void dahdi_card_up(struct dahdi_card *c)
{
	atomic_store_explicit(&c->fault, TRUNK_FAULT_NONE, memory_order_relaxed);
	c->backoff_ms = BACKOFF_FIRST_MS;
}

void dahdi_card_watch(struct dahdi_card *c, uint32_t want_echo, struct trunk_status *out)
{
	struct dahdi_spaninfo info;
	char buf[PROC_SIZE];
	const char *proc;

	*out = (struct trunk_status){ .supervised = true };
	if (c->watch_fd >= 0 || dahdi_span_open_control(&c->watch_fd) == 0)
		out->present = dahdi_span_stat(c->watch_fd, c->span, &info) == 0;
	if (out->present) {
		proc = dahdi_span_proc(c->span, buf, sizeof(buf));
		dahdi_measures_read(&info, proc, out);
		out->no_echo = proc != NULL ? dahdi_span_without_echo(proc) & want_echo : 0;
	}
	out->alarms = out->present ? (uint32_t)info.alarms : TRUNK_ALARM_NOTOPEN;
	out->fault = (enum trunk_fault)atomic_load_explicit(&c->fault, memory_order_relaxed);
	out->fault_slot = atomic_load_explicit(&c->fault_slot, memory_order_relaxed);
	for (int i = 0; i < TRUNK_COUNTS; i++)
		out->counts[i] = atomic_load_explicit(&c->counts[i], memory_order_relaxed);
}
