#include "trunkd/media_slot.h"

#include <math.h>
#include <string.h>

#include "lib/secret.h"

/* HABIT: how long after a field that ended by itself a '#' is still meant for that field. */
enum { BLOCK = DSP_BLOCK_MAX, DETECTOR_ALIGN = 64, HABIT_SAMPLES = 3000 * 8 };

/* One key a play alone would not keep a taken-over arsd from a card number: it could answer each key with the next menu. So
 * menus take five keys at once and then one every three seconds of the line: nobody waits so long between two digits, and
 * who chooses from menus has to hear them first. */
enum { MENU_KEY_COSTS_SAMPLES = 3 * DSP_RATE, MENU_CREDIT_MAX_SAMPLES = 5 * MENU_KEY_COSTS_SAMPLES };

struct media_slot {
	uint64_t call;
	struct play *sounding;           /* NULL: its sound is over, the rest of it still counts */
	uint32_t number, field, first_samples, inter_samples;
	uint32_t timer_samples;          /* left to run; 0: stopped */
	uint32_t menu_credit_samples;    /* what menus may still take: fills by time, a key costs */
	uint8_t slot, collect;
	uint32_t habit_samples;          /* left of HABIT_SAMPLES */
	uint32_t field_before;           /* of the play before, 0: none; its end may be told after this play has begun */
	bool loop, timer_first, timer_fresh, menu_taken, field_closed, digit_last, key_seen;
	uint16_t dropped;
	uint32_t keys;
	struct level level;
	struct player player;
	_Alignas(DETECTOR_ALIGN) unsigned char detector[];
};

static struct dtmf_rx *detector_of(struct media_slot *s)
{
	return (struct dtmf_rx *)(void *)s->detector;
}

size_t media_slot_size(void)
{
	return sizeof(struct media_slot) + (dtmf_rx_size() + DETECTOR_ALIGN - 1) / DETECTOR_ALIGN * DETECTOR_ALIGN;
}

uint64_t media_slot_call(const struct media_slot *s)
{
	return s->call;
}

/* ---- events ---- */

void media_out_flush(struct media_out *out)
{
	while (out->first != NULL) {
		struct play *p = out->first;
		struct media_event e = { .type = MEDIA_PLAY_ENDED, .call = p->call, .number = p->number, .play = p };

		out->first = p->next;            /* before it is put: from then on it is the other thread's */
		if (!ring_put(out->events, &e)) {
			out->first = p;
			return;
		}
		out->wake = true;
	}
}

static void give_back(struct play *p, enum callctl_why why, uint32_t heard_samples, struct media_out *out)
{
	p->why = (uint8_t)why;
	p->heard_samples = heard_samples;
	p->next = NULL;
	if (out->first == NULL)
		out->first = p;
	else
		out->last->next = p;
	out->last = p;
	media_out_flush(out);
}

static void put(struct media_out *out, const struct media_event *e)
{
	if (ring_put(out->events, e))
		out->wake = true;
	else
		out->lost++;
}

/* ---- the timer ---- */

/* The block that starts the timer is not yet part of its time. */
static void arm(struct media_slot *s, uint32_t samples, bool first)
{
	s->timer_samples = samples;
	s->timer_first = first;
	s->timer_fresh = true;
}

static void run_timer(struct media_slot *s, struct media_out *out)
{
	if (s->timer_samples == 0)
		return;
	if (s->timer_fresh) {
		s->timer_fresh = false;
		return;
	}
	if (s->timer_samples > BLOCK) {
		s->timer_samples -= BLOCK;
		return;
	}
	s->timer_samples = 0;
	put(out, &(struct media_event){
		.type = MEDIA_KEY_TIMEOUT, .slot = s->slot, .collect = s->collect, .detail = s->timer_first, .call = s->call,
		.number = s->collect == CALLCTL_COLLECT_SECRET ? s->field : s->number,
	});
}

/* ---- sound ---- */

static void end_sound(struct media_slot *s, enum callctl_why why, struct media_out *out)
{
	struct play *p = s->sounding;

	s->sounding = NULL;
	player_stop(&s->player);
	if (p != NULL)
		give_back(p, why, (uint32_t)s->player.played_samples, out);
}

void media_slot_play(struct media_slot *s, struct play *p, struct media_out *out)
{
	if (p->call != s->call) {
		give_back(p, CALLCTL_REPLACED, 0, out);
		return;
	}
	end_sound(s, CALLCTL_REPLACED, out);
	s->field_before = s->collect == CALLCTL_COLLECT_SECRET ? s->field : 0;
	s->key_seen = false;
	s->sounding = p;
	s->number = p->number;
	s->field = p->field;
	s->first_samples = p->first_samples;
	s->inter_samples = p->inter_samples;
	s->collect = p->collect;
	s->loop = p->loop;
	s->menu_taken = s->field_closed = false;
	s->timer_samples = 0;
	player_start(&s->player, p->items, p->count, p->loop);
}

