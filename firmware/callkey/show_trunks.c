#include "callkey/show_trunks.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "callkey/show_lines.h"
#include "callkey/show_parts.h"
#include "callkey/show_values.h"

static bool alarm(const json_t *span, const char *word)
{
	const json_t *words = json_object_get(span, "alarms");

	for (size_t i = 0; i < json_array_size(words); i++)
		if (json_is_string(json_array_get(words, i)) && strcmp(json_string_value(json_array_get(words, i)), word) == 0)
			return true;
	return false;
}

/* ---- the rungs: "" where a lower one is broken, for nothing can be said of those above it ---- */

/* A driver that tells no more than RED may mean lost framing by it. */
static bool cable_is_bad(const json_t *span)
{
	return alarm(span, "los") || (alarm(span, "red") && !alarm(span, "lfa") && !alarm(span, "lmfa"));
}

static const char *cable(const json_t *span)
{
	const json_t *driver = json_object_get(span, "driver");
	const char *fault = part_text(driver, "fault");

	if (fault[0] != '\0' && strcmp(fault, "none") != 0)
		return fault;
	if (alarm(span, "loopback"))
		return "looped";
	if (cable_is_bad(span))
		return json_is_object(driver) && !part_is_set(driver, "alarm_detail") ? "RED" : "no signal";
	return alarm(span, "not_open") ? "not open" : "ok";
}

static const char *framing(const json_t *span)
{
	if (strcmp(cable(span), "ok") != 0 && strcmp(cable(span), "looped") != 0)
		return "";
	return alarm(span, "lfa") ? "lost" : alarm(span, "blue") ? "AIS" : alarm(span, "yellow") ? "far alarm" :
	       alarm(span, "recovering") ? "recovering" : "ok";
}

static const char *crc4(const json_t *span)
{
	const json_t *driver = json_object_get(span, "driver");

	if (!json_is_object(driver) || strcmp(part_text(span, "line"), "E1") != 0 || framing(span)[0] == '\0')
		return "";
	if (alarm(span, "lmfa"))
		return "lost";
	return part_is_set(driver, "crc4") ? "on" : "off";
}

static const char *state(const json_t *span)
{
	const char *service = part_text(json_object_get(span, "signalling"), "service");

	if (json_array_size(json_object_get(span, "alarms")) > 0 || !part_is_set(span, "dchannel"))
		return json_array_size(json_object_get(span, "alarms")) > 0 ? "ALARM" : "DOWN";
	if (strcmp(service, "out_of_service") == 0)
		return "locked";
	return strcmp(service, "draining") == 0 ? "locking" : part_is_set(span, "draining") ? "draining" : "up";
}

/* ---- tables ---- */

static int add_ladder(struct table *t, const json_t *o)
{
	char busy[PART_SIZE], since[SHOW_TIME_SIZE];
	int e = part_cell_number(t, part_number(o, "span"));

	snprintf(busy, sizeof(busy), "%" PRId64 "/%" PRId64, part_number(o, "busy"), part_number(o, "channels"));
	if (e == 0)
		e = PART_CELLS(t, part_text(o, "name"), part_text(o, "line"), part_text(o, "kind"), state(o), cable(o), framing(o),
		               crc4(o), part_is_set(o, "dchannel") ? "up" : "down", busy, show_time(part_text(o, "alarm_since"), since));
	return e == 0 ? part_cell_number(t, part_number(o, "alarm_times")) : e;
}

static void print_advice(FILE *f, const json_t *span)
{
	char name[PART_SIZE], say[TABLE_CELL_SIZE];
	int64_t slot = part_number(json_object_get(span, "driver"), "fault_timeslot");
	const char *advice = part_text(span, "advice");

	if (advice[0] == '\0')
		return;
	text_clean(advice, say, sizeof(say));
	fprintf(f, "%s: %s", part_name(span, name), say);
	if (slot > 0)
		fprintf(f, " (timeslot %" PRId64 ")", slot);
	fputc('\n', f);
}

static void print_notes(FILE *f, const json_t *span)
{
	print_advice(f, span);
	print_signalling(f, span);
	print_analog(f, span);
}

