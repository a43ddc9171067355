#include "keystored/key_file.h"

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

static int fault(const struct key_file *f, const char *what, char why[CONF_WHY_SIZE])
{
	snprintf(why, CONF_WHY_SIZE, "%s (%s): %s", f->path, f->setting, what);
	return ERR_INVALID;
}

static int read_key(int fd, const struct key_file *f, uint8_t key[KEY_FILE_SIZE], char why[CONF_WHY_SIZE])
{
	char too_long_or_short[160];
	uint8_t read_in[KEY_FILE_SIZE + 1];
	struct stat st;
	ssize_t n;
	int e = 0;

	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		return fault(f, "is no regular file", why);
	if ((st.st_mode & 077) != 0 || (st.st_uid != geteuid() && st.st_uid != 0))
		return fault(f, "others can reach it; it must be keystored's own with mode 0600", why);
	snprintf(too_long_or_short, sizeof(too_long_or_short), "must have 32 bytes; restore it from a backup, or remove it to begin "
	         "with %s", f->anew);
	n = read(fd, read_in, sizeof(read_in));
	if (n == KEY_FILE_SIZE)
		memcpy(key, read_in, KEY_FILE_SIZE);
	else
		e = fault(f, too_long_or_short, why);
	secret_wipe(read_in, sizeof(read_in));
	return e;
}

static int write_key(int fd)
{
	uint8_t key[KEY_FILE_SIZE];
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
		log_warn("key_file", "folder=%s error=\"%s\"", folder, strerror(errno));
	if (fd >= 0)
		close(fd);
}

/* link() refuses to replace: of two that make the file at once one wins, and both then read the same key. */
static int make_key(const struct key_file *f, char why[CONF_WHY_SIZE])
{
	char next[PATH_SIZE];
	int fd, e;

	snprintf(next, sizeof(next), "%s.%d.new", f->path, (int)getpid());
	unlink(next);
	fd = open(next, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0) {
		snprintf(why, CONF_WHY_SIZE, "%s (%s): cannot be made: %m; make its folder, writable for keystored", f->path, f->setting);
		return ERR_INVALID;
	}
	e = write_key(fd);
	close(fd);
	if (e == 0 && link(next, f->path) != 0 && errno != EEXIST)
		e = ERR_IO;
	unlink(next);
	if (e < 0)
		return fault(f, "cannot be written; is the disk full?", why);
	sync_folder(f->path);
	log_info("key_made", "file=%s hint=\"back it up: %s\"", f->path, f->without);
	return 0;
}

int key_file_load(const struct key_file *f, uint8_t key[KEY_FILE_SIZE], char why[CONF_WHY_SIZE])
{
	int fd = open(f->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK), e;

	if (fd < 0 && errno == ENOENT) {
		e = make_key(f, why);
		if (e < 0)
			return e;
		fd = open(f->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	}
	if (fd < 0) {
		snprintf(why, CONF_WHY_SIZE, "%s (%s): cannot be read: %m; it must be keystored's own", f->path, f->setting);
		return ERR_INVALID;
	}
	e = read_key(fd, f, key, why);
	close(fd);
	return e;
}
