/* confine_test.c: in a child that has confined itself, what it needs works and what it must not do fails. A child reports
 * by its end: killed by SIGSYS, or the errno of what was refused, or 0. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <netdb.h>
#include <pthread.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/confine.h"
#include "lib/confine_priv.h"
#include "lib/log.h"
#include "lib/secret.h"
#include "tests/unit/scratch.h"

enum { NOT_CONFINED = 250, KILLED = 1000, TIME_LIMIT_S = 60 };

static struct { char root[64], read[96], write[96], sockets[96], other[96]; } folder;
static const enum confine_program daemons[] = {
	CONFINE_TRUNKD, CONFINE_KEYSTORED, CONFINE_KEYSTORED_TOKEN, CONFINE_ARSD, CONFINE_UPLINKD, CONFINE_APID,
};

/* ---- children ---- */

static int wait_for(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFSIGNALED(status))
		return KILLED + WTERMSIG(status);
	return WEXITSTATUS(status);
}

static int confine_to_folders(enum confine_program program)
{
	struct confine_paths paths = { 0 };

	confine_allow(&paths, folder.read, CONFINE_READ);
	confine_allow(&paths, folder.write, CONFINE_WRITE);
	confine_allow(&paths, folder.sockets, CONFINE_SOCKETS);
	confine_allow(&paths, "", CONFINE_WRITE);
	confine_allow(&paths, "/nonexistent", CONFINE_WRITE);
	return confine_self(program, &paths);
}

/* Runs body confined. Its value, or KILLED + signal. */
static int confined(enum confine_program program, int (*body)(void))
{
	pid_t pid = fork();

	if (pid == 0) {
		alarm(TIME_LIMIT_S);
		_exit(confine_to_folders(program) == 0 ? body() : NOT_CONFINED);
	}
	return wait_for(pid);
}

static int errno_if(bool failed)
{
	return failed ? errno : 0;
}

static bool kernel_has_landlock(void)
{
	return syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION) > 0;
}

static void need(bool there, const char *why_not)
{
	if (there)
		return;
	print_message("skipped: %s\n", why_not);
	skip();
}

static void need_landlock(void)
{
	need(kernel_has_landlock(), "this kernel has no Landlock");
}

static void need_strictness(void)
{
	need(!CONFINE_LENIENT, "a sanitizer build has no filter and may read everywhere");
}

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
	for (size_t i = 0; i < ARRAY_LEN(daemons); i++)
		assert_int_equal(confined(daemons[i], look_at_flags), 0);
}

static void more_paths_than_fit_are_refused(void **state UNUSED)
{
	struct confine_paths paths = { 0 };

	for (int i = 0; i <= CONFINE_PATHS_MAX; i++)
		confine_allow(&paths, "/", CONFINE_READ);
	assert_int_equal(confine_self(CONFINE_APID, &paths), ERR_TOO_LONG);
}

/* ---- files ---- */

