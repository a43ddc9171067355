#include "keys/tr31.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "crypto/aes.h"
#include "crypto/crypto.h"
#include "lib/secret.h"

enum { HEADER = 16, MAC = AES_BLOCK_SIZE, PAYLOAD_MAX = 256, OPTIONAL_HEAD = 4, BLOCKS_MAX = 99 };
/* X9.143 table 8, HM: the hash of an HMAC key; 21 is SHA-256. */
#define HMAC_SHA256_BLOCK "HM0621"

struct block_keys { uint8_t encryption[32], mac[32]; };
struct payload { uint8_t bytes[PAYLOAD_MAX]; size_t len; };

/* ---- keys from the key: X9.143 7.2.2.2, NIST SP 800-108 with CMAC ---- */

static int derive(const uint8_t *kbpk, size_t len, unsigned use, uint8_t *out)
{
	uint8_t data[8] = { 0, 0, (uint8_t)use, 0, 0, len == 16 ? 2 : 4, (uint8_t)(len * 8 >> 8), (uint8_t)(len * 8) };
	int e = 0;

	for (size_t made = 0; e == 0 && made < len; made += AES_BLOCK_SIZE) {
		data[0]++;
		e = aes_cmac(kbpk, len, data, sizeof(data), out + made);
	}
	return e;
}

static int derive_both(const uint8_t *kbpk, size_t len, struct block_keys *k)
{
	int e = len != 16 && len != 32 ? ERR_INVALID : derive(kbpk, len, 0, k->encryption);

	return e < 0 ? e : derive(kbpk, len, 1, k->mac);
}

/* The MAC is over the header as characters and the payload as it is before encryption; it is the encryption's IV too. */
static int block_mac(const struct block_keys *k, size_t key_len, const char *header, size_t header_len, const struct payload *p,
                     uint8_t mac[MAC])
{
	uint8_t all[HEADER + TR31_OPTIONAL_MAX + PAYLOAD_MAX];
	int e;

	memcpy(all, header, header_len);
	memcpy(all + header_len, p->bytes, p->len);
	e = aes_cmac(k->mac, key_len, all, header_len + p->len, mac);
	secret_wipe(all, sizeof(all));
	return e;
}

/* ---- header ---- */

static bool is_alnum(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z');
}

static bool header_is_good(const struct tr31_header *h)
{
	return is_alnum(h->usage[0]) && is_alnum(h->usage[1]) && is_alnum(h->algorithm) && is_alnum(h->mode) &&
	       isalnum((unsigned char)h->version[0]) && isalnum((unsigned char)h->version[1]) && strchr("ENS", h->exportability) != NULL &&
	       h->exportability != '\0';
}

static int hex_value(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : ERR_INVALID;
}

static int hex_octet(const char *text)
{
	int high = hex_value(text[0]), low = high < 0 ? high : hex_value(text[1]);

	return low < 0 ? ERR_INVALID : high * 16 + low;
}

/* Walks count optional blocks in at most len characters (X9.143 6.4.5): their length, and of that what is padding at the end. */
static int walk_optional(const char *text, size_t len, unsigned count, size_t *padding)
{
	size_t at = 0;

	*padding = 0;
	for (unsigned i = 0; i < count; i++) {
		int size = len - at < OPTIONAL_HEAD ? ERR_INVALID : hex_octet(text + at + 2);

		/* A length of 00 announces an extended one; a key needs none. */
		if (size < OPTIONAL_HEAD || (size_t)size > len - at || !is_alnum(text[at]) || !is_alnum(text[at + 1]) || *padding != 0)
			return ERR_INVALID;
		for (int c = OPTIONAL_HEAD; c < size; c++)
			if (text[at + (size_t)c] < 0x20 || text[at + (size_t)c] > 0x7e)
				return ERR_INVALID;
		if (strncmp(text + at, "PB", 2) == 0)
			*padding = (size_t)size;
		at += (size_t)size;
	}
	return (int)at;
}

static unsigned count_optional(const char *text)
{
	unsigned count = 0;
	size_t at = 0, len = strlen(text);

	while (at < len) {
		int size = len - at < OPTIONAL_HEAD ? ERR_INVALID : hex_octet(text + at + 2);

		if (size < OPTIONAL_HEAD)
			return BLOCKS_MAX + 1;
		at += (size_t)size;
		count++;
	}
	return at == len ? count : BLOCKS_MAX + 1;
}

