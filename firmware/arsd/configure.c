/* configure.c: callkey.cfg's part for arsd, and the files of words it needs: manifests and scenarios. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "arsd/arsd.h"
#include "arsd/decline.h"
#include "arsd/sms_text.h"
#include "lib/log.h"
#include "model/charset.h"

enum { CALLERS_REMEMBERED = 65536, NUMBERS_REMEMBERED = 16384 };

static void read_settings(struct settings *s, const struct conf_tree *c)
{
	snprintf(s->run_dir, sizeof(s->run_dir), "%s", conf_get_string(c, "run_dir"));
	snprintf(s->state_dir, sizeof(s->state_dir), "%s", conf_get_string(c, "state_dir"));
	snprintf(s->share_dir, sizeof(s->share_dir), "%s", conf_get_string(c, "share_dir"));
	snprintf(s->store, sizeof(s->store), "%s", conf_get_string(c, "arsd.store"));
	snprintf(s->sms_ko, sizeof(s->sms_ko), "%s", conf_get_string(c, "arsd.sms_ko"));
	snprintf(s->sms_en, sizeof(s->sms_en), "%s", conf_get_string(c, "arsd.sms_en"));
	s->reconcile_tries = (int)conf_get_int(c, "arsd.reconcile.tries");
	s->promotions_every_ms = conf_get_int(c, "arsd.promotions.every_h") * 3600000;
	s->promotions_valid_ms = conf_get_int(c, "arsd.promotions.valid_h") * 3600000;
	s->promotions_jitter_ms = conf_get_int(c, "arsd.promotions.jitter_s") * 1000;
	s->api_key_alarm_days = conf_get_int(c, "arsd.api_key_alarm_days");
	s->reconcile_overdue_days = conf_get_int(c, "arsd.reconcile.overdue_days");
	s->reconcile_retry_ms = conf_get_int(c, "arsd.reconcile.retry_s") * 1000;
	snprintf(s->recordings, sizeof(s->recordings), "%s", conf_get_string(c, "trunkd.prompt_override_dir"));
	s->sms_replace = strcmp(conf_get_string(c, "arsd.sms_others"), "replace") == 0;
	s->sms_long = strcmp(conf_get_string(c, "arsd.sms_long"), "lms") == 0;
	s->trace_numbers = conf_get_bool(c, "arsd.trace_numbers");
	s->request_ttl_s = conf_get_int(c, "arsd.request_ttl_s");
	s->quarantine_s = conf_get_int(c, "arsd.lease_quarantine_s");
	s->max_calls = conf_get_int(c, "arsd.max_calls_per_request");
	s->max_live = conf_get_int(c, "arsd.max_live_requests");
	s->rate_per_s = conf_get_int(c, "arsd.rate_per_s");
	s->rate_burst = conf_get_int(c, "arsd.rate_burst");
	s->slow_ms = conf_get_int(c, "arsd.throttle.slow_ms");
	s->pg_wait_ms = conf_get_int(c, "arsd.pg_wait_s") * 1000;
	s->query_first_ms = conf_get_int(c, "arsd.pg_query_first_ms");
	s->query_most_ms = conf_get_int(c, "arsd.pg_query_most_s") * 1000;
	s->pg_late_ms = conf_get_int(c, "arsd.pg_late_s") * 1000;
	s->schedule_catch_up_ms = conf_get_int(c, "arsd.schedule_catch_up_s") * 1000;
	s->call_limit_ms = conf_get_int(c, "arsd.call_limit_s") * 1000;
}

/* uplinkd takes "" for its first gateway; what is stored names it, and means the same after others were added before it. */
static void read_pgs(struct settings *s, const struct conf_tree *c)
{
	const struct conf_node *list = conf_find(conf_root(c), "uplinkd.pg");

	for (size_t i = 0; list != NULL && i < conf_count(list) && i < ARRAY_LEN(s->pgs); i++) {
		const struct conf_node *pg = conf_at(list, i);

		s->pg_live[s->pg_count] = strcmp(conf_member_string(pg, "uplinkd.pg", "mode"), "live") == 0;
		snprintf(s->pgs[s->pg_count++], sizeof(s->pgs[0]), "%s", conf_member_string(pg, "uplinkd.pg", "name"));
	}
}

/* Where a setting stands; the file when it is left out. */
static const struct conf_node *place_of(const struct conf_tree *c, const char *path)
{
	const struct conf_node *n = conf_find(conf_root(c), path);

	return n != NULL ? n : conf_root(c);
}

/* What may still go on is not yet late: connecting and the answer have timeout_ms each, or two exchanges one after the other. */
static int check_late(const struct settings *s, const struct conf_tree *c, char why[CONF_WHY_SIZE])
{
	const struct conf_node *list = conf_find(conf_root(c), "uplinkd.pg");

	for (size_t i = 0; list != NULL && i < conf_count(list); i++) {
		int64_t least_ms = 2 * conf_member_int(conf_at(list, i), "uplinkd.pg", "timeout_ms");

		if (least_ms > s->pg_late_ms)
			return conf_fault(place_of(c, "arsd.pg_late_s"), why, "arsd.pg_late_s must be at least %" PRId64 ": twice the timeout_ms of the "
			                  "gateway \"%s\"", (least_ms + 999) / 1000, s->pgs[i]);
	}
	return 0;
}

