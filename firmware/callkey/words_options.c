/* words_options.c: the options of all commands, and where their values go. */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "callkey/words_priv.h"

/* One option: where its value goes. list: to what the same option has said before. number: a whole number from least to most, into the JSON argument. */
struct option_row {
	const char *command, *name;
	enum { INTO_TEXT, INTO_LIST, INTO_NUMBER, INTO_FLAG, INTO_POINTER, INTO_BOOL } kind;
	const char *member;                   /* of the JSON argument */
	size_t offset;                        /* of the pointer or bool in struct words */
	long least, most;
};

#define POINTER(command, name, field) { command, name, INTO_POINTER, NULL, offsetof(struct words, field), 0, 0 }
#define SWITCH(command, name, field) { command, name, INTO_BOOL, NULL, offsetof(struct words, field), 0, 0 }

static const struct option_row options[] = {
	POINTER(NULL, "--config", config), POINTER(NULL, "--carrier", carrier), SWITCH(NULL, "--json", json),
	{ "calls", "--limit", INTO_NUMBER, "limit", 0, 1, 1000 }, { "registrations", "--limit", INTO_NUMBER, "limit", 0, 1, 1000 },
	{ "consents", "--limit", INTO_NUMBER, "limit", 0, 1, 1000 }, POINTER("consent_bundle", "--out", out), POINTER("verify", "--key", key),
	{ "payments", "--limit", INTO_NUMBER, "limit", 0, 1, 1000 }, { "drain", "--span", INTO_NUMBER, "span", 0, 1, 65535 },
	{ "merchant_add", "--webhook", INTO_TEXT, "webhook_url", 0, 0, 0 }, { "merchant_add", "--pg", INTO_TEXT, "pg", 0, 0, 0 },
	{ "merchant_key_add", "--old-valid-hours", INTO_NUMBER, "old_valid_hours", 0, 0, 8760 },
	{ "merchant_key_add", "--from", INTO_LIST, "from", 0, 0, 0 }, { "merchant_key_add", "--certificate", INTO_LIST, "certificates", 0, 0, 0 },
	{ "merchant_key_revoke", "--in-hours", INTO_NUMBER, "in_hours", 0, 0, 8760 },
	{ "merchant_add", "--live", INTO_FLAG, "live", 0, 0, 0 },
	{ "merchant_add", "--may-skip-consent", INTO_FLAG, "may_skip_consent", 0, 0, 0 },
	{ "reconciliation", "--acknowledge", INTO_TEXT, "acknowledge", 0, 0, 0 },
	{ "merchant_open", "--webhook", INTO_TEXT, "webhook_url", 0, 0, 0 }, { "merchant_open", "--pg", INTO_TEXT, "pg", 0, 0, 0 },
	{ "merchant_open", "--may-skip-consent", INTO_FLAG, "may_skip_consent", 0, 0, 0 },
	{ "merchant_set", "--may-skip-consent", INTO_FLAG, "may_skip_consent", 0, 0, 0 },
	{ "merchant_set", "--must-ask-consent", INTO_FLAG, "must_ask_consent", 0, 0, 0 }, { "merchant_set", "--pg", INTO_TEXT, "pg", 0, 0, 0 },
	{ "trace", "--minutes", INTO_NUMBER, "minutes", 0, 1, 1440 }, { "trace", "--off", INTO_FLAG, "off", 0, 0, 0 },
	{ "trace", "--numbers", INTO_FLAG, "numbers", 0, 0, 0 }, POINTER("trace", "--pcap", pcap),
	SWITCH("trunks", "--watch", watch), SWITCH("trunks", "--counters", counters),
	POINTER("trunks_configure", "--file", file), POINTER("trunks_configure", "--proc", proc), POINTER("trunks_configure", "--modules", modules),
	SWITCH("trunks_configure", "--write", write),
	POINTER("phone", "--span", span), POINTER("phone", "--screening", screening),
	POINTER("phone", "--presentation", presentation), POINTER("phone", "--diverted-from", diverted_from),
	SWITCH("phone", "--overlap", overlap),
	POINTER("keys_ceremony", "--components", keys.components), POINTER("keys_ceremony", "--shares", keys.of),
	SWITCH("keys_ceremony", "--bring", keys.bring), POINTER("keys_ceremony", "--forms", keys.forms),
	POINTER("keys_ceremony", "--unattended", keys.unattended), POINTER("keys_restore", "--unattended", keys.unattended),
	POINTER("keys_renew", "--forms", keys.forms), POINTER("keys_reshare", "--forms", keys.forms), POINTER("keys_renew", "--unattended", keys.unattended),
	POINTER("keys_propose", "--components", keys.components), POINTER("keys_propose", "--shares", keys.of),
	SWITCH("keys_unlock", "--one", keys.one),
	POINTER("keys_propose", "--officer", keys.officer), POINTER("keys_confirm", "--officer", keys.officer),
	POINTER("keys_withdraw", "--officer", keys.officer), POINTER("keys_propose", "--with", keys.with), POINTER("keys_confirm", "--with", keys.with),
	POINTER("keys_propose", "--name", keys.name), POINTER("keys_propose", "--version", keys.version), POINTER("keys_propose", "--usage", keys.usage),
	POINTER("keys_propose", "--state", keys.state), POINTER("keys_propose", "--transport", keys.transport),
	POINTER("keys_propose", "--kid", keys.kid), POINTER("keys_propose", "--cipher", keys.cipher),
	POINTER("keys_propose", "--from", keys.from), POINTER("keys_propose", "--until", keys.until),
	POINTER("audit_verify", "--key", keys.key), SWITCH("audit_verify", "--live", keys.live), POINTER("audit_export", "--out", keys.out),
};

