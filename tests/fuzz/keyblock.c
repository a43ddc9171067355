/* keyblock.c: what comes as a TR-31 key block. Only the block that was made opens, and what is refused leaves nothing. The input
 * is a block, or (first octet odd) changes to one of ours: position, octet, position, octet... */
#include "keys/tr31.h"
#include "tests/fuzz/fuzz.h"

static const uint8_t kbpk[32] = "a key block protection key, 32 B", key[32] = "a key that is wrapped, 32 octets";
static char ours[TR31_BLOCK_MAX];
static size_t ours_len;

int LLVMFuzzerInitialize(int *argc UNUSED, char ***argv UNUSED)
{
	const struct tr31_header h = { "M7", 'H', 'G', "01", 'E', "HM0621" };
	int n = tr31_wrap(kbpk, sizeof(kbpk), &h, key, sizeof(key), ours, sizeof(ours));

	FUZZ_CHECK(n > 0);
	ours_len = (size_t)n;
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	bool change = fuzz_octet(&data, &size) & 1, same;
	char *text = change ? fuzz_text((const uint8_t *)ours, ours_len) : fuzz_text(data, size);
	uint8_t out[64], untouched[64];
	struct tr31_header h;
	int n;

	for (size_t i = 0; change && i + 2 < size; i += 3)
		text[(data[i] | data[i + 1] << 8) % ours_len] = (char)data[i + 2];
	same = strcmp(text, ours) == 0;
	memset(out, 0xa5, sizeof(out));
	memset(untouched, 0xa5, sizeof(untouched));
	n = tr31_unwrap(kbpk, sizeof(kbpk), text, &h, out, sizeof(out));
	FUZZ_CHECK(same ? n == sizeof(key) && memcmp(out, key, sizeof(key)) == 0 : n < 0 && memcmp(out, untouched, sizeof(out)) == 0);
	/* A shorter key block protection key takes another way. */
	if (!same)
		FUZZ_CHECK(tr31_unwrap(kbpk, 16, text, &h, out, sizeof(out)) < 0);
	free(text);
	return 0;
}
