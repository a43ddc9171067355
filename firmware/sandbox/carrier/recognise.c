#include "sandbox/carrier/recognise.h"

#include <stdlib.h>
#include <string.h>

enum {
	DISTINCT = 8,             /* different loud octets that make a window sound */
	CONFIRM = 800,            /* octets that must fit before a prompt is named: 100 ms */
	FILTER_BITS = 18,
};

#define FACTOR UINT64_C(0x9E3779B97F4A7C15)

struct body { struct rec_prompt prompt; const uint8_t *octets; size_t len; };

/* Bodies lo..hi-1 of the sorted array begin with the same window. */
struct group { uint64_t hash; size_t lo, hi; };

struct rec_library {
	struct body *bodies;                  /* sorted by their octets; of equal ones the first is kept */
	size_t count, mute;
	struct group *groups;                 /* sorted by hash */
	size_t group_count;
	uint64_t factor_out;                  /* FACTOR ^ REC_WINDOW: what the octet that leaves the window weighs */
	unsigned shares;
	uint64_t filter[1 << (FILTER_BITS - 6)];
};

static uint64_t hash_of(const uint8_t window[REC_WINDOW])
{
	uint64_t h = 0;

	for (int i = 0; i < REC_WINDOW; i++)
		h = h * FACTOR + window[i] + 1;
	return h;
}

static size_t filter_bit(uint64_t hash)
{
	return hash * FACTOR >> (64 - FILTER_BITS);
}

/* The smallest steps of both laws are silence with its noise. (In the other law they are loud, and then a few values of
 * 256 do not count.) */
static bool is_quiet(uint8_t octet)
{
	static const uint8_t quiet[] = { 0xd5, 0x55, 0xd4, 0x54, 0xff, 0x7f, 0xfe, 0x7e };

	return memchr(quiet, octet, sizeof(quiet)) != NULL;
}

/* The first octet, not before from, that ends a window with enough different loud octets; len when there is none. */
static size_t find_sound(const uint8_t *octets, size_t from, size_t len)
{
	uint16_t seen[256] = { 0 };
	size_t first = from + 1 > REC_WINDOW ? from + 1 - REC_WINDOW : 0;
	int distinct = 0;

	for (size_t i = first; i < len; i++) {
		if (!is_quiet(octets[i]))
			distinct += seen[octets[i]]++ == 0;
		if (i >= first + REC_WINDOW && !is_quiet(octets[i - REC_WINDOW]))
			distinct -= --seen[octets[i - REC_WINDOW]] == 0;
		if (i >= from && distinct >= DISTINCT)
			return i;
	}
	return len;
}

/* Where the body begins: sound before it and sound in its first window. The silence in front has no say in the place, so
 * that prompts with the same sound have the same body whatever their silence. len when there is none. */
static size_t find_body(const uint8_t *octets, size_t len)
{
	size_t at = find_sound(octets, 0, len);

	while (at + REC_WINDOW <= len) {
		size_t end = find_sound(octets, at + REC_WINDOW - 1, len);

		if (end == at + REC_WINDOW - 1)
			return at;
		at = find_sound(octets, end + 1 - REC_WINDOW, len);
	}
	return len;
}

static int by_sound(const void *a, const void *b)
{
	const struct body *x = a, *y = b;
	int order = memcmp(x->octets, y->octets, x->len < y->len ? x->len : y->len);

	if (order == 0 && x->len != y->len)
		order = x->len < y->len ? -1 : 1;
	if (order == 0)
		order = strcmp(x->prompt.id, y->prompt.id);
	return order != 0 ? order : strcmp(x->prompt.voice, y->prompt.voice);
}

static int by_hash(const void *a, const void *b)
{
	const struct group *x = a, *y = b;

	return x->hash < y->hash ? -1 : x->hash > y->hash;
}

static void take_bodies(struct rec_library *lib, const struct rec_prompt *prompts, size_t count)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++) {
		size_t silence = find_body(prompts[i].octets, prompts[i].len);

		if (silence == prompts[i].len)
			lib->mute++;
		else
			lib->bodies[lib->count++] = (struct body){ prompts[i], prompts[i].octets + silence, prompts[i].len - silence };
	}
	qsort(lib->bodies, lib->count, sizeof(*lib->bodies), by_sound);
	for (size_t i = 0; i < lib->count; i++) {
		const struct body *b = &lib->bodies[i], *last = kept > 0 ? &lib->bodies[kept - 1] : NULL;

		if (last == NULL || last->len != b->len || memcmp(last->octets, b->octets, b->len) != 0)
			lib->bodies[kept++] = *b;
	}
	lib->count = kept;
}

