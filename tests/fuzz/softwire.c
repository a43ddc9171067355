/* softwire.c: messages of the software trunk. What is taken is sent again as the same octets. */
#include "drivers-glue/soft_wire.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct trunk_block block;
	static uint8_t again[SOFT_WIRE_MAX];
	/* Most of a message is sound, which nothing looks at: the input is its head and its frames. */
	static uint8_t message[SOFT_WIRE_MAX];
	size_t head = size < SOFT_WIRE_HEADER ? size : SOFT_WIRE_HEADER, rest = size - head, len;
	enum trunk_line line = size > 4 && data[4] == TRUNK_T1 ? TRUNK_T1 : TRUNK_E1;
	enum trunk_law law = size > 5 && data[5] == TRUNK_ULAW ? TRUNK_ULAW : TRUNK_ALAW;

	FUZZ_CHECK(soft_wire_decode(data, size, line, law, &block) < 0 || size >= SOFT_WIRE_MIN);
	if (head < SOFT_WIRE_HEADER || rest > sizeof(message) - SOFT_WIRE_MIN)
		return 0;
	memcpy(message, data, head);
	memset(message + head, 0x55, SOFT_WIRE_MIN - SOFT_WIRE_HEADER);
	memcpy(message + SOFT_WIRE_MIN, data + head, rest);
	len = SOFT_WIRE_MIN + rest;
	if (soft_wire_decode(message, len, line, law, &block) == 0)
		FUZZ_CHECK(soft_wire_encode(&block, line, law, again) == len && memcmp(message, again, len) == 0);
	return 0;
}
