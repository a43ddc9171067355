/* smpp.c: octets of an SMS centre: heads, deliver_sm, ids, receipts. Each PDU lies at the end of memory of its own, so that one
 * octet too many is seen. */
#include "tests/fuzz/fuzz.h"
#include "uplinkd/smpp_receipt.h"

static void read_one(const uint8_t *pdu, size_t len)
{
	struct smpp_delivery d;
	struct smpp_receipt r;
	char id[SMPP_ID_SIZE];

	if (smpp_read_message_id(pdu, len, id) == 0)
		FUZZ_CHECK(strlen(id) < sizeof(id));
	if (smpp_read_delivery(pdu, len, &d) < 0)
		return;
	FUZZ_CHECK(d.len == 0 || (d.text >= pdu && d.text + d.len <= pdu + len));
	for (int form = SMPP_ID_AS_IS; form <= SMPP_ID_HEX_TO_DECIMAL; form++) {
		if (smpp_receipt_read(&d, (enum smpp_id_form)form, &r) < 0)
			continue;
		FUZZ_CHECK(r.id[0] != '\0' && r.state >= UPLINK_RECEIPT_DELIVERED && r.state <= UPLINK_RECEIPT_UNDER_WAY);
		for (const char *p = r.id; *p != '\0'; p++)
			FUZZ_CHECK(*p >= 0x20 && *p < 0x7f);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct smpp_head h;

	/* A stream of PDUs, as the link takes them apart. */
	while (smpp_read_head(data, size, &h) == 0) {
		uint8_t *copy = malloc(h.length);

		FUZZ_CHECK(h.length >= SMPP_HEAD_SIZE && h.length <= size && copy != NULL);
		memcpy(copy, data, h.length);
		read_one(copy, h.length);
		free(copy);
		data += h.length;
		size -= h.length;
	}
	return 0;
}
