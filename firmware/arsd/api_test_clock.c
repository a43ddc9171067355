/* api_test_clock.c: the clock of a test merchant. It is moved forward, and all that waits for a time comes nearer with it: the days of
 * schedules, the end of requests, what is tried again. What has happened keeps the time at which it did. */
#include "arsd/api_priv.h"
#include "arsd/outbox.h"
#include "arsd/render.h"
#include "arsd/requests.h"
#include "arsd/schedules.h"
#include "lib/log.h"

/* In one step, and in all: times stay within what is stored and shown. */
enum { ADVANCE_MOST_S = 366 * 24 * 3600 };
static const int64_t ahead_most_ms = INT64_C(3660) * 24 * 3600 * 1000;

static int read_clock(struct arsd *a, const struct api_ask *q, int64_t *offset_ms, struct problem *p)
{
	if (q->merchant.live)
		return problem_set(p, 403, "live_merchant", "", "the clock of real money cannot be moved: use a test key");
	return store_test_clock_get(a->store, q->merchant.id.text, offset_ms) < 0 ? problem_store(p) : 0;
}

static void answer(struct arsd *a, const struct api_ask *q, int64_t offset_ms)
{
	api_answer_json(a, q, 200, json_pack("{s:s, s:o, s:I}", "object", "test_clock", "now",
	                                     render_time((struct wall){ a->wall.ms + offset_ms }), "ahead_s", (json_int_t)(offset_ms / 1000)));
}

void api_test_clock_get(struct arsd *a, const struct api_ask *q)
{
	int64_t offset_ms;
	struct problem p;

	if (read_clock(a, q, &offset_ms, &p) == 0)
		answer(a, q, offset_ms);
	else
		api_answer_problem(a, q, &p);
}

static int advance(struct arsd *a, const struct api_ask *q, int64_t *offset_ms, struct problem *p)
{
	uint32_t by_s = q->m->u.test_clock_advance.advance_s;

	if (read_clock(a, q, offset_ms, p) < 0)
		return ERR_INVALID;
	if (by_s < 1 || by_s > ADVANCE_MOST_S)
		return problem_set(p, 422, "invalid_field", "/advance_s", "must be from 1 to %d", ADVANCE_MOST_S);
	if (*offset_ms + (int64_t)by_s * 1000 > ahead_most_ms)
		return problem_set(p, 422, "invalid_field", "/advance_s", "the clock may be ten years ahead, and no more");
	if (store_test_clock_advance(a->store, q->merchant.id.text, (int64_t)by_s * 1000, a->wall) < 0)
		return problem_store(p);
	*offset_ms += (int64_t)by_s * 1000;
	log_info("test_clock", "merchant=%s advance_s=%u", q->merchant.id.text, by_s);
	return 0;
}

void api_test_clock_advance(struct arsd *a, const struct api_ask *q)
{
	int64_t offset_ms = 0;
	struct problem p;

	if (advance(a, q, &offset_ms, &p) == 0)
		answer(a, q, offset_ms);
	else
		api_answer_problem(a, q, &p);
}
