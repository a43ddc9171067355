#include "arsd/line_counts.h"

#include <string.h>

#include "arsd/admin_priv.h"
#include "arsd/lines.h"
#include "arsd/render.h"
#include "lib/log.h"

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
	struct span_bin b = { .quarter = m->quarter, .boot = m->boot, .figures = { m->seconds, m->es, m->ses, m->uas } };
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

static json_t *since_when(const struct span_counts *c)
{
	const struct span_figures *f = &c->figures;
	json_t *o = line_counts_seconds(f->seconds, f->es, f->ses, f->uas);

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

int verb_trunk_zero(struct arsd *a, const json_t *argument, json_t **o, struct refusal *r)
{
	static const struct json_field fields[] = { { "span", JSON_WANT_STRING, true, 1, 31, "" } };
	struct json_fault fault;
	unsigned span;
	int e;

	if (json_fields(argument, "", fields, ARRAY_LEN(fields), &fault) < 0)
		return lines_no_fault(r, &fault);
	span = lines_span_of(a, json_string_value(json_object_get(argument, "span")));
	if (span == 0)
		return lines_no_span(a, r);
	e = store_span_zero(a->store, name_of(a, span), a->wall);
	if (e == ERR_NOT_FOUND)
		return admin_no(r, 404, "nothing was counted of this span yet");
	if (e < 0)
		return e;
	log_info("span_counts_zeroed", "span=%u name=%s", span, name_of(a, span));
	*o = json_pack("{s:i, s:s, s:o}", "span", (int)span, "name", name_of(a, span), "since", render_time(a->wall));
	return 0;
}
