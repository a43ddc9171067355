/* api_once.c: what an Idempotency-Key stands for is done once, and answered as often as it is asked for 15 days. The key counts
 * for one merchant and one route; the hash of the message, the path's id with it, tells the same request from another. */
#include <stdio.h>
#include <string.h>

#include "arsd/api_priv.h"
#include "crypto/crypto.h"
#include "lib/log.h"
#include "lib/secret.h"

static const int64_t keep_ms = INT64_C(15) * 24 * 3600 * 1000;

int once_begin(struct api_ask *q, const char *route)
{
	static uint8_t frame[IPC_FRAME_MAX];
	static struct api_msg same;
	int n;

	q->route = route;
	snprintf(q->key, sizeof(q->key), "%s", q->m->u.head.idempotency_key);
	if (q->key[0] == '\0')
		return 0;
	same = *q->m;
	same.u.head.req = 0;
	secret_wipe(same.u.head.bearer, sizeof(same.u.head.bearer));
	same.u.head.idempotency_key[0] = '\0';
	same.u.head.client_address[0] = '\0';
	same.u.head.client_certificate[0] = '\0';
	n = api_encode(&same, frame, sizeof(frame));
	return n < 0 ? n : crypto_sha256(frame, (size_t)n, q->body_hash);
}

bool once_is_repeat(struct arsd *a, const struct api_ask *q)
{
	static char body[API_BODY_MAX + 1];
	struct problem p;
	uint16_t status;
	bool same;
	int e;

	if (q->key[0] == '\0')
		return false;
	if (create_is_under_way(a->api, q)) {
		problem_set(&p, 409, "idempotency_in_progress", "", "a request with this Idempotency-Key is being carried out");
		p.retry_after_s = 1;
		api_answer_problem(a, q, &p);
		return true;
	}
	e = store_idempotency_find(a->store, q->merchant.id.text, q->route, q->key, q->body_hash, &same, &status, body,
	                           sizeof(body));
	if (e == ERR_NOT_FOUND)
		return false;
	if (e == ERR_STATE && api_answer_locked(a, q))
		return true;
	if (e == ERR_STATE) {
		problem_set(&p, 422, "idempotency_key_reused", "", "the answer kept for this key was sealed by keys that are lost; look for what it made");
		api_answer_problem(a, q, &p);
	} else if (e < 0) {
		problem_store(&p);
		api_answer_problem(a, q, &p);
	} else if (same) {
		api_answer_text(a, q, status, body, strlen(body));
	} else {
		problem_set(&p, 422, "idempotency_key_reused", "", "this Idempotency-Key was used with another body");
		api_answer_problem(a, q, &p);
	}
	return true;
}

void once_keep(struct arsd *a, const struct api_ask *q, uint16_t status, const char *body)
{
	if (q->key[0] == '\0')
		return;
	if (store_idempotency_add(a->store, q->merchant.id.text, q->route, q->key, q->body_hash, status, body,
	                          (struct wall){ a->wall.ms + keep_ms }) < 0)
		log_error("idempotency_add", "merchant=%s route=\"%s\"", q->merchant.id.text, q->route);
}
