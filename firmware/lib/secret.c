#include "lib/secret.h"

#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

void secret_wipe(void *p, size_t len)
{
	explicit_bzero(p, len);
}

static size_t pages_len(size_t size)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	return (size + page - 1) / page * page;
}

int secret_alloc(size_t size, void **p)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), len = pages_len(size);
	uint8_t *base = mmap(NULL, len + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint8_t *body;

	if (base == MAP_FAILED)
		return ERR_NOMEM;
	body = base + page;
	if (mprotect(body, len, PROT_READ | PROT_WRITE) != 0 || mlock(body, len) != 0 ||
	    madvise(body, len, MADV_DONTDUMP) != 0 || madvise(body, len, MADV_WIPEONFORK) != 0) {
		munmap(base, len + 2 * page);
		return ERR_NOMEM;
	}
	*p = body;
	return 0;
}

void secret_free(void **p, size_t size)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), len = pages_len(size);

	if (*p == NULL)
		return;
	secret_wipe(*p, len);
	munmap((uint8_t *)*p - page, len + 2 * page);
	*p = NULL;
}

int secret_equal(const void *a, const void *b, size_t len)
{
	const volatile uint8_t *x = a, *y = b;
	uint8_t diff = 0;

	for (size_t i = 0; i < len; i++)
		diff |= x[i] ^ y[i];
	return diff == 0;
}
