/* confine_filter.c: which program may make which system calls. The only user of libseccomp. Groups are wide where a call
 * gives no power beyond what the process already holds (memory, time, its own descriptors): a library that takes another
 * path on a rare day must not cost a payment; they are narrow where a call reaches out. */
#include <errno.h>
#include <sched.h>
#include <seccomp.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/confine_priv.h"
#include "lib/log.h"

#define SYS(word) SCMP_SYS(word)

/* Ends of lists: libseccomp gives small negative numbers to calls that an architecture lacks. */
enum { LIST_END = INT32_MIN };

/* Itself: memory, threads, signals, time, descriptors that it already has, files within Landlock's rules for reading. */
static const int calls_plain[] = {
	SYS(brk), SYS(munmap), SYS(mremap), SYS(madvise), SYS(mincore), SYS(mlock), SYS(mlock2), SYS(munlock), SYS(msync),
	SYS(membarrier),
	SYS(futex), SYS(set_robust_list), SYS(get_robust_list), SYS(rseq), SYS(set_tid_address), SYS(arch_prctl),
	SYS(gettid), SYS(getpid), SYS(getppid), SYS(sched_yield), SYS(sched_getaffinity), SYS(sched_getparam),
	SYS(sched_getscheduler), SYS(sched_get_priority_max), SYS(sched_get_priority_min), SYS(exit), SYS(exit_group),
	SYS(restart_syscall), SYS(getcpu),
	SYS(rt_sigaction), SYS(rt_sigprocmask), SYS(rt_sigreturn), SYS(rt_sigtimedwait), SYS(rt_sigpending),
	SYS(rt_sigsuspend), SYS(sigaltstack), SYS(signalfd), SYS(signalfd4), SYS(pause), SYS(alarm), SYS(setitimer),
	SYS(getitimer),
	SYS(clock_gettime), SYS(clock_getres), SYS(clock_nanosleep), SYS(nanosleep), SYS(gettimeofday), SYS(time), SYS(times),
	SYS(timer_create), SYS(timer_settime), SYS(timer_gettime), SYS(timer_delete), SYS(timerfd_create),
	SYS(timerfd_settime), SYS(timerfd_gettime), SYS(getrusage), SYS(getrlimit), SYS(sysinfo), SYS(uname), SYS(getrandom),
	SYS(read), SYS(readv), SYS(pread64), SYS(preadv), SYS(preadv2), SYS(write), SYS(writev), SYS(pwrite64), SYS(pwritev),
	SYS(pwritev2), SYS(close), SYS(close_range), SYS(dup), SYS(dup2), SYS(dup3), SYS(fcntl), SYS(lseek), SYS(poll),
	SYS(ppoll), SYS(select), SYS(pselect6), SYS(epoll_create), SYS(epoll_create1), SYS(epoll_ctl), SYS(epoll_wait),
	SYS(epoll_pwait), SYS(epoll_pwait2), SYS(eventfd), SYS(eventfd2), SYS(pipe), SYS(pipe2), SYS(flock), SYS(umask),
	SYS(fstat), SYS(newfstatat), SYS(stat), SYS(lstat), SYS(statx), SYS(fstatfs), SYS(statfs), SYS(open), SYS(openat),
	SYS(access), SYS(faccessat), SYS(faccessat2), SYS(readlink), SYS(readlinkat), SYS(getdents), SYS(getdents64),
	SYS(getcwd), SYS(fadvise64), SYS(readahead),
	SYS(getuid), SYS(geteuid), SYS(getgid), SYS(getegid), SYS(getgroups), SYS(getresuid), SYS(getresgid), SYS(getsid),
	SYS(getpgrp), SYS(getpgid),
	LIST_END,
};
/* Messages on sockets that are there. */
static const int calls_talk[] = {
	SYS(sendto), SYS(sendmsg), SYS(sendmmsg), SYS(recvfrom), SYS(recvmsg), SYS(recvmmsg), SYS(shutdown),
	SYS(getsockopt), SYS(setsockopt), SYS(getsockname), SYS(getpeername),
	LIST_END,
};
static const int calls_take[] = { SYS(accept), SYS(accept4), LIST_END };
static const int calls_call[] = { SYS(connect), LIST_END };
/* bind() also where it only names an end of a datagram or netlink socket; without listen() nobody is let in. */
static const int calls_name[] = { SYS(bind), LIST_END };
/* With the names of the sockets in run_dir. */
static const int calls_serve[] = {
	SYS(listen), SYS(chmod), SYS(fchmodat), SYS(unlink), SYS(unlinkat),
	LIST_END,
};
/* A file that is replaced whole: written beside it, synced, linked, renamed; and a log whose last line failed. */
static const int calls_write[] = {
	SYS(ftruncate), SYS(fsync), SYS(fdatasync), SYS(rename), SYS(renameat), SYS(renameat2), SYS(link), SYS(linkat), SYS(unlink), SYS(unlinkat),
	LIST_END,
};
/* Files in state_dir, as SQLite and a careful writer need them. chown: SQLite under root gives its journal the owner of
 * the database. */
