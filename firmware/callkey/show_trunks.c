#include "callkey/show_trunks.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "callkey/show.h"
#include "callkey/show_lines.h"
#include "callkey/table.h"

enum { CELL_SIZE = 64 };

static const char nobody[] = "No spans: trunkd is not connected, or none is configured (trunkd.spans).\n";

static const char *text_of(const json_t *o, const char *name)
{
	const char *s = json_string_value(json_object_get(o, name));

	return s != NULL ? s : "";
}

static int64_t number_of(const json_t *o, const char *name)
{
	return json_integer_value(json_object_get(o, name));
}

static bool is_set(const json_t *o, const char *name)
{
	return json_is_true(json_object_get(o, name));
}

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
	const char *fault = text_of(driver, "fault");

	if (fault[0] != '\0' && strcmp(fault, "none") != 0)
		return fault;
	if (alarm(span, "loopback"))
		return "looped";
	if (cable_is_bad(span))
		return json_is_object(driver) && !is_set(driver, "alarm_detail") ? "RED" : "no signal";
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

	if (!json_is_object(driver) || strcmp(text_of(span, "line"), "E1") != 0 || framing(span)[0] == '\0')
		return "";
	if (alarm(span, "lmfa"))
		return "lost";
	return is_set(driver, "crc4") ? "on" : "off";
}

static const char *state(const json_t *span)
{
	const char *service = text_of(json_object_get(span, "signalling"), "service");

	if (json_array_size(json_object_get(span, "alarms")) > 0 || !is_set(span, "dchannel"))
		return json_array_size(json_object_get(span, "alarms")) > 0 ? "ALARM" : "DOWN";
	if (strcmp(service, "out_of_service") == 0)
		return "locked";
	return strcmp(service, "draining") == 0 ? "locking" : is_set(span, "draining") ? "draining" : "up";
}

/* ---- tables ---- */

static int cell_number(struct table *t, int64_t n)
{
	char text[CELL_SIZE];

	snprintf(text, sizeof(text), "%" PRId64, n);
	return table_cell(t, text);
}

static int cells(struct table *t, const char *const *texts, size_t count)
{
	int e = 0;

	for (size_t i = 0; e == 0 && i < count; i++)
		e = table_cell(t, texts[i]);
	return e;
}

static int add_ladder(struct table *t, const json_t *o)
{
	char busy[CELL_SIZE], since[SHOW_TIME_SIZE];
	int e = cell_number(t, number_of(o, "span"));

	snprintf(busy, sizeof(busy), "%" PRId64 "/%" PRId64, number_of(o, "busy"), number_of(o, "channels"));
	if (e == 0)
		e = cells(t, (const char *[]){ text_of(o, "name"), text_of(o, "line"), text_of(o, "kind"), state(o), cable(o), framing(o),
		          crc4(o), is_set(o, "dchannel") ? "up" : "down", busy, show_time(text_of(o, "alarm_since"), since) }, 10);
	return e == 0 ? cell_number(t, number_of(o, "alarm_times")) : e;
}

static int table_of(const json_t *answer, const char *const *heads, size_t columns, int (*add)(struct table *t, const json_t *o),
                    char **text)
{
	const json_t *spans = json_object_get(answer, "spans");
	struct table *t = NULL;
	int e = table_new(heads, columns, &t);

	for (size_t i = 0; e == 0 && i < json_array_size(spans); i++)
		e = add(t, json_array_get(spans, i));
	if (e == 0)
		e = table_text(t, text);
	table_free(&t);
	return e;
}

static void print_advice(FILE *f, const json_t *span)
{
	char name[CELL_SIZE], say[TABLE_CELL_SIZE];
	int64_t slot = number_of(json_object_get(span, "driver"), "fault_timeslot");
	const char *advice = text_of(span, "advice");

	if (advice[0] == '\0')
		return;
	text_clean(text_of(span, "name"), name, sizeof(name));
	text_clean(advice, say, sizeof(say));
	fprintf(f, "%s: %s", name, say);
	if (slot > 0)
		fprintf(f, " (timeslot %" PRId64 ")", slot);
	fputc('\n', f);
}

/* Puts more behind the table, when there is more. */
static int with_notes(const json_t *answer, char *table, void (*note)(FILE *f, const json_t *span), const char *last, char **text)
{
	const json_t *spans = json_object_get(answer, "spans");
	char *notes = NULL;
	size_t len;
	FILE *f = open_memstream(&notes, &len);
	int e = ERR_NOMEM;

	if (f == NULL)
		return ERR_NOMEM;
	fprintf(f, "%s", table);
	for (size_t i = 0; i < json_array_size(spans); i++) {
		note(f, json_array_get(spans, i));
		print_signalling(f, json_array_get(spans, i));
	}
	fputs(last, f);
	if (fclose(f) == 0) {
		*text = notes;
		notes = NULL;
		e = 0;
	}
	free(notes);
	return e;
}

static int answer_nobody(char **text)
{
	*text = strdup(nobody);
	return *text != NULL ? 0 : ERR_NOMEM;
}

int show_trunks(const json_t *answer, char **text)
{
	static const char *const heads[] = { ">SPAN", "NAME", "LINE", "KIND", "STATE", "CABLE", "FRAMING", "CRC4", "D-CHANNEL", ">CALLS",
	                                     "ALARM SINCE", ">ALARMS" };
	char *table = NULL;
	int e;

	if (json_array_size(json_object_get(answer, "spans")) == 0)
		return answer_nobody(text);
	e = table_of(answer, heads, ARRAY_LEN(heads), add_ladder, &table);
	if (e == 0)
		e = with_notes(answer, table, print_advice, "", text);
	free(table);
	return e;
}

