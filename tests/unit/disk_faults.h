/* disk_faults.h: kill -9 and a disk that refuses, at a chosen call by which files are written. A test that includes it has these calls pass through
 * here, for a program's own come before the C library's. */
#ifndef TESTS_DISK_FAULTS_H
#define TESTS_DISK_FAULTS_H

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { HALF = 700 };
/* HALFWAY: half of an appending write is on the disk; other calls as BEFORE, for a write in place within a page is whole or not there. REFUSE: this
 * call alone; FROM: this one and all after it; BAD_BLOCK_FROM: writes in place and what forces data to the disk, while the rest goes on; UNSYNCED_FROM: fsync alone. */
enum fault { NONE, DIE_BEFORE, DIE_AFTER, DIE_HALFWAY, REFUSE_FULL, REFUSE_BROKEN, FULL_FROM, BROKEN_FROM, BAD_BLOCK_FROM, UNSYNCED_FROM };
static struct { enum fault fault; int at, seen; } plan;

static void plan_fault(enum fault fault, int at)
{
	plan.fault = fault;
	plan.at = at;
	plan.seen = 0;
}

static void die(void)
{
	syscall(SYS_kill, syscall(SYS_getpid), SIGKILL);
}

/* Is it this call's turn? */
static bool meets(void)
{
	if (plan.fault == NONE)
		return false;
	plan.seen++;
	return plan.fault >= FULL_FROM ? plan.seen >= plan.at : plan.seen == plan.at;
}

static bool refuses(void)
{
	return plan.fault >= REFUSE_FULL;
}

static int refused(void)
{
	errno = plan.fault == REFUSE_FULL || plan.fault == FULL_FROM ? ENOSPC : EIO;
	return -1;
}

/* Which of those that refuse some calls alone refuses this kind. */
enum kind { A_NAME, IN_PLACE, A_SYNC };
static bool concerns(enum kind k)
{
	return plan.fault == BAD_BLOCK_FROM ? k == IN_PLACE : plan.fault != UNSYNCED_FROM || k == A_SYNC;
}

/* What a call does around itself. */
#define THROUGH(CALL, kind) do { \
		bool now = meets() && concerns(kind); \
		long n; \
		if (now && (plan.fault == DIE_BEFORE || plan.fault == DIE_HALFWAY)) \
			die(); \
		if (now && refuses()) \
			return refused(); \
		n = (CALL); \
		if (now) \
			die(); \
		return (int)n; \
	} while (0)

int fsync(int fd) { THROUGH(syscall(SYS_fsync, fd), A_SYNC); }
int fdatasync(int fd) { THROUGH(syscall(SYS_fdatasync, fd), IN_PLACE); }
int ftruncate(int fd, off_t len) { THROUGH(syscall(SYS_ftruncate, fd, len), A_NAME); }
int rename(const char *from, const char *to) { THROUGH(syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0), A_NAME); }
int link(const char *from, const char *to) { THROUGH(syscall(SYS_linkat, AT_FDCWD, from, AT_FDCWD, to, 0), A_NAME); }
int unlink(const char *path) { THROUGH(syscall(SYS_unlinkat, AT_FDCWD, path, 0), A_NAME); }
ssize_t pwrite(int fd, const void *data, size_t len, off_t at) { THROUGH(syscall(SYS_pwrite64, fd, data, len, at), IN_PLACE); }

ssize_t write(int fd, const void *data, size_t len)
{
	if (plan.fault != NONE && fd <= STDERR_FILENO)
		return syscall(SYS_write, fd, data, len);
	if (plan.fault == DIE_HALFWAY && meets()) {
		syscall(SYS_write, fd, data, len < HALF ? len / 2 : HALF);
		die();
	}
	if (plan.fault == DIE_HALFWAY)
		return syscall(SYS_write, fd, data, len);
	THROUGH(syscall(SYS_write, fd, data, len), A_NAME);
}

#endif
