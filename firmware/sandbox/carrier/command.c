/* command.c: what the lines of the control socket mean. Unknown members are refused, so that a typing error in a test is
 * seen. firmware/sandbox/README.md lists the commands. */
#include <stdio.h>
#include <string.h>

#include "sandbox/carrier/carrier.h"

#define KEYS "0123456789*#ABCD"
#define DIGITS "0123456789"

static json_t *refuse(const char *where, const char *why)
{
	return json_pack("{s:s, s:s+++}", "ev", "error", "why", where, where[0] != '\0' ? ": " : "", why, "");
}

static json_t *ok(void)
{
	return json_pack("{s:s}", "ev", "ok");
}

static const char *text_of(const json_t *object, const char *name, const char *otherwise)
{
	const json_t *v = json_object_get(object, name);

	return v != NULL ? json_string_value(v) : otherwise;
}

static int number_of(const json_t *object, const char *name, int otherwise)
{
	const json_t *v = json_object_get(object, name);

	return v != NULL ? (int)json_integer_value(v) : otherwise;
}

static bool is_set(const json_t *object, const char *name)
{
	return json_is_true(json_object_get(object, name));
}

static struct span *span_named(const struct carrier *c, const char *name)
{
	for (int i = 0; i < c->span_count; i++)
		if (strcmp(span_get_config(c->spans[i])->name, name) == 0)
			return c->spans[i];
	return NULL;
}

static struct phone *phone_named(const struct carrier *c, const char *id)
{
	for (int s = 0; s < c->span_count; s++)
		for (int slot = 0; slot < TRUNK_SLOTS; slot++) {
			struct phone *p = span_phone(c->spans[s], slot);

			if (p != NULL && strcmp(phone_id(p), id) == 0)
				return p;
		}
	return NULL;
}

/* ---- call ---- */
static const struct json_field dtmf_fields[] = {
	{ "on_ms", JSON_WANT_INT, false, 1, 10000, NULL },     { "off_ms", JSON_WANT_INT, false, 1, 10000, NULL },
	{ "low_dbm0", JSON_WANT_INT, false, -60, 3, NULL },    { "high_dbm0", JSON_WANT_INT, false, -60, 3, NULL },
	{ "noise_dbm0", JSON_WANT_INT, false, -99, 0, NULL },
};

static int read_dtmf(const json_t *o, struct phone_spec *spec, struct json_fault *fault)
{
	const json_t *d = json_object_get(o, "dtmf");

	if (d != NULL && json_fields(d, "/dtmf", dtmf_fields, ARRAY_LEN(dtmf_fields), fault) != 0)
		return ERR_INVALID;
	spec->on_ms = number_of(d, "on_ms", 80);
	spec->off_ms = number_of(d, "off_ms", 80);
	spec->low_dbm0 = number_of(d, "low_dbm0", -9);
	spec->high_dbm0 = number_of(d, "high_dbm0", -7);
	spec->noise_dbm0 = number_of(d, "noise_dbm0", -99);
	return 0;
}

/* One id, or a list of them. */
static bool read_hear(const json_t *hear, struct phone_step *s)
{
	size_t n = json_array_size(hear);

	if (hear == NULL)
		return true;
	if (json_is_string(hear)) {
		s->hear[0] = json_string_value(hear);
		s->hear_count = 1;
		return true;
	}
	if (!json_is_array(hear) || n == 0 || n > PHONE_HEAR_MAX)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (!json_is_string(json_array_get(hear, i)))
			return false;
		s->hear[s->hear_count++] = json_string_value(json_array_get(hear, i));
	}
	return true;
}

static int read_step(const json_t *o, size_t at, struct phone_step *s, struct json_fault *fault)
{
	static const struct json_field rest[] = {
		{ "press", JSON_WANT_STRING, false, 1, PHONE_KEYS_MAX, KEYS }, { "secret", JSON_WANT_BOOL, false, 0, 0, NULL },
		{ "hangup", JSON_WANT_BOOL, false, 0, 0, NULL },               { "cause", JSON_WANT_INT, false, 1, 127, NULL },
		{ "after_ms", JSON_WANT_INT, false, -1, 86400000, NULL },
	};
	char where[32];
	json_t *others;
	int err;

	snprintf(where, sizeof(where), "/script/%zu", at);
	*s = (struct phone_step){ 0 };
	if (!json_is_object(o) || !read_hear(json_object_get(o, "hear"), s)) {
		snprintf(fault->where, sizeof(fault->where), "%s", where);
		snprintf(fault->why, sizeof(fault->why), "must be an object; its hear one id or a list of up to %d", PHONE_HEAR_MAX);
		return ERR_INVALID;
	}
	others = json_copy((json_t *)(uintptr_t)o);           /* all but hear, which may be of two kinds */
	if (others == NULL)
		return ERR_NOMEM;
	json_object_del(others, "hear");
	err = json_fields(others, where, rest, ARRAY_LEN(rest), fault);
	json_decref(others);
	if (err != 0)
		return err;
	s->keys = text_of(o, "press", NULL);
	s->secret = is_set(o, "secret");
	s->hangup = is_set(o, "hangup");
	s->cause = number_of(o, "cause", PRI_NORMAL_CLEARING);
	s->after_ms = number_of(o, "after_ms", 200);
	if (s->after_ms < 0)
		s->after_ms = 0;
	return 0;
}

