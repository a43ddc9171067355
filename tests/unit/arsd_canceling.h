/* arsd_canceling.h: payments that are to be taken back, for the tests of that. */
#ifndef TESTS_ARSD_CANCELING_H
#define TESTS_ARSD_CANCELING_H

#include "arsd_world.h"

static const char phone[] = "01012345678";
enum { CALL = 100, PAID = 53000 };

/* Of PAID won by a registered card; consent as in the API: "ask" or "skip". */
struct request canceling_made(struct world *w, const char *consent);
/* amount 0: all that is left. */
struct api_msg *canceling_of(const struct request *r, int64_t amount);
/* Asks; the PG hears nothing of it. */
void canceling_refused(struct world *w, struct api_msg *m, unsigned status, const char *code, const char *field);

#endif
