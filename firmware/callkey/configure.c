#include "callkey/configure.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "callkey/diff.h"
#include "callkey/module_conf.h"
#include "callkey/system_conf.h"
#include "lib/disk.h"

#define SPANS "trunkd.spans"
#define LINES "trunkd.spans[].lines"
#define DEFAULT_FILE "/etc/dahdi/system.conf"
#define DEFAULT_MODULES "/etc/modprobe.d/callkey-dahdi.conf"
#define DEFAULT_PROC "/proc/dahdi"

enum { EXIT_REFUSED = 1, EXIT_USAGE = 2, FILE_BYTES_MAX = 256 * 1024, NEW_FILE_MODE = 0644 };

_Static_assert((int)CONF_WHY_SIZE == (int)SYSTEM_CONF_WHY_SIZE, "one buffer for both");

/* ---- callkey.cfg ---- */

static int read_lines(const struct conf_node *n, struct system_conf_span *s, char why[CONF_WHY_SIZE])
{
	const struct conf_node *list = conf_find(n, "lines");
	size_t count = list != NULL ? conf_count(list) : 0;

	if (count == 0)
		return conf_fault(n, why, "span \"%s\": kind \"fxo\" needs lines, its channels and their numbers", s->name);
	for (size_t i = 0; i < count; i++) {
		uint32_t bit = UINT32_C(1) << conf_member_int(conf_at(list, i), LINES, "channel");

		if ((s->lines & bit) != 0)
			return conf_fault(conf_at(list, i), why, "span \"%s\": channel %d is there twice", s->name, __builtin_ctz(bit));
		s->lines |= bit;
	}
	return 0;
}

/* As trunkd understands it. */
static int read_span(const struct conf_node *n, struct system_conf_span *s, char why[CONF_WHY_SIZE])
{
	bool t1 = strcmp(conf_member_string(n, SPANS, "line"), "T1") == 0;
	const char *law = conf_member_string(n, SPANS, "law");

	memset(s, 0, sizeof(*s));
	snprintf(s->name, sizeof(s->name), "%s", conf_member_string(n, SPANS, "name"));
	s->span = (int)conf_member_int(n, SPANS, "span");
	s->line = t1 ? SYSTEM_CONF_T1 : SYSTEM_CONF_E1;
	s->mulaw = law[0] != '\0' ? strcmp(law, "ulaw") == 0 : t1;
	s->network_side = strcmp(conf_member_string(n, SPANS, "side"), "network") == 0;
	s->echo = conf_member_int(n, SPANS, "echo_ms") > 0;
	if (s->span == 0)
		return conf_fault(n, why, "span \"%s\": needs span, the driver's number of it (1 to %d)", s->name, SYSTEM_CONF_SPAN_MAX);
	if (strcmp(conf_member_string(n, SPANS, "kind"), "fxo") != 0)
		return 0;
	s->line = SYSTEM_CONF_ANALOG;
	s->network_side = false;
	return read_lines(n, s, why);
}

static int read_module(const struct conf_node *n, const struct system_conf_span *s, struct module_conf *m, char why[CONF_WHY_SIZE])
{
	const char *mode = module_conf_mode(conf_member_string(n, SPANS, "opermode"), conf_member_string(n, SPANS, "tone_plan"));

	if (s->line == SYSTEM_CONF_ANALOG && !module_conf_is_mode(mode))
		return conf_fault(conf_find(n, "opermode"), why, "span \"%s\": opermode is the driver's name of a country, as SOUTHKOREA", s->name);
	return module_conf_add(m, s, mode, why);
}

static int read_spans(const struct conf_tree *conf, struct system_conf_span spans[SYSTEM_CONF_SPANS], size_t *count, struct module_conf *m,
                      char why[CONF_WHY_SIZE])
{
	const struct conf_node *list = conf_find(conf_root(conf), SPANS);
	size_t all = list != NULL ? conf_count(list) : 0;
	int e = 0;

	*count = 0;
	*m = (struct module_conf){ .opermode = "" };
	for (size_t i = 0; e == 0 && i < all; i++)
		if (strcmp(conf_member_string(conf_at(list, i), SPANS, "kind"), "soft") != 0) {
			if (*count == SYSTEM_CONF_SPANS)
				return conf_fault(list, why, "more than %d spans", SYSTEM_CONF_SPANS);
			e = read_span(conf_at(list, i), &spans[*count], why);
			if (e == 0)
				e = read_module(conf_at(list, i), &spans[(*count)++], m, why);
		}
	if (e == 0 && *count == 0) {
		snprintf(why, CONF_WHY_SIZE, "trunkd.spans has no span of kind \"dahdi\" or \"fxo\": there is no card to configure");
		e = ERR_NOT_FOUND;
	}
	return e;
}

