/* ipc_test.c: frames survive the way there and back; broken frames are refused; a cork holds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "ipc/callctl.h"
#include "ipc/uplink.h"
#include "tests/unit/scratch.h"

static int sample(uint8_t *frame, size_t size)
{
	struct callctl_msg m = { .type = callctl_type_call_offered };

	m.u.call_offered.call = UINT64_C(0x0102030405060708);
	m.u.call_offered.span = 3;
	snprintf(m.u.call_offered.caller, sizeof(m.u.call_offered.caller), "01012345678");
	return callctl_encode(&m, frame, size);
}

static void round_trip(void **state UNUSED)
{
	uint8_t frame[IPC_FRAME_MAX];
	int n = sample(frame, sizeof(frame));
	struct callctl_msg m;

	assert_true(n > 0);
	assert_int_equal(callctl_decode(&m, frame, (size_t)n), 0);
	assert_int_equal(m.type, callctl_type_call_offered);
	assert_true(m.u.call_offered.call == UINT64_C(0x0102030405060708));
	assert_string_equal(m.u.call_offered.caller, "01012345678");
	assert_string_equal(m.u.call_offered.called, "");
	assert_string_equal(callctl_type_name(m.type), "call_offered");
}

static void every_wrong_length_is_refused(void **state UNUSED)
{
	uint8_t frame[IPC_FRAME_MAX];
	int n = sample(frame, sizeof(frame));
	struct callctl_msg m;

	for (int len = 0; len < n; len++)
		assert_int_equal(callctl_decode(&m, frame, (size_t)len), ERR_INVALID);
	assert_int_equal(callctl_decode(&m, frame, (size_t)n + 1), ERR_INVALID);
	frame[0] = 0xee;
	assert_int_equal(callctl_decode(&m, frame, (size_t)n), ERR_INVALID);
	for (int len = 0; len < n; len++)
		assert_int_equal(sample(frame, (size_t)len), ERR_TOO_LONG);
}

static void a_string_with_a_nul_inside_is_refused(void **state UNUSED)
{
	uint8_t frame[IPC_FRAME_MAX];
	int n = sample(frame, sizeof(frame));
	struct callctl_msg m;
	uint8_t *digit = memmem(frame, (size_t)n, "0101", 4);

	digit[1] = 0;
	assert_int_equal(callctl_decode(&m, frame, (size_t)n), ERR_INVALID);
}

static void the_largest_message_fits_a_frame(void **state UNUSED)
{
	static uint8_t frame[IPC_FRAME_MAX];
	static struct uplink_msg m = { .type = uplink_type_webhook };

	m.u.webhook.body.len = UPLINK_BODY_MAX;
	assert_true(uplink_encode(&m, frame, sizeof(frame)) > UPLINK_BODY_MAX);
	m.u.webhook.body.len = UPLINK_BODY_MAX + 1;
	assert_int_equal(uplink_encode(&m, frame, sizeof(frame)), ERR_TOO_LONG);
}

static void a_cork_holds_frames_in_order(void **state UNUSED)
{
	char path[64];
	int fd;
	struct ipc_conn *a, *b;
	uint8_t buf[IPC_FRAME_MAX];

	scratch_path(path, sizeof(path), "ipc_test.%d", (int)getpid());
	assert_int_equal(ipc_listen(path, &fd), 0);
	assert_int_equal(ipc_connect(path, -1, &a), 0);
	assert_int_equal(ipc_accept(fd, -1, &b), 0);
	ipc_conn_cork(a, true);
	assert_int_equal(ipc_conn_send(a, (const uint8_t *)"one", 3), 0);
	assert_int_equal(ipc_conn_send(a, (const uint8_t *)"four", 4), 0);
	assert_int_equal(ipc_conn_recv(b, buf), ERR_AGAIN);
	ipc_conn_cork(a, false);
	assert_int_equal(ipc_conn_flush(a), 0);
	assert_int_equal(ipc_conn_recv(b, buf), 3);
	assert_int_equal(ipc_conn_recv(b, buf), 4);
	ipc_conn_free(&a);
	assert_int_equal(ipc_conn_recv(b, buf), ERR_CLOSED);
	ipc_conn_free(&b);
	close(fd);
	assert_int_equal(ipc_connect(path, -1, &a), ERR_AGAIN);
	unlink(path);
	assert_int_equal(ipc_connect(path, -1, &a), ERR_AGAIN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trip),
		cmocka_unit_test(every_wrong_length_is_refused),
		cmocka_unit_test(a_string_with_a_nul_inside_is_refused),
		cmocka_unit_test(the_largest_message_fits_a_frame),
		cmocka_unit_test(a_cork_holds_frames_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
