#include "trunkd/supervise.h"

#include <string.h>

enum { MINUTE_MS = 60000, NO_TICK_MS = 3000, DCHAN_MS = 15000, SLIPS_MANY = 2, ERRORS_MANY = 5, LATE_MANY = 10 };

void supervise_init(struct supervise *s, const struct supervise_config *config)
{
	*s = (struct supervise){ .config = *config };
}

/* ---- alarms ---- */

static bool follow_alarms(struct supervise *s, uint32_t alarms, struct mono now, struct wall wall)
{
	bool some = alarms != 0;

	if (some != (s->alarms != 0) || !s->started) {
		s->changed = now;
		if (some && !s->raised)
			s->first = wall;
	}
	s->alarms = alarms;
	if (some == s->raised || mono_diff_ms(s->changed, now) < (some ? s->config.raise_ms : s->config.clear_ms))
		return false;
	s->raised = some;
	if (some) {
		s->since = s->first;
		s->times++;
	}
	return true;
}

/* ---- counters ---- */

static void add(struct supervise_minutes *m, uint64_t n)
{
	m->now = n > UINT32_MAX - m->now ? UINT32_MAX : m->now + (uint32_t)n;
}

static uint32_t lately(const struct supervise_minutes *m)
{
	return m->now + m->before < m->now ? UINT32_MAX : m->now + m->before;
}

static void turn_minute(struct supervise *s, struct mono now)
{
	if (mono_diff_ms(s->minute, now) < MINUTE_MS)
		return;
	s->minute = now;
	for (int i = 0; i < TRUNK_MEASURES; i++)
		s->recent[i] = (struct supervise_minutes){ 0, s->recent[i].now };
	s->hdlc = (struct supervise_minutes){ 0, s->hdlc.now };
	s->media = (struct supervise_minutes){ 0, s->media.now };
	s->no_echo = (struct supervise_minutes){ 0, s->no_echo.now };
}

/* A driver's counter that stands lower than before has been set to 0, by an alarm or by hand. */
static void count_measures(struct supervise *s, const struct trunk_status *now)
{
	for (int i = 0; i < TRUNK_MEASURES; i++) {
		uint32_t value = now->measures[i], more = value >= s->seen[i] ? value - s->seen[i] : value;

		if ((now->measured & UINT32_C(1) << i) == 0)
			continue;
		if (s->started) {
			s->total[i] += more;
			add(&s->recent[i], more);
		}
		s->seen[i] = value;
	}
}

static void count_own(struct supervise *s, const struct trunk_status *now)
{
	uint64_t hdlc = now->counts[TRUNK_COUNT_HDLC_ABORTS] + now->counts[TRUNK_COUNT_HDLC_BAD_FCS] +
	                now->counts[TRUNK_COUNT_HDLC_OVERRUNS];
	uint64_t media = now->counts[TRUNK_COUNT_OVERRUNS] + now->counts[TRUNK_COUNT_UNDERRUNS];

	add(&s->hdlc, hdlc - s->hdlc_seen);
	add(&s->media, media - s->media_seen);
	s->hdlc_seen = hdlc;
	s->media_seen = media;
	add(&s->no_echo, now->counts[TRUNK_COUNT_NO_ECHO_CANCELLER] - s->no_echo_seen);
	s->no_echo_seen = now->counts[TRUNK_COUNT_NO_ECHO_CANCELLER];
}

bool supervise_second(struct supervise *s, const struct supervise_input *in, struct mono now, struct wall wall)
{
	bool changed = follow_alarms(s, in->alarms, now, wall);

	if (!s->started)
		s->minute = s->ticked = s->dchan_lost = now;
	turn_minute(s, now);
	if (in->status.present)
		count_measures(s, &in->status);
	count_own(s, &in->status);
	if (in->ticks != s->ticks || in->alarms != 0)
		s->ticked = now;
	if (in->dchan_up || in->alarms != 0)
		s->dchan_lost = now;
	s->ticks = in->ticks;
	s->started = true;
	return changed;
}

/* ---- advice ---- */

