#include "model/money.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define AMOUNT_MAX INT64_C(1000000000000)

int money_make(int64_t amount_minor, const char *currency, struct money *m)
{
	if (amount_minor < 1 || amount_minor > AMOUNT_MAX || (strcmp(currency, "KRW") != 0 && strcmp(currency, "USD") != 0))
		return ERR_INVALID;
	memset(m, 0, sizeof(*m));
	m->amount_minor = amount_minor;
	memcpy(m->currency, currency, 3);
	return 0;
}

/* Thousands in groups: 1234567 -> "1,234,567". n is not negative. */
static void print_grouped(int64_t n, char *buf, size_t size)
{
	char digits[24];
	int len = snprintf(digits, sizeof(digits), "%" PRId64, n);
	size_t out = 0;

	for (int i = 0; i < len && out + 2 < size; i++) {
		if (i > 0 && (len - i) % 3 == 0)
			buf[out++] = ',';
		buf[out++] = digits[i];
	}
	buf[out] = '\0';
}

const char *money_print(const struct money *m, const char *language, char buf[MONEY_SIZE])
{
	int64_t amount = m->amount_minor < 0 ? 0 : m->amount_minor;
	bool won = strcmp(m->currency, "KRW") == 0;
	char grouped[32];

	print_grouped(won ? amount : amount / 100, grouped, sizeof(grouped));
	if (!won)
		snprintf(buf, MONEY_SIZE, "%.3s %s.%02d", m->currency, grouped, (int)(amount % 100));
	else if (strcmp(language, "ko") == 0)
		snprintf(buf, MONEY_SIZE, "%s원", grouped);
	else
		snprintf(buf, MONEY_SIZE, "KRW %s", grouped);
	return buf;
}