/* The optional blocks, and a block PB that fills them to the cipher's block. out is NUL-terminated. */
static int put_optional(const struct tr31_header *h, char out[TR31_OPTIONAL_MAX], unsigned *count)
{
	size_t len = strlen(h->optional), rest = len % AES_BLOCK_SIZE, fill, ignored;

	*count = count_optional(h->optional);
	if (*count > BLOCKS_MAX - 1 || walk_optional(h->optional, len, *count, &ignored) != (int)len || ignored != 0)
		return ERR_INVALID;
	memcpy(out, h->optional, len + 1);
	if (rest == 0)
		return (int)len;
	fill = AES_BLOCK_SIZE - rest;
	if (fill < OPTIONAL_HEAD)
		fill += AES_BLOCK_SIZE;
	if (len + fill >= TR31_OPTIONAL_MAX)
		return ERR_TOO_LONG;
	snprintf(out + len, TR31_OPTIONAL_MAX - len, "PB%02X%.*s", (unsigned)fill, (int)(fill - OPTIONAL_HEAD), "00000000000000000000");
	++*count;
	return (int)(len + fill);
}

/* ---- wrapping ---- */

/* Length in bits, key, random filling up to the cipher's block; a shorter key is as long as the longest, so that its length
 * does not show (X9.143 6.5). */
static int make_payload(const uint8_t *key, size_t len, struct payload *p)
{
	size_t shown = len < 32 ? 32 : len;

	p->len = (2 + shown + AES_BLOCK_SIZE - 1) / AES_BLOCK_SIZE * AES_BLOCK_SIZE;
	if (len == 0 || p->len > PAYLOAD_MAX)
		return ERR_INVALID;
	p->bytes[0] = (uint8_t)(len * 8 >> 8);
	p->bytes[1] = (uint8_t)(len * 8);
	memcpy(p->bytes + 2, key, len);
	return crypto_random(p->bytes + 2 + len, p->len - 2 - len);
}

/* Bytes as upper-case hex, NUL-terminated. */
static void put_hex(const uint8_t *in, size_t len, char *out)
{
	for (size_t i = 0; i < len; i++)
		snprintf(out + 2 * i, 3, "%02X", in[i]);
}

static int wrap_payload(const struct block_keys *k, size_t key_len, const struct payload *p, char *block, size_t header_len)
{
	uint8_t mac[MAC], cipher[PAYLOAD_MAX];
	int e = block_mac(k, key_len, block, header_len, p, mac);

	if (e == 0)
		e = aes_cbc(k->encryption, key_len, mac, 1, p->bytes, p->len, cipher);
	if (e < 0)
		return e;
	put_hex(cipher, p->len, block + header_len);
	put_hex(mac, MAC, block + header_len + 2 * p->len);
	return 0;
}

int tr31_wrap(const uint8_t *kbpk, size_t kbpk_len, const struct tr31_header *h, const uint8_t *key, size_t len, char *block, size_t size)
{
	char optional[TR31_OPTIONAL_MAX];
	struct block_keys k;
	struct payload p;
	unsigned count;
	int optional_len = put_optional(h, optional, &count), e;
	size_t total;

	if (!header_is_good(h) || optional_len < 0)
		return ERR_INVALID;
	e = make_payload(key, len, &p);
	if (e == 0)
		e = derive_both(kbpk, kbpk_len, &k);
	total = HEADER + (size_t)optional_len + 2 * (p.len + MAC);
	if (e == 0 && total >= size)
		e = ERR_TOO_LONG;
	if (e == 0) {
		snprintf(block, size, "D%04zu%s%c%c%s%c%02u00%s", total, h->usage, h->algorithm, h->mode, h->version, h->exportability, count,
		         optional);
		e = wrap_payload(&k, kbpk_len, &p, block, HEADER + (size_t)optional_len);
	}
	secret_wipe(&k, sizeof(k));
	secret_wipe(&p, sizeof(p));
	return e < 0 ? e : (int)total;
}

/* ---- unwrapping ---- */

static int two_digits(const char *text)
{
	return text[0] >= '0' && text[0] <= '9' && text[1] >= '0' && text[1] <= '9' ? (text[0] - '0') * 10 + text[1] - '0' : ERR_INVALID;
}

/* Returns the header's length with its optional blocks. */
static int read_header(const char *block, size_t len, struct tr31_header *h)
{
	int high = two_digits(block + 1), low = two_digits(block + 3), count = two_digits(block + 12), optional;
	size_t padding, kept;

	if (block[0] != 'D' || high < 0 || low < 0 || (size_t)(high * 100 + low) != len || count < 0 || strncmp(block + 14, "00", 2) != 0)
		return ERR_INVALID;
	*h = (struct tr31_header){ .usage = { block[5], block[6] }, .algorithm = block[7], .mode = block[8], .version = { block[9], block[10] },
	                           .exportability = block[11] };
	optional = walk_optional(block + HEADER, len - HEADER - 2 * MAC, (unsigned)count, &padding);
	if (!header_is_good(h) || optional < 0 || optional % AES_BLOCK_SIZE != 0 || optional >= TR31_OPTIONAL_MAX)
		return ERR_INVALID;
	kept = (size_t)optional - padding;
	memcpy(h->optional, block + HEADER, kept);
	return HEADER + optional;
}

