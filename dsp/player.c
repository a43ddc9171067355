/* player.c: prompts one after the other, copied octet by octet; nothing is mixed and nothing is allocated. */
#include <assert.h>
#include <string.h>

#include "dsp/dsp.h"

void player_start(struct player *p, const struct prompt_audio *const *items, size_t count, bool loop)
{
	assert(count <= PLAYER_ITEMS_MAX);
	if (count > 0)
		memcpy(p->items, items, count * sizeof(p->items[0]));
	p->count = (uint16_t)count;
	p->item = 0;
	p->offset = 0;
	p->loop = loop;
	p->playing = true;
	p->played_samples = 0;
}

void player_stop(struct player *p)
{
	p->playing = false;
	p->count = p->item = 0;
	p->offset = 0;
}

/* Steps over what is played; false when nothing is left. One round over empty prompts ends a loop too. */
static bool find_sound(struct player *p)
{
	for (unsigned int tried = 0; tried <= p->count; tried++) {
		if (p->item >= p->count) {
			if (!p->loop || p->count == 0)
				return false;
			p->item = 0;
		}
		if (p->offset < p->items[p->item]->len_samples)
			return true;
		p->item++;
		p->offset = 0;
	}
	return false;
}

bool player_block(struct player *p, enum dsp_law law, uint8_t *out, size_t n)
{
	bool was_playing = p->playing;
	size_t done = 0;

	while (p->playing) {
		const struct prompt_audio *a;
		size_t part;

		/* Asked before the block's end is tested: an end that falls on it belongs to this block. */
		if (!find_sound(p)) {
			player_stop(p);
			break;
		}
		if (done == n)
			break;
		a = p->items[p->item];
		part = a->len_samples - p->offset < n - done ? a->len_samples - p->offset : n - done;
		memcpy(out + done, a->law[law] + p->offset, part);
		p->offset += (uint32_t)part;
		p->played_samples += part;
		done += part;
	}
	memset(out + done, g711_idle(law), n - done);
	return was_playing && !p->playing;
}
