/* chain.c: links, and a bundle out of them. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "evidence/evidence_priv.h"

enum { LINE_SIZE = 200 };

int evidence_link_make(struct evidence_link *l)
{
	char previous[EVIDENCE_HEX_SIZE], record[EVIDENCE_HEX_SIZE], line[LINE_SIZE];
	int n;

	if (hex_encode(l->previous, sizeof(l->previous), previous, sizeof(previous)) < 0 ||
	    hex_encode(l->record, sizeof(l->record), record, sizeof(record)) < 0)
		return ERR_CRYPTO;
	n = snprintf(line, sizeof(line), "callkey-chain/1 %" PRId64 " %s %s\n", l->number, previous, record);
	return crypto_sha256(line, (size_t)n, l->link);
}

json_t *evidence_hex(const uint8_t hash[CRYPTO_SHA256_SIZE])
{
	char text[EVIDENCE_HEX_SIZE];

	return hex_encode(hash, CRYPTO_SHA256_SIZE, text, sizeof(text)) < 0 ? NULL : json_string(text);
}

static json_t *show_signature(const struct evidence_link *l)
{
	char value[CRYPTO_SIGNATURE_SIZE * 2];

	if (base64url_encode(l->signature, sizeof(l->signature), value, sizeof(value)) < 0)
		return NULL;
	return json_pack("{s:s, s:s}", "key", l->key, "value", value);
}

static json_t *show_before(const struct evidence_link *l)
{
	if (l == NULL)
		return json_null();
	return json_pack("{s:o, s:o, s:o}", "previous", evidence_hex(l->previous), "record_sha256", evidence_hex(l->record), "signature",
	                 show_signature(l));
}

static json_t *show_after(const struct evidence_parts *p)
{
	json_t *list = json_array();

	for (size_t i = 0; i < p->after_count; i++)
		json_array_append_new(list, evidence_hex(p->after[i].record));
	return list;
}

static bool is_signed(const struct evidence_link *l)
{
	return l->key[0] != '\0';
}

int evidence_bundle_make(const struct evidence_parts *p, char **text)
{
	const struct evidence_link *head = p->after_count > 0 ? &p->after[p->after_count - 1] : NULL;
	json_t *bundle;
	char *made;

	if (!is_signed(p->link) || (p->before != NULL && !is_signed(p->before)) || (head != NULL && !is_signed(head))) {
		json_decref(p->keys);
		return ERR_STATE;
	}
	bundle = json_pack("{s:s, s:s, s:o, s:o, s:{s:o, s:o, s:o}}", "format", BUNDLE_FORMAT, "record", p->record, "signature",
	                   show_signature(p->link), "keys", p->keys, "chain", "before", show_before(p->before), "after", show_after(p),
	                   "head", head != NULL ? show_signature(head) : json_null());
	made = bundle != NULL ? json_dumps(bundle, BUNDLE_DUMP) : NULL;
	json_decref(bundle);
	if (made == NULL)
		return ERR_NOMEM;
	if (strlen(made) > EVIDENCE_BUNDLE_MAX) {
		free(made);
		return ERR_TOO_LONG;
	}
	*text = made;
	return 0;
}
