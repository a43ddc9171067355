/* sms_text.h: the words of SMS. The request's own come from the configuration, those about a result are here; a merchant may have
 * others for each. Pure. */
#ifndef ARSD_SMS_TEXT_H
#define ARSD_SMS_TEXT_H

#include "arsd/arsd.h"

/* 2,000 octets of EUC-KR, an LMS at its longest, are at most 3,000 of UTF-8. */
enum { SMS_TEXT_SIZE = 3001, SMS_NAME_SIZE = 32, SMS_WHY_SIZE = 160 };

/* How it ended, for a customer who no longer was on the line. ASK is the request itself. */
enum sms_text { SMS_TEXT_OK, SMS_TEXT_DECLINED, SMS_TEXT_NOT_DONE, SMS_TEXT_CALL_AGAIN, SMS_TEXT_CANCELED, SMS_TEXT_ASK, SMS_TEXTS };

const char *sms_text_default(const struct settings *set, enum request_kind kind, enum sms_text which, const char *language);
/* Fills the template in the request's language. minutes are those that are left at now, at least 1. ERR_TOO_LONG. */
int sms_text_write(const char *template, const struct request *r, struct wall now, char out[SMS_TEXT_SIZE]) MUST_CHECK;

/* "registration", "payment.call_again": what merchants call them. */
void sms_text_name(enum request_kind kind, enum sms_text which, char out[SMS_NAME_SIZE]);
int sms_text_parse_name(const char *name, enum request_kind *kind, enum sms_text *which) MUST_CHECK;      /* ERR_NOT_FOUND */
/* ERR_INVALID, with the reason: a place that nothing fills, or no number to call. */
int sms_text_check(const char *text, enum sms_text which, char why[SMS_WHY_SIZE]) MUST_CHECK;

/* Replaces every {name} of template; an unknown name stays as it is. ERR_TOO_LONG. */
struct sms_value { const char *name, *value; };
int sms_text_fill(const char *template, const struct sms_value *values, size_t count, char out[SMS_TEXT_SIZE]) MUST_CHECK;

#endif
