#include "callkey/words.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json/json.h"

enum { LINE_MAX_CHANNEL = 31, KEYS_COMPONENTS_MAX = 3, KEYS_PARTS_MAX = 16 };

const char words_help[] =
	"callkey: look into and run a Callkey appliance\n"
	"\n"
	"usage: callkey [--config FILE] [--json] COMMAND\n"
	"\n"
	"  status                         processes, calls and requests at a glance\n"
	"  trunks [--counters] [--watch]  the lines: each from its cable up to its calls, with advice; or what they count;\n"
	"                                 again every second, until Ctrl-C\n"
	"  trunks configure [--file FILE] [--modules FILE] [--write] [--proc FOLDER]\n"
	"                                 what /etc/dahdi/system.conf and /etc/modprobe.d/callkey-dahdi.conf must say for the cards in\n"
	"                                 trunkd.spans, as a diff against them; with --file or --modules, against these alone; nothing is\n"
	"                                 changed without --write, which keeps the old ones as FILE.bak\n"
	"  trunks lock SPAN[:LINE]        take no new calls (cause 44 or 34; an analog line is not answered), wait for the others to end,\n"
	"                                 then out of service; trunks unlock SPAN[:LINE] takes it back\n"
	"  trunks zero SPAN               begin the second set of a line's seconds anew; that of 24 hours stays\n"
	"  trunks history SPAN            a line's seconds and errors by quarters of an hour, for 24 hours\n"
	"  calls [--limit N]              the newest calls\n"
	"  call ID                        one call with its timeline\n"
	"  registrations [--limit N]      the newest requests to register a card\n"
	"  payments [--limit N]           the newest requests to pay\n"
	"  reconcile DATE                 hold a day against the gateways' lists now; shows what differs\n"
	"  reconciliation DATE [--acknowledge NOTE]\n"
	"                                 what came of it when it was last done; --acknowledge ends the alarm: somebody has looked at it\n"
	"  promotions                     what is free of interest: the operator's file and each gateway's table, and how old that is\n"
	"  promotions ask [GATEWAY]       ask the gateways anew, or this one\n"
	"  consents [--limit N]           the newest consents, and whether they are signed\n"
	"  consents export ID [--out FILE]\n"
	"                                 the bundle that proves a consent away from the appliance, to FILE or here\n"
	"  verify FILE [--key ID|FILE]    hold a bundle against the key that is trusted; asks no appliance and no network\n"
	"  keys status|list               the keystore: open, locked or empty, who opens it; each key's check value, never a key\n"
	"  keys ceremony --components 2|3 [--bring] | --shares M/N  [--forms FOLDER] [--unattended FILE]\n"
	"                                 makes the keys: custodians come to this terminal one after the other, each alone; all components\n"
	"                                 or any M of N shares open the keys again. --bring: components that custodians have made themselves\n"
	"  keys unlock [--one]            custodians bring their parts; --one: this one now, the others later\n"
	"  keys lock                      no card is taken until they are unlocked\n"
	"  columns anew                   give up the billing keys that lost keys have sealed, where no backup of these is left\n"
	"  keys renew [--forms FOLDER] [--unattended FILE] | reshare [--forms FOLDER]\n"
	"                                 after two officers have agreed (keys propose renew|reshare --shares M/N): custodians of before, then\n"
	"                                 new ones come; renew: all keys under another master key; reshare: the same one in other hands\n"
	"  keys backup FILE               all keys, sealed under the master key that the custodians hold\n"
	"  keys restore FILE [--unattended FILE]\n"
	"                                 on an appliance without keys, with the custodians' parts\n"
	"  keys appoint                   custodians name two officers in place of all there are; others are proposed: add-officer --name NAME\n"
	"  keys officers                  who they are\n"
	"  keys propose ACT --officer NAME [--name KEY] [--version N] [--usage U] [--state S] [--transport KEY] [--from DAY] [--until DAY]\n"
	"        [--kid KID] [--cipher aes256|aes128] [--with FILE]\n"
	"                                 what another officer must confirm: generate, rotate, state, import-gateway, import-block,\n"
	"                                 import-transport, export, add-officer, remove-officer, end-unattended, zeroise\n"
	"  keys proposals                 what waits to be confirmed\n"
	"  keys confirm|withdraw ID --officer NAME [--with FILE]\n"
	"                                 another officer does it, or it is taken back\n"
	"  audit verify FILE|--live [--key ID]\n"
	"                                 is the keystore's audit log, or an export of it, whole and unchanged?\n"
	"  audit export [--out FILE]      the log with its proof, as JSON Lines\n"
	"  merchants                      who may ask for them\n"
	"  merchants add NAME [--webhook URL] [--live] [--may-skip-consent] [--pg NAME]\n"
	"                                 a new merchant; its API key and webhook secret are shown this once\n"
	"  merchants open MERCHANT [--webhook URL] [--may-skip-consent] [--pg NAME]\n"
	"                                 the other side of a merchant: live, if it has tests alone, or tests; with its own key and data\n"
	"  merchants keys list MERCHANT   its API keys, and until when each is valid\n"
	"  merchants keys add MERCHANT [--old-valid-hours N] [--from CIDR]... [--certificate SHA256]...\n"
	"                                 another API key, shown this once; those before end in N hours, if that is given; it counts only\n"
	"                                 from these networks and only with one of these client certificates, if any are named\n"
	"  merchants keys revoke KEY [--in-hours N]\n"
	"                                 the end of a key, now or in N hours\n"
	"  drain on|off [--span N]        take no new calls (they get cause 42), or take them again; all spans or one\n"
	"  trace SPAN --minutes N|--off   record the messages of the D-channel; ends by itself\n"
	"  trace SPAN|CALL [--pcap FILE] [--numbers]\n"
	"                                 what was recorded, in words and for Wireshark; numbers are masked unless allowed\n"
	"  phone CALLER NUMBER [--span NAME] [--screening network|passed|failed|unscreened]\n"
	"        [--presentation allowed|restricted|none] [--diverted-from NUMBER] [--overlap] [--carrier SOCKET]\n"
	"                                 sandbox only: a telephone in this terminal; presses keys, shows each prompt;\n"
	"                                 numbers with or without hyphens\n"
	"\n"
	"  --config FILE    the appliance's configuration (default: $CALLKEY_CONFIG, then /etc/callkey/callkey.cfg)\n"
	"  --json           what the appliance answers, as it is; phone: its events, one a line; keys status, keys list\n"
	"  --carrier SOCKET the sandbox carrier's control socket (default: $CALLKEY_CARRIER, then the rig's beside run_dir)\n"
	"  --file FILE      trunks configure: the present file (default: /etc/dahdi/system.conf)\n"
	"  --key ID|FILE    verify: the id of the trusted key or its PEM file (default: callkey.trusted_keys)\n"
	"  --proc FOLDER    trunks configure: where the kernel tells the channels of its spans (default: /proc/dahdi)\n"
	"  --help           this\n"
	"\n"
	"exit status: 0 done; 1 refused or failed; 2 wrong usage or configuration; 3 nobody answers\n";

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

