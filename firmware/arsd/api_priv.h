/* api_priv.h: between api.c (who asks, reading) and api_create.c (making). */
#ifndef ARSD_API_PRIV_H
#define ARSD_API_PRIV_H

#include "arsd/api.h"
#include "json/json.h"

/* RFC 9457, as apid will word it. */
struct problem { uint16_t status; char code[48], detail[300], field[80]; uint32_t retry_after_s; };

/* A request that is being made; it waits for the sound of its names. */
struct create {
	struct create *next;
	uint64_t peer, req;
	struct merchant merchant;
	struct request request;
	char route[32], key[301];
	uint8_t body_hash[32];
	uint64_t speech[2];               /* jobs under way, 0: none */
	bool speech_failed;
	const char *silent;               /* the member whose name has no sound, or NULL */
	struct mono give_up;
};
struct answered { uint64_t peer, req; };
struct api {
	struct create *first;
	uint64_t speech_number;
	struct answered *answered;        /* in this turn */
	size_t answered_count, answered_room;
	struct api_msg out;               /* scratch: one is 60 KB */
};

void api_answer_text(struct arsd *a, uint64_t peer, uint64_t req, uint16_t status, const char *body, size_t len);
/* Takes the object. */
void api_answer_json(struct arsd *a, uint64_t peer, uint64_t req, uint16_t status, json_t *o);
void api_answer_problem(struct arsd *a, uint64_t peer, uint64_t req, const struct problem *p);
/* Fills a problem and returns ERR_INVALID, for tail calls. field: a JSON Pointer or "". */
int problem_set(struct problem *p, uint16_t status, const char *code, const char *field, const char *fmt, ...) PRINTF_LIKE(5, 6);

void api_registration_create(struct arsd *a, uint64_t peer, const struct api_msg *m);
void api_payment_create(struct arsd *a, uint64_t peer, const struct api_msg *m);
/* ERR_DENIED with the problem set: nobody's key. */
int api_authenticate(struct arsd *a, const char *bearer, struct merchant *m, struct problem *p) MUST_CHECK;

/* ---- api_check.c: a message into a request. Pure but for the billing key's look-up. ---- */
int api_check_registration(struct arsd *a, const struct merchant *m, const struct api_registration_create *c,
                           struct request *r, struct problem *p) MUST_CHECK;
int api_check_payment(struct arsd *a, const struct merchant *m, const struct api_payment_create *c, struct request *r,
                      struct problem *p) MUST_CHECK;
/* "2,3,6" into months, 0-ended: ascending, 2..36, at most as many as a menu has keys for. */
int api_read_months(const char *text, uint8_t months[REQUEST_ALLOWED_MAX]) MUST_CHECK;

#endif
