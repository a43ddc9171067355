/* confine_child.h: a child that confines itself to folders, and what it may be tried with. It reports by its end: killed by SIGSYS,
 * or the errno of what was refused, or 0. */
#ifndef TESTS_CONFINE_CHILD_H
#define TESTS_CONFINE_CHILD_H

#include <stdbool.h>
#include <sys/types.h>

#include "lib/confine.h"
#include "lib/confine_priv.h"

enum { NOT_CONFINED = 250, KILLED = 1000, TIME_LIMIT_S = 60 };

/* The folders that it names for reading, for writing and for sockets, and one that it does not name. Each has a "file". */
extern struct child_folder { char root[64], read[96], write[96], sockets[96], other[96]; } child_folder;
int child_make_folders(void **state);
int child_remove_folders(void **state);

static const enum confine_program child_programs[] = {
	CONFINE_TRUNKD, CONFINE_KEYSTORED, CONFINE_KEYSTORED_TOKEN, CONFINE_ARSD, CONFINE_UPLINKD, CONFINE_APID,
};

/* As confine_self() to the folders. */
int child_confine(enum confine_program program);
/* How it ended: its status, or KILLED + signal. */
int child_wait(pid_t pid);
/* Runs body confined; how that ended. */
int child_confined(enum confine_program program, int (*body)(void));

/* Skip the test where the machine or the build has not what it needs. */
void child_need(bool there, const char *why_not);
void child_need_landlock(void);
void child_need_strictness(void);

/* ---- what more than one is tried with; 0 or the errno ---- */
int child_errno_if(bool failed);
int child_try_open(const char *in, const char *file, int flags);
int child_read_named(void);
int child_write_named(void);
int child_read_other(void);
int child_write_other(void);
int child_ptrace(void);
int child_socket_unix(void);
int child_socket_inet(void);
int child_namespace(void);

#endif
