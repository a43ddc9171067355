/* trunkd_calls_test.c: the call machine, every cell; and calls with the test as line, arsd, keystored and media thread. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "lib/log.h"
#include "tests/unit/wav_file.h"
#include "trunkd/call_machine.h"
#include "trunkd/calls.h"
#include "trunkd/meters.h"

enum { LOG_MAX = 256, GRACE_MS = 2000 };

/* What went out of the ports, in order, one word each: "offered", "begin", "start" ... */
static char did[LOG_MAX][48];
static int did_count;
static struct callctl_msg last_arsd;
static struct keypad_msg last_keystored;
static struct media_command last_media;
static bool media_full, line_dead, keystored_dead;
static struct metrics metrics;
static struct prompts *prompts;
static struct speech_cache *speech;
static struct calls *calls;
static struct play *lent[LOG_MAX];
static int lent_count;

static void did_it(const char *what, long detail)
{
	assert_true(did_count < LOG_MAX);
	snprintf(did[did_count++], sizeof(did[0]), detail == 0 ? "%s" : "%s %ld", what, detail);
}

static bool to_arsd(void *context UNUSED, const struct callctl_msg *m)
{
	last_arsd = *m;
	did_it(callctl_type_name(m->type), m->type == callctl_type_call_ended ? m->u.call_ended.cause : 0);
	return true;
}

static bool to_keystored(void *context UNUSED, const struct keypad_msg *m)
{
	if (keystored_dead)
		return false;
	last_keystored = *m;
	did_it(keypad_type_name(m->type), 0);
	return true;
}

static bool to_media(void *context UNUSED, size_t span UNUSED, const struct media_command *c)
{
	static const char *const names[] = { [MEDIA_START] = "start", [MEDIA_STOP] = "stop", [MEDIA_PLAY] = "media_play",
	                                     [MEDIA_FIELD_CLOSED] = "media_close" };

	if (media_full)
		return false;
	last_media = *c;
	if (c->type == MEDIA_PLAY)
		lent[lent_count++] = c->play;
	did_it(names[c->type], 0);
	return true;
}

static bool line_answer(void *context UNUSED, size_t span UNUSED, int slot UNUSED)
{
	did_it("connect", 0);
	return !line_dead;
}

static void line_hang_up(void *context UNUSED, size_t span UNUSED, int slot UNUSED, int cause)
{
	did_it("disconnect", cause);
}

static struct mono at(int64_t ms)
{
	return (struct mono){ 1000000000 + ms * 1000000 };
}

#define HASH_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define HASH_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
static char dir[64];

/* One prompt, "hello", and two names as speech, of which the cache has room for one. */
static int write_files(void **state UNUSED)
{
	static const char *const folders[] = { "prompts", "prompts/ko", "prompts/ko/normal", "prompts/ko/slow", "speech" };
	static const char *const sounds[] = { "prompts/ko/normal/hello", "prompts/ko/slow/hello", "speech/" HASH_A ".ko",
	                                      "speech/" HASH_B ".ko" };
	char path[256];
	FILE *f;

	snprintf(dir, sizeof(dir), "/tmp/trunkd-calls-XXXXXX");
	assert_non_null(mkdtemp(dir));
	for (size_t i = 0; i < ARRAY_LEN(folders); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, folders[i]);
		assert_int_equal(mkdir(path, 0700), 0);
	}
	for (size_t i = 0; i < ARRAY_LEN(sounds); i++) {
		snprintf(path, sizeof(path), "%s/%s.wav", dir, sounds[i]);
		wav_file_write(path, DSP_RATE, 1, 1000, 800);
	}
	snprintf(path, sizeof(path), "%s/prompts/ko/manifest.cfg", dir);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs("language = \"ko\"; prompts = ( { id = \"hello\"; text = \"x\"; } );", f);
	fclose(f);
	return 0;
}

static int remove_files(void **state UNUSED)
{
	char command[100];

	snprintf(command, sizeof(command), "rm -rf %s", dir);
	return system(command);
}

