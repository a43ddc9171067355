/* ids.h: public ids: a prefix that tells the kind, and 128 random bits in Crockford base32 (lower case).
 * "reg_" registration, "pay_" payment, "bk_" billing key, "call_" call, "evt_" event, "con_" consent, "mer_" merchant,
 * "sms_" message, "ord_" order towards the PG, "we_" webhook endpoint, "sch_" schedule. */
#ifndef MODEL_IDS_H
#define MODEL_IDS_H

#include <stdbool.h>
#include <stddef.h>

enum { ID_SIZE = 40 };
struct id { char text[ID_SIZE]; };

/* From getrandom(2). */
struct id id_new(const char *prefix);
bool id_has_form(const char *text, const char *prefix);

#endif
