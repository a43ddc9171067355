#include "trunkd/line_ear.h"

#include <string.h>

#include "lib/secret.h"

enum { BLOCK = DSP_BLOCK_MAX, BLOCKS_A_SECOND = 50, LISTEN_BLOCKS = 10 * BLOCKS_A_SECOND, SILENCE_PEAK = 100, ALIGN = 64 };

struct line_ear {
	struct line_ear_config config;
	bool was_in_call;
	int listen;                              /* blocks left in which FSK is listened for */
	int silent;                              /* blocks without a sound */
	struct call_tones tones;
	_Alignas(ALIGN) unsigned char receiver[];
};

static struct caller_id_rx *receiver_of(struct line_ear *e)
{
	return (struct caller_id_rx *)(void *)e->receiver;
}

size_t line_ear_size(void)
{
	return sizeof(struct line_ear) + (caller_id_rx_size() + ALIGN - 1) / ALIGN * ALIGN;
}

void line_ear_init(struct line_ear *e, const struct line_ear_config *config)
{
	secret_wipe(e, line_ear_size());
	e->config = *config;
	caller_id_rx_setup(e->receiver, config->caller_id);
}

void line_ear_sign(struct line_ear *e, enum fxo_sign sign)
{
	if (sign != FXO_RING && sign != FXO_POLARITY)
		return;
	/* A half message from before the ring may be the last caller's: nothing is carried over. */
	caller_id_rx_setup(e->receiver, e->config.caller_id);
	e->listen = LISTEN_BLOCKS;
}

static bool hear_caller(struct line_ear *e, const int16_t *pcm, struct fxo_message *m)
{
	struct caller_id id;

	if (e->config.caller_id == CALLER_ID_NONE || (e->listen == 0 && e->config.caller_id != CALLER_ID_DTMF))
		return false;
	e->listen -= e->listen > 0;
	if (!caller_id_rx_block(receiver_of(e), pcm, BLOCK, &id))
		return false;
	*m = (struct fxo_message){ .sign = id.status == CALLER_ID_GIVEN ? FXO_CALLER : FXO_NO_CALLER };
	memcpy(m->number, id.number, sizeof(m->number));
	return true;
}

static bool is_silent(const int16_t *pcm)
{
	for (int i = 0; i < BLOCK; i++)
		if (pcm[i] > SILENCE_PEAK || pcm[i] < -SILENCE_PEAK)
			return false;
	return true;
}

static bool hear_end(struct line_ear *e, const int16_t *pcm, struct fxo_message *m)
{
	e->silent = is_silent(pcm) ? e->silent + 1 : 0;
	if (call_tones_block(&e->tones, pcm) != CALL_TONE_NONE) {
		*m = (struct fxo_message){ .sign = FXO_TONE };
		return true;
	}
	if (e->config.silence_s == 0 || e->silent < e->config.silence_s * BLOCKS_A_SECOND)
		return false;
	e->silent = 0;
	*m = (struct fxo_message){ .sign = FXO_SILENCE };
	return true;
}

static void forget_end(struct line_ear *e)
{
	call_tones_init(&e->tones, e->config.plan);
	e->silent = 0;
}

/* A call's keys go through another detector; what this one's holds is wiped with the call. */
static void call_edge(struct line_ear *e, bool in_call)
{
	e->was_in_call = in_call;
	e->listen = 0;
	forget_end(e);
	caller_id_rx_setup(e->receiver, e->config.caller_id);
}

bool line_ear_block(struct line_ear *e, enum dsp_law law, const uint8_t *rx, bool in_call, bool collecting, struct fxo_message *m)
{
	int16_t pcm[BLOCK];
	bool found = false;

	if (in_call != e->was_in_call)
		call_edge(e, in_call);
	if (!in_call && e->listen == 0 && e->config.caller_id != CALLER_ID_DTMF)
		return false;
	if (in_call && collecting) {
		forget_end(e);
		return false;
	}
	g711_decode(law, rx, pcm, BLOCK);
	found = in_call ? hear_end(e, pcm, m) : hear_caller(e, pcm, m);
	secret_wipe(pcm, sizeof(pcm));
	return found;
}
