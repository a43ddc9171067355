#include "store/wal_tail.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HEAD_SIZE = 32, FRAME_SIZE = 24, PAGE_MIN = 512, PAGE_MAX = 65536, PATH_SIZE = 512 };
/* The first salt goes up by one when a log begins anew over its old frames, which stay behind its end. */
static const uint32_t magic = 0x377f0682, generations = 1000000;

struct log {
	FILE *file;
	uint8_t *frame;            /* head and page */
	uint32_t page_size, salt[2], sum[2];
	bool big_endian;           /* the words that are summed; all numbers are */
};

static uint32_t number(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static uint32_t word(const struct log *l, const uint8_t *p)
{
	return l->big_endian ? number(p) : (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

static void add_up(struct log *l, const uint8_t *p, size_t len)
{
	for (size_t i = 0; i + 8 <= len; i += 8) {
		l->sum[0] += word(l, p + i) + l->sum[1];
		l->sum[1] += word(l, p + i + 4) + l->sum[0];
	}
}

static bool sum_is(const struct log *l, const uint8_t *p)
{
	return l->sum[0] == number(p) && l->sum[1] == number(p + 4);
}

/* ERR_INVALID: no head of a log. */
static int read_head(struct log *l)
{
	uint8_t head[HEAD_SIZE];

	if (fread(head, 1, sizeof(head), l->file) != sizeof(head))
		return feof(l->file) ? ERR_NOT_FOUND : ERR_IO;
	l->big_endian = (number(head) & 1) != 0;
	l->page_size = number(head + 8);
	l->salt[0] = number(head + 16);
	l->salt[1] = number(head + 20);
	add_up(l, head, 24);
	if ((number(head) & ~1U) != magic || !sum_is(l, head + 24) || l->page_size < PAGE_MIN || l->page_size > PAGE_MAX)
		return ERR_INVALID;
	return 0;
}

static bool is_of_this_log(const struct log *l)
{
	return number(l->frame + 8) == l->salt[0] && number(l->frame + 12) == l->salt[1];
}

static bool is_whole(struct log *l)
{
	if (!is_of_this_log(l) || number(l->frame) == 0)
		return false;
	add_up(l, l->frame, 8);
	add_up(l, l->frame + FRAME_SIZE, l->page_size);
	return sum_is(l, l->frame + 16);
}

static void count_frames(struct log *l, struct wal_tail *t)
{
	const size_t size = FRAME_SIZE + l->page_size;
	bool whole = true;

	while (fread(l->frame, 1, size, l->file) == size) {
		whole = whole && is_whole(l);
		if (whole) {
			t->whole++;
		} else if (is_of_this_log(l)) {
			t->torn++;
			t->turns += number(l->frame + 4) != 0;
		} else if (l->salt[0] - number(l->frame + 8) > generations) {
			t->foreign++;
		}
	}
}

static int look(struct log *l, struct wal_tail *t)
{
	struct wal_tail seen = { 0 };
	int e = read_head(l);

	if (e == ERR_INVALID) {                  /* SQLite takes nothing of such a log */
		*t = (struct wal_tail){ .foreign = 1 };
		return 0;
	}
	if (e < 0)
		return e;
	l->frame = malloc(FRAME_SIZE + l->page_size);
	if (l->frame == NULL)
		return ERR_NOMEM;
	count_frames(l, &seen);
	free(l->frame);
	if (ferror(l->file))
		return ERR_IO;
	*t = seen;
	return 0;
}

int wal_tail_look(const char *database, struct wal_tail *t)
{
	struct log l = { .file = NULL };
	char path[PATH_SIZE];
	int e;

	if (snprintf(path, sizeof(path), "%s-wal", database) >= (int)sizeof(path))
		return ERR_TOO_LONG;
	l.file = fopen(path, "rbe");
	if (l.file == NULL)
		return ERR_NOT_FOUND;
	e = look(&l, t);
	fclose(l.file);
	return e;
}
