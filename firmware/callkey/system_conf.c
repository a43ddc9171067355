#include "callkey/system_conf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "callkey/table.h"

enum { E1_CHANNELS = 31, E1_D_SLOT = 16, T1_CHANNELS = 24, T1_D_SLOT = 24, SLOTS = 32, CHANNEL_MAX = 65535, REST_SIZE = 32 };

static int fault(char *why, const char *fmt, ...) PRINTF_LIKE(2, 3);
static int fault(char *why, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(why, SYSTEM_CONF_WHY_SIZE, fmt, args);
	va_end(args);
	return ERR_INVALID;
}

/* The next line, without its end; *at moves behind it. */
static const char *next_line(const char **at, size_t *len)
{
	const char *line = *at;

	*len = strcspn(line, "\n");
	*at = line + *len + (line[*len] == '\n');
	return line;
}

/* A number of at most CHANNEL_MAX at *at, which moves behind it; -1: there is none. */
static int take_number(const char **at)
{
	int n = 0;
	const char *p = *at;

	if (*p < '0' || *p > '9')
		return -1;
	for (; *p >= '0' && *p <= '9'; p++) {
		n = n * 10 + (*p - '0');
		if (n > CHANNEL_MAX)
			return -1;
	}
	*at = p;
	return n;
}

/* ---- where channels are ---- */

int system_conf_read_proc(const char *text, struct system_conf_place *out)
{
	struct system_conf_place found = { 0 };
	size_t len;

	if (strncmp(text, "Span ", 5) != 0)
		return ERR_INVALID;
	for (const char *at = text; *at != '\0'; ) {
		const char *p = next_line(&at, &len);
		int n;

		p += strspn(p, " \t");
		n = take_number(&p);
		if (n < 0 || *p != ' ')
			continue;
		if (n == 0 || (found.count > 0 && n != found.first + found.count))
			return ERR_INVALID;
		if (found.count++ == 0)
			found.first = n;
	}
	if (found.count == 0)
		return ERR_INVALID;
	*out = found;
	return 0;
}

static int by_number(const void *a, const void *b)
{
	const struct system_conf_span *x = a, *y = b;

	return x->span - y->span;
}

static int channels_of(enum system_conf_line line)
{
	return line == SYSTEM_CONF_E1 ? E1_CHANNELS : line == SYSTEM_CONF_T1 ? T1_CHANNELS : 0;
}

static int last_line(uint32_t lines)
{
	return lines != 0 ? SLOTS - 1 - __builtin_clz(lines) : 0;
}

static int check_card(const struct system_conf_span *s, char *why)
{
	int wanted = channels_of(s->line);

	if (wanted != 0 && s->place.count != wanted)
		return fault(why, "span \"%s\": span %d of the card has %d channels, %s has %d: set the card to what the line is, or correct line= "
		             "and span=", s->name, s->span, s->place.count, s->line == SYSTEM_CONF_E1 ? "an E1" : "a T1", wanted);
	if (wanted == 0 && s->place.count < last_line(s->lines))
		return fault(why, "span \"%s\": span %d of the card has %d channels, lines= names channel %d", s->name, s->span, s->place.count,
		             last_line(s->lines));
	return 0;
}

/* Where a span that the driver does not know begins: behind the one with the number before it, whoever knows that one. */
static int count_place(struct system_conf_span *s, const struct system_conf_span *before, const struct system_conf_place *card_before,
                       char *why)
{
	int wanted = channels_of(s->line);

	s->place.count = wanted != 0 ? wanted : last_line(s->lines);
	if (s->span == 1)
		s->place.first = 1;
	else if (card_before->count != 0)
		s->place.first = card_before->first + card_before->count;
	else if (before == NULL || before->span != s->span - 1)
		return fault(why, "span \"%s\": the channels of span %d cannot be counted: neither callkey.cfg nor the driver knows span %d before "
		             "it. Load the card's module and run this again, or close the hole in the numbers", s->name, s->span, s->span - 1);
	else if (before->line == SYSTEM_CONF_ANALOG)
		return fault(why, "span \"%s\": the channels of span %d cannot be counted: only the driver knows how many the analog card of span %d "
		             "before it has. Load the card's module and run this again", s->name, s->span, s->span - 1);
	else
		s->place.first = before->place.first + before->place.count;
	return 0;
}

