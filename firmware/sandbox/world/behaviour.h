/* behaviour.h: how a part of the sandbox's world behaves when a test wants more than the usual. Pure. */
#ifndef WORLD_BEHAVIOUR_H
#define WORLD_BEHAVIOUR_H

#include <stdbool.h>
#include <stdint.h>

#include "json/json.h"
#include "lib/err.h"

enum behaviour_mode {
	BEHAVE_NORMAL,
	BEHAVE_SLOW,              /* the effect at once, the answer after delay_ms */
	BEHAVE_DROP_BEFORE,       /* the connection is cut, nothing was done */
	BEHAVE_DROP_AFTER,        /* done, then cut */
	BEHAVE_SILENCE_BEFORE,    /* nothing done, no answer for delay_ms, then cut */
	BEHAVE_SILENCE_AFTER,     /* done, no answer for delay_ms, then cut */
	BEHAVE_LATE,              /* PG: as silence_before, and done when delay_ms are over (late.h) */
	BEHAVE_GARBAGE,           /* done, then an answer that nobody can read */
	BEHAVE_CUT,               /* done, then half of the answer */
	BEHAVE_OTHER,             /* PG: done, then the answer of another order */
	BEHAVE_FAIL,              /* 503, nothing done */
	BEHAVE_FAIL_AFTER,        /* done, then 502, as a proxy answers for a server that has died */
	BEHAVE_REFUSE,            /* a definite no: PG decline of a class, SMS 400, webhook 410 */
	BEHAVE_REDIRECT,          /* 307 back to the same place, nothing done */
	BEHAVE_DIE,               /* the world dies by SIGKILL, nothing done */
	BEHAVE_DIE_AFTER,         /* done and kept, then dead before the answer */
	BEHAVE_MODES,
};

struct behaviour {
	enum behaviour_mode mode;
	char op[16];              /* the PG's operation it is for: verify, pay, query, net_cancel, expire_key, cancel, list, promotions; "": any but promotions */
	int64_t times;            /* requests it is for; 0: until changed */
	int64_t delay_ms;
	char class[16];           /* of BEHAVE_REFUSE at the PG */
};

/* {"mode":"drop_after","op":"pay","times":1,"delay_ms":2000,"class":"funds"}; all but mode may be left out. */
int behaviour_read(const json_t *object, struct behaviour *b, struct json_fault *fault) MUST_CHECK;
json_t *behaviour_show(const struct behaviour *b);
const char *behaviour_name(enum behaviour_mode m);
/* What a request of operation op meets; counts it. Otherwise normal. */
struct behaviour behaviour_take(struct behaviour *b, const char *op);
/* Nothing is done of the request. */
bool behaviour_is_before(enum behaviour_mode m);

#endif
