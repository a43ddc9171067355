/* keyctl_turn.h: between the files of keyctl: a question under way. A verb answers 0, or an error with why. */
#ifndef KEYSTORED_KEYCTL_TURN_H
#define KEYSTORED_KEYCTL_TURN_H

#include "keystored/keyctl.h"

enum { VALUE_SIZE = 256 };

struct keyctl {
	struct strongbox *box;
	struct keyring *ring;                         /* of box, as custody */
	struct custody *custody;
	struct mono minute;                           /* so many records a minute */
	unsigned notes;
	/* A backup on its way out and one on its way in, in pieces. */
	char *out, *in;
	size_t out_len, in_len;
};
/* who: the officer that has proven to be it. */
struct turn { struct keyctl *k; const struct keyctl_ask *ask; struct keyctl_answer *out; const char *who; char why[KEYFILE_WHY_SIZE]; };

void keyctl_say(struct turn *t, const char *fmt, ...) PRINTF_LIKE(2, 3);
void keyctl_say_kcv(struct turn *t, const char *name, const uint8_t kcv[KEY_KCV_SIZE]);
/* The value of a NAME=VALUE line; "" without one. */
const char *keyctl_arg(const struct turn *t, const char *name, char value[VALUE_SIZE]);
/* Writes it down; an error, with why, stops the act. */
int keyctl_note(struct turn *t, const char *what, const char *fmt, ...) PRINTF_LIKE(3, 4) MUST_CHECK;

/* keyctl_officers.c */
/* Lines of the verb status: head of the log, its key, whether it fails, officers, keys that expire, gateways' keys. */
void keyctl_say_audit(struct turn *t);
int keyctl_do_officer(struct turn *t);
int keyctl_do_officers(struct turn *t);
int keyctl_do_propose(struct turn *t);
int keyctl_do_proposals(struct turn *t);
int keyctl_do_confirm(struct turn *t);
int keyctl_do_withdraw(struct turn *t);
int keyctl_do_audit_verify(struct turn *t);
int keyctl_do_audit_export(struct turn *t);
int keyctl_do_audit_read(struct turn *t);

/* keyctl_backup.c */
int keyctl_backup(struct turn *t);
int keyctl_backup_load(struct turn *t);
int keyctl_restore(struct turn *t);
void keyctl_backup_forget(struct keyctl *k);

#endif
