/* sms.h: what became of each text message, and the texts that merchants have of their own. Part of store.h's store and under its
 * rules. */
#ifndef STORE_SMS_H
#define STORE_SMS_H

#include "store/store.h"

struct sms_record {
	char id[ID_SIZE];                             /* the outbox's ref */
	struct id request;
	char template[32];                            /* the name of its text: "payment.not_done" */
	char status[12];                              /* "waiting" "sent" "delivered" "undelivered" "failed" */
	char provider[32], provider_id[80];           /* who has it, or may have it; "" nobody yet */
	uint32_t unsure;                              /* times in a row that provider may have it */
	bool fallback;                                /* sent by another than the first provider */
	bool lms;
	char subject[81];                             /* of a long message */
	char replaced[8];                             /* the first character of its text that was replaced; "" none */
	uint32_t retries;                             /* of its request, when it was written */
	char detail[200];
	struct wall created, updated;
};
int store_sms_add(struct store *s, const struct sms_record *r) MUST_CHECK;
int store_sms_update(struct store *s, const struct sms_record *r) MUST_CHECK;
int store_sms_get(struct store *s, const char *id, struct sms_record *r) MUST_CHECK;
/* The newest by that id: a centre begins again at 1 one day. */
int store_sms_by_provider(struct store *s, const char *provider, const char *provider_id, struct sms_record *r) MUST_CHECK;
/* The last of a request. */
int store_sms_last(struct store *s, const char *request_id, struct sms_record *r) MUST_CHECK;
/* How many of a request's messages asked for a call. */
int store_sms_asked(struct store *s, const char *request_id, int *count) MUST_CHECK;

/* A receipt of an id that no message has yet: the centre's answer, which gives it, comes behind. */
struct sms_early { char provider[32], provider_id[80], detail[200]; bool delivered; struct wall at; };
/* Of several for an id the first stands. */
int store_sms_early_add(struct store *s, const struct sms_early *r) MUST_CHECK;
/* Reads it and takes it away. ERR_NOT_FOUND. */
int store_sms_early_take(struct store *s, const char *provider, const char *provider_id, struct sms_early *r) MUST_CHECK;
/* Those up to before that nobody has taken, at most so many; returns how many. */
int store_sms_early_purge(struct store *s, struct wall before, int most) MUST_CHECK;

enum { SMS_TEMPLATE_SIZE = 1001 };
struct sms_template { struct id merchant; char name[32], language[4], text[SMS_TEMPLATE_SIZE]; struct wall updated; };
/* Adds or replaces; an empty text takes it away. */
int store_sms_template_put(struct store *s, const struct sms_template *t) MUST_CHECK;
int store_sms_template_get(struct store *s, const char *merchant, const char *name, const char *language, struct sms_template *t) MUST_CHECK;

#endif
