#include "keystored/hmac_key.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/crypto.h"
#include "lib/log.h"
#include "lib/secret.h"

enum { PATH_SIZE = 512 };

static int fault(const char *path, const char *what, char why[CONF_WHY_SIZE])
{
	snprintf(why, CONF_WHY_SIZE, "%s (keystored.hmac_key_file): %s", path, what);
	return ERR_INVALID;
}

static int read_key(int fd, const char *path, uint8_t key[HMAC_KEY_SIZE], char why[CONF_WHY_SIZE])
{
	uint8_t read_in[HMAC_KEY_SIZE + 1];
	struct stat st;
	ssize_t n;
	int e = 0;

	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		return fault(path, "is no regular file", why);
	if ((st.st_mode & 077) != 0 || (st.st_uid != geteuid() && st.st_uid != 0))
		return fault(path, "others can reach it; it must be keystored's own with mode 0600", why);
	n = read(fd, read_in, sizeof(read_in));
	if (n == HMAC_KEY_SIZE)
		memcpy(key, read_in, HMAC_KEY_SIZE);
	else
		e = fault(path, "must have 32 bytes; restore it from a backup, or remove it to begin with new fingerprints", why);
	secret_wipe(read_in, sizeof(read_in));
	return e;
}

static int write_key(int fd)
{
	uint8_t key[HMAC_KEY_SIZE];
	int e = crypto_random(key, sizeof(key));

	if (e == 0 && (write(fd, key, sizeof(key)) != (ssize_t)sizeof(key) || fsync(fd) != 0))
		e = ERR_IO;
	secret_wipe(key, sizeof(key));
	return e;
}

static void sync_folder(const char *path)
{
	char folder[PATH_SIZE];
	char *slash;
	int fd;

	snprintf(folder, sizeof(folder), "%s", path);
	slash = strrchr(folder, '/');
	if (slash == NULL)
		strcpy(folder, ".");
	else
		slash[slash == folder] = '\0';
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fsync(fd) != 0)
		log_warn("hmac_key", "folder=%s error=\"%s\"", folder, strerror(errno));
	if (fd >= 0)
		close(fd);
}

/* link() refuses to replace: of two that make the file at once one wins, and both then read the same key. */
static int make_key(const char *path, char why[CONF_WHY_SIZE])
{
	char next[PATH_SIZE];
	int fd, e;

	snprintf(next, sizeof(next), "%s.%d.new", path, (int)getpid());
	unlink(next);
	fd = open(next, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0) {
		snprintf(why, CONF_WHY_SIZE, "%s (keystored.hmac_key_file): cannot be made: %m; make its folder, writable for keystored",
		         path);
		return ERR_INVALID;
	}
	e = write_key(fd);
	close(fd);
	if (e == 0 && link(next, path) != 0 && errno != EEXIST)
		e = ERR_IO;
	unlink(next);
	if (e < 0)
		return fault(path, "cannot be written; is the disk full?", why);
	sync_folder(path);
	log_info("hmac_key_made", "file=%s hint=\"back it up: without it known cards are not recognised\"", path);
	return 0;
}

int hmac_key_load(const char *path, uint8_t key[HMAC_KEY_SIZE], char why[CONF_WHY_SIZE])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK), e;

	if (fd < 0 && errno == ENOENT) {
		e = make_key(path, why);
		if (e < 0)
			return e;
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	}
	if (fd < 0) {
		snprintf(why, CONF_WHY_SIZE, "%s (keystored.hmac_key_file): cannot be read: %m; it must be keystored's own", path);
		return ERR_INVALID;
	}
	e = read_key(fd, path, key, why);
	close(fd);
	return e;
}
