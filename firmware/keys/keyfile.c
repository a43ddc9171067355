#include "keys/keyfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/aes.h"
#include "crypto/crypto.h"
#include "keys/keyfile_text.h"
#include "lib/disk.h"
#include "lib/log.h"
#include "lib/secret.h"

enum { MAC_LINE_MAX = 64 };
static const char mac_word[] = "mac ";
static const char gone_end[] = ".gone";       /* beside the file: it is being zeroised */

static int fail(int e, char why[KEYFILE_WHY_SIZE], const char *path, const char *what)
{
	snprintf(why, KEYFILE_WHY_SIZE, "%s: %s", path, what);
	return e;
}

/* The name of a file beside it; ERR_TOO_LONG. */
static int beside(const char *path, const char *end, char out[KEYFILE_PATH_SIZE])
{
	return snprintf(out, KEYFILE_PATH_SIZE, "%s%s", path, end) < KEYFILE_PATH_SIZE ? 0 : ERR_TOO_LONG;
}

/* ---- reading ---- */

static int check_owner(int fd, const char *path, char why[KEYFILE_WHY_SIZE])
{
	struct stat st;

	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		return fail(ERR_INVALID, why, path, "is no regular file");
	if ((st.st_mode & 077) != 0 || (st.st_uid != geteuid() && st.st_uid != 0))
		return fail(ERR_INVALID, why, path, "others can reach it; it must be keystored's own with mode 0600");
	if (st.st_size > KEYFILE_TEXT_MAX)
		return fail(ERR_INVALID, why, path, "is larger than any key file");
	return 0;
}

static int read_all(int fd, char *text, size_t size)
{
	size_t len = 0;

	while (len < size - 1) {
		ssize_t n = read(fd, text + len, size - 1 - len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return ERR_IO;
		if (n == 0)
			break;
		len += (size_t)n;
	}
	text[len] = '\0';
	return strlen(text) == len ? (int)len : ERR_INVALID;
}

/* Wrapped keys are not left lying about either: after zeroising nothing is. */
static void drop_text(char *text, size_t len)
{
	if (text != NULL)
		secret_wipe(text, len);
	free(text);
}

/* The whole text, malloc'd; *len of it. */
static int slurp(const char *path, char **text, size_t *len, char why[KEYFILE_WHY_SIZE])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK), e;

	if (fd < 0)
		return errno == ENOENT ? ERR_NOT_FOUND : fail(ERR_INVALID, why, path, "cannot be read; it must be keystored's own");
	e = check_owner(fd, path, why);
	*text = e == 0 ? malloc(KEYFILE_TEXT_MAX + 1) : NULL;
	if (*text != NULL) {
		e = read_all(fd, *text, KEYFILE_TEXT_MAX + 1);
		if (e < 0)
			fail(e, why, path, "cannot be read to its end");
	} else if (e == 0) {
		e = ERR_NOMEM;
	}
	close(fd);
	if (e < 0) {
		drop_text(*text, KEYFILE_TEXT_MAX);
		return e == ERR_IO ? ERR_INVALID : e;
	}
	*len = (size_t)e;
	return 0;
}

/* Where the MAC's line begins; NULL without one at the end. */
static char *find_mac(char *text, size_t len)
{
	char *at = len > 1 && text[len - 1] == '\n' ? memrchr(text, '\n', len - 1) : NULL;

	return at != NULL && strncmp(at + 1, mac_word, strlen(mac_word)) == 0 ? at + 1 : NULL;
}

/* What stands before mac; NULL: there is none. */
static int parse(char *text, char *mac, struct keyfile *f, char why[KEYFILE_WHY_SIZE])
{
	struct keyfile made = { .entries = calloc(KEYFILE_KEYS_MAX, sizeof(*made.entries)) };
	int e = made.entries == NULL ? ERR_NOMEM : 0;

	if (e == 0 && mac == NULL) {
		snprintf(why, KEYFILE_WHY_SIZE, "has no MAC at its end; restore it from NAME.old or from a backup");
		e = ERR_INVALID;
	}
	if (e == 0) {
		*mac = '\0';
		e = keyfile_parse(text, &made, why);
	}
	if (e < 0)
		keyfile_clear(&made);
	else
		*f = made;
	return e;
}

