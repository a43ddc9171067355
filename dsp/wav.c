/* wav.c: RIFF/WAVE files of recorded and synthesised prompts to 8 kHz linear samples. The file is untrusted: a customer
 * may have recorded it. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dsp/dsp.h"

enum { FORMAT_PCM = 1, FORMAT_ALAW = 6, FORMAT_ULAW = 7, FORMAT_EXTENSIBLE = 0xFFFE };
enum { RIFF_HEADER = 12, CHUNK_HEADER = 8, FMT_MIN = 16, FMT_EXTENSIBLE_MIN = 40, SUBFORMAT_AT = 24 };
enum { RATE_WIDE = 16000, CLIP_RUN = 4 };

/* Low pass before every second sample of 16 kHz is dropped: flat to 3.4 kHz, less than -50 dB from 4.2 kHz. */
enum { TAPS = 79, CUTOFF_HZ = 3800 };
static float taps[TAPS];

struct wave { const uint8_t *data; size_t data_len; unsigned int coding, channels, rate, bits; };

__attribute__((constructor)) static void fill_taps(void)
{
	double sum = 0, value[TAPS];

	for (int i = 0; i < TAPS; i++) {
		double x = i - TAPS / 2, w = 2.0 * CUTOFF_HZ / RATE_WIDE;
		double ideal = x == 0 ? w : sin(M_PI * w * x) / (M_PI * x);

		value[i] = ideal * (0.54 - 0.46 * cos(2 * M_PI * i / (TAPS - 1)));
		sum += value[i];
	}
	for (int i = 0; i < TAPS; i++)
		taps[i] = (float)(value[i] / sum);
}

static unsigned int le16(const uint8_t *p)
{
	return (unsigned int)(p[0] | p[1] << 8);
}

static uint32_t le32(const uint8_t *p)
{
	return le16(p) | (uint32_t)le16(p + 2) << 16;
}

static enum wav_fault read_format(const uint8_t *chunk, size_t len, struct wave *w)
{
	if (len < FMT_MIN)
		return WAV_NOT_WAVE;
	w->coding = le16(chunk);
	w->channels = le16(chunk + 2);
	w->rate = le32(chunk + 4);
	w->bits = le16(chunk + 14);
	if (w->coding == FORMAT_EXTENSIBLE) {
		if (len < FMT_EXTENSIBLE_MIN)
			return WAV_NOT_WAVE;
		w->coding = le16(chunk + SUBFORMAT_AT);
	}
	return WAV_OK;
}

/* Finds fmt and data; other chunks are stepped over. */
static enum wav_fault find_chunks(const uint8_t *file, size_t len, struct wave *w)
{
	bool has_format = false;
	size_t at = RIFF_HEADER;

	if (len < RIFF_HEADER || memcmp(file, "RIFF", 4) != 0 || memcmp(file + 8, "WAVE", 4) != 0)
		return WAV_NOT_WAVE;
	while (len - at >= CHUNK_HEADER) {
		const uint8_t *body = file + at + CHUNK_HEADER;
		size_t size = le32(file + at + 4), left = len - at - CHUNK_HEADER;

		if (size > left)
			return WAV_TRUNCATED;
		if (memcmp(file + at, "fmt ", 4) == 0) {
			enum wav_fault f = read_format(body, size, w);

			if (f != WAV_OK)
				return f;
			has_format = true;
		} else if (memcmp(file + at, "data", 4) == 0) {
			w->data = body;
			w->data_len = size;
			return has_format ? WAV_OK : WAV_NOT_WAVE;
		}
		size += size & 1;
		if (size > left)
			break;
		at += CHUNK_HEADER + size;
	}
	return WAV_TRUNCATED;
}

static enum wav_fault check_format(const struct wave *w)
{
	bool companded = w->coding == FORMAT_ALAW || w->coding == FORMAT_ULAW;
	size_t samples = w->bits == 16 ? w->data_len / 2 : w->data_len;

