/* attempts.h: exchanges with the PG. An attempt is stored before it is sent; without a usable answer it is unknown, and is
 * asked after until the PG says a definite thing: approved, declined, or undone (net-cancelled). Never is there a second
 * attempt of a request while one is open.
 *
 * What is in memory beside the store is a flight: the sealed card that waits to be sent, the question under way, the
 * pauses. All of it can be lost and made again from the store by attempts_recover(). */
#ifndef ARSD_ATTEMPTS_H
#define ARSD_ATTEMPTS_H

#include "arsd/arsd.h"

int attempts_new(struct arsd *a, struct attempts **t) MUST_CHECK;
void attempts_free(struct attempts **t);

/* Intends an exchange for r, which is in a call: verb "verify" or "pay". sealed: the card comes from the call's keypad:
 * keystored is asked to seal it, and what it seals is sent. Otherwise the request's billing key is charged.
 * line_call: who waits for the outcome (calls_outcome()). r is stored. */
int attempts_begin(struct arsd *a, struct request *r, const char *verb, bool sealed, uint64_t line_call) MUST_CHECK;
/* The same for a payment without a call. */
int attempts_charge(struct arsd *a, struct request *r) MUST_CHECK;

/* Takes back the exchange of r, which is at the PG by its state, if it surely has not left: r is in a call then (or would be), and
 * nobody waits for an outcome. False: it may have left. */
bool attempts_withdraw(struct arsd *a, struct request *r);

void attempts_sealed(struct arsd *a, const struct vault_sealed *m);
void attempts_result(struct arsd *a, const struct uplink_pg_result *m);
/* The caller no longer listens: the result goes by SMS. */
void attempts_forget_call(struct arsd *a, uint64_t line_call);
void attempts_keystore_lost(struct arsd *a);
/* What waited for the data keys of the store goes on. */
void attempts_columns_open(struct arsd *a);
void attempts_uplink_up(struct arsd *a);
void attempts_uplink_lost(struct arsd *a);
/* What is due: pauses and time-outs. */
void attempts_tick(struct arsd *a);
/* Forgets all flights and makes new ones of what the store has open: at start, and after a lost turn. */
void attempts_recover(struct arsd *a);
/* Before the next question to a PG, after so many: ever longer, so that one in trouble is not made worse. */
int64_t attempts_pause_ms(struct arsd *a, uint32_t tries);
/* Does the PG speak of another amount or currency than was asked? What it does not speak of does not differ. */
bool attempts_money_differs(const struct money *asked, const struct uplink_pg_result *m);
/* Is this a job number of ours (and not one of the outbox)? */
bool attempts_owns_job(uint64_t job);

#endif
