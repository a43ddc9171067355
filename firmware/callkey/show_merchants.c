#include "callkey/show_merchants.h"

#include <inttypes.h>
#include <stdio.h>

#include "callkey/show_parts.h"
#include "callkey/show_values.h"

static int add_merchant(struct table *t, const json_t *o)
{
	char at[SHOW_TIME_SIZE], used[SHOW_TIME_SIZE];

	return PART_CELLS(t, part_text(o, "id"), part_text(o, "account"), part_text(o, "name"),
	                  part_is_set(o, "live") ? "live" : "test", part_is_set(o, "may_skip_consent") ? "may be skipped" : "asked",
	                  part_text(o, "pg"), part_text(o, "webhook_url"), show_short_time(part_text(o, "created_at"), at),
	                  show_short_time(part_text(o, "last_used_at"), used));
}

int show_merchants(const json_t *answer, char **text)
{
	static const char *const heads[] = { "MERCHANT", "ACCOUNT", "NAME", "MODE", "CONSENT", "PG", "WEBHOOK", "CREATED", "USED" };

	return part_list(answer, "items", heads, ARRAY_LEN(heads), add_merchant,
	                 "No merchants yet: callkey merchants add NAME --webhook URL\n", text);
}

/* The items of a list with a blank between them, of each its first digits; none: what stands for all. */
static const char *items_of(const json_t *list, int digits, const char *none, char *buf, size_t size)
{
	size_t len = 0;

	snprintf(buf, size, "%s", none);
	for (size_t i = 0; i < json_array_size(list) && len < size; i++) {
		const char *item = json_string_value(json_array_get(list, i));

		len += (size_t)snprintf(buf + len, size - len, "%s%.*s", i > 0 ? " " : "", digits, item != NULL ? item : "?");
	}
	return buf;
}

static int add_key(struct table *t, const json_t *o)
{
	enum { NETWORK_DIGITS = 50, HASH_DIGITS = 16, LISTED_SIZE = 900 };
	char made[SHOW_TIME_SIZE], until[SHOW_TIME_SIZE], used[SHOW_TIME_SIZE], from[LISTED_SIZE], certificates[LISTED_SIZE];

	return PART_CELLS(t, part_text(o, "id"), part_text(o, "status"), show_short_time(part_text(o, "created_at"), made),
	                  show_short_time(part_text(o, "valid_until"), until), show_short_time(part_text(o, "last_used_at"), used),
	                  items_of(json_object_get(o, "from"), NETWORK_DIGITS, "anywhere", from, sizeof(from)),
	                  items_of(json_object_get(o, "certificates"), HASH_DIGITS, "none", certificates, sizeof(certificates)));
}

int show_keys(const json_t *answer, char **text)
{
	static const char *const heads[] = { "KEY", "STATUS", "CREATED", "UNTIL", "USED", "FROM", "CERTIFICATE" };

	return part_list(answer, "items", heads, ARRAY_LEN(heads), add_key, "No keys: callkey merchants keys add MERCHANT\n", text);
}

void print_merchant_added(FILE *f, const json_t *o)
{
	part_line(f, "merchant", part_text(o, "id"));
	part_line(f, "account", part_text(o, "account"));
	part_line(f, "API key", part_text(o, "api_key"));
	part_line(f, "webhook secret", part_text(o, "webhook_secret"));
	fputs("\nBoth are shown this once: the appliance keeps only what it needs to check the key.\n", f);
}

void print_merchant_set(FILE *f, const json_t *o)
{
	part_line(f, "merchant", part_text(o, "id"));
	part_line(f, "name", part_text(o, "name"));
	part_line(f, "consent", part_is_set(o, "may_skip_consent") ? "may be skipped" : "asked");
	part_line(f, "gateway", part_text(o, "pg")[0] != '\0' ? part_text(o, "pg") : "the first of its mode");
}

void print_key_added(FILE *f, const json_t *o)
{
	part_line(f, "key", part_text(o, "id"));
	part_line(f, "api key", part_text(o, "api_key"));
}

void print_key_ended(FILE *f, const json_t *o)
{
	char until[SHOW_TIME_SIZE];

	part_line(f, "key", part_text(o, "id"));
	part_line(f, "valid until", show_short_time(part_text(o, "valid_until"), until));
}

/* Which of two secrets a merchant's server checks with is not known here: that is no alarm. */
void print_ending(FILE *f, const json_t *status)
{
	const json_t *keys = json_object_get(status, "api_keys_ending"), *first = json_object_get(keys, "first");
	int64_t secrets = part_number(status, "webhook_secrets_ending");
	char text[SHOW_SIZE], until[SHOW_TIME_SIZE];

	if (json_is_object(keys)) {
		snprintf(text, sizeof(text), "%" PRId64 " still used and %s within %" PRId64 " days; first %s of %s, on %s: callkey merchants keys list %s",
		         part_number(keys, "count"), part_number(keys, "count") == 1 ? "ends" : "end", part_number(keys, "days"), part_text(first, "key"),
		         part_text(first, "merchant"), show_time(part_text(first, "valid_until"), until), part_text(first, "merchant"));
		part_line(f, "API keys", text);
	}
	if (secrets > 0) {
		snprintf(text, sizeof(text), "%" PRId64 " old %s soon", secrets, secrets == 1 ? "secret ends" : "secrets end");
		part_line(f, "webhooks", text);
	}
}
