/* pglist.c: a page of a gateway's list of a day. Whatever it says: it counts as a whole or not at all, each row that is passed on can be
 * read again by arsd's rules, and the result can be sent. First octet: the HTTP status. */
#include "ipc/wire.h"
#include "json/json.h"
#include "tests/fuzz/fuzz.h"
#include "uplinkd/pg_json_list.h"

/* A list of objects with these members, the words of fixed sets. */
static void check_rows(const char *text, size_t len)
{
	json_t *rows = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);

	FUZZ_CHECK(json_is_array(rows) && json_array_size(rows) <= 100);
	for (size_t i = 0; i < json_array_size(rows); i++) {
		const json_t *row = json_array_get(rows, i);
		const char *order = json_string_value(json_object_get(row, "order_id")), *kind = json_string_value(json_object_get(row, "kind"));

		FUZZ_CHECK(order != NULL && strlen(order) < PG_ORDER_SIZE);
		FUZZ_CHECK(kind != NULL && (strcmp(kind, "payment") == 0 || strcmp(kind, "cancel") == 0));
		FUZZ_CHECK(json_is_integer(json_object_get(row, "amount_minor")) && json_is_integer(json_object_get(row, "at_ms")));
	}
	json_decref(rows);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const int codes[] = { 200, 200, 200, 404, 201, 500 };
	static uint8_t frame[IPC_FRAME_MAX];
	static struct uplink_msg m;
	struct pg_job job = { .job = 7, .op = uplink_type_pg_list, .day = "2026-11-24" };
	const int status = codes[fuzz_octet(&data, &size) % ARRAY_LEN(codes)];
	char *body = fuzz_text(data, size), url[PG_URL_SIZE];
	const struct http_answer a = { .fate = HTTP_ANSWERED, .status = status, .body = body, .len = size, .why = "" };
	struct uplink_pg_list_result *r = &m.u.pg_list_result;
	struct uplink_pg_list next = { .day = "2026-11-24" };

	memset(&m, 0, sizeof(m));
	m.type = uplink_type_pg_list_result;
	pg_json_list(&job, &a, r);
	r->job = job.job;
	FUZZ_CHECK(r->status == UPLINK_PG_OK || (r->status == UPLINK_PG_UNKNOWN && r->rows.len == 0 && r->next[0] == '\0'));
	if (r->status == UPLINK_PG_OK) {
		FUZZ_CHECK(status == 200);
		check_rows((const char *)r->rows.data, r->rows.len);
		/* The next page can be asked for. */
		memcpy(next.cursor, r->next, sizeof(next.cursor));
		FUZZ_CHECK(pg_json_list_url("https://pg.example", &next, url) == 0);
	}
	FUZZ_CHECK(uplink_encode(&m, frame, sizeof(frame)) > 0);
	free(body);
	return 0;
}
