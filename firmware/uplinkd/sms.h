/* sms.h: text messages by the HTTP interface of any provider, as the configuration's template says. */
#ifndef UPLINKD_SMS_H
#define UPLINKD_SMS_H

#include "conf/conf.h"
#include "ipc/uplink.h"
#include "lib/err.h"
#include "uplinkd/desk.h"
#include "uplinkd/http_client.h"

struct sms;
/* Reads and checks uplinkd.sms. On failure why says "FILE:LINE: reason". */
int sms_new(struct http_client *http, struct desk *desk, const struct conf_tree *conf, struct sms **s, char why[CONF_WHY_SIZE]) MUST_CHECK;
void sms_free(struct sms **s);
void sms_start(struct sms *s, const struct uplink_sms *job);

/* The success test: SENT for success_status with contains in the body; LATER where a repeat may help (408, 425, 429, 5xx, no
 * answer); otherwise REFUSED. */
enum uplink_send_status sms_classify(const struct http_answer *a, int success_status, const char *contains);

#endif
