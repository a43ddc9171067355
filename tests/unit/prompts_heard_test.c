/* prompts_heard_test.c: every prompt that was made, in every voice and law, is a good WAVE file for the firmware, and a phone that
 * hears prompts one after another names each of them and no other. Needs `make prompts`. */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "dsp/dsp.h"
#include "sandbox/carrier/recognise.h"

enum { PROMPTS_MAX = 2000, FILE_MAX = 2 << 20, BLOCK = 160, IDLE_BETWEEN = 37 };

static struct rec_prompt all[PROMPTS_MAX];
static size_t count;
static const struct rec_prompt *told[PROMPTS_MAX];
static size_t told_count;

static void load(const char *path, const char *id, const char *voice, enum dsp_law law)
{
	static uint8_t file[FILE_MAX];
	FILE *f = fopen(path, "rb");
	size_t len, n = 0;
	int16_t *pcm = NULL;
	enum wav_fault fault;
	uint8_t *octets;

	assert_non_null(f);
	len = fread(file, 1, sizeof(file), f);
	fclose(f);
	fault = wav_read(file, len, &pcm, &n);
	if (fault != WAV_OK)
		fail_msg("%s: %s", path, wav_fault_text(fault));
	octets = malloc(n);
	assert_non_null(octets);
	g711_encode(law, pcm, octets, n);
	free(pcm);
	assert_true(count < PROMPTS_MAX);
	all[count++] = (struct rec_prompt){ strdup(id), voice, octets, n };
}

static void load_folder(const char *language, const char *speed, const char *voice, enum dsp_law law)
{
	const char *build = getenv("CALLKEY_BUILD");
	char folder[300], path[600], id[256];
	struct dirent *entry;
	DIR *d;

	snprintf(folder, sizeof(folder), "%s/share/prompts/%s/%s", build != NULL ? build : "build", language, speed);
	d = opendir(folder);
	if (d == NULL)
		fail_msg("%s is not there: make prompts", folder);
	while ((entry = readdir(d)) != NULL) {
		size_t len = strlen(entry->d_name);

		if (entry->d_name[0] == '.' || len < 5 || strcmp(entry->d_name + len - 4, ".wav") != 0)
			continue;
		snprintf(id, sizeof(id), "%.*s", (int)(len - 4), entry->d_name);
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		load(path, id, voice, law);
	}
	closedir(d);
}

static void load_all(enum dsp_law law)
{
	load_folder("ko", "normal", "ko", law);
	load_folder("ko", "slow", "ko-slow", law);
	load_folder("en", "normal", "en", law);
	load_folder("en", "slow", "en-slow", law);
	assert_true(count > 4 * 150);
}

static void unload(void)
{
	while (count > 0) {
		count--;
		free((void *)(uintptr_t)all[count].octets);
		free((void *)(uintptr_t)all[count].id);
	}
}

static void note(void *context UNUSED, const struct rec_prompt *p, uint64_t start UNUSED)
{
	assert_true(told_count < PROMPTS_MAX);
	told[told_count++] = p;
}

static void hear(struct rec_listener *l, struct rec_library *lib, const uint8_t *octets, size_t n)
{
	for (size_t at = 0; at < n; at += BLOCK)
		rec_listen(l, lib, octets + at, n - at < BLOCK ? n - at : BLOCK, note, NULL);
}

/* Silence has no sound to know it by; music sounds the same in every voice. */
static bool is_silence(const char *id)
{
	return strncmp(id, "pause.", 6) == 0 || strcmp(id, "end.is") == 0 || strcmp(id, "months.plain") == 0 ||
	       strcmp(id, "pay.fixed_end") == 0;
}

/* Plays all prompts in the order of a stride, each followed at once by the next, as composed sentences are. */
static void play_in_order_of(size_t stride, enum dsp_law law)
{
	uint8_t idle[IDLE_BETWEEN];
	struct rec_library *lib = NULL;
	struct rec_listener l;
	size_t expected = 0;

	memset(idle, g711_idle(law), sizeof(idle));
	assert_int_equal(rec_library_new(all, count, &lib), 0);
	rec_listener_init(&l);
	for (size_t i = 0, at = 0; i < count; i++, at = (at + stride) % count) {
		size_t before = told_count = 0;

		hear(&l, lib, all[at].octets, all[at].len);
		hear(&l, lib, idle, sizeof(idle));
		if (is_silence(all[at].id) && told_count == before)
			continue;
		if (told_count != 1 || strcmp(told[0]->id, all[at].id) != 0 ||
		    (strcmp(told[0]->voice, all[at].voice) != 0 && strcmp(all[at].id, "wait.music") != 0))
			fail_msg("%s (%s) was heard as %zu prompts, %s (%s)", all[at].id, all[at].voice, told_count,
			         told_count > 0 ? told[0]->id : "", told_count > 0 ? told[0]->voice : "");
		expected++;
	}
	assert_true(expected > count - 40);
	rec_listener_done(&l);
	rec_library_free(&lib);
}

static size_t common_divisor(size_t a, size_t b)
{
	return b == 0 ? a : common_divisor(b, a % b);
}

static void hears_all_prompts_in_both_laws(void **state UNUSED)
{
	for (enum dsp_law law = DSP_ALAW; law <= DSP_ULAW; law++) {
		load_all(law);
		for (size_t stride = 1; stride < 400; stride += 199) {
			size_t s = stride;

			while (common_divisor(count, s) != 1)
				s++;
			play_in_order_of(s, law);
		}
		unload();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(hears_all_prompts_in_both_laws) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
