/* confine_test.c: in a child that has confined itself, what it needs works, and files and addresses that it did not name are out of
 * reach. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "lib/log.h"
#include "lib/secret.h"
#include "tests/unit/scratch.h"
#include "tests/unit/confine_child.h"

/* ---- the process ---- */

static int look_at_flags(void)
{
	struct rlimit core;

	if (getrlimit(RLIMIT_CORE, &core) != 0 || core.rlim_cur != 0 || core.rlim_max != 0)
		return 1;
	return prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0 ? 0 : 2;
}

static void it_leaves_no_core_and_cannot_be_traced(void **state UNUSED)
{
	for (size_t i = 0; i < ARRAY_LEN(child_programs); i++)
		assert_int_equal(child_confined(child_programs[i], look_at_flags), 0);
}

static void more_paths_than_fit_are_refused(void **state UNUSED)
{
	struct confine_paths paths = { 0 };

	for (int i = 0; i <= CONFINE_PATHS_MAX; i++)
		confine_allow(&paths, "/", CONFINE_READ);
	assert_int_equal(confine_self(CONFINE_APID, &paths), ERR_TOO_LONG);
}

static int read_etc(void) { return child_try_open("/etc", "passwd", O_RDONLY); }
static int write_named_for_reading(void) { return child_try_open(child_folder.read, "file", O_WRONLY); }
static int make_beside_sockets(void) { return child_try_open(child_folder.sockets, "file", O_WRONLY | O_CREAT); }
static int list_other(void) { return child_try_open(child_folder.other, "", O_RDONLY | O_DIRECTORY); }
static int climb_out(void) { return child_try_open(child_folder.read, "../other/file", O_RDONLY); }
static int read_memory_of_init(void) { return child_try_open("/proc/1", "environ", O_RDONLY); }

static void what_it_did_not_name_for_it_is_never_written(void **state UNUSED)
{
	child_need_landlock();
	for (size_t i = 0; i < ARRAY_LEN(child_programs); i++) {
		assert_int_equal(child_confined(child_programs[i], child_write_named), 0);
		assert_int_equal(child_confined(child_programs[i], child_write_other), EACCES);
		assert_int_equal(child_confined(child_programs[i], write_named_for_reading), EACCES);
		assert_int_equal(child_confined(child_programs[i], make_beside_sockets), EACCES);
	}
}

static void files_that_it_did_not_name_are_out_of_reach(void **state UNUSED)
{
	child_need_landlock();
	child_need_strictness();
	for (size_t i = 0; i < ARRAY_LEN(child_programs); i++) {
		assert_int_equal(child_confined(child_programs[i], child_read_named), 0);
		assert_int_equal(child_confined(child_programs[i], child_read_other), EACCES);
		assert_int_equal(child_confined(child_programs[i], list_other), EACCES);
		assert_int_equal(child_confined(child_programs[i], climb_out), EACCES);
		assert_int_equal(child_confined(child_programs[i], read_memory_of_init), EACCES);
		assert_int_equal(child_confined(child_programs[i], read_etc), child_programs[i] == CONFINE_UPLINKD ? 0 : EACCES);
	}
}

/* As SQLite and a careful writer use their child_folder. */
static int keep_a_store(void)
{
	char path[200], moved[200];
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 1 };
	struct stat st;
	void *map;
	int fd;

	snprintf(path, sizeof(path), "%s/store", child_folder.write);
	snprintf(moved, sizeof(moved), "%s/store-2", child_folder.write);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 || fcntl(fd, F_SETLK, &lock) != 0 || pwrite(fd, "x", 1, 4000) != 1 || ftruncate(fd, 8192) != 0)
		return 1;
	map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED || fsync(fd) != 0 || fdatasync(fd) != 0 || fstat(fd, &st) != 0 || fchmod(fd, 0640) != 0)
		return 2;
	if (fchown(fd, geteuid(), getegid()) != 0 || stat(path, &st) != 0 || rename(path, moved) != 0 || unlink(moved) != 0)
		return 3;
	munmap(map, 4096);
	close(fd);
	return 0;
}

static void a_store_can_be_kept(void **state UNUSED)
{
	assert_int_equal(child_confined(CONFINE_ARSD, keep_a_store), 0);
}

/* ---- what every program needs ---- */

static void *thread(void *arg) { *(int *)arg = 7; return NULL; }

static int live(void)
{
	const struct timespec pause = { 0, 1000000 };
	const struct itimerspec soon = { .it_value = pause };
	struct epoll_event ev = { .events = EPOLLIN };
	int value = 0, ep = epoll_create1(EPOLL_CLOEXEC), timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	uint64_t ticks;
	pthread_t t;
	struct tm tm;
	time_t now = time(NULL);
	void *secret, *much = malloc(64 << 20);

	if (much == NULL || ep < 0 || timer < 0 || secret_alloc(4096, &secret) < 0)
		return 1;
	memset(much, 1, 64 << 20);
	free(much);
	secret_free(&secret, 4096);
	if (pthread_create(&t, NULL, thread, &value) != 0 || pthread_join(t, NULL) != 0 || value != 7)
		return 2;
	if (timerfd_settime(timer, 0, &soon, NULL) != 0 || epoll_ctl(ep, EPOLL_CTL_ADD, timer, &ev) != 0 ||
	    epoll_wait(ep, &ev, 1, 5000) != 1 || read(timer, &ticks, sizeof(ticks)) != sizeof(ticks))
		return 3;
	localtime_r(&now, &tm);
	log_info("lives", "fd=%d", ep);
	return nanosleep(&pause, NULL);
}

