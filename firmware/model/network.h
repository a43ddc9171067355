/* network.h: IP addresses, networks and https addresses as text, and which of them are the world outside. Pure: nothing is resolved. */
#ifndef MODEL_NETWORK_H
#define MODEL_NETWORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/err.h"

enum { NETWORK_ADDRESS_SIZE = 46, NETWORK_SIZE = 50 };

/* len: 4 or 16 octets. An IPv4 address in an IPv6 one (::ffff:192.0.2.1, RFC 4291 2.5.5.2) is always kept as IPv4. */
struct network_address { uint8_t len, octet[16]; };
struct network { struct network_address base; uint8_t prefix; };

int network_address_parse(const char *text, struct network_address *a) MUST_CHECK;         /* ERR_INVALID */
/* octet: in network order, of len 4 or 16. */
int network_address_from(const void *octet, size_t len, struct network_address *a) MUST_CHECK;
/* "203.0.113.0/24", "2001:db8::/32", or one address. ERR_INVALID: none of them, or bits are set behind the prefix, which is a slip of
 * the pen more often than meant. */
int network_parse(const char *text, struct network *n) MUST_CHECK;
const char *network_print(const struct network *n, char buf[NETWORK_SIZE]);
bool network_has(const struct network *n, const struct network_address *a);
/* Can it be an address on the public Internet? False for those that the IANA special-purpose registries (RFC 6890) keep for a
 * machine, a link, a site, documentation, tests, translation or groups. */
bool network_address_is_public(const struct network_address *a);
/* Is it "https://HOST", "https://HOST:PORT" or either with a path and a query (RFC 3986)? HOST: a name, labels of 1 to 63 letters,
 * digits, - and _ with a dot between, or an address as 192.0.2.1 or [2001:db8::1]. No user, no fragment, ASCII alone. */
bool network_is_https_url(const char *url);

#endif
