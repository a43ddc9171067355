/* confine_priv.h: between confine.c (process and files) and confine_filter.c (system calls). */
#ifndef LIB_CONFINE_PRIV_H
#define LIB_CONFINE_PRIV_H

#include "lib/confine.h"

#ifndef __has_feature
#define __has_feature(x) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || __has_feature(address_sanitizer) || \
	__has_feature(thread_sanitizer)
#define CONFINE_LENIENT 1
#else
#define CONFINE_LENIENT 0
#endif

/* Installs the program's filter for all threads. */
int confine_filter(enum confine_program program) MUST_CHECK;
/* What the program's libraries read by themselves, whatever the configuration: ends with a NULL path. */
const struct confine_path *confine_system_paths(enum confine_program program);
const char *confine_program_name(enum confine_program program);

#endif
