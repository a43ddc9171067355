/* say_test.c: amounts, digits, months, dates and particles as they are spoken. Tables hold the words; the ids of prompts are
 * turned into words by the prompts' own texts, written down here once more. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "model/say.h"

static const struct { const char *id, *ko, *en; } words[] = {
	{ "n.0", "영", "zero" }, { "n.1", "일", "one" }, { "n.2", "이", "two" }, { "n.3", "삼", "three" }, { "n.4", "사", "four" },
	{ "n.5", "오", "five" }, { "n.6", "육", "six" }, { "n.7", "칠", "seven" }, { "n.8", "팔", "eight" }, { "n.9", "구", "nine" },
	{ "n.10", "십", "ten" }, { "n.100", "백", NULL }, { "n.1000", "천", NULL }, { "n.man", "만", NULL }, { "n.eok", "억", NULL },
	{ "n.jo", "조", NULL }, { "n.11", NULL, "eleven" }, { "n.12", NULL, "twelve" }, { "n.13", NULL, "thirteen" },
	{ "n.14", NULL, "fourteen" }, { "n.15", NULL, "fifteen" }, { "n.16", NULL, "sixteen" }, { "n.17", NULL, "seventeen" },
	{ "n.18", NULL, "eighteen" }, { "n.19", NULL, "nineteen" }, { "n.20", NULL, "twenty" }, { "n.30", NULL, "thirty" },
	{ "n.40", NULL, "forty" }, { "n.50", NULL, "fifty" }, { "n.60", NULL, "sixty" }, { "n.70", NULL, "seventy" },
	{ "n.80", NULL, "eighty" }, { "n.90", NULL, "ninety" }, { "n.hundred", NULL, "hundred" }, { "n.thousand", NULL, "thousand" },
	{ "n.million", NULL, "million" }, { "n.billion", NULL, "billion" }, { "n.trillion", NULL, "trillion" },
	{ "unit.won", "원", "won" }, { "unit.usd", "달러", "dollars" }, { "unit.usd.one", NULL, "dollar" },
	{ "unit.cent", "센트", "cents" }, { "unit.cent.one", NULL, "cent" }, { "unit.year", "년", NULL }, { "unit.day", "일", NULL },
	{ "unit.months", "개월", "months" }, { "unit.month", NULL, "month" }, { "pause.short", "/", "/" },
	{ "num.0", "공", "zero" }, { "num.1", "일", "one" }, { "num.2", "이", "two" }, { "num.3", "삼", "three" },
	{ "num.4", "사", "four" }, { "num.5", "오", "five" }, { "num.6", "육", "six" }, { "num.7", "칠", "seven" },
	{ "num.8", "팔", "eight" }, { "num.9", "구", "nine" },
	{ "month.1", "일월", "January" }, { "month.2", "이월", "February" }, { "month.3", "삼월", "March" },
	{ "month.4", "사월", "April" }, { "month.5", "오월", "May" }, { "month.6", "유월", "June" }, { "month.7", "칠월", "July" },
	{ "month.8", "팔월", "August" }, { "month.9", "구월", "September" }, { "month.10", "시월", "October" },
	{ "month.11", "십일월", "November" }, { "month.12", "십이월", "December" },
};

static const char *word_of(const char *language, const char *id, size_t len)
{
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (strlen(words[i].id) == len && memcmp(words[i].id, id, len) == 0)
			return strcmp(language, "ko") == 0 ? words[i].ko : words[i].en;
	return NULL;
}

/* The words of a list, with a space between; Korean without. An id that the language does not have fails. */
static void assert_reads(const struct say *s, const char *language, const char *expected)
{
	char text[SAY_SIZE] = "";
	size_t at = 0;

	assert_false(s->bad);
	for (const char *id = s->ids; *id != '\0';) {
		size_t len = strcspn(id, " ");
		const char *word = word_of(language, id, len);

		if (word == NULL)
			fail_msg("%s has no prompt %.*s", language, (int)len, id);
		at += (size_t)snprintf(text + at, sizeof(text) - at, "%s%s", at > 0 && strcmp(language, "ko") != 0 ? " " : "", word);
		id += len + (id[len] == ' ');
	}
	assert_string_equal(text, expected);
}

