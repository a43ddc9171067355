/* preload.c: what tests/fault puts under a program that was built for the appliance (LD_PRELOAD), so that faults fall on the
 * very instant that is meant: a gate at a chosen commit, a disk that refuses, a clock that is moved, an answer that comes
 * twice, a name server that is silent. The program itself knows of none of this, and has no such code.
 *
 * Everything is asked for through one page of shared memory, a file named by CALLKEY_FAULT_PAGE (support/preload.py has the
 * other side of the struct). It is mapped before the program confines itself; without it nothing is changed. Used are only
 * system calls that every program of the appliance may make anyway. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

/* Where a process stands at a gate. */
enum point {
	POINT_BEFORE,             /* nothing of the turn is stored, nothing has left */
	POINT_SYNCING,            /* written to the log, not forced to the disk */
	POINT_STORED,             /* stored, nothing has left */
	POINT_SENT,               /* stored, and what the turn sent has left */
};

/* All of it is little-endian and at fixed places: "<IIIIIIIIqqQI". */
struct page {
	_Atomic uint32_t armed;       /* the gate's number; 0: none. A gate is met once */
	_Atomic uint32_t commits;     /* so many more commits that change something pass first */
	_Atomic uint32_t point;       /* enum point */
	_Atomic uint32_t held;        /* the number of the gate somebody stands at */
	_Atomic uint32_t open;        /* the number of the gate that lets them go on */
	_Atomic uint32_t refusal;     /* errno of writes to files; 0: the disk is well */
	_Atomic uint32_t twice;       /* frames of this type on SEQPACKET sockets are sent twice; 0: none */
	_Atomic uint32_t planted;     /* the bug: what a turn sends leaves before the turn is stored */
	_Atomic int64_t room;         /* so many octets are still written before the refusal */
	_Atomic int64_t clock_ns;     /* added to the time of day */
	_Atomic uint64_t seen;        /* commits that changed something, since the page was made */
	_Atomic uint32_t unsynced;    /* errno of fsync on folders; 0: the disk is well */
};

/* Of sqlite3.h, whose only user is firmware/store. */
enum { STEP_DONE = 101 };
typedef int (*step_fn)(void *stmt);

static struct page *page;
static struct {
	step_fn step;
	const char *(*sql)(void *stmt);
	void *(*handle)(void *stmt);
	int (*changes)(void *db);
	int (*execute)(void *db, const char *sql, void *fn, void *context, char **why);
	int (*fdatasync)(int fd);
	int (*fsync)(int fd);
	ssize_t (*pwrite)(int fd, const void *p, size_t len, off_t at);
	ssize_t (*write)(int fd, const void *p, size_t len);
	int (*ftruncate)(int fd, off_t len);
	ssize_t (*send)(int fd, const void *p, size_t len, int flags);
	int (*epoll_wait)(int fd, struct epoll_event *e, int max, int ms);
	int (*getaddrinfo)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
	int (*clock_gettime)(clockid_t id, struct timespec *t);
} real;

static _Thread_local bool in_commit;     /* the store's own thread syncs the disk beside it */
static bool making_up, gate_here, sent_next;
static void *unstored;            /* the planted bug's: a transaction that was said to be committed */
static int last_changes;

static void find(void *at, const char *name)
{
	void *p = dlsym(RTLD_NEXT, name);

	memcpy(at, &p, sizeof(p));
}

