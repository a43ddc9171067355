/* json.c: bodies of strangers. What is taken is taken again when written by jansson. */
#include "json/json.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct json_fault fault;
	json_t *object = NULL, *again = NULL;
	char *text;

	if (json_read_strict(data, size, &object, &fault) < 0) {
		FUZZ_CHECK(memchr(fault.where, 0, sizeof(fault.where)) != NULL && memchr(fault.why, 0, sizeof(fault.why)) != NULL);
		return 0;
	}
	FUZZ_CHECK(json_is_object(object));
	text = json_dumps(object, JSON_COMPACT);
	FUZZ_CHECK(text != NULL && json_read_strict(text, strlen(text), &again, &fault) == 0 && json_equal(object, again));
	free(text);
	json_decref(object);
	json_decref(again);
	return 0;
}
