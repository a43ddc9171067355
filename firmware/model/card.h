/* card.h: what may be known of a card outside keystored (PCI DSS 3.4.1): BIN, last four, brand, issuer, kind. */
#ifndef MODEL_CARD_H
#define MODEL_CARD_H

enum card_type { CARD_UNKNOWN = 0, CARD_CREDIT = 1, CARD_CHECK = 2 };   /* values of vault_card_type */
struct card_mask { char bin[9], last4[5], brand[16], issuer[16]; enum card_type type; };

const char *card_type_name(enum card_type t);     /* "unknown" "credit" "check" */
/* "bc 541234******5678"-like text for logs and lists. */
const char *card_print(const struct card_mask *m, char buf[48]);

#endif
