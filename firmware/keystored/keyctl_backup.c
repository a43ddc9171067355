/* keyctl_backup.c: a backup goes out and comes in in pieces, for it is longer than a frame. Nothing in it is a secret. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "keystored/keyctl_turn.h"

enum { PIECE_MAX = 30000 };

void keyctl_backup_forget(struct keyctl *k)
{
	free(k->out);
	free(k->in);
	k->out = k->in = NULL;
	k->out_len = k->in_len = 0;
}

/* Where a piece begins: "from=N". */
static size_t from_of(const struct turn *t)
{
	char value[VALUE_SIZE];

	return (size_t)strtoull(keyctl_arg(t, "from", value), NULL, 10);
}

static int make(struct turn *t)
{
	char box[VALUE_SIZE], *text = NULL;
	int e;

	keyctl_backup_forget(t->k);
	e = keyring_backup(t->k->ring, keyctl_arg(t, "box", box), clock_wall(), &text, t->why);
	if (e < 0)
		return e;
	t->k->out = text;
	t->k->out_len = strlen(text);
	return 0;
}

/* from=0 makes it, with box=NAME; the others give the rest of the same. */
int keyctl_backup(struct turn *t)
{
	size_t from = from_of(t), left;
	int e = from == 0 ? make(t) : 0;

	if (e < 0)
		return e;
	if (t->k->out == NULL || from >= t->k->out_len) {
		snprintf(t->why, sizeof(t->why), "no backup is under way that goes on at %zu", from);
		return ERR_STATE;
	}
	left = t->k->out_len - from;
	t->out->more = left > PIECE_MAX;
	t->out->text.len = (uint32_t)(left > PIECE_MAX ? PIECE_MAX : left);
	memcpy(t->out->text.data, t->k->out + from, t->out->text.len);
	if (t->out->more == 0)
		keyctl_backup_forget(t->k);
	return 0;
}

/* After the line from=N the rest of args is the piece. */
int keyctl_backup_load(struct turn *t)
{
	const char *piece = strchr(t->ask->args, '\n');
	size_t from = from_of(t), len = piece != NULL ? strlen(piece + 1) : 0;

	if (from == 0)
		keyctl_backup_forget(t->k);
	if (from != t->k->in_len || len == 0 || len > BACKUP_TEXT_MAX - t->k->in_len) {
		snprintf(t->why, sizeof(t->why), "the backup is longer than any, or its pieces do not follow each other");
		return ERR_INVALID;
	}
	if (t->k->in == NULL)
		t->k->in = malloc(BACKUP_TEXT_MAX);
	if (t->k->in == NULL) {
		snprintf(t->why, sizeof(t->why), "no memory is free");
		return ERR_NOMEM;
	}
	memcpy(t->k->in + t->k->in_len, piece + 1, len);
	t->k->in_len += len;
	return 0;
}

/* What was loaded: now custodians' parts are awaited. */
int keyctl_restore(struct turn *t)
{
	const struct backup_head *h;
	int e = custody_restore(t->k->custody, t->k->in != NULL ? t->k->in : "", t->k->in_len, clock_mono(), t->why);

	keyctl_backup_forget(t->k);
	if (e < 0)
		return e;
	h = custody_backup(t->k->custody);
	keyctl_say(t, "box %s\ntaken %" PRId64 "\ngeneration %" PRIu64 "\nscheme %s\nparts %u\nneeded %u\n", h->box, h->taken.ms, h->generation,
	           h->master.scheme == KEYFILE_COMPONENTS ? "components" : "shares", h->master.parts, h->master.needed);
	keyctl_say_kcv(t, "kcv", h->master.kcv);
	return 0;
}
