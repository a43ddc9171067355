/* dahdi_sys.h: the system calls that DAHDI is spoken to with, behind a table, so that tests put a kernel of their own in
 * their place and make it fail. All results are those of the system calls: -1 and errno. Only for drivers-glue. */
#ifndef GLUE_DAHDI_SYS_H
#define GLUE_DAHDI_SYS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum { DAHDI_SYS_FDS_MAX = 32 };

struct dahdi_sys {
	int (*open)(const char *path);                /* read, write, never blocking */
	int (*close)(int fd);
	ssize_t (*read)(int fd, void *buf, size_t len);
	ssize_t (*write)(int fd, const void *buf, size_t len);
	int (*ioctl)(int fd, unsigned long request, void *argument);
	bool (*readable)(int fd);                     /* now, without waiting */
	/* The first of at most DAHDI_SYS_FDS_MAX, as an index, that has nothing to read, nor an error; -1: none of them. */
	int (*without_data)(const int *fds, int n);
	ssize_t (*slurp)(const char *path, char *buf, size_t size);   /* the beginning of a file, or -1 */
};

/* The real kernel's, unless a test has set another before its first trunk_open(). */
extern const struct dahdi_sys *dahdi_sys;

#endif
