/* calls_priv.h: one call, between calls.c (its life), call_offer.c (its beginning), call_feed.c (its scenario) and call_actions.c (what
 * a scenario may have done). */
#ifndef ARSD_CALLS_PRIV_H
#define ARSD_CALLS_PRIV_H

#include "arsd/calls.h"
#include "arsd/holder.h"
#include "arsd/withdrawal.h"

enum call_wait { CALL_WAIT_NONE, CALL_WAIT_SLOW, CALL_WAIT_PG };

struct call {
	struct call *next, *next_touched;
	struct call_record record;
	struct scenario_run run;
	uint32_t play, last_words;        /* the play that plays; the one after which we hang up, 0 none yet */
	uint8_t cause;                    /* to hang up with */
	uint8_t input_declines, months;
	uint64_t free_said;               /* bit n: n months were offered free of interest; then they are charged so or not at all */
	uint32_t notes;                   /* lines in its timeline */
	bool up, passed, slow, touched, feeding, hung_up;
	bool keypad_used;                 /* keystored holds something of it */
	bool other_card, keep;
	struct card_mask typed;
	struct card_mask named, agreed;   /* the registered card as the menu under way has it, and as it was when the caller agreed to pay */
	char asked[SAY_SIZE];             /* what that menu said */
	struct withdrawal *withdrawal;    /* owned; NULL: no such call, or the holder check has not passed */
	enum call_wait wait;
	struct mono wait_until, limit;
	const char *lost;                 /* why it ends, when not as its scenario says */
	const char *outcome, *fault;      /* came while feeding: to be fed next */
};
enum { CALLS_BUCKETS = 1024 };
struct calls { struct call *bucket[CALLS_BUCKETS], *touched; int count; };

/* Q.850 */
enum { CAUSE_UNALLOCATED = 1, CAUSE_NORMAL = 16, CAUSE_REJECTED = 21, CAUSE_TEMPORARY = 41 };

/* A call to be answered. kind: of its scenario; slow: whom it refuses waits for that. NULL: out of memory. */
struct call *call_add(struct arsd *a, const struct call_record *r, int kind, bool slow);
struct call *call_find(struct arsd *a, uint64_t line_call);
/* The turn's changes to this call are lost with the turn. */
void call_touch(struct arsd *a, struct call *c);
void call_hang_up(struct arsd *a, struct call *c, uint8_t cause);
/* A line of the timeline. A caller who presses keys for ever does not make it endless: steps, prompts and keys are left out
 * then, outcomes never. */
void call_note(struct arsd *a, struct call *c, const char *what, const char *detail);
/* Gives an event to the scenario and carries out what it wants, until it waits for something. */
void call_feed(struct arsd *a, struct call *c, const struct scenario_event *e);
/* What was typed has served: keystored need not wait for the hang-up to forget it, nor the call end when keystored is lost. */
void call_wipe(struct arsd *a, struct call *c);
/* The request of a call that has passed the holder check. ERR_NOT_FOUND before. */
int call_request(struct arsd *a, const struct call *c, struct request *r) MUST_CHECK;
/* The same, while the request is in this very call: a later one may have it by now. */
bool call_holds(struct arsd *a, const struct call *c, struct request *r);

/* ---- call_actions.c ---- */
/* What the network and the leases say of this caller now. The lease's request goes to r when there is one. */
enum holder_verdict call_verdict(struct arsd *a, const struct call_record *c, struct request *r);
/* Starts an action. The outcome, when it is known at once; NULL: it comes later. */
const char *call_act(struct arsd *a, struct call *c, const char *action);
/* The scenario has come to an end state: what that means for the request. */
void call_reached_end(struct arsd *a, struct call *c, const char *state);
void call_consent(struct arsd *a, struct call *c, const struct scenario_effect *e);
void call_means(struct arsd *a, struct call *c, const char *meaning);

#endif
