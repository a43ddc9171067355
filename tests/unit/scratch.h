/* scratch.h: where a test puts files and sockets: below TMPDIR, which tests/run makes for each binary alone, and wants empty at its end. */
#ifndef UNIT_SCRATCH_H
#define UNIT_SCRATCH_H

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/attr.h"

/**
 * @brief A path below TMPDIR (below /tmp, if there is none), e.g. for mkdtemp().
 * @param format of the name, as printf()'s
 *
 * Ends the test where there is no room: a path that is cut off would be another's.
 */
PRINTF_LIKE(3, 4) static inline void scratch_path(char *out, size_t size, const char *format, ...)
{
	const char *folder = getenv("TMPDIR");
	char name[64];
	va_list args;
	int len, end;

	if (folder == NULL || folder[0] == '\0')
		folder = "/tmp";
	va_start(args, format);
	len = vsnprintf(name, sizeof(name), format, args);
	va_end(args);
	end = snprintf(out, size, "%s/%s", folder, name);
	if (len < 0 || (size_t)len >= sizeof(name) || end < 0 || (size_t)end >= size) {
		fprintf(stderr, "no room for the path %s/%s\n", folder, name);
		abort();
	}
}

#endif