/* Zeroising goes on where a dying process left it. */
static int finish_shredding(const char *path, char why[KEYFILE_WHY_SIZE])
{
	char mark[KEYFILE_PATH_SIZE];

	if (beside(path, gone_end, mark) < 0 || access(mark, F_OK) != 0)
		return 0;
	return keyfile_shred(path) < 0 ? fail(ERR_INVALID, why, path, "is to be zeroised and cannot be removed; remove it and its neighbours by hand") : 0;
}

int keyfile_read(const char *path, struct keyfile *f, char why[KEYFILE_WHY_SIZE])
{
	char *text = NULL, reason[KEYFILE_WHY_SIZE] = "no memory is free";
	size_t len = 0;
	int e = finish_shredding(path, why);

	if (e == 0)
		e = slurp(path, &text, &len, why);
	if (e < 0)
		return e;
	e = parse(text, find_mac(text, len), f, reason);
	if (e < 0)
		fail(e, why, path, reason);
	drop_text(text, len);
	return e;
}

static int mac_of(const char *text, size_t len, const uint8_t master[TOKEN_MASTER_SIZE], char line[MAC_LINE_MAX])
{
	uint8_t key[32], mac[CRYPTO_SHA256_SIZE];
	int e = aes_derive(master, TOKEN_MASTER_SIZE, "callkey key file mac", key, sizeof(key));

	if (e == 0)
		e = crypto_hmac_sha256(key, sizeof(key), text, len, mac);
	secret_wipe(key, sizeof(key));
	return e < 0 ? e : base64url_encode(mac, sizeof(mac), line, MAC_LINE_MAX);
}

static int check_mac(const char *text, const char *mac, const uint8_t master[TOKEN_MASTER_SIZE])
{
	char right[MAC_LINE_MAX];
	const char *given = mac != NULL ? mac + strlen(mac_word) : "";
	size_t given_len = strcspn(given, "\n");
	int e = mac == NULL ? ERR_CRYPTO : mac_of(text, (size_t)(mac - text), master, right);

	if (e < 0)
		return e;
	return given_len == strlen(right) && secret_equal(given, right, given_len) ? 0 : ERR_CRYPTO;
}

int keyfile_check(const char *path, const uint8_t master[TOKEN_MASTER_SIZE])
{
	char *text = NULL, why[KEYFILE_WHY_SIZE];
	size_t len = 0;
	int e = slurp(path, &text, &len, why);

	if (e == 0)
		e = check_mac(text, find_mac(text, len), master);
	drop_text(text, len);
	return e;
}

int keyfile_take(char *text, size_t len, const uint8_t master[TOKEN_MASTER_SIZE], struct keyfile *f, char why[KEYFILE_WHY_SIZE])
{
	char *mac = find_mac(text, len);
	int e = check_mac(text, mac, master);

	return e < 0 ? e : parse(text, mac, f, why);
}

/* ---- writing ---- */

static int write_all(int fd, const char *text, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, text, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return ERR_IO;
		text += n;
		len -= (size_t)n;
	}
	return fsync(fd) == 0 ? 0 : ERR_IO;
}

/* The name is the new file's and the folder does not sync: the file before gets its name back. Where that is refused too, the new one stays, and
 * the change is made: what runs is always what a start would read. */
static int take_back(const char *path, const char *old, bool is_first, bool *unsure)
{
	const int why = errno;

	if ((is_first ? unlink(path) : rename(old, path)) != 0) {
		*unsure = true;
		return 0;
	}
	*unsure = disk_sync_folder_of(path) < 0;
	errno = why;
	return ERR_IO;
}

/* The file before is linked as NAME.old, so that at no moment there is none. */
static int put_in_place(const char *path, const char *next, const char *old, bool *unsure)
{
	bool is_first;

	if (unlink(old) != 0 && errno != ENOENT)
		return ERR_IO;
	is_first = link(path, old) != 0;
	if (is_first && errno != ENOENT)
		return ERR_IO;
	if (rename(next, path) != 0)
		return ERR_IO;
	if (disk_sync_folder_of(path) < 0)
		return take_back(path, old, is_first, unsure);
	*unsure = false;
	return 0;
}

