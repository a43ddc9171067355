#include "trunkd/trace.h"

#include <stdlib.h>
#include <string.h>

#include "model/q931.h"

enum { DIALOGS = 64, KEEP_MS = 3600000, FCS = 2, FRAME_MIN = 3 };

/* A call on the D-channel. */
struct dialog {
	uint32_t serial;              /* 0: unused */
	uint16_t reference;
	bool by_far_end;              /* who chose the reference */
	bool dialling;                /* its number is being sent digit by digit */
	uint64_t call;
};

struct trace {
	bool on;
	struct mono until;            /* on: the end. Else: when it is wiped */
	uint32_t last_serial;
	size_t first, count;
	struct dialog dialogs[DIALOGS];
	struct trace_frame frames[TRACE_FRAMES];
};

int trace_start(struct trace **t, int minutes, struct mono now)
{
	if (minutes < 1 || minutes > TRACE_MINUTES_MAX)
		return ERR_INVALID;
	if (*t == NULL)
		*t = calloc(1, sizeof(**t));
	if (*t == NULL)
		return ERR_NOMEM;
	if (!(*t)->on)
		memset((*t)->dialogs, 0, sizeof((*t)->dialogs));    /* what came meanwhile is unknown */
	(*t)->on = true;
	(*t)->until = mono_add_ms(now, (int64_t)minutes * 60000);
	return 0;
}

void trace_stop(struct trace *t, struct mono now)
{
	if (!trace_is_on(t))
		return;
	t->on = false;
	t->until = mono_add_ms(now, KEEP_MS);
}

void trace_free(struct trace **t)
{
	if (*t != NULL)
		explicit_bzero(*t, sizeof(**t));
	free(*t);
	*t = NULL;
}

void trace_run(struct trace **t, struct mono now)
{
	if (*t == NULL || now.ns < (*t)->until.ns)
		return;
	if ((*t)->on)
		trace_stop(*t, now);
	else
		trace_free(t);
}

bool trace_is_on(const struct trace *t)
{
	return t != NULL && t->on;
}

int64_t trace_left_ms(const struct trace *t, struct mono now)
{
	int64_t left = trace_is_on(t) ? mono_diff_ms(now, t->until) : 0;

	return left > 0 ? left : 0;
}

/* ---- dialogs ---- */

static struct dialog *dialog_find(struct trace *t, uint16_t reference, bool by_far_end)
{
	for (size_t i = 0; i < DIALOGS; i++)
		if (t->dialogs[i].serial != 0 && t->dialogs[i].reference == reference && t->dialogs[i].by_far_end == by_far_end)
			return &t->dialogs[i];
	return NULL;
}

static struct dialog *dialog_new(struct trace *t, uint16_t reference, bool by_far_end)
{
	struct dialog *d = dialog_find(t, reference, by_far_end);

	for (size_t i = 0; d == NULL && i < DIALOGS; i++)
		if (t->dialogs[i].serial == 0)
			d = &t->dialogs[i];
	if (d == NULL)
		d = t->dialogs;
	for (size_t i = 0; d->serial != 0 && d->reference != reference && i < DIALOGS; i++)
		if (t->dialogs[i].serial < d->serial)
			d = &t->dialogs[i];
	*d = (struct dialog){ .serial = ++t->last_serial, .reference = reference, .by_far_end = by_far_end };
	return d;
}

/* The dialog of a message, NULL for those of no call; and how the message moves it. */
static struct dialog *dialog_step(struct trace *t, const struct q931_head *h, bool sent, bool *dialling)
{
	bool by_far_end = sent == h->to_origin;
	struct dialog *d;

	*dialling = false;
	if (!h->is_message || h->is_service || h->reference == 0)
		return NULL;
	d = h->type == Q931_SETUP ? NULL : dialog_find(t, h->reference, by_far_end);
	if (d == NULL)
		d = dialog_new(t, h->reference, by_far_end);
	/* One whose SETUP ACKNOWLEDGE was not seen counts as complete. */
	if (h->type == Q931_SETUP_ACK)
		d->dialling = d->call == 0;
	else if (h->type != Q931_INFORMATION)
		d->dialling = false;
	*dialling = d->dialling;
	return d;
}

void trace_tie(struct trace *t, int reference, uint64_t call)
{
	struct dialog *d = trace_is_on(t) ? dialog_find(t, (uint16_t)reference, true) : NULL;

	if (d == NULL)
		return;
	d->call = call;
	d->dialling = false;
	for (size_t i = 0; i < t->count; i++) {
		struct trace_frame *f = &t->frames[(t->first + i) % TRACE_FRAMES];

		if (f->dialog == d->serial)
			f->call = call;
	}
}

/* ---- frames ---- */

void trace_take(struct trace *t, bool sent, const uint8_t *octets, size_t len, struct wall at)
{
	struct trace_frame *f;
	struct q931_head h;
	struct dialog *d;
	bool dialling;

	if (!trace_is_on(t) || len < FRAME_MIN + FCS || len - FCS > TRACE_OCTETS || (octets[2] & 3) == 1)
		return;
	if (t->count == TRACE_FRAMES)
		t->first = (t->first + 1) % TRACE_FRAMES;
	else
		t->count++;
	f = &t->frames[(t->first + t->count - 1) % TRACE_FRAMES];
	q931_read_head(octets, len - FCS, &h);
	d = dialog_step(t, &h, sent, &dialling);
	explicit_bzero(f, sizeof(*f));
	f->at = at;
	f->sent = sent;
	f->call = d != NULL ? d->call : 0;
	f->dialog = d != NULL ? d->serial : 0;
	memcpy(f->octets, octets, len - FCS);
	f->len = (uint16_t)q931_scrub(f->octets, len - FCS, dialling);
	explicit_bzero(f->octets + f->len, TRACE_OCTETS - f->len);
}

size_t trace_count(const struct trace *t)
{
	return t != NULL ? t->count : 0;
}

const struct trace_frame *trace_at(const struct trace *t, size_t i)
{
	return &t->frames[(t->first + i) % TRACE_FRAMES];
}
