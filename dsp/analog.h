/* analog.h: what a telephone line without a D-channel says by sound: who calls, and that the caller has hung up. Pure
 * functions on blocks of linear samples, as in dsp.h. */
#ifndef DSP_ANALOG_H
#define DSP_ANALOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/err.h"

/* ---- caller_id.c: FSK at 1200 bit/s with Bell 202 tones (Telcordia GR-30, TIA-777) or V.23 tones (ETSI EN 300 659), and keys
 * (EN 300 659-1 annex, "A" or "D" before, "C" or "#" after). The message forms are those of GR-30: SDMF and MDMF. ---- */
enum caller_id_kind { CALLER_ID_NONE, CALLER_ID_BELLCORE, CALLER_ID_V23, CALLER_ID_DTMF, CALLER_ID_KINDS };
/* "none" "bellcore" "v23" "dtmf". ERR_NOT_FOUND */
int caller_id_kind_parse(const char *word, enum caller_id_kind *kind) MUST_CHECK;

enum { CALLER_ID_NUMBER_SIZE = 32 };
enum caller_id_status { CALLER_ID_GIVEN, CALLER_ID_WITHHELD, CALLER_ID_UNAVAILABLE };
struct caller_id { enum caller_id_status status; char number[CALLER_ID_NUMBER_SIZE]; };   /* digits; "" unless GIVEN */

struct caller_id_rx;
size_t caller_id_rx_size(void);                          /* bytes of one receiver; all of its memory */
/* In memory of caller_id_rx_size(), 64-byte aligned. The first of a process before another thread calls it, see dtmf_rx. */
struct caller_id_rx *caller_id_rx_setup(void *memory, enum caller_id_kind kind);
/* True: a message was complete and its check sum good; *out is filled. What is damaged, or has no number and no reason, is
 * never told. */
bool caller_id_rx_block(struct caller_id_rx *r, const int16_t *pcm, size_t n, struct caller_id *out) MUST_CHECK;

/* The exchange's side, for the sandbox and tests. */
struct caller_id_tx;
size_t caller_id_tx_size(void);
struct caller_id_tx *caller_id_tx_setup(void *memory, enum caller_id_kind kind);
/* Queues one message. number: digits; id->status decides what is said without one. ERR_INVALID: no such number or kind. */
int caller_id_tx_put(struct caller_id_tx *t, const struct caller_id *id) MUST_CHECK;
/* Fills pcm; false when nothing is left to send (pcm is silent then). */
bool caller_id_tx_block(struct caller_id_tx *t, int16_t *pcm, size_t n);

/* ---- call_tones.c: the tones by which an exchange says that the other side is gone: pairs of sines in a country's rhythm,
 * several times in a row. Neither speech nor prompts have all of that. ---- */
enum tone_plan { TONE_PLAN_KR, TONE_PLAN_US, TONE_PLAN_JP, TONE_PLAN_EU, TONE_PLANS };
int tone_plan_parse(const char *word, enum tone_plan *plan) MUST_CHECK;      /* "kr" "us" "jp" "eu". ERR_NOT_FOUND */

enum call_tone { CALL_TONE_NONE, CALL_TONE_BUSY, CALL_TONE_REORDER };
struct call_tones {
	uint8_t plan;
	bool sounding;
	uint8_t now, off;                        /* lengths in blocks: of what is heard now, of the last pause (0: none yet) */
	uint8_t cycles[3];                       /* by enum call_tone: rhythms in a row that fitted */
};
void call_tones_init(struct call_tones *t, enum tone_plan plan);
/* One block of DSP_BLOCK_MAX samples. Tells a tone at the end of its fourth burst, and then of each further one. */
enum call_tone call_tones_block(struct call_tones *t, const int16_t *pcm);

#endif
