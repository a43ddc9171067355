/* journal.h: what a part of the world must still know after it was killed: a file of JSON lines, one a change, written before the
 * change is told to anybody. It survives the process, not the machine: nothing is forced to the disk. */
#ifndef WORLD_JOURNAL_H
#define WORLD_JOURNAL_H

#include "json/json.h"
#include "lib/err.h"

struct journal;

/* Opens DIR/name, gives each line that is whole to replay in their order, and cuts off one that a kill has left torn: nobody was told of
 * it. An error of replay ends it. ERR_IO, ERR_INVALID: a whole line that cannot be read; said in the log. */
int journal_open(const char *dir, const char *name, int (*replay)(const json_t *line, void *context), void *context,
                 struct journal **j) MUST_CHECK;
void journal_free(struct journal **j);
/* Takes line. j NULL: nothing is kept, 0. ERR_IO, ERR_NOMEM: it was not written. */
int journal_add(struct journal *j, json_t *line) MUST_CHECK;

#endif
