/* field.c: keys into a secret field: any key, any time-out, for any kind of field. It never holds more than it may. */
#include "keystored/field.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct field f;
	uint8_t kind = fuzz_octet(&data, &size), facts = fuzz_octet(&data, &size);
	const struct field_facts known = { .year = 2000 + facts % 64, .month = 1 + facts % 12, .owner = (enum vault_owner)(facts >> 6) };

	if (!field_is_kind(kind))
		return 0;
	field_start(&f, (enum vault_kind)kind);
	while (size > 0) {
		uint8_t octet = fuzz_octet(&data, &size);
		char key = octet < 200 ? "0123456789*#"[octet % 12] : (char)octet;
		int r = octet == 0xff ? field_timeout(&f, &known) : field_key(&f, key, &known);

		FUZZ_CHECK(f.len <= FIELD_DIGITS_MAX && strlen(f.digits) == f.len && strspn(f.digits, "0123456789") == f.len);
		if (r == VAULT_ERASED)
			FUZZ_CHECK(f.len == 0);
		if (r != 0 && r != VAULT_ERASED)
			break;
	}
	field_wipe(&f);
	FUZZ_CHECK(f.len == 0 && f.digits[0] == '\0');
	return 0;
}
