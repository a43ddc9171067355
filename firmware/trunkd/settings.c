#include "trunkd/settings.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define SPANS "trunkd.spans"

static void read_text(const struct conf_tree *conf, const char *path, char out[SETTINGS_PATH_SIZE])
{
	snprintf(out, SETTINGS_PATH_SIZE, "%s", conf_get_string(conf, path));
}

static void read_languages(const struct conf_tree *conf, struct settings *s)
{
	static const char *const usual[] = { "ko", "en" };
	const struct conf_node *list = conf_find(conf_root(conf), "arsd.languages");
	size_t count = list != NULL ? conf_count(list) : 0;

	for (size_t i = 0; i < count && i < SETTINGS_LANGUAGES_MAX; i++)
		snprintf(s->languages[s->language_count++], sizeof(s->languages[0]), "%s", conf_string(conf_at(list, i)));
	for (size_t i = 0; count == 0 && i < ARRAY_LEN(usual); i++)
		snprintf(s->languages[s->language_count++], sizeof(s->languages[0]), "%s", usual[i]);
}

static void read_span(const struct conf_node *n, struct trunk_config *t, int *called_digits)
{
	const char *law = conf_member_string(n, SPANS, "law");

	snprintf(t->name, sizeof(t->name), "%s", conf_member_string(n, SPANS, "name"));
	snprintf(t->kind, sizeof(t->kind), "%s", conf_member_string(n, SPANS, "kind"));
	snprintf(t->path, sizeof(t->path), "%s", conf_member_string(n, SPANS, "path"));
	t->line = strcmp(conf_member_string(n, SPANS, "line"), "T1") == 0 ? TRUNK_T1 : TRUNK_E1;
	t->law = t->line == TRUNK_T1 ? TRUNK_ULAW : TRUNK_ALAW;
	if (law[0] != '\0')
		t->law = strcmp(law, "ulaw") == 0 ? TRUNK_ULAW : TRUNK_ALAW;
	*called_digits = (int)conf_member_int(n, SPANS, "called_digits");
}

static int read_spans(const struct conf_tree *conf, struct settings *s, char why[CONF_WHY_SIZE])
{
	const struct conf_node *list = conf_find(conf_root(conf), SPANS);
	size_t count = list != NULL ? conf_count(list) : 0;

	for (size_t i = 0; i < count && i < SETTINGS_SPANS_MAX; i++) {
		read_span(conf_at(list, i), &s->spans[i], &s->called_digits[i]);
		for (size_t k = 0; k < i; k++)
			if (strcmp(s->spans[k].name, s->spans[i].name) == 0 || strcmp(s->spans[k].path, s->spans[i].path) == 0)
				return conf_fault(conf_at(list, i), why, "span \"%s\": its name or path is that of span %zu, too",
				                  s->spans[i].name, k + 1);
		s->span_count++;
	}
	return 0;
}

int settings_read(const struct conf_tree *conf, struct settings *s, char why[CONF_WHY_SIZE])
{
	memset(s, 0, sizeof(*s));
	read_text(conf, "run_dir", s->run_dir);
	read_text(conf, "state_dir", s->state_dir);
	read_text(conf, "share_dir", s->share_dir);
	read_text(conf, "trunkd.prompt_override_dir", s->prompt_override_dir);
	if (s->prompt_override_dir[0] != '\0' && access(s->prompt_override_dir, R_OK | X_OK) != 0)
		return conf_fault(conf_find(conf_root(conf), "trunkd.prompt_override_dir"), why,
		                  "trunkd.prompt_override_dir: %s is no folder that can be read", s->prompt_override_dir);
	read_languages(conf, s);
	s->media_threads = (int)conf_get_int(conf, "trunkd.media_threads");
	s->realtime_priority = (int)conf_get_int(conf, "trunkd.realtime_priority");
	s->no_brain_grace_ms = (int)conf_get_int(conf, "trunkd.no_brain_grace_ms");
	s->arsd_uid = conf_get_int(conf, "peer_uids.arsd");
	s->keystored_uid = conf_get_int(conf, "peer_uids.keystored");
	return read_spans(conf, s, why);
}
