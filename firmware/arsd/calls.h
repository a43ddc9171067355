/* calls.h: the calls of the line. A call is answered neutrally, held against the lease, and then led by its scenario; what
 * the scenario wants done is done here. Calls are known by trunkd's number. */
#ifndef ARSD_CALLS_H
#define ARSD_CALLS_H

#include "arsd/arsd.h"

int calls_new(struct arsd *a, struct calls **c) MUST_CHECK;
void calls_free(struct calls **c);
int calls_count(const struct calls *c);

/* ---- from trunkd ---- */
void calls_offered(struct arsd *a, const struct callctl_call_offered *m);
void calls_up(struct arsd *a, uint64_t line_call);
void calls_ended(struct arsd *a, const struct callctl_call_ended *m);
void calls_play_ended(struct arsd *a, const struct callctl_play_ended *m);
void calls_menu_key(struct arsd *a, const struct callctl_menu_key *m);
void calls_key_timeout(struct arsd *a, const struct callctl_key_timeout *m);
void calls_line_lost(struct arsd *a);                  /* trunkd is gone, and all its calls */

/* ---- from keystored ---- */
void calls_field_result(struct arsd *a, const struct vault_field_result *m);
void calls_field_refused(struct arsd *a, const struct vault_field_refused *m);
void calls_keystore_lost(struct arsd *a);

/* ---- from the PG's side ---- */
/* How the exchange ended that the call waits for: "ok" "input" "declined" "system". */
void calls_outcome(struct arsd *a, uint64_t line_call, const char *outcome);
/* The call cannot go on: "keystore_lost". */
void calls_fault(struct arsd *a, uint64_t line_call, const char *why);
/* The merchant has taken back the request of the call with this public id: the caller hears so. false: nobody is on that line, or the
 * call had come to its end. */
bool calls_withdraw(struct arsd *a, const char *call_id);
/* The PG declined what was typed. May this caller type once more? (Card companies block a card after three errors.) */
bool calls_may_type_again(struct arsd *a, uint64_t line_call);

/* What is due: slowed refusals, waits for the PG, the longest call. */
void calls_tick(struct arsd *a);
/* A turn was lost: calls that moved in it no longer agree with the store and are hung up. */
void calls_turn_failed(struct arsd *a);
void calls_turn_done(struct arsd *a);
/* Is there a call with this public id in memory? */
bool calls_is_live(const struct arsd *a, const char *call_id);
/* Calls fn with each, newest first. */
void calls_each(const struct arsd *a, void (*fn)(const struct call_record *r, void *context), void *context);

#endif
