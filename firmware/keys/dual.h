/* dual.h: dual control (PCI DSS 3.7.6): what changes keys is proposed by one officer and confirmed by another within a time.
 * Proposals are in locked memory alone: a restart forgets them. Each step is in the audit log before it counts. */
#ifndef KEYS_DUAL_H
#define KEYS_DUAL_H

#include "keys/audit.h"
#include "keys/officers.h"

enum { DUAL_MAX = 16, DUAL_ARGS_SIZE = 400, DUAL_PAYLOAD_SIZE = 1100, DUAL_ACT_SIZE = 24, DUAL_TEXT_SIZE = 2048 };

/* args: NAME=VALUE lines. payload: what is imported, an officer's password; len 0: none. */
struct dual_ask { const char *act, *args; const uint8_t *payload; size_t len; };
/* what: the act and its arguments in one line, as the audit log has it too. */
struct dual_seen { unsigned id; const char *by, *what; int64_t left_ms; };

/* A gateway of the configuration, and the usage that its protocol wants of its keys. */
struct dual_gateway { char name[KEY_GATEWAY_MAX + 1]; enum key_usage usage; };

struct dual;
/* ring and audit are borrowed. valid_ms: how long a proposal waits. ERR_NOMEM: no memory can be locked. */
int dual_new(struct keyring *r, struct audit *a, int64_t valid_ms, struct dual **d) MUST_CHECK;
/* Borrowed. No key of another usage is imported for these; of a gateway that is none of them nothing is known. */
void dual_know_gateways(struct dual *d, const struct dual_gateway *list, size_t count);
void dual_free(struct dual **d);

/* by, of officers_check(), is copied. ERR_INVALID, ERR_NOT_FOUND: the act or its arguments; ERR_EXHAUSTED: too many wait;
 * ERR_IO: the audit log. */
int dual_propose(struct dual *d, const char *by, const struct dual_ask *ask, struct mono now, unsigned *id, char why[KEYFILE_WHY_SIZE]) MUST_CHECK;
/* Does it. ERR_DENIED: by proposed it; ERR_NOT_FOUND: there is none of this number, or its time is over; otherwise what the act
 * says; the proposal is gone then as well. payload: the second half, where the act takes one from each. text: what came out. */
int dual_confirm(struct dual *d, const char *by, unsigned id, const uint8_t *payload, size_t len, struct mono now, char text[DUAL_TEXT_SIZE],
                 char why[KEYFILE_WHY_SIZE]) MUST_CHECK;
/* Any officer may. */
int dual_withdraw(struct dual *d, const char *by, unsigned id, char why[KEYFILE_WHY_SIZE]) MUST_CHECK;
int dual_each(const struct dual *d, struct mono now, int (*fn)(const struct dual_seen *p, void *context), void *context) MUST_CHECK;
/* All that waits is withdrawn: who proposed it may be no officer any more. */
void dual_withdraw_all(struct dual *d);
/* Ends what nobody confirmed in time. */
void dual_tick(struct dual *d, struct mono now);

#endif