static const struct option_row *option_named(const char *name, size_t len, const char *verb)
{
	for (size_t i = 0; i < ARRAY_LEN(options); i++)
		if (strlen(options[i].name) == len && strncmp(options[i].name, name, len) == 0 &&
		    (options[i].command == NULL || (verb != NULL && strcmp(options[i].command, verb) == 0)))
			return &options[i];
	return NULL;
}

static int take_number(struct reading *r, const struct option_row *o, const char *value)
{
	char *end;
	long n = strtol(value, &end, 10);

	if (value[0] < '0' || value[0] > '9' || *end != '\0' || n < o->least || n > o->most)
		return words_fault(r, "%s %s: must be a whole number from %ld to %ld", o->name, value, o->least, o->most);
	return json_object_set_new(r->argument, o->member, json_integer(n)) == 0 ? 0 : ERR_NOMEM;
}

static int take_listed(struct reading *r, const struct option_row *o, const char *value)
{
	json_t *list = json_object_get(r->argument, o->member), *text = json_string(value);

	if (text == NULL)
		return words_fault(r, "%s: is not valid UTF-8", o->name);
	if (list == NULL && json_object_set_new(r->argument, o->member, list = json_array()) != 0) {
		json_decref(text);
		return ERR_NOMEM;
	}
	return json_array_append_new(list, text) == 0 ? 0 : ERR_NOMEM;
}

static int take_option(struct reading *r, const struct option_row *o, char *value)
{
	char *at = (char *)r->w + o->offset;

	switch (o->kind) {
	case INTO_NUMBER: return take_number(r, o, value);
	case INTO_LIST: return take_listed(r, o, value);
	case INTO_POINTER: memcpy(at, &value, sizeof(value)); return 0;
	case INTO_BOOL: memcpy(at, &(bool){ true }, sizeof(bool)); return 0;
	case INTO_FLAG: return json_object_set_new(r->argument, o->member, json_true()) == 0 ? 0 : ERR_NOMEM;
	default:
		if (json_object_set_new(r->argument, o->member, json_string(value)) != 0)
			return words_fault(r, "%s: is not valid UTF-8", o->name);
		return 0;
	}
}

bool words_takes_next(const char *word)
{
	for (size_t i = 0; i < ARRAY_LEN(options); i++)
		if (strcmp(options[i].name, word) == 0)
			return options[i].kind != INTO_FLAG && options[i].kind != INTO_BOOL;
	return false;
}

int words_take_options(struct reading *r, const char *verb, int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		char *equals = strchr(argv[i], '='), *value = equals != NULL ? equals + 1 : NULL;
		const struct option_row *o;
		int e;

		if (strncmp(argv[i], "--", 2) != 0)
			continue;
		o = option_named(argv[i], equals != NULL ? (size_t)(equals - argv[i]) : strlen(argv[i]), verb);
		if (o == NULL)
			return words_fault(r, "%s: %s has no such option; callkey --help lists them", argv[i], r->word[0]);
		if ((o->kind == INTO_FLAG || o->kind == INTO_BOOL) && value != NULL)
			return words_fault(r, "%s: takes no value", o->name);
		if (o->kind != INTO_FLAG && o->kind != INTO_BOOL && value == NULL) {
			if (i + 1 == argc)
				return words_fault(r, "%s: needs a value", o->name);
			value = argv[++i];
		}
		e = take_option(r, o, value);
		if (e < 0)
			return e;
	}
	return 0;
}
