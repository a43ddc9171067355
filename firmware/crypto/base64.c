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
	for (size_t i = 0; i < len; i += 3) {
		uint32_t v = (uint32_t)p[i] << 16;

		if (i + 1 < len)
			v |= (uint32_t)p[i + 1] << 8;
		if (i + 2 < len)
			v |= p[i + 2];
		for (int shift = 18; shift >= 0 && at < need; shift -= 6)
			out[at++] = i + (size_t)(18 - shift) / 6 > len ? '=' : alphabet[v >> shift & 63];
	}
	out[at] = '\0';
	return (int)at;
}

static int value_of(const char alphabet[65], char c)
{
	const char *at = c == '\0' ? NULL : strchr(alphabet, c);

	return at == NULL ? -1 : (int)(at - alphabet);
}

/* text without padding */
static int decode(const char alphabet[65], const char *text, size_t len, uint8_t *out, size_t size)
{
	uint32_t bits = 0;
	int held = 0;
	size_t at = 0;

	if (len % 4 == 1 || len > INT_MAX)
		return ERR_INVALID;
	for (size_t i = 0; i < len; i++)
		if (value_of(alphabet, text[i]) < 0)
			return ERR_INVALID;
	if (len > 0 && len % 4 != 0 && value_of(alphabet, text[len - 1]) & (len % 4 == 2 ? 15 : 3))
		return ERR_INVALID;              /* bits that no octet holds */
	if (len / 4 * 3 + (len % 4 == 0 ? 0 : len % 4 - 1) > size)
		return ERR_TOO_LONG;
	for (size_t i = 0; i < len; i++) {
		bits = bits << 6 | (uint32_t)value_of(alphabet, text[i]);
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
