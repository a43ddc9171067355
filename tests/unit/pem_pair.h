/* pem_pair.h: key pairs as files, for the tests that seal and open. */
#ifndef TESTS_PEM_PAIR_H
#define TESTS_PEM_PAIR_H

#include "crypto/ossl.h"

/* FOLDER/NAME.key and FOLDER/NAME.pem; key is freed. */
void pem_pair_write(const char *folder, const char *name, EVP_PKEY *key);

#endif
