/* client.h: who is at the other end of a connection, as nginx has put it into headers of its own, which it writes over or takes out
 * when they come from outside. Pure. */
#ifndef APID_CLIENT_H
#define APID_CLIENT_H

#include "ipc/api.h"

#define CLIENT_ADDRESS_HEADER "X-Forwarded-For"
#define CLIENT_CERTIFICATE_HEADER "X-Client-Certificate"

enum { CLIENT_ADDRESS_SIZE = 46, CLIENT_CERTIFICATE_SIZE = API_CERTIFICATE_SIZE };

/* header: an IP address, or NULL. What is none is "", as if nothing was there: it opens no key that asks for it. */
void client_address(const char *header, char out[CLIENT_ADDRESS_SIZE]);
/* header: one certificate in PEM (RFC 7468), percent-escaped as in a URL, or NULL or "" for none. out: the base64 of its
 * DER, on one line; "" for none. ERR_INVALID, out being "": what is there is no such thing, or longer than out. */
int client_certificate(const char *header, char out[CLIENT_CERTIFICATE_SIZE]) MUST_CHECK;

#endif
