#include "tests/unit/keyring_box.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/scratch.h"
#include "tests/unit/token_rig.h"

static int note(void *context, const char *what, const struct key *k, const char *detail)
{
	struct box *b = context;
	size_t len = strlen(b->notes);

	snprintf(b->notes + len, sizeof(b->notes) - len, "%s %s %s\n", what, k != NULL ? k->name : "-", detail);
	return b->note_result;
}

int box_open(struct box *b)
{
	struct keyring_config c = { .path = b->path, .note = note, .context = b };
	int e;

	c.token = token_rig_open(b->folder);
	e = keyring_new(&c, &b->r, b->why);
	if (e < 0)
		token_free(&c.token);
	return e;
}

void box_reopen(struct box *b)
{
	keyring_free(&b->r);
	assert_int_equal(box_open(b), 0);
}

int box_set_up(void **state)
{
	struct box *b = calloc(1, sizeof(*b));

	scratch_path(b->folder, sizeof(b->folder), "keyring-test-XXXXXX");
	assert_non_null(mkdtemp(b->folder));
	snprintf(b->path, sizeof(b->path), "%s/keys", b->folder);
	assert_int_equal(box_open(b), 0);
	*state = b;
	return 0;
}

int box_tear_down(void **state)
{
	struct box *b = *state;

	keyring_free(&b->r);
	token_rig_remove(b->folder);
	free(b);
	return 0;
}

struct keyring_ask box_ask(const char *name, enum key_usage usage, enum key_caller caller)
{
	return (struct keyring_ask){ .name = name, .usage = usage, .caller = caller, .now = now };
}

void box_create(struct box *b)
{
	assert_int_equal(keyring_create(b->r, master, &scheme, NULL, now, b->why), 0);
}

int box_import_transport(struct box *b, const uint8_t bytes[32])
{
	return keyring_import(b->r, &(struct keyring_given){ "partner", "", KEY_TRANSPORT, KEY_AES_256, bytes, 32, now, { 0 } }, now, b->why);
}
