#include "uplinkd/http_url.h"

#include <stdio.h>
#include <string.h>

#include <curl/curl.h>

bool http_url_host(const char *url, char *host, size_t size)
{
	CURLU *u = curl_url();
	char *scheme = NULL, *name = NULL, *port = NULL, *user = NULL, *fragment = NULL;
	bool ok = u != NULL && curl_url_set(u, CURLUPART_URL, url, 0) == CURLUE_OK &&
	          curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK && strcmp(scheme, "https") == 0 &&
	          curl_url_get(u, CURLUPART_HOST, &name, 0) == CURLUE_OK && name[0] != '\0' &&
	          curl_url_get(u, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) == CURLUE_OK &&
	          curl_url_get(u, CURLUPART_USER, &user, 0) == CURLUE_NO_USER &&
	          curl_url_get(u, CURLUPART_FRAGMENT, &fragment, 0) == CURLUE_NO_FRAGMENT;

	if (ok)
		ok = (size_t)snprintf(host, size, "%s:%s", name, port) < size;
	curl_free(scheme);
	curl_free(name);
	curl_free(port);
	curl_free(user);
	curl_free(fragment);
	curl_url_cleanup(u);
	return ok;
}

bool http_url_is_https(const char *url)
{
	char host[HTTP_HOST_SIZE];

	return http_url_host(url, host, sizeof(host));
}
