/* field.h: the rules of one secret field, key by key. Pure: no clock, no I/O, no memory of its own. A struct field holds
 * clear digits: it lives in locked memory, and field_wipe() ends it. */
#ifndef KEYSTORED_FIELD_H
#define KEYSTORED_FIELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ipc/vault.h"

enum { FIELD_DIGITS_MAX = 19 };

struct field {
	uint8_t kind;                            /* enum vault_kind, 0: none */
	uint8_t len;
	char digits[FIELD_DIGITS_MAX + 1];       /* NUL-terminated */
};

/* What a rule knows besides the keys. owner: of the card typed before, by the issuer table. */
struct field_facts { int year, month; enum vault_owner owner; };

/* 0 goes on, otherwise an enum vault_result. After all but VAULT_ERASED the field takes no more keys.
 *
 * A field whose length its first digits tell ends by itself with the last one; '#' and a time-out end it early. '*' erases.
 *   VAULT_CARD_NUMBER  30, 36, 38: 14 digits; 34, 37: 15; others 16 (ISO/IEC 7812-1); Luhn.
 *   VAULT_EXPIRY       MMYY as on the card, good to the end of its month, at most 20 years ahead.
 *   VAULT_IDENTITY     ends by itself with the 6th digit of a date YYMMDD, or with the 10th of a business number.
 *                      Six digits that are a date and may as well begin a corporation's number (4th and 5th digit 81 to 88:
 *                      births from 10 August on) wait for more; so do all with a card of a business, and none with a
 *                      person's card. What waits ends by '#' or by the scenario's time between keys (inter_s).
 *   VAULT_PASSWORD2    2 digits. */
int field_key(struct field *f, char key, const struct field_facts *facts) MUST_CHECK;
/* The time to the first or the next key is over: VAULT_NO_INPUT when nothing was typed, else as '#'. */
int field_timeout(const struct field *f, const struct field_facts *facts) MUST_CHECK;

void field_start(struct field *f, enum vault_kind kind);
void field_wipe(struct field *f);
bool field_is_kind(unsigned kind);

/* Who a complete identity names, by its length. */
enum vault_owner field_owner(const struct field *identity);

bool field_luhn(const char *digits, size_t len);
/* Six digits YYMMDD; 29 February in years that are leap in either century. */
bool field_is_date(const char *yymmdd);
/* The check digit of a Korean business registration number, 10 digits. */
bool field_is_business_number(const char *digits);

#endif
