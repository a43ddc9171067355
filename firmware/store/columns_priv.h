/* columns_priv.h: sealing and finding as records and aggregates do it. */
#ifndef STORE_COLUMNS_PRIV_H
#define STORE_COLUMNS_PRIV_H

#include "store/columns.h"
#include "store/db.h"

/* Sealed text of a clear one of len octets, with its NUL. */
#define COLUMNS_SEALED_SIZE(len) (32 + ((len) + 28) * 4 / 3 + 4)
/* The longest text that is sealed: a consent's record. */
enum { COLUMNS_TEXT_MAX = 40960 };

struct columns;
int columns_new(struct columns **c) MUST_CHECK;
void columns_free(struct columns **c);
/* What is known of the store's keys: newest 0: there is none. */
void columns_set_newest(struct columns *c, int64_t newest);
int64_t columns_newest(const struct columns *c);
/* index: 32 octets, or NULL: nothing is found by this key. */
int columns_put(struct columns *c, int64_t id, const uint8_t key[COLUMNS_KEY_SIZE], const uint8_t *index) MUST_CHECK;
void columns_wipe(struct columns *c);
bool columns_lack_newest(const struct columns *c);

/* What a sealed value is bound to. */
struct column_place { const char *table, *column, *row; };
/* The text to store for clear: sealed, or as it is: "", without a key, or sealed already. size: COLUMNS_SEALED_SIZE(). */
int columns_seal(struct columns *c, const struct column_place *p, const char *clear, char *out, size_t size) MUST_CHECK;
/* What was stored, clear; out and stored may be the same. ERR_STATE: its key is not in memory. ERR_CRYPTO: it is not what was sealed
 * here, although the key is there; logged. out is untouched then. */
int columns_read(struct columns *c, const struct column_place *p, const char *stored, char *out, size_t size) MUST_CHECK;
/* In place, where what cannot be opened stays: ERR_CRYPTO as above. */
int columns_open(struct columns *c, const struct column_place *p, char *text, size_t size) MUST_CHECK;
/* Would columns_seal() make another text of it? */
bool columns_is_old(const struct columns *c, const char *text);
/* Clear text went out although there are keys: the job must look again. Reset by the call. */
bool columns_took_clear(struct columns *c);

/* ---- blind indexes: a number is found by the HMAC that stands for it ----
 * The number is struct phone's one form, so that all ways to write it have one index. what and with separate indexes of one number:
 * those of one table say nothing in another, those of one virtual number nothing at another. */
struct column_index { const char *what, *with, *number; };
/* How many data keys a look-up tries: those of a rotation under way, and some to spare. */
enum { COLUMNS_INDEX_SIZE = 48, COLUMNS_INDEXES = 4 };
/* Under the newest data key; "": there is none, the number stands clear. ERR_STATE: there is one, but not in memory. */
int columns_index(struct columns *c, const struct column_index *i, char out[COLUMNS_INDEX_SIZE]) MUST_CHECK;
/* Under the data keys in memory, the newest first; the rest of out repeats it. How many there are. */
int columns_indexes(struct columns *c, const struct column_index *i, char out[COLUMNS_INDEXES][COLUMNS_INDEX_SIZE]) MUST_CHECK;
/* Clear, or under another data key than the newest. */
bool columns_index_is_old(const struct columns *c, const char *index);

/* ---- columns.c, columns_job.c ---- */
/* Reads which key is the newest. */
int columns_look(struct store *s) MUST_CHECK;
/* Whether all numbers are found by the newest data key's index: struct store's settled. */
int columns_look_settled(struct store *s) MUST_CHECK;
/* The job begins anew: something clear has been added in this turn. */
int columns_look_again(struct store *s) MUST_CHECK;

#endif
