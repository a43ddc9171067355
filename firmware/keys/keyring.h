/* keyring.h: all keys of the appliance: made, loaded, used under their rules, rotated, ended. Between who uses a key
 * (keystored) and what does the cryptography (token.h) and what keeps it (keyfile.h). Every change is in the file before it
 * counts. The clock comes in; what happened goes out by the port, for the audit log.
 *
 * Empty: no key file, nothing can be done but create. Locked: the file is there, the master key is not. Open. */
#ifndef KEYS_KEYRING_H
#define KEYS_KEYRING_H

#include <stdbool.h>

#include "keys/backup.h"
#include "keys/gateway_key.h"
#include "keys/keyfile.h"

enum keyring_state { KEYRING_EMPTY, KEYRING_LOCKED, KEYRING_OPEN };

/* what: "use_refused" "generated" "imported" "exported" "state" "rewrapped" "created" "unlocked" "locked" "zeroised" "backed up"
 * "restored" "officer_added" "officers_appointed" "officer_removed" "unattended_ended" "master_renewed" "master_reshared".
 * An answer other than 0 stops what was about to be done (force-audit): nothing has happened then. detail: words, no key. */
typedef int keyring_note(void *context, const char *what, const struct key *k, const char *detail);
struct keyring_config {
	const char *path;
	struct token *token;                          /* owned by the ring from then on */
	keyring_note *note;
	void *context;
};

struct keyring;
/* Reads the file. ERR_INVALID with why: it is damaged, or made for another token. */
int keyring_new(const struct keyring_config *c, struct keyring **r, char why[KEYFILE_WHY_SIZE]) MUST_CHECK;
void keyring_free(struct keyring **r);            /* locks first */
enum keyring_state keyring_state(const struct keyring *r);
const struct keyfile_master *keyring_master(const struct keyring *r);
uint64_t keyring_generation(const struct keyring *r);
const char *keyring_token(const struct keyring *r);
unsigned keyring_can(const struct keyring *r);    /* enum token_can */
const char *keyring_token_why(const struct keyring *r);   /* what the token refused last, in words; "" nothing */

/* ---- the master key; ceremony.h tells where it comes from ---- */
/* officers: KEYFILE_OFFICERS_LEAST of them, or NULL. ERR_STATE: there are keys already. Makes wrapping, fingerprint, consent-signing, audit-signing, column and blind-index
 * keys, version 1, active; m's kcv is set here. A key that the token has no mechanism for is not made, and its use fails with
 * ERR_NOT_FOUND; the note "created" names it. */
int keyring_create(struct keyring *r, const uint8_t master[TOKEN_MASTER_SIZE], const struct keyfile_master *m,
                   const struct keyfile_officer *officers, struct wall now, char why[KEYFILE_WHY_SIZE]) MUST_CHECK;
/* ERR_CRYPTO: not the master key of this file, or the file was changed. */
int keyring_unlock(struct keyring *r, const uint8_t master[TOKEN_MASTER_SIZE], char why[KEYFILE_WHY_SIZE]) MUST_CHECK;
void keyring_lock(struct keyring *r);
/* Keys gone from memory and disk; the ring is empty then. Does all it can even where part of it fails. */
int keyring_zeroise(struct keyring *r) MUST_CHECK;

