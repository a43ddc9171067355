#include "keys/keyfile_text.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/crypto.h"
#include "lib/secret.h"

enum { WORDS_MAX = 20, HEX_SIZE = 80 };
static const char magic[] = "callkey-keys 1";

/* ---- writing ---- */

struct out { char *text; size_t size, len; };

static void put(struct out *o, const char *fmt, ...) PRINTF_LIKE(2, 3);
static void put(struct out *o, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(o->text + o->len, o->size - o->len, fmt, ap);
	va_end(ap);
	o->len = n < 0 || (size_t)n >= o->size - o->len ? o->size - 1 : o->len + (size_t)n;
}

static const char *hex(const uint8_t *data, size_t len, char out[HEX_SIZE])
{
	for (size_t i = 0; i < len; i++)
		snprintf(out + 2 * i, 3, "%02X", data[i]);
	return out;
}

static void put_wrapped(struct out *o, const struct token_wrapped *w)
{
	char text[KEY_WRAPPED_MAX * 2];

	put(o, " %s", w->len == 0 || base64url_encode(w->data, w->len, text, sizeof(text)) < 0 ? "-" : text);
	secret_wipe(text, sizeof(text));
}

static const char *scheme_word(enum keyfile_scheme s)
{
	return s == KEYFILE_COMPONENTS ? "components" : "shares";
}

static void put_master(struct out *o, const struct keyfile_master *m)
{
	char text[HEX_SIZE];

	put(o, "master scheme %s parts %u needed %u kcv %s", scheme_word(m->scheme), m->parts, m->needed, hex(m->kcv, KEY_KCV_SIZE, text));
	put(o, " salt %s check ", hex(m->salt, sizeof(m->salt), text));
	for (unsigned i = 0; i < m->parts; i++)
		put(o, "%s%s", i > 0 ? "," : "", hex(m->check[i], sizeof(m->check[i]), text));
	put(o, " unattended");
	put_wrapped(o, &m->unattended);
	put(o, "\n");
}

static void put_key(struct out *o, const struct keyfile_entry *e)
{
	const struct key *k = &e->key;
	char text[HEX_SIZE];

	put(o, "key %s %" PRIu32 " %s %s %s %s %s %" PRId64 " %" PRId64 " %" PRId64, k->name, k->version, key_rule(k->usage)->word,
	    key_algorithm_word(k->algorithm), key_state_word(k->state), k->exportable ? "exportable" : "fixed",
	    hex(k->kcv, KEY_KCV_SIZE, text), k->created.ms, k->active_from.ms, k->active_until.ms);
	put_wrapped(o, &e->wrapped);
	put(o, "%s%s\n", k->kid[0] != '\0' ? " " : "", k->kid);
}

static void put_officer(struct out *o, const struct keyfile_officer *f)
{
	char salt[HEX_SIZE], hash[HEX_SIZE];

	put(o, "officer %s %s %s\n", f->name, hex(f->salt, sizeof(f->salt), salt), hex(f->hash, sizeof(f->hash), hash));
}

int keyfile_print(const struct keyfile *f, char *text, size_t size)
{
	struct out o = { text, size, 0 };

	put(&o, "%s\ngeneration %" PRIu64 " token %s\n", magic, f->generation, f->token);
	put_master(&o, &f->master);
	for (size_t i = 0; i < f->count; i++)
		put_key(&o, &f->entries[i]);
	for (size_t i = 0; i < f->officer_count; i++)
		put_officer(&o, &f->officers[i]);
	return o.len >= size - 1 ? ERR_TOO_LONG : (int)o.len;
}

/* ---- reading ---- */

static int words_of(char *line, char *words[WORDS_MAX])
{
	int count = 0;
	char *save = NULL;

	for (char *w = strtok_r(line, " ", &save); w != NULL; w = strtok_r(NULL, " ", &save)) {
		if (count == WORDS_MAX)
			return ERR_INVALID;
		words[count++] = w;
	}
	return count;
}