#define TRUNKS_NEEDS "nothing, configure, or lock, unlock, zero or history with a SPAN"
#define KEYS_NEEDS "status, list, ceremony, renew, reshare, appoint, unlock, lock, officers, proposals, or backup or restore with a FILE, propose with " \
	"an ACT, confirm or withdraw with an ID"
#define AUDIT_NEEDS "verify FILE, verify --live, or export"
#define PROMOTIONS_NEEDS "nothing, or ask and maybe a GATEWAY"
#define LOCK_NEEDS "a span's name or number, as in callkey trunks, and :LINE for one analog line"

static const struct command_row {
	const char *word, *verb;
	int least, most;                      /* words after it */
	const char *needs;
} commands[] = {
	{ "status", "status", 0, 0, "" }, { "trunks", "trunks", 0, 2, TRUNKS_NEEDS }, { "calls", "calls", 0, 0, "" },
	{ "call", "call", 1, 1, "the call's id, as in callkey calls" }, { "registrations", "registrations", 0, 0, "" },
	{ "reconcile", "reconcile", 1, 1, "a DATE, as 2026-11-24" }, { "reconciliation", "reconciliation", 1, 1, "a DATE, as 2026-11-24" },
	{ "consents", "consents", 0, 2, "nothing, or export ID" }, { "verify", "verify", 1, 1, "a bundle's FILE, or - for standard input" },
	{ "payments", "payments", 0, 0, "" }, { "merchants", "merchants", 0, 3, "nothing, add NAME, open MERCHANT, or keys list, add or revoke" },
	{ "drain", "drain", 1, 1, "on or off" }, { "columns", "columns_anew", 1, 1, "anew" }, { "lock", "lock", 1, 1, LOCK_NEEDS },
	{ "unlock", "lock", 1, 1, LOCK_NEEDS },
	{ "promotions", "promotions", 0, 2, PROMOTIONS_NEEDS },
	{ "trace", "trace", 1, 1, "a span's name or number, or a call's id" },
	{ "keys", "keys", 1, 2, KEYS_NEEDS }, { "audit", "audit", 1, 2, AUDIT_NEEDS },
	{ "phone", "phone", 2, 2, "CALLER and NUMBER, e.g. callkey phone 01012345678 07012340000" },
};