static int set_up(void **state UNUSED)
{
	struct calls_config config = {
		.span_count = 2, .no_brain_grace_ms = GRACE_MS, .now = { 1790000000000 }, .metrics = &metrics,
	};
	struct calls_ports ports = { to_arsd, to_keystored, to_media, line_answer, line_hang_up, NULL };

	log_init("calls_test", LOG_LEVEL_ERROR + 1);
	meters_init(&metrics);
	did_count = lent_count = 0;
	media_full = line_dead = keystored_dead = false;
	assert_int_equal(prompts_new(&prompts), 0);
	assert_int_equal(prompts_load(prompts, dir, "", "ko"), 0);
	assert_int_equal(speech_cache_new(dir, 1600, &speech), 0);
	config.prompts = prompts;
	config.speech = speech;
	assert_int_equal(calls_new(&config, &ports, &calls), 0);
	return 0;
}

static int tear_down(void **state UNUSED)
{
	calls_free(&calls);
	speech_cache_free(&speech);
	prompts_free(&prompts);
	return 0;
}

/* The words since the last time, separated by ", ". */
static const char *done(void)
{
	static char all[LOG_MAX * 50];

	all[0] = '\0';
	for (int i = 0; i < did_count; i++) {
		strcat(all, i > 0 ? ", " : "");
		strcat(all, did[i]);
	}
	did_count = 0;
	return all;
}

static int64_t meter(enum meter m)
{
	return metrics.value[m];
}

static struct call *offer(int slot, int64_t now_ms)
{
	struct line_event e = { .type = LINE_OFFERED, .slot = slot, .screening = LINE_NETWORK_PROVIDED, .presentation_allowed = true };

	snprintf(e.called, sizeof(e.called), "07012340001");
	snprintf(e.caller, sizeof(e.caller), "01012345678");
	return calls_offered(calls, 1, &e, at(now_ms));
}

static void from_arsd(struct callctl_msg m)
{
	assert_int_equal(calls_from_arsd(calls, &m), 0);
}

static void arsd_answers(uint64_t call)
{
	from_arsd((struct callctl_msg){ .type = callctl_type_call_answer, .u.call_answer.call = call });
}

static void arsd_hangs_up(uint64_t call)
{
	from_arsd((struct callctl_msg){ .type = callctl_type_call_hangup, .u.call_hangup = { call, 16 } });
}

static void line_ends(struct call *k, int cause, bool far, bool line)
{
	calls_line_ended(calls, k, &(struct line_event){ .type = LINE_ENDED, .cause = cause, .by_far_end = far, .by_line = line });
}

static struct call *call_up(int slot, uint64_t *number)
{
	struct call *k;

	calls_brain_up(calls, at(0));
	k = offer(slot, 0);
	*number = last_arsd.u.call_offered.call;
	arsd_answers(*number);
	calls_connected(calls, k);
	done();
	return k;
}

/* A media thread's word; a play that comes back is the next one lent. */
static void media_says(uint64_t call, enum media_event_type type, enum callctl_collect collect, char detail, uint32_t number, int slot)
{
	struct media_event e = { .type = (uint8_t)type, .slot = (uint8_t)slot, .collect = (uint8_t)collect, .detail = detail,
	                         .number = number, .call = call };
	struct media_event wiped = { 0 };

	if (type == MEDIA_PLAY_ENDED)
		e.play = lent[--lent_count];
	calls_media_event(calls, 1, &e);
	assert_memory_equal(&e, &wiped, sizeof(e));
}

/* ---- the machine ---- */

static void every_cell_is_set_and_leads_to_an_end(void **state UNUSED)
{
	char why[200] = "";

	if (fsm_check(&call_fsm, why, sizeof(why)) != 0)
		fail_msg("%s", why);
	assert_true(fsm_is_final(&call_fsm, CALL_GONE));
}

static void every_cell_does_what_the_design_says(void **state UNUSED)
{
	/* One row a state, one letter an event: W O A U E G go there, s stay, - ignore, ! bug. */
	static const char *const want[CALL_STATES] = {
		/*                  up lost ans rej hup play conn end snd ks fc late fault stop */
		[CALL_WAITING] =   "O!----!G!--E!E",
		[CALL_OFFERED] =   "!WAEE-!G!--E!E",
		[CALL_ANSWERING] = "!E--E-UG!--!EE",
		[CALL_UP] =        "!E--Es!Gsss!EE",
		[CALL_ENDING] =    "-------G---!--",
		[CALL_GONE] =      "!!!!!!!!!!!!!!",
	};
	static const char letters[] = "WOAUEG";

	for (int s = 0; s < CALL_STATES; s++)
		for (int e = 0; e < CALL_EVENTS; e++) {
			int to = s;
			enum fsm_kind kind = fsm_step(&call_fsm, &to, e);
			char got = kind == FSM_GO ? letters[to] : kind == FSM_STAY ? 's' : kind == FSM_IGNORE ? '-' : '!';

			if (got != want[s][e])
				fail_msg("[%s][%s] is %c, not %c", call_fsm.state_names[s], call_fsm.event_names[e], got, want[s][e]);
		}
}

