/* check.c: whoever doubts a bundle. Nothing in it is believed: every hash is made again and every signature is tried. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "evidence/evidence_priv.h"

enum { KEYS_MAX = 8 };
#define HEX_DIGITS "0123456789abcdef"

struct check {
	const json_t *keys;
	const char *const *trusted;
	size_t trusted_count;
	char stranger[CRYPTO_KEY_ID_SIZE];    /* a key of a good signature that is not trusted; "": none */
	bool used[KEYS_MAX];
	char *why;
};

static int no(struct check *c, const char *fmt, ...) PRINTF_LIKE(2, 3);
static int no(struct check *c, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(c->why, EVIDENCE_WHY_SIZE, fmt, args);
	va_end(args);
	/* A member's name comes from who made the bundle, and this is for a terminal, which obeys controls. */
	for (char *p = c->why; *p != '\0'; p++)
		if (*p < 0x20 || *p > 0x7e)
			*p = '?';
	return ERR_INVALID;
}

/* ---- values ---- */

static int take_hex(struct check *c, const json_t *value, const char *what, uint8_t out[CRYPTO_SHA256_SIZE])
{
	const char *text = json_string_value(value);

	if (text == NULL || strlen(text) != 2 * CRYPTO_SHA256_SIZE || strspn(text, HEX_DIGITS) != 2 * CRYPTO_SHA256_SIZE)
		return no(c, "%s: must be 64 hexadecimal digits", what);
	for (size_t i = 0; i < CRYPTO_SHA256_SIZE; i++)
		out[i] = (uint8_t)((strchr(HEX_DIGITS, text[2 * i]) - HEX_DIGITS) << 4 | (strchr(HEX_DIGITS, text[2 * i + 1]) - HEX_DIGITS));
	return 0;
}

static int check_members(struct check *c, const json_t *o, const char *where, const struct json_field *fields, size_t count)
{
	struct json_fault fault;

	if (json_fields(o, where, fields, count, &fault) < 0)
		return no(c, "%s: %s", fault.where[0] != '\0' ? fault.where : "the bundle", fault.why);
	return 0;
}

/* ---- keys and signatures ---- */

static int check_keys(struct check *c)
{
	char id[CRYPTO_KEY_ID_SIZE];
	const char *name;
	json_t *value;

	if (json_object_size(c->keys) > KEYS_MAX)
		return no(c, "keys: at most %d", KEYS_MAX);
	json_object_foreach((json_t *)(uintptr_t)c->keys, name, value)
		if (!json_is_string(value) || sign_key_id(json_string_value(value), id) < 0 || strcmp(id, name) != 0)
			return no(c, "keys: a public key is not what its name says");
	return 0;
}

static void note_key(struct check *c, const char *id)
{
	const char *name;
	json_t *value;
	size_t i = 0;

	json_object_foreach((json_t *)(uintptr_t)c->keys, name, value) {
		c->used[i] |= strcmp(name, id) == 0;
		i++;
	}
	for (i = 0; i < c->trusted_count; i++)
		if (strcmp(c->trusted[i], id) == 0)
			return;
	if (c->stranger[0] == '\0')
		snprintf(c->stranger, sizeof(c->stranger), "%s", id);
}

/* A key that signs nothing here could be exchanged unnoticed. */
static int check_all_used(struct check *c)
{
	for (size_t i = 0; i < json_object_size(c->keys); i++)
		if (!c->used[i])
			return no(c, "keys: one has signed nothing of this bundle");
	return 0;
}

