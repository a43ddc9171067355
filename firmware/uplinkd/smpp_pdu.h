/* smpp_pdu.h: SMPP 3.4, octets and fields. Pure.
 *
 * What is sent is packed by libsmpp34, of which this is the only user. What comes is read here: the library looks for the end
 * of a string beyond the end of the PDU, takes a status it has no name for as a broken PDU (every provider has some), and
 * writes its findings into a global. Nor can it hold a message_payload of more than 1024 octets. */
#ifndef UPLINKD_SMPP_PDU_H
#define UPLINKD_SMPP_PDU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/err.h"

enum { SMPP_HEAD_SIZE = 16, SMPP_PDU_MAX = 8192, SMPP_ID_SIZE = 65, SMPP_SHORT_MAX = 253, SMPP_PAYLOAD_MAX = 4096 };

/* 5.1.2.1 */
enum smpp_command {
	SMPP_GENERIC_NACK = 0x80000000, SMPP_RESP = 0x80000000,     /* an answer is its request with this bit */
	SMPP_BIND_RECEIVER = 1, SMPP_BIND_TRANSMITTER = 2, SMPP_BIND_TRANSCEIVER = 9,
	SMPP_SUBMIT_SM = 4, SMPP_SUBMIT_SM_RESP = 0x80000004, SMPP_DELIVER_SM = 5, SMPP_DELIVER_SM_RESP = 0x80000005,
	SMPP_DATA_SM = 0x103, SMPP_UNBIND = 6, SMPP_UNBIND_RESP = 0x80000006, SMPP_ENQUIRE_LINK = 0x15, SMPP_ENQUIRE_LINK_RESP = 0x80000015,
};
/* 5.1.3: those that mean something to us. */
enum smpp_status {
	SMPP_OK = 0, SMPP_INVALID_COMMAND = 3, SMPP_SYSTEM_ERROR = 8, SMPP_QUEUE_FULL = 0x14, SMPP_THROTTLED = 0x58,
	SMPP_RECEIVER_BUSY = 0x64, SMPP_RECEIVER_REFUSES = 0x65,
};

struct smpp_head { uint32_t length, command, status, sequence; };
/* The head of what is in buf. ERR_AGAIN: not a whole PDU yet. ERR_INVALID: no PDU begins so, or one that is too long. */
int smpp_read_head(const uint8_t *buf, size_t len, struct smpp_head *head) MUST_CHECK;

/* The readers take a whole PDU as smpp_read_head() measured it. ERR_INVALID: it is not made as the standard says. */
int smpp_read_message_id(const uint8_t *pdu, size_t len, char id[SMPP_ID_SIZE]) MUST_CHECK;      /* 4.4.2 */

/* 5.2.19 */
enum { SMPP_CODING_UCS2 = 8, SMPP_CODING_KS_C_5601 = 14 };

struct smpp_delivery {
	char source[65], destination[65];          /* 20 characters at the most in a deliver_sm */
	uint8_t esm_class, data_coding;
	const uint8_t *text;                       /* within the PDU: short_message, or message_payload; NULL: neither */
	size_t len;
	char receipted_id[SMPP_ID_SIZE];           /* "": no such parameter */
	int message_state;                         /* 5.2.28; -1: no such parameter */
};
/* A deliver_sm (4.6.1) or data_sm (4.7.1), as its command says. */
int smpp_read_delivery(const uint8_t *pdu, size_t len, struct smpp_delivery *d) MUST_CHECK;

/* The writers return the PDU's length. ERR_TOO_LONG: a field that does not fit its place. */
/* as: one of the three binds, 4.1. */
int smpp_write_bind(uint8_t *out, size_t size, enum smpp_command as, uint32_t sequence, const char *system_id, const char *password,
                    const char *system_type) MUST_CHECK;
struct smpp_address { const char *digits; uint8_t ton, npi; };
struct smpp_submit {
	struct smpp_address source, destination;
	uint8_t esm_class, data_coding;
	bool receipt;                              /* the centre is to say what became of it */
	bool payload;                              /* the text goes into message_payload */
	const uint8_t *text;
	size_t len;
};
int smpp_write_submit(uint8_t *out, size_t size, uint32_t sequence, const struct smpp_submit *s) MUST_CHECK;
/* command: of what is answered, deliver_sm or data_sm. */
int smpp_write_delivery_answer(uint8_t *out, size_t size, uint32_t command, uint32_t sequence, uint32_t status) MUST_CHECK;
/* A PDU of a head alone: enquire_link, unbind, their answers, generic_nack. */
int smpp_write_head(uint8_t *out, size_t size, enum smpp_command command, uint32_t status, uint32_t sequence) MUST_CHECK;

#endif
