/* pgtable.c: a gateway's table of instalments that are free of interest, from its answer to the table that payments are held against. Whatever it
 * says: it counts as a whole or not at all, is refused in words, and what counts can neither overlap nor reach beyond what arsd allows. First octet:
 * the connector. The answer's signature stands apart: the table is read as if it were right. */
#include "arsd/promotion_table.h"
#include "ipc/wire.h"
#include "json/json.h"
#include "tests/fuzz/fuzz.h"
#include "uplinkd/pg_json.h"
#include "uplinkd/pg_nicepay.h"
#include "uplinkd/pg_promotions.h"

enum { TODAY = 20780, DAYS_MOST = 3660 };         /* in Korea, 2026-11-23 */

static bool overlap(const struct promotion *a, const struct promotion *b)
{
	return strcmp(a->issuer, b->issuer) == 0 && (a->months & b->months) != 0 && a->from_day <= b->until_day && b->from_day <= a->until_day &&
	       (b->most_minor == 0 || a->least_minor <= b->most_minor) && (a->most_minor == 0 || b->least_minor <= a->most_minor);
}

static void check_row(const struct promotion *p)
{
	const uint64_t allowed = (UINT64_C(1) << (PROMOTION_MONTHS_MAX + 1)) - (UINT64_C(1) << PROMOTION_MONTHS_LEAST);

	FUZZ_CHECK(p->issuer[0] != '\0' && memchr(p->issuer, '\0', sizeof(p->issuer)) != NULL);
	FUZZ_CHECK(p->months != 0 && (p->months & ~allowed) == 0);
	FUZZ_CHECK(p->least_minor >= PROMOTION_LEAST_KRW && (p->most_minor == 0 || p->most_minor >= p->least_minor));
	FUZZ_CHECK(p->from_day > 0 && p->from_day <= p->until_day && p->until_day >= TODAY && p->until_day <= TODAY + DAYS_MOST);
}

static void check_table(const struct uplink_pg_promotions_result *r)
{
	static struct promotions table;
	char why[PROMOTION_WHY_SIZE] = "";

	table.count = 0;
	if (promotion_table_read(r->rows.data, r->rows.len, TODAY, &table, why) < 0) {
		FUZZ_CHECK(why[0] != '\0' && table.count == 0);
		return;
	}
	FUZZ_CHECK(table.count <= PROMOTIONS_MAX);
	for (size_t i = 0; i < table.count; i++) {
		check_row(&table.list[i]);
		for (size_t k = 0; k < i; k++)
			FUZZ_CHECK(!overlap(&table.list[i], &table.list[k]));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct pg_connector *const connectors[] = { &pg_json_connector, &pg_nicepay_connector };
	static uint8_t frame[IPC_FRAME_MAX];
	static struct uplink_msg m;
	static const struct pg_account account = { .secret = "0123456789abcdef0123456789abcdef" };
	const struct pg_connector *c = connectors[fuzz_octet(&data, &size) % ARRAY_LEN(connectors)];
	struct pg_job job = { .job = 7, .op = uplink_type_pg_promotions };
	struct uplink_pg_promotions_result *r = &m.u.pg_promotions_result;
	struct uplink_pg_result result;
	char *body = fuzz_text(data, size);
	const struct http_answer a = { .fate = HTTP_ANSWERED, .status = 200, .body = body, .len = size, .why = "" };
	const char *why = NULL;

	memset(&m, 0, sizeof(m));
	m.type = uplink_type_pg_promotions_result;
	memset(&result, 0xee, sizeof(result));
	FUZZ_CHECK(!c->answer(&account, &job, &a, &result));
	FUZZ_CHECK(result.status >= UPLINK_PG_OK && result.status <= UPLINK_PG_NOT_FOUND);
	if (pg_promotions_read(c, &a, r, &why) == 0) {
		FUZZ_CHECK(r->rows.len > 0 && r->rows.len <= sizeof(r->rows.data));
		check_table(r);
	} else {
		FUZZ_CHECK(why != NULL && why[0] != '\0' && r->rows.len == 0);
	}
	FUZZ_CHECK(uplink_encode(&m, frame, sizeof(frame)) > 0);
	free(body);
	return 0;
}
