#include "tests/unit/confine_child.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/attr.h"
#include "tests/unit/scratch.h"

struct child_folder child_folder;

int child_wait(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFSIGNALED(status))
		return KILLED + WTERMSIG(status);
	return WEXITSTATUS(status);
}

int child_confine(enum confine_program program)
{
	struct confine_paths paths = { 0 };

	confine_allow(&paths, child_folder.read, CONFINE_READ);
	confine_allow(&paths, child_folder.write, CONFINE_WRITE);
	confine_allow(&paths, child_folder.sockets, CONFINE_SOCKETS);
	confine_allow(&paths, "", CONFINE_WRITE);
	confine_allow(&paths, "/nonexistent", CONFINE_WRITE);
	return confine_self(program, &paths);
}

int child_confined(enum confine_program program, int (*body)(void))
{
	pid_t pid = fork();

	if (pid == 0) {
		alarm(TIME_LIMIT_S);
		_exit(child_confine(program) == 0 ? body() : NOT_CONFINED);
	}
	return child_wait(pid);
}

int child_errno_if(bool failed)
{
	return failed ? errno : 0;
}

static bool kernel_has_landlock(void)
{
	return syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION) > 0;
}

void child_need(bool there, const char *why_not)
{
	if (there)
		return;
	print_message("skipped: %s\n", why_not);
	skip();
}

void child_need_landlock(void)
{
	child_need(kernel_has_landlock(), "this kernel has no Landlock");
}

void child_need_strictness(void)
{
	child_need(!CONFINE_LENIENT, "a sanitizer build has no filter and may read everywhere");
}

int child_try_open(const char *in, const char *file, int flags)
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

int child_read_named(void)
{
	return child_try_open(child_folder.read, "file", O_RDONLY);
}

int child_write_named(void)
{
	return child_try_open(child_folder.write, "new", O_RDWR | O_CREAT | O_TRUNC);
}

int child_read_other(void)
{
	return child_try_open(child_folder.other, "file", O_RDONLY);
}

int child_write_other(void)
{
	return child_try_open(child_folder.other, "new", O_WRONLY | O_CREAT);
}

int child_ptrace(void)
{
	return child_errno_if(ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0);
}

int child_socket_unix(void)
{
	return child_errno_if(socket(AF_UNIX, SOCK_STREAM, 0) < 0);
}

int child_socket_inet(void)
{
	return child_errno_if(socket(AF_INET, SOCK_STREAM, 0) < 0);
}

int child_namespace(void)
{
	return child_errno_if(syscall(SYS_unshare, 0x10000000) != 0);
}

static void make(char *path, size_t size, const char *leaf)
{
	char file[128];
	int fd;

	snprintf(path, size, "%s/%s", child_folder.root, leaf);
	assert_int_equal(mkdir(path, 0700), 0);
	snprintf(file, sizeof(file), "%s/file", path);
	fd = open(file, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	close(fd);
}

int child_make_folders(void **state UNUSED)
{
	scratch_path(child_folder.root, sizeof(child_folder.root), "confine-XXXXXX");
	if (mkdtemp(child_folder.root) == NULL)
		return -1;
	make(child_folder.read, sizeof(child_folder.read), "read");
	make(child_folder.write, sizeof(child_folder.write), "write");
	make(child_folder.sockets, sizeof(child_folder.sockets), "sockets");
	make(child_folder.other, sizeof(child_folder.other), "other");
	return 0;
}

int child_remove_folders(void **state UNUSED)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -r '%s'", child_folder.root);
	return system(command);
}