/* ---- the life of a call ---- */

static void a_call_from_offer_to_end(void **state UNUSED)
{
	struct call *k;
	uint64_t number;

	calls_brain_up(calls, at(0));
	k = offer(3, 0);
	assert_string_equal(done(), "call_offered");
	number = last_arsd.u.call_offered.call;
	assert_int_equal(last_arsd.u.call_offered.span, 2);
	assert_string_equal(last_arsd.u.call_offered.caller, "01012345678");
	arsd_answers(number);
	assert_string_equal(done(), "connect");
	calls_connected(calls, k);
	assert_string_equal(done(), "start, call_begin, call_up");
	assert_int_equal(calls_busy(calls, 1), 1);
	assert_int_equal(calls_busy(calls, 0), 0);
	arsd_hangs_up(number);
	assert_string_equal(done(), "call_end, stop, disconnect 16");
	arsd_hangs_up(number);
	media_says(number, MEDIA_KEY, CALLCTL_COLLECT_SECRET, '5', 7, 3);
	assert_string_equal(done(), "");
	line_ends(k, 16, false, false);
	assert_string_equal(done(), "call_ended 16");
	assert_int_equal(last_arsd.u.call_ended.by, CALLCTL_BY_US);
	assert_int_equal(calls_count(calls), 0);
	arsd_hangs_up(number);                            /* a late one finds nobody */
	assert_string_equal(done(), "");
	assert_int_equal(meter(METER_MACHINE_BUGS), 0);
}

static void a_withheld_number_goes_no_further(void **state UNUSED)
{
	struct line_event e = { .type = LINE_OFFERED, .slot = 1, .screening = LINE_NETWORK_PROVIDED };

	snprintf(e.caller, sizeof(e.caller), "01012345678");
	calls_brain_up(calls, at(0));
	assert_non_null(calls_offered(calls, 0, &e, at(0)));
	assert_string_equal(last_arsd.u.call_offered.caller, "");
	assert_int_equal(last_arsd.u.call_offered.presentation, 0);
	assert_null(calls_offered(calls, 0, &e, at(0)));   /* the slot has a call */
}

static void numbers_grow_and_are_not_shared_by_two_starts(void **state UNUSED)
{
	uint64_t first;

	calls_brain_up(calls, at(0));
	offer(1, 0);
	first = last_arsd.u.call_offered.call;
	offer(2, 0);
	assert_true(last_arsd.u.call_offered.call > first);
	assert_true(first > (uint64_t)1790000000000 << 20);
	assert_true(first < (uint64_t)1790000000001 << 20);
	assert_true(first < INT64_MAX);                     /* it is stored as a signed one */
}

static void without_arsd_the_grace_runs(void **state UNUSED)
{
	struct call *k = offer(1, 0);

	assert_string_equal(done(), "");
	assert_true(calls_wait_for_brain(calls));
	calls_tick(calls, at(GRACE_MS - 1));
	assert_string_equal(done(), "");
	calls_tick(calls, at(GRACE_MS));
	assert_string_equal(done(), "disconnect 41");
	assert_false(calls_wait_for_brain(calls));
	assert_int_equal(meter(METER_REFUSED_NO_BRAIN), 1);
	calls_tick(calls, at(GRACE_MS + 60000));
	calls_brain_up(calls, at(GRACE_MS + 60000));
	line_ends(k, 41, false, false);
	assert_string_equal(done(), "call_ended 41");
}

static void an_arsd_that_hangs_does_not_keep_callers_ringing(void **state UNUSED)
{
	calls_brain_up(calls, at(0));
	offer(1, 0);
	calls_tick(calls, at(9999));
	assert_string_equal(done(), "call_offered");
	calls_tick(calls, at(10000));
	assert_string_equal(done(), "disconnect 41");
}