static int read_script(json_t *o, struct phone_spec *spec, struct json_fault *fault)
{
	const json_t *script = json_object_get(o, "script");
	size_t n = json_array_size(script);

	for (size_t i = 0; i < n; i++) {
		int err = read_step(json_array_get(script, i), i, &spec->steps[i], fault);

		if (err != 0)
			return err;
	}
	spec->step_count = (int)n;
	spec->command = o;
	return 0;
}

static const char *read_screening(const json_t *o, struct pri_setup *s)
{
	static const struct { const char *word; enum pri_screening value; } words[] = {
		{ "network", PRI_NETWORK_PROVIDED }, { "passed", PRI_USER_PASSED }, { "failed", PRI_USER_FAILED },
		{ "unscreened", PRI_USER_UNSCREENED },
	};
	const char *screening = text_of(o, "screening", "network"), *presentation = text_of(o, "presentation", "allowed");
	bool found = false;

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (strcmp(words[i].word, screening) == 0) {
			s->screening = words[i].value;
			found = true;
		}
	if (!found)
		return "screening: network, passed, failed or unscreened";
	s->presentation_allowed = strcmp(presentation, "allowed") == 0;
	if (strcmp(presentation, "none") == 0)
		s->screening = PRI_NO_NUMBER;
	else if (!s->presentation_allowed && strcmp(presentation, "restricted") != 0)
		return "presentation: allowed, restricted or none";
	return NULL;
}

/* The span that was named, or the one with the fewest calls; NULL with the reason. */
static struct span *choose_span(const struct carrier *c, const char *name, const char *called, const char **why)
{
	struct span *best = NULL;

	if (name != NULL && span_named(c, name) == NULL) {
		*why = "span: there is none of this name";
		return NULL;
	}
	*why = "no span is up";
	for (int i = 0; i < c->span_count; i++) {
		struct span *s = c->spans[i];

		if ((name != NULL && s != span_named(c, name)) || !span_up(s))
			continue;
		if (best == NULL)
			*why = "no free slot";
		if (span_free_slot(s, called) != 0 && (best == NULL || span_calls(s) < span_calls(best)))
			best = s;
	}
	return best;
}

static json_t *call(struct carrier *c, struct control_conn *conn, json_t *o)
{
	static struct phone_spec spec;
	struct json_fault fault = { "", "out of memory" };
	const char *why;
	struct span *s;

	memset(&spec, 0, sizeof(spec));
	if (read_dtmf(o, &spec, &fault) != 0 || read_script(o, &spec, &fault) != 0)
		return refuse(fault.where, fault.why);
	why = read_screening(o, &spec.setup);
	if (why != NULL)
		return refuse("", why);
	snprintf(spec.id, sizeof(spec.id), "%s", text_of(o, "id", ""));
	snprintf(spec.setup.called, sizeof(spec.setup.called), "%s", text_of(o, "called", ""));
	snprintf(spec.setup.caller, sizeof(spec.setup.caller), "%s", text_of(o, "caller", ""));
	snprintf(spec.setup.diverted_from, sizeof(spec.setup.diverted_from), "%s", text_of(o, "diverted_from", ""));
	spec.setup.overlap = is_set(o, "overlap");
	spec.timeout_s = number_of(o, "timeout_s", 300);
	spec.clears_by_tone = is_set(o, "clears_by_tone");
	spec.owner = conn;
	if (phone_named(c, spec.id) != NULL)
		return refuse("", "id: a phone of this name is in a call");
	s = choose_span(c, text_of(o, "span", NULL), spec.setup.called, &why);
	if (s == NULL)
		return refuse("", why);
	spec.setup.slot = span_free_slot(s, spec.setup.called);
	if (phone_new(s, &spec) != 0)
		return refuse("", "out of memory");
	return json_pack("{s:s, s:s, s:s, s:i}", "ev", "ok", "id", spec.id, "span", span_get_config(s)->name, "slot", spec.setup.slot);
}

/* ---- the rest ---- */
static json_t *press(struct carrier *c, struct control_conn *conn UNUSED, json_t *o)
{
	struct phone *p = phone_named(c, text_of(o, "id", ""));
	int err = p == NULL ? ERR_NOT_FOUND : phone_press(p, text_of(o, "keys", ""), is_set(o, "secret"));

	return err == 0 ? ok() : refuse("", err == ERR_NOT_FOUND ? "id: no such phone" :
	                                    err == ERR_STATE ? "the call is not connected" : "too many keys wait to be pressed");
}

