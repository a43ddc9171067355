/* sms_smpp.c: text messages over SMPP: the configuration of a centre, the links to it, and who hears what comes over them.
 * Messages are smpp_outbox.c's, receipts smpp_inbox.c's. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/secret.h"
#include "uplinkd/meters.h"
#include "uplinkd/secret_file.h"
#include "uplinkd/sms_provider.h"
#include "uplinkd/smpp_inbox.h"
#include "uplinkd/smpp_link.h"
#include "uplinkd/smpp_outbox.h"

#define LIST "uplinkd.sms"

enum { TON_INTERNATIONAL = 1 };

struct smpp {
	struct sms_provider base;
	struct metrics *meters;
	struct smpp_link *link;               /* messages go over it, and receipts come, unless there is a receiver */
	struct smpp_link *receiver;           /* of a pair of binds; NULL otherwise */
	struct smpp_outbox *outbox;
	struct smpp_inbox *inbox;
	struct charset *set;
	char password[16];
};

/* ---- the link ---- */

static bool is_delivery(const struct smpp_head *h)
{
	return h->command == SMPP_DELIVER_SM || h->command == SMPP_DATA_SM;
}

static void on_pdu(const struct smpp_head *h, const uint8_t *pdu, void *context)
{
	struct smpp *s = context;

	/* A transmitter is not delivered to. */
	if (is_delivery(h) && s->receiver == NULL)
		smpp_inbox_take(s->inbox, h, pdu);
	else if (!is_delivery(h))
		smpp_outbox_answer(s->outbox, h, pdu);
	smpp_outbox_go_on(s->outbox);
}

static void on_up(void *context)
{
	struct smpp *s = context;

	meters_smpp_up(s->meters, 1);
	smpp_outbox_up(s->outbox);
}

static void on_down(void *context)
{
	struct smpp *s = context;

	meters_smpp_up(s->meters, -1);
	if (s->receiver == NULL)
		smpp_inbox_down(s->inbox);
	smpp_outbox_down(s->outbox);
}

static void on_tick(void *context)
{
	struct smpp *s = context;
	struct mono now = clock_mono();

	smpp_inbox_tick(s->inbox, now);
	smpp_outbox_tick(s->outbox, now);
}

/* ---- the receiver of a pair: what becomes of it is nothing to messages ---- */

static void on_receiver_pdu(const struct smpp_head *h, const uint8_t *pdu, void *context)
{
	struct smpp *s = context;

	if (is_delivery(h))
		smpp_inbox_take(s->inbox, h, pdu);
}

static void on_receiver_up(void *context)
{
	struct smpp *s = context;

	meters_smpp_up(s->meters, 1);
}

static void on_receiver_down(void *context)
{
	struct smpp *s = context;

	meters_smpp_up(s->meters, -1);
	smpp_inbox_down(s->inbox);
}

static void on_receiver_tick(void *context UNUSED)
{
}

/* ---- from uplinkd ---- */

static void on_send(struct sms_provider *p, const struct uplink_sms *job, void (*done)(const struct sms_outcome *o, void *context),
                    void *context)
{
	smpp_outbox_send(((struct smpp *)p)->outbox, job, done, context);
}

static void on_receipt_taken(struct sms_provider *p, uint64_t receipt)
{
	smpp_inbox_stored(((struct smpp *)p)->inbox, receipt);
}

static void free_all(struct smpp *s)
{
	smpp_outbox_free(&s->outbox);
	smpp_inbox_free(&s->inbox);
	smpp_link_free(&s->link);
	smpp_link_free(&s->receiver);
	charset_free(&s->set);
	secret_wipe(s->password, sizeof(s->password));
	free(s);
}

static void on_free(struct sms_provider *p)
{
	struct smpp *s = (struct smpp *)p;

	if (smpp_link_is_bound(s->link))
		on_down(s);
	if (s->receiver != NULL && smpp_link_is_bound(s->receiver))
		on_receiver_down(s);
	free_all(s);
}

/* ---- set-up ---- */

static const struct conf_node *member_or(const struct conf_node *at, const char *member)
{
	const struct conf_node *n = conf_find(at, member);

	return n != NULL ? n : at;
}

static int read_address(const struct conf_node *at, struct smpp_link_setup *l, char why[CONF_WHY_SIZE])
{
	const char *host = conf_member_string(at, LIST, "host");
	uint16_t port = htons((uint16_t)conf_member_int(at, LIST, "port"));
	struct sockaddr_in *four = (struct sockaddr_in *)&l->address;
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)&l->address;

	if (inet_pton(AF_INET, host, &four->sin_addr) == 1) {
		four->sin_family = AF_INET;
		four->sin_port = port;
		l->address_len = sizeof(*four);
	} else if (inet_pton(AF_INET6, host, &six->sin6_addr) == 1) {
		six->sin6_family = AF_INET6;
		six->sin6_port = port;
		l->address_len = sizeof(*six);
	} else {
		return conf_fault(member_or(at, "host"), why, "\"%s\" is no IP address (a name is not looked up)", host);
	}
	return 0;
}