struct reading { struct words *w; char *why; json_t *argument; char *word[4]; int count; const struct command_row *command; };

static int fault(struct reading *r, const char *fmt, ...) PRINTF_LIKE(2, 3);
static int fault(struct reading *r, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(r->why, WORDS_WHY_SIZE, fmt, args);
	va_end(args);
	return ERR_INVALID;
}

/* What follows trunks, each a verb of its own; configure is no question to arsd. */
static const struct trunks_row { const char *word, *verb; int words; } trunks_rows[] = {
	{ "configure", "trunks_configure", 2 }, { "zero", "trunk_zero", 3 }, { "history", "trunk_history", 3 },
	{ "lock", "lock", 3 }, { "unlock", "lock", 3 },
};

static const struct trunks_row *trunks_row(const struct reading *r)
{
	for (size_t i = 0; r->count > 1 && i < ARRAY_LEN(trunks_rows); i++)
		if (strcmp(r->word[0], "trunks") == 0 && strcmp(r->word[1], trunks_rows[i].word) == 0)
			return &trunks_rows[i];
	return NULL;
}

/* What follows merchants keys. */
static const struct keys_row { const char *word, *verb, *member; } keys_rows[] = {
	{ "list", "merchant_keys", "merchant" }, { "add", "merchant_key_add", "merchant" }, { "revoke", "merchant_key_revoke", "key" },
};

static const struct keys_row *keys_row(const struct reading *r)
{
	for (size_t i = 0; r->count == 4 && i < ARRAY_LEN(keys_rows); i++)
		if (strcmp(r->word[1], "keys") == 0 && strcmp(r->word[2], keys_rows[i].word) == 0)
			return &keys_rows[i];
	return NULL;
}

/* What follows keys: a question to keystored. */
static const struct store_row { const char *word, *verb; int words; } store_rows[] = {
	{ "appoint", "keys_appoint", 2 }, { "officers", "keys_officers", 2 }, { "propose", "keys_propose", 3 }, { "proposals", "keys_proposals", 2 },
	{ "confirm", "keys_confirm", 3 }, { "withdraw", "keys_withdraw", 3 }, { "verify", "audit_verify", 3 }, { "export", "audit_export", 2 },
	{ "status", "keys_status", 2 }, { "list", "keys_list", 2 }, { "ceremony", "keys_ceremony", 2 }, { "unlock", "keys_unlock", 2 },
	{ "lock", "keys_lock", 2 }, { "backup", "keys_backup", 3 }, { "restore", "keys_restore", 3 },
	{ "renew", "keys_renew", 2 }, { "reshare", "keys_reshare", 2 },
};

