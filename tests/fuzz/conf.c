/* conf.c: callkey.cfg and prompt manifests, whatever is written in them. A refusal says where. */
#include "conf/conf.h"
#include "tests/fuzz/fuzz.h"

FUZZ_FORGIVES_LIBCONFIG

static void try_callkey(const char *path)
{
	struct conf_tree *tree = NULL;
	char why[CONF_WHY_SIZE] = "";

	if (conf_load_callkey(path, &tree, why) < 0) {
		FUZZ_CHECK(tree == NULL && why[0] != '\0' && memchr(why, 0, sizeof(why)) != NULL);
		return;
	}
	FUZZ_CHECK(conf_get_string(tree, "run_dir") != NULL && conf_get_int(tree, "arsd.max_live_requests") > 0);
	conf_free(&tree);
}

static void try_manifest(const char *path)
{
	struct manifest m;
	char why[CONF_WHY_SIZE] = "";

	if (manifest_load(path, &m, why) < 0) {
		FUZZ_CHECK(why[0] != '\0' && memchr(why, 0, sizeof(why)) != NULL);
		return;
	}
	for (size_t i = 0; i < m.count; i++)
		FUZZ_CHECK(m.entries[i].id != NULL && m.entries[i].text != NULL && manifest_find(&m, m.entries[i].id) != NULL);
	manifest_free(&m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t which = fuzz_octet(&data, &size);

	if (memmem(data, size, "@include", 8) != NULL)
		return 0;                                /* would read the fuzzer's own files */
	if (which & 1)
		try_manifest(fuzz_file(data, size));
	else
		try_callkey(fuzz_file(data, size));
	return 0;
}
