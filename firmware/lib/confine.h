/* confine.h: a program gives up, at start-up and for good, what it does not need: new privileges, core dumps, being traced,
 * files that it did not name (Landlock) and system calls outside its role (libseccomp). It holds on a developer's machine
 * as on the appliance, where the systemd units add their own.
 * Not a substitute for users of their own: what two programs of one user may both write stays shared.
 *
 *   struct confine_paths paths = { 0 };
 *   confine_allow(&paths, run_dir, CONFINE_SOCKETS);
 *   if (confine_self(CONFINE_APID, &paths) < 0) ...
 *
 * A system call outside the role kills the whole process (SIGSYS; the kernel's audit log names the call): a refusal would
 * leave whoever took the program over free to try the next. Calls that libraries only probe for answer ENOSYS.
 * A kernel without Landlock or without seccomp is logged (confine_no_landlock, confine_no_filter) and the program goes on.
 * In a build with AddressSanitizer or ThreadSanitizer the filter is off and Landlock leaves reading free, for their report
 * at the end needs both; the log says confine_lenient. */
#ifndef LIB_CONFINE_H
#define LIB_CONFINE_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/err.h"

/* What each may do stands in one table in confine_filter.c. */
enum confine_program {
	CONFINE_TRUNKD, CONFINE_KEYSTORED, CONFINE_KEYSTORED_TOKEN /* with a PKCS#11 module inside */, CONFINE_ARSD, CONFINE_UPLINKD,
	CONFINE_APID, CONFINE_SPEECH,
};

enum confine_access {
	CONFINE_READ,      /* a file, or a folder with all below it */
	CONFINE_WRITE,     /* as READ, and make, change, rename and remove files */
	CONFINE_SOCKETS,   /* a folder: bind and remove unix sockets in it; connecting needs no right */
	CONFINE_DEVICE,    /* read, write and ioctl */
	CONFINE_RUN,       /* as READ, and execute */
};

enum { CONFINE_PATHS_MAX = 96 };

/* Borrows the paths until confine_self() is done. */
struct confine_paths {
	size_t count;
	bool too_many;
	struct confine_path { const char *path; enum confine_access access; } at[CONFINE_PATHS_MAX];
};

/* NULL and "" are settings that were left empty, and add nothing. A path must exist by the time of confine_self(), or it
 * stays out of reach. A file is known by itself, not by its name: one that is replaced afterwards needs a restart. */
void confine_allow(struct confine_paths *p, const char *path, enum confine_access access);

/* Confines the calling process and all that it will start. To be called with one thread, after the configuration is read
 * and real-time priority is taken; by keystored after its listeners are open. What is open stays open.
 * ERR_TOO_LONG: more than CONFINE_PATHS_MAX paths. ERR_IO: the kernel has a means and refuses it; it is logged, and the
 * caller must not go on. */
int confine_self(enum confine_program program, const struct confine_paths *paths) MUST_CHECK;

/* For the process that runs espeak-ng and sox: it and they have no network, write below folder alone, and may execute
 * what is installed below /usr. Programs of others are refused (EPERM), not killed, when they ask for more. */
int confine_speech_worker(const char *folder) MUST_CHECK;

#endif
