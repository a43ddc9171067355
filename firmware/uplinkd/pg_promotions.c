#include "uplinkd/pg_promotions.h"

static json_t *months_list(uint64_t months)
{
	json_t *list = json_array();

	for (int n = 0; n < 64; n++)
		if ((months >> n & 1) != 0)
			json_array_append_new(list, json_integer(n));
	return list;
}

int pg_promotions_add(struct pg_promotions *p, const struct pg_promotion *row, const char **why)
{
	if (json_array_size(p->rows) >= UPLINK_PROMOTIONS_MAX) {
		*why = "the table has too many rows";
		return ERR_INVALID;
	}
	return json_array_append_new(p->rows, json_pack("{s:s, s:o, s:I, s:I, s:I, s:I}", "issuer", row->issuer, "months",
		months_list(row->months), "least", (json_int_t)row->least_minor, "most", (json_int_t)row->most_minor, "from_day",
		(json_int_t)row->from_day, "until_day", (json_int_t)row->until_day)) == 0 ? 0 : ERR_NOMEM;
}

int pg_promotions_read(const struct pg_connector *c, const struct http_answer *h, struct uplink_pg_promotions_result *r, const char **why)
{
	struct pg_promotions p = { .rows = json_array() };
	json_t *all = json_pack("{s:o}", "rows", p.rows);
	size_t len = 0;
	int e = ERR_NOMEM;

	*why = "no memory";
	if (all != NULL)
		e = c->promotions(h, &p, why);
	if (e == 0)
		len = json_dumpb(all, (char *)r->rows.data, sizeof(r->rows.data), JSON_COMPACT);
	if (e == 0 && (len == 0 || len > sizeof(r->rows.data))) {
		*why = "the table is too long";
		e = ERR_INVALID;
	}
	if (e == 0) {
		r->rows.len = (uint32_t)len;
		r->left_out = p.left_out;
	}
	json_decref(all);
	return e;
}
