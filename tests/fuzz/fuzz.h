/* fuzz.h: what the fuzzers share: a check that ends the run, and inputs as parts and as files. */
#ifndef TEST_FUZZ_H
#define TEST_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/attr.h"
#include "lib/log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

/* libconfig 1.5 loses a buffer when a text ends within a string, or has one that is refused: a program that refuses its
 * configuration ends anyway. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_options(void);
#define FUZZ_FORGIVES_LIBCONFIG \
	const char *__lsan_default_suppressions(void) { return "leak:strbuf_append\nleak:libconfig_yylex\n"; } \
	const char *__lsan_default_options(void) { return "print_suppressions=0"; }

#define FUZZ_CHECK(holds) do { if (!(holds)) { fprintf(stderr, "does not hold: %s\n", #holds); abort(); } } while (0)

/* A NUL-terminated copy of exact size, so that reading beyond it is seen. The caller frees it. */
UNUSED static char *fuzz_text(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	FUZZ_CHECK(text != NULL);
	memcpy(text, data, size);
	text[size] = '\0';
	return text;
}

/* A name by which the input can be opened as a file. */
UNUSED static const char *fuzz_file(const uint8_t *data, size_t size)
{
	static char path[32];
	static int fd = -1;

	if (fd < 0) {
		fd = memfd_create("input", MFD_CLOEXEC);
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	}
	FUZZ_CHECK(ftruncate(fd, 0) == 0 && pwrite(fd, data, size, 0) == (ssize_t)size);
	return path;
}

/* Takes the first octet; 0 when there is none. */
UNUSED static uint8_t fuzz_octet(const uint8_t **data, size_t *size)
{
	if (*size == 0)
		return 0;
	--*size;
	return *(*data)++;
}

/* Takes up to the next NUL as a text of its own. The caller frees it. */
UNUSED static char *fuzz_part(const uint8_t **data, size_t *size)
{
	const uint8_t *end = *size > 0 ? memchr(*data, 0, *size) : NULL;
	size_t len = end != NULL ? (size_t)(end - *data) : *size;
	char *text = fuzz_text(*data, len);

	len += end != NULL;
	*data += len;
	*size -= len;
	return text;
}

#endif
