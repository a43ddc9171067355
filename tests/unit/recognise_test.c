/* recognise_test.c: a phone names what it hears: each prompt once a start, never another, in any cut into blocks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "sandbox/carrier/recognise.h"

enum { SILENCE = 0xd5, STREAM = 200000 };

static uint64_t seed = 7;
static uint32_t some(uint32_t below)      /* xorshift64*: its low bits do not repeat */
{
	seed ^= seed >> 12;
	seed ^= seed << 25;
	seed ^= seed >> 27;
	return (uint32_t)(seed * UINT64_C(2685821657736338717) >> 32) % below;
}

static uint8_t *sound(size_t silence, size_t len)
{
	uint8_t *octets = malloc(silence + len);

	assert_non_null(octets);
	memset(octets, SILENCE, silence);
	for (size_t i = 0; i < len; i++)
		octets[silence + i] = (uint8_t)some(256);
	return octets;
}

/* ---- a stream, what is told of it, and the prompts ---- */
static uint8_t stream[STREAM];
static size_t stream_len;
static struct { const char *id, *voice; uint64_t start; } told[2000];
static int told_count;

static void on_told(void *context, const struct rec_prompt *p, uint64_t start)
{
	assert_ptr_equal(context, stream);
	assert_true(told_count < (int)ARRAY_LEN(told));
	told[told_count].id = p->id;
	told[told_count].voice = p->voice;
	told[told_count++].start = start;
}

static void silence(size_t len)
{
	memset(stream + stream_len, SILENCE, len);
	stream_len += len;
}

static size_t play(const struct rec_prompt *p, size_t len)
{
	size_t start = stream_len;

	assert_true(stream_len + len <= STREAM && len <= p->len);
	memcpy(stream + stream_len, p->octets, len);
	stream_len += len;
	return start;
}

static void listen_in(struct rec_library *lib, size_t block)
{
	static struct rec_listener l;

	told_count = 0;
	rec_listener_init(&l);
	for (size_t i = 0; i < stream_len; i += block)
		rec_listen(&l, lib, stream + i, stream_len - i < block ? stream_len - i : block, on_told, stream);
	rec_listener_done(&l);
}

static struct rec_library *library(const struct rec_prompt *p, size_t n)
{
	struct rec_library *lib;

	assert_int_equal(rec_library_new(p, n, &lib), 0);
	stream_len = 0;
	return lib;
}

static void must_tell(int n, const char *id, size_t start)
{
	assert_true(n < told_count);
	assert_string_equal(told[n].id, id);
	assert_int_equal(told[n].start, start);
}

static struct rec_prompt prompt(const char *id, uint8_t *octets, size_t len)
{
	return (struct rec_prompt){ id, "ko", octets, len };
}

static void release(struct rec_prompt *p, size_t n, struct rec_library *lib)
{
	for (size_t i = 0; i < n; i++)
		free((void *)(uintptr_t)p[i].octets);
	rec_library_free(&lib);
}

static void each_start_is_told_once_with_its_place_in_any_blocks(void **state UNUSED)
{
	struct rec_prompt p[] = { prompt("a", sound(300, 9000), 9300), prompt("b", sound(0, 5000), 5000), prompt("c", sound(77, 1000), 1077) };
	struct rec_library *lib = library(p, 3);
	size_t at[6];

	silence(555);
	at[0] = play(&p[0], p[0].len);
	at[1] = play(&p[1], p[1].len);        /* one behind the other, as composed prompts are */
	at[2] = play(&p[2], p[2].len);
	silence(12345);
	at[3] = play(&p[2], p[2].len);
	at[4] = play(&p[2], p[2].len);        /* again: told again */
	at[5] = play(&p[0], p[0].len);
	for (size_t block = 1; block < 1200; block += block < 200 ? 1 : 117) {
		listen_in(lib, block);
		assert_int_equal(told_count, 6);
		must_tell(0, "a", at[0]);
		must_tell(1, "b", at[1]);
		must_tell(2, "c", at[2]);
		must_tell(3, "c", at[3]);
		must_tell(4, "c", at[4]);
		must_tell(5, "a", at[5]);
	}
	release(p, 3, lib);
}

