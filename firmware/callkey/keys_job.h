/* keys_job.h: between the files of callkey keys: one command under way, and how it ends. */
#ifndef CALLKEY_KEYS_JOB_H
#define CALLKEY_KEYS_JOB_H

#include <stdbool.h>

#include "callkey/keys_door.h"
#include "callkey/words.h"
#include "conf/conf.h"

enum { KEYS_WHY_SIZE = 400, KEYS_VALUE_SIZE = 80, KEYS_NAME_SIZE = 128 };
/* refused: why says. left: who sat at the terminal went away. door: error says what became of keystored. */
enum keys_end { KEYS_DONE, KEYS_REFUSED, KEYS_LEFT, KEYS_DOOR };

struct keys_job {
	const struct words_keys *w;
	const struct conf_tree *conf;
	struct keys_door *door;
	struct keys_answer a;                   /* the last one */
	int error;
	char why[KEYS_WHY_SIZE];
};

enum keys_end keys_ask(struct keys_job *j, const char *verb, const char *args, const char *secret);
enum keys_end keys_refuse(struct keys_job *j, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* A number or word of the last answer. */
unsigned keys_number(const struct keys_job *j, const char *name);
const char *keys_word(const struct keys_job *j, const char *name, char value[KEYS_VALUE_SIZE]);
/* "open", "locked" or "empty", with the answer to status in j->a. */
enum keys_end keys_status(struct keys_job *j, char state[KEYS_VALUE_SIZE]);

/* keys_parts.c: a custodian types a part, until it is taken; on a pipe once. number: of a component that may come without its
 * head, "C1-"; 0: none. twice: what has no check value is typed again. kcv: of the part. */
enum keys_end keys_enter_part(struct keys_job *j, unsigned number, bool twice, char kcv[KEYS_VALUE_SIZE]);
/* Custodians one after the other, until keystored has as many parts as it needs; one: the first of them. */
enum keys_end keys_gather(struct keys_job *j, const char *what, bool one);
/* Were all parts in that are needed, as the answer to the last part says? */
bool keys_are_whole(const struct keys_job *j);
/* A warning where the parts do not come from a person. */
void keys_warn_of_pipe(void);

enum keys_end keys_ceremony(struct keys_job *j);
/* The master key there are keys under: another one, or in other hands. */
enum keys_end keys_renew(struct keys_job *j);
enum keys_end keys_reshare(struct keys_job *j);
enum keys_end keys_unlock(struct keys_job *j);
enum keys_end keys_backup(struct keys_job *j);
enum keys_end keys_restore(struct keys_job *j);
/* keys_officers.c */
/* Two officers come to the terminal, when all parts of custodians are in. last: what the last Enter does. On a pipe that ends before the first
 * name nobody is named, and names are "". */
enum keys_end keys_name_officers(struct keys_job *j, const char *last, char names[2][KEYS_NAME_SIZE]);
enum keys_end keys_appoint(struct keys_job *j);
enum keys_end keys_propose(struct keys_job *j);
enum keys_end keys_proposals(struct keys_job *j);
enum keys_end keys_confirm(struct keys_job *j);
enum keys_end keys_withdraw(struct keys_job *j);
/* What the last answer says, as it is. */
enum keys_end keys_officers(struct keys_job *j);
/* keys_audit.c; with a file, verify asks nobody and j->door is NULL. */
enum keys_end keys_audit_verify(struct keys_job *j);
enum keys_end keys_audit_export(struct keys_job *j);
/* The keys of the last answer as a table on standard output. */
enum keys_end keys_print(struct keys_job *j);

/* keys_files.c: what a ceremony leaves besides the keys. */
struct keys_files { const char *secret_path, *forms; int fd; bool made_folder; };
struct keys_form {
	char name[KEYS_NAME_SIZE], kcv[KEYS_VALUE_SIZE];
	unsigned number, parts, needed;
	bool share;
};
/* Makes room for both before anything is done. */
enum keys_end keys_files_prepare(struct keys_job *j, struct keys_files *f);
/* Nothing is left behind. */
void keys_files_give_up(struct keys_files *f);
/* The secret of unattended starts, from the last answer. */
enum keys_end keys_files_secret(struct keys_job *j, struct keys_files *f);
void keys_files_explain(const struct keys_files *f);
enum keys_end keys_files_forms(struct keys_job *j, const struct keys_files *f, const struct keys_form *forms, const char *master_kcv);

#endif