static int check_signature(struct check *c, const json_t *o, const char *where, const struct evidence_link *l)
{
	static const struct json_field fields[] = {
		{ "key", JSON_WANT_STRING, true, 64, 64, HEX_DIGITS }, { "value", JSON_WANT_STRING, true, 86, 86, "" },
	};
	uint8_t signature[CRYPTO_SIGNATURE_SIZE];
	const char *value, *id, *pem;

	if (check_members(c, o, where, fields, ARRAY_LEN(fields)) < 0)
		return ERR_INVALID;
	id = json_string_value(json_object_get(o, "key"));
	value = json_string_value(json_object_get(o, "value"));
	pem = json_string_value(json_object_get(c->keys, id));
	if (pem == NULL)
		return no(c, "%s/key: there is no such key in the bundle", where);
	if (base64url_decode(value, strlen(value), signature, sizeof(signature)) != CRYPTO_SIGNATURE_SIZE)
		return no(c, "%s/value: is no base64url of 64 bytes", where);
	if (sign_verify(pem, EVIDENCE_USAGE, l->link, signature) < 0)
		return no(c, "%s: does not fit: what was signed was changed", where);
	note_key(c, id);
	return 0;
}

/* ---- the chain ---- */

static int check_before(struct check *c, const json_t *before, const struct evidence_link *l)
{
	static const struct json_field fields[] = {
		{ "previous", JSON_WANT_STRING, true, 64, 64, HEX_DIGITS }, { "record_sha256", JSON_WANT_STRING, true, 64, 64, HEX_DIGITS },
		{ "signature", JSON_WANT_OBJECT, true, 0, 0, "" },
	};
	static const uint8_t none[CRYPTO_SHA256_SIZE];
	struct evidence_link b = { .number = l->number - 1 };

	if (json_is_null(before)) {
		if (l->number == 1 && memcmp(l->previous, none, sizeof(none)) == 0)
			return 0;
		return no(c, "/chain/before: may be null for the first record alone");
	}
	if (check_members(c, before, "/chain/before", fields, ARRAY_LEN(fields)) < 0 ||
	    take_hex(c, json_object_get(before, "previous"), "/chain/before/previous", b.previous) < 0 ||
	    take_hex(c, json_object_get(before, "record_sha256"), "/chain/before/record_sha256", b.record) < 0)
		return ERR_INVALID;
	if (l->number < 2 || evidence_link_make(&b) < 0 || memcmp(b.link, l->previous, sizeof(b.link)) != 0)
		return no(c, "/chain/before: is not the link that the record names");
	return check_signature(c, json_object_get(before, "signature"), "/chain/before/signature", &b);
}

static int check_after(struct check *c, const json_t *after, const json_t *head, const struct evidence_link *l)
{
	struct evidence_link next = *l;
	size_t count = json_array_size(after);

	if (!json_is_array(after) || count > EVIDENCE_AFTER_MAX)
		return no(c, "/chain/after: must be a list of at most %d", EVIDENCE_AFTER_MAX);
	if ((count == 0) != json_is_null(head))
		return no(c, "/chain/head: must be there when records follow, and only then");
	for (size_t i = 0; i < count; i++) {
		next.number++;
		memcpy(next.previous, next.link, sizeof(next.previous));
		if (take_hex(c, json_array_get(after, i), "/chain/after", next.record) < 0)
			return ERR_INVALID;
		if (evidence_link_make(&next) < 0)
			return no(c, "/chain/after: no hash could be made");
	}
	return count == 0 ? 0 : check_signature(c, head, "/chain/head", &next);
}

static int check_chain(struct check *c, const json_t *chain, const struct evidence_link *l)
{
	if (json_object_size(chain) != 3 || json_object_get(chain, "before") == NULL || json_object_get(chain, "head") == NULL)
		return no(c, "/chain: must have before, after and head");
	if (check_before(c, json_object_get(chain, "before"), l) < 0)
		return ERR_INVALID;
	return check_after(c, json_object_get(chain, "after"), json_object_get(chain, "head"), l);
}

/* ---- the whole ---- */