static json_t *hang_up(struct carrier *c, struct control_conn *conn UNUSED, json_t *o)
{
	struct phone *p = phone_named(c, text_of(o, "id", ""));

	if (p == NULL)
		return refuse("", "id: no such phone");
	phone_hangup(p, number_of(o, "cause", PRI_NORMAL_CLEARING));
	return ok();
}

static json_t *late_json(const struct late *l)
{
	return json_pack("{s:I, s:f, s:f, s:f, s:f}", "count", (json_int_t)l->count, "p50", late_permille(l, 500) / 1e3, "p99",
	                 late_permille(l, 990) / 1e3, "p999", late_permille(l, 999) / 1e3, "max", l->max_us / 1e3);
}

/* Sound that this side of a card's line has lost. */
static json_t *card_json(const struct span_stats *st)
{
	const uint64_t *n = st->card_counts;

	return json_pack("{s:I, s:I, s:I, s:I}", "overruns", (json_int_t)n[TRUNK_COUNT_OVERRUNS], "underruns", (json_int_t)n[TRUNK_COUNT_UNDERRUNS],
	                 "missed", (json_int_t)(n[TRUNK_COUNT_BLOCKS_MISSED] + n[TRUNK_COUNT_SHORT_BLOCKS]),
	                 "not_sent", (json_int_t)n[TRUNK_COUNT_SEND_FULL]);
}

static json_t *span_json(struct span *s)
{
	const struct span_config *k = span_get_config(s);
	static struct span_stats st;

	span_get_stats(s, &st);
	return json_pack("{s:s, s:s, s:s, s:b, s:b, s:i, s:i, s:I, s:I, s:I, s:I, s:I, s:o, s:o}", "name", k->name,
	                 "line", k->line == TRUNK_ANALOG ? "analog" : k->line == TRUNK_E1 ? "E1" : "T1", "law", k->law == TRUNK_ALAW ? "alaw" : "ulaw",
	                 "connected", span_connected(s), "dchannel", span_up(s), "calls", span_calls(s),
	                 "alarms", (int)span_get_alarms(s), "ticks", (json_int_t)st.ticks, "answers", (json_int_t)st.answers,
	                 "lost_ticks", (json_int_t)st.lost_ticks, "lost_frames", (json_int_t)st.lost_frames,
	                 "broken_answers", (json_int_t)st.broken, "answer_ms", late_json(&st.answer), "card_lost", card_json(&st));
}

static json_t *status(struct carrier *c, struct control_conn *conn UNUSED, json_t *o)
{
	json_t *spans = json_array(), *answer;

	for (int i = 0; i < c->span_count; i++)
		json_array_append_new(spans, span_json(c->spans[i]));
	answer = json_pack("{s:s, s:i, s:i, s:I, s:o, s:o}", "ev", "ok", "rate", c->pace.rate, "phones", c->phones, "prompts",
	                   (json_int_t)prompts_count(c->prompts), "tick_late_ms", late_json(&c->pace.late), "spans", spans);
	if (is_set(o, "reset")) {
		memset(&c->pace.late, 0, sizeof(c->pace.late));
		for (int i = 0; i < c->span_count; i++)
			span_reset_stats(c->spans[i]);
	}
	return answer;
}

static json_t *rate(struct carrier *c, struct control_conn *conn UNUSED, json_t *o)
{
	for (int i = 0; i < c->span_count; i++)
		if (span_get_config(c->spans[i])->card != 0 && number_of(o, "rate", 1) != 1)
			return refuse("", "rate: a card keeps its own time");
	pace_set(&c->pace, number_of(o, "rate", 1), is_set(o, "patient"), clock_mono());
	return ok();
}

static json_t *restart(struct carrier *c, struct control_conn *conn UNUSED, json_t *o)
{
	struct span *s = span_named(c, text_of(o, "span", ""));
	struct pri_port *port = s != NULL ? span_get_port(s) : NULL;
	int err = port == NULL ? ERR_NOT_FOUND : pri_port_restart_slot(port, number_of(o, "slot", 0));

	return err == 0 ? ok() : refuse("", err == ERR_NOT_FOUND ? "span: there is none of this name with a D-channel" :
	                                    err == ERR_INVALID ? "slot: carries no calls" : "the D-channel is down");
}

static json_t *dchannel(struct carrier *c, struct control_conn *conn UNUSED, json_t *o)
{
	struct span *s = span_named(c, text_of(o, "span", ""));

	if (s == NULL)
		return refuse("", "span: there is none of this name");
	span_set_dchannel(s, is_set(o, "up"), number_of(o, "for_ms", 0));
	return ok();
}

