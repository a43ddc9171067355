#include "trunkd/speech_cache.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/log.h"
#include "trunkd/audio_file.h"

enum { NAME_SIZE = 96, PATH_SIZE = 300 };

/* In a list, the last used first. */
struct entry {
	struct entry *next;
	struct prompt_audio audio;
	unsigned holds;
	char name[NAME_SIZE];              /* HASH.VOICE */
};

struct speech_cache {
	struct entry *first;
	size_t bytes, bytes_max;
	char folder[PATH_SIZE - NAME_SIZE - 8];
};

int speech_cache_new(const char *state_dir, size_t bytes_max, struct speech_cache **c)
{
	struct speech_cache *made = calloc(1, sizeof(*made));

	if (made == NULL)
		return ERR_NOMEM;
	made->bytes_max = bytes_max;
	snprintf(made->folder, sizeof(made->folder), "%s/speech", state_dir);
	*c = made;
	return 0;
}

static void drop(struct speech_cache *c, struct entry **link)
{
	struct entry *e = *link;

	*link = e->next;
	c->bytes -= audio_file_bytes(&e->audio);
	audio_file_free(&e->audio);
	free(e);
}

void speech_cache_free(struct speech_cache **c)
{
	if (*c == NULL)
		return;
	while ((*c)->first != NULL)
		drop(*c, &(*c)->first);
	free(*c);
	*c = NULL;
}

size_t speech_cache_bytes(const struct speech_cache *c)
{
	return c->bytes;
}

/* The last in the list that nobody holds. */
static struct entry **oldest_unused(struct speech_cache *c)
{
	struct entry **found = NULL;

	for (struct entry **link = &c->first; *link != NULL; link = &(*link)->next)
		if ((*link)->holds == 0)
			found = link;
	return found;
}

static bool make_room(struct speech_cache *c, size_t bytes)
{
	while (c->bytes + bytes > c->bytes_max) {
		struct entry **oldest = oldest_unused(c);

		if (oldest == NULL)
			return false;
		drop(c, oldest);
	}
	return true;
}

static int load(struct speech_cache *c, const char *name, struct entry **made)
{
	char path[PATH_SIZE];
	const char *why = "";
	struct entry *n = calloc(1, sizeof(*n));
	int e = ERR_NOMEM;

	if (n == NULL)
		return e;
	snprintf(path, sizeof(path), "%s/%s.wav", c->folder, name);
	e = audio_file_load(path, &n->audio, &why);
	if (e == 0 && !make_room(c, audio_file_bytes(&n->audio))) {
		why = "the cache is full of sound in use";
		e = ERR_EXHAUSTED;
	}
	if (e < 0) {
		log_warn("speech_refused", "file=\"%s\" why=\"%s\"", path, e == ERR_NOT_FOUND ? "is missing" : why);
		audio_file_free(&n->audio);
		free(n);
		return e;
	}
	snprintf(n->name, sizeof(n->name), "%s", name);
	c->bytes += audio_file_bytes(&n->audio);
	*made = n;
	return 0;
}

static struct entry *take_out(struct speech_cache *c, const char *name)
{
	for (struct entry **link = &c->first; *link != NULL; link = &(*link)->next)
		if (strcmp((*link)->name, name) == 0) {
			struct entry *e = *link;

			*link = e->next;
			return e;
		}
	return NULL;
}

int speech_cache_hold(struct speech_cache *c, const char *hash, const char *voice, const struct prompt_audio **audio)
{
	char name[NAME_SIZE];
	struct entry *e;
	int err;

	if (strlen(hash) != SPEECH_HASH_LEN || strspn(hash, "0123456789abcdef") != SPEECH_HASH_LEN)
		return ERR_INVALID;
	snprintf(name, sizeof(name), "%s.%s", hash, voice);
	e = take_out(c, name);
	if (e == NULL && (err = load(c, name, &e)) < 0)
		return err;
	e->next = c->first;
	c->first = e;
	e->holds++;
	*audio = &e->audio;
	return 0;
}

void speech_cache_release(struct speech_cache *c, const struct prompt_audio *audio)
{
	for (struct entry *e = c->first; e != NULL; e = e->next)
		if (&e->audio == audio && e->holds > 0) {
			e->holds--;
			return;
		}
}