/* Numbers that were given out while other cards were there do not follow the order of spans. */
static int check_apart(const struct system_conf_span *s, int other, const struct system_conf_place *theirs, char *why)
{
	if (theirs->first >= s->place.first + s->place.count || s->place.first >= theirs->first + theirs->count)
		return 0;
	return fault(why, "span \"%s\": the channels of span %d cannot be counted: %d to %d would be theirs, and span %d has some of them. Load "
	             "the module of the card that is missing and run this again", s->name, s->span, s->place.first,
	             s->place.first + s->place.count - 1, other);
}

int system_conf_place(struct system_conf_span *spans, size_t count, const struct system_conf_place card[SYSTEM_CONF_SPAN_MAX + 1],
                      char why[SYSTEM_CONF_WHY_SIZE])
{
	int e = 0;

	qsort(spans, count, sizeof(*spans), by_number);
	for (size_t i = 0; e == 0 && i < count; i++) {
		struct system_conf_span *s = &spans[i];
		const struct system_conf_span *before = i > 0 ? s - 1 : NULL;

		if (before != NULL && before->span == s->span)
			return fault(why, "spans \"%s\" and \"%s\" both are span %d", before->name, s->name, s->span);
		s->told = card[s->span].count != 0;
		s->place = card[s->span];
		e = s->told ? check_card(s, why) : count_place(s, before, &card[s->span - 1], why);
		for (size_t k = 0; e == 0 && k < i; k++)
			e = check_apart(s, spans[k].span, &spans[k].place, why);
		for (int n = 1; e == 0 && !s->told && n <= SYSTEM_CONF_SPAN_MAX; n++)
			e = check_apart(s, n, &card[n], why);
	}
	return e;
}

/* ---- what is kept of the present file ---- */

/* The value of a line "key=VALUE", or NULL: blanks around the key and '=' as dahdi_cfg takes them. */
static const char *value_of(const char *line, size_t len, const char *key)
{
	const char *end = line + len, *p = line + strspn(line, " \t");

	if (p >= end || strncmp(p, key, strlen(key)) != 0)
		return NULL;
	p += strlen(key);
	p += strspn(p, " \t");
	if (*p != '=')
		return NULL;
	p++;
	return p + strspn(p, " \t");
}

/* Whether a list like "1-15,17" at p has the channel. */
static bool list_has(const char *p, int channel)
{
	for (;;) {
		int from = take_number(&p), to = from;

		if (from >= 0 && *p == '-') {
			p++;
			to = take_number(&p);
		}
		if (from < 0 || to < 0)
			return false;
		if (channel >= from && channel <= to)
			return true;
		if (*p++ != ',')
			return false;
	}
}

static bool present_has(const char *present, const char *key, int channel)
{
	size_t len;

	while (*present != '\0') {
		const char *line = next_line(&present, &len), *value = value_of(line, len, key);

		if (value != NULL && list_has(value, channel))
			return true;
	}
	return false;
}

/* Build-out, framing and coding: those of the present file when they are ones for this kind of line, else the usual ones. */
static void rest_of_span(const struct system_conf_span *s, const char *present, char out[REST_SIZE])
{
	static const char *const fit[][3] = { { "ccs,hdb3,crc4", "ccs,hdb3", "ccs,ami" }, { "esf,b8zs", "esf,ami", "d4,ami" } };
	const char *const *mine = fit[s->line == SYSTEM_CONF_T1];
	size_t len;

	snprintf(out, REST_SIZE, "0,%s", mine[0]);
	while (*present != '\0') {
		const char *line = next_line(&present, &len), *p = value_of(line, len, "span");
		int timing, build_out;

		if (p == NULL || take_number(&p) != s->span || *p++ != ',')
			continue;
		timing = take_number(&p);
		if (timing < 0 || *p++ != ',')
			continue;
		build_out = take_number(&p);
		if (build_out < 0 || build_out > 7 || *p++ != ',')
			continue;
		for (size_t i = 0; i < 3; i++) {
			size_t n = strlen(mine[i]);

			if (strncmp(p, mine[i], n) == 0 && p + n + strspn(p + n, " \t\r") == line + len)
				snprintf(out, REST_SIZE, "%d,%s", build_out, mine[i]);
		}
	}
}

