/* keystored_walls_test.c: what somebody who runs code inside of keystored could still do: a child takes keystored's role with
 * keystored's paths, tries, and reports by its end: the errno of what was refused, 0, or KILLED + the signal. And the memory that
 * digits and keys lie in: guarded, locked, in no dump, in no child. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/confine.h"
#include "lib/confine_priv.h"
#include "lib/secret.h"
#include "tests/unit/scratch.h"

enum { KILLED = 1000, NOT_CONFINED = 250, TIME_LIMIT_S = 60 };

static struct { char root[64], run[96], keys[96], other[96]; } folder;
static uint8_t *region;
static size_t page;

static int end_of(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) ? KILLED + WTERMSIG(status) : WEXITSTATUS(status);
}

/* As main.c confines: sockets in run_dir, the key file in keys_dir, nothing else. */
static int inside(int (*body)(void))
{
	pid_t pid = fork();

	if (pid == 0) {
		struct confine_paths paths = { 0 };

		alarm(TIME_LIMIT_S);
		confine_allow(&paths, folder.run, CONFINE_SOCKETS);
		confine_allow(&paths, folder.keys, CONFINE_WRITE);
		_exit(confine_self(CONFINE_KEYSTORED, &paths) == 0 ? body() : NOT_CONFINED);
	}
	return end_of(pid);
}

static int outside(int (*body)(void))
{
	pid_t pid = fork();

	if (pid == 0) {
		alarm(TIME_LIMIT_S);
		prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);           /* a crash that is wanted leaves no core */
		signal(SIGSEGV, SIG_DFL);                     /* cmocka's would go on with its tests here */
		_exit(body());
	}
	return end_of(pid);
}

/* ---- files ---- */

static int open_at(const char *in, const char *file, int flags)
{
	char path[200];

	snprintf(path, sizeof(path), "%s/%s", in, file);
	return open(path, flags | O_CLOEXEC, 0600) < 0 ? errno : 0;
}

static int rename_out_of_keys(void)
{
	char from[200], to[200];

	snprintf(from, sizeof(from), "%s/keys", folder.keys);
	snprintf(to, sizeof(to), "%s/keys", folder.other);
	return rename(from, to) == 0 ? 0 : errno;
}

static int write_keys(void) { return open_at(folder.keys, "keys.new", O_WRONLY | O_CREAT); }
static int read_keys(void) { return open_at(folder.keys, "keys", O_RDONLY); }
static int read_beside(void) { return open_at(folder.other, "file", O_RDONLY); }
static int write_beside(void) { return open_at(folder.other, "new", O_WRONLY | O_CREAT); }
static int climb_out(void) { return open_at(folder.keys, "../other/file", O_RDONLY); }
static int file_in_run_dir(void) { return open_at(folder.run, "digits", O_WRONLY | O_CREAT); }
static int read_passwd(void) { return open_at("/etc", "passwd", O_RDONLY); }
static int own_memory(void) { return open_at("/proc/self", "mem", O_RDWR); }
static int mem_of_parent(void)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d", (int)getppid());
	return open_at(path, "mem", O_RDONLY);
}

static void files_outside_its_folders_are_refused(void **state UNUSED)
{
	int (*const refused[])(void) = { read_beside, write_beside, climb_out, file_in_run_dir, read_passwd, own_memory, mem_of_parent };

	if (syscall(SYS_landlock_create_ruleset, NULL, 0, 1) <= 0 || CONFINE_LENIENT)
		skip();
	assert_int_equal(inside(write_keys), 0);
	assert_int_equal(inside(read_keys), 0);
	for (size_t i = 0; i < ARRAY_LEN(refused); i++)
		assert_int_equal(inside(refused[i]), EACCES);
	/* EXDEV is Landlock's word for a move between folders of different rights. */
	assert_int_not_equal(inside(rename_out_of_keys), 0);
	assert_int_equal(access(folder.keys, F_OK), 0);
}

/* ---- system calls ---- */

static char *const no_words[] = { NULL };
static struct sockaddr_un address(const char *name)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };

	snprintf(a.sun_path, sizeof(a.sun_path), "%.90s/%s", folder.run, name);
	return a;
}

static int do_unix(void) { return socket(AF_UNIX, SOCK_SEQPACKET, 0) < 0 ? errno : 0; }
static int do_inet(void) { return socket(AF_INET, SOCK_STREAM, 0) < 0 ? errno : 0; }
static int do_vsock(void) { return socket(AF_VSOCK, SOCK_STREAM, 0) < 0 ? errno : 0; }
static int do_pair(void) { int ends[2]; return socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0 ? errno : 0; }
static int do_connect(void) { struct sockaddr_un a = address("x"); return connect(0, (struct sockaddr *)&a, sizeof(a)) != 0 ? errno : 0; }
static int do_bind(void) { struct sockaddr_un a = address("y"); return bind(0, (struct sockaddr *)&a, sizeof(a)) != 0 ? errno : 0; }
static int do_listen(void) { return listen(0, 1) != 0 ? errno : 0; }
static int do_exec(void) { return execve("/bin/true", no_words, no_words) != 0 ? errno : 0; }
static int do_exec_at(void) { return syscall(SYS_execveat, AT_FDCWD, "/bin/true", no_words, no_words, 0) != 0 ? errno : 0; }
static int do_fork(void) { return fork() < 0 ? errno : 0; }
static int do_trace_me(void) { return ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0 ? errno : 0; }
static int do_trace_parent(void) { return ptrace(PTRACE_SEIZE, getppid(), NULL, NULL) != 0 ? errno : 0; }
static int do_read_parent(void)
{
	char there;
	struct iovec here = { &there, 1 }, far = { region, 1 };

	return process_vm_readv(getppid(), &here, 1, &far, 1, 0) < 0 ? errno : 0;
}
static int do_kill(void) { return kill(getppid(), 0) != 0 ? errno : 0; }
static int do_dumpable(void) { return prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) != 0 ? errno : 0; }
static int do_memfd(void) { return syscall(SYS_memfd_create, "x", 0) < 0 ? errno : 0; }
static int do_uring(void) { return syscall(SYS_io_uring_setup, 1, NULL) < 0 ? errno : 0; }
static int do_bpf(void) { return syscall(SYS_bpf, 0, NULL, 0) < 0 ? errno : 0; }