static void sound_over(struct media_slot *s, struct media_out *out)
{
	end_sound(s, CALLCTL_FINISHED, out);
	if (s->collect != CALLCTL_COLLECT_NONE && !s->loop && !s->field_closed)
		arm(s, s->first_samples, true);
}

/* ---- keys ---- */

static bool counts(const struct media_slot *s, char key)
{
	if (key >= 'A' && key <= 'D')
		return false;
	return s->collect == CALLCTL_COLLECT_SECRET ||
	       (s->collect == CALLCTL_COLLECT_MENU && !s->menu_taken && s->menu_credit_samples >= MENU_KEY_COSTS_SAMPLES);
}

/* Many press '#' behind every number. When its last digit has ended the field already, that '#' must not silence the next
 * question, let alone answer it: in a menu it would lead back. */
static bool is_habit(struct media_slot *s, char key)
{
	bool habit = key == '#' && s->habit_samples > 0;

	s->habit_samples = 0;
	s->key_seen = true;
	s->digit_last = key >= '0' && key <= '9';
	return habit;
}

static void on_key(struct media_slot *s, char key, struct media_out *out)
{
	s->keys++;
	if (is_habit(s, key) || !counts(s, key)) {
		s->dropped++;
		return;
	}
	if (s->sounding != NULL)
		end_sound(s, CALLCTL_KEY, out);
	if (s->collect == CALLCTL_COLLECT_SECRET && !s->field_closed)
		arm(s, s->inter_samples, false);
	else
		s->timer_samples = 0;
	s->menu_taken = s->collect == CALLCTL_COLLECT_MENU;
	if (s->menu_taken)
		s->menu_credit_samples -= MENU_KEY_COSTS_SAMPLES;

	struct media_event e = {
		.type = MEDIA_KEY, .slot = s->slot, .collect = s->collect, .detail = key, .call = s->call,
		.number = s->collect == CALLCTL_COLLECT_SECRET ? s->field : s->number,
	};

	put(out, &e);
	secret_wipe(&e, sizeof(e));
}

void media_slot_close_field(struct media_slot *s, uint64_t call, uint32_t field)
{
	bool open = s->collect == CALLCTL_COLLECT_SECRET && s->field == field;
	bool before = field != 0 && field == s->field_before && !s->key_seen;

	if (s->call != call || (!open && !before))
		return;
	if (open) {
		s->field_closed = true;
		s->timer_samples = 0;
	}
	if (s->digit_last)
		s->habit_samples = HABIT_SAMPLES;
}

bool media_slot_in_field(const struct media_slot *s)
{
	return s->call != 0 && s->collect == CALLCTL_COLLECT_SECRET && !s->field_closed;
}

void media_slot_block(struct media_slot *s, enum dsp_law law, const uint8_t *rx, uint8_t *tx, struct media_out *out)
{
	int16_t pcm[BLOCK];
	char keys[4];
	int found;

	s->habit_samples -= s->habit_samples < BLOCK ? s->habit_samples : BLOCK;
	if (s->menu_credit_samples < MENU_CREDIT_MAX_SAMPLES)
		s->menu_credit_samples += BLOCK;
	g711_decode(law, rx, pcm, BLOCK);
	level_add(&s->level, pcm, BLOCK);
	found = dtmf_rx_block(detector_of(s), pcm, BLOCK, keys);
	for (int i = 0; i < found; i++)
		on_key(s, keys[i], out);
	if (found > 0)
		secret_wipe(keys, sizeof(keys));
	if (player_block(&s->player, law, tx, BLOCK))
		sound_over(s, out);
	run_timer(s, out);
}

/* ---- a call's beginning and end ---- */

void media_slot_init(struct media_slot *s, uint8_t number)
{
	secret_wipe(s, media_slot_size());
	s->slot = number;
}

void media_slot_start(struct media_slot *s, uint64_t call, struct media_out *out)
{
	if (s->call != 0)
		media_slot_stop(s, out);
	s->call = call;
	s->menu_credit_samples = MENU_CREDIT_MAX_SAMPLES;
	dtmf_rx_setup(s->detector);
}

void media_slot_stop(struct media_slot *s, struct media_out *out)
{
	if (s->call == 0)
		return;
	end_sound(s, CALLCTL_REPLACED, out);
	put(out, &(struct media_event){
		.type = MEDIA_CALL_OVER, .slot = s->slot, .call = s->call, .number = s->keys, .dropped = s->dropped,
		.level_dbm0 = (int16_t)lrint(level_dbm0(&s->level)),
	});
	media_slot_init(s, s->slot);
}
