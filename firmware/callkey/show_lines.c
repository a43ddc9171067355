#include "callkey/show_lines.h"

#include <inttypes.h>
#include <string.h>

#include "callkey/show_parts.h"
#include "callkey/show_values.h"

void print_lock(FILE *f, const json_t *o)
{
	int64_t span = part_number(o, "span"), line = part_number(o, "line");
	bool analog = part_is_set(o, "analog");
	char what[PART_SIZE], word[PART_SIZE];

	snprintf(what, sizeof(what), "Span %" PRId64, span);
	snprintf(word, sizeof(word), "%" PRId64, span);
	if (line > 0) {
		snprintf(what, sizeof(what), "Line %" PRId64 " of span %" PRId64, line, span);
		snprintf(word, sizeof(word), "%" PRId64 ":%" PRId64, span, line);
	}
	if (!part_is_set(o, "on"))
		fprintf(f, "%s takes calls again.\n", what);
	else
		fprintf(f, "%s is locked: %s, calls in progress go on; out of service when the last has ended.\nTake it back: callkey trunks "
		        "unlock %s\n", what, analog ? "new calls are not answered" : "new calls get cause 44 or 34", word);
}

void print_zeroed(FILE *f, const json_t *o)
{
	char name[PART_SIZE], at[SHOW_TIME_SIZE];

	fprintf(f, "Span %" PRId64 " (%s) counts from 0 since %s; its last 24 hours stay. Both: callkey trunks --counters\n",
	        part_number(o, "span"), part_name(o, name), show_time(part_text(o, "since"), at));
}

/* ---- trace ---- */

/* Lines of arsd's words; nothing else reaches the terminal. */
static void print_words(FILE *f, const char *words, const char *indent)
{
	for (; *words != '\0'; words++) {
		putc(*words == '\n' || (*words >= ' ' && *words <= '~') ? *words : '?', f);
		if (*words == '\n')
			fputs(indent, f);
	}
	putc('\n', f);
}

static void print_frame(FILE *f, const json_t *frame)
{
	char at[SHOW_TIME_SIZE];
	const char *ms = strchr(part_text(frame, "at"), '.');

	fprintf(f, "%s%.4s  %s  ", show_time(part_text(frame, "at"), at), ms != NULL ? ms : "",
	        json_is_true(json_object_get(frame, "sent")) ? "-> line" : "<- line");
	print_words(f, part_text(frame, "text"), "    ");
}

static void print_switched(FILE *f, const json_t *o)
{
	int64_t span = part_number(o, "span"), minutes = part_number(o, "minutes");

	if (minutes > 0)
		fprintf(f, "Span %" PRId64 " is traced for %" PRId64 " minutes. Read: callkey trace %" PRId64 ", or callkey trace CALL [--pcap FILE]\n",
		        span, minutes, span);
	else
		fprintf(f, "The trace of span %" PRId64 " is off. What was recorded can be read for an hour, then it is wiped.\n", span);
}

void print_trace(FILE *f, const json_t *o)
{
	const json_t *frames = json_object_get(o, "frames");

	if (frames == NULL) {
		print_switched(f, o);
		return;
	}
	for (size_t i = 0; i < json_array_size(frames); i++)
		print_frame(f, json_array_get(frames, i));
	if (json_array_size(frames) == 0)
		fprintf(f, "Nothing was recorded. Switch it on before the call: callkey trace %" PRId64 " --minutes 10\n", part_number(o, "span"));
	else
		fprintf(f, "%zu messages%s. Digits that a caller sends in a call are never recorded.\n", json_array_size(frames),
		        json_is_true(json_object_get(o, "masked")) ? ", numbers masked" : "");
}

/* ---- callkey trunks ---- */

static void print_note(FILE *f, const json_t *span, const char *words, int64_t n)
{
	char name[PART_SIZE];

	fprintf(f, "%s: ", part_name(span, name));
	if (n >= 0)
		fprintf(f, "%" PRId64 " ", n);
	fprintf(f, "%s\n", words);
}

static bool has(const json_t *list, json_int_t n)
{
	for (size_t i = 0; i < json_array_size(list); i++)
		if (json_integer_value(json_array_get(list, i)) == n)
			return true;
	return false;
}

/* "line 2 4: WORDS": those of the first list that are (or are not) in one of the two others. */
static void note_lines(FILE *f, const json_t *span, const char *of, bool within, const char *words)
{
	const json_t *lines = json_object_get(span, "lines"), *list = json_object_get(lines, of);
	char name[PART_SIZE];
	int count = 0;

	for (size_t i = 0; i < json_array_size(list); i++) {
		json_int_t n = json_integer_value(json_array_get(list, i));

		if ((has(json_object_get(lines, "in_call"), n) || has(json_object_get(lines, "ringing"), n)) != within)
			continue;
		if (count++ == 0)
			fprintf(f, "%s: line", part_name(span, name));
		fprintf(f, " %" PRId64, (int64_t)n);
	}
	if (count > 0)
		fprintf(f, ": %s\n", words);
}

/* A card that is gone has no battery on any line; that is said by its advice. */
void print_analog(FILE *f, const json_t *span)
{
	if (!json_is_object(json_object_get(span, "lines")))
		return;
	if (part_is_set(span, "dchannel"))
		note_lines(f, span, "no_battery", false, "no battery: cable, or the exchange's port");
	note_lines(f, span, "locked", true, "locked; waits for the call to end");
	note_lines(f, span, "locked", false, "locked and out of service; callkey trunks unlock SPAN:LINE takes it back");
	if (part_number(json_object_get(span, "lines"), "refused_locked") > 0)
		print_note(f, span, "calls not answered because their line was locked", part_number(json_object_get(span, "lines"), "refused_locked"));
}

void print_signalling(FILE *f, const json_t *span)
{
	const json_t *s = json_object_get(span, "signalling");
	const char *service = part_text(s, "service");

	if (!json_is_object(s))
		return;
	if (strcmp(service, "draining") == 0)
		print_note(f, span, "locked; waits for its calls to end", -1);
	if (strcmp(service, "out_of_service") == 0)
		print_note(f, span, "locked and out of service; callkey trunks unlock takes it back", -1);
	if (part_number(s, "busied_out") > 0)
		print_note(f, span, "channels taken out of service by the exchange", part_number(s, "busied_out"));
	if (part_number(s, "trace_left_s") > 0)
		print_note(f, span, "minutes of trace left", (part_number(s, "trace_left_s") + 59) / 60);
	if (part_number(s, "refused_nfas") > 0)
		print_note(f, span, "calls refused that were for another interface: NFAS is not built", part_number(s, "refused_nfas"));
}
