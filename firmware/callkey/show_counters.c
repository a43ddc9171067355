#include "callkey/show_counters.h"

#include <stdlib.h>
#include <string.h>

#include "callkey/show_parts.h"
#include "callkey/show_values.h"

/* ---- since trunkd's start ---- */

static int add_counters(struct table *t, const json_t *o)
{
	static const char *const measured[] = { "code_violations", "crc_errors", "e_bits", "framing_errors", "errored_seconds", "slips",
	                                        "irq_misses" };
	static const char *const own[] = { "overruns", "blocks_missed", "hdlc_aborts", "hdlc_bad_fcs" };
	static const char *const any[] = { "underruns", "late_ticks", "lost_ticks" };
	const json_t *driver = json_object_get(o, "driver");
	int e = part_cell_number(t, part_number(o, "span"));

	if (e == 0)
		e = PART_CELLS(t, part_text(o, "name"), part_text(driver, "device"));
	for (size_t i = 0; e == 0 && i < ARRAY_LEN(measured); i++)
		e = json_is_object(driver) ? part_cell_count(t, json_object_get(driver, "measures"), measured[i]) : table_cell(t, "");
	/* The last two are a D-channel's, which analog lines have not. */
	for (size_t i = 0; e == 0 && i < ARRAY_LEN(own); i++)
		e = i >= 2 && strcmp(part_text(o, "line"), "analog") == 0 ? table_cell(t, "") : part_cell_count(t, driver, own[i]);
	for (size_t i = 0; e == 0 && i < ARRAY_LEN(any); i++)
		e = part_cell_number(t, part_number(o, any[i]));
	return e;
}

/* ---- seconds and errors: of 24 hours, since the operator's mark, by quarters ---- */

static const char *const errors[] = { "code_violations", "crc_errors", "e_bits", "framing_errors", "slips" };

/* A driver that measures no errors leaves alarms alone to tell an errored second: that none was seen is no 0. */
static bool sees_errors(const json_t *span, const json_t *set)
{
	const json_t *driver = json_object_get(span, "driver");

	for (size_t i = 0; i < ARRAY_LEN(errors); i++)
		if (json_is_integer(json_object_get(json_object_get(driver, "measures"), errors[i])) || json_is_integer(json_object_get(set, errors[i])))
			return true;
	return !json_is_object(driver);
}

/* ES to SLIPS. Before the first second was looked at there is nothing to say, and of errors nothing where no driver could count them. */
static int add_figures(struct table *t, const json_t *set, bool has_driver, bool seen)
{
	bool empty = part_number(set, "seconds") == 0;
	int e;

	if (empty)
		return PART_CELLS(t, "", "", "", "", "", "", "", "");
	e = part_number(set, "errored") == 0 && !seen ? table_cell(t, "n/m") : part_cell_count(t, set, "errored");
	if (e == 0)
		e = part_cell_count(t, set, "severely_errored");
	if (e == 0)
		e = part_cell_count(t, set, "unavailable");
	for (size_t i = 0; e == 0 && i < ARRAY_LEN(errors); i++)
		e = has_driver || json_is_integer(json_object_get(set, errors[i])) ? part_cell_count(t, set, errors[i]) : table_cell(t, "");
	return e;
}

static int add_set(struct table *t, const json_t *span, const char *title, const json_t *set)
{
	char since[SHOW_TIME_SIZE];
	int e = part_cell_number(t, part_number(span, "span"));

	if (e == 0)
		e = PART_CELLS(t, part_text(span, "name"), title, show_time(part_text(set, "since"), since));
	if (e == 0)
		e = add_figures(t, set, json_is_object(json_object_get(span, "driver")), sees_errors(span, set));
	return e == 0 ? table_cell(t, part_text(set, "zeroed_by")) : e;
}

static int add_sets(struct table *t, const json_t *span)
{
	int e = add_set(t, span, "24 hours", json_object_get(span, "day"));

	return e == 0 ? add_set(t, span, "counted", json_object_get(span, "counted")) : e;
}

static void print_master(FILE *f, const json_t *span)
{
	char name[PART_SIZE];

	if (part_is_set(json_object_get(span, "driver"), "clock_master"))
		fprintf(f, "clock master: %s\n", part_name(span, name));
}

int show_trunk_counters(const json_t *answer, char **text)
{
	static const char *const heads[] = { ">SPAN", "NAME", "DEVICE", ">CODE", ">CRC", ">E-BIT", ">FRAMING", ">ERR-SEC", ">SLIPS", ">IRQ",
	                                     ">OVERRUN", ">MISSED", ">ABORT", ">BAD-FCS", ">UNDERRUN", ">LATE", ">LOST" };
	static const char *const set_heads[] = { ">SPAN", "NAME", "OF", "SINCE", ">ES", ">SES", ">UAS", ">CODE", ">CRC", ">E-BIT", ">FRAMING",
	                                         ">SLIPS", "ZEROED BY" };
	const json_t *spans = json_object_get(answer, "spans");
	char *counters = NULL, *sets = NULL, *tables = NULL;
	int e;

	if (json_array_size(spans) == 0)
		return part_nobody(text);
	e = part_table(spans, heads, ARRAY_LEN(heads), NULL, add_counters, &counters);
	if (e == 0)
		e = part_table(spans, set_heads, ARRAY_LEN(set_heads), NULL, add_sets, &sets);
	if (e == 0 && asprintf(&tables, "%s\n%s", counters, sets) < 0) {
		tables = NULL;
		e = ERR_NOMEM;
	}
	if (e == 0)
		e = part_notes(answer, tables, print_master, "Above: since trunkd's start. Below: kept over restarts; ES SES UAS are seconds; callkey "
		               "trunks zero SPAN begins \"counted\"\nanew; by quarters of an hour: callkey trunks history SPAN. n/m: not measured, "
		               "this card's driver does not support it.\n", text);
	free(counters);
	free(sets);
	free(tables);
	return e;
}

/* ---- one span by quarters ---- */

static int add_quarter(struct table *t, const json_t *o)
{
	char begin[SHOW_TIME_SIZE];
	int e = table_cell(t, show_time(part_text(o, "quarter"), begin));

	if (e == 0)
		e = part_cell_number(t, part_number(o, "seconds"));
	return e == 0 ? add_figures(t, o, true, sees_errors(o, o)) : e;
}

int show_trunk_history(const json_t *answer, char **text)
{
	static const char *const heads[] = { "QUARTER OF AN HOUR", ">SECONDS", ">ES", ">SES", ">UAS", ">CODE", ">CRC", ">E-BIT", ">FRAMING", ">SLIPS" };
	const json_t *quarters = json_object_get(answer, "quarters");
	char name[PART_SIZE], *table = NULL;
	int e = part_table(quarters, heads, ARRAY_LEN(heads), NULL, add_quarter, &table);

	part_name(answer, name);
	if (e == 0 && json_array_size(quarters) == 0)
		e = asprintf(text, "%s: nothing was looked at in the last 24 hours.\n", name) < 0 ? ERR_NOMEM : 0;
	else if (e == 0)
		e = asprintf(text, "%s%s: seconds that were looked at (900 are all), and what they were. n/m: not measured, the driver does not "
		             "support it, or there is none.\n", table, name) < 0 ? ERR_NOMEM : 0;
	free(table);
	return e;
}
