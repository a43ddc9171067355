#include "sandbox/world/journal.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/log.h"
#include "sandbox/world/files.h"

struct journal { int fd; };

/* Returns where the last whole line ends, or the error. */
static long replay_all(FILE *f, int (*replay)(const json_t *line, void *context), void *context)
{
	char *text = NULL;
	size_t room = 0;
	long end = 0;
	ssize_t n;
	int e = 0;

	while (e == 0 && (n = getline(&text, &room, f)) > 0 && text[n - 1] == '\n') {
		json_t *line = json_loadb(text, (size_t)n - 1, 0, NULL);

		e = line != NULL ? replay(line, context) : ERR_INVALID;
		json_decref(line);
		end += n;
	}
	free(text);
	return e < 0 ? e : ferror(f) ? ERR_IO : end;
}

int journal_open(const char *dir, const char *name, int (*replay)(const json_t *line, void *context), void *context,
                 struct journal **j)
{
	struct journal *made = calloc(1, sizeof(*made));
	char path[FILES_PATH_SIZE];
	FILE *f = NULL;
	long end = made != NULL ? files_path(dir, name, path) : ERR_NOMEM;

	if (end == 0) {
		made->fd = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
		f = made->fd >= 0 ? fopen(path, "re") : NULL;
		end = f != NULL ? replay_all(f, replay, context) : ERR_IO;
	}
	if (f != NULL)
		fclose(f);
	if (end >= 0 && ftruncate(made->fd, end) < 0)
		end = ERR_IO;
	if (end < 0) {
		log_error("journal", "file=%s/%s error=%s", dir, name, err_name((int)end));
		if (made != NULL && made->fd > 0)
			close(made->fd);
		free(made);
		return (int)end;
	}
	*j = made;
	return 0;
}

void journal_free(struct journal **j)
{
	if (*j == NULL)
		return;
	close((*j)->fd);
	free(*j);
	*j = NULL;
}

/* One write for a line: a kill leaves all of it, none, or a torn end. */
int journal_add(struct journal *j, json_t *line)
{
	char *text = j != NULL ? json_dumps(line, JSON_COMPACT) : NULL;
	size_t len = text != NULL ? strlen(text) : 0;
	int e = j == NULL ? 0 : text == NULL ? ERR_NOMEM : ERR_IO;

	json_decref(line);
	if (text == NULL)
		return e;
	text[len] = '\n';                      /* in place of its end */
	if (write(j->fd, text, len + 1) == (ssize_t)(len + 1))
		e = 0;
	free(text);
	return e;
}