static void make_groups(struct rec_library *lib)
{
	for (size_t i = 0; i < lib->count; i++) {
		struct group *last = lib->group_count > 0 ? &lib->groups[lib->group_count - 1] : NULL;

		if (last == NULL || memcmp(lib->bodies[last->lo].octets, lib->bodies[i].octets, REC_WINDOW) != 0) {
			last = &lib->groups[lib->group_count++];
			*last = (struct group){ hash_of(lib->bodies[i].octets), i, i };
		}
		last->hi = i + 1;
	}
	qsort(lib->groups, lib->group_count, sizeof(*lib->groups), by_hash);
	for (size_t g = 0; g < lib->group_count; g++) {
		size_t bit = filter_bit(lib->groups[g].hash);

		lib->filter[bit / 64] |= UINT64_C(1) << bit % 64;
	}
}

int rec_library_new(const struct rec_prompt *prompts, size_t count, struct rec_library **lib)
{
	struct rec_library *made = calloc(1, sizeof(*made));

	if (made == NULL)
		return ERR_NOMEM;
	made->shares = 1;
	made->bodies = calloc(count + 1, sizeof(*made->bodies));
	made->groups = calloc(count + 1, sizeof(*made->groups));
	if (made->bodies == NULL || made->groups == NULL) {
		rec_library_free(&made);
		return ERR_NOMEM;
	}
	made->factor_out = 1;
	for (int i = 0; i < REC_WINDOW; i++)
		made->factor_out *= FACTOR;
	take_bodies(made, prompts, count);
	make_groups(made);
	*lib = made;
	return 0;
}

static void release(struct rec_library *lib)
{
	if (--lib->shares > 0)
		return;
	free(lib->bodies);
	free(lib->groups);
	free(lib);
}

void rec_library_free(struct rec_library **lib)
{
	if (*lib != NULL)
		release(*lib);
	*lib = NULL;
}

size_t rec_library_mute(const struct rec_library *lib)
{
	return lib->mute;
}

void rec_listener_init(struct rec_listener *l)
{
	memset(l, 0, sizeof(*l));
}

void rec_listener_done(struct rec_listener *l)
{
	if (l->in != NULL)
		release(l->in);
	l->in = NULL;
}

static void remember(struct rec_listener *l, const uint8_t *octets, size_t n)
{
	size_t skip = n > REC_WINDOW ? n - REC_WINDOW : 0;

	l->heard += skip;
	for (size_t i = skip; i < n; i++)
		l->last[l->heard++ % REC_WINDOW] = octets[i];
}

static void hash_again(struct rec_listener *l)
{
	uint8_t window[REC_WINDOW];

	for (size_t i = 0; i < REC_WINDOW; i++)
		window[i] = l->last[(l->heard + i) % REC_WINDOW];
	l->hash = hash_of(window);
}

/* The group whose window was heard last: a hash is not yet proof. */
static const struct group *find_group(const struct rec_listener *l, const struct rec_library *lib)
{
	size_t lo = 0, hi = lib->group_count;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (lib->groups[mid].hash < l->hash)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (; lo < lib->group_count && lib->groups[lo].hash == l->hash; lo++) {
		const uint8_t *window = lib->bodies[lib->groups[lo].lo].octets;
		size_t i = 0;

		while (i < REC_WINDOW && window[i] == l->last[(l->heard + i) % REC_WINDOW])
			i++;
		if (i == REC_WINDOW)
			return &lib->groups[lo];
	}
	return NULL;
}

