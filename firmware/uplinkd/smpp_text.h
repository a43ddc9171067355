/* smpp_text.h: a message's octets into parts that one short message each can carry. Pure. */
#ifndef UPLINKD_SMPP_TEXT_H
#define UPLINKD_SMPP_TEXT_H

#include <stdint.h>

#include "model/charset.h"

enum { SMPP_PARTS_MAX = 60, SMPP_PART_SIZE = 254 };

struct smpp_part { uint8_t octets[SMPP_PART_SIZE]; size_t len; };

/* Splits len octets of the set into parts of at most part_octets (20..SMPP_SHORT_MAX). Of more than one, each begins with a
 * user data header that says which it is of message reference (3GPP TS 23.040 9.2.3.24.1), and no character is divided.
 * Returns how many; ERR_TOO_LONG: more than SMPP_PARTS_MAX. */
int smpp_split(enum charset_name set, const uint8_t *octets, size_t len, size_t part_octets, uint8_t reference,
               struct smpp_part parts[SMPP_PARTS_MAX]) MUST_CHECK;

#endif
