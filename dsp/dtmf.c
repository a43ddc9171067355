/* dtmf.c: the key detector: spandsp's DTMF receiver and, after it, a hang-over that tells a short drop-out inside one
 * key from the gap between two.
 *
 * spandsp decides in blocks of 102 samples (12.75 ms) and ends a key after two blocks without it. A drop-out of 10 ms
 * that lies across a block's edge spoils two blocks as the shortest legal gap (40 ms) can, so blocks alone cannot tell
 * them apart. While a key is held this file therefore measures the key's own two frequencies in windows of 5 ms. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Not all of spandsp.h: its g711.h has our names. In the order in which these headers need each other. */
#include <spandsp/telephony.h>
#include <spandsp/fast_convert.h>
#include <spandsp/logging.h>
#include <spandsp/complex.h>
#include <spandsp/queue.h>
#include <spandsp/tone_generate.h>
#include <spandsp/tone_detect.h>
#include <spandsp/super_tone_rx.h>
#include <spandsp/dtmf.h>
#include <spandsp/private/logging.h>
#include <spandsp/private/queue.h>
#include <spandsp/private/tone_generate.h>
#include <spandsp/private/dtmf.h>

#include "dsp/dsp.h"

enum {
	TWIST_DB = 10, REVERSE_TWIST_DB = 6, THRESHOLD_DBM0 = -30,
	BLOCK = 102,                       /* spandsp's */
	WINDOW = 40,
	GAP_WINDOWS = 4,                   /* as many silent windows in a row part two keys */
	SURE_GAP = 3 * BLOCK,              /* spandsp's pause from which on no drop-out of 10 ms can be the cause */
	FORGET = 800,                      /* samples after its end for which a key is remembered */
	KEYS_MAX = 4,
	/* A tone at the threshold peaks at 722. In blocks that stay far below it there is nothing to find, and after this many of
	 * them nothing is left in the receiver that skipping could change: most of a call is such silence, at a fifth of the cost. */
	QUIET_PEAK = 256, QUIET_BLOCKS = 2,
};
#define SILENT_BELOW 0.125f                /* of the key's power: -9 dB */

struct resonator { float coefficient, s1, s2; };

struct dtmf_rx {
	dtmf_rx_state_t receiver;
	struct resonator low, high;        /* on the frequencies of the key held */
	float silent_below;                /* mean square */
	int window_samples, silent_run, longest_silence, since_end;
	char key, found[KEYS_MAX];
	bool ended;
	int found_count, quiet_blocks;
};

static const struct { char key; float low_hz, high_hz; } key_tones[] = {
	{ '1', 697, 1209 }, { '2', 697, 1336 }, { '3', 697, 1477 }, { 'A', 697, 1633 },
	{ '4', 770, 1209 }, { '5', 770, 1336 }, { '6', 770, 1477 }, { 'B', 770, 1633 },
	{ '7', 852, 1209 }, { '8', 852, 1336 }, { '9', 852, 1477 }, { 'C', 852, 1633 },
	{ '*', 941, 1209 }, { '0', 941, 1336 }, { '#', 941, 1477 }, { 'D', 941, 1633 },
};

static struct resonator resonator_at(float hz)
{
	return (struct resonator){ 2 * cosf(2 * (float)M_PI * hz / DSP_RATE), 0, 0 };
}

/* Both in one loop: each waits for its own last value, so two cost little more than one. */
static void resonators_add(struct resonator *a, struct resonator *b, const int16_t *pcm, size_t n)
{
	struct resonator l = *a, h = *b;

	for (size_t i = 0; i < n; i++) {
		float l0 = pcm[i] + l.coefficient * l.s1 - l.s2, h0 = pcm[i] + h.coefficient * h.s1 - h.s2;

		l.s2 = l.s1;
		l.s1 = l0;
		h.s2 = h.s1;
		h.s1 = h0;
	}
	*a = l;
	*b = h;
}

/* The mean square of the tone over the last window; starts the next one. */
static float resonator_take(struct resonator *r)
{
	float power = r->s1 * r->s1 + r->s2 * r->s2 - r->coefficient * r->s1 * r->s2;

	r->s1 = r->s2 = 0;
	return 2 * power / (WINDOW * WINDOW);
}

