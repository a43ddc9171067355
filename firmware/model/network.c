#include "model/network.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int network_address_from(const void *octet, size_t len, struct network_address *a)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	const uint8_t *from = octet;

	if (len != 4 && len != 16)
		return ERR_INVALID;
	if (len == 16 && memcmp(from, mapped, sizeof(mapped)) == 0) {
		from += sizeof(mapped);
		len = 4;
	}
	*a = (struct network_address){ .len = (uint8_t)len };
	memcpy(a->octet, from, len);
	return 0;
}

int network_address_parse(const char *text, struct network_address *a)
{
	uint8_t octet[16];

	if (inet_pton(AF_INET, text, octet) == 1)
		return network_address_from(octet, 4, a);
	if (inet_pton(AF_INET6, text, octet) == 1)
		return network_address_from(octet, 16, a);
	return ERR_INVALID;
}

/* Do the first bits of both agree? */
static bool same_bits(const uint8_t *a, const uint8_t *b, unsigned bits)
{
	unsigned whole = bits / 8, rest = bits % 8;

	return memcmp(a, b, whole) == 0 && (rest == 0 || (a[whole] ^ b[whole]) >> (8 - rest) == 0);
}

/* The prefix, 0 to most; -1: it is none. */
static int read_prefix(const char *text, int most)
{
	size_t len = strlen(text);
	int n = atoi(text);

	return len >= 1 && len <= 3 && strspn(text, "0123456789") == len && (text[0] != '0' || len == 1) && n <= most ? n : -1;
}

int network_parse(const char *text, struct network *n)
{
	char address[NETWORK_ADDRESS_SIZE];
	const char *slash = strchr(text, '/');
	size_t len = slash != NULL ? (size_t)(slash - text) : strlen(text);
	struct network made = { 0 };
	int prefix;

	if (len >= sizeof(address))
		return ERR_INVALID;
	memcpy(address, text, len);
	address[len] = '\0';
	if (network_address_parse(address, &made.base) < 0)
		return ERR_INVALID;
	/* The prefix of a mapped address would count from another beginning. */
	if (slash != NULL && made.base.len == 4 && strchr(address, ':') != NULL)
		return ERR_INVALID;
	prefix = slash != NULL ? read_prefix(slash + 1, made.base.len * 8) : made.base.len * 8;
	if (prefix < 0)
		return ERR_INVALID;
	made.prefix = (uint8_t)prefix;
	for (int bit = prefix; bit < made.base.len * 8; bit++)
		if (made.base.octet[bit / 8] & (0x80 >> (bit % 8)))
			return ERR_INVALID;
	*n = made;
	return 0;
}

const char *network_print(const struct network *n, char buf[NETWORK_SIZE])
{
	char address[NETWORK_ADDRESS_SIZE] = "";

	inet_ntop(n->base.len == 4 ? AF_INET : AF_INET6, n->base.octet, address, sizeof(address));
	snprintf(buf, NETWORK_SIZE, "%s/%u", address, n->prefix);
	return buf;
}

bool network_has(const struct network *n, const struct network_address *a)
{
	return n->base.len == a->len && same_bits(n->base.octet, a->octet, n->prefix);
}

static bool is_in(const struct network_address *a, const char *const *networks)
{
	struct network n;

	for (; *networks != NULL; networks++)
		if (network_parse(*networks, &n) == 0 && network_has(&n, a))
			return true;
	return false;
}

bool network_address_is_public(const struct network_address *a)
{
	static const char *const kept[] = {
		"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
		"192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
		/* Of what is given out at all: Teredo and its neighbours, documentation, 6to4, which carries an IPv4 address. */
		"2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", NULL,
	};
	/* All else of IPv6 is a machine's own (::1), a link's (fe80::/10), a site's (fc00::/7), a group's (ff00::/8), a way to IPv4
	 * (64:ff9b::/96) or not given out. */
	static const char *const given_out[] = { "2000::/3", NULL };

	return (a->len == 4 || is_in(a, given_out)) && !is_in(a, kept);
}

/* ---- https addresses ---- */

static bool is_name(const char *host, size_t len)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	size_t label = 0;

	if (len > 0 && host[len - 1] == '.')          /* of the root, RFC 1034 3.1 */
		len--;
	for (size_t i = 0; i < len; i++) {
		if (host[i] == '.' ? label == 0 : (label == 63 || memchr(letters, host[i], sizeof(letters) - 1) == NULL))
			return false;
		label = host[i] == '.' ? 0 : label + 1;
	}
	return label > 0 && len <= 253;
}

static bool is_address(const char *host, size_t len)
{
	char text[NETWORK_ADDRESS_SIZE];
	struct network_address a;

	if (len >= sizeof(text))
		return false;
	memcpy(text, host, len);
	text[len] = '\0';
	return strchr(text, ':') != NULL && network_address_parse(text, &a) == 0;
}

static bool is_port(const char *text, size_t len)
{
	long port = 0;

	for (size_t i = 0; i < len && i < 6; i++)
		port = text[i] < '0' || text[i] > '9' ? 65536 : port * 10 + (text[i] - '0');
	return len >= 1 && len <= 5 && port >= 1 && port <= 65535;
}

bool network_is_https_url(const char *url)
{
	static const char scheme[] = "https://";
	const char *host = url + strlen(scheme), *close;
	size_t len, all;

	if (strncmp(url, scheme, strlen(scheme)) != 0)
		return false;
	for (const char *p = url; *p != '\0'; p++)
		if (*p <= ' ' || *p > '~' || strchr("\"#<>\\^`{|}", *p) != NULL)
			return false;
	all = strcspn(host, "/?");
	close = host[0] == '[' ? memchr(host, ']', all) : NULL;
	len = close != NULL ? (size_t)(close - host) + 1 : strcspn(host, ":/?");
	if (len < all && (host[len] != ':' || !is_port(host + len + 1, all - len - 1)))
		return false;
	return close != NULL ? is_address(host + 1, len - 2) : is_name(host, len);
}