static void memory_threads_and_time_work(void **state UNUSED)
{
	for (size_t i = 0; i < ARRAY_LEN(child_programs); i++)
		assert_int_equal(child_confined(child_programs[i], live), 0);
}

/* ---- sockets ---- */

static int serve_and_call(void)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0), us = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0), them;
	char byte = 0;

	snprintf(sa.sun_path, sizeof(sa.sun_path), "%s/s.sock", child_folder.sockets);
	unlink(sa.sun_path);
	if (bind(listener, (struct sockaddr *)&sa, sizeof(sa)) != 0 || chmod(sa.sun_path, 0660) != 0 || listen(listener, 4) != 0)
		return 1;
	if (connect(us, (struct sockaddr *)&sa, sizeof(sa)) != 0)
		return 2;
	them = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	if (them < 0 || send(us, "x", 1, 0) != 1 || recv(them, &byte, 1, 0) != 1 || byte != 'x')
		return 3;
	return child_errno_if(unlink(sa.sun_path) != 0);
}

static void neighbours_are_reached_by_unix_sockets(void **state UNUSED)
{
	assert_int_equal(child_confined(CONFINE_TRUNKD, serve_and_call), 0);
	assert_int_equal(child_confined(CONFINE_ARSD, serve_and_call), 0);
	assert_int_equal(child_confined(CONFINE_APID, serve_and_call), 0);
}

static int listener_fd;

static int accept_one(void)
{
	int fd = accept4(listener_fd, NULL, NULL, SOCK_CLOEXEC);
	char byte;

	return fd >= 0 && recv(fd, &byte, 1, 0) == 1 && byte == 'k' ? 0 : 1;
}

static void keystored_still_accepts_on_what_it_opened(void **state UNUSED)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int us = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	listener_fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	snprintf(sa.sun_path, sizeof(sa.sun_path), "%s/k.sock", child_folder.sockets);
	assert_int_equal(bind(listener_fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	assert_int_equal(listen(listener_fd, 1), 0);
	assert_int_equal(connect(us, (struct sockaddr *)&sa, sizeof(sa)), 0);
	assert_int_equal(send(us, "k", 1, 0), 1);
	assert_int_equal(child_confined(CONFINE_KEYSTORED, accept_one), 0);
	close(us);
	close(listener_fd);
}

static struct sockaddr_in tcp_address;

static int call_tcp(void)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	return child_errno_if(connect(fd, (struct sockaddr *)&tcp_address, sizeof(tcp_address)) != 0);
}

static void *resolve(void *arg)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	struct addrinfo *found = NULL;

	if (getaddrinfo("localhost", "443", &hints, &found) == 0 && found != NULL)
		*(int *)arg = 1;
	if (found != NULL)
		freeaddrinfo(found);
	return NULL;
}

/* In a thread, as libcurl does. */
static int resolve_in_a_thread(void)
{
	int ok = 0;
	pthread_t t;

	if (pthread_create(&t, NULL, resolve, &ok) != 0 || pthread_join(t, NULL) != 0)
		return 1;
	return ok ? 0 : 2;
}

static int listen_tcp(void)
{
	const struct sockaddr_in any = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (bind(fd, (const struct sockaddr *)&any, sizeof(any)) != 0)
		return 1;
	return child_errno_if(listen(fd, 1) != 0);
}

static void uplinkd_calls_out_and_lets_nobody_in(void **state UNUSED)
{
	socklen_t len = sizeof(tcp_address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	tcp_address = (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	assert_int_equal(bind(fd, (struct sockaddr *)&tcp_address, sizeof(tcp_address)), 0);
	assert_int_equal(listen(fd, 4), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&tcp_address, &len), 0);
	assert_int_equal(child_confined(CONFINE_UPLINKD, call_tcp), 0);
	assert_int_equal(child_confined(CONFINE_UPLINKD, resolve_in_a_thread), 0);
	close(fd);
	child_need_strictness();
	assert_int_equal(child_confined(CONFINE_UPLINKD, listen_tcp), KILLED + SIGSYS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_leaves_no_core_and_cannot_be_traced),
		cmocka_unit_test(more_paths_than_fit_are_refused),
		cmocka_unit_test(what_it_did_not_name_for_it_is_never_written),
		cmocka_unit_test(files_that_it_did_not_name_are_out_of_reach),
		cmocka_unit_test(a_store_can_be_kept),
		cmocka_unit_test(memory_threads_and_time_work),
		cmocka_unit_test(neighbours_are_reached_by_unix_sockets),
		cmocka_unit_test(keystored_still_accepts_on_what_it_opened),
		cmocka_unit_test(uplinkd_calls_out_and_lets_nobody_in),
	};

	log_init("confine_test", LOG_LEVEL_ERROR);
	return cmocka_run_group_tests(tests, child_make_folders, child_remove_folders);
}
