#include "sandbox/world/files.h"

#include <stdio.h>
#include <string.h>

#include "lib/log.h"

int files_path(const char *dir, const char *name, char path[FILES_PATH_SIZE])
{
	return snprintf(path, FILES_PATH_SIZE, "%s/%s", dir, name) < FILES_PATH_SIZE ? 0 : ERR_TOO_LONG;
}

static int read_line(const char *path, char secret[FILES_SECRET_SIZE])
{
	FILE *f = fopen(path, "re");
	char *got;

	if (f == NULL)
		return ERR_IO;
	got = fgets(secret, FILES_SECRET_SIZE, f);
	fclose(f);
	if (got == NULL)
		return ERR_INVALID;
	secret[strcspn(secret, "\r\n")] = '\0';
	if (secret[0] == '\0')
		return ERR_INVALID;
	for (const char *p = secret; *p != '\0'; p++)
		if (*p < 0x20 || *p > 0x7e)
			return ERR_INVALID;
	return 0;
}

int files_secret(const char *dir, const char *name, char secret[FILES_SECRET_SIZE])
{
	char path[FILES_PATH_SIZE];
	int e = files_path(dir, name, path);

	if (e == 0)
		e = read_line(path, secret);
	if (e < 0)
		log_error("secret_unread", "file=%s/%s error=%s", dir, name, err_name(e));
	return e;
}