static const char *of_fault(enum trunk_fault f)
{
	switch (f) {
	case TRUNK_FAULT_NONE: return "";
	case TRUNK_FAULT_NO_DRIVER: return "load the card's module; is there /dev/dahdi/ctl?";
	case TRUNK_FAULT_NO_ACCESS: return "trunkd's user must be in the group of /dev/dahdi";
	case TRUNK_FAULT_NO_SPAN: return "the card is gone or its spans are not assigned; see span= in trunkd.spans";
	case TRUNK_FAULT_LINE: return "line= in trunkd.spans differs from what the card is set to";
	case TRUNK_FAULT_UNCONFIGURED: return "its channels are not set up: run dahdi_cfg";
	case TRUNK_FAULT_BEARER: return "system.conf has no bchan= for that timeslot";
	case TRUNK_FAULT_DCHANNEL: return "system.conf has no dchan= or hardhdlc= for the D-channel's timeslot";
	case TRUNK_FAULT_SIGNALLING: return "system.conf has another signalling for that line than fxsks= or fxsls=";
	case TRUNK_FAULT_BUSY: return "another program holds that timeslot";
	default: return "the driver refuses a setting: see the kernel's log";
	}
}

/* From the cable upwards: what is broken below breaks all above it. */
static const char *of_alarms(uint32_t alarms, bool detail)
{
	if (alarms & TRUNK_ALARM_LOOPBACK)
		return "the span is looped for a test";
	if (alarms & TRUNK_ALARM_LOS || (alarms & TRUNK_ALARM_RED && !detail))
		return "no signal: cable, its receive pair, or the far end's power";
	if (alarms & TRUNK_ALARM_LFA)
		return "signal without framing: E1 against T1, or coding and framing in system.conf differ from the far end's";
	if (alarms & TRUNK_ALARM_LMFA)
		return "no CRC4 multiframe: crc4 in system.conf differs from the far end's";
	if (alarms & TRUNK_ALARM_BLUE)
		return "the carrier sends AIS: its equipment behind is down; call the carrier";
	if (alarms & TRUNK_ALARM_YELLOW)
		return "the far end does not hear us: transmit pair, or its framing";
	return "";
}

static const char *of_counters(const struct supervise *s)
{
	uint32_t slips = lately(&s->recent[TRUNK_SLIPS]);

	if (lately(&s->recent[TRUNK_IRQ_MISSES]) >= SLIPS_MANY)
		return "the card's interrupts come late: other slot, fewer neighbours on its line, power saving off";
	if (slips >= SLIPS_MANY)
		return "slips rise: wrong clock master; see span= (timing) in system.conf";
	if (lately(&s->recent[TRUNK_CRC_ERRORS]) >= ERRORS_MANY)
		return "CRC errors without slips: crc4 differs from the far end's, or the cable is bad";
	if (lately(&s->recent[TRUNK_CODE_VIOLATIONS]) >= ERRORS_MANY)
		return "code violations: cable, connectors, or line coding";
	if (lately(&s->hdlc) >= ERRORS_MANY)
		return "broken frames on the D-channel: wrong clock master, or noise";
	if (lately(&s->media) >= LATE_MANY)
		return "audio is served too late: realtime_priority in trunkd, or the machine is overloaded";
	return "";
}

const char *supervise_advice(const struct supervise *s, const struct supervise_input *in, struct mono now)
{
	const char *say = of_fault(in->status.fault);

	if (say[0] == '\0')
		say = of_alarms(in->alarms, in->status.alarm_detail);
	if (say[0] == '\0' && in->status.supervised && mono_diff_ms(s->ticked, now) >= NO_TICK_MS)
		say = "no alarm and no audio: the card gives no interrupts; try another slot, look at IOMMU and MSI settings";
	if (say[0] == '\0')
		say = of_counters(s);
	if (say[0] == '\0' && mono_diff_ms(s->dchan_lost, now) >= DCHAN_MS)
		say = "the line is good and the D-channel silent: far end not set up, wrong timeslot, or both ends user side";
	if (say[0] == '\0' && in->status.no_echo != 0)
		say = "no echo canceller, so prompts may hide keys: echocanceller= in system.conf (callkey trunks configure), or echo_ms = 0";
	if (say[0] == '\0' && lately(&s->no_echo) > 0)
		say = "the driver refuses calls their echo canceller: is its module loaded, are there enough on the card?";
	return say;
}