/* ---- analog lines: no ladder, for each line is a cable of its own ---- */

static bool is_analog(const json_t *span) { return strcmp(part_text(span, "line"), "analog") == 0; }
static bool is_ladder(const json_t *span) { return !is_analog(span); }

static const char *analog_state(const json_t *span)
{
	const json_t *lines = json_object_get(span, "lines");
	size_t used = json_array_size(json_object_get(lines, "used"));
	bool busy = part_number(span, "busy") > 0;

	if (json_array_size(json_object_get(span, "alarms")) > 0)
		return "ALARM";
	if (!part_is_set(span, "dchannel") || (used > 0 && json_array_size(json_object_get(lines, "no_battery")) == used))
		return "DOWN";
	if (used > 0 && json_array_size(json_object_get(lines, "locked")) == used)
		return busy ? "locking" : "locked";
	return part_is_set(span, "draining") ? "draining" : "up";
}

/* Of a card that is gone nothing is known but how many lines there should be. */
static int add_analog(struct table *t, const json_t *o)
{
	static const char *const lists[] = { "ringing", "in_call", "no_battery" };
	const json_t *lines = json_object_get(o, "lines");
	bool known = json_is_object(lines) && part_is_set(o, "dchannel");
	int64_t idle = part_number(o, "channels");
	char since[SHOW_TIME_SIZE];
	int e = part_cell_number(t, part_number(o, "span"));

	for (size_t i = 0; i < ARRAY_LEN(lists); i++)
		idle -= (int64_t)json_array_size(json_object_get(lines, lists[i]));
	if (e == 0)
		e = PART_CELLS(t, part_text(o, "name"), part_text(o, "kind"), analog_state(o), cable(o));
	if (e == 0)
		e = part_cell_number(t, part_number(o, "channels"));
	if (e == 0)
		e = known ? part_cell_number(t, idle) : table_cell(t, "");
	for (size_t i = 0; e == 0 && i < ARRAY_LEN(lists); i++)
		e = known ? part_cell_number(t, (int64_t)json_array_size(json_object_get(lines, lists[i]))) : table_cell(t, "");
	if (e == 0)
		e = json_is_object(lines) ? part_cell_number(t, (int64_t)json_array_size(json_object_get(lines, "locked"))) : table_cell(t, "");
	if (e == 0)
		e = table_cell(t, show_time(part_text(o, "alarm_since"), since));
	return e == 0 ? part_cell_number(t, part_number(o, "alarm_times")) : e;
}

static int both_tables(const json_t *spans, char **ladder, char **analog)
{
	static const char *const heads[] = { ">SPAN", "NAME", "LINE", "KIND", "STATE", "CABLE", "FRAMING", "CRC4", "D-CHANNEL", ">CALLS",
	                                     "ALARM SINCE", ">ALARMS" };
	static const char *const analog_heads[] = { ">SPAN", "NAME", "KIND", "STATE", "CARD", ">LINES", ">IDLE", ">RINGING", ">IN CALL",
	                                            ">NO BATTERY", ">LOCKED", "ALARM SINCE", ">ALARMS" };
	int e = part_table(spans, heads, ARRAY_LEN(heads), is_ladder, add_ladder, ladder);

	return e == 0 ? part_table(spans, analog_heads, ARRAY_LEN(analog_heads), is_analog, add_analog, analog) : e;
}

int show_trunks(const json_t *answer, char **text)
{
	char *ladder = NULL, *analog = NULL, *tables = NULL;
	int e;

	if (json_array_size(json_object_get(answer, "spans")) == 0)
		return part_nobody(text);
	e = both_tables(json_object_get(answer, "spans"), &ladder, &analog);
	if (e == 0 && asprintf(&tables, "%s%s%s", ladder, ladder[0] != '\0' && analog[0] != '\0' ? "\n" : "", analog) < 0) {
		tables = NULL;
		e = ERR_NOMEM;
	}
	if (e == 0)
		e = part_notes(answer, tables, print_notes, "", text);
	free(ladder);
	free(analog);
	free(tables);
	return e;
}
