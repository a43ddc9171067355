/* The scenario engine on the two real files: every key, time-out and field result, a hang-up and a fault at every step, and
 * a long random walk that must always come to a named end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "arsd/scenario_priv.h"
#include "ipc/callctl.h"

static bool has_all(const char *id, void *context)
{
	(void)id;
	(void)context;
	return true;
}

/* What the caller of the engine knows: a variable is spoken as "var.NAME", conditions hold by their bit in the list. */
struct facts { unsigned conditions; int options; bool variables_fail; };

static void say_variable(struct say *out, const char *variable, void *context)
{
	const struct facts *f = context;
	char id[64];

	snprintf(id, sizeof(id), "var.%s", variable);
	if (f->variables_fail)
		out->bad = true;
	else
		say_id(out, id);
}

static void add_particle(struct say *out, const char *variable, enum say_particle p, void *context)
{
	(void)variable;
	(void)p;
	(void)context;
	say_id(out, "var.particle");
}

static bool holds(const char *condition, void *context)
{
	const struct facts *f = context;

	return f->conditions >> scenario_word_index(scenario_conditions, condition) & 1;
}

static bool add_option(struct say *out, const char *choice, int n, void *context)
{
	const struct facts *f = context;

	(void)choice;
	if (n >= f->options)
		return false;
	say_id(out, "var.option");
	return true;
}

/* One call on a file. */
struct play {
	struct scenario *scenario;
	struct facts facts;
	struct scenario_vars vars;
	struct scenario_run run;
	struct scenario_effect out[SCENARIO_EFFECTS_MAX];
	int count;
};

static void play_begin(struct play *p, const char *name)
{
	const struct scenario_prompts prompts = { has_all, NULL };
	char path[64], why[CONF_WHY_SIZE] = "";

	memset(p, 0, sizeof(*p));
	snprintf(path, sizeof(path), "config/scenarios/%s.cfg", name);
	if (scenario_load(path, &prompts, &p->scenario, why) != 0)
		fail_msg("%s", why);
	p->vars = (struct scenario_vars){ say_variable, add_particle, holds, add_option, &p->facts };
	p->facts.options = 3;
	scenario_run_init(&p->run, p->scenario);
}

static void set(struct play *p, const char *condition)
{
	int i = scenario_word_index(scenario_conditions, condition);

	assert_true(i >= 0);
	p->facts.conditions |= 1u << i;
}

static void feed(struct play *p, struct scenario_event e)
{
	p->count = scenario_step(&p->run, &e, &p->vars, p->out);
	assert_in_range(p->count, 0, SCENARIO_EFFECTS_MAX);
}

static void start(struct play *p) { feed(p, (struct scenario_event){ .type = SCENARIO_START }); }
static void played(struct play *p) { feed(p, (struct scenario_event){ .type = SCENARIO_PLAYED }); }
static void silence(struct play *p) { feed(p, (struct scenario_event){ .type = SCENARIO_TIMEOUT }); }
static void hang_up(struct play *p) { feed(p, (struct scenario_event){ .type = SCENARIO_HANGUP }); }
static void press(struct play *p, char key) { feed(p, (struct scenario_event){ .type = SCENARIO_KEY, .key = key }); }

static void done(struct play *p, const char *outcome)
{
	feed(p, (struct scenario_event){ .type = SCENARIO_DONE, .outcome = outcome });
}

static void typed(struct play *p, enum vault_result result)
{
	feed(p, (struct scenario_event){ .type = SCENARIO_FIELD, .result = result });
}

static const struct scenario_effect *find(const struct play *p, enum scenario_effect_type type)
{
	for (int i = 0; i < p->count; i++)
		if (p->out[i].type == type)
			return &p->out[i];
	return NULL;
}

static const char *heard(const struct play *p)
{
	const struct scenario_effect *e = find(p, SCENARIO_PLAY);

	assert_non_null(e);
	return e->prompts.ids;
}

static void expect_step(const struct play *p, const char *id)
{
	assert_string_equal(scenario_step_id(&p->run), id);
}

static void expect_end(const struct play *p, const char *state)
{
	const struct scenario_effect *e = find(p, SCENARIO_END);

	assert_non_null(e);
	assert_string_equal(e->name, state);
	assert_true(p->run.at_end);
}

