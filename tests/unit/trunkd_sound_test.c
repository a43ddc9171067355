/* trunkd_sound_test.c: prompts in memory before the first call, faults by name; names of merchants in a bounded cache. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "lib/log.h"
#include "tests/unit/wav_file.h"
#include "trunkd/audio_file.h"
#include "trunkd/prompts.h"
#include "trunkd/speech_cache.h"
#include "tests/unit/scratch.h"

static char dir[64], said[16384];

static const char *in(const char *name)
{
	static char path[4][256];
	static int next;

	next = (next + 1) % 4;
	snprintf(path[next], sizeof(path[next]), "%s/%s", dir, name);
	return path[next];
}

static void write_wav(const char *name, int rate, int channels, int value, int n)
{
	wav_file_write(in(name), rate, channels, value, n);
}

static void write_text(const char *name, const char *text)
{
	FILE *f = fopen(in(name), "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static int set_up(void **state UNUSED)
{
	static const char *const folders[] = { "prompts", "prompts/ko", "prompts/ko/normal", "prompts/ko/slow", "speech",
	                                       "recorded", "recorded/ko" };

	log_init("sound_test", LOG_LEVEL_INFO);
	scratch_path(dir, sizeof(dir), "trunkd-sound-XXXXXX");
	assert_non_null(mkdtemp(dir));
	for (size_t i = 0; i < ARRAY_LEN(folders); i++)
		assert_int_equal(mkdir(in(folders[i]), 0700), 0);
	write_text("prompts/ko/manifest.cfg",
	           "language = \"ko\"; prompts = ( { id = \"b.two\"; text = \"x\"; }, { id = \"a.one\"; text = \"y\"; } );");
	write_wav("prompts/ko/normal/a.one.wav", 8000, 1, 1000, 800);
	write_wav("prompts/ko/normal/b.two.wav", 16000, 1, 2000, 3200);
	write_wav("prompts/ko/slow/a.one.wav", 8000, 1, 3000, 2400);
	write_wav("prompts/ko/slow/b.two.wav", 8000, 1, 4000, 2400);
	return 0;
}

static int tear_down(void **state UNUSED)
{
	char command[100];

	snprintf(command, sizeof(command), "rm -rf %s", dir);
	return system(command);
}

/* Loads with stderr taken: what the operator reads is in said. */
static int load(struct prompts **p, const char *recorded)
{
	int log = open(in("log"), O_RDWR | O_CREAT | O_TRUNC, 0600), err = dup(STDERR_FILENO), e;
	ssize_t n;

	assert_int_equal(prompts_new(p), 0);
	dup2(log, STDERR_FILENO);
	e = prompts_load(*p, dir, recorded, "ko");
	dup2(err, STDERR_FILENO);
	close(err);
	n = pread(log, said, sizeof(said) - 1, 0);
	said[n > 0 ? n : 0] = '\0';
	close(log);
	return e;
}

static void expect_refused(const char *recorded, const char *prompt, const char *voice, const char *why)
{
	struct prompts *p;
	char want[64];

	assert_int_equal(load(&p, recorded), ERR_INVALID);
	prompts_free(&p);
	snprintf(want, sizeof(want), "prompt_refused prompt=%s voice=%s file=", prompt, voice);
	if (strstr(said, want) == NULL || strstr(said, why) == NULL)
		fail_msg("\"%s\" and \"%s\" are not in: %s", want, why, said);
}

static void near(const struct prompt_audio *a, int value, unsigned len)
{
	int16_t alaw, ulaw;

	assert_non_null(a);
	assert_int_equal(a->len_samples, len);
	g711_decode(DSP_ALAW, a->law[DSP_ALAW] + len / 2, &alaw, 1);
	g711_decode(DSP_ULAW, a->law[DSP_ULAW] + len / 2, &ulaw, 1);
	assert_in_range(alaw, value * 95 / 100, value * 105 / 100);
	assert_in_range(ulaw, value * 95 / 100, value * 105 / 100);
}

