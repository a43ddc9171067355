#include "keys/audit_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/disk.h"

enum { PATH_SIZE = 512, HEAD_SIZE = 128, CHUNK = 65536 };
static const char head_form[] = "callkey-audit-head 1 %020" PRIu64 " %s\n";
enum { HEAD_LEN = 21 + 20 + 1 + 64 + 1 };

struct audit_file {
	int fd, head_fd;
	off_t len;                                    /* of what counts */
	struct audit_link head;                       /* its last record */
	char path[PATH_SIZE], head_path[PATH_SIZE], why[AUDIT_WHY_SIZE];
};

static int refuse(char why[AUDIT_WHY_SIZE], const char *path, const char *what)
{
	snprintf(why, AUDIT_WHY_SIZE, "%.200s: %s", path, what);
	return ERR_INVALID;
}

/* ---- the head ---- */

static int print_head(const struct audit_link *l, char text[HEAD_SIZE])
{
	char hash[2 * CRYPTO_SHA256_SIZE + 1];
	int e = hex_encode(l->hash, sizeof(l->hash), hash, sizeof(hash));

	return e < 0 ? e : snprintf(text, HEAD_SIZE, head_form, l->number, hash);
}

/* In place, less than a sector: it is the old one or the new one. */
static int write_head(const struct audit_file *f, const struct audit_link *l)
{
	char text[HEAD_SIZE];
	int n = print_head(l, text);

	return n >= 0 && pwrite(f->head_fd, text, (size_t)n, 0) == n && fdatasync(f->head_fd) == 0 ? 0 : ERR_IO;
}

/* ERR_NOT_FOUND: it was never written. */
static int read_head(const struct audit_file *f, struct audit_link *l)
{
	char text[HEAD_SIZE] = "", again[HEAD_SIZE];
	ssize_t n = pread(f->head_fd, text, sizeof(text) - 1, 0);

	if (n == 0)
		return ERR_NOT_FOUND;
	if (n != HEAD_LEN || audit_hex_read(text + HEAD_LEN - 65, CRYPTO_SHA256_SIZE, l->hash) < 0)
		return ERR_INVALID;
	l->number = strtoull(text + 21, NULL, 10);
	return print_head(l, again) == HEAD_LEN && memcmp(text, again, HEAD_LEN) == 0 ? 0 : ERR_INVALID;
}

/* ---- the log ---- */

uint64_t audit_file_size(const struct audit_file *f)
{
	return (uint64_t)f->len;
}

int audit_file_read(const struct audit_file *f, uint64_t offset, void *out, size_t size)
{
	ssize_t n;

	if (offset >= (uint64_t)f->len)
		return 0;
	if (size > (uint64_t)f->len - offset)
		size = (size_t)((uint64_t)f->len - offset);
	n = pread(f->fd, out, size, (off_t)offset);
	return n < 0 ? ERR_IO : (int)n;
}

/* whole: where the last whole line ends. */
static int scan(const struct audit_file *f, off_t end, bool signatures, struct audit_check *found, off_t *whole, char why[AUDIT_WHY_SIZE])
{
	char *piece = malloc(CHUNK);
	int e = piece == NULL ? refuse(why, f->path, "no memory is free") : 0;

	*whole = 0;
	while (e == 0 && *whole < end) {
		ssize_t n = pread(f->fd, piece, CHUNK, *whole);
		const char *line = piece, *newline;

		if (n <= 0)
			e = refuse(why, f->path, "cannot be read to its end");
		for (; e == 0 && (newline = memchr(line, '\n', (size_t)(piece + n - line))) != NULL; line = newline + 1)
			if (audit_check_line(found, line, (size_t)(newline - line), signatures, why) < 0)
				e = ERR_CRYPTO;
		if (e == 0 && line == piece)
			break;
		*whole += line - piece;
	}
	free(piece);
	return e;
}

