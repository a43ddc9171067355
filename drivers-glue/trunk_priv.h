/* trunk_priv.h: what a kind of line gives to trunk.c. Only for drivers-glue. */
#ifndef GLUE_TRUNK_PRIV_H
#define GLUE_TRUNK_PRIV_H

#include "drivers-glue/trunk.h"

struct trunk_ops {
	const char *kind;
	int (*open)(const struct trunk_config *config, struct trunk **t);
	void (*free)(struct trunk *t);
	int (*fd)(const struct trunk *t);
	bool (*revive)(struct trunk *t);
	int (*receive)(struct trunk *t, struct trunk_block *rx);
	int (*send)(struct trunk *t, const struct trunk_block *tx);
	/* May be NULL: the kind has no use for it. */
	void (*begin)(struct trunk *t, int slot);
	void (*end)(struct trunk *t, int slot);
	void (*watch)(struct trunk *t, struct trunk_status *out);
};

/* Every kind's own struct begins with this one. */
struct trunk { const struct trunk_ops *ops; };

extern const struct trunk_ops trunk_soft_ops, trunk_dahdi_ops, trunk_fxo_ops, trunk_fxs_ops;

#endif
