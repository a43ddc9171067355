/* promotions.h: which card companies give which instalments free of interest, for amounts and days, on what is charged by billing key
 * (without the card's own authentication): the operator's table, from share_dir/interest_free.cfg, and the gateway's
 * (promotion_tables.h). One rule says which counts: of a card company that the file names on a day, the file alone; of every other
 * one, the gateway's. The file is read at start and refused with its line when it is wrong. No file: no rows. Pure but for reading. */
#ifndef ARSD_PROMOTIONS_H
#define ARSD_PROMOTIONS_H

#include "conf/conf.h"
#include "ipc/uplink.h"
#include "json/json.h"
#include "lib/clock.h"
#include "model/card.h"
#include "model/money.h"
#include "store/promotions.h"

enum { PROMOTIONS_MAX = UPLINK_PROMOTIONS_MAX, PROMOTION_MONTHS_LEAST = 2, PROMOTION_MONTHS_MAX = 36, PROMOTION_LEAST_KRW = 50000 };
/* Who pays the interest that the customer does not: the merchant, as it said in its request, or the card company. */
enum interest_free { INTEREST_FREE_NO, INTEREST_FREE_MERCHANT, INTEREST_FREE_ISSUER };

struct promotions { size_t count; struct promotion list[PROMOTIONS_MAX]; };
/* The operator's table, and that of the gateway that is asked for the money; NULL: it has told none that counts. */
struct promotion_sources { const struct promotions *file, *table; };

int promotions_load(const char *path, struct promotions *p, char why[CONF_WHY_SIZE]) MUST_CHECK;
/* Does the file say anything of the card company for this day? Then the gateway's table does not count for it. */
bool promotions_name(const struct promotions *file, const char *issuer, int64_t day);
/* Does the card's company give these months free today? */
bool promotions_give(const struct promotion_sources *s, const struct card_mask *card, const struct money *amount, int months, struct wall now);
/* As it is shown (api_promotions.c). */
json_t *promotions_render(const struct promotion *p, int64_t today);
const char *interest_free_word(enum interest_free by);          /* "merchant", "issuer", NULL */

#endif
