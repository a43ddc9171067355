#include "tests/unit/dsp_line.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>


float line[LINE_MAX];
size_t line_len;

static uint32_t seed = 1;

float line_noise_sample(void)
{
	float sum = 0;

	for (int i = 0; i < 12; i++) {
		seed = seed * 1664525 + 1013904223;
		sum += (float)(seed >> 8) / (1 << 24) - 0.5f;
	}
	return sum;
}

float line_amplitude(double dbm0)
{
	return (float)(32768 * pow(10, (dbm0 - 3.14) / 20));
}

void line_start(void)
{
	memset(line, 0, sizeof(line));
	line_len = LEAD;
}

void line_add_noise(double dbm0)
{
	for (size_t i = 0; i < line_len; i++)
		line[i] += line_amplitude(dbm0) * (float)M_SQRT1_2 * line_noise_sample();
}

void line_take_block(size_t at, int16_t pcm[BLOCK])
{
	uint8_t octets[BLOCK];

	for (int i = 0; i < BLOCK; i++)
		pcm[i] = (int16_t)lrintf(line[at + (size_t)i] > 32767 ? 32767 : line[at + (size_t)i] < -32768 ? -32768 : line[at + (size_t)i]);
	g711_encode(DSP_ALAW, pcm, octets, BLOCK);
	g711_decode(DSP_ALAW, octets, pcm, BLOCK);
}
