#include "trunkd/meters.h"

#include "lib/attr.h"

#define COUNT(i, name, labels, help) [i] = { "callkey_trunkd_" name, labels, help, METRIC_COUNTER, 0 }
#define GAUGE(i, name, help) [i] = { "callkey_trunkd_" name, "", help, METRIC_GAUGE, 0 }
#define LATE_HELP "Ticks by how far behind the line's grid they were answered"

static const struct metric_desc table[METER_COUNT] = {
	GAUGE(METER_SPANS_UP, "spans_up", "Spans without alarm and with their D-channel up"),
	GAUGE(METER_CALLS_NOW, "calls_now", "Calls in any state"),
	COUNT(METER_CALLS_OFFERED, "calls_offered_total", "", "SETUPs with a complete number"),
	COUNT(METER_CALLS_ANSWERED, "calls_answered_total", "", "Calls that were connected"),
	COUNT(METER_REFUSED_DRAINED, "calls_refused_total", "why=\"drained\"", "Calls refused before arsd was asked"),
	COUNT(METER_REFUSED_NO_BRAIN, "calls_refused_total", "why=\"no_arsd\"", "Calls refused before arsd was asked"),
	COUNT(METER_ENDED_BY_CALLER, "calls_ended_total", "by=\"caller\"", "Calls by who ended them"),
	COUNT(METER_ENDED_BY_US, "calls_ended_total", "by=\"us\"", "Calls by who ended them"),
	COUNT(METER_ENDED_BY_LINE, "calls_ended_total", "by=\"line\"", "Calls by who ended them"),
	COUNT(METER_PLAYS, "plays_total", "", "Play commands carried out"),
	COUNT(METER_PLAYS_UNKNOWN, "plays_refused_total", "", "Play commands that named an unknown prompt"),
	COUNT(METER_KEYS_MENU, "keys_total", "to=\"menu\"", "Keys by where they went"),
	COUNT(METER_KEYS_SECRET, "keys_total", "to=\"keystored\"", "Keys by where they went"),
	COUNT(METER_KEYS_DROPPED, "keys_total", "to=\"nobody\"", "Keys by where they went"),
	COUNT(METER_KEYS_NO_KEYSTORE, "keys_total", "to=\"keystored_down\"", "Keys by where they went"),
	COUNT(METER_TICKS, "ticks_total", "", "Blocks of 20 ms answered"),
	COUNT(METER_TICKS_LOST, "ticks_lost_total", "", "Blocks that the line counted and we never saw"),
	COUNT(METER_DEADLINE_MISSES, "deadline_misses_total", "", "Blocks answered when the next was already due"),
	COUNT(METER_UNDERRUNS, "underruns_total", "", "Answers that the line did not take"),
	COUNT(METER_LATE_1MS, "ticks_by_lateness_total", "late=\"below 1 ms\"", LATE_HELP),
	COUNT(METER_LATE_2MS, "ticks_by_lateness_total", "late=\"below 2 ms\"", LATE_HELP),
	COUNT(METER_LATE_5MS, "ticks_by_lateness_total", "late=\"below 5 ms\"", LATE_HELP),
	COUNT(METER_LATE_10MS, "ticks_by_lateness_total", "late=\"below 10 ms\"", LATE_HELP),
	COUNT(METER_LATE_20MS, "ticks_by_lateness_total", "late=\"below 20 ms\"", LATE_HELP),
	COUNT(METER_LATE_MORE, "ticks_by_lateness_total", "late=\"20 ms or more\"", LATE_HELP),
	COUNT(METER_FRAMES_DROPPED, "dchannel_frames_dropped_total", "", "D-channel frames that found no room"),
	COUNT(METER_EVENTS_LOST, "media_events_lost_total", "", "Events of media threads that found no room"),
	COUNT(METER_BLOCKS_BROKEN, "blocks_broken_total", "", "Blocks of a line that were thrown away"),
	COUNT(METER_LINKS_BRAIN, "links_total", "to=\"arsd\"", "Connections that were greeted"),
	COUNT(METER_LINKS_KEYSTORE, "links_total", "to=\"keystored\"", "Connections that were greeted"),
	COUNT(METER_LINK_FAULTS, "link_faults_total", "", "Peers dropped for a frame that breaks the protocol"),
	COUNT(METER_MACHINE_BUGS, "call_machine_bugs_total", "", "Events that cannot come in a call's state"),
	GAUGE(METER_PROMPTS, "prompts", "Prompts in memory, all voices"),
	GAUGE(METER_SPEECH_BYTES, "speech_cache_bytes", "Synthesised names in memory"),
};

void meters_init(struct metrics *m)
{
	metrics_init(m, table, ARRAY_LEN(table));
}