/* ---- files ---- */

/* The whole text of a file, malloc'd. ERR_NOT_FOUND: there is none. ERR_INVALID: it is no text. ERR_TOO_LONG. ERR_IO: errno says. */
static int read_text(const char *path, char **text)
{
	FILE *f = fopen(path, "re");
	char *buf;
	size_t len;
	int e = 0, why;

	if (f == NULL)
		return errno == ENOENT ? ERR_NOT_FOUND : ERR_IO;
	buf = malloc(FILE_BYTES_MAX + 1);
	if (buf == NULL) {
		fclose(f);
		return ERR_NOMEM;
	}
	len = fread(buf, 1, FILE_BYTES_MAX + 1, f);
	if (ferror(f) != 0)
		e = ERR_IO;
	else if (len > FILE_BYTES_MAX)
		e = ERR_TOO_LONG;
	else if (memchr(buf, '\0', len) != NULL)
		e = ERR_INVALID;
	if (e == 0) {
		buf[len] = '\0';
		*text = buf;
	} else {
		free(buf);
	}
	why = errno;
	fclose(f);
	errno = why;
	return e;
}

static int write_all(int fd, const char *text)
{
	size_t left = strlen(text);

	while (left > 0) {
		ssize_t n = write(fd, text, left);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return ERR_IO;
		text += n;
		left -= (size_t)n;
	}
	return 0;
}

/* All of it or nothing: who reads path meanwhile sees the old file or the new one. ERR_IO: errno says. */
static int replace(const char *path, const char *text, mode_t mode)
{
	char beside[PATH_MAX];
	int fd, e, why;

	if ((size_t)snprintf(beside, sizeof(beside), "%s.XXXXXX", path) >= sizeof(beside)) {
		errno = ENAMETOOLONG;
		return ERR_IO;
	}
	fd = mkostemp(beside, O_CLOEXEC);
	if (fd < 0)
		return ERR_IO;
	e = write_all(fd, text);
	if (e == 0 && (fchmod(fd, mode) != 0 || fsync(fd) != 0))
		e = ERR_IO;
	if (close(fd) != 0)
		e = ERR_IO;
	if (e == 0 && rename(beside, path) != 0)
		e = ERR_IO;
	if (e != 0) {
		why = errno;
		unlink(beside);
		errno = why;
		return e;
	}
	return disk_sync_folder_of(path);
}

/* What the kernel knows of its spans. No folder: no driver is loaded. */
static int read_card(const char *folder, struct system_conf_place card[SYSTEM_CONF_SPAN_MAX + 1], char why[SYSTEM_CONF_WHY_SIZE])
{
	memset(card, 0, sizeof(*card) * (SYSTEM_CONF_SPAN_MAX + 1));
	for (int n = 1; n <= SYSTEM_CONF_SPAN_MAX; n++) {
		char path[PATH_MAX], *text = NULL;
		int e;

		snprintf(path, sizeof(path), "%s/%d", folder, n);
		e = read_text(path, &text);
		if (e == ERR_NOT_FOUND || (e == ERR_IO && errno == ENODEV))
			continue;
		if (e == 0)
			e = system_conf_read_proc(text, &card[n]);
		if (e != 0)
			snprintf(why, SYSTEM_CONF_WHY_SIZE, "%s: %s", path, e == ERR_IO ? strerror(errno) : "is no list of a span's channels");
		free(text);
		if (e != 0)
			return e;
	}
	return 0;
}

/* ---- the command ---- */

static int say_io(const char *path, int e)
{
	fprintf(stderr, "callkey: %s: %s\n", path, e == ERR_IO ? strerror(errno) : e == ERR_INVALID ? "is no text" :
	        e == ERR_TOO_LONG ? "is too long for such a file" : err_name(e));
	return EXIT_REFUSED;
}

static void say_places(const struct system_conf_span *spans, size_t count)
{
	for (size_t i = 0; i < count; i++)
		fprintf(stderr, "callkey: span %d: channels %d-%d, %s\n", spans[i].span, spans[i].place.first,
		        spans[i].place.first + spans[i].place.count - 1, spans[i].told ? "told by the driver" :
		        "counted: the driver does not know the span now; run this again when it does");
}

