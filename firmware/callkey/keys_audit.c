/* keys_audit.c: the keystore's audit log: exported with its proof, verified here, line by line, not by keystored's word. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "callkey/keys_job.h"
#include "audit/audit_check.h"

enum { ARGS_SIZE = 64, LINE_SIZE = AUDIT_LINE_SIZE, FILE_MODE = 0600 };
static const char last_word[] = "exported_log";

/* ---- the log from keystored ---- */

/* Writes all up to its record of this reading; head: that record's hash. */
static enum keys_end fetch(struct keys_job *j, FILE *out, char head[2 * CRYPTO_SHA256_SIZE + 1])
{
	char args[ARGS_SIZE], value[KEYS_VALUE_SIZE];
	enum keys_end end = keys_ask(j, "audit_export", "", NULL);
	size_t offset = 0, n = 1, size;

	if (end != KEYS_DONE)
		return end;
	size = (size_t)strtoull(keys_word(j, "audit_size", value), NULL, 10);
	keys_door_value(j->a.text, "audit_head", head, 2 * CRYPTO_SHA256_SIZE + 1);
	while (end == KEYS_DONE && n > 0 && offset < size) {
		snprintf(args, sizeof(args), "offset=%zu\n", offset);
		end = keys_ask(j, "audit_read", args, NULL);
		n = end == KEYS_DONE ? strlen(j->a.text) : 0;
		/* What was written meanwhile is the next export's. */
		n = n > size - offset ? size - offset : n;
		if (n > 0 && fwrite(j->a.text, 1, n, out) != n)
			end = keys_refuse(j, "the log cannot be written: %s", strerror(errno));
		offset += n;
	}
	if (end == KEYS_DONE && fflush(out) != 0)
		end = keys_refuse(j, "the log cannot be written: %s", strerror(errno));
	return end;
}

enum keys_end keys_audit_export(struct keys_job *j)
{
	char head[2 * CRYPTO_SHA256_SIZE + 1];
	const char *path = j->w->out;
	int fd = path != NULL ? open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, FILE_MODE) : -1;
	FILE *f = path == NULL ? stdout : fd >= 0 ? fdopen(fd, "w") : NULL;
	enum keys_end end;

	if (f == NULL)
		return keys_refuse(j, "%s: %s", path, errno == EEXIST ? "is there already; it is not overwritten" : strerror(errno));
	end = fetch(j, f, head);
	if (path == NULL)
		return end;
	if (end == KEYS_DONE && fsync(fd) != 0)
		end = keys_refuse(j, "%s: cannot be written: %s", path, strerror(errno));
	if (fclose(f) != 0 && end == KEYS_DONE)
		end = keys_refuse(j, "%s: cannot be written: %s", path, strerror(errno));
	if (end != KEYS_DONE)
		unlink(path);
	return end;
}

/* ---- verifying ---- */

static enum keys_end check_lines(struct keys_job *j, FILE *f, struct audit_check *c)
{
	char line[LINE_SIZE + 2], why[AUDIT_WHY_SIZE];

	while (fgets(line, sizeof(line), f) != NULL) {
		size_t len = strlen(line);

		if (len == 0 || line[len - 1] != '\n')
			return keys_refuse(j, "broken after record %" PRIu64 ": a line without an end", c->last.number);
		if (audit_check_line(c, line, len - 1, true, why) < 0)
			return keys_refuse(j, "broken: %s", why);
	}
	return ferror(f) ? keys_refuse(j, "cannot be read: %s", strerror(errno)) : KEYS_DONE;
}

/* An export ends with the record of its making, under a signature unless the keys were closed then. */
static enum keys_end check_end(struct keys_job *j, const struct audit_check *c, const char *head)
{
	char hash[2 * CRYPTO_SHA256_SIZE + 1];

	if (c->last.number == 0)
		return keys_refuse(j, "broken: no record is in it");
	if (head[0] != '\0' && (hex_encode(c->last.hash, sizeof(c->last.hash), hash, sizeof(hash)) < 0 || strcmp(hash, head) != 0))
		return keys_refuse(j, "broken: it ends with record %" PRIu64 ", which is not the last one that was written", c->last.number);
	if (strcmp(c->last_what, last_word) != 0)
		return keys_refuse(j, "broken: it was cut after record %" PRIu64 "; an export ends with the record of its making", c->last.number);
	return KEYS_DONE;
}

/* Keys that begin by themselves, after a ceremony, must be the one that is trusted. */
static enum keys_end check_keys(struct keys_job *j, const struct audit_check *c)
{
	for (size_t i = 0; i < c->signer_count; i++) {
		const struct audit_signer *s = &c->signers[i];

		printf("key %s from record %" PRIu64 ", %s\n", s->id, s->since, s->vouched ? "vouched for by the one before" : "of a ceremony");
		if (j->w->key != NULL && !s->vouched && strcmp(j->w->key, s->id) != 0)
			return keys_refuse(j, "record %" PRIu64 ": a key that is not the trusted one begins to sign; was there a ceremony?", s->since);
	}
	if (j->w->key != NULL && c->signer_count == 0)
		return keys_refuse(j, "no record is signed");
	return KEYS_DONE;
}

static enum keys_end verify(struct keys_job *j, FILE *f, const char *head)
{
	struct audit_check *c = calloc(1, sizeof(*c));
	enum keys_end end = c == NULL ? keys_refuse(j, "no memory is free") : check_lines(j, f, c);

	if (end == KEYS_DONE)
		end = check_end(j, c, head);
	if (end == KEYS_DONE)
		end = check_keys(j, c);
	if (end == KEYS_DONE) {
		printf("whole: %" PRIu64 " records, %s to %s; signed up to record %" PRIu64 "\n", c->last.number, c->first_at, c->last_at, c->signed_to);
		if (j->w->key == NULL)
			puts("Compare the keys of ceremonies with the papers (callkey keys status shows the audit key); --key ID does it here.");
	}
	free(c);
	return end;
}

/* By the lines themselves; and keystored holds its files against what it remembers. */
static enum keys_end verify_live(struct keys_job *j)
{
	char head[2 * CRYPTO_SHA256_SIZE + 1] = "";
	FILE *f = tmpfile();
	enum keys_end end = f == NULL ? keys_refuse(j, "no file can be made: %s", strerror(errno)) : keys_ask(j, "audit_verify", "", NULL);

	if (end == KEYS_DONE)
		end = fetch(j, f, head);
	if (end == KEYS_DONE) {
		rewind(f);
		end = verify(j, f, head);
	}
	if (f != NULL)
		fclose(f);
	return end;
}

enum keys_end keys_audit_verify(struct keys_job *j)
{
	enum keys_end end;
	FILE *f;

	if (j->w->live)
		return verify_live(j);
	f = strcmp(j->w->file, "-") == 0 ? stdin : fopen(j->w->file, "re");
	if (f == NULL)
		return keys_refuse(j, "%s: %s", j->w->file, strerror(errno));
	end = verify(j, f, "");
	if (f != stdin)
		fclose(f);
	return end;
}