static const struct store_row *store_row(const struct reading *r)
{
	for (size_t i = 0; r->count > 1 && i < ARRAY_LEN(store_rows); i++)
		if (strncmp(store_rows[i].verb, r->word[0], strlen(r->word[0])) == 0 && store_rows[i].verb[strlen(r->word[0])] == '_' &&
		    strcmp(r->word[1], store_rows[i].word) == 0)
			return &store_rows[i];
	return NULL;
}

static const char *verb_of(const struct reading *r)
{
	if (store_row(r) != NULL)
		return store_row(r)->verb;
	if (trunks_row(r) != NULL)
		return trunks_row(r)->verb;
	if (strcmp(r->command->verb, "promotions") == 0 && r->count > 1)
		return "promotions_ask";
	if (strcmp(r->command->verb, "consents") == 0 && r->count > 1)
		return "consent_bundle";
	if (strcmp(r->command->verb, "merchants") == 0 && r->count > 1)
		return keys_row(r) != NULL ? keys_row(r)->verb : strcmp(r->word[1], "open") == 0 ? "merchant_open" : "merchant_add";
	return r->command->verb;
}

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
		return fault(r, "%s %s: must be a whole number from %ld to %ld", o->name, value, o->least, o->most);
	return json_object_set_new(r->argument, o->member, json_integer(n)) == 0 ? 0 : ERR_NOMEM;
}

static int take_listed(struct reading *r, const struct option_row *o, const char *value)
{
	json_t *list = json_object_get(r->argument, o->member), *text = json_string(value);

	if (text == NULL)
		return fault(r, "%s: is not valid UTF-8", o->name);
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
			return fault(r, "%s: is not valid UTF-8", o->name);
		return 0;
	}
}

/* Whether the next word belongs to this one; the same for all commands that know it. */
static bool takes_next_word(const char *word)
{
	for (size_t i = 0; i < ARRAY_LEN(options); i++)
		if (strcmp(options[i].name, word) == 0)
			return options[i].kind != INTO_FLAG && options[i].kind != INTO_BOOL;
	return false;
}

/* The words that are no options; which options may follow depends on them, so they are looked at first. */
static int take_words(struct reading *r, int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (strncmp(argv[i], "--", 2) == 0) {
			i += takes_next_word(argv[i]);
			continue;
		}
		if (r->count == (int)ARRAY_LEN(r->word))
			return fault(r, "%s: one word too many", argv[i]);
		r->word[r->count++] = argv[i];
	}
	if (r->count == 0)
		return fault(r, "no command; callkey --help lists them");
	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		if (strcmp(commands[i].word, r->word[0]) == 0)
			r->command = &commands[i];
	if (r->command == NULL)
		return fault(r, "%s: there is no such command; callkey --help lists them", r->word[0]);
	if (r->count - 1 < r->command->least || r->count - 1 > r->command->most)
		return fault(r, "%s: %s%s", r->word[0], r->command->most > 0 ? "needs " : "takes no further word", r->command->needs);
	return 0;
}

static int take_options(struct reading *r, int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		char *equals = strchr(argv[i], '='), *value = equals != NULL ? equals + 1 : NULL;
		const struct option_row *o;
		int e;

		if (strncmp(argv[i], "--", 2) != 0)
			continue;
		o = option_named(argv[i], equals != NULL ? (size_t)(equals - argv[i]) : strlen(argv[i]), verb_of(r));
		if (o == NULL)
			return fault(r, "%s: %s has no such option; callkey --help lists them", argv[i], r->word[0]);
		if ((o->kind == INTO_FLAG || o->kind == INTO_BOOL) && value != NULL)
			return fault(r, "%s: takes no value", o->name);
		if (o->kind != INTO_FLAG && o->kind != INTO_BOOL && value == NULL) {
			if (i + 1 == argc)
				return fault(r, "%s: needs a value", o->name);
			value = argv[++i];
		}
		e = take_option(r, o, value);
		if (e < 0)
			return e;
	}
	return 0;
}