static json_t *alarm(struct carrier *c, struct control_conn *conn UNUSED, json_t *o)
{
	struct span *s = span_named(c, text_of(o, "span", ""));

	if (s == NULL)
		return refuse("", "span: there is none of this name");
	return span_set_alarms(s, (uint32_t)number_of(o, "alarms", 0)) ? ok() : refuse("", "alarms: those of a card are its line's own");
}

static json_t *subscribe(struct carrier *c UNUSED, struct control_conn *conn, json_t *o UNUSED)
{
	control_subscribe(conn);
	return ok();
}

static json_t *quit(struct carrier *c, struct control_conn *conn UNUSED, json_t *o UNUSED)
{
	c->quit = true;
	return ok();
}

#define CMD { "cmd", JSON_WANT_STRING, true, 1, 16, NULL }
#define ID { "id", JSON_WANT_STRING, true, 1, PHONE_ID_SIZE - 1, NULL }
#define SPAN { "span", JSON_WANT_STRING, true, 1, 31, NULL }
#define FIELDS(...) .fields = (const struct json_field[]){ CMD, __VA_ARGS__ }, \
	.count = ARRAY_LEN(((const struct json_field[]){ CMD, __VA_ARGS__ }))

static const struct command {
	const char *name;
	json_t *(*run)(struct carrier *c, struct control_conn *conn, json_t *o);
	const struct json_field *fields;
	size_t count;
} commands[] = {
	{ "call", call, FIELDS(ID,
		{ "caller", JSON_WANT_STRING, true, 0, PRI_NUMBER_SIZE - 1, DIGITS },
		{ "called", JSON_WANT_STRING, true, 1, PRI_NUMBER_SIZE - 1, DIGITS "*#" },
		{ "span", JSON_WANT_STRING, false, 1, 31, NULL }, { "screening", JSON_WANT_STRING, false, 1, 16, NULL },
		{ "presentation", JSON_WANT_STRING, false, 1, 16, NULL },
		{ "diverted_from", JSON_WANT_STRING, false, 0, PRI_NUMBER_SIZE - 1, DIGITS },
		{ "clears_by_tone", JSON_WANT_BOOL, false, 0, 0, NULL },
		{ "overlap", JSON_WANT_BOOL, false, 0, 0, NULL }, { "dtmf", JSON_WANT_OBJECT, false, 0, 0, NULL },
		{ "script", JSON_WANT_ARRAY, false, 0, PHONE_STEPS_MAX, NULL },
		{ "timeout_s", JSON_WANT_INT, false, 1, 1000000, NULL }) },
	{ "press", press, FIELDS(ID, { "keys", JSON_WANT_STRING, true, 1, PHONE_KEYS_MAX, KEYS },
		{ "secret", JSON_WANT_BOOL, false, 0, 0, NULL }) },
	{ "hangup", hang_up, FIELDS(ID, { "cause", JSON_WANT_INT, false, 1, 127, NULL }) },
	{ "status", status, FIELDS({ "reset", JSON_WANT_BOOL, false, 0, 0, NULL }) },
	{ "rate", rate, FIELDS({ "rate", JSON_WANT_INT, true, PACE_FREE, PACE_RATE_MAX, NULL },
		{ "patient", JSON_WANT_BOOL, false, 0, 0, NULL }) },
	{ "restart", restart, FIELDS(SPAN, { "slot", JSON_WANT_INT, true, 1, 31, NULL }) },
	{ "dchan", dchannel, FIELDS(SPAN, { "up", JSON_WANT_BOOL, true, 0, 0, NULL },
		{ "for_ms", JSON_WANT_INT, false, 1, 3600000, NULL }) },
	{ "alarm", alarm, FIELDS(SPAN, { "alarms", JSON_WANT_INT, true, 0, 65535, NULL }) },
	{ "subscribe", subscribe, (const struct json_field[]){ CMD }, 1 },
	{ "quit", quit, (const struct json_field[]){ CMD }, 1 },
};

json_t *command_run(struct carrier *c, struct control_conn *conn, const char *line, size_t len)
{
	struct json_fault fault;
	json_t *o, *answer;
	const json_t *name;

	if (json_read_strict(line, len, &o, &fault) != 0)
		return refuse(fault.where, fault.why);
	name = json_object_get(o, "cmd");
	answer = refuse("", "cmd: there is no such command");
	for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
		if (!json_is_string(name) || strcmp(json_string_value(name), commands[i].name) != 0)
			continue;
		json_decref(answer);
		if (json_fields(o, "", commands[i].fields, commands[i].count, &fault) != 0)
			answer = refuse(fault.where, fault.why);
		else
			answer = commands[i].run(c, conn, o);
		break;
	}
	json_decref(o);
	return answer;
}
