/* ids.h: public ids: a prefix that tells the kind, and a ULID: 48 bits of the time in milliseconds and 80 random bits, in Crockford
 * base32 (lower case). What is made at the same time stands together in the store's indexes, which so change in few pages.
 * "reg_" registration, "pay_" payment, "bk_" billing key, "call_" call, "evt_" event, "con_" consent, "mer_" merchant,
 * "sms_" message, "ord_" order towards the PG, "we_" webhook endpoint, "sch_" schedule. */
#ifndef MODEL_IDS_H
#define MODEL_IDS_H

#include <stdbool.h>
#include <stddef.h>

enum { ID_SIZE = 40 };
struct id { char text[ID_SIZE]; };

/* From the time of day and getrandom(2). Nothing relies on their order: the time may be set back. */
struct id id_new(const char *prefix);
bool id_has_form(const char *text, const char *prefix);

#endif