struct number { int64_t n; const char *words; };

static const struct number korean[] = {
	{ 0, "영" }, { 1, "일" }, { 9, "구" }, { 10, "십" }, { 11, "십일" }, { 19, "십구" }, { 20, "이십" }, { 21, "이십일" },
	{ 100, "백" }, { 101, "백일" }, { 110, "백십" }, { 111, "백십일" }, { 200, "이백" }, { 1000, "천" }, { 1001, "천일" },
	{ 1010, "천십" }, { 1100, "천백" }, { 1111, "천백십일" }, { 2026, "이천이십육" }, { 9999, "구천구백구십구" },
	{ 10000, "만" }, { 10001, "만일" }, { 15000, "만오천" }, { 20000, "이만" }, { 53000, "오만삼천" }, { 100000, "십만" },
	{ 110000, "십일만" }, { 111111, "십일만천백십일" }, { 210000, "이십일만" }, { 1000000, "백만" }, { 10000000, "천만" },
	{ 11110000, "천백십일만" }, { 100000000, "일억" }, { 100010000, "일억만" }, { 110000000, "일억천만" },
	{ 123456789, "일억이천삼백사십오만육천칠백팔십구" }, { 1000000000, "십억" }, { 100000000001, "천억일" },
	{ 1000000000000, "일조" }, { 1000100000000, "일조일억" }, { 999999999999999, "구백구십구조구천구백구십구억구천구백구십구만구천구백구십구" },
	{ 1000000000000000, "천조" },
};

static const struct number english[] = {
	{ 0, "zero" }, { 1, "one" }, { 10, "ten" }, { 11, "eleven" }, { 19, "nineteen" }, { 20, "twenty" }, { 21, "twenty one" },
	{ 99, "ninety nine" }, { 100, "one hundred" }, { 101, "one hundred one" }, { 110, "one hundred ten" },
	{ 999, "nine hundred ninety nine" }, { 1000, "one thousand" }, { 1001, "one thousand one" }, { 10000, "ten thousand" },
	{ 53000, "fifty three thousand" }, { 100000, "one hundred thousand" }, { 1000000, "one million" },
	{ 1000001, "one million one" }, { 100000000, "one hundred million" }, { 1000000000, "one billion" },
	{ 1234567890, "one billion two hundred thirty four million five hundred sixty seven thousand eight hundred ninety" },
	{ 1000000000000, "one trillion" }, { 999000000000000, "nine hundred ninety nine trillion" },
	{ 1000000000000000, "one thousand trillion" },
};

static void numbers_are_read_as_words(void **state UNUSED)
{
	struct say s;

	for (size_t i = 0; i < ARRAY_LEN(korean); i++) {
		say_init(&s);
		say_number(&s, "ko", korean[i].n);
		assert_reads(&s, "ko", korean[i].words);
	}
	for (size_t i = 0; i < ARRAY_LEN(english); i++) {
		say_init(&s);
		say_number(&s, "en", english[i].n);
		assert_reads(&s, "en", english[i].words);
	}
}

/* Another reader's way: what a list of Korean number words means. -1: not a number. */
static int64_t value_of(const char *ids)
{
	static const struct { const char *id; int64_t value; } units[] = {
		{ "n.10", 10 }, { "n.100", 100 }, { "n.1000", 1000 }, { "n.man", 10000 }, { "n.eok", 100000000 },
		{ "n.jo", INT64_C(1000000000000) },
	};
	int64_t total = 0, group = 0, digit = 0;
	char id[16];
	int used;

	for (; sscanf(ids, " %15s%n", id, &used) == 1; ids += used) {
		int64_t unit = 0;

		for (size_t i = 0; i < ARRAY_LEN(units); i++)
			if (strcmp(id, units[i].id) == 0)
				unit = units[i].value;
		if (unit == 0 && (sscanf(id, "n.%" SCNd64, &digit) != 1 || digit < 1 || digit > 9))
			return -1;
		if (unit >= 10000) {
			group += digit;
			total += (group > 0 ? group : 1) * unit;
			group = digit = 0;
		} else if (unit > 0) {
			group += (digit > 0 ? digit : 1) * unit;
			digit = 0;
		}
	}
	return total + group + digit;
}

