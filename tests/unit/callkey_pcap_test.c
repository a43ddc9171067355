/* callkey_pcap_test.c: a trace as a file, octet by octet as pcap-savefile(5) and LINKTYPE_LINUX_LAPD have it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "callkey/pcap.h"

static int write_pcap(const char *answer, char **data, size_t *len)
{
	struct json_fault fault;
	json_t *o;
	FILE *f = open_memstream(data, len);
	int e;

	assert_non_null(f);
	assert_int_equal(json_read_strict(answer, strlen(answer), &o, &fault), 0);
	e = pcap_write(f, o);
	fclose(f);
	json_decref(o);
	return e;
}

static void each_frame_has_its_time_and_its_sender(void **state UNUSED)
{
	static const uint8_t want[] = {
		0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 177, 0, 0, 0,
		0x00, 0xf1, 0x53, 0x65, 0x78, 0xe0, 0x01, 0, 19, 0, 0, 0, 19, 0, 0, 0,               /* 1700000000 s, 123000 us */
		0, 4, 0x20, 0xfd, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0x30, 0x00, 0x01, 0x7f,
		0x01, 0xf1, 0x53, 0x65, 0, 0, 0, 0, 19, 0, 0, 0, 19, 0, 0, 0,
		0, 0, 0x20, 0xfd, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0x30, 0x00, 0x01, 0x73,
	};
	char *data;
	size_t len;

	assert_int_equal(write_pcap("{\"network_side\":true,\"frames\":["
	                            "{\"at\":\"2023-11-14T22:13:20.123Z\",\"sent\":true,\"octets\":\"00017f\"},"
	                            "{\"at\":\"2023-11-14T22:13:21.000Z\",\"sent\":false,\"octets\":\"000173\"}]}", &data, &len), 0);
	assert_int_equal(len, sizeof(want));
	assert_memory_equal(data, want, sizeof(want));
	free(data);
}

static void what_is_no_trace_is_refused(void **state UNUSED)
{
	static const char *const answers[] = {
		"{}", "{\"frames\":{}}", "{\"frames\":[1]}", "{\"frames\":[{\"at\":\"2023-11-14T22:13:20.123Z\"}]}",
		"{\"frames\":[{\"at\":\"yesterday\",\"octets\":\"00\"}]}", "{\"frames\":[{\"at\":\"2023-11-14T22:13:20.123Z\",\"octets\":\"0\"}]}",
		"{\"frames\":[{\"at\":\"2023-11-14T22:13:20.123Z\",\"octets\":\"0g\"}]}",
	};
	char *data, octets[2000], answer[2100];
	size_t len;

	for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
		assert_int_equal(write_pcap(answers[i], &data, &len), ERR_INVALID);
		free(data);
	}
	memset(octets, '0', sizeof(octets));
	octets[602] = '\0';
	snprintf(answer, sizeof(answer), "{\"frames\":[{\"at\":\"2023-11-14T22:13:20.123Z\",\"octets\":\"%s\"}]}", octets);
	assert_int_equal(write_pcap(answer, &data, &len), ERR_INVALID);
	free(data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_frame_has_its_time_and_its_sender),
		cmocka_unit_test(what_is_no_trace_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
