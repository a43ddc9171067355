#include "callkey/phone_view.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "callkey/table.h"

enum { TEXT_SIZE = 1024 };

static bool begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

static bool begins_any(const char *text, const char *const *with, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (begins(text, with[i]))
			return true;
	return false;
}

void phone_view_open(struct phone_view *v, FILE *out, bool colour, const char *prompts_dir)
{
	memset(v, 0, sizeof(*v));
	v->out = out;
	v->colour = colour;
	v->prompts_dir = prompts_dir;
}

static void end_line(struct phone_view *v)
{
	if (v->line == VIEW_SPEECH && v->ids[0] != '\0')
		fprintf(v->out, v->colour ? "  \033[2m%s\033[0m" : "  [%s]", v->ids);
	if (v->line != VIEW_IDLE)
		fputc('\n', v->out);
	v->line = VIEW_IDLE;
	v->ids[0] = '\0';
	fflush(v->out);
}

void phone_view_close(struct phone_view *v)
{
	end_line(v);
	if (v->language[0] != '\0')
		manifest_free(&v->manifest);
	v->language[0] = '\0';
}

static void begin_line(struct phone_view *v, int64_t t_ms, const char *mark)
{
	end_line(v);
	fprintf(v->out, "%3" PRId64 ":%02" PRId64 ".%" PRId64 "  %s ", t_ms / 60000, t_ms / 1000 % 60, t_ms / 100 % 10, mark);
}

void phone_view_note(struct phone_view *v, int64_t t_ms, const char *fmt, ...)
{
	va_list args;

	begin_line(v, t_ms, " ");
	va_start(args, fmt);
	vfprintf(v->out, fmt, args);
	va_end(args);
	fputc('\n', v->out);
	fflush(v->out);
}

/* The words of a prompt; what a request brought along (a name) has none here. */
static void words_of(struct phone_view *v, const char *prompt, const char *voice, char out[TEXT_SIZE])
{
	const struct manifest_entry *e = NULL;
	char language[sizeof(v->language)], path[512], why[CONF_WHY_SIZE];

	snprintf(language, sizeof(language), "%.*s", (int)strcspn(voice, "-"), voice);
	if (strcmp(language, v->language) != 0 && strspn(language, "abcdefghijklmnopqrstuvwxyz") == strlen(language)) {
		if (v->language[0] != '\0')
			manifest_free(&v->manifest);
		v->language[0] = '\0';
		snprintf(path, sizeof(path), "%s/%s/manifest.cfg", v->prompts_dir, language);
		if (manifest_load(path, &v->manifest, why) == 0)
			memcpy(v->language, language, sizeof(language));
	}
	if (v->language[0] != '\0')
		e = manifest_find(&v->manifest, prompt);
	if (begins(prompt, "speech:"))
		snprintf(out, TEXT_SIZE, "<name>");
	else
		text_clean(e != NULL ? e->text : prompt, out, TEXT_SIZE);
}

static bool ends_sentence(const char *words)
{
	size_t n = strlen(words);

	return n > 0 && strchr(".?!)", words[n - 1]) != NULL;
}

/* Korean endings stand at the word before, and the words of one number at one another. */
static bool attaches(const struct phone_view *v, const char *prompt)
{
	static const char *const endings[] = { "particle.", "unit.", "end.is", "reg.asks", "pay.asks", "pay.menu.use_it" };
	static const char *const numbers[] = { "n.", "num." };

	if (strcmp(v->language, "ko") == 0 && begins_any(prompt, endings, ARRAY_LEN(endings)))
		return true;
	return begins_any(prompt, numbers, ARRAY_LEN(numbers)) && begins_any(v->last, numbers, ARRAY_LEN(numbers));
}

void phone_view_heard(struct phone_view *v, int64_t t_ms, const char *prompt, const char *voice)
{
	char words[TEXT_SIZE];
	size_t n;

	if (begins(prompt, "pause.") || (begins(prompt, "wait.music") && strcmp(prompt, v->last) == 0))
		return;
	words_of(v, prompt, voice, words);
	if (v->line != VIEW_SPEECH)
		begin_line(v, t_ms, ">");
	else if (!attaches(v, prompt))
		fputc(' ', v->out);
	fputs(words, v->out);
	v->line = VIEW_SPEECH;
	n = strlen(v->ids);
	if (!begins(prompt, "speech:"))
		snprintf(v->ids + n, sizeof(v->ids) - n, "%s%s", n > 0 ? " " : "", prompt);
	snprintf(v->last, sizeof(v->last), "%s", prompt);
	if (ends_sentence(words))
		end_line(v);
	fflush(v->out);
}

void phone_view_pressed(struct phone_view *v, int64_t t_ms, const char *keys, int count)
{
	if (v->line != VIEW_KEYS) {
		begin_line(v, t_ms, "  pressed");
		v->line = VIEW_KEYS;
	}
	for (int i = 0; i < count && keys == NULL; i++)
		fputs("•", v->out);
	if (keys != NULL)
		fprintf(v->out, "%.*s", count, keys);
	fflush(v->out);
}

bool phone_view_is_secret(const struct phone_view *v)
{
	static const char *const of_the_card[] = { "card.", "err.", "keys.field" };
	static const char *const of_a_menu[] = { "card.confirm", "card.ending", "err.menu", "err.no_input" };

	return begins_any(v->last, of_the_card, ARRAY_LEN(of_the_card)) && !begins_any(v->last, of_a_menu, ARRAY_LEN(of_a_menu));
}
