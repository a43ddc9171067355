#include "callkey/terminal.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <termios.h>
#include <unistd.h>

#include "lib/secret.h"

enum { SAY_SIZE = 4096 };

static struct {
	bool types, shows, screen, opened, idle;
	int idle_s;
	struct termios before;
	sigset_t mask;                          /* while somebody is waited for */
} t;
static volatile sig_atomic_t gone;

static void on_signal(int number UNUSED)
{
	gone = 1;
}

static void take_signals(void)
{
	static const int ends[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
	struct sigaction end = { .sa_handler = on_signal }, ignore = { .sa_handler = SIG_IGN };
	sigset_t all;

	sigemptyset(&all);
	for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
		sigaddset(&all, ends[i]);
		sigaction(ends[i], &end, NULL);
	}
	sigprocmask(SIG_BLOCK, &all, &t.mask);
	sigaction(SIGTSTP, &ignore, NULL);      /* a part on the screen is not left alone */
	sigaction(SIGPIPE, &ignore, NULL);
}

static void echo(bool on)
{
	struct termios now = t.before;

	if (!t.types)
		return;
	if (!on) {
		now.c_lflag &= (tcflag_t)~(ECHO | ECHOE | ECHOK);
		now.c_lflag |= ECHONL;
	}
	tcsetattr(STDIN_FILENO, TCSADRAIN, &now);
}

void terminal_open(int idle_s)
{
	t.idle_s = idle_s;
	t.idle = false;
	t.types = isatty(STDIN_FILENO) && tcgetattr(STDIN_FILENO, &t.before) == 0;
	t.shows = isatty(STDOUT_FILENO);
	t.opened = true;
	take_signals();
	echo(false);
}

void terminal_close(void)
{
	if (!t.opened)
		return;
	terminal_leave();
	if (t.types)
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &t.before);
	t.opened = false;
}

bool terminal_was_idle(void)
{
	return t.idle;
}

bool terminal_types(void)
{
	return t.types;
}

bool terminal_shows(void)
{
	return t.shows;
}

static void put(const char *text, size_t len)
{
	while (len > 0) {
		ssize_t n = write(STDOUT_FILENO, text, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return;
		text += n;
		len -= (size_t)n;
	}
}

/* Not by stdio, whose buffer keeps what was in it. */
void terminal_say(const char *fmt, ...)
{
	char text[SAY_SIZE];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (n > 0)
		put(text, (size_t)n < sizeof(text) ? (size_t)n : sizeof(text) - 1);
	secret_wipe(text, sizeof(text));
}

/* The alternate screen has nothing above it; where there is none, 3J takes away what scrolled out of sight. */
void terminal_clear(void)
{
	if (t.shows)
		terminal_say("%s\033[H\033[2J\033[3J", t.screen ? "" : "\033[?1049h");
	t.screen = t.shows;
}

void terminal_leave(void)
{
	if (t.screen)
		terminal_say("\033[H\033[2J\033[3J\033[?1049l");
	t.screen = false;
}

/* One octet; ERR_CLOSED at the end, after a signal and after silence. */
static int next(char *c)
{
	struct pollfd p = { STDIN_FILENO, POLLIN, 0 };
	const struct timespec patience = { t.idle_s, 0 };
	ssize_t n = -1;

	errno = EINTR;
	while (gone == 0 && !t.idle && n < 0 && errno == EINTR) {
		int ready = ppoll(&p, 1, &patience, &t.mask);

		t.idle = ready == 0;
		if (ready > 0)
			n = read(STDIN_FILENO, c, 1);
	}
	return n == 1 ? 0 : ERR_CLOSED;
}

static int read_line(char text[TERMINAL_LINE_SIZE])
{
	size_t len = 0;
	bool too_long = false;
	char c;

	for (;;) {
		int e = next(&c);

		if (e < 0 && (len == 0 || gone != 0 || t.idle))
			return e;
		if (e < 0 || c == '\n')
			break;
		if (len == TERMINAL_LINE_SIZE - 1)
			too_long = true;
		else
			text[len++] = c;
	}
	c = '\0';
	text[len] = '\0';
	return too_long || strlen(text) != len ? ERR_TOO_LONG : 0;
}

int terminal_ask(const char *question, bool hidden, char text[TERMINAL_LINE_SIZE])
{
	int e;

	text[0] = '\0';
	if (!hidden)
		echo(true);
	if (t.types)
		terminal_say("%s", question);
	e = read_line(text);
	if (!hidden)
		echo(false);
	if (e < 0)
		secret_wipe(text, TERMINAL_LINE_SIZE);
	return e;
}

int terminal_wait(const char *question)
{
	char text[TERMINAL_LINE_SIZE];
	int e;

	if (!t.types)
		return 0;
	e = terminal_ask(question, true, text);
	secret_wipe(text, sizeof(text));
	return e == ERR_TOO_LONG ? 0 : e;
}

int terminal_agrees(const char *question)
{
	char text[TERMINAL_LINE_SIZE];

	if (!t.types)
		return 1;
	for (;;) {
		int e = terminal_ask(question, false, text);

		if (e == ERR_CLOSED)
			return e;
		if (strcasecmp(text, "yes") == 0 || strcasecmp(text, "y") == 0)
			return 1;
		if (strcasecmp(text, "no") == 0 || strcasecmp(text, "n") == 0)
			return 0;
		terminal_say("Please type yes or no.\n");
	}
}