/* Up to the first menu. */
static void until_consent(struct play *p, const char *name)
{
	play_begin(p, name);
	start(p);
	played(p);
	done(p, "ok");
}

static void until_card(struct play *p)
{
	until_consent(p, "registration");
	press(p, '1');
	expect_step(p, "card");
}

static void until_confirm(struct play *p)
{
	until_card(p);
	for (int i = 0; i < 4; i++)
		typed(p, VAULT_COMPLETE);
	expect_step(p, "confirm");
}

/* ---- from the beginning ---- */

static void before_the_check_there_is_a_greeting_and_no_key(void **state)
{
	struct play p;

	(void)state;
	play_begin(&p, "payment");
	assert_string_equal(scenario_step_id(&p.run), "");
	start(&p);
	assert_string_equal(heard(&p), "greet.neutral");
	assert_int_equal(find(&p, SCENARIO_PLAY)->collect, CALLCTL_COLLECT_NONE);
	press(&p, '1');
	assert_int_equal(p.count, 0);
	played(&p);
	assert_string_equal(find(&p, SCENARIO_ACT)->name, "holder_check");
	assert_null(find(&p, SCENARIO_PLAY));
	done(&p, "refused");
	assert_string_equal(heard(&p), "wrong_caller");
	expect_end(&p, "holder_mismatch");
	scenario_free(&p.scenario);
}

static void a_menu_says_all_of_it_and_waits_for_a_key(void **state)
{
	struct play p;
	const struct scenario_effect *e;

	(void)state;
	until_consent(&p, "registration");
	assert_non_null(strstr(heard(&p), "var.merchant reg.asks"));
	assert_non_null(strstr(heard(&p), "reg.amount.varies"));
	e = find(&p, SCENARIO_PLAY);
	assert_non_null(e);
	assert_int_equal(e->collect, CALLCTL_COLLECT_MENU);
	assert_int_equal(e->first_ms, 10000);
	scenario_free(&p.scenario);
	play_begin(&p, "registration");
	set(&p, "amount_known");
	start(&p);
	played(&p);
	done(&p, "ok");
	expect_step(&p, "consent_amount");
	assert_non_null(strstr(heard(&p), "reg.amount var.amount"));
	scenario_free(&p.scenario);
}

static void agreeing_is_recorded_with_all_that_was_said(void **state)
{
	struct play p;
	char said[SAY_SIZE];

	(void)state;
	until_consent(&p, "registration");
	snprintf(said, sizeof(said), "%s", heard(&p));
	press(&p, '1');
	assert_int_equal(p.out[0].type, SCENARIO_MEANS);
	assert_string_equal(p.out[0].name, "agree");
	assert_int_equal(p.out[1].type, SCENARIO_CONSENT);
	assert_string_equal(p.out[1].name, "registration");
	assert_int_equal(p.out[1].number, '1');
	assert_string_equal(p.out[1].prompts.ids, said);
	scenario_free(&p.scenario);
}

/* ---- the keys that every menu has ---- */

static void star_repeats_zero_has_no_agent_and_neither_counts(void **state)
{
	struct play p;
	char said[SAY_SIZE];

	(void)state;
	until_consent(&p, "registration");
	snprintf(said, sizeof(said), "%s", heard(&p));
	for (int i = 0; i < 10; i++) {
		press(&p, '*');
		assert_string_equal(heard(&p), said);
		press(&p, '0');
		assert_true(strncmp(heard(&p), "menu.no_agent ", 14) == 0);
		assert_non_null(strstr(heard(&p), said));
		assert_int_equal(find(&p, SCENARIO_PLAY)->collect, CALLCTL_COLLECT_MENU);
	}
	expect_step(&p, "consent");
	scenario_free(&p.scenario);
}

