#include "drivers-glue/soft_wire.h"

#include <assert.h>
#include <string.h>

static const uint8_t magic[4] = { 'C', 'K', 'L', '1' };

static void put(uint8_t *p, uint64_t v, int octets)
{
	for (int i = 0; i < octets; i++)
		p[i] = (uint8_t)(v >> (8 * i));
}

static uint64_t get(const uint8_t *p, int octets)
{
	uint64_t v = 0;

	for (int i = octets; i--;)
		v = v << 8 | p[i];
	return v;
}

size_t soft_wire_encode(const struct trunk_block *b, enum trunk_line line, enum trunk_law law, uint8_t buf[SOFT_WIRE_MAX])
{
	size_t at = SOFT_WIRE_MIN;

	assert(b->frame_count <= TRUNK_FRAMES_MAX);
	memcpy(buf, magic, sizeof(magic));
	buf[4] = (uint8_t)line;
	buf[5] = (uint8_t)law;
	put(buf + 6, 0, 2);
	put(buf + 8, b->tick, 8);
	put(buf + 16, b->alarms, 4);
	put(buf + 20, b->frame_count, 2);
	put(buf + 22, 0, 2);
	memcpy(buf + SOFT_WIRE_HEADER, b->pcm, sizeof(b->pcm));
	for (int i = 0; i < b->frame_count; i++) {
		const struct trunk_frame *f = &b->frames[i];

		assert(f->len > 0 && f->len <= TRUNK_FRAME_MAX);
		put(buf + at, f->len, 2);
		memcpy(buf + at + 2, f->octets, f->len);
		at += 2 + (size_t)f->len;
	}
	return at;
}

/* Walks the frames without taking them: every length in bounds, and the last one ends the message. */
static bool frames_fit(const uint8_t *buf, size_t len, uint64_t count)
{
	size_t at = SOFT_WIRE_MIN;

	for (uint64_t i = 0; i < count; i++) {
		uint64_t octets;

		if (len - at < 2)
			return false;
		octets = get(buf + at, 2);
		at += 2;
		if (octets == 0 || octets > TRUNK_FRAME_MAX || octets > len - at)
			return false;
		at += octets;
	}
	return at == len;
}

int soft_wire_decode(const uint8_t *buf, size_t len, enum trunk_line line, enum trunk_law law, struct trunk_block *b)
{
	uint64_t count;
	const uint8_t *p;

	if (len < SOFT_WIRE_MIN || len > SOFT_WIRE_MAX || memcmp(buf, magic, sizeof(magic)) != 0)
		return ERR_INVALID;
	if (buf[4] != line || buf[5] != law || get(buf + 6, 2) != 0 || get(buf + 22, 2) != 0)
		return ERR_INVALID;
	count = get(buf + 20, 2);
	if (count > TRUNK_FRAMES_MAX || !frames_fit(buf, len, count))
		return ERR_INVALID;
	b->tick = get(buf + 8, 8);
	b->alarms = (uint32_t)get(buf + 16, 4);
	b->frame_count = (uint16_t)count;
	memcpy(b->pcm, buf + SOFT_WIRE_HEADER, sizeof(b->pcm));
	p = buf + SOFT_WIRE_MIN;
	for (uint64_t i = 0; i < count; i++) {
		struct trunk_frame *f = &b->frames[i];

		f->len = (uint16_t)get(p, 2);
		memcpy(f->octets, p + 2, f->len);
		p += 2 + f->len;
	}
	return 0;
}
