/* template.c: an administrator's SMS template and a stranger's text in it. No text leaves the JSON string it stands in. */
#include "json/json.h"
#include "tests/fuzz/fuzz.h"
#include "uplinkd/template.h"

static void stays_in_its_place(const char *text)
{
	static char out[65536];
	const struct template_values v = { .value = { "id", "01012345678", "15881234", text, "secret" } };
	size_t quotes = 0;
	int n = template_fill("{\"t\":\"{text}\"}", TEMPLATE_JSON, &v, out, sizeof(out));

	if (n < 0)
		return;
	FUZZ_CHECK((size_t)n == strlen(out));
	for (const char *c = out; *c != '\0'; c++) {
		FUZZ_CHECK((unsigned char)*c >= 0x20);
		quotes += *c == '"';
		c += *c == '\\' && c[1] != '\0';
	}
	FUZZ_CHECK(quotes == 4 && strcmp(out + n - 2, "\"}") == 0);
	n = template_fill("{text}", TEMPLATE_PERCENT, &v, out, sizeof(out));
	FUZZ_CHECK(n < 0 || strpbrk(out, " &=#?/\"<>\r\n") == NULL);
	n = template_fill("X: {text}", TEMPLATE_HEADER, &v, out, sizeof(out));
	FUZZ_CHECK(n < 0 || strpbrk(out, "\r\n") == NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char out[4096];
	char *text = fuzz_part(&data, &size), *pattern = fuzz_part(&data, &size), why[TEMPLATE_WHY_SIZE];
	const struct template_values v = { .value = { "id", "01012345678", "15881234", text, "secret" } };
	unsigned uses = 0;

	stays_in_its_place(text);
	if (template_check(pattern, &uses, why) == 0) {
		int n = template_fill(pattern, TEMPLATE_JSON, &v, out, sizeof(out));

		FUZZ_CHECK(n < 0 || (size_t)n == strlen(out));
	}
	free(text);
	free(pattern);
	return 0;
}
