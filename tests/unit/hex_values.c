#include "tests/unit/hex_values.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

size_t hex_read(const char *text, uint8_t *out)
{
	size_t len = strlen(text) / 2;

	for (size_t i = 0; i < len; i++)
		assert_int_equal(sscanf(text + 2 * i, "%2hhx", &out[i]), 1);
	return len;
}

void hex_expect(const void *data, size_t len, const char *want)
{
	const uint8_t *octet = data;
	char text[2 * 150 + 1];

	assert_in_range(len, 1, 150);
	for (size_t i = 0; i < len; i++)
		snprintf(text + 2 * i, 3, "%02x", octet[i]);
	assert_string_equal(text, want);
}
