/* digits: feeds DTMF keys through one timeslot as a media thread has it (A-law, detector, events) while a prompt plays, and
 * counts what is missed, wrong or doubled. Keys, lengths, levels and twist come from a fixed seed: the same run everywhere.
 *
 *   digits COUNT  ->  one line of JSON
 * Lengths of 50 to 120 ms on and off and levels of -20 to -3 dBm0 a tone with up to 4 dB of twist are within what ITU-T Q.24
 * asks of a receiver; white noise at -45 dBm0 lies under them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "dsp/dsp.h"
#include "lib/clock.h"
#include "lib/ring.h"
#include "trunkd/media_slot.h"

enum { BLOCK = 160, BATCH = 16, SAMPLES_A_MS = 8, EVENTS = 64, NOISE_PEAK = 130 };

struct run {
	struct media_slot *slot;
	struct media_out out;
	struct ring *events;
	struct dtmf_tx tx;
	uint64_t random, blocks;
	int64_t ns;
	long keys, missed, wrong, extra;
};

/* xorshift64*: only has to be the same everywhere. */
static uint32_t chance(struct run *r, uint32_t below)
{
	r->random ^= r->random >> 12;
	r->random ^= r->random << 25;
	r->random ^= r->random >> 27;
	return (uint32_t)((r->random * UINT64_C(2685821657736338717)) >> 33) % below;
}

static int64_t thread_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void add_noise(struct run *r, int16_t *pcm)
{
	for (int i = 0; i < BLOCK; i++)
		pcm[i] = (int16_t)(pcm[i] + (int)chance(r, 2 * NOISE_PEAK) - NOISE_PEAK);
}

/* One block; what it made known is compared with expected from *at on. */
static void block(struct run *r, const char *expected, size_t *at)
{
	int16_t pcm[BLOCK] = { 0 };
	uint8_t rx[BLOCK], tx[BLOCK];
	struct media_event e;
	int64_t begun;

	dtmf_tx_block(&r->tx, pcm, BLOCK);
	add_noise(r, pcm);
	g711_encode(DSP_ALAW, pcm, rx, BLOCK);
	begun = thread_ns();
	media_slot_block(r->slot, DSP_ALAW, rx, tx, &r->out);
	r->ns += thread_ns() - begun;
	r->blocks++;
	while (ring_take(r->events, &e)) {
		if (e.type == MEDIA_PLAY_ENDED)
			free(e.play);
		if (e.type != MEDIA_KEY)
			continue;
		if (expected[*at] == '\0')
			r->extra++;
		else if (expected[(*at)++] != e.detail)
			r->wrong++;
	}
}

static void play(struct run *r, const struct prompt_audio *sound)
{
	struct play *p = calloc(1, sizeof(*p) + sizeof(p->items[0]));

	if (p == NULL)
		abort();
	p->call = 1;
	p->collect = CALLCTL_COLLECT_SECRET;
	p->field = 1;
	p->loop = true;
	p->count = 1;
	p->items[0] = sound;
	media_slot_play(r->slot, p, &r->out);
}

static void batch(struct run *r, const struct prompt_audio *sound)
{
	static const char keys[] = "0123456789*#";
	char text[BATCH + 1] = "";
	int on = 50 + (int)chance(r, 71), off = 50 + (int)chance(r, 71), level = -3 - (int)chance(r, 14), twist = (int)chance(r, 5);
	size_t at = 0;
	int quiet = 0;

	for (int i = 0; i < BATCH; i++)
		text[i] = keys[chance(r, sizeof(keys) - 1)];
	play(r, sound);
	if (dtmf_tx_queue(&r->tx, text, on * SAMPLES_A_MS, off * SAMPLES_A_MS, level - twist, level) < 0)
		abort();
	/* Until all was sent, and a second of silence after it for what comes late or twice. */
	for (long blocks = (long)BATCH * (on + off) / 20 + 1; blocks > 0 || quiet < 10; blocks--, quiet += blocks < 0)
		block(r, text, &at);
	r->keys += BATCH;
	r->missed += (long)strlen(text + at);
}

int main(int argc, char **argv)
{
	static struct run r = { .random = UINT64_C(0x9E3779B97F4A7C15) };
	static uint8_t law[2][DSP_RATE];
	struct prompt_audio sound = { { law[0], law[1] }, DSP_RATE };
	long count = argc == 2 ? atol(argv[1]) : 0;
	uint64_t sample = 0;
	int16_t pcm[DSP_RATE];

	if (count <= 0)
		return fputs("usage: digits COUNT\n", stderr), 2;
	dsp_thread_init();
	tone_block(DSP_TONE_RINGBACK, &sample, pcm, DSP_RATE);
	g711_encode(DSP_ALAW, pcm, law[0], DSP_RATE);
	g711_encode(DSP_ULAW, pcm, law[1], DSP_RATE);
	r.slot = aligned_alloc(64, media_slot_size());
	if (r.slot == NULL || ring_new(sizeof(struct media_event), EVENTS, &r.events) < 0)
		return 1;
	r.out.events = r.events;
	media_slot_init(r.slot, 1);
	media_slot_start(r.slot, 1, &r.out);
	while (r.keys < count)
		batch(&r, &sound);
	printf("{\"keys\": %ld, \"missed\": %ld, \"wrong\": %ld, \"extra\": %ld, \"ns_a_block\": %lld, \"slot_octets\": %zu}\n", r.keys, r.missed,
	       r.wrong, r.extra, (long long)(r.ns / (int64_t)r.blocks), media_slot_size());
	return 0;
}
