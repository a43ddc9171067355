/* keys_parts.c: parts of the master key, as custodians type them. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "callkey/keys_job.h"
#include "callkey/terminal.h"
#include "lib/secret.h"

enum { DIGITS = 64 };
static const char form[] = "Type the part from paper: its number, the 64 digits, KCV and the check value; blanks and hyphens as you like.\n"
                           "What you type is not shown.\n";

void keys_warn_of_pipe(void)
{
	if (!terminal_types())
		fputs("callkey: parts come from a pipe, a line each: whoever can read where they come from has them all, and no custodian is "
		      "alone with one. For tests, not for keys that guard cards.\n", stderr);
}

/* Letters and digits alone, upper case; what a custodian's part is compared by. */
static size_t squeeze(const char *text, char out[TERMINAL_LINE_SIZE])
{
	size_t len = 0;

	for (; *text != '\0'; text++)
		if (strchr(" -\t\r", *text) == NULL)
			out[len++] = (char)toupper((unsigned char)*text);
	out[len] = '\0';
	return len;
}

/* A component as its custodian has it: often the digits alone. */
static void give_head(unsigned number, char text[TERMINAL_LINE_SIZE])
{
	char plain[TERMINAL_LINE_SIZE];
	char *check;

	squeeze(text, plain);
	check = strstr(plain, "KCV");
	if (number != 0 && (check != NULL ? (size_t)(check - plain) : strlen(plain)) == DIGITS)
		snprintf(text, TERMINAL_LINE_SIZE, "C%u-%s", number, plain);
	secret_wipe(plain, sizeof(plain));
}

static enum keys_end ask_line(struct keys_job *j, const char *question, char text[TERMINAL_LINE_SIZE])
{
	int e = terminal_ask(question, true, text);

	if (e == ERR_TOO_LONG)
		return keys_refuse(j, "this is longer than a part");
	return e < 0 ? KEYS_LEFT : KEYS_DONE;
}

static enum keys_end ask_part(struct keys_job *j, unsigned number, bool twice, char text[TERMINAL_LINE_SIZE])
{
	char again[TERMINAL_LINE_SIZE], one[TERMINAL_LINE_SIZE], two[TERMINAL_LINE_SIZE];
	enum keys_end end = ask_line(j, "part: ", text);

	if (end != KEYS_DONE)
		return end;
	squeeze(text, one);
	if (twice && terminal_types() && strstr(one, "KCV") == NULL) {
		end = ask_line(j, "again, for it has no check value: ", again);
		squeeze(again, two);
		if (end == KEYS_DONE && strcmp(one, two) != 0)
			end = keys_refuse(j, "the two differ");
		secret_wipe(again, sizeof(again));
		secret_wipe(two, sizeof(two));
	}
	secret_wipe(one, sizeof(one));
	give_head(number, text);
	return end;
}

enum keys_end keys_enter_part(struct keys_job *j, unsigned number, bool twice, char kcv[KEYS_VALUE_SIZE])
{
	char text[TERMINAL_LINE_SIZE];
	enum keys_end end;

	if (terminal_types())
		terminal_say("%s", form);
	do {
		end = ask_part(j, number, twice, text);
		if (end == KEYS_DONE)
			end = keys_ask(j, "part", "", text);
		secret_wipe(text, sizeof(text));
		if (end == KEYS_REFUSED && terminal_types())
			terminal_say("Not taken: %s.\nTry again; Ctrl-C ends it.\n", j->why);
	} while (end == KEYS_REFUSED && terminal_types());
	if (end == KEYS_DONE)
		keys_word(j, "kcv", kcv);
	return end;
}

bool keys_are_whole(const struct keys_job *j)
{
	char whole[KEYS_VALUE_SIZE];

	return strcmp(keys_word(j, "whole", whole), "yes") == 0;
}

static enum keys_end gather_one(struct keys_job *j, const char *what)
{
	char kcv[KEYS_VALUE_SIZE];
	enum keys_end end;

	terminal_clear();
	if (terminal_types())
		terminal_say("%s: one custodian, alone at the terminal.\n\n", what);
	end = keys_enter_part(j, 0, false, kcv);
	if (end == KEYS_DONE)
		terminal_say("Taken. Check value (KCV) of this part: %s\n", kcv);
	return end;
}

enum keys_end keys_gather(struct keys_job *j, const char *what, bool one)
{
	enum keys_end end;
	bool goes_on;

	keys_warn_of_pipe();
	do {
		end = gather_one(j, what);
		goes_on = end == KEYS_DONE && !one && !keys_are_whole(j);
		if (goes_on)
			terminal_say("%u of %u parts in.\n", keys_number(j, "in"), keys_number(j, "of"));
		if (end == KEYS_DONE && terminal_wait(goes_on ? "Press Enter to clear the screen; then the next custodian comes. "
		                                              : "Press Enter to clear the screen. ") < 0 && goes_on)
			end = KEYS_LEFT;
	} while (end == KEYS_DONE && goes_on);
	terminal_leave();
	return end;
}
