/* view.h: a request as merchants see it, with what the store has beside it: its attempts and what was given back. */
#ifndef ARSD_VIEW_H
#define ARSD_VIEW_H

#include "arsd/arsd.h"
#include "json/json.h"
#include "store/cancellations.h"

/* New references, or NULL without memory. live: the merchant's. */
json_t *view_request(struct arsd *a, const struct request *r, bool live);
json_t *view_cancellation(const struct cancellation *c);

#endif
