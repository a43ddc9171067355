/* money.h: an amount in the smallest unit of its currency (KRW has no smaller one). Never a float. */
#ifndef MODEL_MONEY_H
#define MODEL_MONEY_H

#include <stdint.h>

#include "lib/err.h"

struct money { int64_t amount_minor; char currency[4]; };
enum { MONEY_SIZE = 32 };

/* currency: "KRW" or "USD"; 1 <= amount <= 10^12. */
int money_make(int64_t amount_minor, const char *currency, struct money *m) MUST_CHECK;
/* "53,000원" (ko), "KRW 53,000" (en), "USD 12.34". */
const char *money_print(const struct money *m, const char *language, char buf[MONEY_SIZE]);

#endif