static void any_number_means_itself_and_no_one_is_said_in_vain(void **state UNUSED)
{
	static const char *const vain[] = { "n.1 n.10", "n.1 n.100", "n.1 n.1000" };
	uint64_t random = 88172645463325252u;
	struct say s;

	for (int i = 0; i < 20000; i++) {
		int64_t n;

		random ^= random << 13;
		random ^= random >> 7;
		random ^= random << 17;
		n = (int64_t)(random >> 14 >> random % 49) % INT64_C(1000000000000000);
		if (n == 0)
			continue;
		say_init(&s);
		say_number(&s, "ko", n);
		assert_false(s.bad);
		assert_int_equal(value_of(s.ids), n);
		for (size_t k = 0; k < ARRAY_LEN(vain); k++)
			assert_null(strstr(s.ids, vain[k]));
		assert_true(strncmp(s.ids, "n.1 n.man", 9) != 0);
	}
}

static void money_is_a_number_and_its_unit(void **state UNUSED)
{
	static const struct { int64_t minor; const char *currency, *ko, *en; } cases[] = {
		{ 53000, "KRW", "오만삼천원", "fifty three thousand won" }, { 10000, "KRW", "만원", "ten thousand won" },
		{ 1000, "KRW", "천원", "one thousand won" }, { 1, "KRW", "일원", "one won" }, { 0, "KRW", "영원", "zero won" },
		{ 100000000, "KRW", "일억원", "one hundred million won" }, { 12900, "KRW", "만이천구백원", "twelve thousand nine hundred won" },
		{ 1234, "USD", "십이달러삼십사센트", "twelve dollars thirty four cents" }, { 100, "USD", "일달러", "one dollar" },
		{ 101, "USD", "일달러일센트", "one dollar one cent" }, { 5, "USD", "오센트", "five cents" },
		{ 0, "USD", "영달러", "zero dollars" }, { 200, "USD", "이달러", "two dollars" },
	};
	struct say s;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct money m = { .amount_minor = cases[i].minor };

		memcpy(m.currency, cases[i].currency, sizeof(m.currency));
		say_init(&s);
		say_money(&s, "ko", &m);
		assert_reads(&s, "ko", cases[i].ko);
		say_init(&s);
		say_money(&s, "en", &m);
		assert_reads(&s, "en", cases[i].en);
	}
}

static void every_word_of_an_amount_is_a_prompt_of_its_own(void **state UNUSED)
{
	const struct money m = { 53000, "KRW" };
	struct say s;

	say_init(&s);
	say_money(&s, "ko", &m);
	assert_string_equal(s.ids, "n.5 n.man n.3 n.1000 unit.won");
	assert_int_equal(s.len, strlen(s.ids));
}

static void digits_stand_in_groups(void **state UNUSED)
{
	static const struct { const char *digits; int group; const char *ko; } cases[] = {
		{ "1234", 0, "일이삼사" }, { "12345678", 4, "일이삼사/오육칠팔" }, { "123456", 4, "일이삼사/오육" }, { "0907", 2, "공구/공칠" },
		{ "5", 4, "오" }, { "1234", 4, "일이삼사" }, { "", 4, "" }, { "00", -1, "공공" },
	};
	struct say s;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		say_init(&s);
		say_digits(&s, "ko", cases[i].digits, cases[i].group);
		assert_reads(&s, "ko", cases[i].ko);
	}
	say_init(&s);
	say_digits(&s, "en", "3051", 2);
	assert_reads(&s, "en", "three zero / five one");
}

