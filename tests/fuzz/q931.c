/* q931.c: D-channel frames as a trace keeps and shows them. A scrubbed frame holds no element that is not on the list, and
 * scrubbing, masking and printing it again changes nothing it should not. */
#include "model/q931.h"
#include "tests/fuzz/fuzz.h"

static void must_print(const uint8_t *frame, size_t len)
{
	static char text[Q931_TEXT_SIZE];

	q931_print(frame, len, text);
	for (const char *c = text; *c; c++)
		FUZZ_CHECK(*c == '\n' || (*c >= ' ' && *c <= '~'));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	bool dialling = fuzz_octet(&data, &size) & 1;
	uint8_t *frame = (uint8_t *)fuzz_text(data, size);
	struct q931_head before, after;
	size_t kept;

	must_print(frame, size);
	q931_read_head(frame, size, &before);
	kept = q931_scrub(frame, size, dialling);
	FUZZ_CHECK(kept <= size);
	q931_read_head(frame, kept, &after);
	FUZZ_CHECK(before.is_message == after.is_message && before.type == after.type && before.reference == after.reference);
	frame = realloc(frame, kept > 0 ? kept : 1);               /* of exact size */
	FUZZ_CHECK(frame != NULL && q931_scrub(frame, kept, dialling) == kept);
	q931_mask(frame, kept);
	must_print(frame, kept);
	free(frame);
	return 0;
}