static int read_number(const char *text, uint64_t most, uint64_t *value)
{
	char *end;
	uint64_t n;

	if (text[0] < '0' || text[0] > '9' || strlen(text) > 19)
		return ERR_INVALID;
	n = strtoull(text, &end, 10);
	if (*end != '\0' || n > most)
		return ERR_INVALID;
	*value = n;
	return 0;
}

static int read_hex(const char *text, size_t octets, uint8_t *out)
{
	static const char digits[] = "0123456789ABCDEF";

	for (size_t i = 0; i < 2 * octets; i++) {
		const char *at = text[i] != '\0' ? strchr(digits, text[i]) : NULL;

		if (at == NULL)
			return ERR_INVALID;
		out[i / 2] = (uint8_t)(out[i / 2] << 4 | (at - digits));
	}
	return 0;
}

static int read_wrapped(const char *text, struct token_wrapped *w)
{
	int n = strcmp(text, "-") == 0 ? 0 : base64url_decode(text, strlen(text), w->data, sizeof(w->data));

	w->len = n > 0 ? (size_t)n : 0;
	return n < 0 ? ERR_INVALID : 0;
}

static int read_wall(const char *text, struct wall *t)
{
	uint64_t ms = 0;
	int e = read_number(text, INT64_MAX, &ms);

	t->ms = (int64_t)ms;
	return e;
}

static int read_checks(char *text, struct keyfile_master *m)
{
	char *save = NULL, *part = strtok_r(text, ",", &save);

	for (unsigned i = 0; i < m->parts; i++) {
		if (part == NULL || strlen(part) != 2 * sizeof(m->check[i]) || read_hex(part, sizeof(m->check[i]), m->check[i]) < 0)
			return ERR_INVALID;
		part = strtok_r(NULL, ",", &save);
	}
	return part == NULL ? 0 : ERR_INVALID;
}

static int read_master(char **w, int count, struct keyfile_master *m)
{
	static const char *const names[] = { "master", "scheme", "parts", "needed", "kcv", "salt", "check", "unattended" };
	uint64_t parts = 0, needed = 0;

	if (count != 15 || strcmp(w[0], names[0]) != 0)
		return ERR_INVALID;
	for (size_t i = 1; i < ARRAY_LEN(names); i++)
		if (strcmp(w[2 * i - 1], names[i]) != 0)
			return ERR_INVALID;
	m->scheme = strcmp(w[2], "components") == 0 ? KEYFILE_COMPONENTS : strcmp(w[2], "shares") == 0 ? KEYFILE_SHARES : KEYFILE_NO_SCHEME;
	if (m->scheme == KEYFILE_NO_SCHEME || read_number(w[4], KEYFILE_SHARES_MAX, &parts) < 0 || read_number(w[6], parts, &needed) < 0 ||
	    needed < 1 || strlen(w[8]) != 2 * KEY_KCV_SIZE || read_hex(w[8], KEY_KCV_SIZE, m->kcv) < 0 ||
	    strlen(w[10]) != 2 * sizeof(m->salt) || read_hex(w[10], sizeof(m->salt), m->salt) < 0)
		return ERR_INVALID;
	m->parts = (uint8_t)parts;
	m->needed = (uint8_t)needed;
	return read_checks(w[12], m) < 0 ? ERR_INVALID : read_wrapped(w[14], &m->unattended);
}

