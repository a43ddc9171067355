/* calls.h: the calls with a keypad: their open field, what is complete, what was typed ahead. All of it in locked memory,
 * bounded, wiped when the call ends, when arsd says so, when nobody touches it, when a neighbour is lost.
 *
 * Knows neither sockets nor the clock: time comes in, messages go out by the ports. What cannot be (a key of an unknown
 * call, a field opened twice) is counted and changes nothing. */
#ifndef KEYSTORED_CALLS_H
#define KEYSTORED_CALLS_H

#include <stddef.h>
#include <stdint.h>

#include "ipc/vault.h"
#include "keystored/field.h"
#include "keystored/issuers.h"
#include "lib/clock.h"
#include "lib/metrics.h"

enum { CALLS_ATTEMPTS_MAX = 3, CALLS_AHEAD_MAX = 24, CALLS_ERASURES_MAX = 20, CALLS_SEALS_MAX = 24 };

struct calls_ports {
	void (*field_closed)(void *context, uint64_t call, uint32_t field);
	void (*field_result)(void *context, const struct vault_field_result *m);
	void (*field_refused)(void *context, uint64_t call, uint32_t field, enum vault_status status);
	void *context;
};

/* Now: mono for idle times, the local year and month for expiry dates. */
struct calls_now { struct mono mono; int year, month; };

/* What a call has complete, borrowed until the next event; a kind of 0: not there. */
struct calls_record { const struct field *card, *expiry, *identity, *password2; };

struct calls;
/* idle_ms: how long what was typed stays without a touch. issuers and meters are borrowed. ERR_NOMEM: the memory cannot be
 * locked. */
int calls_new(size_t max_calls, int64_t idle_ms, const struct issuers *issuers, struct metrics *meters,
              const struct calls_ports *ports, struct calls **c) MUST_CHECK;
void calls_free(struct calls **c);
size_t calls_count(const struct calls *c);

/* ---- from trunkd ---- */
void calls_begin(struct calls *c, uint64_t call, const struct calls_now *now);
void calls_key(struct calls *c, uint64_t call, uint32_t field, char key, const struct calls_now *now);
void calls_timeout(struct calls *c, uint64_t call, uint32_t field, const struct calls_now *now);
void calls_end(struct calls *c, uint64_t call);
/* trunkd is lost or new: no call is left; arsd hears of those with an open field. */
void calls_reset(struct calls *c);

/* ---- from arsd ---- */
void calls_open(struct calls *c, const struct vault_field_open *m, const struct calls_now *now);
void calls_close(struct calls *c, uint64_t call);
void calls_wipe(struct calls *c, uint64_t call);
/* arsd is lost: what was typed serves nobody. The calls stay, with their attempts counted. */
void calls_wipe_all(struct calls *c);
/* To be sealed. VAULT_OK: *r is set; card number and expiry are complete, the other two perhaps. VAULT_BUSY: the call has had
 * CALLS_SEALS_MAX. */
enum vault_status calls_record(struct calls *c, uint64_t call, const struct calls_now *now, struct calls_record *r) MUST_CHECK;

/* Wipes what has been idle for too long. */
void calls_tick(struct calls *c, const struct calls_now *now);

#endif