static void hash_goes_back_where_there_is_something_before(void **state)
{
	struct play p;

	(void)state;
	until_consent(&p, "registration");
	press(&p, '#');
	assert_true(strncmp(heard(&p), "menu.no_back ", 13) == 0);
	expect_step(&p, "consent");
	scenario_free(&p.scenario);
	until_confirm(&p);
	press(&p, '#');
	expect_step(&p, "card");
	assert_int_equal(find(&p, SCENARIO_OPEN_FIELD)->kind, VAULT_CARD_NUMBER);
	assert_true(find(&p, SCENARIO_OPEN_FIELD)->fresh);
	scenario_free(&p.scenario);
}

static void from_a_choice_hash_leads_to_the_menu_before(void **state)
{
	struct play p;

	(void)state;
	play_begin(&p, "payment");
	set(&p, "other_card_allowed");
	set(&p, "instalments_offered");
	start(&p);
	played(&p);
	done(&p, "ok");
	expect_step(&p, "choose_card");
	press(&p, '1');
	expect_step(&p, "months");
	assert_non_null(strstr(heard(&p), "var.option key.1 var.option key.2 var.option key.3"));
	press(&p, '#');
	expect_step(&p, "choose_card");
	press(&p, '1');
	press(&p, '4');                       /* there are three */
	assert_true(strncmp(heard(&p), "err.menu ", 9) == 0);
	press(&p, '3');
	assert_string_equal(find(&p, SCENARIO_CHOSE)->name, "instalments");
	assert_int_equal(find(&p, SCENARIO_CHOSE)->number, 2);
	assert_string_equal(find(&p, SCENARIO_ACT)->name, "authorize");
	assert_true(find(&p, SCENARIO_PLAY)->loop);
	scenario_free(&p.scenario);
}

/* ---- attempts ---- */

static void three_wrong_keys_are_worded_each_and_end(void **state)
{
	struct play p;

	(void)state;
	until_consent(&p, "registration");
	press(&p, '7');
	assert_true(strncmp(heard(&p), "err.menu var.merchant", 21) == 0);
	press(&p, '9');
	assert_true(strncmp(heard(&p), "err.menu err.last var.merchant", 30) == 0);
	press(&p, '8');
	assert_true(strncmp(heard(&p), "err.menu reg.not_done", 21) == 0);
	assert_true(find(&p, SCENARIO_PLAY)->then_hangup);
	expect_end(&p, "input_failed");
	press(&p, '1');
	assert_int_equal(p.count, 0);
	scenario_free(&p.scenario);
}

static void silence_and_wrong_keys_share_the_attempts(void **state)
{
	struct play p;

	(void)state;
	until_consent(&p, "registration");
	silence(&p);
	assert_true(strncmp(heard(&p), "err.no_input var.merchant", 25) == 0);
	press(&p, 'A');
	assert_true(strncmp(heard(&p), "err.menu err.last", 17) == 0);
	silence(&p);
	expect_end(&p, "input_failed");
	scenario_free(&p.scenario);
}

static void each_field_result_has_its_words(void **state)
{
	static const struct { enum vault_result result; const char *first, *second; } cases[] = {
		{ VAULT_TOO_SHORT, "err.expiry.short card.expiry", "err.expiry.short err.last card.expiry" },
		{ VAULT_INVALID, "err.expiry.invalid card.expiry", "err.expiry.invalid err.last card.expiry" },
		{ VAULT_EXPIRED, "err.expiry.expired card.expiry", "err.expiry.expired err.last card.expiry" },
		{ VAULT_NO_INPUT, "err.expiry.no_input card.expiry", "err.expiry.no_input err.last card.expiry" },
	};
	struct play p;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		until_card(&p);
		typed(&p, VAULT_COMPLETE);
		expect_step(&p, "expiry");
		typed(&p, cases[i].result);
		assert_string_equal(heard(&p), cases[i].first);
		typed(&p, cases[i].result);
		assert_string_equal(heard(&p), cases[i].second);
		typed(&p, cases[i].result);
		expect_end(&p, "input_failed");
		scenario_free(&p.scenario);
	}
}