static void both_speeds_are_loaded_in_both_laws(void **state UNUSED)
{
	struct prompts *p;

	assert_int_equal(load(&p, ""), 0);
	assert_int_equal(prompts_count(p), 4);
	near(prompts_find(p, "ko", "a.one"), 1000, 800);
	near(prompts_find(p, "ko", "b.two"), 2000, 1600);
	near(prompts_find(p, "ko-slow", "a.one"), 3000, 2400);
	near(prompts_find(p, "ko-slow", "b.two"), 4000, 2400);
	assert_null(prompts_find(p, "ko", "a.two"));
	assert_null(prompts_find(p, "en", "a.one"));
	assert_null(prompts_find(p, "ko", ""));
	assert_true(prompts_has_voice(p, "ko-slow"));
	assert_false(prompts_has_voice(p, "ko-"));
	prompts_free(&p);
}

static void a_recording_takes_the_place_of_the_synthesised(void **state UNUSED)
{
	struct prompts *p;

	write_wav("recorded/ko/a.one.wav", 16000, 1, 6000, 1600);
	write_wav("recorded/ko/b.two.slow.wav", 8000, 1, 7000, 400);
	assert_int_equal(load(&p, in("recorded")), 0);
	near(prompts_find(p, "ko", "a.one"), 6000, 800);
	near(prompts_find(p, "ko-slow", "a.one"), 3000, 2400);
	near(prompts_find(p, "ko", "b.two"), 2000, 1600);
	near(prompts_find(p, "ko-slow", "b.two"), 7000, 400);
	prompts_free(&p);
}

static void what_is_missing_is_named(void **state UNUSED)
{
	unlink(in("prompts/ko/slow/b.two.wav"));
	expect_refused("", "b.two", "ko-slow", "is missing");
}

static void every_fault_is_named_not_only_the_first(void **state UNUSED)
{
	unlink(in("prompts/ko/normal/a.one.wav"));
	write_wav("prompts/ko/slow/b.two.wav", 44100, 1, 5, 1000);
	expect_refused("", "a.one", "ko", "is missing");
	assert_non_null(strstr(said, "prompt=b.two voice=ko-slow"));
	assert_non_null(strstr(said, "sample rate"));
}

static void an_unfit_recording_is_refused_and_not_passed_over(void **state UNUSED)
{
	write_wav("recorded/ko/a.one.wav", 8000, 1, 100, 61 * 8000);
	expect_refused(in("recorded"), "a.one", "ko", "too long");
	write_wav("recorded/ko/a.one.wav", 16000, 1, 100, 90 * 16000);
	expect_refused(in("recorded"), "a.one", "ko", "too long");
	write_wav("recorded/ko/a.one.wav", 8000, 1, 32767, 800);
	expect_refused(in("recorded"), "a.one", "ko", "clipped");
	write_wav("recorded/ko/a.one.wav", 8000, 2, 100, 800);
	expect_refused(in("recorded"), "a.one", "ko", "mono");
	write_wav("recorded/ko/a.one.wav", 8000, 1, 100, 0);
	expect_refused(in("recorded"), "a.one", "ko", "no sound");
	write_text("recorded/ko/a.one.wav", "ID3 not a wave");
	expect_refused(in("recorded"), "a.one", "ko", "not a WAVE file");
	unlink(in("recorded/ko/a.one.wav"));
	assert_int_equal(mkdir(in("recorded/ko/a.one.wav"), 0700), 0);
	expect_refused(in("recorded"), "a.one", "ko", "cannot be read");
	assert_int_equal(rmdir(in("recorded/ko/a.one.wav")), 0);
	assert_int_equal(mkfifo(in("recorded/ko/a.one.wav"), 0600), 0);     /* must not hang the start */
	expect_refused(in("recorded"), "a.one", "ko", "cannot be read");
}

static void a_manifest_that_is_missing_or_broken_is_an_error(void **state UNUSED)
{
	struct prompts *p;

	write_text("prompts/ko/manifest.cfg", "language = \"ko\"; prompts = ( { id = \"A B\"; text = \"x\"; } );");
	assert_int_equal(load(&p, ""), ERR_INVALID);
	assert_non_null(strstr(said, "manifest_refused"));
	prompts_free(&p);
	unlink(in("prompts/ko/manifest.cfg"));
	assert_int_equal(load(&p, ""), ERR_INVALID);
	prompts_free(&p);
}

/* ---- the speech cache ---- */

static const char *hash_of(char c)
{
	static char hash[2][65];
	static int next;

	next = !next;
	memset(hash[next], c, 64);
	return hash[next];
}

static void speech(char c, const char *voice, int value, int n)
{
	char name[128];

	snprintf(name, sizeof(name), "speech/%s.%s.wav", hash_of(c), voice);
	write_wav(name, 8000, 1, value, n);
}

