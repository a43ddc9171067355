/* keys_ceremony.c: the key ceremony at a terminal. Nothing is stored before its last step, and whoever walks away before ends
 * it: keystored forgets the parts when the connection is gone. */
#include <stdio.h>
#include <string.h>

#include "callkey/keys_job.h"
#include "callkey/table.h"
#include "callkey/terminal.h"

enum { FORMS_MAX = 16, GROUPS_A_LINE = 4, ARGS_SIZE = 128 };

struct ceremony { struct keys_job *j; struct keys_files files; struct keys_form forms[FORMS_MAX]; };

static enum keys_end refuse_unless_empty(struct keys_job *j)
{
	char state[KEYS_VALUE_SIZE];
	enum keys_end end = keys_status(j, state);

	if (end == KEYS_DONE && strcmp(state, "empty") != 0)
		return keys_refuse(j, "there are keys already, %s; a ceremony makes the first ones (callkey keys status; docs/keystore.md)", state);
	if (end == KEYS_DONE && !j->w->bring && !(terminal_types() && terminal_shows()))
		return keys_refuse(j, "the parts are shown to custodians: that needs a terminal. Components that custodians bring (--bring) may come "
		                   "from a pipe");
	return end;
}

static enum keys_end begin(struct keys_job *j)
{
	char args[ARGS_SIZE];

	snprintf(args, sizeof(args), "scheme=%s\nneeded=%u\nparts=%u\nhow=%s\n", j->w->shares ? "shares" : "components", j->w->needed,
	         j->w->parts, j->w->bring ? "enter" : "deal");
	return keys_ask(j, "ceremony", args, NULL);
}

/* In lines of four groups, as people copy: the head, the digits, the check value. */
static void show_part(const char *text, size_t len)
{
	unsigned hyphens = 0;
	size_t from = 0;

	terminal_say("\n");
	for (size_t i = 0; i < len; i++)
		if (text[i] == '-' && ++hyphens % GROUPS_A_LINE == 1) {
			terminal_say("    %.*s\n", (int)(i + 1 - from), text + from);
			from = i + 1;
		}
	terminal_say("    %.*s\n\n", (int)(len - from), text + from);
}

static enum keys_end deal(struct keys_job *j)
{
	enum keys_end end;

	if (terminal_wait("Press Enter when nobody else sees the screen: the part is shown once. ") < 0)
		return KEYS_LEFT;
	end = keys_ask(j, "deal", "", NULL);
	if (end != KEYS_DONE)
		return end;
	terminal_say("\nWrite this down, all of it; it is never shown again:\n");
	show_part((const char *)j->a.secret, j->a.secret_len);
	if (terminal_wait("Press Enter when it is on paper. ") < 0)
		return KEYS_LEFT;
	terminal_clear();
	terminal_say("The same custodian, from the paper. ");
	return KEYS_DONE;
}

/* What keystored took is what was shown; of a component that was brought only its custodian knows. */
static enum keys_end confirm(struct keys_job *j, const struct keys_form *f)
{
	int e;

	if (j->w->bring) {
		e = terminal_agrees("Is that the check value on the custodian's paper? (yes, no) ");
		if (e == 0)
			return keys_refuse(j, "part %u is not what its custodian brought: the ceremony ended, nothing is stored", f->number);
	} else {
		terminal_say("Write it on the paper and on the form.\n");
		e = terminal_wait(f->number < f->parts ? "Press Enter to clear the screen; then the next custodian comes. "
		                                       : "Press Enter to clear the screen and to make the keys. ");
	}
	return e < 0 ? KEYS_LEFT : KEYS_DONE;
}

static enum keys_end one_custodian(struct ceremony *c, struct keys_form *f)
{
	struct keys_job *j = c->j;
	char name[TERMINAL_LINE_SIZE] = "";
	enum keys_end end = KEYS_DONE;

	terminal_clear();
	if (terminal_types())
		terminal_say("Custodian %u of %u, alone at the terminal. %s\nCtrl-C ends the ceremony, and nothing of it is left.\n\n", f->number,
		             f->parts, f->share ? "The part is a share." : "The part is a component.");
	if (j->w->forms != NULL && terminal_types() && terminal_ask("The custodian's name, for the form: ", false, name) < 0)
		return KEYS_LEFT;
	text_clean(name, f->name, sizeof(f->name));
	if (!j->w->bring)
		end = deal(j);
	if (end == KEYS_DONE)
		end = keys_enter_part(j, j->w->bring ? f->number : 0, j->w->bring, f->kcv);
	if (end != KEYS_DONE)
		return end;
	terminal_say("\nTaken. Check value (KCV) of part %u: %s\n", f->number, f->kcv);
	return confirm(j, f);
}

static enum keys_end all_custodians(struct ceremony *c)
{
	enum keys_end end = KEYS_DONE;

	keys_warn_of_pipe();
	for (unsigned i = 0; end == KEYS_DONE && i < c->j->w->parts; i++) {
		c->forms[i] = (struct keys_form){ .number = i + 1, .parts = c->j->w->parts, .needed = c->j->w->needed, .share = c->j->w->shares };
		end = one_custodian(c, &c->forms[i]);
	}
	terminal_leave();
	return end;
}

/* The keys are on the disk when this is answered. What fails from here on is told, and undoes nothing. */
static enum keys_end commit(struct ceremony *c)
{
	struct keys_job *j = c->j;
	char kcv[KEYS_VALUE_SIZE];
	enum keys_end end = keys_ask(j, "commit", j->w->unattended != NULL ? "unattended=yes\n" : "", NULL), printed;

	if (end != KEYS_DONE)
		return end;
	end = keys_files_secret(j, &c->files);
	keys_word(j, "kcv", kcv);
	printf("The keys are made. Check value (KCV) of the master key: %s\nWrite it on each form.\n\n", kcv);
	printed = keys_print(j);
	if (end == KEYS_DONE)
		end = printed;
	if (end == KEYS_DONE)
		end = keys_files_forms(j, &c->files, c->forms, kcv);
	if (end == KEYS_DONE)
		keys_files_explain(&c->files);
	c->files.made_folder = false;
	return end;
}

enum keys_end keys_ceremony(struct keys_job *j)
{
	static struct ceremony c;
	enum keys_end end = refuse_unless_empty(j);

	if (end != KEYS_DONE)
		return end;
	c = (struct ceremony){ .j = j, .files = { .secret_path = j->w->unattended, .forms = j->w->forms } };
	end = keys_files_prepare(j, &c.files);
	if (end != KEYS_DONE)
		return end;
	end = begin(j);
	if (end == KEYS_DONE)
		end = all_custodians(&c);
	if (end == KEYS_DONE)
		end = commit(&c);
	keys_files_give_up(&c.files);
	return end;
}
