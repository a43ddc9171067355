/* recognise.h: names the prompt that a phone hears, by its samples. The way from player to phone is bit exact, so this is
 * comparing, not guessing: a prompt's body begins where its sound does; a rolling hash finds the body's first 32 octets,
 * and what follows is compared until only one prompt is left and 100 ms of it have fitted.
 * Pure: no I/O; one library a law, any number of listeners on one thread.
 *
 * Each start is told once; a prompt that begins again (music) is told again. Prompts with the very same body cannot be
 * told apart: the first by id, then by voice, is named for all of them. A prompt that another one begins with, sample by
 * sample, is told when something else follows. One that is cut off before it differs from the others is not told. */
#ifndef CARRIER_RECOGNISE_H
#define CARRIER_RECOGNISE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/err.h"

struct rec_prompt { const char *id, *voice; const uint8_t *octets; size_t len; };

struct rec_library;
/* Indexes the prompts; the array is copied, the strings and octets are borrowed and outlive the library. */
int rec_library_new(const struct rec_prompt *prompts, size_t count, struct rec_library **lib) MUST_CHECK;
/* Gives up the maker's share; the library goes when no listener is inside one of its prompts any more. */
void rec_library_free(struct rec_library **lib);
/* How many prompts have no body (shorter than 32 octets, or without sound): they are never told. */
size_t rec_library_mute(const struct rec_library *lib);

enum { REC_WINDOW = 32 };
struct rec_listener {
	uint64_t heard, hash;                 /* octets so far; the hash of the last REC_WINDOW */
	uint8_t last[REC_WINDOW];             /* those, as a ring by heard */
	struct rec_library *in;               /* the library whose bodies lo..hi-1 still fit, or NULL */
	size_t lo, hi, at;                    /* at: octets of the body that fitted */
	size_t ended;                         /* a body that was over on the way; SIZE_MAX: none */
	bool told;
};

/* start: the octet of the stream, counted from 0, with which the prompt began, its silence included. */
typedef void (*rec_told)(void *context, const struct rec_prompt *p, uint64_t start);

void rec_listener_init(struct rec_listener *l);
void rec_listener_done(struct rec_listener *l);
/* Until the first library is there, lib is NULL and nothing is told. */
void rec_listen(struct rec_listener *l, struct rec_library *lib, const uint8_t *octets, size_t n, rec_told told, void *context);

#endif