/* SPAN or SPAN:LINE. A span whose name has a colon is given by its number. */
static int fill_lock(struct reading *r, bool on, const char *span)
{
	const char *colon = strrchr(span, ':');
	size_t len = colon != NULL ? (size_t)(colon - span) : strlen(span);
	char *end = NULL;
	long line = colon != NULL ? strtol(colon + 1, &end, 10) : 0;
	json_t *name = json_stringn(span, len);

	if (name == NULL)
		return fault(r, "SPAN: is not valid UTF-8");
	json_object_set_new(r->argument, "span", name);
	json_object_set_new(r->argument, "on", json_boolean(on));
	if (colon == NULL)
		return 0;
	if (colon[1] < '0' || colon[1] > '9' || *end != '\0' || line < 1 || line > LINE_MAX_CHANNEL)
		return fault(r, "%s: LINE must be the number of a channel, 1 to %d, as in %.*s:2", span, LINE_MAX_CHANNEL, (int)len, span);
	return json_object_set_new(r->argument, "line", json_integer(line)) == 0 ? 0 : ERR_NOMEM;
}

static int fill_line_argument(struct reading *r, const char *verb)
{
	bool trace = strcmp(verb, "trace") == 0;
	bool call = trace && strncmp(r->word[1], "call_", 5) == 0;
	const struct trunks_row *row = trunks_row(r);

	if (strcmp(r->word[0], "trunks") == 0 && r->count > 1 && (row == NULL || r->count != row->words))
		return fault(r, "trunks: needs " TRUNKS_NEEDS);
	if (strcmp(verb, "lock") == 0)
		return fill_lock(r, strcmp(r->word[row != NULL], "lock") == 0, r->word[1 + (row != NULL)]);
	if (row != NULL && row->words == 3 && json_object_set_new(r->argument, "span", json_string(r->word[2])) != 0)
		return fault(r, "SPAN: is not valid UTF-8");
	if (trace && json_object_set_new(r->argument, call ? "call" : "span", json_string(r->word[1])) != 0)
		return fault(r, "%s: is not valid UTF-8", r->word[0]);
	if (trace && r->w->pcap != NULL && (json_object_get(r->argument, "minutes") != NULL || json_object_get(r->argument, "off") != NULL))
		return fault(r, "--pcap: there is nothing to write yet; switch the trace on first, read it after the call");
	return 0;
}

/* One digit or two, from least to most; 0 if not. */
static unsigned small_number(const char *text, size_t len, unsigned most)
{
	unsigned n = 0;

	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9' || len > 2)
			return 0;
		n = n * 10 + (unsigned)(text[i] - '0');
	}
	return n <= most ? n : 0;
}

/* Who will hold the master key. */
static int fill_scheme(struct reading *r, const char *what)
{
	struct words_keys *k = &r->w->keys;
	const char *slash = k->of != NULL ? strchr(k->of, '/') : NULL;

	if ((k->components == NULL) == (k->of == NULL))
		return fault(r, "%s: needs one of --components 2 (or 3: all are needed) and --shares 3/5 (any 3 of 5 are enough)", what);
	if (k->bring && k->of != NULL)
		return fault(r, "--bring: only components can be brought; the appliance makes shares itself");
	k->shares = k->of != NULL;
	k->parts = k->shares ? slash != NULL ? small_number(slash + 1, strlen(slash + 1), KEYS_PARTS_MAX) : 0
	                     : small_number(k->components, strlen(k->components), KEYS_COMPONENTS_MAX);
	k->needed = slash != NULL ? small_number(k->of, (size_t)(slash - k->of), KEYS_PARTS_MAX) : k->parts;
	if (!k->shares && k->parts < 2)
		return fault(r, "--components %s: must be 2 or 3", k->components);
	if (k->shares && (k->needed < 2 || k->needed > k->parts))
		return fault(r, "--shares %s: must be M/N, M of N shares being needed, 2 or more, as 3/5; N is at most %d", k->of, KEYS_PARTS_MAX);
	return 0;
}

