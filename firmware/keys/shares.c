#include "keys/shares.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "crypto/aes.h"
#include "crypto/crypto.h"
#include "lib/secret.h"

/* ---- GF(2^8), without tables and without branches on what is secret ---- */

static uint8_t gf_mul(uint8_t a, uint8_t b)
{
	uint8_t product = 0;

	for (int i = 0; i < 8; i++) {
		product ^= (uint8_t)(a & -(b & 1));
		a = (uint8_t)((a << 1) ^ (0x1b & -(a >> 7)));
		b >>= 1;
	}
	return product;
}

/* a^254, which is 1/a. */
static uint8_t gf_inverse(uint8_t a)
{
	uint8_t power = a, inverse = 1;

	for (int i = 1; i < 8; i++) {
		power = gf_mul(power, power);
		inverse = gf_mul(inverse, power);
	}
	return inverse;
}

/* ---- splitting ---- */

static int split_components(const uint8_t *master, unsigned parts, struct share *out)
{
	int e = 0;

	memcpy(out[parts - 1].bytes, master, SHARE_SIZE);
	for (unsigned p = 0; e == 0 && p < parts - 1; p++) {
		e = crypto_random(out[p].bytes, SHARE_SIZE);
		for (size_t i = 0; i < SHARE_SIZE; i++)
			out[parts - 1].bytes[i] ^= out[p].bytes[i];
	}
	return e;
}

static int split_shares(const uint8_t *master, unsigned needed, unsigned parts, struct share *out)
{
	uint8_t c[KEYFILE_SHARES_MAX];
	int e = 0;

	for (size_t i = 0; e == 0 && i < SHARE_SIZE; i++) {
		c[0] = master[i];
		e = crypto_random(c + 1, needed - 1);
		for (unsigned p = 0; p < parts; p++) {
			uint8_t y = 0;

			for (unsigned k = needed; k-- > 0;)
				y = (uint8_t)(gf_mul(y, (uint8_t)(p + 1)) ^ c[k]);
			out[p].bytes[i] = y;
		}
	}
	secret_wipe(c, sizeof(c));
	return e;
}

bool shares_may(enum keyfile_scheme scheme, unsigned needed, unsigned parts)
{
	if (scheme == KEYFILE_COMPONENTS)
		return parts >= 2 && parts <= 3 && needed == parts;
	return scheme == KEYFILE_SHARES && needed >= 2 && needed <= parts && parts <= KEYFILE_SHARES_MAX;
}

int shares_split(const uint8_t master[SHARE_SIZE], enum keyfile_scheme scheme, unsigned needed, unsigned parts, struct share *out)
{
	if (!shares_may(scheme, needed, parts))
		return ERR_INVALID;
	for (unsigned p = 0; p < parts; p++)
		out[p] = (struct share){ .scheme = scheme, .number = (uint8_t)(p + 1) };
	return scheme == KEYFILE_COMPONENTS ? split_components(master, parts, out) : split_shares(master, needed, parts, out);
}

/* ---- joining ---- */

/* Lagrange's weight of part i at 0: the product of x_j / (x_j + x_i). */
static uint8_t weight(const struct share *s, unsigned count, unsigned i)
{
	uint8_t w = 1;

	for (unsigned j = 0; j < count; j++)
		if (j != i)
			w = gf_mul(w, gf_mul(s[j].number, gf_inverse((uint8_t)(s[j].number ^ s[i].number))));
	return w;
}

int shares_join(const struct share *s, unsigned count, uint8_t master[SHARE_SIZE])
{
	if (count < 2 || count > KEYFILE_SHARES_MAX)
		return ERR_INVALID;
	for (unsigned i = 0; i < count; i++)
		for (unsigned j = 0; j <= i; j++)
			if (s[i].number == 0 || s[i].scheme != s[0].scheme || (i != j && s[i].number == s[j].number))
				return ERR_INVALID;
	memset(master, 0, SHARE_SIZE);
	for (unsigned p = 0; p < count; p++) {
		uint8_t w = s[0].scheme == KEYFILE_SHARES ? weight(s, count, p) : 1;

		for (size_t i = 0; i < SHARE_SIZE; i++)
			master[i] ^= gf_mul(w, s[p].bytes[i]);
	}
	return 0;
}

