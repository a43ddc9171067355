/* arsd_registering.h: registrations up to a certain point, for the tests of what follows. */
#ifndef TESTS_ARSD_REGISTERING_H
#define TESTS_ARSD_REGISTERING_H

#include "arsd_world.h"

static const char phone[] = "01012345678";
enum { CALL = 100 };

/* Up to "card ending 1234, correct?" */
struct request registering_until_confirmed(struct world *w);
struct request registering_until_sent(struct world *w);

#endif
