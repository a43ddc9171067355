/* sms_text.h: the words of SMS. The request's own come from the configuration, those about a result are here. */
#ifndef ARSD_SMS_TEXT_H
#define ARSD_SMS_TEXT_H

#include "arsd/arsd.h"

enum { SMS_TEXT_SIZE = 2001 };

/* Fills {merchant} {product} {number} {minutes} of the template in the request's language. minutes are those that are
 * left at now, at least 1. ERR_TOO_LONG. */
int sms_text_request(const struct settings *set, const struct request *r, struct wall now, char out[SMS_TEXT_SIZE]) MUST_CHECK;

/* How it ended, for a customer who no longer was on the line. */
enum sms_result { SMS_RESULT_OK, SMS_RESULT_DECLINED, SMS_RESULT_NOT_DONE, SMS_RESULT_CALL_AGAIN };
int sms_text_result(const struct request *r, enum sms_result result, char out[SMS_TEXT_SIZE]) MUST_CHECK;

/* Replaces every {name} of template; an unknown name stays as it is. Pure. ERR_TOO_LONG. */
struct sms_value { const char *name, *value; };
int sms_text_fill(const char *template, const struct sms_value *values, size_t count, char out[SMS_TEXT_SIZE]) MUST_CHECK;

#endif