/* Looks for a beginning; returns how many octets it took. */
static size_t search(struct rec_listener *l, struct rec_library *lib, const uint8_t *octets, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint8_t *oldest = &l->last[l->heard % REC_WINDOW];
		const struct group *g;
		size_t bit;

		l->hash = l->hash * FACTOR + octets[i] + 1;
		if (l->heard >= REC_WINDOW)
			l->hash -= lib->factor_out * (*oldest + UINT64_C(1));
		*oldest = octets[i];
		l->heard++;
		bit = filter_bit(l->hash);
		if (!(lib->filter[bit / 64] >> bit % 64 & 1) || l->heard < REC_WINDOW)
			continue;
		g = find_group(l, lib);
		if (g == NULL)
			continue;
		lib->shares++;
		l->in = lib;
		l->lo = g->lo;
		l->hi = g->hi;
		l->at = REC_WINDOW;
		l->ended = SIZE_MAX;
		l->told = false;
		return i + 1;
	}
	return n;
}

/* heard: the count of the stream at octet l->at of the body. */
static void tell(struct rec_listener *l, size_t which, uint64_t heard, rec_told told, void *context)
{
	const struct body *b = &l->in->bodies[which];
	uint64_t before = l->at + (uint64_t)(b->octets - b->prompt.octets);

	if (!l->told)
		told(context, &b->prompt, heard > before ? heard - before : 0);
	l->told = true;
}

/* Whether the only body left has shown itself: by 100 ms of sound, or, when a shorter one was over on the way, by sound
 * after that one's end; silence there would fit both. */
static bool certain(const struct rec_listener *l)
{
	const struct body *b = &l->in->bodies[l->lo];
	size_t over;

	if (l->hi - l->lo != 1 || l->at < CONFIRM)
		return false;
	if (l->ended == SIZE_MAX)
		return true;
	over = l->in->bodies[l->ended].len;
	return find_sound(b->octets, over + REC_WINDOW, l->at) < l->at;
}

/* Sets apart a body that is over at this point; it sorts before the longer ones. */
static void note_end(struct rec_listener *l)
{
	if (l->lo < l->hi && l->in->bodies[l->lo].len == l->at)
		l->ended = l->lo++;
}

/* Keeps the bodies that fit what comes next; returns how many octets that decided, 0 when none fits. */
static size_t narrow(struct rec_listener *l, const uint8_t *octets, size_t n)
{
	const struct body *b = l->in->bodies;
	size_t fit = 0;

	while (l->lo < l->hi && b[l->lo].octets[l->at] < octets[0])
		l->lo++;
	while (l->lo < l->hi && b[l->hi - 1].octets[l->at] > octets[0])
		l->hi--;
	if (l->lo == l->hi)
		return 0;
	if (l->hi - l->lo > 1)
		return 1;
	if (n > b[l->lo].len - l->at)
		n = b[l->lo].len - l->at;
	if (memcmp(b[l->lo].octets + l->at, octets, n) == 0)
		return n;
	while (b[l->lo].octets[l->at + fit] == octets[fit])
		fit++;
	return fit;
}

/* Goes on inside the bodies that still fit; returns how many octets fitted. Leaves when none does any more. */
static size_t follow(struct rec_listener *l, const uint8_t *octets, size_t n, rec_told told, void *context)
{
	size_t done = 0;

	for (;;) {
		size_t fit;

		note_end(l);
		if (l->lo < l->hi && certain(l))
			tell(l, l->lo, l->heard + done, told, context);
		if (l->lo == l->hi || done == n)
			break;
		fit = narrow(l, octets + done, n - done);
		l->at += fit;
		done += fit;
		if (fit == 0)
			l->lo = l->hi;
	}
	if (l->lo == l->hi && l->ended != SIZE_MAX) {
		uint64_t over = l->heard + done - (l->at - l->in->bodies[l->ended].len);

		l->at = l->in->bodies[l->ended].len;
		tell(l, l->ended, over, told, context);
	}
	remember(l, octets, done);
	if (l->lo == l->hi) {
		rec_listener_done(l);
		hash_again(l);
	}
	return done;
}

void rec_listen(struct rec_listener *l, struct rec_library *lib, const uint8_t *octets, size_t n, rec_told told, void *context)
{
	while (n > 0) {
		size_t took;

		if (l->in != NULL) {
			took = follow(l, octets, n, told, context);
		} else if (lib != NULL) {
			took = search(l, lib, octets, n);
		} else {
			remember(l, octets, n);
			hash_again(l);
			return;
		}
		octets += took;
		n -= took;
	}
	if (l->in != NULL)
		follow(l, octets, 0, told, context);   /* an end that falls on the end of the block is an end */
}
