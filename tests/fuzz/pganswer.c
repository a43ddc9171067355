/* pganswer.c: answers of a gateway. Whatever it says: never approved for another amount or order, and always a result that
 * can be sent to arsd. First octet: the job's kind, second: the HTTP status. */
#include "ipc/wire.h"
#include "tests/fuzz/fuzz.h"
#include "uplinkd/pg_json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum uplink_type ops[] = {
		uplink_type_pg_verify, uplink_type_pg_pay, uplink_type_pg_query, uplink_type_pg_net_cancel, uplink_type_pg_expire_key,
		uplink_type_pg_promotions,
	};
	static const int codes[] = { 200, 200, 200, 404, 201, 400, 500, 409 };
	static uint8_t frame[IPC_FRAME_MAX];
	static struct uplink_msg m;
	static const struct pg_account account;
	struct pg_job job = {
		.job = 7, .op = ops[fuzz_octet(&data, &size) % ARRAY_LEN(ops)], .order_id = "ord_1", .amount_minor = 53000,
	};
	const int status = codes[fuzz_octet(&data, &size) % ARRAY_LEN(codes)];
	char *body = fuzz_text(data, size);
	const struct http_answer a = { .fate = HTTP_ANSWERED, .status = status, .body = body, .len = size, .why = "" };
	struct uplink_pg_result *r = &m.u.pg_result;

	m.type = uplink_type_pg_result;
	memset(r, 0xee, sizeof(*r));
	FUZZ_CHECK(!pg_json_connector.answer(&account, &job, &a, r));
	r->job = job.job;
	if (r->status == UPLINK_PG_OK && job.op == uplink_type_pg_pay)
		FUZZ_CHECK(status == 200 && r->amount_minor == 53000 && r->tid[0] != '\0');
	FUZZ_CHECK(uplink_encode(&m, frame, sizeof(frame)) > 0);
	free(body);
	return 0;
}
