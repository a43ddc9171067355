#include "tests/unit/token_rig.h"

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

enum rig_back_end token_rig_back_end;

const char *token_rig_name(void)
{
	static const char *const names[] = { "OpenSSL", "SoftHSM2", "NSS softokn" };

	return names[token_rig_back_end];
}

struct token_pkcs11_config token_rig_config(const char *folder)
{
	static char parameters[400];
	char path[200];
	FILE *f;

	snprintf(path, sizeof(path), "%s/token", folder);
	mkdir(path, 0700);
	if (token_rig_back_end == RIG_PKCS11_SOFTOKN) {
		snprintf(parameters, sizeof(parameters), "configdir='sql:%s' certPrefix='' keyPrefix='' secmod='secmod.db' flags=noModDB "
		         "dbTokenDescription='" RIG_LABEL "'", path);
		return (struct token_pkcs11_config){ RIG_SOFTOKN, RIG_LABEL, parameters };
	}
	snprintf(path, sizeof(path), "%s/softhsm2.conf", folder);
	f = fopen(path, "w");
	assert_non_null(f);
	fprintf(f, "directories.tokendir = %s/token\nobjectstore.backend = file\nlog.level = ERROR\n", folder);
	fclose(f);
	setenv("SOFTHSM2_CONF", path, 1);
	return (struct token_pkcs11_config){ RIG_SOFTHSM, RIG_LABEL, "" };
}

struct token *token_rig_open(const char *folder)
{
	char why[TOKEN_WHY_SIZE] = "";
	struct token_pkcs11_config c;
	struct token *t = NULL;

	if (token_rig_back_end == RIG_OPENSSL) {
		assert_int_equal(token_openssl_new(&t), 0);
		return t;
	}
	c = token_rig_config(folder);
	if (token_pkcs11_new(&c, &t, why) < 0)
		fail_msg("%s: %s", token_rig_name(), why);
	return t;
}

static int remove_one(const char *path, const struct stat *st UNUSED, int kind UNUSED, struct FTW *where UNUSED)
{
	return remove(path);
}

void token_rig_remove(const char *folder)
{
	nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* SoftHSM2 loses the curve of a key pair that it makes. Its frames are seen by the slow way through the stack alone. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libsofthsm2\n";
}

const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "fast_unwind_on_malloc=0";
}