/* ---- counters ---- */

static int cell_of(struct table *t, const json_t *o, const char *name)
{
	const json_t *n = json_object_get(o, name);

	if (!json_is_object(o))
		return table_cell(t, "");
	return json_is_integer(n) ? cell_number(t, json_integer_value(n)) : table_cell(t, "n/m");
}

static int add_counters(struct table *t, const json_t *o)
{
	static const char *const measured[] = { "code_violations", "crc_errors", "e_bits", "framing_errors", "errored_seconds", "slips",
	                                        "irq_misses" };
	static const char *const own[] = { "overruns", "blocks_missed", "hdlc_aborts", "hdlc_bad_fcs" };
	static const char *const any[] = { "underruns", "late_ticks", "lost_ticks" };
	const json_t *driver = json_object_get(o, "driver");
	int e = cell_number(t, number_of(o, "span"));

	if (e == 0)
		e = table_cell(t, text_of(o, "name"));
	if (e == 0)
		e = table_cell(t, text_of(driver, "device"));
	for (size_t i = 0; e == 0 && i < ARRAY_LEN(measured); i++)
		e = json_is_object(driver) ? cell_of(t, json_object_get(driver, "measures"), measured[i]) : table_cell(t, "");
	for (size_t i = 0; e == 0 && i < ARRAY_LEN(own); i++)
		e = cell_of(t, driver, own[i]);
	for (size_t i = 0; e == 0 && i < ARRAY_LEN(any); i++)
		e = cell_number(t, number_of(o, any[i]));
	return e;
}

/* ---- seconds: of 24 hours, and since the operator's mark ---- */

/* A driver that measures no errors leaves alarms alone to tell an errored second: that none was seen is no 0. */
static bool sees_errors(const json_t *span)
{
	static const char *const errors[] = { "code_violations", "crc_errors", "framing_errors", "slips" };
	const json_t *driver = json_object_get(span, "driver");

	for (size_t i = 0; i < ARRAY_LEN(errors); i++)
		if (json_is_integer(json_object_get(json_object_get(driver, "measures"), errors[i])))
			return true;
	return !json_is_object(driver);
}

static int add_set(struct table *t, const json_t *span, const char *set)
{
	const json_t *o = json_object_get(span, set);
	char since[SHOW_TIME_SIZE];
	int e = table_cell(t, show_time(text_of(o, "since"), since));

	/* Before the first second was looked at there is nothing to say. */
	if (e == 0 && number_of(o, "seconds") == 0)
		return cells(t, (const char *[]){ "", "", "" }, 3);
	if (e == 0)
		e = number_of(o, "errored") == 0 && !sees_errors(span) ? table_cell(t, "n/m") : cell_of(t, o, "errored");
	if (e == 0)
		e = cell_of(t, o, "severely_errored");
	return e == 0 ? cell_of(t, o, "unavailable") : e;
}

static int add_seconds(struct table *t, const json_t *o)
{
	int e = cell_number(t, number_of(o, "span"));

	if (e == 0)
		e = table_cell(t, text_of(o, "name"));
	if (e == 0)
		e = add_set(t, o, "day");
	if (e == 0)
		e = add_set(t, o, "counted");
	return e == 0 ? table_cell(t, text_of(json_object_get(o, "counted"), "zeroed_by")) : e;
}

static void print_master(FILE *f, const json_t *span)
{
	char name[CELL_SIZE];

	text_clean(text_of(span, "name"), name, sizeof(name));
	if (is_set(json_object_get(span, "driver"), "clock_master"))
		fprintf(f, "clock master: %s\n", name);
}

static int with_seconds(const json_t *answer, const char *counters, char **text)
{
	static const char *const heads[] = { ">SPAN", "NAME", "24 H SINCE", ">ES", ">SES", ">UAS", "COUNTED SINCE", ">ES", ">SES", ">UAS",
	                                     "ZEROED BY" };
	char *seconds = NULL;
	int e = table_of(answer, heads, ARRAY_LEN(heads), add_seconds, &seconds);

	if (e == 0 && asprintf(text, "%s\n%s", counters, seconds) < 0) {
		*text = NULL;
		e = ERR_NOMEM;
	}
	free(seconds);
	return e;
}

int show_trunk_counters(const json_t *answer, char **text)
{
	static const char *const heads[] = { ">SPAN", "NAME", "DEVICE", ">CODE", ">CRC", ">E-BIT", ">FRAMING", ">ERR-SEC", ">SLIPS", ">IRQ",
	                                     ">OVERRUN", ">MISSED", ">ABORT", ">BAD-FCS", ">UNDERRUN", ">LATE", ">LOST" };
	char *counters = NULL, *tables = NULL;
	int e;

	if (json_array_size(json_object_get(answer, "spans")) == 0)
		return answer_nobody(text);
	e = table_of(answer, heads, ARRAY_LEN(heads), add_counters, &counters);
	if (e == 0)
		e = with_seconds(answer, counters, &tables);
	if (e == 0)
		e = with_notes(answer, tables, print_master, "Counters: since trunkd's start. ES SES UAS: seconds; kept over restarts; "
		               "callkey trunks zero SPAN begins the second set anew. n/m: this card's driver does not measure it.\n", text);
	free(counters);
	free(tables);
	return e;
}
