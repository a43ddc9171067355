/* password_tries.h: how often a card was entered wrongly, or may have been, on a day. As in store.h: arsd alone, its one thread,
 * the turn's transaction. */
#ifndef STORE_PASSWORD_TRIES_H
#define STORE_PASSWORD_TRIES_H

#include "store/store.h"

/* 0 when nothing is known of the card. */
int store_password_tries_get(struct store *s, const uint8_t fingerprint[32], int64_t day, int64_t *tries) MUST_CHECK;
int store_password_tries_add(struct store *s, const uint8_t fingerprint[32], int64_t day) MUST_CHECK;
/* One less; nothing if there is none. */
int store_password_tries_take_back(struct store *s, const uint8_t fingerprint[32], int64_t day) MUST_CHECK;
/* Forgets the days before. */
int store_password_tries_purge(struct store *s, int64_t day) MUST_CHECK;

#endif
