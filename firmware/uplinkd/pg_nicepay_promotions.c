/* pg_nicepay_promotions.c: NICEPAY's table of instalments that are free of interest (api/status-interest.md): for each card code one
 * object, in it bands of amounts with months as "02:03:04" and the instant at which they end. What it gives by itself and what the
 * merchant has agreed with it are one table there. */
#include <stdio.h>
#include <string.h>

#include "json/json.h"
#include "model/date.h"
#include "uplinkd/pg_nicepay.h"
#include "uplinkd/pg_promotions.h"
#include "uplinkd/pg_wire.h"

/* The manual's maxAmt "ex) 99999999999999" is no limit; so is what no payment of ours can be. */
enum { MONTHS_MOST = 36 };
static const int64_t no_limit = INT64_C(1000000000000);

/* "02:03:04" as bits. False: it is not of this form, or has months that no card company gives. */
static bool read_months(const char *text, uint64_t *months)
{
	uint64_t found = 0;

	for (;;) {
		int n;

		if (text[0] < '0' || text[0] > '9' || text[1] < '0' || text[1] > '9' || (text[2] != ':' && text[2] != '\0'))
			return false;
		n = (text[0] - '0') * 10 + text[1] - '0';
		if (n < 2 || n > MONTHS_MOST)
			return false;
		found |= UINT64_C(1) << n;
		if (text[2] == '\0')
			break;
		text += 3;
	}
	*months = found;
	return true;
}

static bool read_band(const json_t *band, struct pg_promotion *p)
{
	const json_t *least = json_object_get(band, "minAmt"), *most = json_object_get(band, "maxAmt");
	const char *months = json_string_value(json_object_get(band, "installment"));
	struct wall until;

	if (!json_is_integer(least) || !json_is_integer(most) || months == NULL || !read_months(months, &p->months) ||
	    !pg_wire_take_time(band, "eventToDate", &until.ms))
		return false;
	p->least_minor = json_integer_value(least);
	p->most_minor = json_integer_value(most) >= no_limit ? 0 : json_integer_value(most);
	p->until_day = date_day_in_korea(until);
	return p->least_minor >= 0 && json_integer_value(most) >= p->least_minor;
}

static int read_company(const json_t *company, struct pg_promotions *p, const char **why)
{
	const char *code = json_string_value(json_object_get(company, "cardCode"));
	const json_t *bands = json_object_get(company, "freeInstallment"), *band;
	const char *issuer = code != NULL ? nicepay_issuer(code) : "";
	size_t i;

	*why = "interestFree: a company without cardCode and freeInstallment";
	if (code == NULL || !json_is_array(bands))
		return ERR_INVALID;
	json_array_foreach(bands, i, band) {
		struct pg_promotion row = { .issuer = "" };

		snprintf(row.issuer, sizeof(row.issuer), "%s", issuer);
		*why = "freeInstallment: one of them cannot be read";
		if (!read_band(band, &row))
			return ERR_INVALID;
		if (issuer[0] == '\0')
			p->left_out++;
		else if (pg_promotions_add(p, &row, why) < 0)
			return ERR_INVALID;
	}
	return 0;
}

int nicepay_promotions(const struct http_answer *h, struct pg_promotions *p, const char **why)
{
	struct json_fault fault;
	const json_t *company;
	json_t *o = NULL;
	size_t i;
	int e = json_read_strict(h->body, h->len, &o, &fault);

	*why = "no JSON";
	json_array_foreach(json_object_get(o, "interestFree"), i, company)
		if (e == 0)
			e = read_company(company, p, why);
	json_decref(o);
	return e;
}