static void a_field_opens_before_its_words_under_a_new_number(void **state)
{
	struct play p;
	uint32_t last = 0;

	(void)state;
	until_card(&p);
	for (int i = 0; i < 3; i++) {
		const struct scenario_effect *open = find(&p, SCENARIO_OPEN_FIELD), *play = find(&p, SCENARIO_PLAY);

		assert_true(open < play);
		assert_int_equal(open->field, play->field);
		assert_true(open->field > last);
		assert_true(open->fresh);
		assert_int_equal(play->collect, CALLCTL_COLLECT_SECRET);
		assert_int_equal(play->first_ms, 20000);
		assert_int_equal(play->inter_ms, 5000);
		last = open->field;
		typed(&p, VAULT_INVALID);
	}
	scenario_free(&p.scenario);
}

static void erasing_says_so_and_keeps_the_field_and_the_attempts(void **state)
{
	struct play p;

	(void)state;
	until_card(&p);
	for (int i = 0; i < 20; i++) {
		typed(&p, VAULT_ERASED);
		assert_string_equal(heard(&p), "err.erased");
		assert_null(find(&p, SCENARIO_OPEN_FIELD));
		assert_int_equal(find(&p, SCENARIO_PLAY)->field, 1);
	}
	typed(&p, VAULT_COMPLETE);
	expect_step(&p, "expiry");
	scenario_free(&p.scenario);
}

static void keys_typed_ahead_belong_to_the_next_field_and_no_menu(void **state)
{
	struct play p;

	(void)state;
	until_card(&p);
	typed(&p, VAULT_COMPLETE);
	assert_false(find(&p, SCENARIO_OPEN_FIELD)->fresh);
	typed(&p, VAULT_TOO_SHORT);
	assert_true(find(&p, SCENARIO_OPEN_FIELD)->fresh);
	scenario_free(&p.scenario);
}

static void going_back_gives_no_new_attempts(void **state)
{
	struct play p;

	(void)state;
	until_confirm(&p);
	for (int round = 0; round < 2; round++) {
		press(&p, '2');
		expect_step(&p, "card");
		for (int i = 0; i < 4; i++)
			typed(&p, VAULT_COMPLETE);
		expect_step(&p, "confirm");
	}
	press(&p, '2');
	expect_end(&p, "input_failed");
	scenario_free(&p.scenario);
}

static void a_second_wrong_entry_at_the_card_company_is_the_last(void **state)
{
	struct play p;

	(void)state;
	until_confirm(&p);
	press(&p, '1');
	assert_string_equal(find(&p, SCENARIO_ACT)->name, "verify_card");
	press(&p, '1');
	assert_int_equal(p.count, 0);
	done(&p, "input");
	expect_step(&p, "try_again");
	press(&p, '#');                       /* not back behind what was asked of the PG */
	expect_step(&p, "try_again");
	press(&p, '1');
	for (int i = 0; i < 4; i++)
		typed(&p, VAULT_COMPLETE);
	press(&p, '1');
	done(&p, "input");
	assert_non_null(strstr(heard(&p), "var.decline"));
	expect_end(&p, "card_declined");
	scenario_free(&p.scenario);
}

static void after_the_approval_a_hang_up_changes_nothing(void **state)
{
	struct play p;

	(void)state;
	until_consent(&p, "payment");
	press(&p, '1');
	done(&p, "ok");
	expect_step(&p, "approved");
	hang_up(&p);
	expect_end(&p, "completed");
	assert_null(find(&p, SCENARIO_PLAY));
	scenario_free(&p.scenario);
}

static void words_that_cannot_be_put_together_end_the_call(void **state)
{
	struct play p;

	(void)state;
	play_begin(&p, "payment");
	start(&p);
	played(&p);
	p.facts.variables_fail = true;
	done(&p, "ok");
	assert_string_equal(heard(&p), "system_error");
	expect_end(&p, "system_error");
	scenario_free(&p.scenario);
}

static void a_choice_without_options_ends_the_call(void **state)
{
	struct play p;

	(void)state;
	play_begin(&p, "payment");
	set(&p, "instalments_offered");
	p.facts.options = 0;
	start(&p);
	played(&p);
	done(&p, "ok");
	press(&p, '1');
	expect_end(&p, "system_error");
	scenario_free(&p.scenario);
}

static void an_outcome_that_nobody_knows_ends_the_call(void **state)
{
	struct play p;

	(void)state;
	play_begin(&p, "payment");
	start(&p);
	played(&p);
	done(&p, "sunshine");
	expect_end(&p, "system_error");
	scenario_free(&p.scenario);
}

