#include "uplinkd/meters.h"

#define JOBS(to, result) { "callkey_uplinkd_jobs_total", "to=\"" to "\",result=\"" result "\"", \
	"Jobs by receiver and how they ended.", METRIC_COUNTER, 1 }
#define EXCHANGES(to, fate) { "callkey_uplinkd_exchanges_total", "to=\"" to "\",fate=\"" fate "\"", \
	"HTTPS exchanges by receiver and fate.", METRIC_COUNTER, 1 }
#define SECONDS(to) { "callkey_uplinkd_exchange_seconds_total", "to=\"" to "\"", \
	"Time spent in exchanges, with the wait for a place.", METRIC_COUNTER, 1000000 }
#define SMPP(fate) { "callkey_uplinkd_smpp_messages_total", "fate=\"" fate "\"", \
	"Messages by what a centre did with them.", METRIC_COUNTER, 1 }
#define RECEIPTS(state) { "callkey_uplinkd_smpp_receipts_total", "state=\"" state "\"", \
	"What centres delivered: receipts by state, and what was none.", METRIC_COUNTER, 1 }

enum {
	FIRST_EXCHANGE = METERS_RESULT_COUNT,
	FATES = 3,
	FIRST_SECONDS = FIRST_EXCHANGE + METERS_TO_COUNT * FATES,
	IN_FLIGHT = FIRST_SECONDS + METERS_TO_COUNT,
	DUPLICATES, DROPPED, BAD_FRAMES,
	SMPP_UP, SMPP_THROTTLED_TIMES, FIRST_SMPP, FIRST_SMPP_RECEIPT = FIRST_SMPP + 4,
};

static const struct metric_desc table[] = {
	[METERS_PG_OK] = JOBS("pg", "ok"),
	[METERS_PG_DECLINED] = JOBS("pg", "declined"),
	[METERS_PG_NOT_SENT] = JOBS("pg", "not_sent"),
	[METERS_PG_UNKNOWN] = JOBS("pg", "unknown"),
	[METERS_PG_NOT_FOUND] = JOBS("pg", "not_found"),
	[METERS_SMS_SENT] = JOBS("sms", "sent"),
	[METERS_SMS_REFUSED] = JOBS("sms", "refused"),
	[METERS_SMS_LATER] = JOBS("sms", "later"),
	[METERS_SMS_UNSURE] = JOBS("sms", "unsure"),
	[METERS_WEBHOOK_SENT] = JOBS("webhook", "sent"),
	[METERS_WEBHOOK_REFUSED] = JOBS("webhook", "refused"),
	[METERS_WEBHOOK_LATER] = JOBS("webhook", "later"),
	[FIRST_EXCHANGE] = EXCHANGES("pg", "answered"),
	EXCHANGES("pg", "not_sent"),
	EXCHANGES("pg", "no_answer"),
	EXCHANGES("sms", "answered"),
	EXCHANGES("sms", "not_sent"),
	EXCHANGES("sms", "no_answer"),
	EXCHANGES("webhook", "answered"),
	EXCHANGES("webhook", "not_sent"),
	EXCHANGES("webhook", "no_answer"),
	[FIRST_SECONDS] = SECONDS("pg"),
	SECONDS("sms"),
	SECONDS("webhook"),
	[IN_FLIGHT] = { "callkey_uplinkd_jobs_in_flight", "", "Jobs taken and not yet answered.", METRIC_GAUGE, 1 },
	[DUPLICATES] = { "callkey_uplinkd_duplicate_jobs_total", "", "Jobs ignored because they were in flight.", METRIC_COUNTER, 1 },
	[DROPPED] = { "callkey_uplinkd_dropped_results_total", "", "Results that arsd was not there for.", METRIC_COUNTER, 1 },
	[BAD_FRAMES] = { "callkey_uplinkd_bad_frames_total", "", "Frames that broke the protocol.", METRIC_COUNTER, 1 },
	[SMPP_UP] = { "callkey_uplinkd_smpp_links_up", "", "SMPP sessions that are bound.", METRIC_GAUGE, 1 },
	[SMPP_THROTTLED_TIMES] = { "callkey_uplinkd_smpp_throttled_total", "", "Times that a centre throttled.", METRIC_COUNTER, 1 },
	[FIRST_SMPP] = SMPP("taken"),
	SMPP("refused"),
	SMPP("not_taken"),
	SMPP("unknown"),
	[FIRST_SMPP_RECEIPT] = RECEIPTS("none"),
	RECEIPTS("delivered"),
	RECEIPTS("undelivered"),
	RECEIPTS("under_way"),
};

void meters_init(struct metrics *m)
{
	metrics_init(m, table, ARRAY_LEN(table));
}

void meters_result(struct metrics *m, enum meters_result r)
{
	metrics_add(m, r, 1);
}

void meters_exchange(struct metrics *m, enum meters_to to, const struct http_answer *a)
{
	metrics_add(m, FIRST_EXCHANGE + (size_t)to * FATES + (size_t)a->fate - HTTP_ANSWERED, 1);
	metrics_add(m, FIRST_SECONDS + (size_t)to, a->took_us);
}

void meters_in_flight(struct metrics *m, size_t jobs)
{
	metrics_set(m, IN_FLIGHT, (int64_t)jobs);
}

void meters_duplicate(struct metrics *m)
{
	metrics_add(m, DUPLICATES, 1);
}

void meters_dropped(struct metrics *m)
{
	metrics_add(m, DROPPED, 1);
}

void meters_bad_frame(struct metrics *m)
{
	metrics_add(m, BAD_FRAMES, 1);
}

void meters_smpp(struct metrics *m, int fate)
{
	metrics_add(m, FIRST_SMPP + (size_t)fate - 1, 1);
}

void meters_smpp_up(struct metrics *m, int change)
{
	metrics_add(m, SMPP_UP, change);
}

void meters_smpp_throttled(struct metrics *m)
{
	metrics_add(m, SMPP_THROTTLED_TIMES, 1);
}

void meters_smpp_receipt(struct metrics *m, int state)
{
	metrics_add(m, FIRST_SMPP_RECEIPT + (size_t)state, 1);
}
