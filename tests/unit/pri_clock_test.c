/* pri_clock_test.c: libpri's gettimeofday() is ours, and ours is the monotonic clock. */
#include <dlfcn.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/time.h>
#include <cmocka.h>

#include "drivers-glue/pri.h"
#include "drivers-glue/pri_clock.h"

static int frames;

static void on_frame(void *context UNUSED, const uint8_t *octets UNUSED, size_t len UNUSED) { frames++; }
static void on_event(void *context UNUSED, const struct pri_event *e UNUSED) {}

static void a_shared_library_finds_our_gettimeofday_first(void **state UNUSED)
{
	struct pri_port_config config = { .side = PRI_SIDE_CPE };
	struct pri_callbacks cb = { on_frame, on_event, NULL };
	struct pri_port *p;
	Dl_info ours, found;

	assert_int_equal(pri_port_new(&config, &cb, &p), 0);
	assert_in_range(pri_port_run(p), 1, 1000);       /* with T200 in another clock than ours it would be 0 or the most */
	assert_int_equal(frames, 1);
	assert_true(dladdr((const void *)(uintptr_t)pri_clock_now, &ours) != 0);
	assert_true(dladdr(dlsym(RTLD_DEFAULT, "gettimeofday"), &found) != 0);
	assert_string_equal(found.dli_fname, ours.dli_fname);
	pri_port_free(&p);
}

static void it_answers_with_the_monotonic_clock(void **state UNUSED)
{
	struct mono before = clock_mono(), after;
	struct timeval tv;

	gettimeofday(&tv, NULL);
	after = clock_mono();
	assert_in_range((int64_t)tv.tv_sec * 1000000 + tv.tv_usec, before.ns / 1000, after.ns / 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_shared_library_finds_our_gettimeofday_first),
		cmocka_unit_test(it_answers_with_the_monotonic_clock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