/* ---- the walk ---- */

static uint64_t seed;

/* xorshift64: the same walk every time. */
static uint32_t dice(uint32_t sides)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 33) % sides;
}

static struct scenario_event any_event(const struct step *st)
{
	static const char keys[] = "123456789*0#A";
	static const enum vault_result results[] = {
		VAULT_COMPLETE, VAULT_COMPLETE, VAULT_COMPLETE, VAULT_TOO_SHORT, VAULT_INVALID, VAULT_EXPIRED, VAULT_ERASED, VAULT_NO_INPUT,
	};
	struct scenario_event e = { .type = SCENARIO_KEY, .key = keys[dice(3)] };

	switch (dice(8) == 0 ? (enum step_type)dice(STEP_END) : st->type) {
	case STEP_SAY: e.type = SCENARIO_PLAYED; break;
	case STEP_MENU:
	case STEP_CHOOSE:
		if (dice(4) == 0)
			e.key = keys[dice(sizeof(keys) - 1)];
		if (dice(10) == 0)
			e.type = SCENARIO_TIMEOUT;
		break;
	case STEP_FIELD:
		e.type = SCENARIO_FIELD;
		e.result = results[dice(ARRAY_LEN(results))];
		break;
	default:
		e.type = SCENARIO_DONE;
		e.outcome = (const char *const[]){ "ok", "ok", "input", "declined", "system", "terms" }[dice(st->type == STEP_DO && strcmp(st->word, "authorize") == 0 ? 6 : 5)];
		if (st->type == STEP_DO && strcmp(st->word, "holder_check") == 0)
			e.outcome = dice(10) == 0 ? "refused" : "ok";
		break;
	}
	return e;
}

/* What holds of a whole call, whatever happens in it. */
struct witness { bool holder_ok, consent; uint32_t field; int openings[VAULT_PASSWORD2 + 1]; };

static void expect_lawful(struct play *p, struct witness *w)
{
	bool opened = false, last_words = false;

	for (int i = 0; i < p->count; i++) {
		const struct scenario_effect *e = &p->out[i];

		switch (e->type) {
		case SCENARIO_PLAY:
			assert_false(e->prompts.bad);
			assert_true(e->prompts.len > 0);
			if (!w->holder_ok)
				assert_null(strstr(e->prompts.ids, "var."));
			if (e->collect == CALLCTL_COLLECT_SECRET)
				assert_int_equal(e->field, w->field);
			last_words = e->then_hangup;
			break;
		case SCENARIO_OPEN_FIELD:
			assert_true(w->holder_ok && w->consent && !opened);
			assert_true(e->field > w->field);
			opened = true;
			w->field = e->field;
			/* keystored refuses a fourth */
			assert_true(++w->openings[e->kind] <= SCENARIO_MAX_ATTEMPTS);
			break;
		case SCENARIO_CONSENT:
			assert_true(w->holder_ok);
			w->consent = true;
			break;
		case SCENARIO_ACT:
			assert_true(strcmp(e->name, "holder_check") == 0 || (w->holder_ok && w->consent));
			break;
		case SCENARIO_END:
			assert_true(scenario_has_word(scenario_states, e->name));
			assert_true(last_words || e->number == 16);
			assert_int_equal(i, p->count - 1);
			break;
		default: break;
		}
	}
}

static void expect_words_at_once(const struct play *p, const struct witness *w, enum scenario_event_type type, const char *state)
{
	struct play copy = *p;
	struct witness at = *w;

	feed(&copy, (struct scenario_event){ .type = type });
	expect_end(&copy, state);
	assert_true(strncmp(heard(&copy), state, strlen(state)) == 0);
	assert_int_equal(find(&copy, SCENARIO_CLOSE_FIELD) != NULL, p->scenario->steps[p->run.step].type == STEP_FIELD);
	expect_lawful(&copy, &at);
}

/* On a copy of the call: a hang-up here ends it in a named state without a word, a fault with the words for one, and so the
 * merchant's taking it back. */