/* ---- the master key, another one or in other hands: two officers agree, then custodians come (custody.h) ---- */
enum keyring_change { KEYRING_NO_CHANGE, KEYRING_RENEW, KEYRING_RESHARE };
/* What officers have agreed to: another master key, or the one there is, held by so many parts. */
struct keyring_agreed { enum keyring_change change; enum keyfile_scheme scheme; unsigned needed, parts; struct mono until; };
/* Holds until its time is over, the change is made, or the keys are locked; the last agreement counts. */
void keyring_agree(struct keyring *r, const struct keyring_agreed *a);
/* NULL: nothing is agreed any more. */
const struct keyring_agreed *keyring_agreed(const struct keyring *r, struct mono now);
/* Is it the master key of this ring? ERR_STATE: the ring is not open. ERR_CRYPTO: it is not. */
/* Can the token keep its keys under another master key? ERR_DENIED with why. */
int keyring_may_renew(const struct keyring *r, char why[KEYFILE_WHY_SIZE]) MUST_CHECK;
int keyring_is_master(const struct keyring *r, const uint8_t master[TOKEN_MASTER_SIZE]) MUST_CHECK;
/* The ring under another master key, in one write of the file: a new wrapping key, all others wrapped under it; older wrapping keys are
 * destroyed, for nothing is under them. m: who holds the master key; its kcv is set here. ERR_DENIED: the token cannot. After an error
 * all is as before; keyring_is_unsure() tells whether the disk will have it so. */
int keyring_renew(struct keyring *r, const uint8_t master[TOKEN_MASTER_SIZE], const struct keyfile_master *m, struct wall now,
                  char why[KEYFILE_WHY_SIZE]) MUST_CHECK;
/* The same master key, held by others from now on. */
int keyring_reshare(struct keyring *r, const struct keyfile_master *m, char why[KEYFILE_WHY_SIZE]) MUST_CHECK;

/* ---- backup (backup.h) ---- */
/* text: malloc'd, the caller's. ERR_STATE: not open. */
int keyring_backup(struct keyring *r, const char *box, struct wall now, char **text, char why[KEYFILE_WHY_SIZE]) MUST_CHECK;
/* Is this an appliance for it? ERR_STATE with why: there are keys, and how they stand to the backup's; ERR_INVALID: another token. */
int keyring_may_restore(const struct keyring *r, const struct backup_head *h, char why[KEYFILE_WHY_SIZE]) MUST_CHECK;
/* Writes the keys of a backup, after each was opened here, and opens them; f is taken. ERR_STATE: not empty. ERR_CRYPTO: one does
 * not open. After ERR_IO all is as before. */
int keyring_restore(struct keyring *r, const uint8_t master[TOKEN_MASTER_SIZE], struct keyfile *f, char why[KEYFILE_WHY_SIZE]) MUST_CHECK;
/* While the audit log cannot be written, no key is used but the one that signs it: ERR_STATE. */
void keyring_halt(struct keyring *r, bool halted);
/* Is the file read now, but a failure of power may bring the one before it, or one whose write was refused? Then what opened either is kept. */
bool keyring_is_unsure(const struct keyring *r);
/* Writes the file once more, as it is, where it is unsure and the keys are open; ERR_IO: it stays so. */
int keyring_settle(struct keyring *r, char why[KEYFILE_WHY_SIZE]) MUST_CHECK;
/* Open, and not halted. */
bool keyring_is_ready(const struct keyring *r);

/* ---- use: (name, version); version 0: the active one, *used tells which ---- */
struct keyring_ask { const char *name; uint32_t version; enum key_usage usage; enum key_caller caller; struct wall now; };
/* ERR_STATE: not open. ERR_NOT_FOUND: no such key. ERR_DENIED: outside its rule; noted. */
int keyring_mac(struct keyring *r, const struct keyring_ask *a, const void *data, size_t len, uint8_t mac[32], uint32_t *used) MUST_CHECK;
int keyring_seal(struct keyring *r, const struct keyring_ask *a, const void *aad, size_t aad_len, const void *clear, size_t len,
                 uint8_t *out, uint32_t *used) MUST_CHECK;
int keyring_open(struct keyring *r, const struct keyring_ask *a, const void *aad, size_t aad_len, const uint8_t *sealed, size_t len,
                 void *out, size_t size) MUST_CHECK;
int keyring_sign(struct keyring *r, const struct keyring_ask *a, const void *data, size_t len, uint8_t signature[TOKEN_SIGNATURE_SIZE],
                 uint32_t *used) MUST_CHECK;
