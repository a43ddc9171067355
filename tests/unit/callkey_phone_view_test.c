/* callkey_phone_view_test.c: a call as lines of text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "callkey/phone_view.h"
#include "tests/unit/scratch.h"

static char *text;
static size_t size;
static FILE *out;
static struct phone_view v;

static char dir[64];

static void write_manifest(const char *language, const char *prompts)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, language);
	assert_int_equal(mkdir(path, 0700), 0);
	snprintf(path, sizeof(path), "%s/%s/manifest.cfg", dir, language);
	f = fopen(path, "w");
	assert_non_null(f);
	fprintf(f, "language = \"%s\";\nprompts = ( %s );\n", language, prompts);
	assert_int_equal(fclose(f), 0);
}

static int make_manifests(void **state UNUSED)
{
	scratch_path(dir, sizeof(dir), "callkey-view-test.XXXXXX");
	assert_non_null(mkdtemp(dir));
	write_manifest("ko", "{ id = \"greet\"; text = \"안녕하십니까. 안내입니다.\"; }, { id = \"reg.asks\"; text = \"에서 요청했습니다.\"; }, "
	               "{ id = \"reg.amount\"; text = \"결제 금액은\"; }, { id = \"n.5\"; text = \"오\"; }, { id = \"n.man\"; text = \"만\"; }, "
	               "{ id = \"unit.won\"; text = \"원\"; }, { id = \"end.is\"; text = \"입니다.\"; }, "
	               "{ id = \"wait.music\"; text = \"(대기 음악)\"; }");
	write_manifest("en", "{ id = \"greet\"; text = \"Hello.\"; }");
	return 0;
}

static int remove_manifests(void **state UNUSED)
{
	static const char *const left[] = { "ko/manifest.cfg", "en/manifest.cfg", "ko", "en", "" };
	char path[128];

	for (size_t i = 0; i < ARRAY_LEN(left); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, left[i]);
		remove(path);
	}
	return 0;
}

static int set_up(void **state UNUSED)
{
	out = open_memstream(&text, &size);
	phone_view_open(&v, out, false, dir);
	return out == NULL;
}

static int tear_down(void **state UNUSED)
{
	phone_view_close(&v);
	fclose(out);
	free(text);
	return 0;
}

static void must_read(const char *want)
{
	phone_view_close(&v);
	assert_string_equal(text, want);
}

static void a_sentence_is_a_line(void **state UNUSED)
{
	phone_view_note(&v, 40, "connected");
	phone_view_heard(&v, 1000, "greet", "ko");
	phone_view_heard(&v, 61500, "speech:abc", "ko");
	phone_view_heard(&v, 62000, "reg.asks", "ko");
	phone_view_heard(&v, 63000, "reg.amount", "ko");
	phone_view_heard(&v, 64000, "n.5", "ko");
	phone_view_heard(&v, 64000, "n.man", "ko");
	phone_view_heard(&v, 64100, "unit.won", "ko");
	phone_view_heard(&v, 64200, "end.is", "ko");
	phone_view_heard(&v, 65000, "greet", "en-slow");
	must_read("  0:00.0    connected\n"
	          "  0:01.0  > 안녕하십니까. 안내입니다.  [greet]\n"
	          "  1:01.5  > <name>에서 요청했습니다.  [reg.asks]\n"
	          "  1:03.0  > 결제 금액은 오만원입니다.  [reg.amount n.5 n.man unit.won end.is]\n"
	          "  1:05.0  > Hello.  [greet]\n");
}

static void an_unknown_prompt_goes_by_its_id(void **state UNUSED)
{
	phone_view_heard(&v, 0, "no.such", "ko");
	phone_view_heard(&v, 0, "no.other", "../xx");
	must_read("  0:00.0  > no.such no.other  [no.such no.other]\n");
}

static void music_is_named_once(void **state UNUSED)
{
	for (int i = 0; i < 5; i++)
		phone_view_heard(&v, i * 1000, "wait.music", "ko");
	phone_view_heard(&v, 6000, "pause.short", "ko");
	must_read("  0:00.0  > (대기 음악)  [wait.music]\n");
}

static void keys_stand_on_one_line_and_break_a_sentence(void **state UNUSED)
{
	phone_view_heard(&v, 0, "reg.amount", "ko");
	phone_view_pressed(&v, 100, "1", 1);
	phone_view_pressed(&v, 200, NULL, 3);
	phone_view_pressed(&v, 300, "#", 1);
	phone_view_heard(&v, 500, "greet", "ko");
	must_read("  0:00.0  > 결제 금액은  [reg.amount]\n"
	          "  0:00.1    pressed 1•••#\n"
	          "  0:00.5  > 안녕하십니까. 안내입니다.  [greet]\n");
}

static void keys_of_a_field_are_secret_and_those_of_a_menu_are_not(void **state UNUSED)
{
	static const struct { const char *prompt; bool secret; } all[] = {
		{ "card.number", true }, { "card.ready", true }, { "keys.field", true }, { "card.password2", true }, { "err.card.short", true },
		{ "err.erased", true }, { "reg.menu", false }, { "card.confirm", false }, { "card.confirm.menu", false }, { "err.menu", false },
		{ "pay.menu.other", false }, { "months.free", false }, { "card.ending", false },
	};

	assert_false(phone_view_is_secret(&v));
	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		phone_view_heard(&v, 0, all[i].prompt, "ko");
		if (phone_view_is_secret(&v) != all[i].secret)
			fail_msg("%s", all[i].prompt);
	}
}

#define FRESH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FRESH(a_sentence_is_a_line),
		FRESH(an_unknown_prompt_goes_by_its_id),
		FRESH(music_is_named_once),
		FRESH(keys_stand_on_one_line_and_break_a_sentence),
		FRESH(keys_of_a_field_are_secret_and_those_of_a_menu_are_not),
	};

	return cmocka_run_group_tests(tests, make_manifests, remove_manifests);
}