	if (!companded && w->coding != FORMAT_PCM)
		return WAV_BAD_CODING;
	if (w->bits != (companded ? 8U : 16U))
		return WAV_BAD_CODING;
	if (w->channels != 1)
		return WAV_NOT_MONO;
	if (w->rate != DSP_RATE && w->rate != RATE_WIDE)
		return WAV_BAD_RATE;
	if (samples == 0)
		return WAV_EMPTY;
	if (samples / w->rate > WAV_SECONDS_MAX || samples > (size_t)w->rate * WAV_SECONDS_MAX)
		return WAV_TOO_LONG;
	return WAV_OK;
}

static void read_samples(const struct wave *w, int16_t *pcm, size_t n)
{
	if (w->coding == FORMAT_PCM)
		for (size_t i = 0; i < n; i++)
			pcm[i] = (int16_t)le16(w->data + 2 * i);
	else
		g711_decode(w->coding == FORMAT_ALAW ? DSP_ALAW : DSP_ULAW, w->data, pcm, n);
}

/* A flat top of some samples at the coding's end is what an overdriven recording looks like; one sample is not. */
static bool is_clipped(const int16_t *pcm, size_t n, unsigned int coding)
{
	int top = coding == FORMAT_PCM ? INT16_MAX - 1 : coding == FORMAT_ALAW ? 32256 : 32124, run = 0;

	for (size_t i = 0; i < n; i++) {
		run = pcm[i] >= top || pcm[i] <= -top ? run + 1 : 0;
		if (run >= CLIP_RUN)
			return true;
	}
	return false;
}

/* In place would overwrite what the filter still reads, so out is another buffer. */
static void halve_rate(const int16_t *in, size_t n, int16_t *out)
{
	for (size_t i = 0; i < n / 2; i++) {
		float sum = 0;

		for (size_t k = 0; k < TAPS; k++) {
			size_t at = 2 * i + k;

			if (at >= TAPS / 2 && at - TAPS / 2 < n)
				sum += taps[k] * in[at - TAPS / 2];
		}
		out[i] = (int16_t)(sum > INT16_MAX ? INT16_MAX : sum < INT16_MIN ? INT16_MIN : lrintf(sum));
	}
}

enum wav_fault wav_read(const uint8_t *file, size_t len, int16_t **pcm, size_t *n)
{
	struct wave w = { 0 };
	enum wav_fault f = find_chunks(file, len, &w);
	int16_t *samples, *halved;
	size_t count;

	if (f == WAV_OK)
		f = check_format(&w);
	if (f != WAV_OK)
		return f;
	count = w.data_len / (w.bits / 8);
	if (w.rate == RATE_WIDE && count < 2)
		return WAV_EMPTY;
	if ((samples = malloc(count * sizeof(*samples))) == NULL)
		return WAV_NO_MEMORY;
	read_samples(&w, samples, count);
	if (is_clipped(samples, count, w.coding)) {
		free(samples);
		return WAV_CLIPPED;
	}
	if (w.rate == RATE_WIDE) {
		if ((halved = malloc(count / 2 * sizeof(*halved))) == NULL) {
			free(samples);
			return WAV_NO_MEMORY;
		}
		halve_rate(samples, count, halved);
		free(samples);
		samples = halved;
		count /= 2;
	}
	*pcm = samples;
	*n = count;
	return WAV_OK;
}

const char *wav_fault_text(enum wav_fault f)
{
	static const char *const texts[] = {
		[WAV_OK] = "good",
		[WAV_NOT_WAVE] = "not a WAVE file",
		[WAV_BAD_RATE] = "sample rate is neither 8000 nor 16000 Hz",
		[WAV_NOT_MONO] = "more than one channel: must be mono",
		[WAV_BAD_CODING] = "coding is not 16-bit PCM, A-law or mu-law",
		[WAV_TOO_LONG] = "too long: at most 60 s",
		[WAV_CLIPPED] = "clipped: record it again more softly",
		[WAV_TRUNCATED] = "truncated: the file ends before its sound does",
		[WAV_EMPTY] = "no sound in it",
		[WAV_NO_MEMORY] = "no memory to convert it",
	};

	return (size_t)f < ARRAY_LEN(texts) && texts[f] != NULL ? texts[f] : "unreadable";
}
