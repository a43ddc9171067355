/* columns_priv.h: sealing as records do it. */
#ifndef STORE_COLUMNS_PRIV_H
#define STORE_COLUMNS_PRIV_H

#include "store/columns.h"
#include "store/db.h"

/* Sealed text of a clear one of len octets, with its NUL. */
#define COLUMNS_SEALED_SIZE(len) (32 + ((len) + 28) * 4 / 3 + 4)

struct columns;
int columns_new(struct columns **c) MUST_CHECK;
void columns_free(struct columns **c);
/* What is known of the store's keys: newest 0: there is none. */
void columns_set_newest(struct columns *c, int64_t newest);
int64_t columns_newest(const struct columns *c);
int columns_put(struct columns *c, int64_t id, const uint8_t key[COLUMNS_KEY_SIZE]) MUST_CHECK;
void columns_wipe(struct columns *c);
bool columns_lack_newest(const struct columns *c);

/* What a sealed value is bound to. */
struct column_place { const char *table, *column, *row; };
/* The text to store for clear: sealed, or as it is: "", without a key, or sealed already. size: COLUMNS_SEALED_SIZE(). */
int columns_seal(struct columns *c, const struct column_place *p, const char *clear, char *out, size_t size) MUST_CHECK;
/* In place. What cannot be opened stays. ERR_CRYPTO: it is not what was sealed here, although the key is there; logged. */
int columns_open(struct columns *c, const struct column_place *p, char *text, size_t size) MUST_CHECK;
/* Would columns_seal() make another text of it? */
bool columns_is_old(const struct columns *c, const char *text);
/* Clear text went out although there are keys: the job must look again. Reset by the call. */
bool columns_took_clear(struct columns *c);

/* ---- columns.c ---- */
/* Reads which key is the newest. */
int columns_look(struct store *s) MUST_CHECK;
/* The job begins anew: something clear has been added in this turn. */
int columns_look_again(struct store *s) MUST_CHECK;

#endif
