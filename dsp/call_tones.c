/* call_tones.c: busy and reorder by their two frequencies and by their rhythm (ITU-T E.180 supplement 2). */
#include <math.h>
#include <string.h>

#include "dsp/analog.h"
#include "dsp/dsp.h"

enum { BLOCK = DSP_BLOCK_MAX, CYCLES = 4, TOLERANCE = 2, LONGEST = 100 };      /* the last two in blocks of 20 ms */
#define TONE_LEAST 41292.0f                  /* mean square at -38 dBm0 */
#define SHARE_LEAST 0.75f                    /* of all that is heard must be the two sines */
#define TWIST_MOST 6.3f                      /* 8 dB between them */

struct rhythm { uint8_t on, off; };          /* in blocks; 0: the plan has no such tone */
static const struct plan { uint16_t hz[2]; struct rhythm rhythm[3]; } plans[TONE_PLANS] = {
	[TONE_PLAN_KR] = { { 480, 620 }, { [CALL_TONE_BUSY] = { 25, 25 }, [CALL_TONE_REORDER] = { 15, 10 } } },
	[TONE_PLAN_US] = { { 480, 620 }, { [CALL_TONE_BUSY] = { 25, 25 }, [CALL_TONE_REORDER] = { 12, 12 } } },
	[TONE_PLAN_JP] = { { 400, 0 }, { [CALL_TONE_BUSY] = { 25, 25 } } },
	[TONE_PLAN_EU] = { { 425, 0 }, { [CALL_TONE_BUSY] = { 25, 25 }, [CALL_TONE_REORDER] = { 12, 12 } } },
};

int tone_plan_parse(const char *word, enum tone_plan *plan)
{
	static const char *const words[TONE_PLANS] = {
		[TONE_PLAN_KR] = "kr", [TONE_PLAN_US] = "us", [TONE_PLAN_JP] = "jp", [TONE_PLAN_EU] = "eu",
	};

	for (int i = 0; i < TONE_PLANS; i++)
		if (strcmp(words[i], word) == 0) {
			*plan = (enum tone_plan)i;
			return 0;
		}
	return ERR_NOT_FOUND;
}

void call_tones_init(struct call_tones *t, enum tone_plan plan)
{
	*t = (struct call_tones){ .plan = (uint8_t)plan };
}

/* The mean square of one frequency over the block (Goertzel). */
static float power_at(const int16_t *pcm, unsigned hz)
{
	float c = 2 * cosf(2 * (float)M_PI * (float)hz / DSP_RATE), s1 = 0, s2 = 0;

	for (int i = 0; i < BLOCK; i++) {
		float s0 = pcm[i] + c * s1 - s2;

		s2 = s1;
		s1 = s0;
	}
	return 2 * (s1 * s1 + s2 * s2 - c * s1 * s2) / ((float)BLOCK * BLOCK);
}

/* What is not the tone is a pause, whatever else it holds: our own prompt comes back from the line's hybrid. */
static bool is_tone(const struct plan *p, const int16_t *pcm)
{
	float all = 0, a, b;

	for (int i = 0; i < BLOCK; i++)
		all += (float)pcm[i] * pcm[i];
	all /= BLOCK;
	if (all < TONE_LEAST)
		return false;
	a = power_at(pcm, p->hz[0]);
	b = p->hz[1] != 0 ? power_at(pcm, p->hz[1]) : a;
	if ((p->hz[1] != 0 ? a + b : a) < SHARE_LEAST * all)
		return false;
	return a < b * TWIST_MOST && b < a * TWIST_MOST;
}

static bool about(int blocks, int wanted)
{
	return wanted > 0 && blocks >= wanted - TOLERANCE && blocks <= wanted + TOLERANCE;
}

/* A burst of on blocks ended; off blocks were before it. The first has no pause of the rhythm before it. */
static enum call_tone burst_ended(struct call_tones *t, int on)
{
	enum call_tone told = CALL_TONE_NONE;

	for (int tone = CALL_TONE_BUSY; tone <= CALL_TONE_REORDER; tone++) {
		const struct rhythm *r = &plans[t->plan].rhythm[tone];
		bool follows = t->cycles[tone] > 0 && about(t->off, r->off);

		t->cycles[tone] = about(on, r->on) ? (uint8_t)(follows ? t->cycles[tone] + (t->cycles[tone] < CYCLES) : 1) : 0;
		if (t->cycles[tone] == CYCLES)
			told = (enum call_tone)tone;
	}
	return told;
}

enum call_tone call_tones_block(struct call_tones *t, const int16_t *pcm)
{
	bool sounding = is_tone(&plans[t->plan], pcm);
	enum call_tone told = CALL_TONE_NONE;

	if (sounding == t->sounding) {
		t->now += t->now < LONGEST;
		return CALL_TONE_NONE;
	}
	if (t->sounding)
		told = burst_ended(t, t->now);
	else
		t->off = t->now;
	t->sounding = sounding;
	t->now = 1;
	return told;
}
