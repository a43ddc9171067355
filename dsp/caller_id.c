/* caller_id.c: who calls, as FSK or keys on a line that is not answered yet.
 *
 * spandsp demodulates; the octets are framed here, because what is on the line is anybody's: the length that a message
 * claims is held against the buffer, and its check sum must be right before a field of it is looked at. */
#include <stdint.h>
#include <string.h>

/* Not all of spandsp.h: its g711.h has our names. In the order in which these headers need each other. */
#include <spandsp/telephony.h>
#include <spandsp/fast_convert.h>
#include <spandsp/logging.h>
#include <spandsp/complex.h>
#include <spandsp/queue.h>
#include <spandsp/power_meter.h>
#include <spandsp/async.h>
#include <spandsp/tone_generate.h>
#include <spandsp/tone_detect.h>
#include <spandsp/super_tone_rx.h>
#include <spandsp/dtmf.h>
#include <spandsp/fsk.h>
#include <spandsp/adsi.h>
#include <spandsp/private/logging.h>
#include <spandsp/private/queue.h>
#include <spandsp/private/async.h>
#include <spandsp/private/tone_generate.h>
#include <spandsp/private/dtmf.h>
#include <spandsp/private/fsk.h>
#include <spandsp/private/adsi.h>

#include "dsp/analog.h"
#include "dsp/dsp.h"

enum {
	MARKS_BEFORE = 20,                 /* ones that must stand before a message: GR-30 has 130 to 180, EN 300 659 80 or 180 */
	MESSAGE_MAX = 255 + 3,             /* type, length, body, check sum */
	KEY_PAUSE = 4000,                  /* samples without a key after which a number is over */
	FSK_CUTOFF_DBM0 = -42,
	SDMF = 0x04, MDMF = 0x80,
	SDMF_DATE_LEN = 8, FIELD_NUMBER = 0x02, FIELD_ABSENCE = 0x04,
};

struct framer {
	int marks, bit, octet;             /* bit: -1 between octets, else how many of this one are there */
	bool open;                         /* the marks have been long enough */
	uint16_t len;
	uint8_t message[MESSAGE_MAX];
};

struct caller_id_rx {
	enum caller_id_kind kind;
	bool complete;
	struct caller_id id;
	fsk_rx_state_t fsk;
	struct framer framer;
	/* keys */
	char started;                      /* 'A', 'D' or 'B'; 0: no number has begun */
	int key_count, since_key;
	char keys[CALLER_ID_NUMBER_SIZE];
	_Alignas(64) unsigned char detector[];
};

int caller_id_kind_parse(const char *word, enum caller_id_kind *kind)
{
	static const char *const words[CALLER_ID_KINDS] = {
		[CALLER_ID_NONE] = "none", [CALLER_ID_BELLCORE] = "bellcore", [CALLER_ID_V23] = "v23", [CALLER_ID_DTMF] = "dtmf",
	};

	for (int i = 0; i < CALLER_ID_KINDS; i++)
		if (strcmp(words[i], word) == 0) {
			*kind = (enum caller_id_kind)i;
			return 0;
		}
	return ERR_NOT_FOUND;
}

/* ---- messages ---- */

/* A number that is not digits alone, or too long, is none: a part of it could be another's. */
static bool set_number(struct caller_id *id, const uint8_t *digits, size_t len)
{
	if (len == 0 || len >= sizeof(id->number))
		return false;
	for (size_t i = 0; i < len; i++)
		if (digits[i] < '0' || digits[i] > '9')
			return false;
	memcpy(id->number, digits, len);
	id->number[len] = '\0';
	id->status = CALLER_ID_GIVEN;
	return true;
}

static bool set_absence(struct caller_id *id, const uint8_t *why, size_t len)
{
	if (len != 1 || (*why != 'P' && *why != 'O'))
		return false;
	*id = (struct caller_id){ .status = *why == 'P' ? CALLER_ID_WITHHELD : CALLER_ID_UNAVAILABLE };
	return true;
}

static bool read_fields(const uint8_t *body, size_t len, struct caller_id *id)
{
	bool found = false;

	for (size_t at = 0; at + 2 <= len;) {
		uint8_t type = body[at], field_len = body[at + 1];

		at += 2;
		if (field_len > len - at)
			return false;
		if (!found && type == FIELD_NUMBER)
			found = set_number(id, body + at, field_len) || set_absence(id, body + at, field_len);
		else if (!found && type == FIELD_ABSENCE)
			found = set_absence(id, body + at, field_len);
		at += field_len;
	}
	return found;
}

