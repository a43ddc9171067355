/* disk.h: what makes a new name last. */
#ifndef LIB_DISK_H
#define LIB_DISK_H

#include "lib/err.h"

/* A file that was made, renamed or removed is so on the disk when its folder is. ERR_IO: errno says. */
int disk_sync_folder_of(const char *path) MUST_CHECK;

#endif