static void loss_of_arsd_ends_answered_calls_and_offers_the_others_again(void **state UNUSED)
{
	uint64_t number;
	struct call *up = call_up(1, &number), *answering = offer(2, 0), *ringing;

	arsd_answers(last_arsd.u.call_offered.call);
	ringing = offer(3, 0);
	done();
	calls_brain_lost(calls, at(5000));
	assert_string_equal(done(), "call_end, stop, disconnect 41, disconnect 41");
	calls_tick(calls, at(5000 + GRACE_MS - 1));
	calls_brain_up(calls, at(5000 + GRACE_MS - 1));
	assert_string_equal(done(), "call_offered");
	assert_int_equal(last_arsd.u.call_offered.channel, 3);
	calls_connected(calls, answering);                 /* its CONNECT ACK crossed our DISCONNECT */
	assert_string_equal(done(), "");
	line_ends(up, 41, false, false);
	line_ends(answering, 41, false, false);
	line_ends(ringing, 16, true, false);
	assert_int_equal(last_arsd.u.call_ended.by, CALLCTL_BY_CALLER);
	assert_int_equal(calls_count(calls), 0);
	assert_int_equal(meter(METER_MACHINE_BUGS), 0);
}

static void the_line_takes_a_call_in_mid_sound(void **state UNUSED)
{
	uint64_t number;
	struct call *k = call_up(1, &number);

	line_ends(k, 27, false, true);
	assert_string_equal(done(), "call_end, stop, call_ended 27");
	assert_int_equal(last_arsd.u.call_ended.by, CALLCTL_BY_LINE);
	assert_int_equal(meter(METER_ENDED_BY_LINE), 1);
}

static void a_failure_of_our_own_ends_the_call(void **state UNUSED)
{
	struct call *k;

	calls_brain_up(calls, at(0));
	k = offer(1, 0);
	arsd_answers(last_arsd.u.call_offered.call);
	media_full = true;
	done();
	calls_connected(calls, k);
	assert_string_equal(done(), "call_end, disconnect 41");
	media_full = false;
	line_dead = true;
	offer(2, 0);
	arsd_answers(last_arsd.u.call_offered.call);
	assert_string_equal(done(), "call_offered, connect, disconnect 41");
}

static void stop_tells_answered_from_unanswered(void **state UNUSED)
{
	uint64_t number;

	call_up(1, &number);
	offer(2, 0);
	done();
	calls_stop(calls);
	assert_string_equal(done(), "call_end, stop, disconnect 41, disconnect 42");
	calls_stop(calls);
	assert_string_equal(done(), "");
}

/* ---- keys ---- */

static void keys_go_to_whom_they_belong(void **state UNUSED)
{
	uint64_t number;

	call_up(1, &number);
	media_says(number, MEDIA_KEY, CALLCTL_COLLECT_MENU, '1', 5, 1);
	assert_string_equal(done(), "menu_key");
	assert_int_equal(last_arsd.u.menu_key.key, '1');
	assert_int_equal(last_arsd.u.menu_key.play, 5);
	media_says(number, MEDIA_KEY, CALLCTL_COLLECT_SECRET, '4', 7, 1);
	assert_string_equal(done(), "key");
	assert_int_equal(last_keystored.u.key.key, '4');
	assert_int_equal(last_keystored.u.key.field, 7);
	media_says(number, MEDIA_KEY_TIMEOUT, CALLCTL_COLLECT_SECRET, 1, 7, 1);
	assert_string_equal(done(), "key_timeout");
	assert_int_equal(last_keystored.u.key_timeout.field, 7);
	media_says(number, MEDIA_KEY_TIMEOUT, CALLCTL_COLLECT_MENU, 0, 5, 1);
	assert_string_equal(done(), "key_timeout");
	assert_int_equal(last_arsd.u.key_timeout.play, 5);
	keystored_dead = true;
	media_says(number, MEDIA_KEY, CALLCTL_COLLECT_SECRET, '4', 7, 1);
	assert_string_equal(done(), "");
	assert_int_equal(meter(METER_KEYS_SECRET), 1);
	assert_int_equal(meter(METER_KEYS_NO_KEYSTORE), 1);
	assert_int_equal(meter(METER_KEYS_MENU), 1);
}

static void keys_of_the_call_before_on_the_slot_reach_nobody(void **state UNUSED)
{
	uint64_t before, now;
	struct call *k = call_up(1, &before);

	line_ends(k, 16, true, false);
	call_up(1, &now);
	media_says(before, MEDIA_KEY, CALLCTL_COLLECT_SECRET, '4', 7, 1);
	media_says(before, MEDIA_KEY, CALLCTL_COLLECT_MENU, '4', 7, 1);
	assert_string_equal(done(), "");
	media_says(before, MEDIA_CALL_OVER, 0, 0, 2, 1);
	assert_string_equal(done(), "");
	assert_int_equal(meter(METER_MACHINE_BUGS), 0);
}