static int try_open(const char *in, const char *file, int flags)
{
	char path[200];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", in, file);
	fd = open(path, flags | O_CLOEXEC, 0600);
	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

static int read_named(void) { return try_open(folder.read, "file", O_RDONLY); }
static int write_named(void) { return try_open(folder.write, "new", O_RDWR | O_CREAT | O_TRUNC); }
static int read_other(void) { return try_open(folder.other, "file", O_RDONLY); }
static int read_etc(void) { return try_open("/etc", "passwd", O_RDONLY); }
static int write_named_for_reading(void) { return try_open(folder.read, "file", O_WRONLY); }
static int make_beside_sockets(void) { return try_open(folder.sockets, "file", O_WRONLY | O_CREAT); }
static int write_other(void) { return try_open(folder.other, "new", O_WRONLY | O_CREAT); }
static int list_other(void) { return try_open(folder.other, "", O_RDONLY | O_DIRECTORY); }
static int climb_out(void) { return try_open(folder.read, "../other/file", O_RDONLY); }
static int read_memory_of_init(void) { return try_open("/proc/1", "environ", O_RDONLY); }

static void what_it_did_not_name_for_it_is_never_written(void **state UNUSED)
{
	need_landlock();
	for (size_t i = 0; i < ARRAY_LEN(daemons); i++) {
		assert_int_equal(confined(daemons[i], write_named), 0);
		assert_int_equal(confined(daemons[i], write_other), EACCES);
		assert_int_equal(confined(daemons[i], write_named_for_reading), EACCES);
		assert_int_equal(confined(daemons[i], make_beside_sockets), EACCES);
	}
}

static void files_that_it_did_not_name_are_out_of_reach(void **state UNUSED)
{
	need_landlock();
	need_strictness();
	for (size_t i = 0; i < ARRAY_LEN(daemons); i++) {
		assert_int_equal(confined(daemons[i], read_named), 0);
		assert_int_equal(confined(daemons[i], read_other), EACCES);
		assert_int_equal(confined(daemons[i], list_other), EACCES);
		assert_int_equal(confined(daemons[i], climb_out), EACCES);
		assert_int_equal(confined(daemons[i], read_memory_of_init), EACCES);
		assert_int_equal(confined(daemons[i], read_etc), daemons[i] == CONFINE_UPLINKD ? 0 : EACCES);
	}
}

/* As SQLite and a careful writer use their folder. */
static int keep_a_store(void)
{
	char path[200], moved[200];
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 1 };
	struct stat st;
	void *map;
	int fd;

	snprintf(path, sizeof(path), "%s/store", folder.write);
	snprintf(moved, sizeof(moved), "%s/store-2", folder.write);
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
	assert_int_equal(confined(CONFINE_ARSD, keep_a_store), 0);
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
	for (size_t i = 0; i < ARRAY_LEN(daemons); i++)
		assert_int_equal(confined(daemons[i], live), 0);
}

/* ---- sockets ---- */

static int serve_and_call(void)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0), us = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0), them;
	char byte = 0;

	snprintf(sa.sun_path, sizeof(sa.sun_path), "%s/s.sock", folder.sockets);
	unlink(sa.sun_path);
	if (bind(listener, (struct sockaddr *)&sa, sizeof(sa)) != 0 || chmod(sa.sun_path, 0660) != 0 || listen(listener, 4) != 0)
		return 1;
	if (connect(us, (struct sockaddr *)&sa, sizeof(sa)) != 0)
		return 2;
	them = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	if (them < 0 || send(us, "x", 1, 0) != 1 || recv(them, &byte, 1, 0) != 1 || byte != 'x')
		return 3;
	return errno_if(unlink(sa.sun_path) != 0);
}

