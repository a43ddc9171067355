#include "uplinkd/http_retry.h"

#include <string.h>
#include <time.h>

#include "lib/attr.h"
#include "model/date.h"

static int seconds(const char *value, uint32_t *after_s)
{
	uint64_t s = 0;

	if (value[0] == '\0' || value[strspn(value, "0123456789")] != '\0')
		return ERR_INVALID;
	for (; *value != '\0' && s <= UINT32_MAX; value++)
		s = s * 10 + (uint64_t)(*value - '0');
	*after_s = s < UINT32_MAX ? (uint32_t)s : UINT32_MAX;
	return 0;
}

/* Seconds of unix time. A day that no month has is none: strptime() takes a 30th of February. */
static int instant(const char *value, int64_t *at_s)
{
	static const char *const forms[] = { "%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y" };

	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		struct tm t = { 0 };
		const char *end = strptime(value, forms[i], &t);
		int year = t.tm_year + 1900;

		if (end == NULL || *end != '\0')
			continue;
		if (year < 1970 || t.tm_mday < 1 || t.tm_mday > date_month_length(year, t.tm_mon + 1))
			return ERR_INVALID;
		*at_s = date_to_days((struct date){ year, (uint8_t)(t.tm_mon + 1), (uint8_t)t.tm_mday }) * 86400 + t.tm_hour * 3600 +
		        t.tm_min * 60 + t.tm_sec;
		return 0;
	}
	return ERR_INVALID;
}

int http_retry_after(const char *value, struct wall now, uint32_t *after_s)
{
	int64_t at_s, left_ms;

	if (seconds(value, after_s) == 0)
		return 0;
	if (instant(value, &at_s) < 0)
		return ERR_INVALID;
	left_ms = at_s * 1000 - now.ms;
	*after_s = left_ms <= 0 ? 0 : left_ms / 1000 >= UINT32_MAX ? UINT32_MAX : (uint32_t)((left_ms + 999) / 1000);
	return 0;
}
