/* ossl.h: OpenSSL's headers. They have a type named ERR_STATE, lib/err.h an error code: here the type steps aside. */
#ifndef CRYPTO_OSSL_H
#define CRYPTO_OSSL_H

#define ERR_STATE ossl_err_state
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#undef ERR_STATE

#endif
