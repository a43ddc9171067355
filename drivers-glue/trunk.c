/* trunk.c: finds the kind of a line by its name; all else is the kind's. */
#include "drivers-glue/trunk.h"

#include <string.h>

#include "drivers-glue/trunk_priv.h"

static const struct trunk_ops *const kinds[] = { &trunk_soft_ops };

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