static void keystored_that_is_back_learns_of_calls_that_are_up(void **state UNUSED)
{
	uint64_t number;

	offer(9, 0);
	call_up(1, &number);
	done();
	calls_keystore_up(calls);
	assert_string_equal(done(), "call_begin");
	assert_int_equal(last_keystored.u.call_begin.call, number);
}

/* ---- what arsd and keystored may not ---- */

static void broken_messages_are_refused(void **state UNUSED)
{
	uint64_t number;
	struct callctl_msg m = { .type = callctl_type_call_hangup };

	call_up(1, &number);
	m.u.call_hangup.call = number;
	assert_int_equal(calls_from_arsd(calls, &m), ERR_INVALID);         /* cause 0 */
	m.u.call_hangup.cause = 200;
	assert_int_equal(calls_from_arsd(calls, &m), ERR_INVALID);
	m = (struct callctl_msg){ .type = callctl_type_call_up, .u.call_up.call = number };
	assert_int_equal(calls_from_arsd(calls, &m), ERR_INVALID);
	m = (struct callctl_msg){ .type = callctl_type_play, .u.play = { .call = number, .voice = "ko", .collect = 3 } };
	assert_int_equal(calls_from_arsd(calls, &m), ERR_INVALID);
	assert_string_equal(done(), "");
	m.u.play.call = 4711;                                              /* nobody's call: nothing */
	assert_int_equal(calls_from_arsd(calls, &m), 0);
	m.u.play = (struct callctl_play){ .call = number, .play = 8, .voice = "xx" };
	assert_int_equal(calls_from_arsd(calls, &m), 0);
	assert_string_equal(done(), "play_ended");
	assert_int_equal(last_arsd.u.play_ended.why, CALLCTL_UNKNOWN_PROMPT);
}

/* ---- plays ---- */

static void play(uint64_t call, uint32_t number, const char *items, enum callctl_collect collect, uint32_t field)
{
	static struct callctl_msg m;

	m = (struct callctl_msg){ .type = callctl_type_play,
	                          .u.play = { .call = call, .play = number, .voice = "ko", .collect = (uint8_t)collect, .field = field,
	                                      .first_ms = 5000, .inter_ms = UINT32_MAX } };
	snprintf(m.u.play.items, sizeof(m.u.play.items), "%s", items);
	assert_int_equal(calls_from_arsd(calls, &m), 0);
}

static void a_play_is_lent_and_its_end_told(void **state UNUSED)
{
	uint64_t number;
	const struct play *p;

	call_up(1, &number);
	play(number, 3, "hello hello", CALLCTL_COLLECT_MENU, 0);
	assert_string_equal(done(), "media_play");
	p = lent[0];
	assert_int_equal(p->count, 2);
	assert_ptr_equal(p->items[1], prompts_find(prompts, "ko", "hello"));
	assert_int_equal(p->first_samples, 40000);
	assert_int_equal(p->inter_samples, 600 * 8000);       /* bounded, or it would wrap */
	lent[0]->why = CALLCTL_FINISHED;
	lent[0]->heard_samples = 1600;
	media_says(number, MEDIA_PLAY_ENDED, 0, 0, 3, 0);
	assert_string_equal(done(), "play_ended");
	assert_int_equal(last_arsd.u.play_ended.play, 3);
	assert_int_equal(last_arsd.u.play_ended.heard_ms, 200);
}

static void more_plays_at_once_than_the_ring_bears_are_refused(void **state UNUSED)
{
	uint64_t number;

	call_up(1, &number);
	for (uint32_t i = 1; i <= MEDIA_PLAYS_MAX; i++)
		play(number, i, "hello", CALLCTL_COLLECT_NONE, 0);
	done();
	play(number, 99, "hello", CALLCTL_COLLECT_NONE, 0);
	assert_string_equal(done(), "play_ended");
	assert_int_equal(last_arsd.u.play_ended.play, 99);
	assert_int_equal(last_arsd.u.play_ended.why, CALLCTL_UNKNOWN_PROMPT);
	while (lent_count > 0)
		media_says(number, MEDIA_PLAY_ENDED, 0, 0, 1, 0);
	done();
	play(number, 100, "hello", CALLCTL_COLLECT_NONE, 0);
	assert_string_equal(done(), "media_play");
	media_says(number, MEDIA_PLAY_ENDED, 0, 0, 1, 0);
}

