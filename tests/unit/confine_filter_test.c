/* confine_filter_test.c: which calls of the kernel end a confined child. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "lib/log.h"
#include "tests/unit/scratch.h"
#include "tests/unit/confine_child.h"

/* ---- what kills ---- */

static char *const no_words[] = { NULL };

static int do_execve(void) { return child_errno_if(execve("/bin/true", no_words, no_words) != 0); }
static int do_execveat(void) { return child_errno_if(syscall(SYS_execveat, AT_FDCWD, "/bin/true", no_words, no_words, 0) != 0); }
static int do_fork(void) { return child_errno_if(fork() < 0); }
static int do_kill(void) { return child_errno_if(kill(getppid(), 0) != 0); }
static int do_kill_thread(void) { return child_errno_if(syscall(SYS_tgkill, getppid(), getppid(), 0) != 0); }
static int do_keyctl(void) { return child_errno_if(syscall(SYS_add_key, "user", "k", "x", 1, -2) < 0); }
static int do_module(void) { return child_errno_if(syscall(SYS_init_module, NULL, 0, "") != 0); }
static int do_mount(void) { return child_errno_if(syscall(SYS_mount, "a", "/", "tmpfs", 0, NULL) != 0); }
static int do_setuid(void) { return child_errno_if(setuid(getuid()) != 0); }
static int do_inet6(void) { return child_errno_if(socket(AF_INET6, SOCK_DGRAM, 0) < 0); }
static int do_netlink(void) { return child_errno_if(socket(AF_NETLINK, SOCK_RAW, 0) < 0); }
static int do_packet(void) { return child_errno_if(socket(AF_PACKET, SOCK_RAW, 0) < 0); }
static int do_alg(void) { return child_errno_if(socket(AF_ALG, SOCK_SEQPACKET, 0) < 0); }
static int do_syslog(void) { return child_errno_if(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0) < 0); }
static int do_pair(void) { int ends[2]; return child_errno_if(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0); }
static int do_connect(void) { return child_errno_if(connect(0, NULL, 0) != 0); }
static int do_rename(void) { return child_errno_if(rename("/nonexistent", "/nonexistent2") != 0); }

static int do_type_on_the_terminal(void) { return child_errno_if(ioctl(STDERR_FILENO, TIOCSTI, "x") != 0); }
static int do_ask_dahdi(void) { return child_errno_if(ioctl(STDIN_FILENO, _IO(0xda, 62)) != 0); }

static int do_read_of_memory(void)
{
	char byte;
	const struct iovec local = { &byte, 1 }, remote = { &byte, 1 };

	return child_errno_if(process_vm_readv(getppid(), &local, 1, &remote, 1, 0) < 0);
}

static int do_written_code(void)
{
	return child_errno_if(mmap(NULL, 4096, PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED);
}

static int do_code_afterwards(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return child_errno_if(mprotect(p, 4096, PROT_READ | PROT_EXEC) != 0);
}

static void what_no_program_may_do_ends_it(void **state UNUSED)
{
	int (*const deeds[])(void) = {
		do_execve, do_execveat, do_fork, child_ptrace, do_kill, do_kill_thread, do_keyctl, do_module, do_mount, do_setuid,
		child_namespace, do_packet, do_alg, do_type_on_the_terminal, do_read_of_memory, do_written_code, do_code_afterwards,
	};

	child_need_strictness();
	for (size_t i = 0; i < ARRAY_LEN(child_programs); i++)
		for (size_t k = 0; k < ARRAY_LEN(deeds); k++)
			assert_int_equal(child_confined(child_programs[i], deeds[k]), KILLED + SIGSYS);
}

static void what_is_outside_a_role_ends_it(void **state UNUSED)
{
	static const struct { enum confine_program program; int (*deed)(void); } cases[] = {
		{ CONFINE_TRUNKD, child_socket_inet }, { CONFINE_TRUNKD, do_inet6 }, { CONFINE_TRUNKD, do_netlink },
		{ CONFINE_TRUNKD, do_rename },
		{ CONFINE_ARSD, child_socket_inet }, { CONFINE_ARSD, do_inet6 }, { CONFINE_ARSD, do_netlink },
		{ CONFINE_APID, child_socket_inet }, { CONFINE_APID, do_inet6 }, { CONFINE_APID, do_netlink }, { CONFINE_APID, do_rename },
		{ CONFINE_KEYSTORED, child_socket_inet }, { CONFINE_KEYSTORED, do_inet6 }, { CONFINE_KEYSTORED, do_netlink },
		{ CONFINE_KEYSTORED_TOKEN, child_socket_inet }, { CONFINE_KEYSTORED_TOKEN, child_socket_unix }, { CONFINE_KEYSTORED_TOKEN, do_connect },
		{ CONFINE_KEYSTORED, child_socket_unix }, { CONFINE_KEYSTORED, do_pair }, { CONFINE_KEYSTORED, do_connect },
		{ CONFINE_UPLINKD, do_rename },
	};

	child_need_strictness();
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_int_equal(child_confined(cases[i].program, cases[i].deed), KILLED + SIGSYS);
	/* What a token's module would tell syslog goes nowhere; it is no reason to end. */
	assert_int_equal(child_confined(CONFINE_KEYSTORED_TOKEN, do_syslog), EACCES);
	assert_int_equal(child_confined(CONFINE_KEYSTORED, do_syslog), KILLED + SIGSYS);
}

static void only_trunkd_speaks_to_cards(void **state UNUSED)
{
	child_need_strictness();
	for (size_t i = 0; i < ARRAY_LEN(child_programs); i++)
		assert_int_equal(child_confined(child_programs[i], do_ask_dahdi), child_programs[i] == CONFINE_TRUNKD ? ENOTTY : KILLED + SIGSYS);
}

/* ---- without Landlock ---- */

static int without_landlock(void)
{
	scmp_filter_ctx f = seccomp_init(SCMP_ACT_ALLOW);

	if (f == NULL || seccomp_rule_add(f, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(landlock_create_ruleset), 0) != 0 || seccomp_load(f) != 0)
		return 1;
	seccomp_release(f);
	if (child_confine(CONFINE_APID) != 0)
		return 2;
	if (child_read_other() != 0)
		return 3;
	return child_socket_inet();
}

static void a_kernel_without_landlock_still_gets_the_filter(void **state UNUSED)
{
	pid_t pid;

	child_need_strictness();
	pid = fork();
	if (pid == 0)
		_exit(without_landlock());
	assert_int_equal(child_wait(pid), KILLED + SIGSYS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_no_program_may_do_ends_it),
		cmocka_unit_test(what_is_outside_a_role_ends_it),
		cmocka_unit_test(only_trunkd_speaks_to_cards),
		cmocka_unit_test(a_kernel_without_landlock_still_gets_the_filter),
	};

	log_init("confine_test", LOG_LEVEL_ERROR);
	return cmocka_run_group_tests(tests, child_make_folders, child_remove_folders);
}
