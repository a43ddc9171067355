/* say.c: numbers and particles as lists of prompt ids. Pure; it does not know which prompts a box has. */
#include "model/say.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define NUMBER_MAX INT64_C(1000000000000000)   /* 천조, a thousand trillion */

enum { HANGUL_FIRST = 0xAC00, HANGUL_LAST = 0xD7A3, FINALS = 28, INSTALMENT_MONTHS_MAX = 99, YEAR_MAX = 9999 };

static bool is_korean(const char *language)
{
	return strcmp(language, "ko") == 0;
}

/* ---- the list ---- */

void say_init(struct say *s)
{
	memset(s, 0, sizeof(*s));
}

static void append(struct say *s, const char *id, size_t id_len)
{
	size_t space = s->len > 0 ? 1 : 0;

	if (id_len == 0 || s->len + space + id_len >= sizeof(s->ids)) {
		s->bad = true;
		return;
	}
	if (space > 0)
		s->ids[s->len++] = ' ';
	memcpy(s->ids + s->len, id, id_len);
	s->len += id_len;
	s->ids[s->len] = '\0';
}

void say_id(struct say *s, const char *id)
{
	if (strchr(id, ' ') != NULL)
		s->bad = true;
	else
		append(s, id, strlen(id));
}

void say_ids(struct say *s, const char *ids)
{
	while (*ids != '\0') {
		size_t len = strcspn(ids, " ");

		if (len > 0)
			append(s, ids, len);
		ids += len;
		ids += strspn(ids, " ");
	}
}

static void say_indexed(struct say *s, const char *prefix, int64_t n)
{
	char id[32];

	snprintf(id, sizeof(id), "%s.%" PRId64, prefix, n);
	say_id(s, id);
}

/* ---- numbers ---- */

/* 1..9999. A leading 일 is silent before 십, 백 and 천. */
static void say_korean_group(struct say *s, int n)
{
	for (int unit = 1000; unit > 1; unit /= 10) {
		int digit = n / unit % 10;

		if (digit > 1)
			say_indexed(s, "n", digit);
		if (digit > 0)
			say_indexed(s, "n", unit);
	}
	if (n % 10 > 0)
		say_indexed(s, "n", n % 10);
}

static void say_korean_number(struct say *s, int64_t n)
{
	static const struct { int64_t value; const char *id; bool one_is_silent; } groups[] = {
		{ INT64_C(1000000000000), "n.jo", false }, { 100000000, "n.eok", false }, { 10000, "n.man", true },
	};

	for (size_t i = 0; i < ARRAY_LEN(groups); i++) {
		int digits = (int)(n / groups[i].value % 10000);

		if (digits > 1 || (digits == 1 && !groups[i].one_is_silent))
			say_korean_group(s, digits);
		if (digits > 0)
			say_id(s, groups[i].id);
	}
	say_korean_group(s, (int)(n % 10000));
}

/* 1..999 */
static void say_english_group(struct say *s, int n)
{
	if (n >= 100) {
		say_indexed(s, "n", n / 100);
		say_id(s, "n.hundred");
	}
	n %= 100;
	if (n >= 20) {
		say_indexed(s, "n", n / 10 * 10);
		n %= 10;
	}
	if (n > 0)
		say_indexed(s, "n", n);
}

static void say_english_number(struct say *s, int64_t n)
{
	static const struct { int64_t value; const char *id; } groups[] = {
		{ INT64_C(1000000000000), "n.trillion" }, { 1000000000, "n.billion" }, { 1000000, "n.million" }, { 1000, "n.thousand" },
	};

	for (size_t i = 0; i < ARRAY_LEN(groups); i++) {
		int64_t count = n / groups[i].value;

		if (count == 0)
			continue;
		if (count >= 1000)                         /* only ever 1,000 trillion */
			say_english_number(s, count);
		else
			say_english_group(s, (int)count);
		say_id(s, groups[i].id);
		n %= groups[i].value;
	}
	say_english_group(s, (int)n);
}

void say_number(struct say *s, const char *language, int64_t n)
{
	if (n < 0 || n > NUMBER_MAX)
		s->bad = true;
	else if (n == 0)
		say_id(s, "n.0");
	else if (is_korean(language))
		say_korean_number(s, n);
	else
		say_english_number(s, n);
}

/* English knows one and many. */
static void say_counted(struct say *s, const char *language, int64_t n, const char *one, const char *many)
{
	say_number(s, language, n);
	say_id(s, n == 1 && !is_korean(language) ? one : many);
}

void say_money(struct say *s, const char *language, const struct money *m)
{
	int64_t dollars = m->amount_minor / 100, cents = m->amount_minor % 100;

	if (m->amount_minor < 0) {
		s->bad = true;
	} else if (strcmp(m->currency, "KRW") == 0) {
		say_number(s, language, m->amount_minor);
		say_id(s, "unit.won");
	} else if (strcmp(m->currency, "USD") == 0) {
		if (dollars > 0 || cents == 0)
			say_counted(s, language, dollars, "unit.usd.one", "unit.usd");
		if (cents > 0)
			say_counted(s, language, cents, "unit.cent.one", "unit.cent");
	} else {
		s->bad = true;
	}
}

void say_digits(struct say *s, const char *language UNUSED, const char *digits, int group)
{
	if (digits[strspn(digits, "0123456789")] != '\0') {
		s->bad = true;
		return;
	}
	for (int i = 0; digits[i] != '\0'; i++) {
		if (group > 0 && i > 0 && i % group == 0)
			say_id(s, "pause.short");
		say_indexed(s, "num", digits[i] - '0');
	}
}

/* ---- time ---- */