/* What the centre knows us by. Its strings live as long as the configuration, the password as long as s. */
static int read_account(struct smpp *s, const struct conf_node *at, struct smpp_link_setup *l, char why[CONF_WHY_SIZE])
{
	const char *file = conf_member_string(at, LIST, "secret_file");

	l->name = s->base.name;
	l->system_id = conf_member_string(at, LIST, "user");
	l->system_type = conf_member_string(at, LIST, "system_type");
	l->password = s->password;
	if (l->system_id[0] == '\0' || strlen(l->system_id) > 15)
		return conf_fault(member_or(at, "user"), why, "kind smpp needs a user (system_id) of 1 to 15 characters");
	if (file[0] != '\0' && (secret_file_read(file, s->password, sizeof(s->password)) < 0 || strlen(s->password) > 8))
		return conf_fault(member_or(at, "secret_file"), why, "%s cannot be read as one line of at most 8 ASCII characters", file);
	return 0;
}

static int read_text(struct smpp *s, const struct conf_node *at, struct smpp_manner *m, char why[CONF_WHY_SIZE])
{
	int64_t coding = conf_member_int(at, LIST, "data_coding");
	const char *from = conf_member_string(at, LIST, "from");

	if (charset_parse(conf_member_string(at, LIST, "encoding"), &m->encoding) < 0)
		return conf_fault(member_or(at, "encoding"), why, "encoding is not known");
	if (from[0] == '\0' || strlen(from) > 20)
		return conf_fault(member_or(at, "from"), why, "kind smpp needs the registered sender number, at most 20 characters");
	if (charset_new(m->encoding, &s->set) < 0)
		return conf_fault(member_or(at, "encoding"), why, "this machine has no table of it (glibc's gconv module UHC), or no memory");
	m->set = s->set;
	m->data_coding = (uint8_t)(coding >= 0 ? coding : m->encoding == CHARSET_UNICODE ? SMPP_CODING_UCS2 : SMPP_CODING_KS_C_5601);
	snprintf(m->from, sizeof(m->from), "%s", from);
	m->payload = strcmp(conf_member_string(at, LIST, "long_by"), "payload") == 0;
	m->international = strcmp(conf_member_string(at, LIST, "numbers"), "international") == 0;
	m->receipts = strcmp(conf_member_string(at, LIST, "bind"), "transmitter") != 0;
	m->part_octets = (size_t)conf_member_int(at, LIST, "part_octets");
	m->window = (int)conf_member_int(at, LIST, "window");
	m->timeout_ms = conf_member_int(at, LIST, "timeout_ms");
	m->answer_ms = conf_member_int(at, LIST, "answer_ms");
	m->from_ton = (uint8_t)conf_member_int(at, LIST, "from_ton");
	m->from_npi = (uint8_t)conf_member_int(at, LIST, "from_npi");
	m->to_ton = m->international ? TON_INTERNATIONAL : (uint8_t)conf_member_int(at, LIST, "to_ton");
	m->to_npi = (uint8_t)conf_member_int(at, LIST, "to_npi");
	return 0;
}

/* bind: "transceiver", "pair" (a transmitter and a receiver) or "transmitter". */
static int open_links(struct smpp *s, struct loop *l, struct smpp_link_setup *setup, const char *bind)
{
	const struct smpp_link_handlers on = { on_up, on_down, on_pdu, on_tick, s },
	                                receiver = { on_receiver_up, on_receiver_down, on_receiver_pdu, on_receiver_tick, s };
	int e;

	setup->bind = strcmp(bind, "transceiver") == 0 ? SMPP_BIND_TRANSCEIVER : SMPP_BIND_TRANSMITTER;
	e = smpp_link_new(l, setup, &on, &s->link);
	if (e < 0 || strcmp(bind, "pair") != 0)
		return e;
	setup->bind = SMPP_BIND_RECEIVER;
	return smpp_link_new(l, setup, &receiver, &s->receiver);
}

static int set_up(struct smpp *s, struct loop *l, const struct sms_upward *up, const struct conf_node *at, char why[CONF_WHY_SIZE])
{
	struct smpp_link_setup link = {
		.enquire_ms = conf_member_int(at, LIST, "enquire_ms"), .answer_ms = conf_member_int(at, LIST, "answer_ms"),
		.retry_most_ms = conf_member_int(at, LIST, "retry_most_ms"),
	};
	struct smpp_manner manner = { .provider = s->base.name };
	enum smpp_id_form id_form;
	int e = read_address(at, &link, why);

	if (e == 0)
		e = read_account(s, at, &link, why);
	if (e == 0 && smpp_id_form_parse(conf_member_string(at, LIST, "receipt_id"), &id_form) < 0)
		e = conf_fault(member_or(at, "receipt_id"), why, "receipt_id is not known");
	if (e == 0)
		e = read_text(s, at, &manner, why);
	if (e < 0)
		return e;
	e = open_links(s, l, &link, conf_member_string(at, LIST, "bind"));
	if (e == 0)
		e = smpp_outbox_new(&manner, s->link, s->meters, &s->outbox);
	if (e == 0)
		e = smpp_inbox_new(up, s->base.name, id_form, s->receiver != NULL ? s->receiver : s->link, &s->inbox);
	return e < 0 ? conf_fault(at, why, "out of memory") : 0;
}

int sms_smpp_new(struct loop *l, const struct sms_upward *up, const struct conf_node *at, struct sms_provider **p,
                 char why[CONF_WHY_SIZE])
{
	static const struct sms_provider_kind kind = { on_send, on_free, on_receipt_taken };
	struct smpp *s = calloc(1, sizeof(*s));
	int e;

	if (s == NULL)
		return conf_fault(at, why, "out of memory");
	s->base = (struct sms_provider){ &kind, conf_member_string(at, LIST, "name") };
	s->meters = up->meters;
	e = set_up(s, l, up, at, why);
	if (e < 0) {
		free_all(s);
		return e;
	}
	*p = &s->base;
	return 0;
}
