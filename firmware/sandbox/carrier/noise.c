#include "sandbox/carrier/noise.h"

#include <math.h>

/* A sine of 0 dBm0 stands 3.14 dB under full scale (G.711 table 1, A-law). */
void noise_init(struct noise *n, int dbm0, uint32_t seed)
{
	double rms = 32768 / sqrt(2) * pow(10, (dbm0 - 3.14) / 20);

	n->amplitude = dbm0 <= NOISE_NONE_DBM0 ? 0 : (int32_t)(rms * sqrt(3));
	n->state = seed * 2654435761u + 1;
}

bool noise_add(struct noise *n, int16_t *pcm, size_t count)
{
	if (n->amplitude == 0)
		return false;
	for (size_t i = 0; i < count; i++) {
		int32_t v;

		n->state = n->state * 1664525 + 1013904223;
		v = pcm[i] + (int32_t)((int64_t)(int32_t)n->state * n->amplitude >> 31);
		pcm[i] = (int16_t)(v > 32767 ? 32767 : v < -32768 ? -32768 : v);
	}
	return true;
}