static void prompts_with_the_same_beginning_are_told_apart(void **state UNUSED)
{
	struct rec_prompt p[4];
	uint8_t *common = sound(100, 6000);
	struct rec_library *lib;

	for (int i = 0; i < 4; i++) {
		static const char *const ids[] = { "w", "x", "y", "z" };
		uint8_t *octets = sound(100, 8000);

		memcpy(octets, common, 3000 + (size_t)i / 2 * 2000);
		p[i] = prompt(ids[i], octets, 8100);
	}
	free(common);
	lib = library(p, 4);
	for (int i = 0; i < 4; i++) {
		size_t at;

		stream_len = 0;
		silence(1000);
		at = play(&p[i], p[i].len);
		silence(400);
		listen_in(lib, 160);
		assert_int_equal(told_count, 1);
		must_tell(0, p[i].id, at);
	}
	stream_len = 0;
	play(&p[0], 2900);                    /* cut off while it is still any of them */
	silence(4000);
	listen_in(lib, 160);
	assert_int_equal(told_count, 0);
	release(p, 4, lib);
}

static void a_prompt_cut_short_is_told_after_100_ms_and_not_before(void **state UNUSED)
{
	struct rec_prompt p[] = { prompt("a", sound(200, 9000), 9200), prompt("b", sound(0, 5000), 5000) };
	struct rec_library *lib = library(p, 2);
	size_t at;

	play(&p[0], 900);
	at = play(&p[1], 900);
	play(&p[0], 1100);
	silence(160);
	listen_in(lib, 160);
	assert_int_equal(told_count, 2);
	must_tell(0, "b", at);
	must_tell(1, "a", 1800);
	release(p, 2, lib);
}

static void a_prompt_that_begins_another_one_is_told_when_something_else_follows(void **state UNUSED)
{
	struct rec_prompt p[] = { prompt("short", sound(100, 4000), 4100), prompt("long", sound(100, 9000), 9100), prompt("next", sound(0, 3000), 3000) };
	struct rec_library *lib;
	size_t at[3];

	memcpy((void *)(uintptr_t)p[1].octets, p[0].octets, p[0].len);
	memset((void *)(uintptr_t)(p[1].octets + p[0].len), SILENCE, 1600);    /* the longer one pauses there */
	lib = library(p, 3);
	at[0] = play(&p[0], p[0].len);
	silence(2000);
	at[1] = play(&p[1], p[1].len);
	at[2] = play(&p[0], p[0].len);
	play(&p[2], p[2].len);
	listen_in(lib, 160);
	assert_int_equal(told_count, 4);
	must_tell(0, "short", at[0]);
	must_tell(1, "long", at[1]);
	must_tell(2, "short", at[2]);
	must_tell(3, "next", at[2] + p[0].len);
	release(p, 3, lib);
}

static void equal_sounds_go_by_the_first_name(void **state UNUSED)
{
	struct rec_prompt p[] = { prompt("m", sound(500, 4000), 4500), prompt("b", sound(500, 4000), 4500), prompt("b", sound(500, 4000), 4500) };
	struct rec_library *lib;

	p[2].voice = "en";
	memcpy((void *)(uintptr_t)p[1].octets, p[0].octets, p[0].len);
	memcpy((void *)(uintptr_t)p[2].octets, p[0].octets, p[0].len);
	lib = library(p, 3);
	play(&p[0], p[0].len);
	listen_in(lib, 160);
	assert_int_equal(told_count, 1);
	must_tell(0, "b", 0);
	assert_string_equal(told[0].voice, "en");
	release(p, 3, lib);
}

static void one_wrong_octet_in_the_beginning_is_another_sound(void **state UNUSED)
{
	struct rec_prompt p[] = { prompt("a", sound(0, 4000), 4000) };
	struct rec_library *lib = library(p, 1);

	for (size_t wrong = 8; wrong < 800; wrong += 11) {    /* the body begins with the eighth loud octet */
		stream_len = 0;
		play(&p[0], p[0].len);
		stream[wrong] ^= 1;
		listen_in(lib, 160);
		assert_int_equal(told_count, 0);
	}
	release(p, 1, lib);
}

static void a_piece_of_one_prompt_inside_another_is_not_told(void **state UNUSED)
{
	struct rec_prompt p[] = { prompt("a", sound(0, 2000), 2000), prompt("b", sound(0, 9000), 9000) };
	struct rec_library *lib;

	memcpy((void *)(uintptr_t)(p[1].octets + 4000), p[0].octets, p[0].len);
	lib = library(p, 2);
	play(&p[1], p[1].len);
	listen_in(lib, 160);
	assert_int_equal(told_count, 1);
	must_tell(0, "b", 0);
	release(p, 2, lib);
}

static void noise_and_silence_are_nothing(void **state UNUSED)
{
	struct rec_prompt p[200];
	struct rec_library *lib;

	for (size_t i = 0; i < ARRAY_LEN(p); i++)
		p[i] = prompt("x", sound(i, 2000), 2000 + i);
	lib = library(p, ARRAY_LEN(p));
	for (stream_len = 0; stream_len < STREAM; stream_len++)
		stream[stream_len] = (uint8_t)(stream_len < STREAM / 2 ? some(256) : SILENCE ^ some(2));
	listen_in(lib, 160);
	assert_int_equal(told_count, 0);
	release(p, ARRAY_LEN(p), lib);
}

