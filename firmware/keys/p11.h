/* p11.h: one PKCS#11 module (Cryptoki 2.40) and the one token of it that is ours: loading, finding by label, initialising,
 * logging in, coming back after a lost session, and errors as words. What keys are is token_pkcs11.c. One thread.
 *
 * The user PIN is derived from the master key: whoever has the token's files or the token alone cannot log in. */
#ifndef KEYS_P11_H
#define KEYS_P11_H

#include <p11-kit/pkcs11.h>

#include "keys/token.h"

/* The user PIN of a token that holds no keys of ours yet: the ceremony changes it. It protects nothing. */
#define P11_EMPTY_PIN "callkey-empty"
enum { P11_PIN_SIZE = 40, P11_LABEL_SIZE = 33 };

struct p11_pins { bool known; char user[P11_PIN_SIZE], officer[P11_PIN_SIZE]; };
struct p11 {
	void *library;
	CK_FUNCTION_LIST *f;
	char label[P11_LABEL_SIZE];
	CK_SLOT_ID slot;
	bool initialised, session_open;
	bool barred;                                  /* the PIN was refused: not tried again before the next unlocking */
	bool lost;                                    /* was told in the log */
	CK_SESSION_HANDLE session;
	struct p11_pins *pins;                        /* locked */
	char *why;                                    /* TOKEN_WHY_SIZE: what went wrong last */
};

/* Loads the module and finds the token, or a slot that takes a new one. To be done before the process confines itself. why
 * must outlive p. ERR_NOT_FOUND, ERR_IO, ERR_NOMEM with why. */
int p11_open(struct p11 *p, const struct token_pkcs11_config *c, char *why) MUST_CHECK;
void p11_close(struct p11 *p);

/* Makes the token ours: one that is not initialised, or one with the PIN P11_EMPTY_PIN. ERR_DENIED with why: it is
 * somebody's. */
int p11_prepare(struct p11 *p, const uint8_t master[TOKEN_MASTER_SIZE]) MUST_CHECK;
/* ERR_DENIED with why: locked, a last try (which is left to the operator), another PIN. ERR_CLOSED: the token is gone. */
int p11_login(struct p11 *p, const uint8_t master[TOKEN_MASTER_SIZE]) MUST_CHECK;
void p11_logout(struct p11 *p);
/* Back to P11_EMPTY_PIN, when all objects are gone. */
int p11_give_up_pin(struct p11 *p) MUST_CHECK;

/* Is rv a session's or the token's loss? */
bool p11_is_lost(CK_RV rv);
/* Opens the session again with the PIN that is known. Handles of objects are new then. */
int p11_revive(struct p11 *p) MUST_CHECK;
/* Has the token the mechanism, with all of these CKF_ flags? */
bool p11_has(const struct p11 *p, CK_MECHANISM_TYPE mechanism, CK_FLAGS flags);
/* 0 for CKR_OK; else an error, and why in words: what is the function's name. */
int p11_result(struct p11 *p, const char *what, CK_RV rv) MUST_CHECK;

#endif
