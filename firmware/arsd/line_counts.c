#include "arsd/line_counts.h"

#include <string.h>

#include "arsd/admin_priv.h"
#include "arsd/lines.h"
#include "arsd/render.h"
#include "lib/log.h"
#include "store/span_bins.h"

enum { QUARTER_MS = 900 * 1000 };

static const char *name_of(const struct arsd *a, unsigned span)
{
	for (int i = 0; i < a->span_count; i++)
		if (a->spans[i].span == span)
			return a->spans[i].name;
	return "";
}

/* What is of no span that was told, of another day, or cannot be, is not kept: the clock may just have been set. */
void line_counts_keep(struct arsd *a, const struct callctl_span_bin *m)
{
	struct span_bin b = {
		.quarter = m->quarter, .boot = m->boot, .figures = {
			.seconds = m->seconds, .es = m->es, .ses = m->ses, .uas = m->uas, .measured = m->measured, .errors = {
				[SPAN_CODE_VIOLATIONS] = m->code_violations, [SPAN_CRC_ERRORS] = m->crc_errors, [SPAN_E_BITS] = m->e_bits,
				[SPAN_FRAMING_ERRORS] = m->framing_errors, [SPAN_SLIPS] = m->slips,
			},
		},
	};
	int e;

	if (m->name[0] == '\0' || strcmp(name_of(a, m->span), m->name) != 0)
		return;
	memcpy(b.span, m->name, sizeof(b.span));
	e = store_span_bin_keep(a->store, &b, a->wall);
	if (e < 0)
		log_debug("span_bin_refused", "span=%u error=%s", m->span, err_name(e));
}

json_t *line_counts_seconds(int64_t all, int64_t es, int64_t ses, int64_t uas)
{
	if (all == 0)
		return json_pack("{s:I, s:n, s:n, s:n}", "seconds", (json_int_t)all, "errored", "severely_errored", "unavailable");
	return json_pack("{s:I, s:I, s:I, s:I}", "seconds", (json_int_t)all, "errored", (json_int_t)es, "severely_errored",
		(json_int_t)ses, "unavailable", (json_int_t)uas);
}

/* What no driver measured is null: it is no 0. */
static json_t *all_of(const struct span_figures *f)
{
	static const char *const names[SPAN_ERRORS] = {
		[SPAN_CODE_VIOLATIONS] = "code_violations", [SPAN_CRC_ERRORS] = "crc_errors", [SPAN_E_BITS] = "e_bits",
		[SPAN_FRAMING_ERRORS] = "framing_errors", [SPAN_SLIPS] = "slips",
	};
	json_t *o = line_counts_seconds(f->seconds, f->es, f->ses, f->uas);

	for (int i = 0; i < SPAN_ERRORS; i++)
		json_object_set_new(o, names[i], (f->measured & UINT32_C(1) << i) != 0 ? json_integer((json_int_t)f->errors[i]) : json_null());
	return o;
}

static json_t *since_when(const struct span_counts *c)
{
	json_t *o = all_of(&c->figures);

	json_object_set_new(o, "since", render_time(c->since));
	return o;
}

void line_counts_add(const struct arsd *a, const char *span, json_t *o)
{
	struct span_counts c;

	json_object_set_new(o, "day", store_span_day(a->store, span, a->wall, &c) == 0 ? since_when(&c) : json_null());
	if (store_span_counts(a->store, span, &c) < 0) {
		json_object_set_new(o, "counted", json_null());
		return;
	}
	json_object_set_new(o, "counted", since_when(&c));
	json_object_set_new(json_object_get(o, "counted"), "zeroed_by", c.zeroed ? json_string("operator") : json_null());
}

static int asked_span(const struct arsd *a, const json_t *argument, unsigned *span, struct refusal *r)
{
	static const struct json_field fields[] = { { "span", JSON_WANT_STRING, true, 1, 31, "" } };
	struct json_fault fault;

	if (json_fields(argument, "", fields, ARRAY_LEN(fields), &fault) < 0)
		return lines_no_fault(r, &fault);
	*span = lines_span_of(a, json_string_value(json_object_get(argument, "span")));
	return *span != 0 ? 0 : lines_no_span(a, r);
}

static int add_quarter(const struct span_bin *b, struct wall began, void *context)
{
	json_t *o = all_of(&b->figures);

	json_object_set_new(o, "quarter", render_time((struct wall){ b->quarter * QUARTER_MS }));
	json_object_set_new(o, "since", render_time(began));
	json_array_append_new(context, o);
	return 0;
}

int verb_trunk_history(struct arsd *a, const json_t *argument, json_t **o, struct refusal *r)
{
	json_t *quarters;
	unsigned span = 0;
	int e = asked_span(a, argument, &span, r);

	if (e < 0)
		return e;
	quarters = json_array();
	e = store_span_quarters(a->store, name_of(a, span), a->wall, add_quarter, quarters);
	if (e < 0) {
		json_decref(quarters);
		return e;
	}
	*o = json_pack("{s:i, s:s, s:o}", "span", (int)span, "name", name_of(a, span), "quarters", quarters);
	return 0;
}

int verb_trunk_zero(struct arsd *a, const json_t *argument, json_t **o, struct refusal *r)
{
	unsigned span = 0;
	int e = asked_span(a, argument, &span, r);

	if (e < 0)
		return e;
	e = store_span_zero(a->store, name_of(a, span), a->wall);
	if (e == ERR_NOT_FOUND)
		return admin_no(r, 404, "nothing was counted of this span yet");
	if (e < 0)
		return e;
	log_info("span_counts_zeroed", "span=%u name=%s", span, name_of(a, span));
	*o = json_pack("{s:i, s:s, s:o}", "span", (int)span, "name", name_of(a, span), "since", render_time(a->wall));
	return 0;
}
