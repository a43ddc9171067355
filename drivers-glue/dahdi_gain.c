#include "drivers-glue/dahdi_gain.h"

#include <stdbool.h>
#include <stdlib.h>

/* G.711, in 16-bit linear. The loop over a table of 256 at start-up needs no speed. */
static int decode(enum trunk_law law, uint8_t octet)
{
	int bits = law == TRUNK_ALAW ? octet ^ 0x55 : octet ^ 0xff;
	int segment = bits >> 4 & 7, step = bits & 15, v;
	bool positive = law == TRUNK_ALAW ? (bits & 0x80) != 0 : (bits & 0x80) == 0;

	if (law == TRUNK_ULAW)
		v = (((step << 3) + 0x84) << segment) - 0x84;
	else
		v = segment == 0 ? (step << 4) + 8 : ((step << 4) + 0x108) << (segment - 1);
	return positive ? v : -v;
}

/* The nearest octet of the same sign: a gain must not turn -0 into +0. */
static uint8_t encode(enum trunk_law law, int v, uint8_t sign)
{
	uint8_t best = sign;
	int best_off = INT32_MAX;

	for (int i = 0; i < 128; i++) {
		uint8_t octet = (uint8_t)(sign | i);
		int off = abs(decode(law, octet) - v);

		if (off < best_off) {
			best = octet;
			best_off = off;
		}
	}
	return best;
}

void dahdi_gain_table(enum trunk_law law, int db, uint8_t table[256])
{
	static const int one_db = 1122018;     /* 10^(1/20), in millionths */
	int64_t factor = 1000000;

	for (int i = 0; i < abs(db); i++)
		factor = db > 0 ? factor * one_db / 1000000 : factor * 1000000 / one_db;
	for (int i = 0; i < 256; i++)
		table[i] = db == 0 ? (uint8_t)i : encode(law, (int)(decode(law, (uint8_t)i) * factor / 1000000), (uint8_t)(i & 0x80));
}
