/* dsp.h: pure functions on blocks of companded samples; no clock, no I/O, no allocation after *_new. For media threads.
 * One struct per call direction and purpose; blocks are up to DSP_BLOCK_MAX samples. Law: TRUNK_ALAW/TRUNK_ULAW's values
 * (0 A-law, 1 mu-law) are repeated here as enum dsp_law, because dsp does not know lines. */
#ifndef DSP_DSP_H
#define DSP_DSP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/err.h"

enum { DSP_RATE = 8000, DSP_BLOCK_MAX = 160 };
enum dsp_law { DSP_ALAW, DSP_ULAW };

/* Sets flush-to-zero and denormals-are-zero in the calling thread: first thing a media thread does. */
void dsp_thread_init(void);

/* ---- g711.c (ITU-T G.711) ---- */
void g711_decode(enum dsp_law law, const uint8_t *in, int16_t *out, size_t n);
void g711_encode(enum dsp_law law, const int16_t *in, uint8_t *out, size_t n);
uint8_t g711_idle(enum dsp_law law);                     /* the octet of silence: 0xD5 / 0xFF */

/* ---- dtmf.c: key detector over spandsp, tuned (twist 10 dB, reverse 6 dB, threshold -30 dBm0, dial-tone filter) with a
 * hang-over against doubled digits. It keeps no digits: a key is forgotten 100 ms after its end. (The name dtmf_rx_init
 * is spandsp's own.) The first set-up of a process must have returned before another thread calls it. ---- */
struct dtmf_rx;
size_t dtmf_rx_size(void);                               /* bytes of one detector; all of its memory */
struct dtmf_rx *dtmf_rx_setup(void *memory);             /* in memory of dtmf_rx_size(), 64-byte aligned */
void dtmf_rx_reset(struct dtmf_rx *d);                   /* as new, wiped: a call starts so */
/* Feeds n linear samples; writes the keys that became valid into keys (at most 4, as '0'-'9' '*' '#' 'A'-'D'),
 * returns how many. */
int dtmf_rx_block(struct dtmf_rx *d, const int16_t *pcm, size_t n, char keys[4]);

/* ---- tone.c: generators, integer phase, exact levels ---- */
struct dtmf_tx { char keys[40]; int pos, count, sample, on, off; int16_t level_dbm0_low, level_dbm0_high; uint32_t phase[2]; };
/* Queues keys ("0-9*#A-D") with on/off times in samples and levels in dBm0 of each tone (e.g. -9 and -7). */
int dtmf_tx_queue(struct dtmf_tx *t, const char *keys, int on_samples, int off_samples, int low_dbm0, int high_dbm0) MUST_CHECK;
size_t dtmf_tx_block(struct dtmf_tx *t, int16_t *pcm, size_t n);   /* adds into pcm; returns samples still to play, 0: done */
/* Korean tone plan (ITU-T E.180 supplement 2): dial 350+440, ringback 440+480 1 s on 2 s off, busy 480+620 0.5/0.5 s,
 * reorder 480+620 0.3/0.2 s, plus "beep" 1000 Hz 0.2 s. */
enum dsp_tone { DSP_TONE_DIAL, DSP_TONE_RINGBACK, DSP_TONE_BUSY, DSP_TONE_REORDER, DSP_TONE_BEEP };
void tone_block(enum dsp_tone tone, uint64_t *sample, int16_t *pcm, size_t n);     /* writes pcm, advances *sample */

/* ---- level.c ---- */
struct level { double energy; uint64_t samples; int16_t peak; };
void level_add(struct level *l, const int16_t *pcm, size_t n);
double level_dbm0(const struct level *l);                /* -99 for silence; 0 dBm0 digital milliwatt = +3.14 dBFS A-law */

/* ---- player.c: copies prompt samples, mixes nothing ---- */
struct prompt_audio { const uint8_t *law[2]; uint32_t len_samples; };   /* the same sound in A-law and mu-law */
enum { PLAYER_ITEMS_MAX = 256 };
struct player {
	const struct prompt_audio *items[PLAYER_ITEMS_MAX];
	uint16_t count, item;
	uint32_t offset;
	bool loop, playing;
	uint64_t played_samples;
};
void player_start(struct player *p, const struct prompt_audio *const *items, size_t count, bool loop);
void player_stop(struct player *p);
/* Fills out with n octets (sound, then idle). True when the last item ended within this block. */
bool player_block(struct player *p, enum dsp_law law, uint8_t *out, size_t n);

/* ---- wav.c: RIFF/WAVE in memory -> 8 kHz linear. 8 or 16 kHz, mono, 16-bit PCM, A-law or mu-law. ---- */
enum wav_fault { WAV_OK, WAV_NOT_WAVE, WAV_BAD_RATE, WAV_NOT_MONO, WAV_BAD_CODING, WAV_TOO_LONG, WAV_CLIPPED, WAV_TRUNCATED, WAV_EMPTY,
                 WAV_NO_MEMORY };
enum { WAV_SECONDS_MAX = 60 };
/* On WAV_OK *pcm (malloc'd, the caller's) holds *n samples. */
enum wav_fault wav_read(const uint8_t *file, size_t len, int16_t **pcm, size_t *n) MUST_CHECK;
const char *wav_fault_text(enum wav_fault f);            /* "too long: at most 60 s", for the operator */

#endif
