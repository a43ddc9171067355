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

/* ---- workers: processes that run the synthesiser, each one text after the other ---- */
/* Forks the nursery, which starts them; *fd is our end. To be called before anything else is opened, so that they have
 * nothing of ours, and before we are confined. They are confined as well, in a way of their own, and end with us. */
int speech_nursery_start(const struct settings *set, int *fd) MUST_CHECK;
/* A new worker; *fd is our end: send struct speech_job, receive struct speech_done. ERR_IO: the nursery is gone. */
struct speech_done { uint64_t number; enum speech_result result; };
int speech_worker_start(int nursery, int *fd) MUST_CHECK;

#endif
