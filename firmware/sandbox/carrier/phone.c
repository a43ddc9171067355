/* phone.c: one phone in one call: it dials, hears, presses keys by its script, and says at the end how it was.
 * The keys it presses are never written to a log or an event. */
#include <stdlib.h>
#include <string.h>

#include "lib/secret.h"
#include "sandbox/carrier/carrier.h"
#include "sandbox/carrier/noise.h"

enum {
	HEARD_MAX = 1000,
	SOUND_DBM0 = -55,             /* a block louder than this is sound */
	BUSY_MOST_SAMPLES = 120 * DSP_RATE,
	CALLER_ID_AFTER_BLOCKS = 25,  /* half a second */
	CHUNK_KEYS = 32,              /* what struct dtmf_tx takes at once */
};

enum phone_state { PHONE_WAITS, PHONE_DIALS, PHONE_TALKS, PHONE_LEAVES };

struct phone {
	struct span *span;
	struct phone_spec spec;
	enum phone_state state;
	struct pri_call *call;
	uint64_t library_ticket, dialled_ms;
	size_t digits_sent;                   /* overlap; SIZE_MAX: nobody asked for digits */
	/* the script */
	int step;
	bool armed, timed_out;                /* armed: the step has heard its prompt, due_ms is set */
	uint64_t due_ms;
	const char *heard[HEARD_MAX];
	int heard_count, heard_from;          /* the step looks at heard[heard_from..] */
	/* the ear */
	struct rec_listener ear;
	struct level level;
	uint64_t sound_ms, silence_ms, longest_silence_ms;
	/* the mouth */
	struct dtmf_tx tones;
	bool sounding;
	char keys[PHONE_KEYS_MAX];
	int key_count;
	struct noise noise;
	/* analog lines: caller id, between the first ring and the second */
	struct caller_id_tx *caller_id;
	bool clearing;                        /* the exchange says by tone that the caller is gone */
	uint64_t busy_samples;
	int caller_id_wait;                   /* blocks; 0: it is being said, or not at all */
};

static uint64_t line_ms(const struct phone *p)
{
	return p->state == PHONE_WAITS ? 0 : span_line_ms(p->span) - p->dialled_ms;
}

/* An event of this phone, with members from a json_pack() format behind it. */
static void emit(struct phone *p, const char *what, json_t *more)
{
	json_t *e = json_pack("{s:s, s:s, s:I}", "ev", what, "id", p->spec.id, "t_ms", (json_int_t)line_ms(p));

	if (e != NULL && more != NULL)
		json_object_update(e, more);
	json_decref(more);
	if (e != NULL)
		control_event(span_get_carrier(p->span), p->spec.owner, e);
}

int phone_new(struct span *s, const struct phone_spec *spec)
{
	struct phone *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return ERR_NOMEM;
	p->span = s;
	p->spec = *spec;
	json_incref(p->spec.command);
	p->digits_sent = SIZE_MAX;
	p->library_ticket = prompts_rescan(span_get_carrier(s)->prompts);
	rec_listener_init(&p->ear);
	noise_init(&p->noise, spec->noise_dbm0, (uint32_t)(span_line_ms(s) + (uint64_t)spec->setup.slot));
	span_seat(s, spec->setup.slot, p);
	return 0;
}

void phone_free(struct phone *p)
{
	if (p->call != NULL)
		pri_call_set_owner(p->call, NULL);
	span_seat(p->span, p->spec.setup.slot, NULL);
	rec_listener_done(&p->ear);
	secret_wipe(p->keys, sizeof(p->keys));
	secret_wipe(&p->tones, sizeof(p->tones));
	json_decref(p->spec.command);
	free(p->caller_id);
	free(p);
}

const char *phone_id(const struct phone *p) { return p->spec.id; }
struct control_conn *phone_owner(const struct phone *p) { return p->spec.owner; }

