#include "trunkd/audio_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	/* The longest that is allowed, at 16 kHz and 16 bits, with room for other chunks. */
	FILE_BYTES_MAX = WAV_SECONDS_MAX * 16000 * 2 + 256 * 1024,
};

static int read_all(int fd, uint8_t *buf, size_t len)
{
	for (size_t done = 0; done < len;) {
		ssize_t n = read(fd, buf + done, len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return ERR_IO;
		done += (size_t)n;
	}
	return 0;
}

/* *bytes: malloc'd, the caller's. */
static int read_file(const char *path, uint8_t **bytes, size_t *len, const char **why)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), e = 0;
	struct stat st;
	uint8_t *buf = NULL;

	*why = "cannot be read";
	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR ? ERR_NOT_FOUND : ERR_IO;
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		e = ERR_IO;
	if (e == 0 && st.st_size > FILE_BYTES_MAX) {
		*why = wav_fault_text(WAV_TOO_LONG);
		e = ERR_TOO_LONG;
	}
	if (e == 0 && (buf = malloc((size_t)st.st_size + 1)) == NULL)
		e = ERR_NOMEM;
	if (e == 0)
		e = read_all(fd, buf, (size_t)st.st_size);
	close(fd);
	if (e < 0) {
		free(buf);
		return e;
	}
	*bytes = buf;
	*len = (size_t)st.st_size;
	return 0;
}

static int encode(const int16_t *pcm, size_t n, struct prompt_audio *audio)
{
	uint8_t *both = malloc(2 * n);

	if (both == NULL)
		return ERR_NOMEM;
	g711_encode(DSP_ALAW, pcm, both, n);
	g711_encode(DSP_ULAW, pcm, both + n, n);
	*audio = (struct prompt_audio){ { both, both + n }, (uint32_t)n };
	return 0;
}

int audio_file_load(const char *path, struct prompt_audio *audio, const char **why)
{
	uint8_t *bytes;
	int16_t *pcm;
	size_t len, n;
	enum wav_fault fault;
	int e = read_file(path, &bytes, &len, why);

	if (e < 0)
		return e;
	fault = wav_read(bytes, len, &pcm, &n);
	free(bytes);
	*why = wav_fault_text(fault);
	if (fault != WAV_OK)
		return fault == WAV_NO_MEMORY ? ERR_NOMEM : ERR_INVALID;
	e = encode(pcm, n, audio);
	free(pcm);
	return e;
}

void audio_file_free(struct prompt_audio *audio)
{
	free((void *)(uintptr_t)audio->law[0]);
	*audio = (struct prompt_audio){ 0 };
}

size_t audio_file_bytes(const struct prompt_audio *audio)
{
	return 2 * (size_t)audio->len_samples;
}