static int check_store(const struct settings *s, const struct conf_tree *c, char why[CONF_WHY_SIZE])
{
	if (strncmp(s->store, "sqlite:/", 8) == 0)
		return 0;
	return conf_fault(place_of(c, "arsd.store"), why, "arsd.store = \"%s\": must be sqlite: and an absolute path", s->store);
}

static int check_sms(const char *text, const char *path, const struct conf_tree *c, char why[CONF_WHY_SIZE])
{
	char reason[SMS_WHY_SIZE];

	return sms_text_check(text, SMS_TEXT_ASK, reason) < 0 ? conf_fault(place_of(c, path), why, "%s: %s", path, reason) : 0;
}

static int read_charset(struct arsd *a, const struct conf_tree *c, char why[CONF_WHY_SIZE])
{
	enum charset_name name;
	int e = charset_parse(conf_get_string(c, "arsd.sms_charset"), &name);

	if (e == 0)
		e = charset_new(name, &a->sms_charset);
	return e < 0 ? conf_fault(place_of(c, "arsd.sms_charset"), why, "this machine has no table of it (glibc's gconv module UHC)") : 0;
}

/* "04:30", or "" for never. */
static int read_reconcile(struct settings *s, const struct conf_tree *c, char why[CONF_WHY_SIZE])
{
	const char *at = conf_get_string(c, "arsd.reconcile.at");
	int hour = 0, minute = 0, end = 0;

	s->reconcile_minute = -1;
	if (at[0] == '\0')
		return 0;
	if (strlen(at) != 5 || sscanf(at, "%2d:%2d%n", &hour, &minute, &end) != 2 || end != 5 || hour < 0 || hour > 23 || minute < 0 || minute > 59)
		return conf_fault(place_of(c, "arsd.reconcile.at"), why, "arsd.reconcile.at = \"%s\": must be a time of the day as \"04:30\", or \"\"", at);
	s->reconcile_minute = hour * 60 + minute;
	return 0;
}

static int read_languages(struct settings *s, const struct conf_tree *c, char why[CONF_WHY_SIZE])
{
	const struct conf_node *list = conf_find(conf_root(c), "arsd.languages");
	size_t count = list != NULL ? conf_count(list) : 0;

	for (size_t i = 0; i < count && i < LANGUAGES_MAX; i++) {
		const char *language = conf_string(conf_at(list, i));

		if (i > 0 && strcmp(s->languages[0], language) == 0)
			return conf_fault(conf_at(list, i), why, "arsd.languages: \"%s\" stands twice", language);
		snprintf(s->languages[s->language_count++], sizeof(s->languages[0]), "%s", language);
	}
	if (s->language_count == 0) {
		snprintf(s->languages[0], sizeof(s->languages[0]), "ko");
		snprintf(s->languages[1], sizeof(s->languages[1]), "en");
		s->language_count = 2;
	}
	return 0;
}

static int read_numbers(struct numbers *n, const struct conf_tree *c, char why[CONF_WHY_SIZE])
{
	const struct conf_node *list = conf_find(conf_root(c), "arsd.numbers");
	char reason[200];

	numbers_init(n);
	for (size_t i = 0; list != NULL && i < conf_count(list); i++)
		if (numbers_add(n, conf_string(conf_at(list, i)), reason, sizeof(reason)) < 0)
			return conf_fault(conf_at(list, i), why, "arsd.numbers: %s", reason);
	if (list == NULL || conf_count(list) == 0)
		log_warn("no_virtual_numbers", "hint=\"arsd.numbers is empty: every request will be refused with 503\"");
	return 0;
}

/* More numbers, none of which is among those before: *all. */
static int read_apart(struct numbers *n, struct numbers *all, const char *path, const struct conf_tree *c, char why[CONF_WHY_SIZE])
{
	const struct conf_node *list = conf_find(conf_root(c), path);
	char reason[200];

	numbers_init(n);
	for (size_t i = 0; list != NULL && i < conf_count(list); i++)
		if (numbers_add(all, conf_string(conf_at(list, i)), reason, sizeof(reason)) < 0 ||
		    numbers_add(n, conf_string(conf_at(list, i)), reason, sizeof(reason)) < 0)
			return conf_fault(conf_at(list, i), why, "%s: %s", path, reason);
	return 0;
}

/* What is called to end a registration is nobody's virtual number, and a test's number no live one. */
static int read_other_numbers(struct arsd *a, const struct conf_tree *c, char why[CONF_WHY_SIZE])
{
	struct numbers all = a->numbers;
	int e = read_apart(&a->test_numbers, &all, "arsd.test_numbers", c, why);

	return e < 0 ? e : read_apart(&a->withdrawal_numbers, &all, "arsd.withdrawal_numbers", c, why);
}

/* ---- prompts and scenarios ---- */

