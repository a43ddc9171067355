#include "arsd/analog.h"

#include <string.h>

#include "arsd/admin_priv.h"
#include "lib/log.h"

enum { CHANNELS = 32 };

static struct { bool used; struct callctl_span_lines lines; } kept[SPANS_MAX];
static uint32_t locked[SPANS_MAX];

bool analog_is(unsigned span)
{
	return span >= 1 && span <= SPANS_MAX && kept[span - 1].used;
}

void analog_keep(struct arsd *a UNUSED, const struct callctl_span_lines *m)
{
	if (m->span < 1 || m->span > SPANS_MAX)
		return;
	if (!kept[m->span - 1].used)
		locked[m->span - 1] |= m->locked;     /* we are new, it is not */
	kept[m->span - 1].used = true;
	kept[m->span - 1].lines = *m;
}

static bool send_lock(struct arsd *a, unsigned span, unsigned channel, bool on)
{
	static struct callctl_msg m;

	memset(&m, 0, sizeof(m));
	m.type = callctl_type_lock;
	m.u.lock = (struct callctl_lock){ .span = (uint16_t)span, .on = on, .channel = (uint8_t)channel };
	return a->ports.callctl(a->ports.context, &m);
}

void analog_trunkd_up(struct arsd *a)
{
	for (unsigned span = 1; span <= SPANS_MAX; span++)
		for (unsigned channel = 1; channel < CHANNELS; channel++)
			if ((locked[span - 1] & UINT32_C(1) << channel) != 0)
				send_lock(a, span, channel, true);
}

void analog_trunkd_down(void)
{
	memset(kept, 0, sizeof(kept));
}

/* ---- for the command line ---- */

static json_t *channels_of(uint32_t bits)
{
	json_t *list = json_array();

	for (int channel = 0; channel < CHANNELS; channel++)
		if ((bits & UINT32_C(1) << channel) != 0)
			json_array_append_new(list, json_integer(channel));
	return list;
}

json_t *analog_state(unsigned span)
{
	const struct callctl_span_lines *l;

	if (!analog_is(span))
		return json_null();
	l = &kept[span - 1].lines;
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:I}", "used", channels_of(l->used), "ringing", channels_of(l->ringing), "in_call",
		channels_of(l->in_call), "no_battery", channels_of(l->no_battery), "locked", channels_of(l->locked), "refused_locked",
		(json_int_t)l->refused_locked);
}

int analog_lock(struct arsd *a, unsigned span, unsigned channel, bool on, json_t **o, struct refusal *r)
{
	uint32_t used = kept[span - 1].lines.used, which = channel == 0 ? used : used & UINT32_C(1) << channel;

	if (which == 0)
		return admin_no(r, 404, "that span has no such line; callkey trunks --json lists those in use");
	locked[span - 1] = on ? locked[span - 1] | which : locked[span - 1] & ~which;
	if (!send_lock(a, span, channel, on))
		return admin_no(r, 503, "trunkd is not there");
	log_info(on ? "line_lock" : "line_unlock", "span=%u channel=%u", span, channel);
	*o = json_pack("{s:i, s:i, s:b, s:b}", "span", (int)span, "line", (int)channel, "on", (int)on, "analog", 1);
	return 0;
}
