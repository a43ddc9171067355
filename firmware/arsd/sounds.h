/* sounds.h: the SHA-256 of what was played: of the sound files that trunkd plays, found as trunkd finds them. */
#ifndef ARSD_SOUNDS_H
#define ARSD_SOUNDS_H

#include "arsd/arsd.h"

enum { SOUND_HASH_SIZE = 65 };

/* The file of a prompt, or of "speech:<hash>", in hex. ERR_NOT_FOUND: there is no such file, or it cannot be read. A prompt's
 * hash is remembered: trunkd reads the files at its start alone. */
int sounds_hash(struct arsd *a, const char *language, bool slow, const char *id, char hex[SOUND_HASH_SIZE]) MUST_CHECK;
/* trunkd is new, and may have read other files. */
void sounds_forget(struct arsd *a);
void sounds_free(struct sounds **s);

#endif