static void end(struct phone *p, int cause, const char *by)
{
	json_t *heard = json_array();

	for (int i = 0; i < p->heard_count; i++)
		json_array_append_new(heard, json_string(p->heard[i]));
	emit(p, "ended", json_pack("{s:i, s:s, s:b, s:i, s:b, s:o, s:f, s:I, s:I}", "cause", cause, "by", by,
	                           "script_done", p->step == p->spec.step_count, "step", p->step, "timeout", p->timed_out,
	                           "heard", heard, "level_dbm0", level_dbm0(&p->level), "heard_ms", (json_int_t)p->sound_ms,
	                           "longest_silence_ms", (json_int_t)p->longest_silence_ms));
	phone_free(p);
}

int phone_press(struct phone *p, const char *keys, bool secret)
{
	size_t n = strlen(keys);
	json_t *e;

	if (p->state != PHONE_TALKS)
		return ERR_STATE;
	if (n + (size_t)p->key_count > sizeof(p->keys))
		return ERR_TOO_LONG;
	memcpy(p->keys + p->key_count, keys, n);
	p->key_count += (int)n;
	e = json_pack("{s:i}", "count", (int)n);
	if (secret)
		json_object_set_new(e, "secret", json_true());
	emit(p, "pressed", e);
	return 0;
}

/* A phone that has not dialled yet is gone at once; else ENDED comes from the line. */
void phone_hangup(struct phone *p, int cause)
{
	if (p->state == PHONE_WAITS) {
		end(p, cause, "phone");
		return;
	}
	p->clearing = p->spec.clears_by_tone && p->state == PHONE_TALKS && span_get_config(p->span)->line == TRUNK_ANALOG;
	p->state = PHONE_LEAVES;
	if (!p->clearing)
		span_hang_up(p->span, p->spec.setup.slot, p->call, cause);
}

void phone_forget_owner(struct phone *p)
{
	p->spec.owner = NULL;
	phone_hangup(p, PRI_NORMAL_CLEARING);
}

/* Calls outlive a short loss; what has not begun does not. */
void phone_line_lost(struct phone *p)
{
	if (p->state == PHONE_WAITS)
		end(p, PRI_NETWORK_FAILURE, "line");
}

/* False: the phone is gone. */
static bool dial(struct phone *p)
{
	int err;

	if (!prompts_fresh(span_get_carrier(p->span)->prompts, p->library_ticket))
		return true;
	p->state = PHONE_DIALS;
	p->dialled_ms = span_line_ms(p->span);
	err = span_dial(p->span, p, &p->spec.setup, &p->call);
	if (err != 0) {
		p->call = NULL;
		end(p, err == ERR_EXISTS ? PRI_CHANNEL_UNAVAILABLE : PRI_NETWORK_FAILURE, "line");
		return false;
	}
	emit(p, "setup", json_pack("{s:s, s:i}", "span", span_get_config(p->span)->name, "slot", p->spec.setup.slot));
	return true;
}

/* One digit a tick: nobody dials faster. */
static void dial_digit(struct phone *p)
{
	const char *called = p->spec.setup.called;

	if (p->state != PHONE_DIALS || p->digits_sent >= strlen(called))
		return;
	span_get_port(p->span);
	if (pri_call_digit(p->call, called[p->digits_sent]) == 0)
		p->digits_sent++;
}

static bool heard_any(struct phone *p, const struct phone_step *s)
{
	for (int i = p->heard_from; i < p->heard_count; i++)
		for (int h = 0; h < s->hear_count; h++)
			if (strcmp(p->heard[i], s->hear[h]) == 0) {
				p->heard_from = i + 1;
				return true;
			}
	return false;
}

