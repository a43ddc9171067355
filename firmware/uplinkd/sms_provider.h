/* sms_provider.h: what every kind of SMS provider does: it takes a message and says once what became of it. */
#ifndef UPLINKD_SMS_PROVIDER_H
#define UPLINKD_SMS_PROVIDER_H

#include <stdbool.h>
#include <stdint.h>

#include "conf/conf.h"
#include "ipc/uplink.h"
#include "lib/err.h"
#include "loop/loop.h"
#include "uplinkd/http_client.h"

enum sms_fate {
	SMS_TAKEN = 1,        /* the provider has it */
	SMS_REFUSED,          /* a definite no, which the same provider would repeat */
	SMS_NOT_TAKEN,        /* surely not taken, for a reason that passes: no link, throttled, busy */
	SMS_UNKNOWN,          /* it may have been taken; no usable answer came */
};
/* odd_status: an HTTP status that said so and that the settings do not name; 0: none. */
struct sms_outcome { enum sms_fate fate; char provider_id[80], detail[200]; int odd_status; };

struct sms_provider;
struct sms_provider_kind {
	/* job is borrowed. done is called once, later or at once. */
	void (*send)(struct sms_provider *p, const struct uplink_sms *job,
	             void (*done)(const struct sms_outcome *o, void *context), void *context);
	void (*free)(struct sms_provider *p);
	/* arsd has stored the receipt of this number; NULL for a kind that has none. */
	void (*receipt_taken)(struct sms_provider *p, uint64_t receipt);
};
/* The first member of each kind's own struct. */
struct sms_provider {
	const struct sms_provider_kind *kind;
	const char *name;                     /* the configuration's */
};

/* Where providers put what comes without being asked for. */
struct sms_upward {
	struct metrics *meters;
	/* Gives r (but for its number) to arsd; returns the number, or 0: arsd is not there to take it. */
	uint64_t (*receipt)(struct uplink_sms_receipt *r, void *context);
	void *context;
};

/* Each reads its element of uplinkd.sms. On failure why says "FILE:LINE: reason". */
int sms_http_new(struct http_client *http, const struct sms_upward *up, const struct conf_node *at, struct sms_provider **p,
                 char why[CONF_WHY_SIZE]) MUST_CHECK;
int sms_smpp_new(struct loop *l, const struct sms_upward *up, const struct conf_node *at, struct sms_provider **p,
                 char why[CONF_WHY_SIZE]) MUST_CHECK;

/* Printable ASCII of what a stranger answered, for a log or an administrator. */
void sms_describe(char *out, size_t size, const char *lead, const char *text);

#endif
