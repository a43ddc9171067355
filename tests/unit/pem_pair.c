#include "tests/unit/pem_pair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>

static FILE *create(const char *folder, const char *name, const char *ending)
{
	char path[300];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s.%s", folder, name, ending);
	f = fopen(path, "w");
	assert_non_null(f);
	return f;
}

void pem_pair_write(const char *folder, const char *name, EVP_PKEY *key)
{
	FILE *f;

	assert_non_null(key);
	f = create(folder, name, "key");
	assert_int_equal(PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL), 1);
	fclose(f);
	f = create(folder, name, "pem");
	assert_int_equal(PEM_write_PUBKEY(f, key), 1);
	fclose(f);
	EVP_PKEY_free(key);
}