/* Steps follow one another within a tick when nothing makes them wait. */
static void run_script(struct phone *p)
{
	while (p->state == PHONE_TALKS && p->step < p->spec.step_count) {
		const struct phone_step *s = &p->spec.steps[p->step];

		if (!p->armed && s->hear_count > 0 && !heard_any(p, s))
			return;
		if (!p->armed) {
			p->armed = true;
			p->due_ms = line_ms(p) + (uint64_t)s->after_ms;
		}
		if (line_ms(p) < p->due_ms)
			return;
		if (s->keys != NULL && phone_press(p, s->keys, s->secret) == ERR_TOO_LONG)
			return;                       /* the keys before them are still being pressed */
		p->armed = false;
		p->step++;
		if (s->hangup)
			phone_hangup(p, s->cause);
	}
}

static bool add_tones(struct phone *p, int16_t pcm[TRUNK_BLOCK])
{
	if (!p->sounding && p->key_count > 0) {
		int n = p->key_count < CHUNK_KEYS ? p->key_count : CHUNK_KEYS;
		char chunk[CHUNK_KEYS + 1] = "";

		memcpy(chunk, p->keys, (size_t)n);
		memmove(p->keys, p->keys + n, (size_t)(p->key_count - n));
		p->key_count -= n;
		secret_wipe(p->keys + p->key_count, sizeof(p->keys) - (size_t)p->key_count);
		p->sounding = dtmf_tx_queue(&p->tones, chunk, p->spec.on_ms * 8, p->spec.off_ms * 8, p->spec.low_dbm0,
		                            p->spec.high_dbm0) == 0;
		secret_wipe(chunk, sizeof(chunk));
	}
	if (!p->sounding)
		return false;
	p->sounding = dtmf_tx_block(&p->tones, pcm, TRUNK_BLOCK) > 0;
	return true;
}

/* As an exchange does it, half a second after the first ring. */
static void plan_caller_id(struct phone *p)
{
	enum caller_id_kind kind = span_get_config(p->span)->caller_id;
	const struct pri_setup *s = &p->spec.setup;
	struct caller_id id = { .status = s->presentation_allowed ? CALLER_ID_GIVEN : CALLER_ID_WITHHELD };

	if (p->caller_id != NULL || kind == CALLER_ID_NONE || span_get_config(p->span)->line != TRUNK_ANALOG)
		return;
	if (s->screening == PRI_NO_NUMBER || s->caller[0] == '\0')
		id.status = CALLER_ID_UNAVAILABLE;
	if (id.status == CALLER_ID_GIVEN)
		memcpy(id.number, s->caller, sizeof(id.number));
	p->caller_id = aligned_alloc(64, caller_id_tx_size());
	if (p->caller_id == NULL)
		return;
	caller_id_tx_setup(p->caller_id, kind);
	if (caller_id_tx_put(p->caller_id, &id) == 0)
		p->caller_id_wait = CALLER_ID_AFTER_BLOCKS;
}

static void say_caller_id(struct phone *p, uint8_t octets[TRUNK_BLOCK])
{
	int16_t pcm[TRUNK_BLOCK];

	if (p->state != PHONE_DIALS || p->caller_id == NULL || (p->caller_id_wait > 0 && --p->caller_id_wait > 0))
		return;
	if (caller_id_tx_block(p->caller_id, pcm, TRUNK_BLOCK))
		g711_encode((enum dsp_law)span_get_config(p->span)->law, pcm, octets, TRUNK_BLOCK);
}

/* The busy tone, until the appliance hangs up. An exchange gives up at last. */
static void say_busy(struct phone *p, uint8_t octets[TRUNK_BLOCK])
{
	int16_t pcm[TRUNK_BLOCK];

	tone_block(DSP_TONE_BUSY, &p->busy_samples, pcm, TRUNK_BLOCK);
	g711_encode((enum dsp_law)span_get_config(p->span)->law, pcm, octets, TRUNK_BLOCK);
	if (p->busy_samples < BUSY_MOST_SAMPLES)
		return;
	p->clearing = false;
	span_hang_up(p->span, p->spec.setup.slot, p->call, PRI_NORMAL_CLEARING);
}

