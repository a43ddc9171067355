#include "uplinkd/secret_file.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "lib/secret.h"

int secret_file_read(const char *path, char *out, size_t size)
{
	char text[512];
	int fd = open(path, O_RDONLY | O_CLOEXEC), e = 0;
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text));

	if (fd >= 0)
		close(fd);
	if (n < 0)
		return ERR_IO;
	while (n > 0 && (text[n - 1] == '\n' || text[n - 1] == '\r'))
		n--;
	if (n == 0)
		e = ERR_INVALID;
	else if ((size_t)n >= size)
		e = ERR_TOO_LONG;
	for (ssize_t i = 0; e == 0 && i < n; i++)
		if (text[i] < 0x20 || text[i] > 0x7e)
			e = ERR_INVALID;
	if (e == 0) {
		memcpy(out, text, (size_t)n);
		out[n] = '\0';
	}
	secret_wipe(text, sizeof(text));
	return e;
}