static bool read_message(const uint8_t *m, size_t len, struct caller_id *id)
{
	const uint8_t *body = m + 2;
	size_t body_len = len - 3;
	uint8_t sum = 0;

	for (size_t i = 0; i < len; i++)
		sum = (uint8_t)(sum + m[i]);
	if (sum != 0)
		return false;
	*id = (struct caller_id){ .status = CALLER_ID_UNAVAILABLE };
	if (m[0] == MDMF)
		return read_fields(body, body_len, id);
	if (m[0] != SDMF || body_len <= SDMF_DATE_LEN)
		return false;
	body += SDMF_DATE_LEN;
	body_len -= SDMF_DATE_LEN;
	return set_number(id, body, body_len) || set_absence(id, body, body_len);
}

/* ---- bits to octets to messages ---- */

static void framer_reset(struct framer *f)
{
	*f = (struct framer){ .bit = -1 };
}

static void take_octet(struct caller_id_rx *r, uint8_t octet)
{
	struct framer *f = &r->framer;

	f->message[f->len++] = octet;
	if (f->len < 3 || f->len < f->message[1] + 3)
		return;
	r->complete |= read_message(f->message, f->len, &r->id);
	framer_reset(f);
}

static void on_bit(void *context, int bit)
{
	struct caller_id_rx *r = context;
	struct framer *f = &r->framer;

	if (bit < 0) {                     /* the carrier came or went */
		framer_reset(f);
		return;
	}
	if (f->bit >= 0 && f->bit < 8) {
		f->octet |= bit << f->bit++;
		return;
	}
	if (f->bit == 8) {                 /* the stop bit; a wrong one spoils the message */
		f->bit = -1;
		if (bit == 0)
			framer_reset(f);
		else
			take_octet(r, (uint8_t)f->octet);
		f->marks = bit;
		return;
	}
	f->marks = bit ? f->marks + 1 : f->marks;
	f->open |= f->marks >= MARKS_BEFORE;
	if (bit != 0)
		return;
	/* A start bit, or the channel seizure before the marks. Within a message octets may stand up to 10 bits apart. */
	if (f->open)
		f->bit = f->octet = 0;
	else
		f->marks = 0;
}

/* ---- keys ---- */

static void keys_over(struct caller_id_rx *r)
{
	bool ok = false;

	r->id = (struct caller_id){ .status = CALLER_ID_UNAVAILABLE };
	if (r->started == 'B')             /* EN 300 659-1: 00 unavailable, 10 withheld */
		ok = set_absence(&r->id, (const uint8_t *)(strcmp(r->keys, "10") == 0 ? "P" : "O"), 1);
	else if (r->started != 0)
		ok = set_number(&r->id, (const uint8_t *)r->keys, (size_t)r->key_count);
	r->complete |= ok;
	r->started = 0;
	r->key_count = 0;
	memset(r->keys, 0, sizeof(r->keys));
}

static void on_caller_key(struct caller_id_rx *r, char key)
{
	r->since_key = 0;
	if (key == 'A' || key == 'D' || key == 'B') {
		r->started = 0;
		keys_over(r);
		r->started = key;
	} else if (key == 'C' || key == '#') {
		keys_over(r);
	} else if (r->started != 0 && r->key_count < CALLER_ID_NUMBER_SIZE - 1) {
		r->keys[r->key_count++] = key;
	} else {
		r->started = 0;                /* digits out of nowhere, or too many */
	}
}

static void take_keys(struct caller_id_rx *r, const int16_t *pcm, size_t n)
{
	char keys[4];
	int found = dtmf_rx_block((struct dtmf_rx *)(void *)r->detector, pcm, n, keys);

	r->since_key += (int)n;
	for (int i = 0; i < found; i++)
		on_caller_key(r, keys[i]);
	if (r->started != 0 && r->key_count > 0 && r->since_key >= KEY_PAUSE)
		keys_over(r);
}

/* ---- the receiver ---- */

size_t caller_id_rx_size(void)
{
	return (sizeof(struct caller_id_rx) + dtmf_rx_size() + 63) / 64 * 64;
}

struct caller_id_rx *caller_id_rx_setup(void *memory, enum caller_id_kind kind)
{
	struct caller_id_rx *r = memory;

