/* g711.c: companding by table (ITU-T G.711). The tables are filled before main(), from the standard's segments. */
#include "dsp/dsp.h"

enum { ALAW_INVERT = 0x55, ULAW_BIAS = 33, ULAW_CLIP = 8158, ALAW_SHIFT = 3, ULAW_SHIFT = 2 };

static int16_t decode_table[2][256];
static uint8_t alaw_table[65536 >> ALAW_SHIFT], ulaw_table[65536 >> ULAW_SHIFT];

static int16_t alaw_to_linear(uint8_t octet)
{
	int code = octet ^ ALAW_INVERT, segment = code >> 4 & 7, step = code & 15;
	int magnitude = segment == 0 ? step * 2 + 1 : (step * 2 + 33) << (segment - 1);

	return (int16_t)((code & 0x80) != 0 ? magnitude * 8 : -magnitude * 8);
}

static int16_t ulaw_to_linear(uint8_t octet)
{
	int code = octet ^ 0xFF, segment = code >> 4 & 7, step = code & 15;
	int magnitude = ((step * 2 + ULAW_BIAS) << segment) - ULAW_BIAS;

	return (int16_t)((code & 0x80) != 0 ? -magnitude * 4 : magnitude * 4);
}

/* value in 13 bits; its negative half is the mirror of the positive one, without a second zero. */
static uint8_t alaw_from_13_bits(int value)
{
	int sign = value >= 0 ? 0x80 : 0, magnitude = value >= 0 ? value : -value - 1, segment = 0;

	while (segment < 7 && magnitude >= 32 << segment)
		segment++;
	return (uint8_t)((sign | segment << 4 | (magnitude >> (segment > 1 ? segment : 1) & 15)) ^ ALAW_INVERT);
}

static uint8_t ulaw_from_14_bits(int value)
{
	int sign = value < 0 ? 0x80 : 0, magnitude = value < 0 ? -value : value, segment = 0;

	magnitude = (magnitude > ULAW_CLIP ? ULAW_CLIP : magnitude) + ULAW_BIAS;
	while (segment < 7 && magnitude >= 64 << segment)
		segment++;
	return (uint8_t)((sign | segment << 4 | (magnitude >> (segment + 1) & 15)) ^ 0xFF);
}

__attribute__((constructor)) static void fill_tables(void)
{
	for (int i = 0; i < 256; i++) {
		decode_table[DSP_ALAW][i] = alaw_to_linear((uint8_t)i);
		decode_table[DSP_ULAW][i] = ulaw_to_linear((uint8_t)i);
	}
	for (int i = -32768; i < 32768; i += 1 << ULAW_SHIFT) {
		alaw_table[(uint16_t)i >> ALAW_SHIFT] = alaw_from_13_bits(i >> ALAW_SHIFT);
		ulaw_table[(uint16_t)i >> ULAW_SHIFT] = ulaw_from_14_bits(i >> ULAW_SHIFT);
	}
}

void g711_decode(enum dsp_law law, const uint8_t *in, int16_t *out, size_t n)
{
	const int16_t *table = decode_table[law];

	for (size_t i = 0; i < n; i++)
		out[i] = table[in[i]];
}

void g711_encode(enum dsp_law law, const int16_t *in, uint8_t *out, size_t n)
{
	if (law == DSP_ALAW)
		for (size_t i = 0; i < n; i++)
			out[i] = alaw_table[(uint16_t)in[i] >> ALAW_SHIFT];
	else
		for (size_t i = 0; i < n; i++)
			out[i] = ulaw_table[(uint16_t)in[i] >> ULAW_SHIFT];
}

uint8_t g711_idle(enum dsp_law law)
{
	return law == DSP_ALAW ? 0xD5 : 0xFF;
}
