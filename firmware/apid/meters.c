#include "apid/meters.h"

#include "lib/attr.h"

enum { ANSWERS_2XX, ANSWERS_4XX, ANSWERS_5XX, WAITING, EXCHANGES, EXCHANGE_SECONDS, TIMEOUTS, LATE, BROKEN, UP };

static const struct metric_desc table[] = {
	[ANSWERS_2XX] = { "callkey_apid_answers_total", "class=\"2xx\"", "HTTP answers by class of status.", METRIC_COUNTER,
	                  1 },
	[ANSWERS_4XX] = { "callkey_apid_answers_total", "class=\"4xx\"", "HTTP answers by class of status.", METRIC_COUNTER,
	                  1 },
	[ANSWERS_5XX] = { "callkey_apid_answers_total", "class=\"5xx\"", "HTTP answers by class of status.", METRIC_COUNTER,
	                  1 },
	[WAITING] = { "callkey_apid_waiting", "", "Requests that wait for arsd now.", METRIC_GAUGE, 1 },
	[EXCHANGES] = { "callkey_apid_exchange_seconds_count", "", "Requests that arsd was asked.", METRIC_COUNTER, 1 },
	[EXCHANGE_SECONDS] = { "callkey_apid_exchange_seconds_sum", "", "Time they took in all.", METRIC_COUNTER, 1000 },
	[TIMEOUTS] = { "callkey_apid_timeouts_total", "", "Requests that arsd did not answer in time.", METRIC_COUNTER, 1 },
	[LATE] = { "callkey_apid_late_answers_total", "", "Answers that came after their time-out.", METRIC_COUNTER, 1 },
	[BROKEN] = { "callkey_apid_protocol_errors_total", "", "Frames from arsd that broke the protocol.", METRIC_COUNTER,
	             1 },
	[UP] = { "callkey_apid_arsd_up", "", "1 while arsd is connected.", METRIC_GAUGE, 1 },
};

void meters_init(struct metrics *m)
{
	metrics_init(m, table, ARRAY_LEN(table));
}

void meters_answered(struct metrics *m, int status)
{
	metrics_add(m, status >= 500 ? ANSWERS_5XX : status >= 400 ? ANSWERS_4XX : ANSWERS_2XX, 1);
}

void meters_waiting(struct metrics *m, int by)
{
	metrics_add(m, WAITING, by);
}

int meters_get_waiting(struct metrics *m)
{
	return (int)m->value[WAITING];
}

void meters_took(struct metrics *m, int64_t ms)
{
	metrics_add(m, EXCHANGES, 1);
	metrics_add(m, EXCHANGE_SECONDS, ms);
}

void meters_timed_out(struct metrics *m)
{
	metrics_add(m, TIMEOUTS, 1);
}

void meters_late(struct metrics *m)
{
	metrics_add(m, LATE, 1);
}

void meters_broken(struct metrics *m)
{
	metrics_add(m, BROKEN, 1);
}

void meters_up(struct metrics *m, bool up)
{
	metrics_set(m, UP, up);
}
