/* keyring_people.c: what the key file has besides keys: the officers, and whether it opens without custodians. */
#include <stdio.h>
#include <string.h>

#include "keys/keyring_priv.h"
#include "lib/secret.h"

size_t keyring_officers(const struct keyring *r, const struct keyfile_officer **list)
{
	*list = r->file.officers;
	return r->file.officer_count;
}

static int find(const struct keyfile *f, const char *name)
{
	for (size_t i = 0; i < f->officer_count; i++)
		if (strcmp(f->officers[i].name, name) == 0)
			return (int)i;
	return ERR_NOT_FOUND;
}

/* Written down, then changed. */
static int change(struct keyring *r, struct keyfile *next, const char *what, const char *detail, char why[KEYFILE_WHY_SIZE])
{
	int e = keyring_tell(r, what, NULL, detail);

	if (e == 0)
		return keyring_commit(r, next, why);
	keyfile_clear(next);
	return keyring_why(e, why, "the audit log cannot be written; nothing was changed");
}

static int begin(struct keyring *r, struct keyfile *next, char why[KEYFILE_WHY_SIZE])
{
	if (r->state != KEYRING_OPEN)
		return keyring_why(ERR_STATE, why, "the keys are locked");
	return keyring_begin(r, next) < 0 ? keyring_why(ERR_NOMEM, why, "no memory is free") : 0;
}

int keyring_add_officer(struct keyring *r, const struct keyfile_officer *o, char why[KEYFILE_WHY_SIZE])
{
	struct keyfile next;

	if (!key_name_is_good(o->name))
		return keyring_why(ERR_INVALID, why, "an officer's name has letters, digits, '-', '_' and '.', at most %d", KEYFILE_OFFICER_SIZE - 1);
	if (find(&r->file, o->name) >= 0)
		return keyring_why(ERR_EXISTS, why, "there is an officer %s already", o->name);
	if (r->file.officer_count == KEYFILE_OFFICERS_MAX)
		return keyring_why(ERR_EXHAUSTED, why, "there are %d officers already", KEYFILE_OFFICERS_MAX);
	if (begin(r, &next, why) < 0)
		return ERR_STATE;
	next.officers[next.officer_count++] = *o;
	return change(r, &next, "officer_added", o->name, why);
}

bool keyring_is_officer(const struct keyring *r, const char *name)
{
	return find(&r->file, name) >= 0;
}

/* "kim lee in place of park choi" */
static void say_appointed(const struct keyring *r, const struct keyfile_officer *officers, char *text, size_t size)
{
	size_t len = (size_t)snprintf(text, size, "%s %s in place of", officers[0].name, officers[1].name);

	for (size_t i = 0; i < r->file.officer_count && len < size; i++)
		len += (size_t)snprintf(text + len, size - len, " %s", r->file.officers[i].name);
	if (r->file.officer_count == 0 && len < size)
		snprintf(text + len, size - len, " none");
}

int keyring_appoint(struct keyring *r, const struct keyfile_officer *officers, char why[KEYFILE_WHY_SIZE])
{
	char detail[(KEYFILE_OFFICERS_MAX + KEYFILE_OFFICERS_LEAST + 1) * KEYFILE_OFFICER_SIZE];
	struct keyfile next;
	int e;

	if (begin(r, &next, why) < 0)
		return ERR_STATE;
	say_appointed(r, officers, detail, sizeof(detail));
	memset(next.officers, 0, sizeof(next.officers));
	memcpy(next.officers, officers, KEYFILE_OFFICERS_LEAST * sizeof(officers[0]));
	next.officer_count = KEYFILE_OFFICERS_LEAST;
	e = change(r, &next, "officers_appointed", detail, why);
	/* What those of before agreed to is nobody's any more. */
	if (e == 0)
		r->agreed.change = KEYRING_NO_CHANGE;
	return e;
}

int keyring_remove_officer(struct keyring *r, const char *name, char why[KEYFILE_WHY_SIZE])
{
	struct keyfile next;
	int at = find(&r->file, name);

	if (at < 0)
		return keyring_why(ERR_NOT_FOUND, why, "there is no officer %s", name);
	if (r->file.officer_count <= KEYFILE_OFFICERS_LEAST)
		return keyring_why(ERR_STATE, why, "two officers are the least; add another one first");
	if (begin(r, &next, why) < 0)
		return ERR_STATE;
	next.officer_count--;
	memmove(&next.officers[at], &next.officers[at + 1], (next.officer_count - (size_t)at) * sizeof(next.officers[0]));
	return change(r, &next, "officer_removed", name, why);
}

int keyring_end_unattended(struct keyring *r, char why[KEYFILE_WHY_SIZE])
{
	struct keyfile next;
	int e;

	if (r->file.master.unattended.len == 0)
		return keyring_why(ERR_STATE, why, "custodians come at each start already");
	if (begin(r, &next, why) < 0)
		return ERR_STATE;
	secret_wipe(&next.master.unattended, sizeof(next.master.unattended));
	e = change(r, &next, "unattended_ended", "", why);
	/* The file before still has the secret's lock: one more write, and it is gone. */
	if (e == 0)
		e = begin(r, &next, why);
	return e < 0 ? e : keyring_commit(r, &next, why);
}
