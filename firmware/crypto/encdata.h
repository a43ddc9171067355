/* encdata.h: the card data of NICEPAY's billing protocol (encData), between keystored, which makes it, and the connector, which
 * sends it. The protocol's cipher knows no order: whoever has an encData can register the card under any order id. So it travels
 * inside the appliance with a tag over order and purpose, and the connector takes it off only for that order.
 *
 * Cipher, by https://github.com/nicepayments/nicepay-manual/blob/main/api/payment-subscribe.md: AES-CBC, PKCS#5 padding, in
 * hexadecimal; the key is the SecretKey or its first half, the IV its first half. So equal cards have equal texts: a weakness
 * of the protocol that cannot be mended at this end. */
#ifndef CRYPTO_ENCDATA_H
#define CRYPTO_ENCDATA_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/err.h"

enum { ENCDATA_KEY_SIZE = 32, ENCDATA_HEX_MAX = 512 };

/* key: the SecretKey, 32 characters. aes256: all of it is the key (encMode A2); else the first 16 (encMode absent). Returns the
 * length of the NUL-terminated hexadecimal text; ERR_TOO_LONG, ERR_CRYPTO. */
int encdata_encrypt(const char key[ENCDATA_KEY_SIZE], bool aes256, const void *clear, size_t len, char *hex, size_t size) MUST_CHECK;

/* Puts the tag on: "nicepay.MODE.HEX.TAG", MODE 128 or 256, TAG the HMAC-SHA256 by the SecretKey over what it is for, the order
 * and what stands before it. Returns the length of the NUL-terminated text. */
int encdata_bind(const char key[ENCDATA_KEY_SIZE], const char *purpose, const char *order_id, bool aes256, const char *hex,
                 char *out, size_t size) MUST_CHECK;

struct encdata { bool aes256; char hex[ENCDATA_HEX_MAX + 1]; };
/* Takes the tag off again. ERR_INVALID: not of this form. ERR_DENIED: of another order or purpose, by another key, or changed. */
int encdata_unbind(const char key[ENCDATA_KEY_SIZE], const char *purpose, const char *order_id, const void *text, size_t len,
                   struct encdata *e) MUST_CHECK;

#endif