static int write_file(const char *path, const char *text, size_t len, bool *unsure, char why[KEYFILE_WHY_SIZE])
{
	const bool was_unsure = *unsure;
	char next[KEYFILE_PATH_SIZE], old[KEYFILE_PATH_SIZE];
	int fd, e;

	if (beside(path, ".new", next) < 0 || beside(path, ".old", old) < 0)
		return fail(ERR_IO, why, path, "the name is too long");
	unlink(next);
	fd = open(next, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0) {
		snprintf(why, KEYFILE_WHY_SIZE, "%s: cannot be made: %m; its folder must exist and be keystored's own", next);
		return ERR_IO;
	}
	e = write_all(fd, text, len);
	close(fd);
	if (e == 0)
		e = put_in_place(path, next, old, unsure);
	if (e < 0) {
		snprintf(why, KEYFILE_WHY_SIZE, "%s: cannot be written: %m; the keys are as they were%s", path,
		         *unsure && !was_unsure ? ", but after a failure of power the disk may have them as they were to be" : "");
		unlink(next);
	}
	return e;
}

int keyfile_render(const struct keyfile *f, const uint8_t master[TOKEN_MASTER_SIZE], char *text, size_t size)
{
	char mac[MAC_LINE_MAX];
	int len = keyfile_print(f, text, size - MAC_LINE_MAX - sizeof(mac_word)), e = len < 0 ? len : mac_of(text, (size_t)len, master, mac);

	return e < 0 ? e : len + snprintf(text + len, size - (size_t)len, "%s%s\n", mac_word, mac);
}

int keyfile_write(const char *path, struct keyfile *f, const uint8_t master[TOKEN_MASTER_SIZE], bool *unsure, char why[KEYFILE_WHY_SIZE])
{
	char *text = malloc(KEYFILE_TEXT_MAX);
	int e;

	if (text == NULL)
		return fail(ERR_NOMEM, why, path, "no memory is free");
	f->generation++;
	e = keyfile_render(f, master, text, KEYFILE_TEXT_MAX);
	e = e < 0 ? fail(e, why, path, "the keys do not fit it") : write_file(path, text, (size_t)e, unsure, why);
	if (e < 0)
		f->generation--;
	drop_text(text, KEYFILE_TEXT_MAX);
	return e;
}

/* ---- the end ---- */

/* Overwritten first: of what a flash disk keeps besides, only the wrapping tells (docs/keystore.md). */
static int shred(const char *path)
{
	static const char zeros[4096];
	int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW), e = 0;
	struct stat st;

	if (fd < 0)
		return errno == ENOENT ? 0 : ERR_IO;
	if (fstat(fd, &st) != 0)
		e = ERR_IO;
	for (off_t at = 0; e == 0 && at < st.st_size; at += (off_t)sizeof(zeros))
		e = pwrite(fd, zeros, sizeof(zeros), at) == (ssize_t)sizeof(zeros) ? 0 : ERR_IO;
	if (fsync(fd) != 0)
		e = ERR_IO;
	close(fd);
	return unlink(path) == 0 ? e : ERR_IO;
}

/* The mark is there until nothing else is. A disk without room for it does not keep the keys. */
static void set_mark(const char *mark)
{
	int fd = open(mark, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		return;
	if (fsync(fd) != 0 || disk_sync_folder_of(mark) < 0)
		log_warn("keys_gone_mark", "file=%s error=\"%s\"", mark, strerror(errno));
	close(fd);
}

int keyfile_shred(const char *path)
{
	static const char *const ends[] = { "", ".old", ".new" };
	char name[KEYFILE_PATH_SIZE], mark[KEYFILE_PATH_SIZE];
	int e = beside(path, gone_end, mark);

	if (e < 0)
		return ERR_IO;
	set_mark(mark);
	for (size_t i = 0; i < ARRAY_LEN(ends); i++)
		if (beside(path, ends[i], name) < 0 || shred(name) < 0)
			e = ERR_IO;
	if (disk_sync_folder_of(path) < 0)
		e = ERR_IO;
	if (e == 0 && unlink(mark) != 0 && errno != ENOENT)
		e = ERR_IO;
	return e == 0 && disk_sync_folder_of(path) == 0 ? 0 : ERR_IO;
}

void keyfile_clear(struct keyfile *f)
{
	if (f->entries != NULL)
		secret_wipe(f->entries, KEYFILE_KEYS_MAX * sizeof(*f->entries));
	free(f->entries);
	secret_wipe(f, sizeof(*f));
}
