/* arsd_paying.h: payments up to a certain point, for the tests of what follows. */
#ifndef TESTS_ARSD_PAYING_H
#define TESTS_ARSD_PAYING_H

#include "arsd_world.h"

static const char phone[] = "01012345678";
enum { CALL = 100 };

void paying_offer_months(struct api_msg *m, const char *allowed, const char *interest_free);
void paying_skip_consent(struct api_msg *m);
/* A payment of 53,000 won whose caller has heard what it is for. */
struct request paying_until_asked(struct world *w, struct id *key);
struct request paying_until_other_card(struct world *w, struct id *key, char keep);
void paying_fix_months(struct api_msg *m);

#endif
