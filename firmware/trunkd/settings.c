#include "trunkd/settings.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define SPANS "trunkd.spans"
#define LINES "trunkd.spans[].lines"
enum { SAMPLES_A_MS = 8 };

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
	int echo_ms = (int)conf_member_int(n, SPANS, "echo_ms");

	snprintf(t->name, sizeof(t->name), "%s", conf_member_string(n, SPANS, "name"));
	snprintf(t->kind, sizeof(t->kind), "%s", conf_member_string(n, SPANS, "kind"));
	snprintf(t->path, sizeof(t->path), "%s", conf_member_string(n, SPANS, "path"));
	t->line = strcmp(conf_member_string(n, SPANS, "line"), "T1") == 0 ? TRUNK_T1 : TRUNK_E1;
	t->law = t->line == TRUNK_T1 ? TRUNK_ULAW : TRUNK_ALAW;
	if (law[0] != '\0')
		t->law = strcmp(law, "ulaw") == 0 ? TRUNK_ULAW : TRUNK_ALAW;
	t->span = (int)conf_member_int(n, SPANS, "span");
	t->echo_taps = echo_ms * SAMPLES_A_MS;
	t->rx_gain_db = (int)conf_member_int(n, SPANS, "rx_gain_db");
	t->tx_gain_db = (int)conf_member_int(n, SPANS, "tx_gain_db");
	*called_digits = (int)conf_member_int(n, SPANS, "called_digits");
}

static bool is_soft(const struct trunk_config *t)
{
	return strcmp(t->kind, "soft") == 0;
}

/* ---- analog lines ---- */

static bool is_number(const char *text)
{
	size_t len = strlen(text);

	return len >= 3 && len < LINE_NUMBER_SIZE - 1 && strspn(text, "0123456789") == len;
}

static int read_line(const struct conf_node *n, struct settings *s, size_t i, char why[CONF_WHY_SIZE])
{
	struct trunk_config *t = &s->spans[i];
	int channel = (int)conf_member_int(n, LINES, "channel");
	struct fxo_line *l = &s->analog[i].lines[channel];
	struct line_ear_config *ear = &s->ears[i][channel];
	const char *number = conf_member_string(n, LINES, "number");

	if ((t->lines & UINT32_C(1) << channel) != 0)
		return conf_fault(n, why, "span \"%s\": channel %d is there twice", t->name, channel);
	if (!is_number(number))
		return conf_fault(n, why, "span \"%s\": number \"%s\": 3 to 30 digits", t->name, number);
	t->lines |= UINT32_C(1) << channel;
	snprintf(l->number, sizeof(l->number), "%s", number);
	l->polarity_ends = conf_member_bool(n, LINES, "polarity_ends");
	l->trusted = strcmp(conf_member_string(n, LINES, "vouches"), "alone") == 0;
	if (caller_id_kind_parse(conf_member_string(n, LINES, "caller_id"), &ear->caller_id) != 0)
		return ERR_INVALID;               /* the schema knows the words */
	l->caller_id = ear->caller_id != CALLER_ID_NONE;
	return 0;
}

static int read_lines(const struct conf_node *n, struct settings *s, size_t i, char why[CONF_WHY_SIZE])
{
	const struct conf_node *list = conf_find(n, "lines");
	size_t count = list != NULL ? conf_count(list) : 0;
	struct trunk_config *t = &s->spans[i];
	enum tone_plan plan;
	int e = tone_plan_parse(conf_member_string(n, SPANS, "tone_plan"), &plan);

	if (strcmp(t->kind, "fxo") != 0)
		return count == 0 ? 0 : conf_fault(list, why, "span \"%s\": lines are a setting of kind \"fxo\"", t->name);
	if (count == 0)
		return conf_fault(n, why, "span \"%s\": kind \"fxo\" needs lines, its channels and their numbers", t->name);
	t->line = TRUNK_ANALOG;
	s->analog[i].number_wait_ms = (int)conf_member_int(n, SPANS, "number_wait_ms");
	for (int slot = 0; e == 0 && slot < TRUNK_SLOTS; slot++)
		s->ears[i][slot] = (struct line_ear_config){ .plan = plan, .silence_s = (int)conf_member_int(n, SPANS, "silence_s") };
	for (size_t k = 0; e == 0 && k < count; k++)
		e = read_line(conf_at(list, k), s, i, why);
	return e;
}

