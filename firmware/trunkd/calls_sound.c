/* calls_sound.c: what a caller hears and presses: plays to the media thread, keys from it to whom they belong. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/log.h"
#include "lib/secret.h"
#include "trunkd/calls_priv.h"
#include "trunkd/meters.h"

enum { TIMER_MAX_MS = 600000, SAMPLES_A_MS = DSP_RATE / 1000, ITEM_SIZE = 80 };
#define SPEECH_PREFIX "speech:"

static bool command(struct calls *c, const struct call *k, struct media_command m)
{
	m.slot = k->slot;
	m.call = k->number;
	if (c->ports.to_media(c->ports.context, k->span, &m))
		return true;
	log_error("media_full", "call=%" PRIu64 " span=%zu command=%u", k->number, k->span + 1, m.type);
	return false;
}

void call_keypad_begin(struct calls *c, const struct call *k)
{
	struct keypad_msg m = { .type = keypad_type_call_begin, .u.call_begin.call = k->number };

	c->ports.to_keystored(c->ports.context, &m);
}

bool call_sound_start(struct calls *c, struct call *k)
{
	if (!command(c, k, (struct media_command){ .type = MEDIA_START }))
		return false;
	call_keypad_begin(c, k);
	return true;
}

void call_sound_stop(struct calls *c, struct call *k)
{
	struct keypad_msg m = { .type = keypad_type_call_end, .u.call_end.call = k->number };

	k->open_field = 0;
	c->ports.to_keystored(c->ports.context, &m);
	/* A full ring is logged; the slot's next call begins by stopping this one. */
	if (!command(c, k, (struct media_command){ .type = MEDIA_STOP }))
		calls_count_meter(c, METER_EVENTS_LOST);
}

/* ---- plays ---- */

void play_free(struct calls *c, struct play **p)
{
	for (unsigned i = 0; (*p)->has_speech && i < (*p)->count; i++)
		speech_cache_release(c->config.speech, (*p)->items[i]);
	free(*p);
	*p = NULL;
}

static void tell_play_ended(struct calls *c, uint64_t call, uint32_t number, enum callctl_why why, uint32_t heard_samples)
{
	c->out.type = callctl_type_play_ended;
	c->out.u.play_ended = (struct callctl_play_ended){
		.call = call, .play = number, .why = (uint8_t)why, .heard_ms = heard_samples / SAMPLES_A_MS,
	};
	c->ports.to_arsd(c->ports.context, &c->out);
}

static const struct prompt_audio *find_item(struct calls *c, struct play *p, const char *voice, const char *id)
{
	const struct prompt_audio *audio = NULL;

	if (strncmp(id, SPEECH_PREFIX, strlen(SPEECH_PREFIX)) != 0)
		return prompts_find(c->config.prompts, voice, id);
	if (speech_cache_hold(c->config.speech, id + strlen(SPEECH_PREFIX), voice, &audio) < 0)
		return NULL;
	p->has_speech = true;
	return audio;
}

/* Splits items at single spaces into p. False: an item is none of ours, or there are too many. */
static bool fill_items(struct calls *c, struct play *p, const struct callctl_play *m)
{
	const char *at = m->items;

	while (*at != '\0') {
		size_t len = strcspn(at, " ");
		char id[ITEM_SIZE] = "";

		if (len > 0 && len < sizeof(id))
			memcpy(id, at, len);
		p->items[p->count] = p->count < PLAYER_ITEMS_MAX ? find_item(c, p, m->voice, id) : NULL;
		if (p->items[p->count] == NULL) {
			log_error("unknown_prompt", "call=%" PRIu64 " play=%u voice=%s prompt=\"%s\"", m->call, m->play, m->voice, id);
			return false;
		}
		p->count++;
		at += len + (at[len] == ' ');
	}
	return true;
}

static uint32_t samples(uint32_t ms)
{
	return (ms < TIMER_MAX_MS ? ms : TIMER_MAX_MS) * SAMPLES_A_MS;
}

static size_t items_at_most(const char *items)
{
	size_t n = 1;

	for (; *items != '\0'; items++)
		n += *items == ' ';
	return n < PLAYER_ITEMS_MAX ? n : PLAYER_ITEMS_MAX + 1;
}

static struct play *make_play(struct calls *c, const struct callctl_play *m)
{
	struct play *p = calloc(1, sizeof(*p) + items_at_most(m->items) * sizeof(p->items[0]));

	if (p == NULL)
		return NULL;
	p->call = m->call;
	p->number = m->play;
	p->field = m->field;
	p->first_samples = samples(m->first_ms);
	p->inter_samples = samples(m->inter_ms);
	p->collect = m->collect;
	p->loop = m->loop != 0;
	if (!prompts_has_voice(c->config.prompts, m->voice) || !fill_items(c, p, m))
		play_free(c, &p);
	return p;
}

