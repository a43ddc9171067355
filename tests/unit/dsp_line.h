/* dsp_line.h: the sound of a long analog line, for the tests of what is heard on one. */
#ifndef TESTS_DSP_LINE_H
#define TESTS_DSP_LINE_H

#include <stddef.h>
#include <stdint.h>

#include "dsp/dsp.h"

enum { BLOCK = DSP_BLOCK_MAX, LINE_MAX = 40 * DSP_RATE, LEAD = 8 * BLOCK };

/* Samples, and how many there are so far. */
extern float line[LINE_MAX];
extern size_t line_len;

/* Silence of LEAD samples. */
void line_start(void);
/* Peak of a tone at this level. */
float line_amplitude(double dbm0);
/* Of unit variance, the same ones in each run. */
float line_noise_sample(void);
/* On all that there is so far. */
void line_add_noise(double dbm0);
/* The block at this sample, as companding leaves it. */
void line_take_block(size_t at, int16_t pcm[BLOCK]);

#endif
