/* tone.c: sines of exact level by an integer phase: keys as a telephone sends them, and the tones of the Korean network. */
#include <math.h>
#include <string.h>

#include "dsp/dsp.h"

enum { SINE_BITS = 10, SINE_SIZE = 1 << SINE_BITS, FRACTION_BITS = 32 - SINE_BITS, MS = DSP_RATE / 1000 };
enum { KEY_LEVEL_MIN_DBM0 = -60, KEY_LEVEL_MAX_DBM0 = 3, CALL_TONE_DBM0 = -13, BEEP_DBM0 = -16 };

static float sine_table[SINE_SIZE + 1];
static const char key_names[] = "123A456B789C*0#D";
static const int16_t row_hz[] = { 697, 770, 852, 941 }, column_hz[] = { 1209, 1336, 1477, 1633 };

__attribute__((constructor)) static void fill_table(void)
{
	for (int i = 0; i <= SINE_SIZE; i++)
		sine_table[i] = (float)sin(2 * M_PI * i / SINE_SIZE);
}

static float sine(uint32_t phase)
{
	const float *at = &sine_table[phase >> FRACTION_BITS];
	float fraction = (float)(phase & ((1U << FRACTION_BITS) - 1)) * (1.0f / (1U << FRACTION_BITS));

	return at[0] + (at[1] - at[0]) * fraction;
}

static uint32_t phase_step(unsigned int hz)
{
	return (uint32_t)(((uint64_t)hz << 32) / DSP_RATE);
}

static float amplitude(int dbm0)
{
	return (float)(32768 * pow(10, (dbm0 - 3.14) / 20));
}

static int16_t clip(float value)
{
	return (int16_t)(value > INT16_MAX ? INT16_MAX : value < INT16_MIN ? INT16_MIN : lrintf(value));
}

int dtmf_tx_queue(struct dtmf_tx *t, const char *keys, int on_samples, int off_samples, int low_dbm0, int high_dbm0)
{
	size_t n = strlen(keys), waiting = (size_t)(t->count - t->pos);

	if (n == 0 || strspn(keys, key_names) != n || on_samples <= 0 || off_samples < 0)
		return ERR_INVALID;
	if (low_dbm0 < KEY_LEVEL_MIN_DBM0 || low_dbm0 > KEY_LEVEL_MAX_DBM0 || high_dbm0 < KEY_LEVEL_MIN_DBM0 ||
	    high_dbm0 > KEY_LEVEL_MAX_DBM0)
		return ERR_INVALID;
	if (waiting + n > sizeof(t->keys))
		return ERR_TOO_LONG;
	memmove(t->keys, t->keys + t->pos, waiting);
	memcpy(t->keys + waiting, keys, n);
	t->pos = 0;
	t->count = (int)(waiting + n);
	t->on = on_samples;
	t->off = off_samples;
	t->level_dbm0_low = (int16_t)low_dbm0;
	t->level_dbm0_high = (int16_t)high_dbm0;
	return 0;
}

static void add_key(struct dtmf_tx *t, int16_t *pcm, size_t n)
{
	int index = (int)(strchr(key_names, t->keys[t->pos]) - key_names);
	uint32_t low_step = phase_step((unsigned int)row_hz[index / 4]);
	uint32_t high_step = phase_step((unsigned int)column_hz[index % 4]);
	float low = amplitude(t->level_dbm0_low), high = amplitude(t->level_dbm0_high);

	for (size_t i = 0; i < n; i++) {
		pcm[i] = clip(pcm[i] + low * sine(t->phase[0]) + high * sine(t->phase[1]));
		t->phase[0] += low_step;
		t->phase[1] += high_step;
	}
}

size_t dtmf_tx_block(struct dtmf_tx *t, int16_t *pcm, size_t n)
{
	size_t done = 0;

	while (done < n && t->pos < t->count) {
		bool sounding = t->sample < t->on;
		int left = (sounding ? t->on : t->on + t->off) - t->sample;
		/* Keys queued meanwhile may have brought shorter times: then this key is over. */
		size_t part = left <= 0 ? 0 : (size_t)left < n - done ? (size_t)left : n - done;

		if (sounding)
			add_key(t, pcm + done, part);
		t->sample += (int)part;
		done += part;
		if (t->sample >= t->on + t->off) {
			t->keys[t->pos++] = 0;
			t->sample = 0;
			t->phase[0] = t->phase[1] = 0;
		}
	}
	if (t->pos >= t->count) {
		memset(t, 0, sizeof(*t));
		return 0;
	}
	return (size_t)(t->count - t->pos) * (size_t)(t->on + t->off) - (size_t)t->sample;
}

struct cadence { uint16_t hz[2]; uint16_t on, off; int16_t each_dbm0; };   /* on, off in samples; off 0: without a break */

static const struct cadence cadences[] = {
	[DSP_TONE_DIAL] = { { 350, 440 }, 1000 * MS, 0, CALL_TONE_DBM0 },
	[DSP_TONE_RINGBACK] = { { 440, 480 }, 1000 * MS, 2000 * MS, CALL_TONE_DBM0 },
	[DSP_TONE_BUSY] = { { 480, 620 }, 500 * MS, 500 * MS, CALL_TONE_DBM0 },
	[DSP_TONE_REORDER] = { { 480, 620 }, 300 * MS, 200 * MS, CALL_TONE_DBM0 },
	[DSP_TONE_BEEP] = { { 1000, 0 }, 200 * MS, 0, BEEP_DBM0 },
};

void tone_block(enum dsp_tone tone, uint64_t *sample, int16_t *pcm, size_t n)
{
	const struct cadence *c = &cadences[tone];
	float level = amplitude(c->each_dbm0);
	uint32_t step[2] = { phase_step(c->hz[0]), phase_step(c->hz[1]) };
	bool once = tone == DSP_TONE_BEEP;

	for (size_t i = 0; i < n; i++) {
		uint64_t at = (*sample)++;
		bool sounding = once ? at < c->on : at % (c->on + c->off) < c->on;
		float value = 0;

		/* The phase follows from the sample's number, so no state but that number is kept. */
		if (sounding) {
			value = sine((uint32_t)at * step[0]);
			if (c->hz[1] != 0)
				value += sine((uint32_t)at * step[1]);
		}
		pcm[i] = clip(value * level);
	}
}
