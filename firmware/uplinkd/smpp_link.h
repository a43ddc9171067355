/* smpp_link.h: one SMPP 3.4 session, bound as it is asked to be, for ever: connect, bind, enquire_link, and again with back-off. It moves
 * whole PDUs; what they mean is smpp_outbox.c's and smpp_inbox.c's. Run by uplinkd's one thread. */
#ifndef UPLINKD_SMPP_LINK_H
#define UPLINKD_SMPP_LINK_H

#include <sys/socket.h>

#include "lib/clock.h"
#include "loop/loop.h"
#include "uplinkd/smpp_pdu.h"

struct smpp_link;
struct smpp_link_setup {
	const char *name;                     /* for logs */
	enum smpp_command bind;               /* as a transceiver, transmitter or receiver */
	struct sockaddr_storage address;
	socklen_t address_len;
	const char *system_id, *password, *system_type;      /* live as long as the link */
	int64_t enquire_ms;                   /* the centre is asked when it was silent for so long */
	int64_t answer_ms;                    /* and has so long to answer; so has a bind */
	int64_t retry_most_ms;                /* longest pause between tries to connect */
};
struct smpp_link_handlers {
	void (*up)(void *context);            /* bound */
	void (*down)(void *context);          /* no longer: whatever has no answer will get none */
	/* An answer, or a request that the link itself does not answer. Valid during the call. */
	void (*pdu)(const struct smpp_head *head, const uint8_t *pdu, void *context);
	void (*tick)(void *context);          /* four times a second */
	void *context;
};
int smpp_link_new(struct loop *l, const struct smpp_link_setup *s, const struct smpp_link_handlers *h,
                  struct smpp_link **link) MUST_CHECK;
/* Says unbind if it can, and calls no handler any more. */
void smpp_link_free(struct smpp_link **link);

bool smpp_link_is_bound(const struct smpp_link *link);
/* Being made: connecting or binding. A first message may wait for that. */
bool smpp_link_is_coming(const struct smpp_link *link);
/* The number of our next request. */
uint32_t smpp_link_next(struct smpp_link *link);
/* ERR_CLOSED: not bound. ERR_AGAIN: the centre does not read; nothing was taken. */
int smpp_link_send(struct smpp_link *link, const uint8_t *pdu, size_t len) MUST_CHECK;

#endif
