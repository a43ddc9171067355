#include "uplinkd/smpp_text.h"

#include <string.h>

enum { HEADER_SIZE = 6, HEADER_LEN = 5, IE_CONCATENATED = 0, IE_LEN = 3 };

/* Octets of the character at p, of which left are there. */
static size_t step(enum charset_name set, const uint8_t *p, size_t left)
{
	size_t n = set == CHARSET_UNICODE ? (p[0] & 0xfc) == 0xd8 ? 4 : 2 : p[0] < 0x80 ? 1 : 2;

	return n < left ? n : left;
}

int smpp_split(enum charset_name set, const uint8_t *octets, size_t len, size_t part_octets, uint8_t reference,
               struct smpp_part parts[SMPP_PARTS_MAX])
{
	size_t head = len > part_octets ? HEADER_SIZE : 0, at = 0;
	int count = 0;

	do {
		struct smpp_part *part = &parts[count];
		size_t n;

		if (count++ == SMPP_PARTS_MAX)
			return ERR_TOO_LONG;
		part->len = head;
		while (at < len && part->len + (n = step(set, octets + at, len - at)) <= part_octets) {
			memcpy(part->octets + part->len, octets + at, n);
			part->len += n;
			at += n;
		}
	} while (at < len);
	for (int i = 0; head > 0 && i < count; i++)
		memcpy(parts[i].octets, (const uint8_t[]){ HEADER_LEN, IE_CONCATENATED, IE_LEN, reference, (uint8_t)count, (uint8_t)(i + 1) },
		       HEADER_SIZE);
	return count;
}