static void speech_is_loaded_once_and_kept(void **state UNUSED)
{
	struct speech_cache *c;
	const struct prompt_audio *first, *again, *other;

	log_init("sound_test", LOG_LEVEL_ERROR);
	assert_int_equal(speech_cache_new(dir, 1 << 20, &c), 0);
	speech('a', "ko", 5000, 800);
	speech('a', "en", 6000, 400);
	assert_int_equal(speech_cache_hold(c, hash_of('a'), "ko", &first), 0);
	near(first, 5000, 800);
	assert_int_equal(speech_cache_hold(c, hash_of('a'), "en", &other), 0);
	near(other, 6000, 400);
	unlink(in("speech/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.ko.wav"));
	assert_int_equal(speech_cache_hold(c, hash_of('a'), "ko", &again), 0);
	assert_ptr_equal(first, again);
	assert_int_equal(speech_cache_bytes(c), 2 * (800 + 400));
	speech_cache_free(&c);
}

static void names_that_are_no_hash_reach_no_file(void **state UNUSED)
{
	static const char *const names[] = { "", "../../../../etc/passwd", "aaaa",
		"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/..",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" };
	struct speech_cache *c;
	const struct prompt_audio *audio = NULL;

	log_init("sound_test", LOG_LEVEL_ERROR);
	assert_int_equal(speech_cache_new(dir, 1 << 20, &c), 0);
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		assert_int_equal(speech_cache_hold(c, names[i], "ko", &audio), ERR_INVALID);
	assert_int_equal(speech_cache_hold(c, hash_of('f'), "ko", &audio), ERR_NOT_FOUND);
	speech('f', "ko", 32767, 800);
	assert_int_equal(speech_cache_hold(c, hash_of('f'), "ko", &audio), ERR_INVALID);
	assert_null(audio);
	assert_int_equal(speech_cache_bytes(c), 0);
	speech_cache_free(&c);
}

static void the_longest_unused_goes_first_and_none_in_use(void **state UNUSED)
{
	enum { ONE = 2 * 1000 };
	struct speech_cache *c;
	const struct prompt_audio *a, *b, *d, *x;

	log_init("sound_test", LOG_LEVEL_ERROR);
	assert_int_equal(speech_cache_new(dir, 3 * ONE, &c), 0);
	for (char k = 'a'; k <= 'f'; k++)
		speech(k, "ko", 1000 * (k - 'a' + 1), 1000);
	assert_int_equal(speech_cache_hold(c, hash_of('a'), "ko", &a), 0);
	assert_int_equal(speech_cache_hold(c, hash_of('b'), "ko", &b), 0);
	assert_int_equal(speech_cache_hold(c, hash_of('c'), "ko", &x), 0);
	speech_cache_release(c, a);
	speech_cache_release(c, x);
	assert_int_equal(speech_cache_hold(c, hash_of('a'), "ko", &a), 0);      /* used again: now 'c' is the oldest unused */
	assert_int_equal(speech_cache_hold(c, hash_of('d'), "ko", &d), 0);
	assert_int_equal(speech_cache_bytes(c), 3 * ONE);
	near(a, 1000, 1000);
	near(b, 2000, 1000);
	near(d, 4000, 1000);
	assert_int_equal(speech_cache_hold(c, hash_of('e'), "ko", &x), ERR_EXHAUSTED);
	near(a, 1000, 1000);
	speech_cache_release(c, b);
	speech_cache_release(c, b);                                             /* once too often: nothing */
	assert_int_equal(speech_cache_hold(c, hash_of('e'), "ko", &x), 0);
	near(x, 5000, 1000);
	near(d, 4000, 1000);
	assert_int_equal(speech_cache_bytes(c), 3 * ONE);
	speech_cache_free(&c);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(both_speeds_are_loaded_in_both_laws),
		TEST(a_recording_takes_the_place_of_the_synthesised),
		TEST(what_is_missing_is_named),
		TEST(every_fault_is_named_not_only_the_first),
		TEST(an_unfit_recording_is_refused_and_not_passed_over),
		TEST(a_manifest_that_is_missing_or_broken_is_an_error),
		TEST(speech_is_loaded_once_and_kept),
		TEST(names_that_are_no_hash_reach_no_file),
		TEST(the_longest_unused_goes_first_and_none_in_use),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
