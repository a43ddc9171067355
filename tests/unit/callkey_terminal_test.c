/* callkey_terminal_test.c: what a person at a terminal types is not echoed, lines are bounded, silence ends it, and the terminal
 * is as it was afterwards. */
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include <cmocka.h>

#include "callkey/terminal.h"

enum { LONG_S = 20 };

struct desk { int far, near, input, output; struct termios before; };

static int set_up(void **state)
{
	struct desk *d = calloc(1, sizeof(*d));

	d->far = posix_openpt(O_RDWR | O_NOCTTY);
	assert_true(d->far >= 0 && grantpt(d->far) == 0 && unlockpt(d->far) == 0);
	d->near = open(ptsname(d->far), O_RDWR | O_NOCTTY);
	assert_true(d->near >= 0 && tcgetattr(d->near, &d->before) == 0);
	fflush(stdout);
	d->input = dup(STDIN_FILENO);
	d->output = dup(STDOUT_FILENO);
	dup2(d->near, STDIN_FILENO);
	dup2(d->near, STDOUT_FILENO);
	*state = d;
	return 0;
}

static int tear_down(void **state)
{
	struct desk *d = *state;

	terminal_close();
	dup2(d->input, STDIN_FILENO);
	dup2(d->output, STDOUT_FILENO);
	close(d->input);
	close(d->output);
	close(d->near);
	close(d->far);
	free(d);
	return 0;
}

static void type(const struct desk *d, const char *text)
{
	assert_int_equal(write(d->far, text, strlen(text)), (ssize_t)strlen(text));
}

/* What the terminal has shown when word is there, or LONG_S without it. */
static const char *shown(const struct desk *d, const char *word)
{
	static char text[4096];
	struct pollfd p = { d->far, POLLIN, 0 };
	size_t len = 0;

	text[0] = '\0';
	while (strstr(text, word) == NULL && poll(&p, 1, LONG_S * 1000) > 0) {
		ssize_t n = read(d->far, text + len, sizeof(text) - 1 - len);

		len += n > 0 ? (size_t)n : 0;
		text[len] = '\0';
	}
	return text;
}

static void what_is_typed_is_hidden_and_a_name_is_not(void **state)
{
	const struct desk *d = *state;
	char line[TERMINAL_LINE_SIZE];
	const char *seen;

	terminal_open(LONG_S);
	assert_true(terminal_types() && terminal_shows());
	type(d, "S1-ABCD\n");
	assert_int_equal(terminal_ask("part: ", true, line), 0);
	assert_string_equal(line, "S1-ABCD");
	/* The line's end is echoed, after all that would be. */
	seen = shown(d, "\n");
	assert_non_null(strstr(seen, "\n"));
	assert_null(strstr(seen, "ABCD"));
	terminal_close();
	type(d, "Kim\n");
	assert_non_null(strstr(shown(d, "Kim"), "Kim"));
}

static void a_line_is_bounded_and_the_next_is_whole(void **state)
{
	const struct desk *d = *state;
	char line[TERMINAL_LINE_SIZE], much[TERMINAL_LINE_SIZE + 2];

	memset(much, 'x', sizeof(much));
	much[sizeof(much) - 2] = '\n';
	much[sizeof(much) - 1] = '\0';
	terminal_open(LONG_S);
	type(d, much);
	assert_int_equal(terminal_ask("", true, line), ERR_TOO_LONG);
	assert_string_equal(line, "");
	type(d, "next\n");
	assert_int_equal(terminal_ask("", true, line), 0);
	assert_string_equal(line, "next");
	type(d, "maybe\nno\n");
	assert_int_equal(terminal_agrees("sure? "), 0);
	type(d, "YES\n");
	assert_int_equal(terminal_agrees("sure? "), 1);
}

static void silence_is_as_if_the_person_went(void **state)
{
	const struct desk *d = *state;
	char line[TERMINAL_LINE_SIZE];

	terminal_open(1);
	assert_int_equal(terminal_ask("part: ", true, line), ERR_CLOSED);
	assert_true(terminal_was_idle());
	/* Half a line is none. */
	terminal_open(1);
	assert_false(terminal_was_idle());
	type(d, "half");
	assert_int_equal(terminal_ask("part: ", true, line), ERR_CLOSED);
	assert_string_equal(line, "");
}

static void a_screen_that_was_left_is_cleared_and_the_terminal_as_before(void **state)
{
	const struct desk *d = *state;
	struct termios after;
	const char *seen;

	terminal_open(LONG_S);
	terminal_clear();
	terminal_say("part %d", 1);
	terminal_close();
	seen = shown(d, "\033[?1049l");
	assert_non_null(strstr(seen, "\033[?1049h"));
	assert_non_null(strstr(strstr(seen, "part 1"), "\033[2J\033[3J\033[?1049l"));
	assert_int_equal(tcgetattr(d->near, &after), 0);
	assert_int_equal(after.c_lflag, d->before.c_lflag);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(what_is_typed_is_hidden_and_a_name_is_not), T(a_line_is_bounded_and_the_next_is_whole), T(silence_is_as_if_the_person_went),
		T(a_screen_that_was_left_is_cleared_and_the_terminal_as_before),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
