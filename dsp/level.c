/* level.c: power over a stretch of samples, and the floating-point mode that keeps silence cheap. */
#include <math.h>
#if defined(__SSE2__)
#include <immintrin.h>
#endif

#include "dsp/dsp.h"

/* A sine at full scale is +3.14 dBm0 in A-law (ITU-T G.711 table 5: the digital milliwatt). */
#define FULL_SCALE_DBM0 3.14
#define SILENCE_DBM0 (-99.0)

void dsp_thread_init(void)
{
	/* The detector's filters decay through denormal numbers on digital silence: 57 times the cost without this. */
#if defined(__SSE2__)
	_mm_setcsr(_mm_getcsr() | 0x8040);
#elif defined(__aarch64__)
	uint64_t fpcr;

	__asm__ volatile("mrs %0, fpcr" : "=r"(fpcr));
	__asm__ volatile("msr fpcr, %0" : : "r"(fpcr | UINT64_C(1) << 24));
#endif
}

void level_add(struct level *l, const int16_t *pcm, size_t n)
{
	int64_t energy = 0;
	int peak = l->peak;

	for (size_t i = 0; i < n; i++) {
		int value = pcm[i], magnitude = value < 0 ? -value : value;

		energy += value * value;
		peak = magnitude > peak ? magnitude : peak;
	}
	l->energy += (double)energy;
	l->samples += n;
	l->peak = (int16_t)(peak > INT16_MAX ? INT16_MAX : peak);
}

double level_dbm0(const struct level *l)
{
	const double full_scale_sine = 32768.0 * 32768.0 / 2;
	double dbm0;

	if (l->samples == 0 || l->energy <= 0)
		return SILENCE_DBM0;
	dbm0 = 10 * log10(l->energy / (double)l->samples / full_scale_sine) + FULL_SCALE_DBM0;
	return dbm0 < SILENCE_DBM0 ? SILENCE_DBM0 : dbm0;
}
