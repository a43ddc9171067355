/* phone_view.h: a call of the sandbox's phone as lines of text: what is heard, with its words, and what is pressed. */
#ifndef CALLKEY_PHONE_VIEW_H
#define CALLKEY_PHONE_VIEW_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "conf/conf.h"

enum { VIEW_IDS_SIZE = 512, VIEW_ID_SIZE = 96 };

struct phone_view {
	FILE *out;
	bool colour;
	const char *prompts_dir;              /* LANGUAGE/manifest.cfg below it; borrowed */
	struct manifest manifest;             /* of language, when that is not "" */
	char language[4];
	enum { VIEW_IDLE, VIEW_SPEECH, VIEW_KEYS } line;     /* what stands on the open line */
	char ids[VIEW_IDS_SIZE], last[VIEW_ID_SIZE];         /* of the sentence; the newest */
};

void phone_view_open(struct phone_view *v, FILE *out, bool colour, const char *prompts_dir);
void phone_view_close(struct phone_view *v);
void phone_view_note(struct phone_view *v, int64_t t_ms, const char *fmt, ...) PRINTF_LIKE(3, 4);
void phone_view_heard(struct phone_view *v, int64_t t_ms, const char *prompt, const char *voice);
/* keys: as pressed, or NULL: count dots. */
void phone_view_pressed(struct phone_view *v, int64_t t_ms, const char *keys, int count);
/* Whether what is pressed now belongs to nobody's eyes: after a prompt that asks for a field of the card. */
bool phone_view_is_secret(const struct phone_view *v);

#endif
