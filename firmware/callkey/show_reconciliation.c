#include "callkey/show_reconciliation.h"

#include <inttypes.h>
#include <stdio.h>

#include "callkey/show_parts.h"
#include "callkey/show_values.h"

enum { TEXT_SIZE = 320 };

static void print_difference(FILE *f, const json_t *o)
{
	char ours[TEXT_SIZE], theirs[TEXT_SIZE];
	const json_t *our = json_object_get(o, "our_amount"), *their = json_object_get(o, "their_amount");

	snprintf(ours, sizeof(ours), "%" PRId64 " %s", part_number(our, "total"), part_text(our, "currency"));
	snprintf(theirs, sizeof(theirs), "%" PRId64 " %s", part_number(their, "total"), part_text(their, "currency"));
	fprintf(f, "  %-14s  %-8s  %s  ours: %s %s, theirs: %s %s\n", part_text(o, "class"), part_text(o, "kind"), part_text(o, "order_id"),
	        part_text(o, "our_status")[0] != '\0' ? part_text(o, "our_status") : "-", json_is_object(our) ? ours : "",
	        part_text(o, "their_status")[0] != '\0' ? part_text(o, "their_status") : "-", json_is_object(their) ? theirs : "");
}

void show_print_reconciliation(FILE *f, const json_t *o)
{
	static const char *const classes[] = { "matched", "missing", "extra", "amount_differs", "state_differs", "unknown" };
	const json_t *gateways = json_object_get(o, "gateways"), *rows = json_object_get(o, "differences");
	char n[TEXT_SIZE], at[SHOW_TIME_SIZE];

	part_line(f, "day", part_text(o, "day"));
	part_line(f, "status", part_text(o, "status"));
	for (size_t i = 0; i < json_array_size(gateways); i++) {
		const json_t *g = json_array_get(gateways, i);

		snprintf(n, sizeof(n), "%s: %s, %" PRId64 " listed%s %s", part_text(g, "gateway"), part_text(g, "status"), part_number(g, "listed"),
		         part_is_set(g, "day_over") ? "" : ", the day is not over", part_text(g, "message"));
		part_line(f, "gateway", n);
		if (json_is_string(json_object_get(g, "acknowledged_at"))) {
			snprintf(n, sizeof(n), "%s: %s", show_time(part_text(g, "acknowledged_at"), at), part_text(g, "note"));
			part_line(f, "acknowledged", n);
		}
	}
	for (size_t i = 0; i < ARRAY_LEN(classes); i++) {
		snprintf(n, sizeof(n), "%" PRId64, part_number(json_object_get(o, "counts"), classes[i]));
		part_line(f, classes[i], n);
	}
	for (size_t i = 0; i < json_array_size(rows); i++)
		print_difference(f, json_array_get(rows, i));
	if (part_is_set(o, "differences_cut"))
		fputs("  and more\n", f);
}

void show_print_days(FILE *f, const json_t *o)
{
	int64_t differences = part_number(o, "differences"), failed = part_number(o, "failed_days"), overdue = part_number(o, "overdue_days");
	char text[TEXT_SIZE];

	if (!part_is_set(o, "alarm"))
		return;
	snprintf(text, sizeof(text), "%" PRId64 " differences on %" PRId64 " days, %" PRId64 " days without a list, %" PRId64 " overdue, the oldest %s: "
	         "callkey reconciliation %s", differences, part_number(o, "differing_days"), failed, overdue, part_text(o, "oldest"),
	         part_text(o, "oldest"));
	part_line(f, "reconciliation", text);
}
