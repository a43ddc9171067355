/* custody.h: custodians come one after the other: to the ceremony, which makes the master key, to the unlocking, which
 * brings it back, and to the restoring of a backup. Nobody sees another's part; what was entered is in locked memory and wiped at the end, at a time-out, and
 * when it is broken off. Knows no terminal: who types is at keystored's keyctl.c.
 *
 * Ceremony. "deal": the parts are made here; each is shown once, to its custodian alone, who then enters it from paper.
 * "enter" (components only): custodians bring their own. Nothing is on the disk before the last step.
 *
 * Restoring: on an appliance without keys; the parts are held against the backup. Again nothing is on the disk before the last
 * step, and what the parts do not open is never written.
 *
 * Renewing and resharing: the keys are open, and two officers have agreed (keyring_agree). First as many custodians of before as open the keys;
 * their parts together must be the master key. Then new parts are dealt as in a ceremony: of another master key, under which all keys
 * are wrapped at the last step, or of the same one.
 *
 * Appointing: as many custodians of before as open the keys name two officers in place of those there are, of whom fewer than two may be left. At the
 * ceremony they name the first two, between the last part and the last step. */
#ifndef KEYS_CUSTODY_H
#define KEYS_CUSTODY_H

#include "keys/keyring.h"
#include "keys/shares.h"

enum custody_what { CUSTODY_NOTHING, CUSTODY_CEREMONY, CUSTODY_UNLOCK, CUSTODY_RESTORE, CUSTODY_RENEW, CUSTODY_RESHARE, CUSTODY_APPOINT };
enum { CUSTODY_IDLE_MS = 600000, CUSTODY_WRONG_MAX = 10 };

struct custody;
int custody_new(struct keyring *r, struct custody **c) MUST_CHECK;      /* ERR_NOMEM: no memory can be locked */
void custody_free(struct custody **c);
enum custody_what custody_what(const struct custody *c);
/* How many parts are in, of how many. */
void custody_progress(const struct custody *c, unsigned *in, unsigned *of);

/* Begins. deal: parts are made here. ERR_STATE: there are keys, or another act is under way; ERR_INVALID: not a scheme. */
int custody_ceremony(struct custody *c, enum keyfile_scheme scheme, unsigned needed, unsigned parts, bool deal, struct mono now,
                     char why[KEYFILE_WHY_SIZE]) MUST_CHECK;
/* Begins a renewing or a resharing. ERR_STATE: not open, or another act is under way; ERR_DENIED: nobody has agreed, or the token cannot. */
int custody_again(struct custody *c, enum keyring_change change, struct mono now, char why[KEYFILE_WHY_SIZE]) MUST_CHECK;
/* Begins an appointing. ERR_STATE: not open, or another act is under way. */
int custody_appoint(struct custody *c, struct mono now, char why[KEYFILE_WHY_SIZE]) MUST_CHECK;
/* Custodians name an officer, who types a password: in a ceremony or an appointing, when all parts are in. ERR_STATE: not now; ERR_INVALID,
 * ERR_EXISTS: the name or the password. 80 ms. */
int custody_officer(struct custody *c, const char *name, const char *password, struct mono now, char why[KEYFILE_WHY_SIZE]) MUST_CHECK;
/* Was the part that custody_part() took last the last one that was awaited, of those of before or of the new ones? */
bool custody_is_whole(const struct custody *c);
/* The next part, to be shown and written down. ERR_STATE: not now. */
int custody_deal(struct custody *c, struct mono now, char text[SHARE_TEXT_SIZE], char why[KEYFILE_WHY_SIZE]) MUST_CHECK;
/* A part as typed. In a ceremony the next one, which must be what was dealt; in the others any that is missing, and the first
 * begins an unlocking. kcv: the part's. ERR_CRYPTO: mistyped, or not this appliance's: counted; ERR_EXISTS: it is in already. */
int custody_part(struct custody *c, const char *text, struct mono now, uint8_t kcv[KEY_KCV_SIZE], char why[KEYFILE_WHY_SIZE]) MUST_CHECK;
/* Begins the restoring. ERR_INVALID: text is damaged, or of another token; ERR_STATE: there are keys, or another act is under way. */
int custody_restore(struct custody *c, const char *text, size_t len, struct mono now, char why[KEYFILE_WHY_SIZE]) MUST_CHECK;
/* The backup that is being restored; NULL. */
const struct backup_head *custody_backup(const struct custody *c);
/* The last step of all but the unlocking: all parts are in, and two officers are named, or at a ceremony none. unattended: a secret that opens the keys without custodians (32 bytes, to be
 * sealed by the operator), or NULL for none. master_kcv is what goes on the forms. */
int custody_commit(struct custody *c, uint8_t *unattended, struct wall wall, uint8_t master_kcv[KEY_KCV_SIZE],
                   char why[KEYFILE_WHY_SIZE]) MUST_CHECK;
/* The unlocking's last step is taken by custody_part() itself when enough parts are in. */
int custody_unattended(struct custody *c, const uint8_t secret[TOKEN_MASTER_SIZE], char why[KEYFILE_WHY_SIZE]) MUST_CHECK;
void custody_break_off(struct custody *c);
/* Breaks off what nobody has touched for CUSTODY_IDLE_MS. */
void custody_tick(struct custody *c, struct mono now);
/* Wrong parts and wrong keys since the last unlocking; over CUSTODY_WRONG_MAX the caller zeroises, where it is set so. */
unsigned custody_wrong(const struct custody *c);

#endif