static void forget_key(struct dtmf_rx *d)
{
	d->key = 0;
	d->ended = false;
	d->since_end = d->window_samples = d->silent_run = d->longest_silence = 0;
	d->silent_below = 0;
	d->low = d->high = (struct resonator){ 0 };
}

static void hold_key(struct dtmf_rx *d, char key, float mean_square)
{
	forget_key(d);
	for (size_t i = 0; i < ARRAY_LEN(key_tones); i++)
		if (key_tones[i].key == key) {
			d->key = key;
			d->silent_below = mean_square * SILENT_BELOW;
			d->low = resonator_at(key_tones[i].low_hz);
			d->high = resonator_at(key_tones[i].high_hz);
		}
}

/* From inside dtmf_rx(): key began after pause samples without one, or (key 0) the key held ended. */
static void on_change(void *context, int key, int level UNUSED, int pause)
{
	struct dtmf_rx *d = context;
	bool same_key_goes_on = d->ended && key == d->key && pause < SURE_GAP && d->longest_silence < GAP_WINDOWS;

	if (key == 0) {
		d->ended = true;
		return;
	}
	if (!same_key_goes_on && d->found_count < KEYS_MAX)
		d->found[d->found_count++] = (char)key;
	hold_key(d, (char)key, d->receiver.energy / BLOCK);
}

static void watch_gap(struct dtmf_rx *d, const int16_t *pcm, size_t n)
{
	resonators_add(&d->low, &d->high, pcm, n);
	d->window_samples += (int)n;
	if (d->window_samples >= WINDOW) {
		bool silent = resonator_take(&d->low) + resonator_take(&d->high) < d->silent_below;

		d->window_samples = 0;
		d->silent_run = silent ? d->silent_run + 1 : 0;
		if (d->silent_run > d->longest_silence)
			d->longest_silence = d->silent_run;
	}
	if (d->ended && (d->since_end += (int)n) >= FORGET)
		forget_key(d);
}

size_t dtmf_rx_size(void)
{
	return (sizeof(struct dtmf_rx) + 63) / 64 * 64;
}

struct dtmf_rx *dtmf_rx_setup(void *memory)
{
	struct dtmf_rx *d = memory;

	dtmf_rx_reset(d);
	return d;
}

void dtmf_rx_reset(struct dtmf_rx *d)
{
	memset(d, 0, sizeof(*d));
	dtmf_rx_init(&d->receiver, NULL, NULL);
	dtmf_rx_parms(&d->receiver, TRUE, TWIST_DB, REVERSE_TWIST_DB, THRESHOLD_DBM0);
	dtmf_rx_set_realtime_callback(&d->receiver, on_change, d);
	span_log_set_level(&d->receiver.logging, SPAN_LOG_NONE);
}

static bool is_quiet(const int16_t *pcm, size_t n)
{
	int loud = 0;

	for (size_t i = 0; i < n; i++)
		loud |= (pcm[i] > QUIET_PEAK) | (pcm[i] < -QUIET_PEAK);
	return !loud;
}

/* Counts quiet blocks; true once the receiver may be left out. */
static bool may_skip(struct dtmf_rx *d, const int16_t *pcm, size_t n)
{
	if (d->key != 0 || !is_quiet(pcm, n)) {
		d->quiet_blocks = 0;
		return false;
	}
	if (d->quiet_blocks == QUIET_BLOCKS)
		return true;
	d->quiet_blocks++;
	return false;
}

int dtmf_rx_block(struct dtmf_rx *d, const int16_t *pcm, size_t n, char keys[4])
{
	int found;

	if (may_skip(d, pcm, n))
		return 0;
	/* In steps that end where a window ends, so that a key's first window is a whole one. */
	for (size_t done = 0; done < n;) {
		size_t step = (size_t)(WINDOW - d->window_samples);

		step = step < n - done ? step : n - done;
		dtmf_rx(&d->receiver, pcm + done, (int)step);
		if (d->key != 0)
			watch_gap(d, pcm + done, step);
		done += step;
	}
	found = d->found_count;
	memcpy(keys, d->found, (size_t)found);
	memset(d->found, 0, sizeof(d->found));
	d->found_count = 0;
	/* With a callback spandsp leaves its digit buffer alone; a later version may not. */
	memset(d->receiver.digits, 0, sizeof(d->receiver.digits));
	d->receiver.current_digits = 0;
	return found;
}