static const int calls_keep[] = {
	SYS(ftruncate), SYS(truncate), SYS(fallocate), SYS(fsync), SYS(fdatasync), SYS(sync_file_range), SYS(rename),
	SYS(renameat), SYS(renameat2), SYS(unlink), SYS(unlinkat), SYS(mkdir), SYS(mkdirat), SYS(rmdir), SYS(chmod),
	SYS(fchmod), SYS(fchmodat), SYS(fchown), SYS(utimensat),
	LIST_END,
};
/* Threads that keep time. */
static const int calls_realtime[] = {
	SYS(sched_setscheduler), SYS(sched_setparam), SYS(sched_setaffinity), SYS(mlockall), SYS(munlockall),
	LIST_END,
};
/* The type octet of DAHDI's requests (DAHDI_CODE in dahdi/user.h). A terminal on stderr has others, such as to type there. */
enum { IOCTLS_OF_DAHDI = 0xda };
/* To run programs of others and wait for them. */
static const int calls_run[] = {
	SYS(execve), SYS(fork), SYS(vfork), SYS(wait4), SYS(waitid), SYS(kill), SYS(tgkill), SYS(tkill), SYS(prctl),
	SYS(setrlimit), SYS(prlimit64), SYS(ioctl), SYS(mmap), SYS(mprotect), SYS(chdir), SYS(fchdir), SYS(setpgid),
	SYS(setsid), SYS(getpriority),
	LIST_END,
};
/* What glibc and others try first and can do without. clone3 hides its flags behind a pointer, where no filter sees them. */
static const int calls_probed[] = { SYS(clone3), SYS(openat2), SYS(futex_waitv), SYS(io_uring_setup), LIST_END };