static void months_dates_and_instalments(void **state UNUSED)
{
	static const struct { int year, month, day; const char *ko, *en; } dates[] = {
		{ 2028, 7, 0, "이천이십팔년칠월", "July twenty twenty eight" },
		{ 2026, 6, 3, "이천이십육년유월삼일", "June three twenty twenty six" },
		{ 2005, 10, 31, "이천오년시월삼십일일", "October thirty one two thousand five" },
		{ 1999, 12, 10, "천구백구십구년십이월십일", "December ten nineteen ninety nine" },
		{ 1900, 1, 1, "천구백년일월일일", "January one one thousand nine hundred" },
	};
	static const struct { int months; const char *ko, *en; } instalments[] = {
		{ 3, "삼개월", "three months" }, { 6, "육개월", "six months" }, { 10, "십개월", "ten months" },
		{ 12, "십이개월", "twelve months" }, { 1, "일개월", "one month" },
	};
	struct say s;

	for (size_t i = 0; i < ARRAY_LEN(dates); i++)
		for (int k = 0; k < 2; k++) {
			say_init(&s);
			say_date(&s, k == 0 ? "ko" : "en", dates[i].year, dates[i].month, dates[i].day);
			assert_reads(&s, k == 0 ? "ko" : "en", k == 0 ? dates[i].ko : dates[i].en);
		}
	for (size_t i = 0; i < ARRAY_LEN(instalments); i++)
		for (int k = 0; k < 2; k++) {
			say_init(&s);
			say_instalment(&s, k == 0 ? "ko" : "en", instalments[i].months);
			assert_reads(&s, k == 0 ? "ko" : "en", k == 0 ? instalments[i].ko : instalments[i].en);
		}
	say_init(&s);
	for (int month = 1; month <= 12; month++)
		say_month(&s, "ko", month);
	assert_reads(&s, "ko", "일월이월삼월사월오월유월칠월팔월구월시월십일월십이월");
}

static void the_last_sound_is_known(void **state UNUSED)
{
	static const char *const consonant[] = {
		"책", "서점", "구독", "원", "꽃", "값", "삶", "각", "힣",
		"0", "1", "3", "6", "7", "8", "갤럭시 10", "100", "카드 0907 1238",
		"L", "M", "N", "R", "XL", "SM", "LTE-R", "kb N", "쇼핑 BALL M",
		"Coupang", "Google", "Gmail", "Home", "Amazon", "Facebook", "market", "Shop", "iPhone", "pick", "Club",
		"책 (상권)", "\"책\"", "책.", "책 ", "책™", "책(권)!", "「책」", "책…",
	};
	static const char *const vowel[] = {
		"카드", "뉴스레터", "가", "하", "의", "회사",
		"2", "4", "5", "9", "12", "2029",
		"A", "B", "F", "H", "S", "X", "Z", "TV", "KT", "CJ", "SKB", "GS",
		"Naver", "Spotify", "Kakao", "Mart", "week", "boat", "Note", "food", "tech",
		"신문 (하루)", "카드!", "", " ", "()", "%", "100%", "漢",
		"\xFF", "\x80", "\xEC\xB1", "책\xEC", "\xC0\x80", "\xB1\x85",
	};

	for (size_t i = 0; i < ARRAY_LEN(consonant); i++)
		if (!say_ends_in_consonant(consonant[i]))
			fail_msg("%s ends in a consonant", consonant[i]);
	for (size_t i = 0; i < ARRAY_LEN(vowel); i++)
		if (say_ends_in_consonant(vowel[i]))
			fail_msg("%s does not end in a consonant", vowel[i]);
}

static void a_particle_fits_what_stands_before_it(void **state UNUSED)
{
	static const struct { enum say_particle p; const char *after, *id; } cases[] = {
		{ SAY_TOPIC, "책", "particle.eun" }, { SAY_TOPIC, "카드", "particle.neun" },
		{ SAY_OBJECT, "책", "particle.eul" }, { SAY_OBJECT, "카드", "particle.reul" },
		{ SAY_SUBJECT, "책", "particle.i" }, { SAY_SUBJECT, "카드", "particle.ga" },
		{ SAY_TOPIC, "1230", "particle.eun" }, { SAY_TOPIC, "1234", "particle.neun" },
	};
	struct say s;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		say_init(&s);
		say_particle(&s, "ko", cases[i].p, cases[i].after);
		assert_string_equal(s.ids, cases[i].id);
		assert_false(s.bad);
	}
	say_init(&s);
	say_particle(&s, "en", SAY_TOPIC, "book");
	assert_string_equal(s.ids, "");
	assert_false(s.bad);
	say_particle(&s, "ko", (enum say_particle)3, "책");
	assert_true(s.bad);
}