void say_month(struct say *s, const char *language UNUSED, int month)
{
	if (month < 1 || month > 12)
		s->bad = true;
	else
		say_indexed(s, "month", month);
}

/* 2026 is twenty twenty-six; 1900 and 2005 are read as the numbers they are. */
static void say_english_year(struct say *s, int year)
{
	if (year >= 1100 && year % 100 >= 10) {
		say_english_group(s, year / 100);
		say_english_group(s, year % 100);
	} else {
		say_english_number(s, year);
	}
}

void say_date(struct say *s, const char *language, int year, int month, int day)
{
	if (year < 1 || year > YEAR_MAX || month < 1 || month > 12 || day < 0 || day > 31) {
		s->bad = true;
		return;
	}
	if (is_korean(language)) {
		say_korean_number(s, year);
		say_id(s, "unit.year");
	}
	say_month(s, language, month);
	if (day > 0)
		say_number(s, language, day);
	if (is_korean(language) && day > 0)
		say_id(s, "unit.day");
	if (!is_korean(language))
		say_english_year(s, year);
}

void say_instalment(struct say *s, const char *language, int months)
{
	if (months < 1 || months > INSTALMENT_MONTHS_MAX)
		s->bad = true;
	else
		say_counted(s, language, months, "unit.month", "unit.months");
}

/* ---- particles ---- */

/* The last code point of text[0..*len), which shrinks by it; 0 when there is none or it is not UTF-8. */
static uint32_t take_last(const char *text, size_t *len)
{
	static const struct { uint8_t mask, lead; } forms[] = { { 0x80, 0x00 }, { 0xE0, 0xC0 }, { 0xF0, 0xE0 }, { 0xF8, 0xF0 } };
	size_t extra = 0, at;
	uint32_t code;

	while (extra < 3 && extra + 1 < *len && ((uint8_t)text[*len - 1 - extra] & 0xC0) == 0x80)
		extra++;
	if (*len == 0)
		return 0;
	at = *len - 1 - extra;
	code = (uint8_t)text[at];
	if ((code & forms[extra].mask) != forms[extra].lead)
		return 0;
	code &= (uint8_t)~forms[extra].mask;
	for (size_t i = 1; i <= extra; i++)
		code = code << 6 | ((uint8_t)text[at + i] & 0x3Fu);
	*len = at;
	return code;
}

/* Signs that make no sound: spaces, brackets, quotation marks, full stops. */
static bool is_silent(uint32_t code)
{
	return (code > 0 && code < 0x80 && strchr(" \t.,!?:;()[]{}<>\"'`-_~*/|", (int)code) != NULL) ||
	       code == 0xA0 || code == 0xB7 || code == 0xAE || code == 0x2122 ||      /* nbsp · ® ™ */
	       (code >= 0x2010 && code <= 0x2027) || (code >= 0x3000 && code <= 0x3015);
}

static char letter_before(const char *text, size_t len)
{
	char c = len > 0 ? text[len - 1] : '\0';

	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c >= 'a' && c <= 'z' ? c : '\0';
}

static bool is_one_of(char c, const char *set)
{
	return c != '\0' && strchr(set, c) != NULL;
}

/* Letters named one by one: 엘, 엠, 엔 and 알 end in a consonant. A lone letter and LETTERS are read so. */
static bool is_spelled(const char *word, size_t len)
{
	size_t start = len;

	while (letter_before(word, start) != '\0')
		start--;
	for (size_t i = start; i < len; i++)
		if (len - start > 1 && word[i] >= 'a')
			return false;
	return true;
}

/* A word as it is commonly written in Hangul: 쿠팡(ng), 구글(le), 홈(me), 라인(ne); p, t, k and their like close a syllable after
 * one vowel (북, 숍, 넷) but get a vowel of their own after two or after a consonant (위크, 마트). A rule of thumb. */
static bool word_ends_in_consonant(const char *word, size_t len)
{
	char last = letter_before(word, len), second = letter_before(word, len - 1);
	char third = len > 1 ? letter_before(word, len - 2) : '\0';

	if (last == 'e')
		return is_one_of(second, "lmn") && third != '\0';
	if (last == 'g')
		return second == 'n';
	if (is_one_of(last, "lmn"))
		return true;
	if (last == 'k' && second == 'c')
		return true;
	return is_one_of(last, "bckpt") && is_one_of(second, "aeiou") && (!is_one_of(third, "aeiou") || (second == 'o' && third == 'o'));
}

bool say_ends_in_consonant(const char *text_utf8)
{
	size_t len = strlen(text_utf8), end;
	uint32_t code;

	do {
		end = len;
		code = take_last(text_utf8, &len);
	} while (is_silent(code));
	if (code >= HANGUL_FIRST && code <= HANGUL_LAST)
		return (code - HANGUL_FIRST) % FINALS != 0;
	if (code >= '0' && code <= '9')
		return strchr("013678", (int)code) != NULL;          /* 영 일 삼 육 칠 팔; and so 십, 백, 천, 만 */
	if (letter_before(text_utf8, end) == '\0')
		return false;
	return is_spelled(text_utf8, end) ? is_one_of(letter_before(text_utf8, end), "lmnr") : word_ends_in_consonant(text_utf8, end);
}

void say_particle(struct say *s, const char *language, enum say_particle p, const char *after_text)
{
	static const char *const pairs[][2] = {
		[SAY_TOPIC] = { "particle.neun", "particle.eun" },
		[SAY_OBJECT] = { "particle.reul", "particle.eul" },
		[SAY_SUBJECT] = { "particle.ga", "particle.i" },
	};

	if (!is_korean(language))
		return;
	if ((size_t)p >= ARRAY_LEN(pairs))
		s->bad = true;
	else
		say_id(s, pairs[p][say_ends_in_consonant(after_text)]);
}
