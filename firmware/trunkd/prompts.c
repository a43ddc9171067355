#include "trunkd/prompts.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"
#include "lib/log.h"
#include "trunkd/audio_file.h"

enum { PATH_SIZE = 600 };

struct prompt { char id[PROMPT_ID_SIZE]; struct prompt_audio audio; };
struct voice { char name[PROMPT_VOICE_SIZE]; size_t count; struct prompt *prompts; };   /* sorted by id */
struct prompts { struct voice voices[PROMPT_VOICES_MAX]; int voice_count; };

int prompts_new(struct prompts **p)
{
	*p = calloc(1, sizeof(**p));
	return *p == NULL ? ERR_NOMEM : 0;
}

void prompts_free(struct prompts **p)
{
	if (*p == NULL)
		return;
	for (int v = 0; v < (*p)->voice_count; v++) {
		struct voice *voice = &(*p)->voices[v];

		for (size_t i = 0; i < voice->count; i++)
			audio_file_free(&voice->prompts[i].audio);
		free(voice->prompts);
	}
	free(*p);
	*p = NULL;
}

static void refuse(const struct voice *v, const char *id, const char *path, const char *why)
{
	log_error("prompt_refused", "prompt=%s voice=%s file=\"%s\" why=\"%s\"", id, v->name, path, why);
}

/* Only a recording that is not there gives way to the synthesised prompt; one that is bad does not do so silently. */
static int load_prompt(const struct voice *v, const char *synthesised, const char *recorded, struct prompt *p)
{
	const char *path = recorded, *why = "";
	int e = recorded[0] != '\0' ? audio_file_load(recorded, &p->audio, &why) : ERR_NOT_FOUND;

	if (e == ERR_NOT_FOUND) {
		path = synthesised;
		e = audio_file_load(path, &p->audio, &why);
	}
	if (e < 0)
		refuse(v, p->id, path, e == ERR_NOT_FOUND ? "is missing" : why);
	return e;
}

static int load_voice(struct voice *v, const struct manifest *m, const char *synthesised, const char *recorded,
                      const char *suffix)
{
	int e = 0;

	v->prompts = calloc(m->count, sizeof(*v->prompts));
	if (v->prompts == NULL)
		return ERR_NOMEM;
	v->count = m->count;
	for (size_t i = 0; i < m->count; i++) {
		char file[PATH_SIZE], instead[PATH_SIZE] = "";
		struct prompt *p = &v->prompts[i];

		snprintf(p->id, sizeof(p->id), "%s", m->entries[i].id);
		snprintf(file, sizeof(file), "%s/%s.wav", synthesised, p->id);
		if (recorded[0] != '\0')
			snprintf(instead, sizeof(instead), "%s/%s%s.wav", recorded, p->id, suffix);
		if (load_prompt(v, file, instead, p) < 0)
			e = ERR_INVALID;
	}
	return e;
}

/* A recording whose name is no prompt's is misspelt, or of another release: whoever made it thinks that callers hear it. */
static void warn_of_unused(const struct manifest *m, const char *recorded)
{
	static const char *const endings[] = { ".slow.wav", ".wav" };
	DIR *folder = recorded[0] != '\0' ? opendir(recorded) : NULL;
	const struct dirent *entry;

	while (folder != NULL && (entry = readdir(folder)) != NULL) {
		size_t len = strlen(entry->d_name);
		bool used = entry->d_name[0] == '.';

		for (size_t i = 0; i < ARRAY_LEN(endings); i++) {
			size_t end = strlen(endings[i]);
			char id[PROMPT_ID_SIZE];

			if (len <= end || strcmp(entry->d_name + len - end, endings[i]) != 0)
				continue;
			snprintf(id, sizeof(id), "%.*s", (int)(len - end), entry->d_name);
			used |= len - end < sizeof(id) && manifest_find(m, id) != NULL;
		}
		if (!used)
			log_warn("recording_unused", "file=\"%s/%s\" hint=\"no prompt has this name; see docs/prompts.md\"", recorded,
			         entry->d_name);
	}
	if (folder != NULL)
		closedir(folder);
}

int prompts_load(struct prompts *p, const char *share_dir, const char *override_dir, const char *language)
{
	static const struct { const char *folder, *voice, *file; } speeds[] = { { "normal", "", "" }, { "slow", "-slow", ".slow" } };
	char path[PATH_SIZE], recorded[PATH_SIZE] = "", why[CONF_WHY_SIZE];
	struct manifest m;
	int e;

	if ((size_t)p->voice_count + ARRAY_LEN(speeds) > PROMPT_VOICES_MAX)
		return ERR_EXHAUSTED;
	snprintf(path, sizeof(path), "%s/prompts/%s/manifest.cfg", share_dir, language);
	e = manifest_load(path, &m, why);
	if (e < 0) {
		log_error("manifest_refused", "why=\"%s\"", why);
		return ERR_INVALID;
	}
	if (override_dir[0] != '\0')
		snprintf(recorded, sizeof(recorded), "%s/%s", override_dir, language);
	for (size_t s = 0; s < ARRAY_LEN(speeds); s++) {
		struct voice *v = &p->voices[p->voice_count++];

		snprintf(v->name, sizeof(v->name), "%s%s", language, speeds[s].voice);
		snprintf(path, sizeof(path), "%s/prompts/%s/%s", share_dir, language, speeds[s].folder);
		if (load_voice(v, &m, path, recorded, speeds[s].file) < 0)
			e = ERR_INVALID;
	}
	warn_of_unused(&m, recorded);
	manifest_free(&m);
	return e;
}

static const struct voice *find_voice(const struct prompts *p, const char *name)
{
	for (int v = 0; v < p->voice_count; v++)
		if (strcmp(p->voices[v].name, name) == 0)
			return &p->voices[v];
	return NULL;
}

bool prompts_has_voice(const struct prompts *p, const char *voice)
{
	return find_voice(p, voice) != NULL;
}

static int by_id(const void *id, const void *prompt)
{
	return strcmp(id, ((const struct prompt *)prompt)->id);
}

const struct prompt_audio *prompts_find(const struct prompts *p, const char *voice, const char *id)
{
	const struct voice *v = find_voice(p, voice);
	const struct prompt *found = v != NULL ? bsearch(id, v->prompts, v->count, sizeof(*v->prompts), by_id) : NULL;

	return found != NULL ? &found->audio : NULL;
}

size_t prompts_count(const struct prompts *p)
{
	size_t n = 0;

	for (int v = 0; v < p->voice_count; v++)
		n += p->voices[v].count;
	return n;
}
