/* keyparts.c: what people and disks bring to the keys: a custodian's part as it is typed (first octet even), and the key file
 * (odd). What is taken is printed and read again as the same. */
#include "keys/keyfile_text.h"
#include "keys/shares.h"
#include "tests/fuzz/fuzz.h"

static void try_part(const char *text)
{
	struct share s = { .number = 0 }, again;
	uint8_t kcv[KEY_KCV_SIZE], same_kcv[KEY_KCV_SIZE];
	char printed[SHARE_TEXT_SIZE];

	if (share_parse(text, &s, kcv) < 0)
		return;
	FUZZ_CHECK((s.scheme == KEYFILE_COMPONENTS || s.scheme == KEYFILE_SHARES) && s.number >= 1);
	share_print(&s, printed);
	FUZZ_CHECK(share_parse(printed, &again, same_kcv) == 0);
	FUZZ_CHECK(again.scheme == s.scheme && again.number == s.number && memcmp(again.bytes, s.bytes, SHARE_SIZE) == 0);
	FUZZ_CHECK(memcmp(kcv, same_kcv, sizeof(kcv)) == 0);
}

static void check_file(const struct keyfile *f)
{
	FUZZ_CHECK(f->count <= KEYFILE_KEYS_MAX && f->master.parts <= KEYFILE_SHARES_MAX && f->master.needed <= f->master.parts);
	for (size_t i = 0; i < f->count; i++) {
		const struct key *k = &f->entries[i].key;

		FUZZ_CHECK(key_name_is_good(k->name) && k->version > 0 && k->usage > KEY_USAGE_NONE && k->usage < KEY_USAGES);
		FUZZ_CHECK(f->entries[i].wrapped.len <= KEY_WRAPPED_MAX);
	}
}

/* As keyfile.c calls it: the caller brings the room. */
static int parse(char *text, struct keyfile *f, char why[KEYFILE_WHY_SIZE])
{
	*f = (struct keyfile){ .entries = calloc(KEYFILE_KEYS_MAX, sizeof(*f->entries)) };
	FUZZ_CHECK(f->entries != NULL);
	return keyfile_parse(text, f, why);
}

static void try_file(char *text)
{
	static char printed[KEYFILE_TEXT_MAX], copy[KEYFILE_TEXT_MAX], twice[KEYFILE_TEXT_MAX];
	struct keyfile f, again;
	char why[KEYFILE_WHY_SIZE] = "";
	int n;

	if (parse(text, &f, why) < 0) {
		FUZZ_CHECK(why[0] != '\0');
		keyfile_clear(&f);
		return;
	}
	check_file(&f);
	n = keyfile_print(&f, printed, sizeof(printed));
	FUZZ_CHECK(n > 0);
	memcpy(copy, printed, (size_t)n + 1);
	FUZZ_CHECK(parse(copy, &again, why) == 0);
	FUZZ_CHECK(keyfile_print(&again, twice, sizeof(twice)) == n && memcmp(printed, twice, (size_t)n) == 0);
	keyfile_clear(&again);
	keyfile_clear(&f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	bool file = fuzz_octet(&data, &size) & 1;
	char *text = fuzz_text(data, size);

	if (file)
		try_file(text);
	else
		try_part(text);
	free(text);
	return 0;
}