/* What the variables of call_vars.c say by name, beside decline.h's; the scenario files name all else themselves. */
static const char *const spoken[] = {
	"cycle.monthly", "cycle.yearly", "cycle.weekly", "cycle.irregular", "cycle.once", "issuer.other", "months.lump",
	"months.free", "months.plain", "withdraw.more", "withdraw.unnamed", "card.ending", "pause.short", "num.0", "num.1", "num.2", "num.3", "num.4", "num.5",
	"num.6", "num.7", "num.8", "num.9",
};

static int check_prompt(const struct manifest *m, const char *path, const char *id, char why[CONF_WHY_SIZE])
{
	if (manifest_find(m, id) != NULL)
		return 0;
	snprintf(why, CONF_WHY_SIZE, "%s: the prompt \"%s\" is missing", path, id);
	return ERR_NOT_FOUND;
}

static int read_manifest(struct arsd *a, int i, char why[CONF_WHY_SIZE])
{
	char path[400];
	int e;

	snprintf(path, sizeof(path), "%s/prompts/%s/manifest.cfg", a->set.share_dir, a->set.languages[i]);
	e = manifest_load(path, &a->manifests[i], why);
	if (e == 0 && strcmp(a->manifests[i].language, a->set.languages[i]) != 0) {
		snprintf(why, CONF_WHY_SIZE, "%s: language = \"%s\", must be \"%s\"", path, a->manifests[i].language, a->set.languages[i]);
		e = ERR_INVALID;
	}
	for (size_t k = 0; e == 0 && k < ARRAY_LEN(spoken); k++)
		e = check_prompt(&a->manifests[i], path, spoken[k], why);
	for (int k = 0; e == 0 && decline_prompt_at(k) != NULL; k++)
		e = check_prompt(&a->manifests[i], path, decline_prompt_at(k), why);
	return e;
}

/* A prompt counts when every language of the box has it. */
static bool has_everywhere(const char *id, void *context)
{
	const struct arsd *a = context;

	for (int i = 0; i < a->set.language_count; i++)
		if (manifest_find(&a->manifests[i], id) == NULL)
			return false;
	return true;
}

static int read_promotions(struct arsd *a, char why[CONF_WHY_SIZE])
{
	char path[400];

	snprintf(path, sizeof(path), "%s/interest_free.cfg", a->set.share_dir);
	return promotions_load(path, &a->promotions, why);
}

static int read_scenario(struct arsd *a, int kind, const char *name, char why[CONF_WHY_SIZE])
{
	const struct scenario_prompts prompts = { has_everywhere, a };
	char path[400];
	int e;

	snprintf(path, sizeof(path), "%s/scenarios/%s.cfg", a->set.share_dir, name);
	e = scenario_load(path, &prompts, &a->scenarios[kind], why);
	if (e == 0 && strcmp(scenario_name(a->scenarios[kind]), name) != 0) {
		snprintf(why, CONF_WHY_SIZE, "%s: holds the scenario \"%s\", must hold \"%s\"", path, scenario_name(a->scenarios[kind]), name);
		e = ERR_INVALID;
	}
	return e;
}

int arsd_configure(struct arsd *a, const struct conf_tree *conf, char why[CONF_WHY_SIZE])
{
	const struct throttle_rule rule = {
		.window_ms = conf_get_int(conf, "arsd.throttle.window_s") * 1000,
		.slow_after = (uint32_t)conf_get_int(conf, "arsd.throttle.slow_after"),
		.refuse_after = (uint32_t)conf_get_int(conf, "arsd.throttle.refuse_after"),
	};
	int e;

	read_settings(&a->set, conf);
	read_pgs(&a->set, conf);
	e = check_store(&a->set, conf, why);
	if (e == 0)
		e = check_late(&a->set, conf, why);
	if (e == 0)
		e = check_sms(a->set.sms_ko, "arsd.sms_ko", conf, why);
	if (e == 0)
		e = check_sms(a->set.sms_en, "arsd.sms_en", conf, why);
	if (e == 0)
		e = read_charset(a, conf, why);
	if (e == 0)
		e = read_reconcile(&a->set, conf, why);
	if (e == 0)
		e = read_languages(&a->set, conf, why);
	if (e == 0)
		e = read_numbers(&a->numbers, conf, why);
	if (e == 0)
		e = read_other_numbers(a, conf, why);
	for (int i = 0; e == 0 && i < a->set.language_count; i++)
		e = read_manifest(a, i, why);
	if (e == 0)
		e = read_promotions(a, why);
	if (e == 0)
		e = read_scenario(a, REQUEST_REGISTRATION, "registration", why);
	if (e == 0)
		e = read_scenario(a, REQUEST_PAYMENT, "payment", why);
	if (e == 0)
		e = read_scenario(a, SCENARIO_WITHDRAWAL, "withdrawal", why);
	if (e < 0)
		return e;
	e = throttle_new(&rule, CALLERS_REMEMBERED, &a->by_caller);
	if (e == 0)
		e = throttle_new(&rule, NUMBERS_REMEMBERED, &a->by_number);
	if (e < 0)
		snprintf(why, CONF_WHY_SIZE, "no memory");
	return e;
}
