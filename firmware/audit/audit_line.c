#include "audit/audit_line.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HASH_HEX = 2 * CRYPTO_SHA256_SIZE, SIG_HEX = 2 * CRYPTO_SIGNATURE_SIZE, AT_LEN = 24, NUMBER_MAX = 19 };
static const char prev_word[] = "\",\"prev\":\"", hash_word[] = ",\"hash\":\"", sig_word[] = "\",\"sig\":\"", end_word[] = "\"}";
static const char signer_word[] = "\",\"signer\":\"", detail_word[] = ",\"detail\":\"";

/* ---- writing ---- */

static const char *plain(const char *text, size_t size, char *out)
{
	size_t len = 0;

	for (; text != NULL && text[len] != '\0' && len < size - 1; len++)
		out[len] = text[len] < ' ' || text[len] > '~' || text[len] == '"' || text[len] == '\\' ? '?' : text[len];
	out[len] = '\0';
	return out;
}

int audit_line_begin(const struct audit_link *last, struct wall at, const struct audit_record *r, const char *signer,
                     char line[AUDIT_LINE_SIZE], struct audit_link *next)
{
	char when[CLOCK_RFC3339_SIZE], what[AUDIT_WORD_SIZE], who[AUDIT_WORD_SIZE], key[AUDIT_WORD_SIZE], detail[AUDIT_DETAIL_SIZE];
	char prev[HASH_HEX + 1];
	int e = hex_encode(last->hash, sizeof(last->hash), prev, sizeof(prev)), n;

	if (e < 0)
		return e;
	n = snprintf(line, AUDIT_LINE_SIZE, "{\"n\":%" PRIu64 ",\"at\":\"%s\",\"what\":\"%s\",\"who\":\"%s\",\"key\":\"%s\",\"version\":%" PRIu32
	             "%s%s%s%s%s%s\"", last->number + 1, wall_print_rfc3339(at, when), plain(r->what, sizeof(what), what),
	             plain(r->who, sizeof(who), who), plain(r->key, sizeof(key), key), r->version, detail_word,
	             plain(r->detail, sizeof(detail), detail), signer_word, signer, prev_word, prev);
	next->number = last->number + 1;
	e = crypto_sha256(line, (size_t)n, next->hash);
	return e < 0 ? e : n;
}

int audit_line_end(char line[AUDIT_LINE_SIZE], int len, const struct audit_link *next, const uint8_t *signature)
{
	char hash[HASH_HEX + 1], sig[SIG_HEX + 1] = "";
	int e = hex_encode(next->hash, sizeof(next->hash), hash, sizeof(hash));

	if (e >= 0 && signature != NULL)
		e = hex_encode(signature, CRYPTO_SIGNATURE_SIZE, sig, sizeof(sig));
	if (e < 0)
		return e;
	return len + snprintf(line + len, AUDIT_LINE_SIZE - (size_t)len, "%s%s%s%s%s\n", hash_word, hash, sig_word, sig, end_word);
}

/* ---- reading ---- */

int audit_hex_read(const char *text, size_t octets, uint8_t *out)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < 2 * octets; i++) {
		const char *at = text[i] != '\0' ? strchr(digits, text[i]) : NULL;

		if (at == NULL)
			return ERR_INVALID;
		out[i / 2] = (uint8_t)(out[i / 2] << 4 | (at - digits));
	}
	return 0;
}

/* Takes word off the end of the text. */
static bool cut_word(const char *text, size_t *len, const char *word)
{
	size_t n = strlen(word);

	if (*len < n || memcmp(text + *len - n, word, n) != 0)
		return false;
	*len -= n;
	return true;
}

static bool cut_hex(const char *text, size_t *len, size_t octets, uint8_t *out)
{
	if (*len < 2 * octets || audit_hex_read(text + *len - 2 * octets, octets, out) < 0)
		return false;
	*len -= 2 * octets;
	return true;
}

/* From the end on: what is hashed ends at *body. */
static bool read_tail(const char *text, size_t len, struct audit_line *out, uint8_t hash[CRYPTO_SHA256_SIZE], size_t *body)
{
	if (!cut_word(text, &len, end_word))
		return false;
	out->is_signed = !cut_word(text, &len, sig_word);
	if (out->is_signed && (!cut_hex(text, &len, CRYPTO_SIGNATURE_SIZE, out->signature) || !cut_word(text, &len, sig_word)))
		return false;
	if (!cut_hex(text, &len, CRYPTO_SHA256_SIZE, hash) || !cut_word(text, &len, hash_word))
		return false;
	*body = len;
	if (!cut_word(text, &len, "\"") || !cut_hex(text, &len, CRYPTO_SHA256_SIZE, out->prev) || !cut_word(text, &len, prev_word))
		return false;
	if (out->is_signed) {
		uint8_t id[CRYPTO_SHA256_SIZE];

		if (!cut_hex(text, &len, sizeof(id), id))
			return false;
		memcpy(out->signer, text + len, HASH_HEX);
	}
	return cut_word(text, &len, signer_word);
}

/* The number, the time and the word at the beginning. */
static bool read_head(const char *text, size_t len, struct audit_line *out)
{
	static const char at_word[] = ",\"at\":\"", what_word[] = "\",\"what\":\"";
	const char *p = text, *end = text + len, *quote;
	size_t digits;

	if (len < 6 || memcmp(p, "{\"n\":", 5) != 0)
		return false;
	p += 5;
	digits = strspn(p, "0123456789");
	if (digits == 0 || digits > NUMBER_MAX)
		return false;
	out->link.number = strtoull(p, NULL, 10);
	p += digits;
	if ((size_t)(end - p) < strlen(at_word) + AT_LEN + strlen(what_word) || memcmp(p, at_word, strlen(at_word)) != 0)
		return false;
	memcpy(out->at, p + strlen(at_word), AT_LEN);
	p += strlen(at_word) + AT_LEN;
	if (memcmp(p, what_word, strlen(what_word)) != 0)
		return false;
	p += strlen(what_word);
	quote = memchr(p, '"', (size_t)(end - p));
	if (quote == NULL || quote - p >= AUDIT_WORD_SIZE)
		return false;
	memcpy(out->what, p, (size_t)(quote - p));
	return true;
}

static bool read_detail(const char *text, size_t len, struct audit_line *out)
{
	const char *from = memmem(text, len, detail_word, strlen(detail_word)), *to;

	if (from == NULL)
		return false;
	from += strlen(detail_word);
	to = memchr(from, '"', len - (size_t)(from - text));
	out->detail = from;
	out->detail_len = to != NULL ? (size_t)(to - from) : 0;
	return to != NULL;
}

int audit_line_read(const char *text, size_t len, struct audit_line *out)
{
	struct audit_line made = { .is_signed = false };
	uint8_t hash[CRYPTO_SHA256_SIZE];
	char line[AUDIT_LINE_SIZE];
	size_t body = 0;

	if (len >= sizeof(line) || memchr(text, '\0', len) != NULL)
		return ERR_INVALID;
	memcpy(line, text, len);
	line[len] = '\0';
	if (!read_tail(line, len, &made, hash, &body) || !read_head(line, body, &made) || !read_detail(text, body, &made))
		return ERR_INVALID;
	if (crypto_sha256(line, body, made.link.hash) < 0 || memcmp(hash, made.link.hash, sizeof(hash)) != 0)
		return ERR_CRYPTO;
	*out = made;
	return 0;
}
