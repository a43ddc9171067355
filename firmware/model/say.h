/* say.h: what is said with composed prompts: amounts, digits, months, dates, particles, as lists of prompt ids.
 *
 * Every function appends ids, separated by one space, to a struct say; overflow sets bad and the text is unusable.
 * Language "ko" reads Sino-Korean (오만 삼천 원, never 일만), English reads English. The ids are those of the manifests:
 *   num.0..num.9 (digit by digit: 공 일 이 ...), ko: n.0..n.9 n.10 n.100 n.1000 n.man n.eok n.jo (number words),
 *   en: n.0..n.19 n.20..n.90 n.hundred n.thousand n.million n.billion n.trillion, unit.won unit.usd unit.cent and, en, of one:
 *   unit.usd.one unit.cent.one unit.month; month.1..month.12 (유월, 시월 / June, October), unit.months (개월 / months),
 *   ko: unit.year unit.day, particle.eun particle.neun particle.eul particle.reul particle.i particle.ga; pause.short. */
#ifndef MODEL_SAY_H
#define MODEL_SAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/money.h"

enum { SAY_SIZE = 4000 };
struct say { char ids[SAY_SIZE]; size_t len; bool bad; };

void say_init(struct say *s);
void say_id(struct say *s, const char *id);                                        /* one prompt */
void say_ids(struct say *s, const char *ids);                                      /* several, space separated */
void say_money(struct say *s, const char *language, const struct money *m);
void say_number(struct say *s, const char *language, int64_t n);                   /* 0 .. 10^15 */
/* Digit by digit in groups of group (0: one run), a short pause between; a value with other characters than digits sets bad. */
void say_digits(struct say *s, const char *language, const char *digits, int group);
void say_month(struct say *s, const char *language, int month);                    /* 1..12 */
void say_date(struct say *s, const char *language, int year, int month, int day);  /* day 0: year and month only */
void say_instalment(struct say *s, const char *language, int months);              /* 삼 개월 / three months */

/* Korean particles: the pair's form after text by its last sound (받침). Text may end in Hangul, a digit or a Latin letter
 * (read as Koreans read it). In other languages nothing is appended. */
enum say_particle { SAY_TOPIC /* 은/는 */, SAY_OBJECT /* 을/를 */, SAY_SUBJECT /* 이/가 */ };
void say_particle(struct say *s, const char *language, enum say_particle p, const char *after_text);
bool say_ends_in_consonant(const char *text_utf8);

#endif