/* Of what is proposed, only another master key and other custodians have one; what else is said, the act does not take. */
static bool asks_scheme(const struct reading *r, const struct store_row *row)
{
	const struct words_keys *k = &r->w->keys;

	if (strcmp(row->verb, "keys_propose") == 0)
		return strcmp(k->act, "renew") == 0 || strcmp(k->act, "reshare") == 0 || k->components != NULL || k->of != NULL;
	return strcmp(row->verb, "keys_ceremony") == 0;
}

static int fill_keys(struct reading *r)
{
	const struct store_row *row = store_row(r);

	if (strcmp(r->word[0], "audit") == 0 && (row == NULL || r->count != row->words - r->w->keys.live))
		return fault(r, "audit: needs " AUDIT_NEEDS);
	if (strcmp(r->word[0], "keys") == 0 && (row == NULL || r->count != row->words))
		return fault(r, "keys: needs " KEYS_NEEDS);
	r->w->keys.file = r->w->keys.act = r->w->keys.id = r->word[2];
	if ((strcmp(row->verb, "keys_propose") == 0 || strcmp(row->verb, "keys_confirm") == 0 || strcmp(row->verb, "keys_withdraw") == 0) &&
	    r->w->keys.officer == NULL)
		return fault(r, "%s: needs --officer NAME; the password is asked for", row->word);
	if (r->w->json && strcmp(row->verb, "keys_status") != 0 && strcmp(row->verb, "keys_list") != 0)
		return fault(r, "--json: goes with keys status and keys list");
	return asks_scheme(r, row) ? fill_scheme(r, strcmp(row->verb, "keys_propose") == 0 ? r->w->keys.act : row->word) : 0;
}