static void expect_to_end_at_once(const struct play *p, const struct witness *w)
{
	struct play copy = *p;
	struct witness at = *w;

	hang_up(&copy);
	assert_int_equal(copy.count, 1);
	assert_int_equal(copy.out[0].type, SCENARIO_END);
	expect_lawful(&copy, &at);
	expect_words_at_once(p, w, SCENARIO_FAULT, "system_error");
	expect_words_at_once(p, w, SCENARIO_WITHDRAWN, "withdrawn");
}

enum { WALKS = 4000, LONGEST = 400 };

/* Returns how many walks came to an end without a hang-up. */
static int walk(const char *name, bool visited[SCENARIO_STEPS_MAX])
{
	struct play p;
	int by_themselves = 0;

	play_begin(&p, name);
	for (int n = 0; n < WALKS; n++) {
		struct witness w = { .holder_ok = false };

		p.facts.conditions = dice(1u << 8);
		p.facts.options = dice(20) == 0 ? 0 : 1 + (int)dice(SCENARIO_CHOICES_MAX);
		p.facts.variables_fail = dice(200) == 0;
		scenario_run_init(&p.run, p.scenario);
		start(&p);
		for (int i = 0; !p.run.at_end && i < LONGEST; i++) {
			const struct step *st = &p.scenario->steps[p.run.step];
			struct scenario_event e = any_event(st);

			visited[p.run.step] = true;
			expect_lawful(&p, &w);
			expect_to_end_at_once(&p, &w);
			w.holder_ok |= e.type == SCENARIO_DONE && st->type == STEP_DO && strcmp(st->word, "holder_check") == 0 &&
			               strcmp(e.outcome, "ok") == 0;
			feed(&p, e);
		}
		by_themselves += p.run.at_end;
		if (p.run.at_end)
			visited[p.run.step] = true;
		else
			hang_up(&p);
		expect_lawful(&p, &w);
		assert_int_equal(p.out[p.count - 1].type, SCENARIO_END);
		press(&p, '1');
		assert_int_equal(p.count, 0);
	}
	for (int i = 0; i < p.scenario->step_count; i++)
		if (!visited[i] && p.scenario->steps[i].type != STEP_IF && i != p.scenario->on_withdrawn)
			fail_msg("%s: the walk never came to \"%s\"", name, p.scenario->steps[i].id);
	scenario_free(&p.scenario);
	return by_themselves;
}

static void whatever_happens_a_call_ends_in_a_named_state(void **state)
{
	static const char *const names[] = { "registration", "payment" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		bool visited[SCENARIO_STEPS_MAX] = { false };

		seed = 0x9e3779b97f4a7c15u + i;
		assert_true(walk(names[i], visited) > WALKS * 9 / 10);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(before_the_check_there_is_a_greeting_and_no_key),
		cmocka_unit_test(a_menu_says_all_of_it_and_waits_for_a_key),
		cmocka_unit_test(agreeing_is_recorded_with_all_that_was_said),
		cmocka_unit_test(star_repeats_zero_has_no_agent_and_neither_counts),
		cmocka_unit_test(hash_goes_back_where_there_is_something_before),
		cmocka_unit_test(from_a_choice_hash_leads_to_the_menu_before),
		cmocka_unit_test(three_wrong_keys_are_worded_each_and_end),
		cmocka_unit_test(silence_and_wrong_keys_share_the_attempts),
		cmocka_unit_test(each_field_result_has_its_words),
		cmocka_unit_test(a_field_opens_before_its_words_under_a_new_number),
		cmocka_unit_test(erasing_says_so_and_keeps_the_field_and_the_attempts),
		cmocka_unit_test(keys_typed_ahead_belong_to_the_next_field_and_no_menu),
		cmocka_unit_test(going_back_gives_no_new_attempts),
		cmocka_unit_test(a_second_wrong_entry_at_the_card_company_is_the_last),
		cmocka_unit_test(after_the_approval_a_hang_up_changes_nothing),
		cmocka_unit_test(words_that_cannot_be_put_together_end_the_call),
		cmocka_unit_test(a_choice_without_options_ends_the_call),
		cmocka_unit_test(an_outcome_that_nobody_knows_ends_the_call),
		cmocka_unit_test(whatever_happens_a_call_ends_in_a_named_state),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
