#include "apid/client.h"

#include <stdio.h>
#include <string.h>

#include "model/network.h"

#define BASE64 "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="
static const char begin[] = "-----BEGIN CERTIFICATE-----", end[] = "-----END CERTIFICATE-----";
enum { BEGIN_LEN = sizeof(begin) - 1, END_LEN = sizeof(end) - 1, PEM_SIZE = CLIENT_CERTIFICATE_SIZE + BEGIN_LEN + END_LEN };

void client_address(const char *header, char out[CLIENT_ADDRESS_SIZE])
{
	struct network_address a;

	out[0] = '\0';
	if (header != NULL && network_address_parse(header, &a) == 0)
		snprintf(out, CLIENT_ADDRESS_SIZE, "%s", header);
}

static int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Undoes the escapes, and leaves out line ends. The length, -1: too long, or an escape that is none. */
static int unescape(const char *from, char *out, size_t size)
{
	size_t len = 0;

	for (; *from != '\0'; from++) {
		char c = *from;

		if (c == '%') {
			int high = digit_of(from[1]), low = high >= 0 ? digit_of(from[2]) : -1;

			if (low < 0)
				return -1;
			c = (char)(high * 16 + low);
			from += 2;
		}
		if (c == '\n' || c == '\r')
			continue;
		if (len + 1 >= size || c == '\0')
			return -1;
		out[len++] = c;
	}
	out[len] = '\0';
	return (int)len;
}

int client_certificate(const char *header, char out[CLIENT_CERTIFICATE_SIZE])
{
	char pem[PEM_SIZE];
	int len;

	out[0] = '\0';
	if (header == NULL || header[0] == '\0')
		return 0;
	len = unescape(header, pem, sizeof(pem));
	if (len <= BEGIN_LEN + END_LEN || strncmp(pem, begin, BEGIN_LEN) != 0 || strcmp(pem + len - END_LEN, end) != 0)
		return ERR_INVALID;
	len -= BEGIN_LEN + END_LEN;
	pem[BEGIN_LEN + len] = '\0';
	if ((int)strspn(pem + BEGIN_LEN, BASE64) != len)
		return ERR_INVALID;
	memcpy(out, pem + BEGIN_LEN, (size_t)len + 1);
	return 0;
}
