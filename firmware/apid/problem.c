#include "apid/problem.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "json/json.h"

/* A text that was cut may end in part of a character, which JSON would refuse. */
static void drop_cut_character(char *text)
{
	size_t len = strlen(text), lead = len;

	while (lead > 0 && len - lead < 4 && ((unsigned char)text[lead - 1] & 0xc0) == 0x80)
		lead--;
	if (lead > 0 && (unsigned char)text[lead - 1] >= 0xc0) {
		unsigned char c = (unsigned char)text[lead - 1];
		size_t want = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;

		if (len - (lead - 1) < want)
			text[lead - 1] = '\0';
	}
}

struct problem problem_make(uint16_t status, const char *code, const char *field, const char *detail)
{
	struct problem p = { .status = status };

	snprintf(p.code, sizeof(p.code), "%s", code);
	snprintf(p.detail, sizeof(p.detail), "%s", detail);
	snprintf(p.field, sizeof(p.field), "%s", field);
	drop_cut_character(p.detail);
	drop_cut_character(p.field);
	return p;
}

/* "order_id_used" -> "Order id used": the same for every occurrence of a code, as a title must be. */
static void title_of(const char *code, char title[PROBLEM_CODE_SIZE])
{
	size_t n = 0;

	for (; code[n] != '\0' && n + 1 < PROBLEM_CODE_SIZE; n++)
		title[n] = (char)(code[n] == '_' ? ' ' : n == 0 ? toupper((unsigned char)code[n]) : code[n]);
	title[n] = '\0';
}

char *problem_print(const struct problem *p, const char *request_id)
{
	char type[PROBLEM_CODE_SIZE + 16], title[PROBLEM_CODE_SIZE], *text;
	json_t *o;

	/* A full path on the API's own host (RFC 9457 3.1.1), where the page about the code is. */
	snprintf(type, sizeof(type), "/problems/%s", p->code);
	title_of(p->code, title);
	o = json_pack("{s:s, s:s, s:i, s:s, s:s}", "type", type, "title", title, "status", p->status, "code", p->code,
	              "detail",
	              p->detail);
	if (o != NULL && p->field[0] != '\0')
		json_object_set_new(o, "field", json_string(p->field));
	if (o != NULL)
		json_object_set_new(o, "request_id", json_string(request_id));
	text = o != NULL ? json_dumps(o, JSON_COMPACT) : NULL;
	json_decref(o);
	return text;
}
