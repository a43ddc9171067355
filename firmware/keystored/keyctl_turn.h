/* keyctl_turn.h: between the files of keyctl: a question under way. A verb answers 0, or an error with why. */
#ifndef KEYSTORED_KEYCTL_TURN_H
#define KEYSTORED_KEYCTL_TURN_H

#include "keystored/keyctl.h"

enum { VALUE_SIZE = 256 };

struct keyctl {
	struct keyring *ring;
	struct custody *custody;
	/* A backup on its way out and one on its way in, in pieces. */
	char *out, *in;
	size_t out_len, in_len;
};
struct turn { struct keyctl *k; const struct keyctl_ask *ask; struct keyctl_answer *out; char why[KEYFILE_WHY_SIZE]; };

void keyctl_say(struct turn *t, const char *fmt, ...) PRINTF_LIKE(2, 3);
void keyctl_say_kcv(struct turn *t, const char *name, const uint8_t kcv[KEY_KCV_SIZE]);
/* The value of a NAME=VALUE line; "" without one. */
const char *keyctl_arg(const struct turn *t, const char *name, char value[VALUE_SIZE]);

/* keyctl_backup.c */
int keyctl_backup(struct turn *t);
int keyctl_backup_load(struct turn *t);
int keyctl_restore(struct turn *t);
void keyctl_backup_forget(struct keyctl *k);

#endif
