/* record.h: the card data that keystored sealed, read out of the opened record. Pure. */
#ifndef WORLD_RECORD_H
#define WORLD_RECORD_H

#include <stddef.h>

#include "lib/err.h"
#include "sandbox/world/cards.h"

enum { RECORD_ORDER_SIZE = 64 };
struct record { struct typed_card card; char order_id[RECORD_ORDER_SIZE]; };

/* text: one flat JSON object of short strings without escapes. It is read by hand, not by a JSON library, so that no copy of
 * a digit stays behind; the caller wipes text and *r. ERR_INVALID: another form, a doubled or missing member, a value that
 * is too long; members that are not ours are left alone. */
int record_read(const char *text, size_t len, struct record *r) MUST_CHECK;

#endif
