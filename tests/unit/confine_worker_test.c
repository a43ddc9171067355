/* confine_worker_test.c: the speech worker, which starts programs that are held as it is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/log.h"
#include "tests/unit/scratch.h"
#include "tests/unit/confine_child.h"

static int as_worker(int (*body)(void))
{
	pid_t pid = fork();

	if (pid == 0) {
		alarm(TIME_LIMIT_S);
		_exit(confine_speech_worker(child_folder.write) == 0 ? body() : NOT_CONFINED);
	}
	return child_wait(pid);
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

	snprintf(temp, sizeof(temp), "%s", child_folder.write);
	snprintf(raw, sizeof(raw), "%s/raw.wav", child_folder.write);
	snprintf(made, sizeof(made), "%s/made.wav", child_folder.write);
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
	child_need_strictness();
	assert_int_equal(as_worker(child_socket_unix), EPERM);
	assert_int_equal(as_worker(child_socket_inet), EPERM);
	assert_int_equal(as_worker(child_ptrace), EPERM);
	assert_int_equal(as_worker(child_namespace), EPERM);
	assert_int_equal(as_worker(python_exits_well), 0);      /* what it starts is held as well */
	child_need_landlock();
	assert_int_equal(as_worker(child_write_named), 0);
	assert_int_equal(as_worker(child_write_other), EACCES);
	assert_int_equal(as_worker(child_read_other), EACCES);
	assert_int_equal(as_worker(child_read_named), EACCES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_worker_speaks_and_keeps_to_its_folder),
	};

	log_init("confine_test", LOG_LEVEL_ERROR);
	return cmocka_run_group_tests(tests, child_make_folders, child_remove_folders);
}
