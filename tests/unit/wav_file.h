/* wav_file.h: writes small recordings for tests: 16-bit PCM of one value. */
#ifndef TEST_WAV_FILE_H
#define TEST_WAV_FILE_H

#include <stdint.h>
#include <stdio.h>
#include <string.h>

static inline void wav_put(uint8_t *p, uint32_t v, int octets)
{
	for (int i = 0; i < octets; i++)
		p[i] = (uint8_t)(v >> 8 * i);
}

static inline void wav_file_write(const char *path, int rate, int channels, int value, int n)
{
	uint8_t head[44] = "RIFF....WAVEfmt ";
	FILE *f = fopen(path, "wb");

	assert_non_null(f);
	wav_put(head + 4, (uint32_t)(36 + 2 * n), 4);
	wav_put(head + 16, 16, 4);
	wav_put(head + 20, 1, 2);
	wav_put(head + 22, (uint32_t)channels, 2);
	wav_put(head + 24, (uint32_t)rate, 4);
	wav_put(head + 28, (uint32_t)(2 * rate * channels), 4);
	wav_put(head + 32, (uint32_t)(2 * channels), 2);
	wav_put(head + 34, 16, 2);
	memcpy(head + 36, "data", 4);
	wav_put(head + 40, (uint32_t)(2 * n), 4);
	fwrite(head, sizeof(head), 1, f);
	for (int i = 0; i < n; i++) {
		uint8_t sample[2];

		wav_put(sample, (uint32_t)value, 2);
		fwrite(sample, 2, 1, f);
	}
	fclose(f);
}

#endif
