/* base64.c: the two alphabets of RFC 4648 and hex. Decoding is strict: one text for each value (3.5), so that a changed
 * character never goes unnoticed. */
#include <limits.h>
#include <stdbool.h>
#include <string.h>

#include "crypto/crypto.h"

static const char standard[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char url_safe[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static int encode(const char alphabet[65], bool padded, const uint8_t *p, size_t len, char *out, size_t size)
{
	size_t full, need, at = 0;

	if (len > INT_MAX / 2)
		return ERR_TOO_LONG;
	full = len / 3 * 4;
	need = full + (len % 3 == 0 ? 0 : padded ? 4 : len % 3 + 1);
	if (need + 1 > size)
		return ERR_TOO_LONG;
	for (; len >= 3; p += 3, len -= 3) {
		uint32_t v = (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];

		for (int shift = 18; shift >= 0; shift -= 6)
			out[at++] = alphabet[v >> shift & 63];
	}
	if (len > 0) {
		uint32_t v = (uint32_t)p[0] << 16 | (len > 1 ? (uint32_t)p[1] << 8 : 0);

		out[at++] = alphabet[v >> 18];
		out[at++] = alphabet[v >> 12 & 63];
		if (len > 1)
			out[at++] = alphabet[v >> 6 & 63];
		while (at < need)
			out[at++] = '=';
	}
	out[at] = '\0';
	return (int)at;
}

/* By ranges, not by search: a value of the store has thousands of characters. */
static int value_of(const char alphabet[65], char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == alphabet[62] ? 62 : c == alphabet[63] ? 63 : -1;
}

/* text without padding */
static int decode(const char alphabet[65], const char *text, size_t len, uint8_t *out, size_t size)
{
	uint32_t bits = 0;
	int held = 0;
	size_t at = 0;

	if (len % 4 == 1 || len > INT_MAX)
		return ERR_INVALID;
	if (len > 0 && len % 4 != 0 && value_of(alphabet, text[len - 1]) & (len % 4 == 2 ? 15 : 3))
		return ERR_INVALID;              /* bits that no octet holds */
	if (len / 4 * 3 + (len % 4 == 0 ? 0 : len % 4 - 1) > size)
		return ERR_TOO_LONG;
	for (size_t i = 0; i < len; i++) {
		int value = value_of(alphabet, text[i]);

		if (value < 0)
			return ERR_INVALID;
		bits = bits << 6 | (uint32_t)value;
		held += 6;
		if (held >= 8) {
			held -= 8;
			out[at++] = (uint8_t)(bits >> held);
		}
	}
	return (int)at;
}

int base64_encode(const void *data, size_t len, char *out, size_t size)
{
	return encode(standard, true, data, len, out, size);
}

int base64_decode(const char *text, size_t len, uint8_t *out, size_t size)
{
	size_t padding = 0;

	if (len % 4 != 0)
		return ERR_INVALID;
	while (padding < 2 && padding < len && text[len - 1 - padding] == '=')
		padding++;
	return decode(standard, text, len - padding, out, size);
}

int base64url_encode(const void *data, size_t len, char *out, size_t size)
{
	return encode(url_safe, false, data, len, out, size);
}

int base64url_decode(const char *text, size_t len, uint8_t *out, size_t size)
{
	return decode(url_safe, text, len, out, size);
}

int hex_encode(const void *data, size_t len, char *out, size_t size)
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *p = data;

	if (len > INT_MAX / 2 || 2 * len + 1 > size)
		return ERR_TOO_LONG;
	for (size_t i = 0; i < len; i++) {
		out[2 * i] = digits[p[i] >> 4];
		out[2 * i + 1] = digits[p[i] & 15];
	}
	out[2 * len] = '\0';
	return (int)(2 * len);
}
