/* keys_ceremony.c: the key ceremony at a terminal, and what is like it when there are keys: another master key, or other custodians. Nothing is
 * stored before its last step, and whoever walks away before ends it: keystored forgets the parts when the connection is gone. */
#include <stdio.h>
#include <string.h>

#include "callkey/keys_job.h"
#include "callkey/table.h"
#include "callkey/terminal.h"

enum { FORMS_MAX = 16, GROUPS_A_LINE = 4, ARGS_SIZE = 128, LAST_SIZE = 120 };

/* bring: custodians bring their components. ends, last: what Ctrl-C does, what the last Enter does. */
struct ceremony {
	struct keys_job *j;
	unsigned parts, needed;
	bool shares, bring;
	const char *ends, *last;
	bool names_officers;
	struct keys_files files;
	struct keys_form forms[FORMS_MAX];
};

static bool is_shown(void)
{
	return terminal_types() && terminal_shows();
}

static enum keys_end refuse_unless_empty(struct keys_job *j)
{
	char state[KEYS_VALUE_SIZE];
	enum keys_end end = keys_status(j, state);

	if (end == KEYS_DONE && strcmp(state, "empty") != 0)
		return keys_refuse(j, "there are keys already, %s; a ceremony makes the first ones (callkey keys status; docs/keystore.md)", state);
	if (end == KEYS_DONE && !j->w->bring && !is_shown())
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
static enum keys_end confirm(struct ceremony *c, const struct keys_form *f)
{
	struct keys_job *j = c->j;
	char last[LAST_SIZE];
	int e;

	if (c->bring) {
		e = terminal_agrees("Is that the check value on the custodian's paper? (yes, no) ");
		if (e == 0)
			return keys_refuse(j, "part %u is not what its custodian brought: the ceremony ended, nothing is stored", f->number);
	} else {
		terminal_say("Write it on the paper and on the form.\n");
		snprintf(last, sizeof(last), "Press Enter to clear the screen%s %s. ", c->names_officers ? ";" : " and", c->last);
		e = terminal_wait(f->number < f->parts ? "Press Enter to clear the screen; then the next custodian comes. " : last);
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
		terminal_say("Custodian %u of %u, alone at the terminal. %s\nCtrl-C ends the ceremony, and %s.\n\n", f->number,
		             f->parts, f->share ? "The part is a share." : "The part is a component.", c->ends);
	if (j->w->forms != NULL && terminal_types() && terminal_ask("The custodian's name, for the form: ", false, name) < 0)
		return KEYS_LEFT;
	text_clean(name, f->name, sizeof(f->name));
	if (!c->bring)
		end = deal(j);
	if (end == KEYS_DONE)
		end = keys_enter_part(j, c->bring ? f->number : 0, c->bring, f->kcv);
	if (end != KEYS_DONE)
		return end;
	terminal_say("\nTaken. Check value (KCV) of part %u: %s\n", f->number, f->kcv);
	return confirm(c, f);
}

static enum keys_end all_custodians(struct ceremony *c)
{
	enum keys_end end = KEYS_DONE;

	keys_warn_of_pipe();
	for (unsigned i = 0; end == KEYS_DONE && i < c->parts; i++) {
		c->forms[i] = (struct keys_form){ .number = i + 1, .parts = c->parts, .needed = c->needed, .share = c->shares };
		end = one_custodian(c, &c->forms[i]);
	}
	terminal_leave();
	return end;
}

/* What a ceremony leaves besides the keys, after the last answer. What fails from here on is told, and undoes nothing. */
static enum keys_end finish(struct ceremony *c, const char *kcv)
{
	enum keys_end end = keys_files_secret(c->j, &c->files), printed;

	printed = keys_print(c->j);
	if (end == KEYS_DONE)
		end = printed;
	if (end == KEYS_DONE)
		end = keys_files_forms(c->j, &c->files, c->forms, kcv);
	if (end == KEYS_DONE)
		keys_files_explain(&c->files);
	c->files.made_folder = false;
	return end;
}

/* The keys are on the disk when this is answered. */
static enum keys_end commit(struct ceremony *c)
{
	char kcv[KEYS_VALUE_SIZE];
	enum keys_end end = keys_ask(c->j, "commit", c->files.secret_path != NULL ? "unattended=yes\n" : "", NULL);

	if (end != KEYS_DONE)
		return end;
	printf("The keys are made. Check value (KCV) of the master key: %s\nWrite it on each form.\n\n", keys_word(c->j, "kcv", kcv));
	return finish(c, kcv);
}

enum keys_end keys_ceremony(struct keys_job *j)
{
	static struct ceremony c;
	char names[2][KEYS_NAME_SIZE];
	enum keys_end end = refuse_unless_empty(j);