static int read_hex(const char *text, size_t octets, uint8_t *out)
{
	for (size_t i = 0; i < octets; i++) {
		int value = hex_octet(text + 2 * i);

		if (value < 0)
			return ERR_INVALID;
		out[i] = (uint8_t)value;
	}
	return 0;
}

static int open_payload(const struct block_keys *k, size_t key_len, const char *block, size_t header_len, const uint8_t *cipher,
                        const uint8_t mac[MAC], struct payload *p)
{
	uint8_t right[MAC];
	int e = aes_cbc(k->encryption, key_len, mac, 0, cipher, p->len, p->bytes);

	if (e == 0)
		e = block_mac(k, key_len, block, header_len, p, right);
	if (e < 0 || !secret_equal(right, mac, MAC))
		return ERR_CRYPTO;
	return 0;
}

static int take_key(const struct payload *p, uint8_t *key, size_t size)
{
	size_t bits = (size_t)p->bytes[0] << 8 | p->bytes[1];

	if (bits == 0 || bits % 8 != 0 || bits / 8 > p->len - 2)
		return ERR_CRYPTO;
	if (bits / 8 > size)
		return ERR_TOO_LONG;
	memcpy(key, p->bytes + 2, bits / 8);
	return (int)(bits / 8);
}

int tr31_unwrap(const uint8_t *kbpk, size_t kbpk_len, const char *block, struct tr31_header *h, uint8_t *key, size_t size)
{
	uint8_t cipher[PAYLOAD_MAX], mac[MAC];
	struct block_keys k;
	struct tr31_header header;
	struct payload p;
	size_t len = strnlen(block, TR31_BLOCK_MAX + 1);
	int header_len, e;

	if (len < HEADER + 2 * (AES_BLOCK_SIZE + MAC) || len > TR31_BLOCK_MAX || len % AES_BLOCK_SIZE != 0)
		return ERR_INVALID;
	header_len = read_header(block, len, &header);
	if (header_len < 0)
		return header_len;
	p.len = (len - (size_t)header_len) / 2 - MAC;
	if ((size_t)header_len + 2 * (AES_BLOCK_SIZE + MAC) > len || p.len > PAYLOAD_MAX || p.len % AES_BLOCK_SIZE != 0 ||
	    read_hex(block + header_len, p.len, cipher) < 0 || read_hex(block + len - 2 * MAC, MAC, mac) < 0)
		return ERR_INVALID;
	e = derive_both(kbpk, kbpk_len, &k);
	if (e == 0)
		e = open_payload(&k, kbpk_len, block, (size_t)header_len, cipher, mac, &p);
	if (e == 0)
		e = take_key(&p, key, size);
	if (e >= 0)
		*h = header;
	secret_wipe(&k, sizeof(k));
	secret_wipe(&p, sizeof(p));
	return e;
}

/* ---- our keys ---- */

int tr31_header_of(const struct key *k, struct tr31_header *h)
{
	const struct key_rule *r = key_rule(k->usage);
	bool hmac = k->algorithm == KEY_HMAC_SHA256;

	if (r->tr31_mode == 0)
		return ERR_DENIED;
	*h = (struct tr31_header){ .algorithm = hmac ? 'H' : 'A', .mode = r->tr31_mode, .exportability = k->exportable ? 'E' : 'N' };
	memcpy(h->usage, r->tr31_usage, sizeof(h->usage));
	snprintf(h->version, sizeof(h->version), "%02u", k->version % 100);
	snprintf(h->optional, sizeof(h->optional), "%s", hmac ? HMAC_SHA256_BLOCK : "");
	return 0;
}

int tr31_header_fits(const struct tr31_header *h, const struct key *k)
{
	const struct key_rule *r = key_rule(k->usage);
	bool hmac = k->algorithm == KEY_HMAC_SHA256;

	if (r->tr31_mode == 0 || memcmp(h->usage, r->tr31_usage, 2) != 0 || h->mode != r->tr31_mode || h->algorithm != (hmac ? 'H' : 'A') ||
	    (hmac && strcmp(h->optional, HMAC_SHA256_BLOCK) != 0) || (k->exportable && h->exportability == 'N'))
		return ERR_DENIED;
	return 0;
}