static int read_key(char **w, int count, struct keyfile_entry *e)
{
	struct key *k = &e->key;
	uint64_t version = 0;

	if (count < 12 || count > 13 || strcmp(w[0], "key") != 0 || !key_name_is_good(w[1]) || read_number(w[2], UINT32_MAX, &version) < 0 || version == 0 ||
	    key_usage_parse(w[3], &k->usage) < 0 || key_algorithm_parse(w[4], &k->algorithm) < 0 || key_state_parse(w[5], &k->state) < 0 ||
	    (strcmp(w[6], "exportable") != 0 && strcmp(w[6], "fixed") != 0) || strlen(w[7]) != 2 * KEY_KCV_SIZE ||
	    read_hex(w[7], KEY_KCV_SIZE, k->kcv) < 0 || read_wall(w[8], &k->created) < 0 || read_wall(w[9], &k->active_from) < 0 ||
	    read_wall(w[10], &k->active_until) < 0 || (count == 13 && (!key_is_gateways(k->usage) || !key_kid_is_good(w[12]))))
		return ERR_INVALID;
	snprintf(k->name, sizeof(k->name), "%s", w[1]);
	k->version = (uint32_t)version;
	snprintf(k->kid, sizeof(k->kid), "%s", count == 13 ? w[12] : "");
	k->exportable = strcmp(w[6], "exportable") == 0;
	return read_wrapped(w[11], &e->wrapped);
}

static bool is_double(const struct keyfile *f, const struct key *k)
{
	for (size_t i = 0; i < f->count; i++)
		if (strcmp(f->entries[i].key.name, k->name) == 0 && f->entries[i].key.version == k->version)
			return true;
	return false;
}

static int read_officer(char **w, int count, struct keyfile *f)
{
	struct keyfile_officer *o = &f->officers[f->officer_count];

	if (count != 4 || f->officer_count == KEYFILE_OFFICERS_MAX || !key_name_is_good(w[1]) || strlen(w[1]) >= sizeof(o->name) ||
	    strlen(w[2]) != 2 * sizeof(o->salt) || read_hex(w[2], sizeof(o->salt), o->salt) < 0 || strlen(w[3]) != 2 * sizeof(o->hash) ||
	    read_hex(w[3], sizeof(o->hash), o->hash) < 0)
		return ERR_INVALID;
	for (size_t i = 0; i < f->officer_count; i++)
		if (strcmp(f->officers[i].name, w[1]) == 0)
			return ERR_INVALID;
	snprintf(o->name, sizeof(o->name), "%s", w[1]);
	f->officer_count++;
	return 0;
}

static int read_line(struct keyfile *f, int number, char *line)
{
	char *words[WORDS_MAX];
	int count;

	if (number == 1)
		return strcmp(line, magic) == 0 ? 0 : ERR_INVALID;
	count = words_of(line, words);
	if (number == 2) {
		if (count != 4 || strcmp(words[0], "generation") != 0 || read_number(words[1], INT64_MAX, &f->generation) < 0 ||
		    strcmp(words[2], "token") != 0 || strlen(words[3]) >= sizeof(f->token))
			return ERR_INVALID;
		snprintf(f->token, sizeof(f->token), "%s", words[3]);
		return 0;
	}
	if (number == 3)
		return count < 0 ? count : read_master(words, count, &f->master);
	if (count > 0 && strcmp(words[0], "officer") == 0)
		return read_officer(words, count, f);
	if (f->count == KEYFILE_KEYS_MAX || count < 0 || read_key(words, count, &f->entries[f->count]) < 0 ||
	    is_double(f, &f->entries[f->count].key))
		return ERR_INVALID;
	f->count++;
	return 0;
}

int keyfile_parse(char *text, struct keyfile *f, char why[KEYFILE_WHY_SIZE])
{
	char *save = NULL;
	int number = 0;

	for (char *line = strtok_r(text, "\n", &save); line != NULL; line = strtok_r(NULL, "\n", &save))
		if (read_line(f, ++number, line) < 0) {
			snprintf(why, KEYFILE_WHY_SIZE, "line %d is damaged; restore the file from NAME.old or from a backup", number);
			return ERR_INVALID;
		}
	if (number < 3) {
		snprintf(why, KEYFILE_WHY_SIZE, "it ends early; restore it from NAME.old or from a backup");
		return ERR_INVALID;
	}
	return 0;
}
