#include "lib/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/err.h"

enum { LOG_LINE_MAX = 2048 };

static char log_program[24] = "callkey";
static enum log_level log_least = LOG_LEVEL_INFO;
static const char *const level_names[] = { "debug", "info", "warn", "error" };

void log_init(const char *program, enum log_level least)
{
	snprintf(log_program, sizeof(log_program), "%s", program);
	log_least = least;
}

int log_level_parse(const char *word, enum log_level *level)
{
	for (size_t i = 0; i < ARRAY_LEN(level_names); i++)
		if (strcmp(word, level_names[i]) == 0) {
			*level = (enum log_level)i;
			return 0;
		}
	return ERR_INVALID;
}

void log_event(enum log_level level, const char *event, const char *fmt, ...)
{
	char line[LOG_LINE_MAX], when[CLOCK_RFC3339_SIZE];
	va_list ap;
	int n, m;

	if (level < log_least)
		return;
	n = snprintf(line, sizeof(line), "%s %s %s %s ", wall_print_rfc3339(clock_wall(), when), level_names[level],
	             log_program, event);
	va_start(ap, fmt);
	m = vsnprintf(line + n, sizeof(line) - (size_t)n - 1, fmt, ap);
	va_end(ap);
	n += m < 0 ? 0 : m;
	if (n > LOG_LINE_MAX - 2)
		n = LOG_LINE_MAX - 2;
	for (int i = 0; i < n; i++)
		if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f)
			line[i] = '?';
	line[n++] = '\n';
	/* One write a line: lines of several processes on one stderr do not mix. A full disk is no reason to stop. */
	if (write(STDERR_FILENO, line, (size_t)n) < 0)
		return;
}
