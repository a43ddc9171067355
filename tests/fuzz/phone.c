/* phone.c: telephone numbers of merchants and of the line. One that is taken is the same when printed and read again. */
#include "model/phone.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size), printed[PHONE_SIZE + 8], masked[PHONE_SIZE];
	struct phone p, again;

	if (phone_parse(text, &p) == 0) {
		FUZZ_CHECK(strspn(p.digits, "0123456789") == strlen(p.digits));
		FUZZ_CHECK(phone_parse(phone_print(&p, printed), &again) == 0 && phone_equal(&p, &again));
		FUZZ_CHECK(strcmp(phone_print_masked(&p, masked), p.digits) != 0);
		(void)phone_is_mobile(&p);
	}
	free(text);
	return 0;
}