int audit_file_check(const struct audit_file *f, bool signatures, struct audit_check *found, char why[AUDIT_WHY_SIZE])
{
	struct stat st;
	off_t whole = 0;
	int e;

	memset(found, 0, sizeof(*found));
	if (fstat(f->fd, &st) != 0 || st.st_size != f->len) {
		snprintf(why, AUDIT_WHY_SIZE, "it has %lld octets, %lld were written", (long long)st.st_size, (long long)f->len);
		return ERR_CRYPTO;
	}
	e = scan(f, f->len, signatures, found, &whole, why);
	return e == 0 && whole != f->len ? refuse(why, f->path, "does not end with a whole record") : e;
}

/* The log against its head: one record more is the one that a dying process wrote last. */
static int compare(const struct audit_file *f, const struct audit_check *found, const uint8_t before_last[CRYPTO_SHA256_SIZE],
                   char why[AUDIT_WHY_SIZE])
{
	struct audit_link head;
	int e = read_head(f, &head);

	if (e == ERR_NOT_FOUND && found->last.number <= 1)
		return 0;
	if (e < 0)
		return refuse(why, f->head_path, "does not tell which record is the last one; keep both files as evidence, then move them away");
	if (found->last.number < head.number) {
		snprintf(why, AUDIT_WHY_SIZE, "%.150s ends with record %" PRIu64 " and had %" PRIu64 ": it was cut; keep it as evidence, then move it "
		         "and audit.head away", f->path, found->last.number, head.number);
		return ERR_INVALID;
	}
	if ((found->last.number == head.number && memcmp(found->last.hash, head.hash, sizeof(head.hash)) == 0) ||
	    (found->last.number == head.number + 1 && memcmp(before_last, head.hash, sizeof(head.hash)) == 0))
		return 0;
	snprintf(why, AUDIT_WHY_SIZE, "%.150s does not end with record %" PRIu64 " as audit.head has it; keep it as evidence, then move both away",
	         f->path, head.number);
	return ERR_INVALID;
}

/* The hash that the last record follows: its prev. */
static int read_prev(const struct audit_file *f, uint8_t prev[CRYPTO_SHA256_SIZE])
{
	char text[AUDIT_LINE_SIZE + 1];
	off_t from = f->len > AUDIT_LINE_SIZE ? f->len - AUDIT_LINE_SIZE : 0;
	ssize_t n = pread(f->fd, text, (size_t)(f->len - from), from);
	const char *line = n > 1 ? memrchr(text, '\n', (size_t)n - 1) : NULL;
	struct audit_line l;

	memset(prev, 0, CRYPTO_SHA256_SIZE);
	if (n <= 1)
		return 0;
	line = line == NULL ? text : line + 1;
	if (audit_line_read(line, (size_t)(text + n - 1 - line), &l) < 0)
		return ERR_INVALID;
	memcpy(prev, l.prev, sizeof(l.prev));
	return 0;
}

static int check_all(struct audit_file *f, struct audit_check *found, char why[AUDIT_WHY_SIZE])
{
	uint8_t prev[CRYPTO_SHA256_SIZE];
	char reason[AUDIT_WHY_SIZE];
	struct stat st;
	int e;

	memset(found, 0, sizeof(*found));
	if (fstat(f->fd, &st) != 0)
		return refuse(why, f->path, "cannot be read");
	e = scan(f, st.st_size, false, found, &f->len, reason);
	if (e == ERR_CRYPTO) {
		snprintf(why, AUDIT_WHY_SIZE, "%.100s: %.100s; keep it as evidence, then move it and audit.head away", f->path, reason);
		return ERR_INVALID;
	}
	if (e == 0 && read_prev(f, prev) < 0)
		e = refuse(why, f->path, "cannot be read");
	if (e == 0)
		e = compare(f, found, prev, why);
	f->head = found->last;
	if (e == 0 && st.st_size > f->len && ftruncate(f->fd, f->len) != 0)
		e = refuse(why, f->path, "ends with half a record that cannot be taken off");
	if (e == 0 && found->last.number > 0 && (fdatasync(f->fd) != 0 || write_head(f, &found->last) < 0))
		e = refuse(why, f->path, "cannot be written; keystored does nothing that it cannot write down");
	return e;
}