void phone_speak(struct phone *p, uint8_t octets[TRUNK_BLOCK])
{
	int16_t pcm[TRUNK_BLOCK] = { 0 };
	bool loud;

	if (p->state == PHONE_WAITS && !dial(p))
		return;
	dial_digit(p);
	say_caller_id(p, octets);
	if (p->clearing)
		say_busy(p, octets);
	run_script(p);
	if (p->state != PHONE_WAITS && p->state != PHONE_LEAVES && line_ms(p) >= (uint64_t)p->spec.timeout_s * 1000) {
		p->timed_out = true;
		phone_hangup(p, PRI_NORMAL_CLEARING);
	}
	if (p->state != PHONE_TALKS)
		return;
	loud = noise_add(&p->noise, pcm, TRUNK_BLOCK);
	loud |= add_tones(p, pcm);
	if (loud)
		g711_encode((enum dsp_law)span_get_config(p->span)->law, pcm, octets, TRUNK_BLOCK);
	secret_wipe(pcm, sizeof(pcm));
}

static void told(void *context, const struct rec_prompt *prompt, uint64_t start)
{
	struct phone *p = context;
	json_t *e = json_pack("{s:s, s:s, s:I}", "prompt", prompt->id, "voice", prompt->voice, "t_ms", (json_int_t)(start / 8));

	if (p->heard_count < HEARD_MAX)
		p->heard[p->heard_count++] = prompt->id;
	emit(p, "heard", e);
}

static bool is_idle(const uint8_t octets[TRUNK_BLOCK])
{
	return memcmp(octets, octets + 1, TRUNK_BLOCK - 1) == 0;      /* all the same: no sound in any law */
}

static void measure(struct phone *p, const uint8_t octets[TRUNK_BLOCK])
{
	int16_t pcm[TRUNK_BLOCK];
	struct level l = { 0 };
	bool sound = false;

	if (!is_idle(octets)) {
		g711_decode((enum dsp_law)span_get_config(p->span)->law, octets, pcm, TRUNK_BLOCK);
		level_add(&l, pcm, TRUNK_BLOCK);
		sound = level_dbm0(&l) > SOUND_DBM0;
	}
	if (sound) {
		p->level.energy += l.energy;
		p->level.samples += l.samples;
		if (l.peak > p->level.peak)
			p->level.peak = l.peak;
		p->sound_ms += 20;
		p->silence_ms = 0;
	} else {
		p->silence_ms += 20;
		if (p->silence_ms > p->longest_silence_ms)
			p->longest_silence_ms = p->silence_ms;
	}
}

void phone_hear(struct phone *p, const uint8_t octets[TRUNK_BLOCK])
{
	struct rec_library *lib;

	if (p->state == PHONE_WAITS)
		return;
	lib = prompts_library(span_get_carrier(p->span)->prompts, (enum dsp_law)span_get_config(p->span)->law);
	rec_listen(&p->ear, lib, octets, TRUNK_BLOCK, told, p);
	if (p->state == PHONE_TALKS)
		measure(p, octets);
}

void phone_call_event(struct phone *p, const struct pri_event *e)
{
	switch (e->type) {
	case PRI_EV_DIGITS:
		p->digits_sent = 0;
		break;
	case PRI_EV_PROCEEDING:
		emit(p, "proceeding", NULL);
		break;
	case PRI_EV_ALERTING:
		plan_caller_id(p);
		emit(p, "alerting", NULL);
		break;
	case PRI_EV_CONNECTED:
		if (p->state == PHONE_DIALS)
			p->state = PHONE_TALKS;
		emit(p, "connected", NULL);
		break;
	case PRI_EV_ENDED:
		p->call = NULL;
		end(p, e->cause, e->by_line ? "line" : e->by_far_end ? "appliance" : "phone");
		break;
	default:
		break;
	}
}
