/* evidence_priv.h: what the two files of this folder share. */
#ifndef EVIDENCE_EVIDENCE_PRIV_H
#define EVIDENCE_EVIDENCE_PRIV_H

#include "evidence/evidence.h"

#define BUNDLE_FORMAT "callkey-consent-bundle/1"
/* The one form of a bundle. */
enum { BUNDLE_DUMP = JSON_COMPACT | JSON_SORT_KEYS };

json_t *evidence_hex(const uint8_t hash[CRYPTO_SHA256_SIZE]);

#endif
