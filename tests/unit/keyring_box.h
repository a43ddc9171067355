/* keyring_box.h: a keyring on a file of its own, on the back-end of token_rig.h, with what it noted; for the tests of it. */
#ifndef TESTS_KEYRING_BOX_H
#define TESTS_KEYRING_BOX_H

#include "keys/keyring.h"

static const struct wall now = { INT64_C(1790000000000) };
static const uint8_t master[TOKEN_MASTER_SIZE] = "the master key of this test, 32B";
static const struct keyfile_master scheme = { .scheme = KEYFILE_COMPONENTS, .parts = 2, .needed = 2 };

/* notes: "WHAT KEY DETAIL", a line each; note_result: what noting one comes to. */
struct box { char folder[64], path[128]; struct keyring *r; char notes[4000]; int note_result; char why[KEYFILE_WHY_SIZE]; };

int box_open(struct box *b);
/* As after a start. */
void box_reopen(struct box *b);
/* *state: a box without keys. */
int box_set_up(void **state);
int box_tear_down(void **state);
struct keyring_ask box_ask(const char *name, enum key_usage usage, enum key_caller caller);
/* The keys are made, under master. */
void box_create(struct box *b);
int box_import_transport(struct box *b, const uint8_t bytes[32]);

#endif
