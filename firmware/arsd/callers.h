/* callers.h: from which networks, and with which client certificates, an API key counts. */
#ifndef ARSD_CALLERS_H
#define ARSD_CALLERS_H

#include <stdbool.h>

#include "ipc/api.h"
#include "json/json.h"
#include "store/api_keys.h"

enum { CALLERS_WHY_SIZE = 300 };

/* Reads "from" and "certificates", lists of text or absent, of an operator's wish. ERR_INVALID with why. */
int callers_read(const json_t *argument, struct api_key_callers *c, char why[CALLERS_WHY_SIZE]) MUST_CHECK;
/* {"from": [...], "certificates": [...]} into a key's object. */
int callers_render(const struct api_key_callers *c, json_t *into) MUST_CHECK;

enum callers_verdict { CALLERS_OK, CALLERS_WRONG_ADDRESS, CALLERS_WRONG_CERTIFICATE };
/* What the head of a request says about who is there, against the lists. Both must fit. */
enum callers_verdict callers_judge(const struct api_key_callers *c, const struct api_head *h);

#endif