/* The record's own words: which link it is, and which was before. */
static int read_record(struct check *c, const char *text, json_t **record, struct evidence_link *l)
{
	struct json_fault fault;
	json_t *o = NULL;
	int e = 0;

	if (json_read_strict(text, strlen(text), &o, &fault) < 0)
		return no(c, "/record: %s", fault.why);
	l->number = json_integer_value(json_object_get(o, "number"));
	if (l->number < 1)
		e = no(c, "/record: has no number");
	if (e == 0)
		e = take_hex(c, json_object_get(o, "previous"), "/record: previous", l->previous);
	if (e == 0 && (crypto_sha256(text, strlen(text), l->record) < 0 || evidence_link_make(l) < 0))
		e = no(c, "/record: no hash could be made");
	if (e < 0)
		json_decref(o);
	else
		*record = o;
	return e;
}

/* As it would be written here, byte by byte. */
static bool has_the_form(const json_t *bundle, const char *text, size_t len)
{
	char *again = json_dumps(bundle, BUNDLE_DUMP);
	bool same;

	if (len > 0 && text[len - 1] == '\n')
		len--;
	same = again != NULL && strlen(again) == len && memcmp(again, text, len) == 0;
	free(again);
	return same;
}

static int check_bundle(struct check *c, const json_t *b, struct evidence_proof *proof)
{
	static const struct json_field fields[] = {
		{ "chain", JSON_WANT_OBJECT, true, 0, 0, "" }, { "format", JSON_WANT_STRING, true, 1, 64, "" },
		{ "keys", JSON_WANT_OBJECT, true, 0, 0, "" }, { "record", JSON_WANT_TEXT, true, 2, EVIDENCE_BUNDLE_MAX, "" },
		{ "signature", JSON_WANT_OBJECT, true, 0, 0, "" },
	};
	struct evidence_link l = { .number = 0 };
	json_t *record = NULL;
	int e = check_members(c, b, "", fields, ARRAY_LEN(fields));

	if (e < 0)
		return e;
	if (strcmp(json_string_value(json_object_get(b, "format")), BUNDLE_FORMAT) != 0)
		return no(c, "/format: is not " BUNDLE_FORMAT "; another release of callkey may know it");
	c->keys = json_object_get(b, "keys");
	e = check_keys(c);
	if (e == 0)
		e = read_record(c, json_string_value(json_object_get(b, "record")), &record, &l);
	if (e == 0)
		e = check_signature(c, json_object_get(b, "signature"), "/signature", &l);
	if (e == 0)
		e = check_chain(c, json_object_get(b, "chain"), &l);
	if (e == 0)
		e = check_all_used(c);
	if (e < 0) {
		json_decref(record);
		return e;
	}
	*proof = (struct evidence_proof){ .record = record, .number = l.number,
	                                  .after_count = json_array_size(json_object_get(json_object_get(b, "chain"), "after")) };
	memcpy(proof->link, l.link, sizeof(l.link));
	snprintf(proof->key, sizeof(proof->key), "%s", json_string_value(json_object_get(json_object_get(b, "signature"), "key")));
	return 0;
}

int evidence_bundle_check(const char *text, size_t len, const char *const trusted[], size_t trusted_count,
                          struct evidence_proof *proof, char why[EVIDENCE_WHY_SIZE])
{
	struct check c = { .trusted = trusted, .trusted_count = trusted_count, .why = why };
	struct json_fault fault;
	json_t *bundle = NULL;
	int e;

	if (len > EVIDENCE_BUNDLE_MAX + 1)
		return no(&c, "is larger than a bundle can be");
	if (json_read_strict(text, len, &bundle, &fault) < 0)
		return no(&c, "is no bundle: %s", fault.why);
	e = has_the_form(bundle, text, len) ? check_bundle(&c, bundle, proof) :
	                                      no(&c, "is not written as bundles are: something was changed");
	json_decref(bundle);
	if (e == 0 && c.stranger[0] != '\0') {
		snprintf(why, EVIDENCE_WHY_SIZE, "%s", c.stranger);
		e = ERR_DENIED;
	}
	return e;
}
