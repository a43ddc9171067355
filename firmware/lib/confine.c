/* confine.c: the process's own flags, and Landlock by its system calls (glibc has no wrappers). The filter of system calls
 * is in confine_filter.c. */
#include "lib/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/confine_priv.h"
#include "lib/log.h"

/* Newer than Debian 12's header; the kernel says by its ABI number whether it knows them. */
#define FS_REFER (1ULL << 13)
#define FS_TRUNCATE (1ULL << 14)
#define FS_IOCTL_DEV (1ULL << 15)
enum { ABI_REFER = 2, ABI_TRUNCATE = 3, ABI_IOCTL_DEV = 5, ABI_SCOPE = 6 };
enum { SCOPE_ABSTRACT_UNIX_SOCKET = 1, SCOPE_SIGNAL = 2 };

struct ruleset_attr { uint64_t handled_access_fs, handled_access_net, scoped; };

#define FS_READ (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define FS_CHANGE (LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_REMOVE_FILE | \
	LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_REMOVE_DIR | FS_TRUNCATE)
/* What can be asked of something that is not a folder. */
#define FS_OF_FILES (LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_READ_FILE | \
	FS_TRUNCATE | FS_IOCTL_DEV)
#define FS_ALL ((FS_IOCTL_DEV << 1) - 1)

/* Read by libc and libcrypto in any program. */
static const struct confine_path everywhere[] = {
	{ "/dev/urandom", CONFINE_READ }, { "/dev/null", CONFINE_DEVICE }, { "/etc/localtime", CONFINE_READ },
	{ "/usr/share/zoneinfo", CONFINE_READ }, { "/sys/devices/system/cpu", CONFINE_READ },
};

static const uint64_t rights_of[] = {
	[CONFINE_READ] = FS_READ,
	[CONFINE_WRITE] = FS_READ | FS_CHANGE,
	[CONFINE_SOCKETS] = LANDLOCK_ACCESS_FS_READ_DIR | LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_REMOVE_FILE,
	[CONFINE_DEVICE] = FS_READ | LANDLOCK_ACCESS_FS_WRITE_FILE | FS_IOCTL_DEV,
	[CONFINE_RUN] = FS_READ | LANDLOCK_ACCESS_FS_EXECUTE,
};

void confine_allow(struct confine_paths *p, const char *path, enum confine_access access)
{
	if (path == NULL || path[0] == '\0')
		return;
	if (p->count == CONFINE_PATHS_MAX) {
		p->too_many = true;
		return;
	}
	p->at[p->count++] = (struct confine_path){ path, access };
}

static int refused(const char *what)
{
	log_error("confine_refused", "what=%s error=\"%s\"", what, strerror(errno));
	return ERR_IO;
}

/* 0 when the kernel has no Landlock, or has it switched off. */
static int landlock_abi(void)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);

	return abi > 0 ? (int)abi : 0;
}

static uint64_t handled_by(int abi)
{
	uint64_t all = FS_ALL;

	if (abi < ABI_REFER)
		all &= ~FS_REFER;
	if (abi < ABI_TRUNCATE)
		all &= ~FS_TRUNCATE;
	if (abi < ABI_IOCTL_DEV)
		all &= ~FS_IOCTL_DEV;
	return all;
}

static int add_rule(int ruleset, uint64_t handled, const struct confine_path *p)
{
	struct landlock_path_beneath_attr rule = { .allowed_access = rights_of[p->access] & handled };
	struct stat st;
	int e = 0;

	rule.parent_fd = open(p->path, O_PATH | O_CLOEXEC);
	if (rule.parent_fd < 0) {
		log_debug("confine_path_absent", "path=%s error=\"%s\"", p->path, strerror(errno));
		return 0;
	}
	if (fstat(rule.parent_fd, &st) == 0 && !S_ISDIR(st.st_mode))
		rule.allowed_access &= FS_OF_FILES;
	if (rule.allowed_access != 0 && syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) != 0)
		e = refused(p->path);
	close(rule.parent_fd);
	return e;
}

static int add_rules(int ruleset, uint64_t handled, enum confine_program program, const struct confine_paths *paths)
{
	static const struct confine_path everything = { "/", CONFINE_RUN };
	int e = CONFINE_LENIENT ? add_rule(ruleset, handled, &everything) : 0;

	for (size_t i = 0; e == 0 && i < ARRAY_LEN(everywhere); i++)
		e = add_rule(ruleset, handled, &everywhere[i]);
	for (const struct confine_path *p = confine_system_paths(program); e == 0 && p->path != NULL; p++)
		e = add_rule(ruleset, handled, p);
	for (size_t i = 0; e == 0 && i < paths->count; i++)
		e = add_rule(ruleset, handled, &paths->at[i]);
	return e;
}

static int confine_files(enum confine_program program, const struct confine_paths *paths)
{
	int abi = landlock_abi(), ruleset, e;
	const struct ruleset_attr attr = {
		.handled_access_fs = handled_by(abi), .scoped = SCOPE_ABSTRACT_UNIX_SOCKET | SCOPE_SIGNAL,
	};

	if (abi == 0) {
		log_warn("confine_no_landlock", "error=\"%s\"", strerror(errno));
		return 0;
	}
	/* An older kernel takes a struct that ends before what it does not know. */
	ruleset = (int)syscall(SYS_landlock_create_ruleset, &attr, abi >= ABI_SCOPE ? sizeof(attr) : sizeof(uint64_t), 0);
	if (ruleset < 0)
		return refused("landlock_create_ruleset");
	e = add_rules(ruleset, attr.handled_access_fs, program, paths);
	if (e == 0 && syscall(SYS_landlock_restrict_self, ruleset, 0) != 0)
		e = refused("landlock_restrict_self");
	close(ruleset);
	return e;
}

static int confine_process(void)
{
	const struct rlimit no_core = { 0, 0 };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return refused("no_new_privs");
	if (setrlimit(RLIMIT_CORE, &no_core) != 0)
		return refused("core");
	/* Nobody of the same user may trace it or read its memory either. */
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
		return refused("dumpable");
	return 0;
}

int confine_self(enum confine_program program, const struct confine_paths *paths)
{
	int e;

	if (paths->too_many) {
		log_error("confine_refused", "what=paths most=%d", CONFINE_PATHS_MAX);
		return ERR_TOO_LONG;
	}
	if (CONFINE_LENIENT)
		log_warn("confine_lenient", "role=%s why=sanitizer", confine_program_name(program));
	e = confine_process();
	if (e == 0)
		e = confine_files(program, paths);
	if (e == 0)
		log_info("confined", "role=%s landlock=%d", confine_program_name(program), landlock_abi());
	if (e == 0 && !CONFINE_LENIENT)
		e = confine_filter(program);
	return e;
}

int confine_speech_worker(const char *folder)
{
	struct confine_paths paths = { 0 };

	confine_allow(&paths, folder, CONFINE_WRITE);
	return confine_self(CONFINE_SPEECH, &paths);
}
