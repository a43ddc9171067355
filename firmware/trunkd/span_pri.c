#include "trunkd/span_pri.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/log.h"

_Static_assert((int)CALLCTL_IN_SERVICE == (int)PRI_IN_SERVICE && (int)CALLCTL_DRAINING == (int)PRI_DRAINING &&
               (int)CALLCTL_OUT_OF_SERVICE == (int)PRI_OUT_OF_SERVICE, "states of service");

void span_pri_init(struct span_pri *p, size_t index, struct pri_port *port, const struct pri_port_config *config)
{
	*p = (struct span_pri){ .index = index, .port = port, .config = config };
}

void span_pri_free(struct span_pri *p)
{
	trace_free(&p->trace);
}

void span_pri_frame(struct span_pri *p, bool sent, const uint8_t *octets, size_t len)
{
	if (trace_is_on(p->trace))
		trace_take(p->trace, sent, octets, len, clock_wall());
}

void span_pri_offered(struct span_pri *p, int slot, uint64_t call)
{
	if (p->port != NULL)
		trace_tie(p->trace, pri_port_reference(p->port, slot), call);
}

void span_pri_lock(struct span_pri *p, bool locked)
{
	pri_port_lock(p->port, locked);
}

int span_pri_trace(struct span_pri *p, int minutes, struct mono now)
{
	int e = 0;

	if (minutes == 0)
		trace_stop(p->trace, now);
	else
		e = trace_start(&p->trace, minutes, now);
	if (e == 0)
		log_info(minutes == 0 ? "trace_off" : "trace_on", "span=%zu minutes=%d", p->index + 1, minutes);
	return e;
}

/* ---- what is logged and told ---- */

static void log_service(struct span_pri *p)
{
	static const char *const events[] = {
		[PRI_IN_SERVICE] = "span_in_service", [PRI_DRAINING] = "span_locked", [PRI_OUT_OF_SERVICE] = "span_out_of_service",
	};
	enum pri_service now = pri_port_service(p->port);

	if (now == p->service)
		return;
	p->service = now;
	log_info(events[now], "span=%zu", p->index + 1);
}

static void log_refusals(struct span_pri *p, const struct pri_stats *s)
{
	if (s->refused_locked != p->seen.refused_locked)
		log_info("calls_refused", "span=%zu why=locked count=%" PRIu64, p->index + 1, s->refused_locked - p->seen.refused_locked);
	if (s->other_interface != p->seen.other_interface)
		log_warn("calls_refused", "span=%zu why=\"a channel of another interface\" count=%" PRIu64 " hint=\"NFAS is not built: the "
		         "carrier must give each span its own D-channel\"", p->index + 1, s->other_interface - p->seen.other_interface);
	p->seen = *s;
}

bool span_pri_state(struct span_pri *p, struct mono now, struct callctl_span_pri *out)
{
	struct pri_stats s;
	bool differs;

	trace_run(&p->trace, now);
	log_service(p);
	pri_port_stats(p->port, &s);
	log_refusals(p, &s);
	*out = (struct callctl_span_pri){
		.span = (uint16_t)(p->index + 1), .network_side = p->config->side == PRI_SIDE_NETWORK, .service = (uint8_t)p->service,
		.busied_out = pri_port_busied_out(p->port), .trace_left_s = (uint32_t)((trace_left_ms(p->trace, now) + 999) / 1000),
		.trace_frames = (uint32_t)trace_count(p->trace), .restarts = s.restarts, .glare = s.glare, .frames_bad = s.frames_bad,
		.services = s.services, .refused_locked = s.refused_locked, .refused_nfas = s.other_interface,
	};
	snprintf(out->dialect, sizeof(out->dialect), "%s", pri_dialect_word(p->config->dialect, p->config->line));
	differs = p->told.span == 0 || out->service != p->told.service || out->busied_out != p->told.busied_out ||
	          (out->trace_left_s != 0) != (p->told.trace_left_s != 0);
	p->told = *out;
	return differs;
}
