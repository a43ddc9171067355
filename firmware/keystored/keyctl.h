/* keyctl.h: what custodians and officers ask of the keys, verb by verb. Knows no socket: a message in, an answer out. */
#ifndef KEYSTORED_KEYCTL_H
#define KEYSTORED_KEYCTL_H

#include "ipc/keyctl.h"
#include "keystored/strongbox.h"

struct keyctl;
/* box is borrowed. */
int keyctl_new(struct strongbox *box, struct keyctl **k) MUST_CHECK;
void keyctl_free(struct keyctl **k);

/* Answers ask. All of *out is set; out->secret must be wiped when it is sent. */
void keyctl_answer(struct keyctl *k, const struct keyctl_ask *ask, struct keyctl_answer *out);
/* Whoever was at the door is gone: a ceremony and a restoring under way end. */
void keyctl_gone(struct keyctl *k);

#endif
