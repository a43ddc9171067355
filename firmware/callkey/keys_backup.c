/* keys_backup.c: the backup of all keys, to a file and back from it. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "callkey/keys_job.h"
#include "callkey/terminal.h"
#include "lib/disk.h"

enum { BACKUP_MAX = 1 << 20, PIECE_MAX = 3900, ARGS_SIZE = 4000, BOX_SIZE = 64, DATE_SIZE = 32, FILE_MODE = 0600 };

/* A host's name has nothing else in it than a backup's. */
static void own_name(char box[BOX_SIZE])
{
	if (gethostname(box, BOX_SIZE - 1) != 0 || box[0] == '\0')
		snprintf(box, BOX_SIZE, "callkey");
	box[BOX_SIZE - 1] = '\0';
}

static enum keys_end fetch(struct keys_job *j, int fd, size_t *len)
{
	char box[BOX_SIZE], args[ARGS_SIZE];
	enum keys_end end;
	size_t n;

	own_name(box);
	*len = 0;
	do {
		snprintf(args, sizeof(args), "from=%zu\nbox=%s\n", *len, box);
		end = keys_ask(j, "backup", args, NULL);
		n = end == KEYS_DONE ? strlen(j->a.text) : 0;
		if (end == KEYS_DONE && write(fd, j->a.text, n) != (ssize_t)n)
			end = keys_refuse(j, "%s: cannot be written: %s", j->w->file, strerror(errno));
		*len += n;
	} while (end == KEYS_DONE && j->a.more != 0);
	if (end == KEYS_DONE && (fsync(fd) != 0 || disk_sync_folder_of(j->w->file) < 0))
		end = keys_refuse(j, "%s: cannot be written: %s", j->w->file, strerror(errno));
	return end;
}

enum keys_end keys_backup(struct keys_job *j)
{
	char state[KEYS_VALUE_SIZE], kcv[KEYS_VALUE_SIZE];
	int fd = open(j->w->file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, FILE_MODE);
	enum keys_end end;
	size_t len = 0;

	if (fd < 0)
		return keys_refuse(j, "%s: %s", j->w->file, errno == EEXIST ? "is there already; it is not overwritten" : strerror(errno));
	end = fetch(j, fd, &len);
	if (close(fd) != 0 && end == KEYS_DONE)
		end = keys_refuse(j, "%s: cannot be written: %s", j->w->file, strerror(errno));
	if (end == KEYS_DONE)
		end = keys_status(j, state);
	if (end != KEYS_DONE) {
		unlink(j->w->file);
		return end;
	}
	printf("%s: all keys, generation %u, %zu octets, sealed under the master key with the check value %s.\n", j->w->file,
	       keys_number(j, "generation"), len, keys_word(j, "kcv", kcv));
	printf("The custodians' parts of this appliance open it, and nothing else does: keep it anywhere but with a paper.\n");
	return KEYS_DONE;
}

/* ---- back ---- */

static enum keys_end read_file(struct keys_job *j, char *text, size_t *len)
{
	FILE *f = fopen(j->w->file, "re");
	int e;

	if (f == NULL)
		return keys_refuse(j, "%s: %s", j->w->file, strerror(errno));
	*len = fread(text, 1, BACKUP_MAX + 1, f);
	e = ferror(f) != 0 ? errno : 0;
	fclose(f);
	if (e != 0)
		return keys_refuse(j, "%s: %s", j->w->file, strerror(e));
	if (*len == 0 || *len > BACKUP_MAX || memchr(text, '\0', *len) != NULL)
		return keys_refuse(j, "%s: is no backup of keys", j->w->file);
	return KEYS_DONE;
}

static enum keys_end load(struct keys_job *j, const char *text, size_t len)
{
	char args[ARGS_SIZE];
	enum keys_end end = KEYS_DONE;

	for (size_t at = 0; end == KEYS_DONE && at < len; at += PIECE_MAX) {
		size_t n = len - at < PIECE_MAX ? len - at : PIECE_MAX;

		snprintf(args, sizeof(args), "from=%zu\n%.*s", at, (int)n, text + at);
		end = keys_ask(j, "backup_load", args, NULL);
	}
	return end == KEYS_DONE ? keys_ask(j, "restore", "", NULL) : end;
}

static enum keys_end send_file(struct keys_job *j)
{
	char *text = malloc(BACKUP_MAX + 1);
	size_t len = 0;
	enum keys_end end = text == NULL ? keys_refuse(j, "out of memory") : read_file(j, text, &len);

	if (end == KEYS_DONE)
		end = load(j, text, len);
	free(text);
	return end;
}

/* Which backup it is, and that it is the one that is meant: what was made after it is not in it. */
static enum keys_end confirm(struct keys_job *j, char kcv[KEYS_VALUE_SIZE])
{
	char value[KEYS_VALUE_SIZE], box[KEYS_VALUE_SIZE], date[DATE_SIZE] = "?";
	time_t taken = (time_t)(strtoll(keys_word(j, "taken", value), NULL, 10) / 1000);
	bool shares = strcmp(keys_word(j, "scheme", value), "shares") == 0;
	struct tm tm;
	int e;

	if (localtime_r(&taken, &tm) != NULL)
		strftime(date, sizeof(date), "%Y-%m-%d %H:%M %Z", &tm);
	terminal_say("Backup of %s, taken %s, generation %u.\n", keys_word(j, "box", box), date, keys_number(j, "generation"));
	terminal_say("Master key: check value %s, opened by %s%u of %u %s.\n", keys_word(j, "kcv", kcv), shares ? "any " : "",
	             keys_number(j, "needed"), keys_number(j, "parts"), shares ? "shares" : "components");
	terminal_say("Keys that were made later are not in it.\n");
	e = terminal_agrees("Is it the newest there is? (yes, no) ");
	return e < 0 ? KEYS_LEFT : e == 0 ? keys_refuse(j, "nothing was restored") : KEYS_DONE;
}

static enum keys_end commit(struct keys_job *j, struct keys_files *f, const char *kcv)
{
	char here[KEYS_VALUE_SIZE];
	enum keys_end end = keys_ask(j, "commit", f->secret_path != NULL ? "unattended=yes\n" : "", NULL), printed;

	if (end != KEYS_DONE)
		return end;
	end = keys_files_secret(j, f);
	printf("The keys are restored, and open. Check value (KCV) of the master key: %s; of the backup's: %s\nEach key has the check value "
	       "below, as it was made anew from the key itself.\n\n", keys_word(j, "kcv", here), kcv);
	printed = keys_print(j);
	if (end == KEYS_DONE && printed == KEYS_DONE)
		keys_files_explain(f);
	return end == KEYS_DONE ? printed : end;
}

enum keys_end keys_restore(struct keys_job *j)
{
	struct keys_files f = { .secret_path = j->w->unattended };
	char kcv[KEYS_VALUE_SIZE];
	enum keys_end end = keys_files_prepare(j, &f);

	if (end == KEYS_DONE)
		end = send_file(j);
	if (end == KEYS_DONE)
		end = confirm(j, kcv);
	if (end == KEYS_DONE)
		end = keys_gather(j, "Restoring the keys", false);
	if (end == KEYS_DONE)
		end = commit(j, &f, kcv);
	keys_files_give_up(&f);
	return end;
}