static void lists_are_put_together(void **state UNUSED)
{
	struct say s;

	say_init(&s);
	say_id(&s, "greet.neutral");
	say_ids(&s, "  a b  c ");
	say_ids(&s, "");
	assert_string_equal(s.ids, "greet.neutral a b c");
	assert_int_equal(s.len, strlen(s.ids));
	assert_false(s.bad);
	say_id(&s, "");
	assert_true(s.bad);
	say_init(&s);
	say_id(&s, "two ids");
	assert_true(s.bad);
}

static void what_is_out_of_range_is_bad(void **state UNUSED)
{
	struct say s;
	const struct money negative = { -1, "KRW" }, yen = { 100, "JPY" }, vast = { INT64_MAX, "KRW" };

#define ASSERT_BAD(call) do { say_init(&s); call; assert_true(s.bad); } while (0)
	ASSERT_BAD(say_number(&s, "ko", -1));
	ASSERT_BAD(say_number(&s, "ko", INT64_C(1000000000000001)));
	ASSERT_BAD(say_number(&s, "en", INT64_MIN));
	ASSERT_BAD(say_money(&s, "ko", &negative));
	ASSERT_BAD(say_money(&s, "ko", &yen));
	ASSERT_BAD(say_money(&s, "ko", &vast));
	ASSERT_BAD(say_digits(&s, "ko", "12a4", 4));
	ASSERT_BAD(say_digits(&s, "ko", "12 34", 4));
	ASSERT_BAD(say_month(&s, "ko", 0));
	ASSERT_BAD(say_month(&s, "ko", 13));
	ASSERT_BAD(say_date(&s, "ko", 2026, 13, 1));
	ASSERT_BAD(say_date(&s, "ko", 2026, 1, 32));
	ASSERT_BAD(say_date(&s, "ko", 0, 1, 1));
	ASSERT_BAD(say_date(&s, "en", 10000, 1, 1));
	ASSERT_BAD(say_date(&s, "en", 2026, 1, -1));
	ASSERT_BAD(say_instalment(&s, "ko", 0));
	ASSERT_BAD(say_instalment(&s, "ko", 100));
#undef ASSERT_BAD
}

/* The list stays whole: what did not fit is not there in part. */
static void overflow_is_bad_and_nothing_is_cut(void **state UNUSED)
{
	struct say s;
	int kept = 0;

	say_init(&s);
	while (!s.bad) {
		say_id(&s, "0123456789");
		kept++;
	}
	kept--;
	assert_int_equal(s.len, (size_t)kept * 11 - 1);
	assert_int_equal(s.ids[s.len], '\0');
	assert_true(s.len < SAY_SIZE);
	assert_true(s.len + 11 >= SAY_SIZE);
	say_init(&s);
	for (int i = 0; i < SAY_SIZE / 2; i++)
		say_id(&s, "a");
	assert_false(s.bad);
	assert_int_equal(s.len, SAY_SIZE - 1);
	say_id(&s, "a");
	assert_true(s.bad);
	assert_int_equal(s.len, SAY_SIZE - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_read_as_words),
		cmocka_unit_test(any_number_means_itself_and_no_one_is_said_in_vain),
		cmocka_unit_test(money_is_a_number_and_its_unit),
		cmocka_unit_test(every_word_of_an_amount_is_a_prompt_of_its_own),
		cmocka_unit_test(digits_stand_in_groups),
		cmocka_unit_test(months_dates_and_instalments),
		cmocka_unit_test(the_last_sound_is_known),
		cmocka_unit_test(a_particle_fits_what_stands_before_it),
		cmocka_unit_test(lists_are_put_together),
		cmocka_unit_test(what_is_out_of_range_is_bad),
		cmocka_unit_test(overflow_is_bad_and_nothing_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
