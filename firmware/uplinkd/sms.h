/* sms.h: text messages: providers in the order of the configuration, and which of them a message goes to next. */
#ifndef UPLINKD_SMS_H
#define UPLINKD_SMS_H

#include "conf/conf.h"
#include "ipc/uplink.h"
#include "lib/err.h"
#include "loop/loop.h"
#include "uplinkd/desk.h"
#include "uplinkd/http_client.h"
#include "uplinkd/sms_provider.h"

struct sms;
/* Reads and checks uplinkd.sms. give_receipt() takes a receipt to arsd; false: arsd is not there. On failure why says
 * "FILE:LINE: reason". */
struct sms_setup {
	struct loop *loop;
	struct http_client *http;
	struct desk *desk;
	bool (*give_receipt)(const struct uplink_sms_receipt *r, void *context);
	void *context;
};
int sms_new(const struct sms_setup *setup, const struct conf_tree *conf, struct sms **s, char why[CONF_WHY_SIZE]) MUST_CHECK;
/* Every message under way ends as unsure or later. */
void sms_free(struct sms **s);

/* One provider after the other is asked until one takes the message. A definite no of one is no reason not to ask the next;
 * an answer that did not come is: the message stays with that provider (UPLINK_UNSURE), for two might send it. */
void sms_start(struct sms *s, const struct uplink_sms *job);
void sms_receipt_taken(struct sms *s, uint64_t receipt);

/* The success test: TAKEN for a 2xx with contains in the body; NOT_TAKEN where it surely was not accepted and a repeat
 * may help (not sent; 408, 425, 429, 503); UNKNOWN where nobody can tell (no answer, other 5xx); otherwise REFUSED. */
enum sms_fate sms_http_classify(const struct http_answer *a, const char *contains);

#endif