static void prompts_without_sound_are_counted(void **state UNUSED)
{
	struct rec_prompt p[] = { prompt("quiet", sound(5000, 0), 5000), prompt("tiny", sound(0, 31), 31), prompt("empty", sound(1, 0), 0),
	                          prompt("a", sound(0, 900), 900) };
	struct rec_library *lib = library(p, 4);

	assert_int_equal(rec_library_mute(lib), 3);
	silence(9000);
	play(&p[3], 900);
	listen_in(lib, 160);
	assert_int_equal(told_count, 1);
	release(p, 4, lib);
	lib = library(NULL, 0);
	silence(9000);
	listen_in(lib, 160);
	assert_int_equal(told_count, 0);
	rec_library_free(&lib);
}

static void a_new_library_in_the_middle_of_a_prompt_loses_nothing(void **state UNUSED)
{
	struct rec_prompt p[] = { prompt("a", sound(0, 3000), 3000), prompt("b", sound(0, 3000), 3000) };
	struct rec_library *old = library(p, 1), *young = library(p, 2);
	struct rec_listener l;

	play(&p[0], p[0].len);
	play(&p[1], p[1].len);
	told_count = 0;
	rec_listener_init(&l);
	rec_listen(&l, NULL, stream, 0, on_told, stream);
	rec_listen(&l, old, stream, 400, on_told, stream);
	rec_library_free(&old);                /* the listener is inside one of its prompts */
	rec_listen(&l, young, stream + 400, stream_len - 400, on_told, stream);
	assert_int_equal(told_count, 2);
	must_tell(0, "a", 0);
	must_tell(1, "b", 3000);
	rec_listener_done(&l);
	release(p, 2, young);
}

/* Many prompts that share beginnings, composed at random and cut at random: exactly those that were long enough. */
static void random_calls_are_told_as_they_were_played(void **state UNUSED)
{
	enum { PROMPTS = 60 };
	struct rec_prompt p[PROMPTS];
	struct rec_library *lib;
	char ids[PROMPTS][8];

	for (size_t i = 0; i < PROMPTS; i++) {
		uint8_t *octets = sound(i % 3 * 40, 3000);

		if (i % 2 == 1)
			memcpy(octets + i % 3 * 40, p[i - 1].octets + (i - 1) % 3 * 40, 1500);
		snprintf(ids[i], sizeof(ids[i]), "%zu", i);
		p[i] = prompt(ids[i], octets, 3000 + i % 3 * 40);
	}
	lib = library(p, PROMPTS);
	for (int call = 0; call < 60; call++) {
		const char *want[200];
		size_t at[200];
		int n = 0;

		stream_len = 0;
		while (stream_len + 6000 < STREAM) {
			const struct rec_prompt *q = &p[some(PROMPTS)];
			size_t len = some(3) ? q->len : some((uint32_t)q->len);

			if (some(2))
				silence(some(2000));
			at[n] = play(q, len);
			want[n] = q->id;
			n += len >= 1500 + 40 + 40 + 40;      /* over what it may share, its silence included */
			if (len < 1620 && len >= 800)
				stream_len -= len;            /* near the border: leave it out */
		}
		silence(500);
		listen_in(lib, 1 + some(400));
		assert_int_equal(told_count, n);
		for (int i = 0; i < n; i++)
			must_tell(i, want[i], at[i]);
	}
	release(p, PROMPTS, lib);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_start_is_told_once_with_its_place_in_any_blocks),
		cmocka_unit_test(prompts_with_the_same_beginning_are_told_apart),
		cmocka_unit_test(a_prompt_cut_short_is_told_after_100_ms_and_not_before),
		cmocka_unit_test(a_prompt_that_begins_another_one_is_told_when_something_else_follows),
		cmocka_unit_test(equal_sounds_go_by_the_first_name),
		cmocka_unit_test(one_wrong_octet_in_the_beginning_is_another_sound),
		cmocka_unit_test(a_piece_of_one_prompt_inside_another_is_not_told),
		cmocka_unit_test(noise_and_silence_are_nothing),
		cmocka_unit_test(prompts_without_sound_are_counted),
		cmocka_unit_test(a_new_library_in_the_middle_of_a_prompt_loses_nothing),
		cmocka_unit_test(random_calls_are_told_as_they_were_played),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