/* One row a program. families: of sockets that it may make. */
static const struct role {
	const char *name;
	const int *groups[8];
	int families[5];
	struct confine_path system[12];
	unsigned ioctls;                         /* the type octet of requests to devices of its own; 0: it has none */
} roles[] = {
	[CONFINE_TRUNKD] = {
		"trunkd", { calls_plain, calls_talk, calls_take, calls_call, calls_name, calls_serve, calls_realtime }, { AF_UNIX },
		{ { "/dev/dahdi", CONFINE_DEVICE }, { "/proc/dahdi", CONFINE_READ } }, IOCTLS_OF_DAHDI,
	},
	/* Its listeners are open by now, and it calls nobody: no socket, no connect, no bind. It writes in keys_dir. */
	[CONFINE_KEYSTORED] = { "keystored", { calls_plain, calls_talk, calls_take, calls_write }, { 0 }, { { NULL, 0 } }, 0 },
	/* A module keeps its token in files of its own folder. No socket either: what reaches a device by network is none of ours. */
	[CONFINE_KEYSTORED_TOKEN] = {
		"keystored", { calls_plain, calls_talk, calls_take, calls_write, calls_keep }, { 0 }, { { NULL, 0 } }, 0,
	},
	[CONFINE_ARSD] = {
		"arsd", { calls_plain, calls_talk, calls_take, calls_call, calls_name, calls_serve, calls_keep }, { AF_UNIX },
		{ { NULL, 0 } }, 0,
	},
	/* Names are resolved by glibc: its settings, and libnss_*.so at the first name. /etc as a whole, because resolv.conf
	 * and the bundle of CAs are replaced by new files while it runs. */
	[CONFINE_UPLINKD] = {
		"uplinkd", { calls_plain, calls_talk, calls_call, calls_name }, { AF_UNIX, AF_INET, AF_INET6, AF_NETLINK },
		{ { "/etc", CONFINE_READ }, { "/run/systemd/resolve", CONFINE_READ }, { "/usr/lib", CONFINE_RUN },
		  { "/lib", CONFINE_RUN }, { "/usr/share/ca-certificates", CONFINE_READ },
		  { "/usr/local/share/ca-certificates", CONFINE_READ } },
		0,
	},
	[CONFINE_APID] = {
		"apid", { calls_plain, calls_talk, calls_take, calls_call, calls_name, calls_serve }, { AF_UNIX }, { { NULL, 0 } },
		0,
	},
	[CONFINE_SPEECH] = {
		"speech", { calls_plain, calls_talk, calls_keep, calls_run }, { 0 },
		{ { "/usr", CONFINE_RUN }, { "/bin", CONFINE_RUN }, { "/lib", CONFINE_RUN }, { "/lib64", CONFINE_RUN },
		  { "/etc", CONFINE_READ }, { "/dev/null", CONFINE_DEVICE }, { "/proc", CONFINE_READ } },
		0,
	},
};

const struct confine_path *confine_system_paths(enum confine_program program)
{
	return roles[program].system;
}

const char *confine_program_name(enum confine_program program)
{
	return roles[program].name;
}

/* ---- rules ---- */

static int allow(scmp_filter_ctx f, int call)
{
	return seccomp_rule_add(f, SCMP_ACT_ALLOW, call, 0);
}

static int allow_if(scmp_filter_ctx f, int call, struct scmp_arg_cmp arg)
{
	return seccomp_rule_add(f, SCMP_ACT_ALLOW, call, 1, arg);
}

static int allow_list(scmp_filter_ctx f, const int *calls)
{
	int r = 0;

	for (; r == 0 && *calls != LIST_END; calls++)
		r = allow(f, *calls);
	return r;
}

static int refuse_list(scmp_filter_ctx f, const int *calls)
{
	int r = 0;

	for (; r == 0 && *calls != LIST_END; calls++)
		r = seccomp_rule_add(f, SCMP_ACT_ERRNO(ENOSYS), *calls, 0);
	return r;
}

/* No page that is written and then run: memory is mapped writable or executable, and never becomes executable later. */
static int allow_memory(scmp_filter_ctx f)
{
	const uint64_t both = PROT_WRITE | PROT_EXEC;
	int r = allow_if(f, SYS(mmap), SCMP_A2(SCMP_CMP_MASKED_EQ, both, 0));

	if (r == 0)
		r = allow_if(f, SYS(mmap), SCMP_A2(SCMP_CMP_MASKED_EQ, both, PROT_WRITE));
	if (r == 0)
		r = allow_if(f, SYS(mmap), SCMP_A2(SCMP_CMP_MASKED_EQ, both, PROT_EXEC));
	if (r == 0)
		r = allow_if(f, SYS(mprotect), SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	return r;
}

/* Threads, but no processes; signals to itself alone; names of threads; a terminal or not, and how much can be read. */
static int allow_itself(scmp_filter_ctx f)
{
	static const int options[] = { PR_SET_NAME, PR_GET_NAME, PR_GET_DUMPABLE, PR_SET_TIMERSLACK };
	static const int requests[] = { TCGETS, FIONREAD, FIONBIO, FIOCLEX };
	int r = allow_if(f, SYS(clone), SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD));

	if (r == 0)
		r = allow_if(f, SYS(tgkill), SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid()));
	if (r == 0)
		r = allow_if(f, SYS(prlimit64), SCMP_A0(SCMP_CMP_EQ, 0));
	for (size_t i = 0; r == 0 && i < ARRAY_LEN(options); i++)
		r = allow_if(f, SYS(prctl), SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)options[i]));
	for (size_t i = 0; r == 0 && i < ARRAY_LEN(requests); i++)
		r = allow_if(f, SYS(ioctl), SCMP_A1(SCMP_CMP_EQ, (scmp_datum_t)requests[i]));
	return r == 0 ? allow_memory(f) : r;
}