	memset(r, 0, sizeof(*r));
	r->kind = kind;
	framer_reset(&r->framer);
	if (kind == CALLER_ID_DTMF) {
		dtmf_rx_setup(r->detector);
	} else if (kind != CALLER_ID_NONE) {
		fsk_rx_init(&r->fsk, &preset_fsk_specs[kind == CALLER_ID_V23 ? FSK_V23CH1 : FSK_BELL202], FSK_FRAME_MODE_ASYNC, on_bit, r);
		fsk_rx_signal_cutoff(&r->fsk, FSK_CUTOFF_DBM0);
	}
	return r;
}

bool caller_id_rx_block(struct caller_id_rx *r, const int16_t *pcm, size_t n, struct caller_id *out)
{
	if (r->kind == CALLER_ID_DTMF)
		take_keys(r, pcm, n);
	else if (r->kind != CALLER_ID_NONE)
		fsk_rx(&r->fsk, pcm, (int)n);
	if (!r->complete)
		return false;
	r->complete = false;
	*out = r->id;
	return true;
}

/* ---- the exchange's side ---- */

struct caller_id_tx {
	enum caller_id_kind kind;
	bool busy;
	adsi_tx_state_t fsk;
	struct dtmf_tx keys;
};

size_t caller_id_tx_size(void)
{
	return (sizeof(struct caller_id_tx) + 63) / 64 * 64;
}

struct caller_id_tx *caller_id_tx_setup(void *memory, enum caller_id_kind kind)
{
	struct caller_id_tx *t = memory;

	memset(t, 0, sizeof(*t));
	t->kind = kind;
	if (kind == CALLER_ID_BELLCORE || kind == CALLER_ID_V23)
		adsi_tx_init(&t->fsk, kind == CALLER_ID_V23 ? ADSI_STANDARD_CLIP : ADSI_STANDARD_CLASS);
	return t;
}

static int put_keys(struct caller_id_tx *t, const struct caller_id *id)
{
	char text[sizeof(t->keys.keys)] = "A";

	if (id->status == CALLER_ID_GIVEN)
		memcpy(text + 1, id->number, strlen(id->number));
	else
		memcpy(text, id->status == CALLER_ID_WITHHELD ? "B10" : "B00", 3);
	strcat(text, "C");
	return dtmf_tx_queue(&t->keys, text, 70 * DSP_RATE / 1000, 70 * DSP_RATE / 1000, -12, -10);
}

static int put_fsk(struct caller_id_tx *t, const struct caller_id *id)
{
	uint8_t message[256];
	const char *why = id->status == CALLER_ID_WITHHELD ? "P" : "O";
	int len = adsi_add_field(&t->fsk, message, -1, CLIP_MDMF_CALLERID, NULL, 0);

	len = adsi_add_field(&t->fsk, message, len, MCLASS_DATETIME, (const uint8_t *)"01011200", 8);
	if (id->status == CALLER_ID_GIVEN)
		len = adsi_add_field(&t->fsk, message, len, MCLASS_CALLER_NUMBER, (const uint8_t *)id->number, (int)strlen(id->number));
	else
		len = adsi_add_field(&t->fsk, message, len, MCLASS_ABSENCE1, (const uint8_t *)why, 1);
	return adsi_tx_put_message(&t->fsk, message, len) > 0 ? 0 : ERR_STATE;
}

int caller_id_tx_put(struct caller_id_tx *t, const struct caller_id *id)
{
	size_t len = strnlen(id->number, sizeof(id->number));
	int e;

	if (t->kind == CALLER_ID_NONE || (id->status == CALLER_ID_GIVEN && (len == 0 || len >= sizeof(id->number))))
		return ERR_INVALID;
	if (id->status == CALLER_ID_GIVEN && strspn(id->number, "0123456789") != len)
		return ERR_INVALID;
	e = t->kind == CALLER_ID_DTMF ? put_keys(t, id) : put_fsk(t, id);
	t->busy = e == 0;
	return e;
}

bool caller_id_tx_block(struct caller_id_tx *t, int16_t *pcm, size_t n)
{
	size_t made = 0;

	memset(pcm, 0, n * sizeof(*pcm));
	if (!t->busy)
		return false;
	if (t->kind == CALLER_ID_DTMF)
		t->busy = dtmf_tx_block(&t->keys, pcm, n) > 0;
	else
		made = (size_t)adsi_tx(&t->fsk, pcm, (int)n);
	if (t->kind != CALLER_ID_DTMF && made < n) {
		memset(pcm + made, 0, (n - made) * sizeof(*pcm));
		t->busy = false;
	}
	return true;
}
