/* attempts_priv.h: a flight, between attempts.c that begins and moves it, attempts_send.c that asks, attempts_answer.c that
 * hears, and settle.c that ends it. */
#ifndef ARSD_ATTEMPTS_PRIV_H
#define ARSD_ATTEMPTS_PRIV_H

#include "arsd/attempt.h"
#include "arsd/attempts.h"

enum flight_phase {
	FLIGHT_SEALING,           /* keystored makes the sealed card */
	FLIGHT_READY,             /* to be sent when uplinkd is there */
	FLIGHT_ASKED,
	FLIGHT_QUERY_PAUSE, FLIGHT_QUERIED,
	FLIGHT_UNDO_PAUSE, FLIGHT_UNDOING,
};
struct flight {
	struct flight *next;
	uint64_t serial, line_call;       /* line_call 0: nobody waits on the line */
	char order_id[ID_SIZE], verb[12], pg[32];
	struct id request;
	enum flight_phase phase;
	struct mono due, give_up;         /* give_up: unsent until then, never sent */
	struct mono lost;                 /* its answer was given up, in this arsd's life: whatever was sent was sent before */
	uint32_t tries;
	uint8_t *jwe;                     /* sealed for the PG; NULL: the billing key is charged, or it was before a start */
	uint32_t jwe_len;
	uint8_t fingerprint[VAULT_FINGERPRINT_SIZE];
	bool counted;                     /* as an entry of the card, on counted_day (tries.h) */
	int64_t counted_day;
};
struct attempts { struct flight *first; int count; uint64_t serial; };

/* ---- attempts_send.c ---- */
enum flight_question { ASKED_ORDER = 0, ASKED_QUERY = 1, ASKED_CANCEL = 2 };      /* the low bits of a job number */
enum { FLIGHT_RESEND_MS = 1000 };
uint64_t flight_serial_of(uint64_t job);
void flight_wait(struct arsd *a, struct flight *f, enum flight_phase phase, int64_t ms);
/* Stores "sent", then sends: the frame leaves after the commit. */
void flight_send_order(struct arsd *a, struct flight *f);
void flight_send_query(struct arsd *a, struct flight *f);
void flight_send_cancel(struct arsd *a, struct flight *f);

/* ---- attempts_answer.c ---- */
/* Nobody knows what became of the order: it will be asked after. */
void flight_no_answer(struct arsd *a, struct flight *f);

/* ---- attempts.c ---- */
struct flight *flight_find(struct arsd *a, uint64_t serial);      /* NULL: it is over */
struct flight *flight_add(struct arsd *a, const struct request *r, const struct attempt *t);
void flight_free(struct arsd *a, struct flight *f);

/* ---- settle.c ---- */
/* Moves the stored attempt. answer (may be NULL): what to keep of it. ERR_STATE: it means nothing (any more). */
int flight_event(struct arsd *a, struct flight *f, enum attempt_event e, const struct uplink_pg_result *answer) MUST_CHECK;
/* Definite ends: each frees the flight, moves the request, and tells the caller, or the customer by SMS. */
void flight_settle(struct arsd *a, struct flight *f, const struct uplink_pg_result *answer);     /* approved or declined */
void flight_undone(struct arsd *a, struct flight *f, const struct uplink_pg_result *answer);
void flight_give_up(struct arsd *a, struct flight *f, const char *code);                         /* never sent */
/* No end yet: the request says that it is unknown. */
void flight_unknown(struct arsd *a, struct flight *f);

#endif