/* Children, but no namespaces: a namespace of its own would give capabilities in it. */
static int allow_children(scmp_filter_ctx f)
{
	const uint64_t spaces = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID |
		CLONE_NEWNET;

	return allow_if(f, SYS(clone), SCMP_A0(SCMP_CMP_MASKED_EQ, spaces, 0));
}

static int allow_families(scmp_filter_ctx f, const int *families)
{
	int r = 0;

	for (; r == 0 && *families != 0; families++) {
		r = allow_if(f, SYS(socket), SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)*families));
		if (r == 0 && *families == AF_UNIX)
			r = allow_if(f, SYS(socketpair), SCMP_A0(SCMP_CMP_EQ, AF_UNIX));
	}
	return r;
}

/* A PKCS#11 module tells its errors by syslog(3), which makes do without: its datagram socket is refused, all others kill. */
static int refuse_syslog(scmp_filter_ctx f)
{
	return seccomp_rule_add(f, SCMP_ACT_ERRNO(EACCES), SYS(socket), 2, SCMP_A0(SCMP_CMP_EQ, AF_UNIX),
	                        SCMP_A1(SCMP_CMP_MASKED_EQ, ~(scmp_datum_t)(SOCK_CLOEXEC | SOCK_NONBLOCK), SOCK_DGRAM));
}

static int fill(scmp_filter_ctx f, const struct role *role, bool runs_others)
{
	int r = seccomp_attr_set(f, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);

	if (r == 0)
		r = seccomp_attr_set(f, SCMP_FLTATR_CTL_TSYNC, 1);
	if (r == 0)
		r = seccomp_attr_set(f, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	for (size_t i = 0; r == 0 && i < ARRAY_LEN(role->groups) && role->groups[i] != NULL; i++)
		r = allow_list(f, role->groups[i]);
	if (r == 0)
		r = allow_families(f, role->families);
	if (r == 0 && role->ioctls != 0)
		r = allow_if(f, SYS(ioctl), SCMP_A1(SCMP_CMP_MASKED_EQ, 0xff00, (scmp_datum_t)role->ioctls << 8));
	if (r == 0)
		r = runs_others ? allow_children(f) : allow_itself(f);
	return r == 0 ? refuse_list(f, calls_probed) : r;
}

int confine_filter(enum confine_program program)
{
	const bool runs_others = program == CONFINE_SPEECH;
	scmp_filter_ctx f = seccomp_init(runs_others ? SCMP_ACT_ERRNO(EPERM) : SCMP_ACT_KILL_PROCESS);
	int r;

	if (f == NULL)
		return ERR_NOMEM;
	r = fill(f, &roles[program], runs_others);
	if (r == 0 && program == CONFINE_KEYSTORED_TOKEN)
		r = refuse_syslog(f);
	if (r < 0) {
		log_error("confine_refused", "what=filter error=\"%s\"", strerror(-r));
		seccomp_release(f);
		return ERR_IO;
	}
	r = seccomp_load(f);
	seccomp_release(f);
	if (r < 0)                               /* a kernel, or a container, without filters */
		log_warn("confine_no_filter", "error=\"%s\"", strerror(-r));
	return 0;
}
