/* smpp_receipt.h: what a delivery receipt says, and of which message. By its parameters where it has them, else by its text,
 * which the standard leaves to the provider (appendix B shows the form that most follow). Pure. */
#ifndef UPLINKD_SMPP_RECEIPT_H
#define UPLINKD_SMPP_RECEIPT_H

#include "ipc/uplink.h"
#include "uplinkd/smpp_pdu.h"

/* The id in a receipt may be written otherwise than in the answer to submit_sm. */
enum smpp_id_form {
	SMPP_ID_AS_IS,
	SMPP_ID_DECIMAL_TO_HEX,       /* the receipt has it in decimal, the answer had it in hex digits */
	SMPP_ID_HEX_TO_DECIMAL,
};
/* "as_is" "decimal" "hex": as what the receipt has it. */
int smpp_id_form_parse(const char *word, enum smpp_id_form *form) MUST_CHECK;

struct smpp_receipt {
	char id[SMPP_ID_SIZE];        /* as the answer to submit_sm had it */
	enum uplink_receipt_state state;
	char detail[64];              /* "UNDELIV err 027": printable */
};
/* 5.2.12: is this delivery a receipt at all? */
bool smpp_is_receipt(const struct smpp_delivery *d);
/* ERR_INVALID: it names no message, or no state. */
int smpp_receipt_read(const struct smpp_delivery *d, enum smpp_id_form form, struct smpp_receipt *r) MUST_CHECK;
/* Two forms of one id: leading zeros and the case of hex digits are no difference. */
void smpp_id_plain(const char *id, enum smpp_id_form form, char out[SMPP_ID_SIZE]);

#endif