/* What the kind needs, and nothing that only the other kind has a use for. */
static int check_kind(const struct conf_node *n, const struct trunk_config *t, char why[CONF_WHY_SIZE])
{
	static const char *const of_cards[] = { "span", "echo_ms", "rx_gain_db", "tx_gain_db" };

	if (is_soft(t) && t->path[0] == '\0')
		return conf_fault(n, why, "span \"%s\": kind \"soft\" needs path, the carrier's socket", t->name);
	for (size_t i = 0; is_soft(t) && i < ARRAY_LEN(of_cards); i++)
		if (conf_find(n, of_cards[i]) != NULL)
			return conf_fault(conf_find(n, of_cards[i]), why, "span \"%s\": %s is a setting of kind \"dahdi\"", t->name,
			                  of_cards[i]);
	if (!is_soft(t) && t->path[0] != '\0')
		return conf_fault(conf_find(n, "path"), why, "span \"%s\": path is a setting of kind \"soft\"; a card's span is told by "
		                  "its number: span = 1", t->name);
	if (!is_soft(t) && t->echo_taps != 0 && (t->echo_taps < 32 || (t->echo_taps & (t->echo_taps - 1)) != 0))
		return conf_fault(conf_find(n, "echo_ms"), why, "span \"%s\": echo_ms is 0, 4, 8, 16, 32, 64 or 128: the driver knows "
		                  "no others", t->name);
	if (!is_soft(t) && t->span == 0)
		return conf_fault(n, why, "span \"%s\": kind \"dahdi\" needs span, the driver's number of it (1 to 128)", t->name);
	return 0;
}

/* What the D-channel speaks, and as whom. */
static int read_signalling(const struct conf_node *n, struct settings *s, size_t i, char why[CONF_WHY_SIZE])
{
	const char *word = conf_member_string(n, SPANS, "switch");
	const struct trunk_config *t = &s->spans[i];

	if (conf_member_int(n, SPANS, "nfas_group") != 0)
		return conf_fault(conf_find(n, "nfas_group"), why, "span \"%s\": NFAS, one D-channel for several spans, is not built: "
		                  "have the carrier give each span its own D-channel", t->name);
	if (pri_dialect_parse(word, t->line, &s->dialects[i]) != 0)
		return conf_fault(conf_find(n, "switch"), why, "span \"%s\": switch \"%s\" is for a T1; an E1 speaks \"euroisdn\" or \"qsig\"",
		                  t->name, word);
	s->network_side[i] = strcmp(conf_member_string(n, SPANS, "side"), "network") == 0;
	return 0;
}

static bool same_line(const struct trunk_config *a, const struct trunk_config *b)
{
	return is_soft(a) == is_soft(b) && a->span == b->span && strcmp(a->path, b->path) == 0;
}

static int read_spans(const struct conf_tree *conf, struct settings *s, char why[CONF_WHY_SIZE])
{
	const struct conf_node *list = conf_find(conf_root(conf), SPANS);
	size_t count = list != NULL ? conf_count(list) : 0;

	for (size_t i = 0; i < count && i < SETTINGS_SPANS_MAX; i++) {
		read_span(conf_at(list, i), &s->spans[i], &s->called_digits[i]);
		if (read_lines(conf_at(list, i), s, i, why) != 0)
			return ERR_INVALID;
		if (check_kind(conf_at(list, i), &s->spans[i], why) != 0 || read_signalling(conf_at(list, i), s, i, why) != 0)
			return ERR_INVALID;
		for (size_t k = 0; k < i; k++)
			if (strcmp(s->spans[k].name, s->spans[i].name) == 0 || same_line(&s->spans[k], &s->spans[i]))
				return conf_fault(conf_at(list, i), why, "span \"%s\": its name, path or number is that of span %zu, too",
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
	s->supervise.raise_ms = (int)conf_get_int(conf, "trunkd.alarm_raise_ms");
	s->supervise.clear_ms = (int)conf_get_int(conf, "trunkd.alarm_clear_ms");
	s->arsd_uid = conf_get_int(conf, "peer_uids.arsd");
	s->keystored_uid = conf_get_int(conf, "peer_uids.keystored");
	return read_spans(conf, s, why);
}
