#include "uplinkd/smpp_receipt.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { ESM_TYPE = 0x3c, ESM_RECEIPT = 0x04, ESM_INTERMEDIATE = 0x20, TEXT_MAX = 400 };

/* 5.2.28 and the words of appendix B. ACCEPTD: read by a customer service instead of the telephone, not delivered. */
static const struct { int state; const char *word; enum uplink_receipt_state means; } states[] = {
	{ 1, "ENROUTE", UPLINK_RECEIPT_UNDER_WAY }, { 2, "DELIVRD", UPLINK_RECEIPT_DELIVERED },
	{ 3, "EXPIRED", UPLINK_RECEIPT_UNDELIVERED }, { 4, "DELETED", UPLINK_RECEIPT_UNDELIVERED },
	{ 5, "UNDELIV", UPLINK_RECEIPT_UNDELIVERED }, { 6, "ACCEPTD", UPLINK_RECEIPT_UNDER_WAY },
	{ 7, "UNKNOWN", UPLINK_RECEIPT_UNDER_WAY }, { 8, "REJECTD", UPLINK_RECEIPT_UNDELIVERED },
};

int smpp_id_form_parse(const char *word, enum smpp_id_form *form)
{
	static const char *const words[] = {
		[SMPP_ID_AS_IS] = "as_is", [SMPP_ID_DECIMAL_TO_HEX] = "decimal", [SMPP_ID_HEX_TO_DECIMAL] = "hex",
	};

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (strcmp(words[i], word) == 0) {
			*form = (enum smpp_id_form)i;
			return 0;
		}
	return ERR_INVALID;
}

bool smpp_is_receipt(const struct smpp_delivery *d)
{
	uint8_t type = d->esm_class & ESM_TYPE;

	return type == ESM_RECEIPT || type == ESM_INTERMEDIATE;
}

void smpp_id_plain(const char *id, enum smpp_id_form form, char out[SMPP_ID_SIZE])
{
	static const char decimals[] = "0123456789", hexes[] = "0123456789abcdefABCDEF";
	const char *digits = form == SMPP_ID_HEX_TO_DECIMAL ? hexes : decimals, *from = id;
	size_t len = strlen(id), at = 0;

	if (form != SMPP_ID_AS_IS && len > 0 && strspn(id, digits) == len && strspn(id, "0") + (digits == hexes ? 16 : 19) >= len) {
		uint64_t n = strtoull(id, NULL, form == SMPP_ID_HEX_TO_DECIMAL ? 16 : 10);

		snprintf(out, SMPP_ID_SIZE, form == SMPP_ID_HEX_TO_DECIMAL ? "%" PRIu64 : "%" PRIx64, n);
		return;
	}
	if (strspn(id, hexes) == len)
		while (from[0] == '0' && from[1] != '\0')
			from++;
	for (; *from != '\0' && at + 1 < SMPP_ID_SIZE; from++)
		out[at++] = (char)tolower((unsigned char)*from);
	out[at] = '\0';
}

/* The word behind "name:"; "" if there is none. Names stand at the text's start or behind a space. */
static void word_of(const char *text, const char *name, char *out, size_t size)
{
	size_t len = strlen(name), n = 0;

	out[0] = '\0';
	for (const char *p = text; *p != '\0'; p++) {
		if ((p != text && p[-1] != ' ') || strncasecmp(p, name, len) != 0 || p[len] != ':')
			continue;
		for (p += len + 1; *p > ' ' && n + 1 < size; p++)
			out[n++] = *p;
		out[n] = '\0';
		return;
	}
}

static int state_by_word(const char *word)
{
	for (size_t i = 0; i < ARRAY_LEN(states); i++)
		if (strncasecmp(word, states[i].word, 7) == 0)
			return states[i].state;
	return -1;
}

/* What is in the text in ASCII; blanks for all else. UCS-2 has a NUL before each such character; there are centres that give the
 * coding of the message that the receipt is about, and write ASCII. */
static void plain_text(const struct smpp_delivery *d, char out[TEXT_MAX])
{
	bool wide = d->data_coding == SMPP_CODING_UCS2 && d->len > 1 && memchr(d->text, 0, d->len - 1) != NULL;
	size_t step = wide ? 2 : 1, n = 0;

	for (size_t at = 0; at + step <= d->len && n + 1 < TEXT_MAX; at += step) {
		uint8_t c = d->text[at + step - 1];

		out[n++] = c >= 0x20 && c < 0x7f && (!wide || d->text[at] == 0) ? (char)c : ' ';
	}
	out[n] = '\0';
}

int smpp_receipt_read(const struct smpp_delivery *d, enum smpp_id_form form, struct smpp_receipt *r)
{
	char text[TEXT_MAX], id[SMPP_ID_SIZE], word[16], err[16];
	int state = d->message_state;

	plain_text(d, text);
	word_of(text, "id", id, sizeof(id));
	word_of(text, "stat", word, sizeof(word));
	word_of(text, "err", err, sizeof(err));
	if (d->receipted_id[0] != '\0')
		snprintf(id, sizeof(id), "%s", d->receipted_id);
	if (state < 0)
		state = state_by_word(word);
	for (size_t i = 0; i < ARRAY_LEN(states) && id[0] != '\0'; i++)
		if (states[i].state == state) {
			smpp_id_plain(id, form, r->id);
			for (char *p = r->id; *p != '\0'; p++)
				if (*p < 0x20 || *p > 0x7e)
					*p = '?';
			r->state = states[i].means;
			snprintf(r->detail, sizeof(r->detail), "%s%s%s", states[i].word, err[0] != '\0' ? " err " : "", err);
			return 0;
		}
	return ERR_INVALID;
}
