#include "callkey/show_calls.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "callkey/show_parts.h"
#include "callkey/show_values.h"

static const char *q850_text(int cause)
{
	static const struct { int cause; const char *text; } known[] = {
		{ 1, "unknown number" }, { 16, "normal" }, { 17, "busy" }, { 18, "no response" }, { 19, "no answer" }, { 21, "rejected" },
		{ 27, "out of order" }, { 28, "number incomplete" }, { 31, "normal" }, { 34, "no channel" }, { 38, "network failure" },
		{ 41, "temporary failure" }, { 42, "congestion" }, { 44, "channel unavailable" }, { 102, "timer" },
	};

	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (known[i].cause == cause)
			return known[i].text;
	return "";
}

static const char *cause(const json_t *o, char buf[SHOW_SIZE])
{
	int c = (int)part_number(o, "cause");

	if (c == 0)
		return "";
	snprintf(buf, SHOW_SIZE, "%d %s", c, q850_text(c));
	return buf;
}

static const char *place(const json_t *o, char buf[SHOW_SIZE])
{
	snprintf(buf, SHOW_SIZE, "%" PRId64 "/%" PRId64, part_number(o, "span"), part_number(o, "channel"));
	return buf;
}

/* ---- the list ---- */

static int add_call(struct table *t, const json_t *o)
{
	char at[SHOW_TIME_SIZE], caller[SHOW_SIZE], called[SHOW_SIZE], where[SHOW_SIZE], long_[SHOW_SIZE], why[SHOW_SIZE];

	return PART_CELLS(t, part_text(o, "id"), show_short_time(part_text(o, "offered_at"), at), show_masked(part_text(o, "caller"),
	                  caller), show_full_number(part_text(o, "called"), called), part_text(o, "scenario"), part_text(o, "status"),
	                  part_text(o, "step"), place(o, where), show_length(part_text(o, "answered_at"), part_text(o, "ended_at"),
	                  long_), cause(o, why));
}

int show_calls(const json_t *answer, char **text)
{
	static const char *const heads[] = { "CALL", "OFFERED", "CALLER", "CALLED", "SCENARIO", "STATE", "STEP", ">SPAN/CH",
	                                     ">LENGTH", "CAUSE" };

	return part_list(answer, "items", heads, ARRAY_LEN(heads), add_call, "No calls yet.\n", text);
}

/* ---- one ---- */

static int add_step(struct table *t, const json_t *o)
{
	char at[SHOW_TIME_SIZE];

	return PART_CELLS(t, show_exact_time(part_text(o, "at"), at), part_text(o, "what"), part_text(o, "step"), part_text(o,
	                  "detail"));
}

static int show_timeline(const json_t *answer, char **text)
{
	static const char *const heads[] = { "TIME", "WHAT", "STEP", "DETAIL" };

	return part_list(answer, "timeline", heads, ARRAY_LEN(heads), add_step, "", text);
}

static void print_call(FILE *f, const json_t *o)
{
	char buf[SHOW_SIZE], at[SHOW_TIME_SIZE], who[SHOW_SIZE * 2];

	snprintf(who, sizeof(who), "%s (%s%s%s)", part_text(o, "caller")[0] != '\0' ? part_text(o, "caller") : "withheld",
	         part_text(o, "screening"), part_is_set(o, "presentation_allowed") ? "" : ", restricted", part_is_set(o, "diverted") ? ", diverted" : "");
	part_line(f, "call", part_text(o, "id"));
	part_line(f, "state", part_text(o, "status"));
	part_line(f, "caller", who);
	part_line(f, "called", show_full_number(part_text(o, "called"), buf));
	part_line(f, "request", part_text(o, "request"));
	part_line(f, "scenario", part_text(o, "scenario"));
	part_line(f, "span/channel", place(o, buf));
	part_line(f, "offered", show_time(part_text(o, "offered_at"), at));
	part_line(f, "answered", show_time(part_text(o, "answered_at"), at));
	part_line(f, "ended", show_time(part_text(o, "ended_at"), at));
	part_line(f, "length", show_length(part_text(o, "answered_at"), part_text(o, "ended_at"), buf));
	part_line(f, "cause", cause(o, buf));
}

int show_call(const json_t *answer, char **text)
{
	char *head = NULL, *steps = NULL, *both = NULL;
	int e = part_block(print_call, answer, &head);

	if (e == 0)
		e = show_timeline(answer, &steps);
	if (e == 0 && asprintf(&both, "%s\n%s", head, steps) < 0)
		e = ERR_NOMEM;
	if (e == 0)
		*text = both;
	free(head);
	free(steps);
	return e;
}
