/* trunkd_calls.h: calls of trunkd with the test as line, arsd, keystored and media thread. */
#ifndef TEST_TRUNKD_CALLS_H
#define TEST_TRUNKD_CALLS_H

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
#include "tests/unit/scratch.h"

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

	scratch_path(dir, sizeof(dir), "trunkd-calls-XXXXXX");
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

static UNUSED void arsd_hangs_up(uint64_t call)
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

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

#endif
