/* audit_file.h: the two files of the audit log: audit.log, and audit.head with the last record's number and hash. */
#ifndef KEYS_AUDIT_FILE_H
#define KEYS_AUDIT_FILE_H

#include "audit/audit_check.h"

struct audit_file;
/* found: what stands there. A line that a dying process left half written is taken off. ERR_INVALID with why: it is
 * broken, cut, or others can reach it. */
int audit_file_open(const char *folder, struct audit_file **f, struct audit_check *found, char why[AUDIT_WHY_SIZE]) MUST_CHECK;
void audit_file_close(struct audit_file **f);
/* Line and head are on the disk, or neither counts. ERR_IO, audit_file_why() says why. */
int audit_file_append(struct audit_file *f, const char *line, size_t len, const struct audit_link *head) MUST_CHECK;
const char *audit_file_why(const struct audit_file *f);
uint64_t audit_file_size(const struct audit_file *f);
int audit_file_read(const struct audit_file *f, uint64_t offset, void *out, size_t size) MUST_CHECK;
int audit_file_check(const struct audit_file *f, bool signatures, struct audit_check *found, char why[AUDIT_WHY_SIZE]) MUST_CHECK;

#endif
