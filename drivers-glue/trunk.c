/* trunk.c: finds the kind of a line by its name; all else is the kind's. */
#include "drivers-glue/trunk.h"

#include <string.h>

#include "drivers-glue/trunk_priv.h"

static const struct trunk_ops *const kinds[] = { &trunk_soft_ops, &trunk_dahdi_ops, &trunk_fxo_ops, &trunk_fxs_ops };

int trunk_open(const struct trunk_config *config, struct trunk **t)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (strcmp(config->kind, kinds[i]->kind) == 0)
			return kinds[i]->open(config, t);
	return ERR_NOT_FOUND;
}

void trunk_free(struct trunk **t)
{
	if (*t == NULL)
		return;
	(*t)->ops->free(*t);
	*t = NULL;
}

int trunk_fd(const struct trunk *t) { return t->ops->fd(t); }
bool trunk_revive(struct trunk *t) { return t->ops->revive(t); }
int trunk_receive(struct trunk *t, struct trunk_block *rx) { return t->ops->receive(t, rx); }
int trunk_send(struct trunk *t, const struct trunk_block *tx) { return t->ops->send(t, tx); }

void trunk_begin(struct trunk *t, int slot)
{
	if (t->ops->begin != NULL)
		t->ops->begin(t, slot);
}

void trunk_end(struct trunk *t, int slot)
{
	if (t->ops->end != NULL)
		t->ops->end(t, slot);
}

void trunk_watch(struct trunk *t, struct trunk_status *out)
{
	*out = (struct trunk_status){ 0 };
	if (t->ops->watch != NULL)
		t->ops->watch(t, out);
}

const char *trunk_fault_word(enum trunk_fault f)
{
	static const char *const words[TRUNK_FAULTS] = {
		[TRUNK_FAULT_NONE] = "none", [TRUNK_FAULT_NO_DRIVER] = "no driver", [TRUNK_FAULT_NO_ACCESS] = "no access",
		[TRUNK_FAULT_NO_SPAN] = "no such span", [TRUNK_FAULT_LINE] = "other kind of line",
		[TRUNK_FAULT_UNCONFIGURED] = "not configured", [TRUNK_FAULT_BEARER] = "not a B-channel",
		[TRUNK_FAULT_DCHANNEL] = "not a D-channel", [TRUNK_FAULT_SIGNALLING] = "other signalling",
		[TRUNK_FAULT_BUSY] = "in use", [TRUNK_FAULT_REFUSED] = "driver refuses",
	};

	return f < TRUNK_FAULTS ? words[f] : "none";
}