/* ---- on paper ---- */

void share_print(const struct share *s, char text[SHARE_TEXT_SIZE])
{
	uint8_t kcv[KEY_KCV_SIZE] = { 0 };
	size_t len = (size_t)snprintf(text, SHARE_TEXT_SIZE, "%c%u", s->scheme == KEYFILE_COMPONENTS ? 'C' : 'S', s->number);

	for (size_t i = 0; i < SHARE_SIZE; i++)
		len += (size_t)snprintf(text + len, SHARE_TEXT_SIZE - len, "%s%02X", i % 2 == 0 ? "-" : "", s->bytes[i]);
	if (aes_kcv(s->bytes, SHARE_SIZE, kcv) == 0)
		snprintf(text + len, SHARE_TEXT_SIZE - len, "-KCV-%02X%02X%02X", kcv[0], kcv[1], kcv[2]);
}

/* Upper case, without blanks and hyphens. */
static int squeeze(const char *text, char out[SHARE_TEXT_SIZE])
{
	size_t len = 0;

	for (; *text != '\0'; text++) {
		if (strchr(" -\t\r\n", *text) != NULL)
			continue;
		if (len == SHARE_TEXT_SIZE - 1 || !isalnum((unsigned char)*text))
			return ERR_INVALID;
		out[len++] = (char)toupper((unsigned char)*text);
	}
	out[len] = '\0';
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

/* What follows the letter: the number is what stands before the last 64 digits. */
static int read_body(char *body, struct share *s, uint8_t kcv[KEY_KCV_SIZE])
{
	char *check = strstr(body, "KCV");
	uint8_t given[KEY_KCV_SIZE] = { 0 };
	size_t len, digits;

	if (check != NULL && (strlen(check) != 3 + 2 * KEY_KCV_SIZE || read_hex(check + 3, KEY_KCV_SIZE, given) < 0))
		return ERR_INVALID;
	len = check != NULL ? (size_t)(check - body) : strlen(body);
	if (len < 2 * SHARE_SIZE + 1 || len > 2 * SHARE_SIZE + 2)
		return ERR_INVALID;
	digits = len - 2 * SHARE_SIZE;
	for (size_t i = 0; i < digits; i++) {
		if (!isdigit((unsigned char)body[i]))
			return ERR_INVALID;
		s->number = (uint8_t)(s->number * 10 + (body[i] - '0'));
	}
	if (s->number < 1 || s->number > KEYFILE_SHARES_MAX || read_hex(body + digits, SHARE_SIZE, s->bytes) < 0 ||
	    aes_kcv(s->bytes, SHARE_SIZE, kcv) < 0)
		return ERR_INVALID;
	return check != NULL && memcmp(given, kcv, KEY_KCV_SIZE) != 0 ? ERR_CRYPTO : 0;
}

int share_parse(const char *text, struct share *s, uint8_t kcv[KEY_KCV_SIZE])
{
	char plain[SHARE_TEXT_SIZE];
	struct share made = { 0 };
	int e = squeeze(text, plain);

	if (e == 0 && plain[0] != 'C' && plain[0] != 'S')
		e = ERR_INVALID;
	if (e == 0) {
		made.scheme = plain[0] == 'C' ? KEYFILE_COMPONENTS : KEYFILE_SHARES;
		e = read_body(plain + 1, &made, kcv);
	}
	if (e == 0)
		*s = made;
	secret_wipe(plain, sizeof(plain));
	secret_wipe(&made, sizeof(made));
	return e;
}
