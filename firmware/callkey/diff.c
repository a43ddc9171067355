#include "callkey/diff.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CONTEXT = 3 };

/* A line with its newline, which the last may lack; borrowed. */
struct text_line { const char *at; size_t len; };
struct side { size_t count; struct text_line *lines; };

/* One step through both texts: ' ' in both, '-' in the old, '+' in the new one. old_at, new_at: lines before it. */
struct step { char sign; size_t old_at, new_at; };

static int split(const char *text, struct side *s)
{
	size_t count = 0;

	for (const char *p = text; *p != '\0'; count++)
		p += strcspn(p, "\n") + (p[strcspn(p, "\n")] == '\n');
	if (count > DIFF_LINES_MAX)
		return ERR_TOO_LONG;
	s->lines = calloc(count + 1, sizeof(*s->lines));
	if (s->lines == NULL)
		return ERR_NOMEM;
	for (s->count = 0; s->count < count; s->count++) {
		size_t len = strcspn(text, "\n");

		len += text[len] == '\n';
		s->lines[s->count] = (struct text_line){ text, len };
		text += len;
	}
	return 0;
}

static bool same(const struct text_line *a, const struct text_line *b)
{
	return a->len == b->len && memcmp(a->at, b->at, a->len) == 0;
}

/* The longest common subsequence of what lies between equal heads and tails. common[i][j]: of the rests from i and j. */
static int walk(const struct side *a, const struct side *b, struct step *steps, size_t *count)
{
	size_t head = 0, tail = 0, rows, columns, i, j, n = 0;
	uint16_t *common;

	while (head < a->count && head < b->count && same(&a->lines[head], &b->lines[head]))
		head++;
	while (tail < a->count - head && tail < b->count - head && same(&a->lines[a->count - 1 - tail], &b->lines[b->count - 1 - tail]))
		tail++;
	rows = a->count - head - tail;
	columns = b->count - head - tail;
	common = calloc((rows + 1) * (columns + 1), sizeof(*common));
	if (common == NULL)
		return ERR_NOMEM;
	for (i = rows; i-- > 0; )
		for (j = columns; j-- > 0; ) {
			uint16_t down = common[(i + 1) * (columns + 1) + j], right = common[i * (columns + 1) + j + 1];

			common[i * (columns + 1) + j] = same(&a->lines[head + i], &b->lines[head + j]) ?
				(uint16_t)(common[(i + 1) * (columns + 1) + j + 1] + 1) : down >= right ? down : right;
		}
	for (i = 0; i < head; i++)
		steps[n++] = (struct step){ ' ', i, i };
	for (i = j = 0; i < rows || j < columns; ) {
		char sign = i < rows && j < columns && same(&a->lines[head + i], &b->lines[head + j]) ? ' ' :
			j == columns || (i < rows && common[(i + 1) * (columns + 1) + j] >= common[i * (columns + 1) + j + 1]) ? '-' : '+';

		steps[n++] = (struct step){ sign, head + i, head + j };
		i += sign != '+';
		j += sign != '-';
	}
	for (i = 0; i < tail; i++)
		steps[n++] = (struct step){ ' ', a->count - tail + i, b->count - tail + i };
	free(common);
	*count = n;
	return 0;
}

/* diff -u's way: a length of 1 is left out, and an empty range is told by the line before it. */
static void print_range(FILE *f, char sign, size_t at, size_t len)
{
	fprintf(f, "%c%zu", sign, len == 0 ? at : at + 1);
	if (len != 1)
		fprintf(f, ",%zu", len);
}

static void print_hunk(FILE *f, const struct side *a, const struct side *b, const struct step *steps, size_t count)
{
	size_t old_len = 0, new_len = 0;

	for (size_t i = 0; i < count; i++) {
		old_len += steps[i].sign != '+';
		new_len += steps[i].sign != '-';
	}
	fputs("@@ ", f);
	print_range(f, '-', steps[0].old_at, old_len);
	fputc(' ', f);
	print_range(f, '+', steps[0].new_at, new_len);
	fputs(" @@\n", f);
	for (size_t i = 0; i < count; i++) {
		const struct text_line *l = steps[i].sign == '+' ? &b->lines[steps[i].new_at] : &a->lines[steps[i].old_at];

		fputc(steps[i].sign, f);
		fwrite(l->at, 1, l->len, f);
		if (l->at[l->len - 1] != '\n')
			fputs("\n\\ No newline at end of file\n", f);
	}
}

static void print_hunks(FILE *f, const struct side *a, const struct side *b, const struct step *steps, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		size_t from, last = i, to;

		if (steps[i].sign == ' ')
			continue;
		/* Changes whose contexts touch are one hunk. */
		for (size_t k = i; k < count && k <= last + 2 * CONTEXT + 1; k++)
			if (steps[k].sign != ' ')
				last = k;
		from = i > CONTEXT ? i - CONTEXT : 0;
		to = last + CONTEXT < count ? last + CONTEXT + 1 : count;
		print_hunk(f, a, b, steps + from, to - from);
		i = last;
	}
}

static int print_all(const struct side *a, const struct side *b, const char *old_name, const char *new_name, char **out)
{
	struct step *steps = calloc(a->count + b->count + 1, sizeof(*steps));
	size_t count = 0, size = 0;
	char *made = NULL;
	FILE *f = NULL;
	int e = steps == NULL ? ERR_NOMEM : walk(a, b, steps, &count);

	if (e == 0 && (f = open_memstream(&made, &size)) == NULL)
		e = ERR_NOMEM;
	if (e == 0) {
		fprintf(f, "--- %s\n+++ %s\n", old_name, new_name);
		print_hunks(f, a, b, steps, count);
		if (fclose(f) != 0)
			e = ERR_NOMEM;
	}
	free(steps);
	if (e != 0)
		free(made);
	else
		*out = made;
	return e;
}

int diff_unified(const char *old_name, const char *old, const char *new_name, const char *fresh, char **out)
{
	struct side a = { 0 }, b = { 0 };
	char *none;
	int e;

	if (strcmp(old, fresh) == 0) {
		none = strdup("");
		if (none == NULL)
			return ERR_NOMEM;
		*out = none;
		return 0;
	}
	e = split(old, &a);
	if (e == 0)
		e = split(fresh, &b);
	if (e == 0)
		e = print_all(&a, &b, old_name, new_name, out);
	free(a.lines);
	free(b.lines);
	return e;
}
