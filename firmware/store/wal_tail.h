/* wal_tail.h: is the end of SQLite's write-ahead log whole? SQLite itself leaves out, without a word, what follows the first
 * frame that is not: after a crash that is half a commit that nobody was told of, but after a fault of the disk it can be a
 * turn whose effects have left. Whoever opens the store has to hear of it. Reads the file, changes nothing. */
#ifndef STORE_WAL_TAIL_H
#define STORE_WAL_TAIL_H

#include <stdint.h>

#include "lib/err.h"

struct wal_tail {
	uint32_t whole;            /* frames that SQLite will take */
	uint32_t torn;             /* of this log, but not whole, or after one that is not */
	uint32_t turns;            /* of the torn: those that end a commit */
	uint32_t foreign;          /* of no log that was ever here: zeros, another file's sectors */
};

/* database: the path of the database file; its log is beside it. ERR_NOT_FOUND: there is no log, or it is empty. ERR_IO: it
 * cannot be read. ERR_NOMEM. The format: https://www.sqlite.org/fileformat2.html#walformat */
int wal_tail_look(const char *database, struct wal_tail *t) MUST_CHECK;

#endif
