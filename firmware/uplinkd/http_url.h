/* http_url.h: the addresses that uplinkd calls: absolute https URLs without user name or fragment. */
#ifndef UPLINKD_HTTP_URL_H
#define UPLINKD_HTTP_URL_H

#include <stdbool.h>
#include <stddef.h>

enum { HTTP_HOST_SIZE = 256 };

bool http_url_is_https(const char *url);
/* "host:port" of one; false when it is none. */
bool http_url_host(const char *url, char *host, size_t size);

#endif
