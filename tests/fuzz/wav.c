/* wav.c: recordings that an operator brings. */
#include "dsp/dsp.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int16_t *pcm = NULL;
	size_t n = 0;
	enum wav_fault f = wav_read(data, size, &pcm, &n);
	long sum = 0;

	FUZZ_CHECK(wav_fault_text(f) != NULL);
	if (f != WAV_OK)
		return 0;
	FUZZ_CHECK(n > 0 && n <= WAV_SECONDS_MAX * 8000);
	for (size_t i = 0; i < n; i++)
		sum += pcm[i];
	FUZZ_CHECK(sum >= -32768L * (long)n);
	free(pcm);
	return 0;
}
