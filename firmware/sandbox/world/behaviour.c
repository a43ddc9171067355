#include "sandbox/world/behaviour.h"

#include <stdio.h>
#include <string.h>

enum { DELAY_MAX_MS = 120000, DELAY_USUAL_MS = 3000 };

static const char *const names[BEHAVE_MODES] = {
	[BEHAVE_NORMAL] = "normal", [BEHAVE_SLOW] = "slow", [BEHAVE_DROP_BEFORE] = "drop_before",
	[BEHAVE_DROP_AFTER] = "drop_after", [BEHAVE_SILENCE_BEFORE] = "silence_before",
	[BEHAVE_SILENCE_AFTER] = "silence_after", [BEHAVE_GARBAGE] = "garbage", [BEHAVE_CUT] = "cut",
	[BEHAVE_OTHER] = "other", [BEHAVE_LATE] = "late", [BEHAVE_FAIL] = "fail", [BEHAVE_FAIL_AFTER] = "fail_after", [BEHAVE_REFUSE] = "refuse", [BEHAVE_REDIRECT] = "redirect",
	[BEHAVE_DIE] = "die", [BEHAVE_DIE_AFTER] = "die_after",
};
static const char *const operations[] = { "", "verify", "pay", "query", "net_cancel", "expire_key", "list", "promotions", "cancel" };
static const char *const classes[] = { "", "input", "funds", "dead_card", "ask_issuer", "merchant", "system" };

static const struct json_field fields[] = {
	{ "mode", JSON_WANT_STRING, true, 1, 31, "" },
	{ "op", JSON_WANT_STRING, false, 0, 15, "" },
	{ "times", JSON_WANT_INT, false, 0, 1000000, "" },
	{ "delay_ms", JSON_WANT_INT, false, 0, DELAY_MAX_MS, "" },
	{ "class", JSON_WANT_STRING, false, 0, 15, "" },
};

static int find(const char *const *words, size_t count, const char *word)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(words[i], word) == 0)
			return (int)i;
	return ERR_NOT_FOUND;
}

static const char *word_of(const json_t *o, const char *name)
{
	const char *w = json_string_value(json_object_get(o, name));

	return w != NULL ? w : "";
}

static int unknown(struct json_fault *fault, const char *where)
{
	snprintf(fault->where, sizeof(fault->where), "/%s", where);
	snprintf(fault->why, sizeof(fault->why), "is none of the known words");
	return ERR_INVALID;
}

int behaviour_read(const json_t *object, struct behaviour *b, struct json_fault *fault)
{
	const json_t *delay = json_object_get(object, "delay_ms");
	struct behaviour read = { .delay_ms = DELAY_USUAL_MS };
	int mode;

	if (json_fields(object, "", fields, ARRAY_LEN(fields), fault) < 0)
		return ERR_INVALID;
	mode = find(names, ARRAY_LEN(names), word_of(object, "mode"));
	if (mode < 0)
		return unknown(fault, "mode");
	if (find(operations, ARRAY_LEN(operations), word_of(object, "op")) < 0)
		return unknown(fault, "op");
	if (find(classes, ARRAY_LEN(classes), word_of(object, "class")) < 0)
		return unknown(fault, "class");
	read.mode = (enum behaviour_mode)mode;
	read.times = json_integer_value(json_object_get(object, "times"));
	if (delay != NULL)
		read.delay_ms = json_integer_value(delay);
	snprintf(read.op, sizeof(read.op), "%s", word_of(object, "op"));
	snprintf(read.class, sizeof(read.class), "%s", word_of(object, "class"));
	*b = read;
	return 0;
}

json_t *behaviour_show(const struct behaviour *b)
{
	return json_pack("{s:s, s:s, s:I, s:I, s:s}", "mode", names[b->mode], "op", b->op, "times", (json_int_t)b->times, "delay_ms",
	                 (json_int_t)b->delay_ms, "class", b->class);
}

const char *behaviour_name(enum behaviour_mode m)
{
	return names[m];
}

struct behaviour behaviour_take(struct behaviour *b, const char *op)
{
	struct behaviour now = *b;

	if (b->mode == BEHAVE_NORMAL || (b->op[0] != '\0' && strcmp(b->op, op) != 0))
		return (struct behaviour){ .mode = BEHAVE_NORMAL };
	if (b->times > 0 && --b->times == 0)
		*b = (struct behaviour){ .mode = BEHAVE_NORMAL };
	return now;
}

bool behaviour_is_before(enum behaviour_mode m)
{
	return m == BEHAVE_DROP_BEFORE || m == BEHAVE_SILENCE_BEFORE || m == BEHAVE_LATE || m == BEHAVE_FAIL || m == BEHAVE_REDIRECT ||
	       m == BEHAVE_DIE;
}
