/* noise.h: white noise of a given level for a phone's microphone. */
#ifndef CARRIER_NOISE_H
#define CARRIER_NOISE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { NOISE_NONE_DBM0 = -90 };
struct noise { int32_t amplitude; uint32_t state; };
void noise_init(struct noise *n, int dbm0, uint32_t seed);            /* up to NOISE_NONE_DBM0: none at all */
bool noise_add(struct noise *n, int16_t *pcm, size_t count);          /* false: nothing was added */

#endif