static void neighbours_are_reached_by_unix_sockets(void **state UNUSED)
{
	assert_int_equal(confined(CONFINE_TRUNKD, serve_and_call), 0);
	assert_int_equal(confined(CONFINE_ARSD, serve_and_call), 0);
	assert_int_equal(confined(CONFINE_APID, serve_and_call), 0);
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
	snprintf(sa.sun_path, sizeof(sa.sun_path), "%s/k.sock", folder.sockets);
	assert_int_equal(bind(listener_fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	assert_int_equal(listen(listener_fd, 1), 0);
	assert_int_equal(connect(us, (struct sockaddr *)&sa, sizeof(sa)), 0);
	assert_int_equal(send(us, "k", 1, 0), 1);
	assert_int_equal(confined(CONFINE_KEYSTORED, accept_one), 0);
	close(us);
	close(listener_fd);
}

static struct sockaddr_in tcp_address;

static int call_tcp(void)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	return errno_if(connect(fd, (struct sockaddr *)&tcp_address, sizeof(tcp_address)) != 0);
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
	return errno_if(listen(fd, 1) != 0);
}

static void uplinkd_calls_out_and_lets_nobody_in(void **state UNUSED)
{
	socklen_t len = sizeof(tcp_address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	tcp_address = (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	assert_int_equal(bind(fd, (struct sockaddr *)&tcp_address, sizeof(tcp_address)), 0);
	assert_int_equal(listen(fd, 4), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&tcp_address, &len), 0);
	assert_int_equal(confined(CONFINE_UPLINKD, call_tcp), 0);
	assert_int_equal(confined(CONFINE_UPLINKD, resolve_in_a_thread), 0);
	close(fd);
	need_strictness();
	assert_int_equal(confined(CONFINE_UPLINKD, listen_tcp), KILLED + SIGSYS);
}

/* ---- what kills ---- */

static char *const no_words[] = { NULL };

static int do_execve(void) { return errno_if(execve("/bin/true", no_words, no_words) != 0); }
static int do_execveat(void) { return errno_if(syscall(SYS_execveat, AT_FDCWD, "/bin/true", no_words, no_words, 0) != 0); }
static int do_fork(void) { return errno_if(fork() < 0); }
static int do_ptrace(void) { return errno_if(ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0); }
static int do_kill(void) { return errno_if(kill(getppid(), 0) != 0); }
static int do_kill_thread(void) { return errno_if(syscall(SYS_tgkill, getppid(), getppid(), 0) != 0); }
static int do_keyctl(void) { return errno_if(syscall(SYS_add_key, "user", "k", "x", 1, -2) < 0); }
static int do_module(void) { return errno_if(syscall(SYS_init_module, NULL, 0, "") != 0); }
static int do_mount(void) { return errno_if(syscall(SYS_mount, "a", "/", "tmpfs", 0, NULL) != 0); }
static int do_setuid(void) { return errno_if(setuid(getuid()) != 0); }
static int do_namespace(void) { return errno_if(syscall(SYS_unshare, 0x10000000) != 0); }
static int do_inet(void) { return errno_if(socket(AF_INET, SOCK_STREAM, 0) < 0); }
static int do_inet6(void) { return errno_if(socket(AF_INET6, SOCK_DGRAM, 0) < 0); }
static int do_netlink(void) { return errno_if(socket(AF_NETLINK, SOCK_RAW, 0) < 0); }
static int do_packet(void) { return errno_if(socket(AF_PACKET, SOCK_RAW, 0) < 0); }
static int do_alg(void) { return errno_if(socket(AF_ALG, SOCK_SEQPACKET, 0) < 0); }
static int do_unix(void) { return errno_if(socket(AF_UNIX, SOCK_STREAM, 0) < 0); }
static int do_syslog(void) { return errno_if(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0) < 0); }
static int do_pair(void) { int ends[2]; return errno_if(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0); }
static int do_connect(void) { return errno_if(connect(0, NULL, 0) != 0); }
static int do_rename(void) { return errno_if(rename("/nonexistent", "/nonexistent2") != 0); }

static int do_type_on_the_terminal(void) { return errno_if(ioctl(STDERR_FILENO, TIOCSTI, "x") != 0); }
static int do_ask_dahdi(void) { return errno_if(ioctl(STDIN_FILENO, _IO(0xda, 62)) != 0); }

static int do_read_of_memory(void)
{
	char byte;
	const struct iovec local = { &byte, 1 }, remote = { &byte, 1 };

	return errno_if(process_vm_readv(getppid(), &local, 1, &remote, 1, 0) < 0);
}

static int do_written_code(void)
{
	return errno_if(mmap(NULL, 4096, PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED);
}

static int do_code_afterwards(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return errno_if(mprotect(p, 4096, PROT_READ | PROT_EXEC) != 0);
}

static void what_no_program_may_do_ends_it(void **state UNUSED)
{
	int (*const deeds[])(void) = {
		do_execve, do_execveat, do_fork, do_ptrace, do_kill, do_kill_thread, do_keyctl, do_module, do_mount, do_setuid,
		do_namespace, do_packet, do_alg, do_type_on_the_terminal, do_read_of_memory, do_written_code, do_code_afterwards,
	};

	need_strictness();
	for (size_t i = 0; i < ARRAY_LEN(daemons); i++)
		for (size_t k = 0; k < ARRAY_LEN(deeds); k++)
			assert_int_equal(confined(daemons[i], deeds[k]), KILLED + SIGSYS);
}

static void what_is_outside_a_role_ends_it(void **state UNUSED)
{
	static const struct { enum confine_program program; int (*deed)(void); } cases[] = {
		{ CONFINE_TRUNKD, do_inet }, { CONFINE_TRUNKD, do_inet6 }, { CONFINE_TRUNKD, do_netlink },
		{ CONFINE_TRUNKD, do_rename },
		{ CONFINE_ARSD, do_inet }, { CONFINE_ARSD, do_inet6 }, { CONFINE_ARSD, do_netlink },
		{ CONFINE_APID, do_inet }, { CONFINE_APID, do_inet6 }, { CONFINE_APID, do_netlink }, { CONFINE_APID, do_rename },
		{ CONFINE_KEYSTORED, do_inet }, { CONFINE_KEYSTORED, do_inet6 }, { CONFINE_KEYSTORED, do_netlink },
		{ CONFINE_KEYSTORED_TOKEN, do_inet }, { CONFINE_KEYSTORED_TOKEN, do_unix }, { CONFINE_KEYSTORED_TOKEN, do_connect },
		{ CONFINE_KEYSTORED, do_unix }, { CONFINE_KEYSTORED, do_pair }, { CONFINE_KEYSTORED, do_connect },
		{ CONFINE_UPLINKD, do_rename },
	};

	need_strictness();
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_int_equal(confined(cases[i].program, cases[i].deed), KILLED + SIGSYS);
	/* What a token's module would tell syslog goes nowhere; it is no reason to end. */
	assert_int_equal(confined(CONFINE_KEYSTORED_TOKEN, do_syslog), EACCES);
	assert_int_equal(confined(CONFINE_KEYSTORED, do_syslog), KILLED + SIGSYS);
}

static void only_trunkd_speaks_to_cards(void **state UNUSED)
{
	need_strictness();
	for (size_t i = 0; i < ARRAY_LEN(daemons); i++)
		assert_int_equal(confined(daemons[i], do_ask_dahdi), daemons[i] == CONFINE_TRUNKD ? ENOTTY : KILLED + SIGSYS);
}

/* ---- the worker ---- */

static int as_worker(int (*body)(void))
{
	pid_t pid = fork();

	if (pid == 0) {
		alarm(TIME_LIMIT_S);
		_exit(confine_speech_worker(folder.write) == 0 ? body() : NOT_CONFINED);
	}
	return wait_for(pid);
}

static int run_program(const char *file, char *const argv[])
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		execvp(file, argv);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return 126;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 125;
}

static int speak(void)
{
	char raw[128], made[128], temp[128], quiet[] = "silence", one[] = "1", least[] = "0.01", part[] = "0.5%", back[] = "reverse";
	char *const espeak[] = { (char[]){ "espeak-ng" }, (char[]){ "-v" }, (char[]){ "ko" }, (char[]){ "-w" }, raw,
	                         (char[]){ "구독" }, NULL };
	char *const sox[] = { (char[]){ "sox" }, (char[]){ "--temp" }, temp, raw, (char[]){ "-r" }, (char[]){ "8000" }, made,
	                      quiet, one, least, part, back, quiet, one, least, part, back, NULL };
	struct stat st;

	snprintf(temp, sizeof(temp), "%s", folder.write);
	snprintf(raw, sizeof(raw), "%s/raw.wav", folder.write);
	snprintf(made, sizeof(made), "%s/made.wav", folder.write);
	if (run_program("espeak-ng", espeak) != 0)
		return 1;
	if (run_program("sox", sox) != 0)
		return 2;
	return stat(made, &st) == 0 && st.st_size > 1000 && unlink(raw) == 0 && unlink(made) == 0 ? 0 : 3;
}

static int python_exits_well(void)
{
	char *const argv[] = { (char[]){ "/usr/bin/python3" }, (char[]){ "-c" }, (char[]){
		"import socket, sys\n"
		"try: socket.socket()\n"
		"except PermissionError: sys.exit(0)\n"
		"sys.exit(1)" }, NULL };

	return run_program("/usr/bin/python3", argv);
}

static void the_worker_speaks_and_keeps_to_its_folder(void **state UNUSED)
{
	assert_int_equal(as_worker(speak), 0);
	need_strictness();
	assert_int_equal(as_worker(do_unix), EPERM);
	assert_int_equal(as_worker(do_inet), EPERM);
	assert_int_equal(as_worker(do_ptrace), EPERM);
	assert_int_equal(as_worker(do_namespace), EPERM);
	assert_int_equal(as_worker(python_exits_well), 0);      /* what it starts is held as well */
	need_landlock();
	assert_int_equal(as_worker(write_named), 0);
	assert_int_equal(as_worker(write_other), EACCES);
	assert_int_equal(as_worker(read_other), EACCES);
	assert_int_equal(as_worker(read_named), EACCES);
}

/* ---- without Landlock ---- */

static int without_landlock(void)
{
	scmp_filter_ctx f = seccomp_init(SCMP_ACT_ALLOW);

	if (f == NULL || seccomp_rule_add(f, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(landlock_create_ruleset), 0) != 0 || seccomp_load(f) != 0)
		return 1;
	seccomp_release(f);
	if (confine_to_folders(CONFINE_APID) != 0)
		return 2;
	if (read_other() != 0)
		return 3;
	return do_inet();
}

static void a_kernel_without_landlock_still_gets_the_filter(void **state UNUSED)
{
	pid_t pid;

	need_strictness();
	pid = fork();
	if (pid == 0)
		_exit(without_landlock());
	assert_int_equal(wait_for(pid), KILLED + SIGSYS);
}

/* ---- folders ---- */

static void make(char *path, size_t size, const char *leaf)
{
	char file[128];
	int fd;

	snprintf(path, size, "%s/%s", folder.root, leaf);
	assert_int_equal(mkdir(path, 0700), 0);
	snprintf(file, sizeof(file), "%s/file", path);
	fd = open(file, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	close(fd);
}

static int make_folders(void **state UNUSED)
{
	scratch_path(folder.root, sizeof(folder.root), "confine-XXXXXX");
	if (mkdtemp(folder.root) == NULL)
		return -1;
	make(folder.read, sizeof(folder.read), "read");
	make(folder.write, sizeof(folder.write), "write");
	make(folder.sockets, sizeof(folder.sockets), "sockets");
	make(folder.other, sizeof(folder.other), "other");
	return 0;
}

static int remove_folders(void **state UNUSED)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -r '%s'", folder.root);
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_leaves_no_core_and_cannot_be_traced), cmocka_unit_test(more_paths_than_fit_are_refused),
		cmocka_unit_test(what_it_did_not_name_for_it_is_never_written),
		cmocka_unit_test(files_that_it_did_not_name_are_out_of_reach), cmocka_unit_test(a_store_can_be_kept),
		cmocka_unit_test(memory_threads_and_time_work), cmocka_unit_test(neighbours_are_reached_by_unix_sockets),
		cmocka_unit_test(keystored_still_accepts_on_what_it_opened), cmocka_unit_test(uplinkd_calls_out_and_lets_nobody_in),
		cmocka_unit_test(what_no_program_may_do_ends_it), cmocka_unit_test(what_is_outside_a_role_ends_it),
		cmocka_unit_test(only_trunkd_speaks_to_cards),
		cmocka_unit_test(the_worker_speaks_and_keeps_to_its_folder),
		cmocka_unit_test(a_kernel_without_landlock_still_gets_the_filter),
	};

	log_init("confine_test", LOG_LEVEL_ERROR);
	return cmocka_run_group_tests(tests, make_folders, remove_folders);
}