int call_play(struct calls *c, struct call *k, const struct callctl_play *m)
{
	struct play *p = NULL;

	if (m->collect > CALLCTL_COLLECT_SECRET || m->loop > 1)
		return ERR_INVALID;
	if (k->plays_out < MEDIA_PLAYS_MAX)
		p = make_play(c, m);
	else
		log_warn("plays_crowd", "call=%" PRIu64 " play=%u", k->number, m->play);
	if (p != NULL && !command(c, k, (struct media_command){ .type = MEDIA_PLAY, .play = p }))
		play_free(c, &p);
	if (p == NULL) {
		calls_count_meter(c, METER_PLAYS_UNKNOWN);
		tell_play_ended(c, k->number, m->play, CALLCTL_UNKNOWN_PROMPT, 0);
		return 0;
	}
	calls_count_meter(c, METER_PLAYS);
	k->plays_out++;
	k->open_field = m->collect == CALLCTL_COLLECT_SECRET ? m->field : 0;
	return 0;
}

void calls_field_closed(struct calls *c, const struct keypad_field_closed *m)
{
	struct call *k = calls_find(c, m->call);

	if (k == NULL || !call_step(c, k, CALL_FIELD_CLOSED) || k->open_field != m->field || m->field == 0)
		return;
	k->open_field = 0;         /* once, so that keystored cannot flood the ring */
	if (!command(c, k, (struct media_command){ .type = MEDIA_FIELD_CLOSED, .field = m->field }))
		calls_count_meter(c, METER_EVENTS_LOST);
}

/* ---- what the media thread tells ---- */

static void play_came_back(struct calls *c, struct call *k, struct media_event *e)
{
	struct play *p = e->play;

	e->play = NULL;
	if (k != NULL) {
		k->plays_out--;
		if (call_step(c, k, CALL_SOUND))
			tell_play_ended(c, p->call, p->number, (enum callctl_why)p->why, p->heard_samples);
	}
	play_free(c, &p);
}

static void secret_key(struct calls *c, const struct media_event *e)
{
	struct keypad_msg m = { .type = keypad_type_key, .u.key = { e->call, e->number, (uint8_t)e->detail } };

	calls_count_meter(c, c->ports.to_keystored(c->ports.context, &m) ? METER_KEYS_SECRET : METER_KEYS_NO_KEYSTORE);
	secret_wipe(&m, sizeof(m));
}

static void on_key(struct calls *c, const struct media_event *e)
{
	if (e->collect == CALLCTL_COLLECT_SECRET) {
		secret_key(c, e);
		return;
	}
	calls_count_meter(c, METER_KEYS_MENU);
	c->out.type = callctl_type_menu_key;
	c->out.u.menu_key = (struct callctl_menu_key){ .call = e->call, .play = e->number, .key = (uint8_t)e->detail };
	c->ports.to_arsd(c->ports.context, &c->out);
}

static void on_timeout(struct calls *c, const struct media_event *e)
{
	struct keypad_msg m = { .type = keypad_type_key_timeout, .u.key_timeout = { e->call, e->number, (uint8_t)e->detail } };

	if (e->collect == CALLCTL_COLLECT_SECRET) {
		c->ports.to_keystored(c->ports.context, &m);
		return;
	}
	c->out.type = callctl_type_key_timeout;
	c->out.u.key_timeout = (struct callctl_key_timeout){ .call = e->call, .play = e->number, .first = (uint8_t)e->detail };
	c->ports.to_arsd(c->ports.context, &c->out);
}

/* It comes after the call's end, often when the call is gone. */
static void on_over(struct calls *c, const struct media_event *e)
{
	metrics_add(c->config.metrics, METER_KEYS_DROPPED, e->dropped);
	log_info("call_heard", "call=%" PRIu64 " keys=%u keys_dropped=%u level_dbm0=%d", e->call, e->number, e->dropped,
	         e->level_dbm0);
}

void calls_media_event(struct calls *c, size_t span, struct media_event *e)
{
	struct call *k = c->slots[span][e->slot];

	/* A play knows its call better than its slot does. */
	k = e->type == MEDIA_PLAY_ENDED ? calls_find(c, e->call) : k;
	if (k != NULL && k->number != e->call)
		k = NULL;
	if (e->type == MEDIA_PLAY_ENDED)
		play_came_back(c, k, e);
	else if (e->type == MEDIA_CALL_OVER)
		on_over(c, e);
	else if (k != NULL && call_step(c, k, CALL_SOUND)) {
		if (e->type == MEDIA_KEY)
			on_key(c, e);
		else if (e->type == MEDIA_KEY_TIMEOUT)
			on_timeout(c, e);
	}
	secret_wipe(e, sizeof(*e));
}