static void calls_outside_its_role_end_it(void **state UNUSED)
{
	static const struct { const char *name; int (*body)(void); } ends[] = {
		{ "unix", do_unix }, { "inet", do_inet }, { "vsock", do_vsock }, { "socketpair", do_pair }, { "connect", do_connect },
		{ "bind", do_bind }, { "listen", do_listen }, { "execve", do_exec }, { "execveat", do_exec_at }, { "fork", do_fork },
		{ "ptrace me", do_trace_me }, { "ptrace parent", do_trace_parent }, { "process_vm_readv", do_read_parent },
		{ "kill", do_kill }, { "dumpable", do_dumpable }, { "memfd", do_memfd }, { "bpf", do_bpf },
	};

	if (CONFINE_LENIENT)
		skip();
	for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
		int end = inside(ends[i].body);

		if (end != KILLED + SIGSYS)
			fail_msg("%s: ended as %d, not by SIGSYS", ends[i].name, end);
	}
	assert_int_equal(inside(do_uring), ENOSYS);           /* libraries probe for it */
}

/* ---- the memory ---- */

static int touch_before(void) { ((volatile uint8_t *)region)[-1] = 1; return 0; }
static int touch_behind(void) { ((volatile uint8_t *)region)[page] = 1; return 0; }
static int read_behind(void) { return ((volatile uint8_t *)region)[page]; }
static int first_octet(void) { return region[0]; }

static bool dies_of(int (*body)(void))
{
	int end = outside(body);

	return end == KILLED + SIGSEGV || (CONFINE_LENIENT && end == 1);      /* a sanitizer that has a handler reports and exits */
}

static void its_secrets_are_guarded_on_both_sides(void **state UNUSED)
{
	region[0] = region[page - 1] = 7;
	assert_true(dies_of(touch_before));
	assert_true(dies_of(touch_behind));
	assert_true(dies_of(read_behind));
}

/* The VmFlags of the mapping at p: "lo" locked, "dd" in no dump, "wf" wiped in a child. */
static void flags_of(const void *p, char flags[200])
{
	FILE *f = fopen("/proc/self/smaps", "r");
	char line[300];
	uintptr_t from = 0, to = 0;

	assert_non_null(f);
	flags[0] = '\0';
	while (flags[0] == '\0' && fgets(line, sizeof(line), f) != NULL) {
		sscanf(line, "%zx-%zx ", &from, &to);
		if ((uintptr_t)p >= from && (uintptr_t)p < to && strncmp(line, "VmFlags:", 8) == 0)
			snprintf(flags, 200, "%.190s", line + 8);
	}
	fclose(f);
}

static void its_secrets_are_locked_and_in_no_dump_and_in_no_child(void **state UNUSED)
{
	char flags[200];

	flags_of(region, flags);
	if (flags[0] == '\0')
		skip();                                           /* this kernel does not tell */
	if (!CONFINE_LENIENT)                                 /* a sanitizer's mlock() locks nothing */
		assert_non_null(strstr(flags, " lo"));
	assert_non_null(strstr(flags, " dd"));
	assert_non_null(strstr(flags, " wf"));
	region[0] = 9;
	assert_int_equal(outside(first_octet), 0);
	assert_int_equal(region[0], 9);
}

/* ---- folders ---- */

static int make_folders(void **state UNUSED)
{
	const char *const names[] = { "run", "keys", "other" };
	char *const into[] = { folder.run, folder.keys, folder.other };
	void *p = NULL;

	scratch_path(folder.root, sizeof(folder.root), "keystored-walls-XXXXXX");
	if (mkdtemp(folder.root) == NULL)
		return -1;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		char path[200];
		int fd;

		snprintf(into[i], sizeof(folder.run), "%s/%s", folder.root, names[i]);
		snprintf(path, sizeof(path), "%s/%s", into[i], i == 1 ? "keys" : "file");
		if (mkdir(into[i], 0700) != 0 || (fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600)) < 0)
			return -1;
		close(fd);
	}
	page = (size_t)sysconf(_SC_PAGESIZE);
	if (secret_alloc(page, &p) < 0)
		return -1;
	region = p;
	return 0;
}

static int remove_folders(void **state UNUSED)
{
	char command[100];
	void *p = region;

	secret_free(&p, page);
	snprintf(command, sizeof(command), "rm -r %s", folder.root);
	return system(command) == 0 ? 0 : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_outside_its_folders_are_refused), cmocka_unit_test(calls_outside_its_role_end_it),
		cmocka_unit_test(its_secrets_are_guarded_on_both_sides),
		cmocka_unit_test(its_secrets_are_locked_and_in_no_dump_and_in_no_child),
	};

	return cmocka_run_group_tests(tests, make_folders, remove_folders);
}