static int fill_argument(struct reading *r)
{
	const char *verb = verb_of(r);
	char *text;
	int e = 0;

	if (strncmp(verb, "reconcil", 8) == 0 && json_object_set_new(r->argument, "date", json_string(r->word[1])) != 0)
		return fault(r, "DATE: is not valid UTF-8");
	if (strcmp(verb, "call") == 0)
		json_object_set_new(r->argument, "id", json_string(r->word[1]));
	if (strcmp(verb, "merchant_add") == 0 && (r->count != 3 || strcmp(r->word[1], "add") != 0))
		return fault(r, "merchants: needs nothing, add NAME, open MERCHANT, keys list MERCHANT, keys add MERCHANT or keys revoke KEY");
	if (strcmp(verb, "merchant_open") == 0 && (r->count != 3 || json_object_set_new(r->argument, "merchant", json_string(r->word[2])) != 0))
		return fault(r, "merchants open: needs a MERCHANT, as in callkey merchants");
	if (strcmp(r->word[0], "merchants") == 0 && keys_row(r) != NULL &&
	    json_object_set_new(r->argument, keys_row(r)->member, json_string(r->word[3])) != 0)
		return fault(r, "%s: is not valid UTF-8", keys_row(r)->member);
	if (strcmp(verb, "merchant_add") == 0 && json_object_set_new(r->argument, "name", json_string(r->word[2])) != 0)
		return fault(r, "NAME: is not valid UTF-8");
	if (strcmp(verb, "consent_bundle") == 0) {
		if (r->count != 3 || strcmp(r->word[1], "export") != 0)
			return fault(r, "consents: needs nothing, or export ID");
		if (json_object_set_new(r->argument, "id", json_string(r->word[2])) != 0)
			return fault(r, "ID: is not valid UTF-8");
	}
	if (strcmp(verb, "promotions_ask") == 0 && strcmp(r->word[1], "ask") != 0)
		return fault(r, "promotions: needs " PROMOTIONS_NEEDS);
	if (strcmp(verb, "promotions_ask") == 0 && r->count == 3 && json_object_set_new(r->argument, "pg", json_string(r->word[2])) != 0)
		return fault(r, "GATEWAY: is not valid UTF-8");
	if (strcmp(verb, "trunks_configure") == 0 && r->w->json)
		return fault(r, "--json: trunks configure prints a diff");
	if (strcmp(verb, "columns_anew") == 0 && strcmp(r->word[1], "anew") != 0)
		return fault(r, "columns: needs anew, not %s", r->word[1]);
	if (strcmp(verb, "drain") == 0) {
		if (strcmp(r->word[1], "on") != 0 && strcmp(r->word[1], "off") != 0)
			return fault(r, "drain: needs on or off, not %s", r->word[1]);
		json_object_set_new(r->argument, "on", json_boolean(strcmp(r->word[1], "on") == 0));
	}
	e = strcmp(r->word[0], "keys") == 0 || strcmp(r->word[0], "audit") == 0 ? fill_keys(r) : fill_line_argument(r, verb);
	if (e < 0)
		return e;
	text = json_dumps(r->argument, JSON_COMPACT);
	if (text == NULL)
		return ERR_NOMEM;
	if ((size_t)snprintf(r->w->argument, sizeof(r->w->argument), "%s", text) >= sizeof(r->w->argument))
		e = fault(r, "the words are too long: at most %d bytes", WORDS_ARGUMENT_SIZE - 1);
	free(text);
	return e;
}

/* Numbers are dialled as they stand in an SMS or a list: 070-1234-0001. */
static void without_hyphens(char *number)
{
	char *out = number;

	for (const char *p = number; *p != '\0'; p++)
		if (*p != '-' && *p != ' ')
			*out++ = *p;
	*out = '\0';
}

static bool has_word(int argc, char **argv, const char *word)
{
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], word) == 0)
			return true;
	return false;
}

int words_read(int argc, char **argv, struct words *w, char why[WORDS_WHY_SIZE])
{
	struct reading r = { .w = w, .why = why };
	int e;

	memset(w, 0, sizeof(*w));
	snprintf(why, WORDS_WHY_SIZE, "out of memory");
	if (argc < 2 || has_word(argc, argv, "--help") || strcmp(argv[1], "help") == 0) {
		w->what = WORDS_HELP;
		return 0;
	}
	r.argument = json_object();
	if (r.argument == NULL)
		return ERR_NOMEM;
	e = take_words(&r, argc, argv);
	if (e == 0)
		e = take_options(&r, argc, argv);
	if (e == 0)
		e = fill_argument(&r);
	if (e == 0) {
		w->verb = verb_of(&r);
		if (strcmp(w->verb, "verify") == 0)
			w->bundle = r.word[1];
		w->what = strcmp(w->verb, "verify") == 0 ? WORDS_VERIFY : strcmp(w->verb, "phone") == 0 ? WORDS_PHONE : strcmp(w->verb, "trunks_configure") == 0 ? WORDS_CONFIGURE
		        : strcmp(r.word[0], "keys") == 0 || strcmp(r.word[0], "audit") == 0 ? WORDS_KEYS : WORDS_ASK;
		w->caller = r.word[1];
		w->number = r.word[2];
	}
	if (e == 0 && w->what == WORDS_PHONE) {
		without_hyphens(r.word[1]);
		without_hyphens(r.word[2]);
		if (w->diverted_from != NULL)
			without_hyphens(w->diverted_from);
	}
	json_decref(r.argument);
	return e;
}
