#include "arsd/callers.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "crypto/crypto.h"
#include "model/network.h"

enum { HASH_HEX_SIZE = 65, DER_SIZE = (API_CERTIFICATE_SIZE - 1) / 4 * 3 };

/* ---- lists in one text, joined by commas ---- */

/* The next item of list, into item; where the one after it begins, NULL behind the last. */
static const char *next_item(const char *list, char *item, size_t size)
{
	size_t len = list != NULL ? strcspn(list, ",") : 0;

	if (len == 0 || len >= size)
		return NULL;
	memcpy(item, list, len);
	item[len] = '\0';
	return list[len] == ',' ? list + len + 1 : list + len;
}

static bool has_item(const char *list, const char *wanted)
{
	char item[HASH_HEX_SIZE];

	while ((list = next_item(list, item, sizeof(item))) != NULL)
		if (strcmp(item, wanted) == 0)
			return true;
	return false;
}

static int add_item(char *list, size_t size, const char *item)
{
	size_t len = strlen(list);

	return (size_t)snprintf(list + len, size - len, "%s%s", len > 0 ? "," : "", item) < size - len ? 0 : ERR_TOO_LONG;
}

/* ---- what an operator says ---- */

static int read_network(const char *text, char out[HASH_HEX_SIZE])
{
	char printed[NETWORK_SIZE];
	struct network n;

	if (network_parse(text, &n) < 0)
		return ERR_INVALID;
	snprintf(out, HASH_HEX_SIZE, "%s", network_print(&n, printed));
	return 0;
}

/* As openssl x509 -fingerprint -sha256 and others print it: with or without its name before it and colons in it, large or small. */
static int read_hash(const char *text, char out[HASH_HEX_SIZE])
{
	static const char name[] = "sha256 Fingerprint=";
	size_t len = 0;

	if (strncasecmp(text, name, strlen(name)) == 0)
		text += strlen(name);
	for (; *text != '\0'; text++) {
		char c = *text >= 'A' && *text <= 'F' ? (char)(*text | 0x20) : *text;

		if (c == ':' && len > 0 && len % 2 == 0)
			continue;
		if (len + 1 >= HASH_HEX_SIZE || !((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
			return ERR_INVALID;
		out[len++] = c;
	}
	out[len] = '\0';
	return len == HASH_HEX_SIZE - 1 ? 0 : ERR_INVALID;
}

static int read_list(const json_t *list, const char *member, int (*read)(const char *text, char out[HASH_HEX_SIZE]), const char *wanted,
                     char *into, size_t size, char why[CALLERS_WHY_SIZE])
{
	char item[HASH_HEX_SIZE];

	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *text = json_string_value(json_array_get(list, i));

		if (text == NULL || strlen(text) != json_string_length(json_array_get(list, i)) || read(text, item) < 0) {
			snprintf(why, CALLERS_WHY_SIZE, "%s: %.100s is no %s", member, text != NULL ? text : "what is no text", wanted);
			return ERR_INVALID;
		}
		if (!has_item(into, item) && add_item(into, size, item) < 0) {
			snprintf(why, CALLERS_WHY_SIZE, "%s: too many", member);
			return ERR_INVALID;
		}
	}
	return 0;
}

int callers_read(const json_t *argument, struct api_key_callers *c, char why[CALLERS_WHY_SIZE])
{
	struct api_key_callers made = { "", "" };
	int e = read_list(json_object_get(argument, "from"), "from", read_network,
	                  "network, as 203.0.113.0/24 or 2001:db8::/32 (no bits behind the prefix) or one address", made.networks,
	                  sizeof(made.networks), why);

	if (e == 0)
		e = read_list(json_object_get(argument, "certificates"), "certificates", read_hash,
		              "SHA-256 of a certificate: 64 hex digits (openssl x509 -fingerprint -sha256)", made.certificates,
		              sizeof(made.certificates), why);
	if (e == 0)
		*c = made;
	return e;
}

static json_t *render_list(const char *list)
{
	char item[HASH_HEX_SIZE];
	json_t *items = json_array();

	while ((list = next_item(list, item, sizeof(item))) != NULL)
		json_array_append_new(items, json_string(item));
	return items;
}

int callers_render(const struct api_key_callers *c, json_t *into)
{
	return json_object_set_new(into, "from", render_list(c->networks)) == 0 &&
	       json_object_set_new(into, "certificates", render_list(c->certificates)) == 0 ? 0 : ERR_NOMEM;
}

/* ---- who is there ---- */

static bool is_from(const char *networks, const char *address)
{
	char item[HASH_HEX_SIZE];
	struct network_address a;
	struct network n;

	if (network_address_parse(address, &a) < 0)
		return false;
	while ((networks = next_item(networks, item, sizeof(item))) != NULL)
		if (network_parse(item, &n) == 0 && network_has(&n, &a))
			return true;
	return false;
}

static bool has_shown(const char *certificates, const char *base64)
{
	uint8_t der[DER_SIZE], hash[CRYPTO_SHA256_SIZE];
	char hex[HASH_HEX_SIZE];
	int len = base64_decode(base64, strlen(base64), der, sizeof(der));

	return len > 0 && crypto_sha256(der, (size_t)len, hash) == 0 && hex_encode(hash, sizeof(hash), hex, sizeof(hex)) > 0 &&
	       has_item(certificates, hex);
}

enum callers_verdict callers_judge(const struct api_key_callers *c, const struct api_head *h)
{
	if (c->networks[0] != '\0' && !is_from(c->networks, h->client_address))
		return CALLERS_WRONG_ADDRESS;
	if (c->certificates[0] != '\0' && !has_shown(c->certificates, h->client_certificate))
		return CALLERS_WRONG_CERTIFICATE;
	return CALLERS_OK;
}