int keyring_public(struct keyring *r, const char *name, uint32_t version, uint8_t key[TOKEN_PUBLIC_SIZE]) MUST_CHECK;
int keyring_pem(struct keyring *r, const struct keyring_ask *a, char *pem, size_t size, uint32_t *used) MUST_CHECK;
/* The length of the NUL-terminated encData in out, bound to what it is for (crypto/encdata.h). */
int keyring_encdata(struct keyring *r, const struct keyring_ask *a, const struct token_encdata *e, char *out, size_t size) MUST_CHECK;
/* Which of a gateway's keys seals (gateway_key.h); borrowed until the next change. */
struct gateway_choice keyring_choose(const struct keyring *r, const struct gateway_ask *a);

/* ---- life: by officers (officers.h checks that two agree) ---- */
const struct key *keyring_find(const struct keyring *r, const char *name, uint32_t version);   /* 0: the active one; NULL */
int keyring_each(const struct keyring *r, int (*fn)(const struct key *k, void *context), void *context) MUST_CHECK;
/* The next version of name, pre-active, its cryptoperiod from from on by the rule's days. ERR_INVALID: name or usage. */
int keyring_generate(struct keyring *r, const char *name, enum key_usage usage, struct wall from, struct wall now, char why[KEYFILE_WHY_SIZE]) MUST_CHECK;
/* What comes from outside. kid: of a gateway's key, "" of others. until 0: the rule's days. */
struct keyring_given { const char *name, *kid; enum key_usage usage; enum key_algorithm algorithm; const uint8_t *clear; size_t len; struct wall from, until; };
/* ERR_EXISTS: the gateway has a key of this kid that may still act. */
int keyring_import(struct keyring *r, const struct keyring_given *g, struct wall now, char why[KEYFILE_WHY_SIZE]) MUST_CHECK;
int keyring_block_export(struct keyring *r, const char *name, uint32_t version, const char *transport, char *block, size_t size,
                         struct wall now, char why[KEYFILE_WHY_SIZE]) MUST_CHECK;
int keyring_block_import(struct keyring *r, const char *name, enum key_usage usage, const char *transport, const char *block,
                         struct wall now, char why[KEYFILE_WHY_SIZE]) MUST_CHECK;
/* ERR_STATE: the state cannot follow. Activating retires the version that was active, unless several may be. A destroyed key
 * keeps its line, without the key. A new wrapping key, activated, wraps all others again in the same write. */
int keyring_set_state(struct keyring *r, const char *name, uint32_t version, enum key_state state, struct wall now, char why[KEYFILE_WHY_SIZE]) MUST_CHECK;
/* Officers are in the key file: under its MAC, in its backup, gone with it (officers.h). ERR_EXISTS, ERR_NOT_FOUND,
 * ERR_EXHAUSTED; ERR_STATE: not open. */
size_t keyring_officers(const struct keyring *r, const struct keyfile_officer **list);
bool keyring_is_officer(const struct keyring *r, const char *name);
/* KEYFILE_OFFICERS_LEAST of them in place of all there are. */
int keyring_appoint(struct keyring *r, const struct keyfile_officer *officers, char why[KEYFILE_WHY_SIZE]) MUST_CHECK;
int keyring_add_officer(struct keyring *r, const struct keyfile_officer *o, char why[KEYFILE_WHY_SIZE]) MUST_CHECK;
int keyring_remove_officer(struct keyring *r, const char *name, char why[KEYFILE_WHY_SIZE]) MUST_CHECK;
/* Change of policy: from now on custodians come at each start. */
int keyring_end_unattended(struct keyring *r, char why[KEYFILE_WHY_SIZE]) MUST_CHECK;
/* Active keys whose cryptoperiod ends before at, and that none follows by itself: how many, and the first one. For alarms. */
size_t keyring_expiring(const struct keyring *r, struct wall at, const struct key **first);

#endif
