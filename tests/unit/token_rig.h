/* token_rig.h: every back-end of token.h for the same tests: OpenSSL, SoftHSM2, and NSS's softokn, which shares no line with
 * it. Tokens stand in a folder of the test. */
#ifndef TEST_TOKEN_RIG_H
#define TEST_TOKEN_RIG_H

#include "keys/token.h"

#define RIG_SOFTHSM "/usr/lib/softhsm/libsofthsm2.so"
#define RIG_SOFTOKN "/usr/lib/" TOKEN_RIG_TRIPLET "/libsoftokn3.so"
#define RIG_LABEL "callkey test"
#if defined(__aarch64__)
#define TOKEN_RIG_TRIPLET "aarch64-linux-gnu"
#else
#define TOKEN_RIG_TRIPLET "x86_64-linux-gnu"
#endif

enum rig_back_end { RIG_OPENSSL, RIG_PKCS11_SOFTHSM, RIG_PKCS11_SOFTOKN, RIG_BACK_ENDS };

/* The one that token_rig_open() opens; TOKEN_RIG_WORDS names it. */
extern enum rig_back_end token_rig_back_end;
const char *token_rig_name(void);
/* The module's configuration; its folders below folder are made. */
struct token_pkcs11_config token_rig_config(const char *folder);
/* The token of the chosen back-end in folder: made there the first time, the same again afterwards. */
struct token *token_rig_open(const char *folder);
/* Removes folder and all below it. */
void token_rig_remove(const char *folder);

#endif
