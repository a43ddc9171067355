#include "callkey/show_lines.h"

#include <inttypes.h>
#include <string.h>

#include "callkey/show.h"
#include "callkey/table.h"

enum { NAME_SIZE = 64 };

static const char *text_of(const json_t *o, const char *name)
{
	const char *s = json_string_value(json_object_get(o, name));

	return s != NULL ? s : "";
}

static int64_t number_of(const json_t *o, const char *name)
{
	return json_integer_value(json_object_get(o, name));
}

void print_lock(FILE *f, const json_t *o)
{
	int64_t span = number_of(o, "span");

	if (json_is_true(json_object_get(o, "on")))
		fprintf(f, "Span %" PRId64 " is locked: new calls get cause 44 or 34, calls in progress go on; out of service when the last has "
		        "ended.\nTake it back: callkey unlock %" PRId64 "\n", span, span);
	else
		fprintf(f, "Span %" PRId64 " takes calls again.\n", span);
}

void print_zeroed(FILE *f, const json_t *o)
{
	char name[NAME_SIZE], at[SHOW_TIME_SIZE];

	text_clean(text_of(o, "name"), name, sizeof(name));
	fprintf(f, "Span %" PRId64 " (%s) counts from 0 since %s; its last 24 hours stay. Both: callkey trunks --counters\n",
	        number_of(o, "span"), name, show_time(text_of(o, "since"), at));
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
	const char *ms = strchr(text_of(frame, "at"), '.');

	fprintf(f, "%s%.4s  %s  ", show_time(text_of(frame, "at"), at), ms != NULL ? ms : "",
	        json_is_true(json_object_get(frame, "sent")) ? "-> line" : "<- line");
	print_words(f, text_of(frame, "text"), "    ");
}

static void print_switched(FILE *f, const json_t *o)
{
	int64_t span = number_of(o, "span"), minutes = number_of(o, "minutes");

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
		fprintf(f, "Nothing was recorded. Switch it on before the call: callkey trace %" PRId64 " --minutes 10\n", number_of(o, "span"));
	else
		fprintf(f, "%zu messages%s. Digits that a caller sends in a call are never recorded.\n", json_array_size(frames),
		        json_is_true(json_object_get(o, "masked")) ? ", numbers masked" : "");
}

/* ---- callkey trunks ---- */

static void print_note(FILE *f, const json_t *span, const char *words, int64_t n)
{
	char name[NAME_SIZE];

	text_clean(text_of(span, "name"), name, sizeof(name));
	fprintf(f, "%s: ", name);
	if (n >= 0)
		fprintf(f, "%" PRId64 " ", n);
	fprintf(f, "%s\n", words);
}

void print_signalling(FILE *f, const json_t *span)
{
	const json_t *s = json_object_get(span, "signalling");
	const char *service = text_of(s, "service");

	if (!json_is_object(s))
		return;
	if (strcmp(service, "draining") == 0)
		print_note(f, span, "locked; waits for its calls to end", -1);
	if (strcmp(service, "out_of_service") == 0)
		print_note(f, span, "locked and out of service; callkey unlock takes it back", -1);
	if (number_of(s, "busied_out") > 0)
		print_note(f, span, "channels taken out of service by the exchange", number_of(s, "busied_out"));
	if (number_of(s, "trace_left_s") > 0)
		print_note(f, span, "minutes of trace left", (number_of(s, "trace_left_s") + 59) / 60);
	if (number_of(s, "refused_nfas") > 0)
		print_note(f, span, "calls refused that were for another interface: NFAS is not built", number_of(s, "refused_nfas"));
}
