/* audio_file.h: one recording from disk as sound for the line, in both laws. For the control thread. */
#ifndef TRUNKD_AUDIO_FILE_H
#define TRUNKD_AUDIO_FILE_H

#include "dsp/dsp.h"

/* ERR_NOT_FOUND: there is no such file. ERR_INVALID, ERR_TOO_LONG, ERR_IO, ERR_NOMEM: *why says what is wrong, for the operator;
 * a text that stays. On success the samples belong to the caller: audio_file_free(). */
int audio_file_load(const char *path, struct prompt_audio *audio, const char **why) MUST_CHECK;
void audio_file_free(struct prompt_audio *audio);
/* Bytes of its samples. */
size_t audio_file_bytes(const struct prompt_audio *audio);

#endif
