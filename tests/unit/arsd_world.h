/* arsd_world.h: arsd without its sockets: a store in memory, the real scenarios, and neighbours that the test plays. Every
 * world_* input is one turn, committed at its end. */
#ifndef TESTS_ARSD_WORLD_H
#define TESTS_ARSD_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "arsd/arsd.h"
#include "json/json.h"

enum { WORLD_KEPT = 256, WORLD_SIGNS = 16 };
struct world {
	struct arsd a;
	char folder[64];
	char api_key[96], merchant[ID_SIZE];
	bool line_up;                             /* the speech worker and uplinkd answer by themselves unless told otherwise */
	bool speech_waits, sms_waits, webhook_waits;
	bool lost;                                /* turns do not end any more: the next world_crash() loses what they wrote */
	uint64_t speech_waiting[WORLD_KEPT];
	int speech_count;
	/* what arsd sent last */
	struct callctl_play play;
	uint8_t hangup_cause, reject_cause;       /* 0: none yet */
	bool answered, wiped;
	struct vault_field_open field;
	struct vault_seal seal;
	struct vault_sign sign[WORLD_SIGNS];      /* the last ask for each number, by its remainder */
	int sign_count;
	struct uplink_msg pg;                     /* the last PG job; type 0: none since taken */
	int pg_count;
	struct uplink_msg sms[WORLD_KEPT];
	struct uplink_msg hooks[WORLD_KEPT];
	struct uplink_pg_expire_key expire;
	int sms_count, hook_count, expire_count, receipts_taken;
	struct api_answer answer;
	int answer_count;
	uint8_t card;                             /* of the fingerprint that keystored gives; 0: 0x5a */
	char admin[4096];
	uint16_t admin_status;
};

/* settings: more lines for the arsd group of callkey.cfg, or "". */
struct world *world_new(const char *settings);
void world_free(struct world **w);
void world_turn(struct world *w);                         /* the turn's end; the commit must succeed */
void world_wait(struct world *w, int64_t ms);             /* time goes by, in ticks of 100 ms */
/* A new arsd on the same store, as after a crash. */
void world_crash(struct world *w);
void world_merchant(struct world *w, const char *options);

/* ---- merchant ---- */
struct api_msg *world_registration(const char *phone);   /* a valid one, to be changed; static */
struct api_msg *world_payment(const char *billing_key, const char *order_id, int64_t amount);
void world_ask(struct world *w, struct api_msg *m);
/* A text member of the last answer; path like "card.last4". "" for null. */
const char *world_answered(struct world *w, const char *path);
struct request world_request(struct world *w, const char *id);
/* Asks, and fails unless it is made. */
struct request world_made(struct world *w, struct api_msg *m);
/* The n-th webhook from the end has this type; what became of text messages is left out. */
void world_expect_hook(struct world *w, int from_end, const char *type);
int world_hooks_of(struct world *w, const char *type);

/* ---- the command line ---- */
/* The answer, the caller's; NULL: refused, admin says why. */
json_t *world_admin(struct world *w, const char *verb, const char *argument);

/* ---- line ---- */
struct callctl_call_offered world_offer(uint64_t call, const char *caller, const char *called);
void world_offered(struct world *w, const struct callctl_call_offered *m);
/* offered, answered, up */
void world_call(struct world *w, uint64_t call, const char *caller, const char *called);
void world_played(struct world *w, uint64_t call);
void world_press(struct world *w, uint64_t call, char key);
void world_silence(struct world *w, uint64_t call);
void world_hang_up(struct world *w, uint64_t call);
/* The last play holds this prompt. */
void world_expect_heard(struct world *w, const char *prompt);
void world_expect_not_heard(struct world *w, const char *prompt);

/* ---- keystored, uplinkd ---- */
void world_field(struct world *w, uint64_t call, enum vault_result result);
/* Card number, expiry, identity and password are complete. */
void world_type_card(struct world *w, uint64_t call, const char *last4, enum card_type type);
void world_sealed(struct world *w, uint64_t call, enum vault_status status);
struct uplink_pg_result world_ok(const char *billing_key);          /* for verify: the key; for pay: "" or a kept key */
struct uplink_pg_result world_declined(enum uplink_decline class, const char *code);
/* uplinkd says that this is its only gateway, and what it can. At first there is "sandbox", which can all. */
void world_gateway(struct world *w, const char *name, unsigned can, int64_t least_minor);
/* Answers the last PG job. */
void world_pg(struct world *w, struct uplink_pg_result result);
void world_pg_status(struct world *w, enum uplink_pg_status status);

/* keystored signs the consent of this number, as it was last asked to. */
void world_sign(struct world *w, uint64_t number);

/* ---- whole stretches ---- */
/* A live registration of a phone; its id and number by world_answered(). */
struct request world_registered_request(struct world *w, const char *phone);
/* The customer of r calls: consents, types the card, confirms it, and it is sealed; the PG has it. */
void world_register_card(struct world *w, uint64_t call, const struct request *r, const char *last4, enum card_type type);
/* A registration carried through; returns its billing key. */
struct id world_billing_key(struct world *w, const char *phone, const char *last4, enum card_type type);

#endif