__attribute__((constructor)) static void begin(void)
{
	const char *path = getenv("CALLKEY_FAULT_PAGE");
	int fd;

	find(&real.step, "sqlite3_step");
	find(&real.sql, "sqlite3_sql");
	find(&real.handle, "sqlite3_db_handle");
	find(&real.changes, "sqlite3_total_changes");
	find(&real.execute, "sqlite3_exec");
	find(&real.fdatasync, "fdatasync");
	find(&real.fsync, "fsync");
	find(&real.pwrite, "pwrite64");
	find(&real.write, "write");
	find(&real.ftruncate, "ftruncate64");
	find(&real.send, "send");
	find(&real.epoll_wait, "epoll_wait");
	find(&real.getaddrinfo, "getaddrinfo");
	find(&real.clock_gettime, "clock_gettime");
	fd = path != NULL ? open(path, O_RDWR | O_CLOEXEC) : -1;
	if (fd < 0)
		return;
	page = mmap(NULL, sizeof(*page), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (page == MAP_FAILED)
		page = NULL;
}

/* ---- the gate ---- */

/* Until the test opens it, or kills who stands here. */
static void stand(enum point p)
{
	const struct timespec nap = { 0, 200000 };
	uint32_t number = atomic_load(&page->armed);

	if (!gate_here || atomic_load(&page->point) != (uint32_t)p)
		return;
	gate_here = false;
	atomic_store(&page->held, number);
	while (atomic_load(&page->open) != number)
		nanosleep(&nap, NULL);
}

/* A COMMIT of a transaction that changed rows. */
static bool is_commit(void *stmt)
{
	const char *sql = page != NULL && real.sql != NULL ? real.sql(stmt) : NULL;
	int changes;

	if (sql == NULL || strcmp(sql, "COMMIT") != 0)
		return false;
	changes = real.changes(real.handle(stmt));
	if (changes == last_changes)
		return false;
	last_changes = changes;
	return true;
}

static void count_down(void)
{
	uint32_t left, number = atomic_load(&page->armed);

	atomic_fetch_add(&page->seen, 1);
	if (number == 0 || number == atomic_load(&page->held))
		return;
	left = atomic_load(&page->commits);
	if (left == 0)
		gate_here = true;
	else
		atomic_store(&page->commits, left - 1);
}

int sqlite3_step(void *stmt);
int sqlite3_step(void *stmt)
{
	int code;

	if (making_up || !is_commit(stmt))
		return real.step(stmt);
	count_down();
	stand(POINT_BEFORE);
	if (atomic_load(&page->planted) != 0) {
		unstored = real.handle(stmt);
		return STEP_DONE;
	}
	in_commit = true;
	code = real.step(stmt);
	in_commit = false;
	if (code == STEP_DONE)
		stand(POINT_STORED);
	sent_next = gate_here;
	return code;
}

int fdatasync(int fd)
{
	if (page != NULL && in_commit)
		stand(POINT_SYNCING);
	if (page != NULL && atomic_load(&page->refusal) != 0 && atomic_load(&page->room) <= 0) {
		errno = EIO;
		return -1;
	}
	return real.fdatasync(fd);
}

int fsync(int fd)
{
	int refusal = page != NULL ? (int)atomic_load(&page->unsynced) : 0;
	struct stat s;

	if (refusal == 0 || fstat(fd, &s) != 0 || !S_ISDIR(s.st_mode))
		return real.fsync(fd);
	errno = refusal;
	return -1;
}

/* Where a turn is over and its frames have left, the program waits for what comes next. */
int epoll_wait(int fd, struct epoll_event *events, int max, int ms)
{
	if (unstored != NULL) {
		void *db = unstored;

		unstored = NULL;
		stand(POINT_SYNCING);
		making_up = true;
		real.execute(db, "COMMIT", NULL, NULL, NULL);
		making_up = false;
		stand(POINT_STORED);
	}
	if (sent_next || gate_here) {
		sent_next = false;
		stand(POINT_SENT);
	}
	return real.epoll_wait(fd, events, max, ms);
}

/* ---- the disk ---- */

/* Files alone: not sockets, nor the log, which is another disk's. How much of it is written: all, a part, or -1 with errno. */
static ssize_t allowed(int fd, size_t len)
{
	int refusal = page != NULL ? (int)atomic_load(&page->refusal) : 0;
	struct stat s;
	int64_t room;

	if (refusal == 0 || fd == STDERR_FILENO || fstat(fd, &s) != 0 || !S_ISREG(s.st_mode))
		return (ssize_t)len;
	room = atomic_fetch_sub(&page->room, (int64_t)len);
	if (room >= (int64_t)len)
		return (ssize_t)len;
	if (room > 0 && refusal == ENOSPC)
		return (ssize_t)room;
	errno = refusal;
	return -1;
}

ssize_t pwrite64(int fd, const void *p, size_t len, off_t at)
{
	ssize_t n = allowed(fd, len);

	return n < 0 ? n : real.pwrite(fd, p, (size_t)n, at);
}

ssize_t pwrite(int fd, const void *p, size_t len, off_t at)
{
	return pwrite64(fd, p, len, at);
}

ssize_t write(int fd, const void *p, size_t len)
{
	ssize_t n = allowed(fd, len);

	return n < 0 ? n : real.write(fd, p, (size_t)n);
}

int ftruncate64(int fd, off_t len)
{
	return allowed(fd, 1) < 0 ? -1 : real.ftruncate(fd, len);
}

int ftruncate(int fd, off_t len)
{
	return ftruncate64(fd, len);
}

/* ---- answers ---- */

static bool is_packet(int fd)
{
	int type = 0;
	socklen_t len = sizeof(type);

	return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0 && type == SOCK_SEQPACKET;
}

ssize_t send(int fd, const void *p, size_t len, int flags)
{
	uint32_t twice = page != NULL ? atomic_load(&page->twice) : 0;
	const uint8_t *frame = p;
	ssize_t n = real.send(fd, p, len, flags);

	if (twice != 0 && n == (ssize_t)len && len > 2 && (uint32_t)(frame[0] | frame[1] << 8) == twice && is_packet(fd))
		(void)!real.send(fd, p, len, flags);
	return n;
}

/* ---- the clock ---- */

int clock_gettime(clockid_t id, struct timespec *t)
{
	int64_t moved = page != NULL ? atomic_load(&page->clock_ns) : 0, ns;
	int e = real.clock_gettime != NULL ? real.clock_gettime(id, t) : -1;

	if (e != 0 || moved == 0 || (id != CLOCK_REALTIME && id != CLOCK_REALTIME_COARSE))
		return e;
	ns = (int64_t)t->tv_sec * 1000000000 + t->tv_nsec + moved;
	t->tv_sec = (time_t)(ns / 1000000000);
	t->tv_nsec = (long)(ns % 1000000000);
	return 0;
}

int gettimeofday(struct timeval *restrict tv, void *restrict zone)
{
	struct timespec t;

	(void)zone;
	if (clock_gettime(CLOCK_REALTIME, &t) != 0)
		return -1;
	tv->tv_sec = t.tv_sec;
	tv->tv_usec = t.tv_nsec / 1000;
	return 0;
}

time_t time(time_t *out)
{
	struct timespec t = { 0 };

	(void)!clock_gettime(CLOCK_REALTIME, &t);
	if (out != NULL)
		*out = t.tv_sec;
	return t.tv_sec;
}

/* ---- name servers ---- */

/* Those of silent.invalid take as long as a resolver waits for servers that do not answer. */
int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **found)
{
	static const char silent[] = ".silent.invalid";
	enum { SILENT_S = 30 };
	size_t len = name != NULL ? strlen(name) : 0;

	if (len >= sizeof(silent) && strcmp(name + len - (sizeof(silent) - 1), silent) == 0) {
		sleep(SILENT_S);
		return EAI_AGAIN;
	}
	return real.getaddrinfo(name, service, hints, found);
}