/* ---- the text ---- */

/* "KEY=1-3,5": the channels of the slots that are set, or nothing when none is. */
static void print_channels(FILE *f, const char *key, uint32_t slots, int first)
{
	const char *between = "";

	if (slots == 0)
		return;
	fputs(key, f);
	for (int i = 1; i < SLOTS; i++) {
		int from = i;

		if ((slots & UINT32_C(1) << i) == 0)
			continue;
		while (i + 1 < SLOTS && (slots & UINT32_C(1) << (i + 1)) != 0)
			i++;
		fprintf(f, "%s%d", between, first + from - 1);
		if (i > from)
			fprintf(f, "-%d", first + i - 1);
		between = ",";
	}
	fputc('\n', f);
}

static uint32_t all_slots(int channels)
{
	return (uint32_t)((UINT64_C(2) << channels) - 2);
}

static void print_digital(FILE *f, const struct system_conf_span *s, int timing, const char *present)
{
	int d_slot = s->line == SYSTEM_CONF_E1 ? E1_D_SLOT : T1_D_SLOT, channel = s->place.first + d_slot - 1;
	uint32_t all = all_slots(channels_of(s->line)), bearers = all & ~(UINT32_C(1) << d_slot);
	char rest[REST_SIZE];

	rest_of_span(s, present, rest);
	fprintf(f, "span=%d,%d,%s\n", s->span, timing, rest);
	print_channels(f, "bchan=", bearers, s->place.first);
	fprintf(f, "%s=%d\n", present_has(present, "hardhdlc", channel) ? "hardhdlc" : "dchan", channel);
	print_channels(f, s->mulaw ? "mulaw=" : "alaw=", all, s->place.first);
	if (s->echo)
		print_channels(f, "echocanceller=mg2,", bearers, s->place.first);
}

static void print_analog(FILE *f, const struct system_conf_span *s, const char *present)
{
	uint32_t loop_start = 0;

	for (int i = 1; i < SLOTS; i++)
		if ((s->lines & UINT32_C(1) << i) != 0 && present_has(present, "fxsls", s->place.first + i - 1))
			loop_start |= UINT32_C(1) << i;
	print_channels(f, "fxsks=", s->lines & ~loop_start, s->place.first);
	print_channels(f, "fxsls=", loop_start, s->place.first);
	print_channels(f, s->mulaw ? "mulaw=" : "alaw=", s->lines, s->place.first);
	if (s->echo)
		print_channels(f, "echocanceller=mg2,", s->lines, s->place.first);
}

/* A name is text of callkey.cfg and may hold anything: none of it ends the comment. */
static void print_span(FILE *f, const struct system_conf_span *s, int timing, const char *present)
{
	static const char *const lines[] = { "E1", "T1", "analog" };
	char name[SYSTEM_CONF_NAME_SIZE * 4];

	text_clean(s->name, name, sizeof(name));
	fprintf(f, "\n# span %d, \"%s\": %s%s\n", s->span, name, lines[s->line], s->network_side ? ", the network's side" : "");
	if (s->line == SYSTEM_CONF_ANALOG)
		print_analog(f, s, present);
	else
		print_digital(f, s, timing, present);
}

int system_conf_text(const struct system_conf_span *spans, size_t count, const char *present, char **text)
{
	char *made = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&made, &size);
	int clocks = 0;

	if (f == NULL)
		return ERR_NOMEM;
	fputs("# For dahdi_cfg. Written by callkey trunks configure from trunkd.spans of callkey.cfg.\n", f);
	for (size_t i = 0; i < count; i++) {
		/* Each carrier's line is one choice for the clock, in the order of spans; one whose network we are never is. */
		bool clock = spans[i].line != SYSTEM_CONF_ANALOG && !spans[i].network_side;

		print_span(f, &spans[i], clock ? ++clocks : 0, present);
	}
	fputs("\n# The tones callers hear are the appliance's own; dahdi_cfg wants a zone, and has none for Korea.\nloadzone=us\ndefaultzone=us\n",
	      f);
	if (ferror(f) != 0 || fclose(f) != 0) {
		free(made);
		return ERR_NOMEM;
	}
	*text = made;
	return 0;
}
