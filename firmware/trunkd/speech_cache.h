/* speech_cache.h: names of merchants and products as sound. arsd's speech worker has written them to files before the call;
 * the control thread loads one when a play asks for it. Bounded in bytes: the longest unused goes first, and none goes while
 * a play that is lent to a media thread points to it. One thread. */
#ifndef TRUNKD_SPEECH_CACHE_H
#define TRUNKD_SPEECH_CACHE_H

#include <stdbool.h>
#include <stddef.h>

#include "dsp/dsp.h"

enum { SPEECH_HASH_LEN = 64 };

struct speech_cache;
/* state_dir: the files are {state_dir}/speech/HASH.VOICE.wav. */
int speech_cache_new(const char *state_dir, size_t bytes_max, struct speech_cache **c) MUST_CHECK;
void speech_cache_free(struct speech_cache **c);

/* hash: 64 of 0-9 a-f; voice: one that exists. Takes a hold of the sound, to be let go by speech_cache_release().
 * ERR_INVALID: not a hash, or not a fit recording. ERR_NOT_FOUND: no file. ERR_EXHAUSTED: everything is in use. */
int speech_cache_hold(struct speech_cache *c, const char *hash, const char *voice, const struct prompt_audio **audio) MUST_CHECK;
/* Lets go of one hold. Sound that is not the cache's: nothing. */
void speech_cache_release(struct speech_cache *c, const struct prompt_audio *audio);
size_t speech_cache_bytes(const struct speech_cache *c);

#endif
