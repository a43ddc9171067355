/* Long random walks through the two real scenarios, with a hang-up and a fault at every step: a call always comes to a named end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/scenario_play.h"

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

	play_feed(&copy, (struct scenario_event){ .type = type });
	play_expect_end(&copy, state);
	assert_true(strncmp(play_heard(&copy), state, strlen(state)) == 0);
	assert_int_equal(play_find(&copy, SCENARIO_CLOSE_FIELD) != NULL, p->scenario->steps[p->run.step].type == STEP_FIELD);
	expect_lawful(&copy, &at);
}

/* On a copy of the call: a hang-up here ends it in a named state without a word, a fault with the words for one, and so the
 * merchant's taking it back. */
static void expect_to_end_at_once(const struct play *p, const struct witness *w)
{
	struct play copy = *p;
	struct witness at = *w;

	play_hang_up(&copy);
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

		p.facts.conditions = dice(1u << 10);
		p.facts.options = dice(20) == 0 ? 0 : 1 + (int)dice(SCENARIO_CHOICES_MAX);
		p.facts.variables_fail = dice(200) == 0;
		scenario_run_init(&p.run, p.scenario);
		play_start(&p);
		for (int i = 0; !p.run.at_end && i < LONGEST; i++) {
			const struct step *st = &p.scenario->steps[p.run.step];
			struct scenario_event e = any_event(st);

			visited[p.run.step] = true;
			expect_lawful(&p, &w);
			expect_to_end_at_once(&p, &w);
			w.holder_ok |= e.type == SCENARIO_DONE && st->type == STEP_DO && strcmp(st->word, "holder_check") == 0 &&
			               strcmp(e.outcome, "ok") == 0;
			play_feed(&p, e);
		}
		by_themselves += p.run.at_end;
		if (p.run.at_end)
			visited[p.run.step] = true;
		else
			play_hang_up(&p);
		expect_lawful(&p, &w);
		assert_int_equal(p.out[p.count - 1].type, SCENARIO_END);
		play_press(&p, '1');
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
		cmocka_unit_test(whatever_happens_a_call_ends_in_a_named_state),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