	if (end != KEYS_DONE)
		return end;
	c = (struct ceremony){
		.j = j, .parts = j->w->parts, .needed = j->w->needed, .shares = j->w->shares, .bring = j->w->bring, .ends = "nothing of it is left",
		.last = "then the officers come", .names_officers = true, .files = { .secret_path = j->w->unattended, .forms = j->w->forms },
	};
	end = keys_files_prepare(j, &c.files);
	if (end != KEYS_DONE)
		return end;
	end = begin(j);
	if (end == KEYS_DONE)
		end = all_custodians(&c);
	if (end == KEYS_DONE)
		end = keys_name_officers(j, "to make the keys", names);
	if (end == KEYS_DONE)
		end = commit(&c);
	if (end == KEYS_DONE)
		printf("%s%s%s%s\n", names[0][0] != '\0' ? "\nOfficers: " : "\nThere are no officers yet: custodians name them with callkey keys appoint",
		       names[0], names[1][0] != '\0' ? " and " : "", names[1]);
	keys_files_give_up(&c.files);
	return end;
}

/* ---- when there are keys ---- */

/* What was answered says who will hold the master key. */
static enum keys_end begin_again(struct ceremony *c, const char *verb)
{
	struct keys_job *j = c->j;
	char scheme[KEYS_VALUE_SIZE], unattended[KEYS_VALUE_SIZE];
	enum keys_end end = keys_ask(j, verb, "", NULL);
	int e;

	if (end != KEYS_DONE)
		return end;
	c->shares = strcmp(keys_word(j, "scheme", scheme), "shares") == 0;
	c->parts = keys_number(j, "parts");
	c->needed = keys_number(j, "needed");
	if (c->parts > FORMS_MAX)
		return keys_refuse(j, "keystored speaks of %u parts", c->parts);
	if (strcmp(verb, "reshare") == 0 || c->files.secret_path != NULL || strcmp(keys_word(j, "unattended", unattended), "yes") != 0)
		return KEYS_DONE;
	terminal_say("The secret of unattended starts opens the master key of before and no other; --unattended FILE makes another one.\n");
	e = terminal_agrees("Shall custodians come at each start from now on? (yes, no) ");
	return e < 0 ? KEYS_LEFT : e == 0 ? keys_refuse(j, "the keys stay as they are") : KEYS_DONE;
}

/* Whether it was done is not known when keystored went away, or when its disk failed. */
static enum keys_end unsure(enum keys_end end)
{
	fputs("callkey: keep the papers of before and the new ones: the check value of the master key that callkey keys status shows after the next\n"
	      "start tells which of them open the keys.\n", stderr);
	return end;
}

static enum keys_end commit_again(struct ceremony *c, bool renew)
{
	char kcv[KEYS_VALUE_SIZE], file[KEYS_VALUE_SIZE];
	enum keys_end end = keys_ask(c->j, "commit", c->files.secret_path != NULL ? "unattended=yes\n" : "", NULL);

	if (end != KEYS_DONE)
		return unsure(end);
	keys_word(c->j, "kcv", kcv);
	if (strcmp(keys_word(c->j, "key_file", file), "unsure") == 0)
		printf("It is done, and the disk may not have it after a failure of power. Check value (KCV): %s\nWrite it on each form, and destroy nothing of "
		       "before until callkey keys status says no more of the key file.\n\n", kcv);
	else if (renew)
		printf("All keys are under another master key. Its check value (KCV): %s\nWrite it on each form. The parts of before open backups of "
		       "before, and nothing here any more:\ntake a backup now (callkey keys backup), then destroy those backups and these parts.\n\n", kcv);
	else
		printf("The master key is in other hands. Its check value (KCV) is as before: %s\nThe parts of before open backups of before, and nothing "
		       "here any more; but as many as were needed are the master key still:\ntake a backup now (callkey keys backup), then destroy those "
		       "backups and these parts.\n\n", kcv);
	return finish(c, kcv);
}

static enum keys_end again(struct keys_job *j, bool renew)
{
	static struct ceremony c;
	enum keys_end end = is_shown() ? KEYS_DONE : keys_refuse(j, "the parts are shown to custodians: that needs a terminal");

	c = (struct ceremony){
		.j = j, .ends = "the keys stay as they are", .files = { .secret_path = j->w->unattended, .forms = j->w->forms },
		.last = renew ? "to put all keys under the new master key" : "to put the new parts in force",
	};
	if (end == KEYS_DONE)
		end = keys_files_prepare(j, &c.files);
	if (end != KEYS_DONE)
		return end;
	end = begin_again(&c, renew ? "renew" : "reshare");
	if (end == KEYS_DONE)
		end = keys_gather(j, "Custodians of the master key there is", false);
	if (end == KEYS_DONE)
		end = all_custodians(&c);
	if (end == KEYS_DONE)
		end = commit_again(&c, renew);
	keys_files_give_up(&c.files);
	return end;
}

enum keys_end keys_renew(struct keys_job *j)
{
	return again(j, true);
}

enum keys_end keys_reshare(struct keys_job *j)
{
	return again(j, false);
}