/* ---- life ---- */

static int open_own(const char *path, int flags, char why[AUDIT_WHY_SIZE])
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | flags, 0600);
	struct stat st;

	if (fd < 0) {
		snprintf(why, AUDIT_WHY_SIZE, "%.200s: cannot be opened: %m; its folder must be there and keystored's own", path);
		return ERR_INVALID;
	}
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & 077) == 0)
		return fd;
	close(fd);
	return refuse(why, path, "others can reach it; it must be keystored's own with mode 0600");
}

int audit_file_open(const char *folder, struct audit_file **f, struct audit_check *found, char why[AUDIT_WHY_SIZE])
{
	struct audit_file *made = calloc(1, sizeof(*made));
	int e = 0;

	if (made == NULL)
		return ERR_NOMEM;
	made->fd = made->head_fd = -1;
	if (snprintf(made->path, PATH_SIZE, "%s/audit.log", folder) >= PATH_SIZE ||
	    snprintf(made->head_path, PATH_SIZE, "%s/audit.head", folder) >= PATH_SIZE)
		e = refuse(why, folder, "the name is too long");
	if (e == 0)
		made->fd = e = open_own(made->path, O_APPEND, why);
	if (e >= 0)
		made->head_fd = e = open_own(made->head_path, 0, why);
	if (e >= 0 && disk_sync_folder_of(made->path) < 0)
		e = refuse(why, folder, "cannot be written");
	if (e >= 0)
		e = check_all(made, found, why);
	if (e < 0)
		audit_file_close(&made);
	else
		*f = made;
	return e;
}

void audit_file_close(struct audit_file **f)
{
	if (*f == NULL)
		return;
	if ((*f)->fd >= 0)
		close((*f)->fd);
	if ((*f)->head_fd >= 0)
		close((*f)->head_fd);
	free(*f);
	*f = NULL;
}

/* ---- writing ---- */

const char *audit_file_why(const struct audit_file *f)
{
	return f->why;
}

static int failed(struct audit_file *f, const char *what)
{
	snprintf(f->why, sizeof(f->why), "%.200s: %s: %m", f->path, what);
	return ERR_IO;
}

/* What an append left that came to nothing; a log that has become shorter was not cut by us. The head first: it may be the one of the
 * record that is taken off, and never tells of more than is there. Where it cannot be written, the record stays: one more than the head tells of
 * is what a start expects. */
static int take_off_rest(struct audit_file *f)
{
	struct stat st;

	if (fstat(f->fd, &st) != 0)
		return failed(f, "cannot be read");
	if (st.st_size < f->len) {
		snprintf(f->why, sizeof(f->why), "%.200s: somebody cut it", f->path);
		return ERR_IO;
	}
	if (st.st_size == f->len)
		return 0;
	if (write_head(f, &f->head) < 0)
		return failed(f, "cannot be forced to the disk");
	return ftruncate(f->fd, f->len) != 0 ? failed(f, "half a record cannot be taken off") : 0;
}

int audit_file_append(struct audit_file *f, const char *line, size_t len, const struct audit_link *head)
{
	int e = take_off_rest(f);
	ssize_t n;

	if (e < 0)
		return e;
	n = write(f->fd, line, len);
	if (n != (ssize_t)len) {
		if (n >= 0)
			errno = ENOSPC;
		e = failed(f, "cannot be written");
	} else if (fdatasync(f->fd) != 0 || write_head(f, head) < 0) {
		e = failed(f, "cannot be forced to the disk");
	}
	if (e < 0) {
		char why[AUDIT_WHY_SIZE];

		memcpy(why, f->why, sizeof(why));
		(void)take_off_rest(f);
		memcpy(f->why, why, sizeof(why));
		return e;
	}
	f->len += (off_t)len;
	f->head = *head;
	return 0;
}
