/* token.h: what does the cryptography: OpenSSL with keys wrapped in our own file (token_openssl.c), or a PKCS#11 module
 * (token_pkcs11.c), SoftHSM2 in tests and a real HSM by configuration. One interface; what a token cannot do it says at
 * start, and nobody does it in software in its place.
 *
 * A token holds key material under slots. wrapped is what the key file keeps of a key: with OpenSSL the key itself,
 * AES-256-GCM under the wrapping key or the master key and bound to its name, version, usage and algorithm; with PKCS#11
 * an object's CKA_ID, and of a public key its text. No function gives a clear key out. */
#ifndef KEYS_TOKEN_H
#define KEYS_TOKEN_H

#include <stddef.h>

#include "keys/key.h"

enum { TOKEN_SLOTS_MAX = 256, TOKEN_MASTER_SIZE = 32, TOKEN_SIGNATURE_SIZE = 64, TOKEN_PUBLIC_SIZE = 32, TOKEN_ENCDATA_SIZE = 32 };
enum token_can {
	TOKEN_CAN_HMAC = 1, TOKEN_CAN_GCM = 2, TOKEN_CAN_CMAC = 4, TOKEN_CAN_ED25519 = 8, TOKEN_CAN_KEY_BLOCK = 16,
	TOKEN_CAN_IMPORT = 32, TOKEN_CAN_RENEW = 64 /* remaster */,
	TOKEN_CAN_ALL = 127,
};
enum { TOKEN_WHY_SIZE = 240, TOKEN_WORDS_SIZE = 64 };
/* What is sealed as encData (crypto/encdata.h), and for what. */
struct token_encdata { const char *purpose, *order_id; const void *clear; size_t len; };
struct token_wrapped { size_t len; uint8_t data[KEY_WRAPPED_MAX]; };

struct token;
/* slot: a number of the token's own for a loaded key. Errors: ERR_CRYPTO (refused, no detail), ERR_NOT_FOUND (no such
 * object), ERR_DENIED (locked, or the token's own policy), ERR_EXHAUSTED, ERR_NOMEM. */
struct token_ops {
	const char *name;
	unsigned (*can)(const struct token *t);                         /* of enum token_can; valid after unlock */
	/* Before the first unlocking with a new master key: PKCS#11 initialises its token, or takes an empty one. ERR_DENIED: it is
	 * not empty. */
	int (*prepare)(struct token *t, const uint8_t master[TOKEN_MASTER_SIZE]);
	/* The end of all keys, of those too that no file names: ready for another prepare(). ERR_DENIED: not while it is locked. */
	int (*reset)(struct token *t);
	/* Opens the token with the master key: OpenSSL keeps it, locked; PKCS#11 logs in with a PIN derived from it. */
	int (*unlock)(struct token *t, const uint8_t master[TOKEN_MASTER_SIZE]);
	void (*lock)(struct token *t);                                  /* wipes all that is loaded */
	/* While it is open: the master key is another one from now on; what is loaded stays. ERR_DENIED with why: the token cannot. */
	int (*remaster)(struct token *t, const uint8_t master[TOKEN_MASTER_SIZE]);
	/* Makes key k, or takes the given bytes for it; sets k->kcv. The key of usage KEY_WRAPPING is wrapped under the
	 * master key, all others under the one loaded last with that usage. */
	int (*generate)(struct token *t, struct key *k, struct token_wrapped *out);
	int (*import)(struct token *t, struct key *k, const uint8_t *clear, size_t len, struct token_wrapped *out);
	int (*load)(struct token *t, const struct key *k, const struct token_wrapped *in, uint32_t *slot);
	void (*unload)(struct token *t, uint32_t slot);
	/* What was loaded is wrapped again, under the wrapping key that is loaded now. */
	int (*rewrap)(struct token *t, const struct key *k, uint32_t slot, struct token_wrapped *out);
	int (*destroy)(struct token *t, const struct key *k, const struct token_wrapped *in);
	int (*mac)(struct token *t, uint32_t slot, const void *data, size_t len, uint8_t mac[32]);                   /* HMAC-SHA256 */
	/* AES-256-GCM: IV, text and tag; len + 28 bytes. open returns the clear length. */
	int (*seal)(struct token *t, uint32_t slot, const void *aad, size_t aad_len, const void *clear, size_t len, uint8_t *out);
	int (*open)(struct token *t, uint32_t slot, const void *aad, size_t aad_len, const uint8_t *sealed, size_t len, void *out, size_t size);
	int (*sign)(struct token *t, uint32_t slot, const void *data, size_t len, uint8_t signature[TOKEN_SIGNATURE_SIZE]);   /* Ed25519 */
	int (*public)(struct token *t, uint32_t slot, uint8_t key[TOKEN_PUBLIC_SIZE]);
	/* The bytes of a public key that was imported, PEM. Returns the length. */
	int (*pem)(struct token *t, uint32_t slot, char *out, size_t size);
	/* k: of algorithm KEY_ENCDATA_*. Returns the length of the NUL-terminated text. */
	int (*encdata)(struct token *t, const struct key *k, uint32_t slot, const struct token_encdata *d, char *out, size_t size);
	/* A TR-31 key block of the key in slot under the transport key in kbpk, and back (keys/tr31.h). ERR_INVALID: the block. */
	int (*block_export)(struct token *t, const struct key *k, uint32_t slot, uint32_t kbpk, char *out, size_t size);
	int (*block_import)(struct token *t, struct key *k, uint32_t kbpk, const char *block, struct token_wrapped *out);
	void (*free)(struct token *t);
};
struct token { const struct token_ops *ops; char why[TOKEN_WHY_SIZE]; /* words for what it refused last; "" none */ };

/* ERR_NOMEM: no memory can be locked. */
int token_openssl_new(struct token **t) MUST_CHECK;
/* module: the path of a PKCS#11 library; label: of its token; parameters: what the library wants to be told at its start, as
 * NSS does, "" for others. why says what is missing. */
struct token_pkcs11_config { const char *module, *label, *parameters; };
int token_pkcs11_new(const struct token_pkcs11_config *c, struct token **t, char why[TOKEN_WHY_SIZE]) MUST_CHECK;
void token_free(struct token **t);
/* "hmac gcm": what can has, as words. */
const char *token_can_words(unsigned can, char text[TOKEN_WORDS_SIZE]);
/* What a key of this algorithm asks of its token. */
unsigned token_can_of(enum key_algorithm a);
/* For tokens: encData by a secret that is in clear for as long as this takes. The length. */
int token_encdata_make(const uint8_t secret[TOKEN_ENCDATA_SIZE], enum key_algorithm a, const struct token_encdata *d, char *out, size_t size) MUST_CHECK;

#endif
