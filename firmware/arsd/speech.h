/* speech.h: names of merchants and products as sound, made when a request is, never during a call. The sound of a text in
 * a voice is a file of its own, found by the text's hash; a worker process makes it (speech_worker.c). */
#ifndef ARSD_SPEECH_H
#define ARSD_SPEECH_H

#include "arsd/arsd.h"

enum { SPEECH_TEXT_SIZE = 256, SPEECH_NAME_SIZE = 80 };

/* What of text is spoken: without control characters and what a synthesiser would take as an instruction. ERR_INVALID:
 * nothing is left. Pure. */
int speech_clean(const char *text, char out[SPEECH_TEXT_SIZE]) MUST_CHECK;
/* "speech:<hash>" of a clean text in a language. */
int speech_name(const char *language, const char *clean, char out[SPEECH_NAME_SIZE]) MUST_CHECK;
/* Where its sound is. */
void speech_path(const struct settings *set, const char *name, const char *voice, char *out, size_t size);
bool speech_exists(const struct settings *set, const char *name, const char *voice);

/* ---- the worker: a child that runs the synthesiser, one text after the other ---- */
/* Forks it; *fd is our end: send struct speech_job, receive struct speech_done. To be called before anything else is
 * opened, so that the child has nothing of ours. */
struct speech_done { uint64_t number; bool ok; };
int speech_worker_start(const struct settings *set, int *fd) MUST_CHECK;

#endif