static void too_many_items_are_refused(void **state UNUSED)
{
	char items[CALLCTL_ITEMS_MAX] = "";
	uint64_t number;

	call_up(1, &number);
	for (int i = 0; i < PLAYER_ITEMS_MAX; i++)
		strcat(items, i > 0 ? " hello" : "hello");
	play(number, 1, items, CALLCTL_COLLECT_NONE, 0);
	assert_string_equal(done(), "media_play");
	assert_int_equal(lent[0]->count, PLAYER_ITEMS_MAX);
	strcat(items, " hello");
	play(number, 2, items, CALLCTL_COLLECT_NONE, 0);
	assert_string_equal(done(), "play_ended");
	media_says(number, MEDIA_PLAY_ENDED, 0, 0, 1, 0);
}

static void speech_is_held_until_the_play_is_back_even_after_the_call(void **state UNUSED)
{
	uint64_t number;
	struct call *k = call_up(1, &number);

	play(number, 1, "speech:" HASH_A " hello speech:" HASH_A, CALLCTL_COLLECT_NONE, 0);
	assert_string_equal(done(), "media_play");
	play(number, 2, "hello speech:" HASH_B, CALLCTL_COLLECT_NONE, 0);      /* no room while A sounds */
	assert_string_equal(done(), "play_ended");
	assert_int_equal(last_arsd.u.play_ended.why, CALLCTL_UNKNOWN_PROMPT);
	line_ends(k, 16, true, false);
	done();
	media_says(number, MEDIA_PLAY_ENDED, 0, 0, 1, 0);
	assert_string_equal(done(), "");
	call_up(1, &number);
	play(number, 1, "speech:" HASH_B, CALLCTL_COLLECT_NONE, 0);
	assert_string_equal(done(), "media_play");
	assert_int_equal(speech_cache_bytes(speech), 1600);
	media_says(number, MEDIA_PLAY_ENDED, 0, 0, 1, 0);
}

static void a_field_is_closed_once_and_only_its_own(void **state UNUSED)
{
	uint64_t number;

	call_up(1, &number);
	play(number, 1, "hello", CALLCTL_COLLECT_SECRET, 7);
	done();
	calls_field_closed(calls, &(struct keypad_field_closed){ number, 6 });
	assert_string_equal(done(), "");
	for (int i = 0; i < 50; i++)
		calls_field_closed(calls, &(struct keypad_field_closed){ number, 7 });
	assert_string_equal(done(), "media_close");
	assert_int_equal(last_media.field, 7);
	play(number, 2, "hello", CALLCTL_COLLECT_MENU, 7);
	done();
	calls_field_closed(calls, &(struct keypad_field_closed){ number, 7 });
	assert_string_equal(done(), "");
	media_says(number, MEDIA_PLAY_ENDED, 0, 0, 1, 0);
	media_says(number, MEDIA_PLAY_ENDED, 0, 0, 1, 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_cell_is_set_and_leads_to_an_end),
		TEST(every_cell_does_what_the_design_says),
		TEST(a_call_from_offer_to_end),
		TEST(a_withheld_number_goes_no_further),
		TEST(numbers_grow_and_are_not_shared_by_two_starts),
		TEST(without_arsd_the_grace_runs),
		TEST(an_arsd_that_hangs_does_not_keep_callers_ringing),
		TEST(loss_of_arsd_ends_answered_calls_and_offers_the_others_again),
		TEST(the_line_takes_a_call_in_mid_sound),
		TEST(a_failure_of_our_own_ends_the_call),
		TEST(stop_tells_answered_from_unanswered),
		TEST(keys_go_to_whom_they_belong),
		TEST(keys_of_the_call_before_on_the_slot_reach_nobody),
		TEST(keystored_that_is_back_learns_of_calls_that_are_up),
		TEST(broken_messages_are_refused),
		TEST(a_play_is_lent_and_its_end_told),
		TEST(more_plays_at_once_than_the_ring_bears_are_refused),
		TEST(too_many_items_are_refused),
		TEST(speech_is_held_until_the_play_is_back_even_after_the_call),
		TEST(a_field_is_closed_once_and_only_its_own),
	};

	return cmocka_run_group_tests(tests, write_files, remove_files);
}