static int write_file(const char *path, bool exists, const char *present, const char *fresh, const char *effect)
{
	char real[PATH_MAX], backup[PATH_MAX];
	struct stat st = { .st_mode = NEW_FILE_MODE };
	int e;

	/* A link stays one: what it names is replaced. */
	if (!exists)
		snprintf(real, sizeof(real), "%s", path);
	else if (realpath(path, real) == NULL || stat(real, &st) != 0)
		return say_io(path, ERR_IO);
	if ((size_t)snprintf(backup, sizeof(backup), "%s.bak", real) >= sizeof(backup)) {
		errno = ENAMETOOLONG;
		return say_io(path, ERR_IO);
	}
	e = exists ? replace(backup, present, st.st_mode & 0777) : 0;
	if (e != 0)
		return say_io(backup, e);
	e = replace(real, fresh, st.st_mode & 0777);
	if (e != 0)
		return say_io(real, e);
	fprintf(stderr, "callkey: %s is written%s%s. It takes effect %s%s\n", real, exists ? "; the old one is " : "", exists ? backup : "",
	        effect, effect[strlen(effect) - 1] == ' ' ? real : "");
	return 0;
}

static int show_and_write(const struct words *w, const char *path, bool exists, const char *present, const char *fresh, const char *effect)
{
	char *diff = NULL;
	int e;

	if (exists && strcmp(present, fresh) == 0) {
		fprintf(stderr, "callkey: %s fits; nothing is to be changed\n", path);
		return 0;
	}
	e = diff_unified(exists ? path : "/dev/null", present, path, fresh, &diff);
	if (e != 0)
		return say_io(path, e);
	e = fputs(diff, stdout) < 0 || fflush(stdout) != 0 ? ERR_IO : 0;
	free(diff);
	if (e != 0)
		return say_io("standard output", e);
	if (w->write)
		return write_file(path, exists, present, fresh, effect);
	fprintf(stderr, "callkey: nothing was written; with --write %s is as shown\n", path);
	return 0;
}

/* What the two files are made from. */
struct wanted { const struct system_conf_span *spans; size_t count; const struct module_conf *modules; };

static int system_text(const struct wanted *w, const char *present, char **text) { return system_conf_text(w->spans, w->count, present, text); }
static int module_text(const struct wanted *w, const char *present, char **text) { return module_conf_text(w->modules, present, text); }

/* effect: when the file is heeded; ends with a space where the file's name is to follow. */
static int one_file(const struct words *w, const char *path, const struct wanted *wanted,
                    int (*make)(const struct wanted *w, const char *present, char **text), const char *effect)
{
	char *present = NULL, *fresh = NULL;
	int e = read_text(path, &present), result;
	bool exists = e == 0;

	if (e != 0 && e != ERR_NOT_FOUND)
		return say_io(path, e);
	e = make(wanted, exists ? present : "", &fresh);
	result = e == 0 ? show_and_write(w, path, exists, exists ? present : "", fresh, effect) : say_io(path, e);
	free(present);
	free(fresh);
	return result;
}

/* Files that are named are the only ones; without a name it is the machine's two. */
static int both_files(const struct words *w, const struct wanted *wanted)
{
	bool named = w->file != NULL || w->modules != NULL;
	const char *file = named ? w->file : DEFAULT_FILE, *modules = named ? w->modules : DEFAULT_MODULES;
	int result = file != NULL ? one_file(w, file, wanted, system_text, "by dahdi_cfg -c ") : 0;

	if (result == 0 && modules != NULL)
		result = one_file(w, modules, wanted, module_text, "when the modules are loaded next: modprobe -r, modprobe; or the next start");
	return result;
}

int configure_run(const struct words *w, const struct conf_tree *conf)
{
	static struct system_conf_span spans[SYSTEM_CONF_SPANS];
	static struct system_conf_place card[SYSTEM_CONF_SPAN_MAX + 1];
	struct module_conf modules;
	char why[CONF_WHY_SIZE];
	size_t count = 0;

	if (read_spans(conf, spans, &count, &modules, why) != 0) {
		fprintf(stderr, "callkey: %s\n", why);
		return EXIT_USAGE;
	}
	if (read_card(w->proc != NULL ? w->proc : DEFAULT_PROC, card, why) != 0 || system_conf_place(spans, count, card, why) != 0) {
		fprintf(stderr, "callkey: %s\n", why);
		return EXIT_REFUSED;
	}
	say_places(spans, count);
	return both_files(w, &(struct wanted){ spans, count, &modules });
}
