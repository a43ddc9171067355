#include "keys/dual_acts.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/aes.h"
#include "crypto/crypto.h"
#include "keys/keyring_priv.h"
#include "keys/shares.h"
#include "lib/secret.h"

const char *dual_value(const char *args, const char *name, char value[DUAL_VALUE_SIZE])
{
	size_t len = strlen(name);

	value[0] = '\0';
	for (const char *line = args; *line != '\0'; line += strcspn(line, "\n"), line += *line == '\n')
		if (strncmp(line, name, len) == 0 && line[len] == '=')
			snprintf(value, DUAL_VALUE_SIZE, "%.*s", (int)strcspn(line + len + 1, "\n"), line + len + 1);
	return value;
}

/* ---- arguments ---- */

static const char *name_of(const struct dual_act_context *c, char name[DUAL_VALUE_SIZE])
{
	return dual_value(c->args, "name", name);
}

/* 0: none was given. */
static uint32_t version_of(const struct dual_act_context *c)
{
	char value[DUAL_VALUE_SIZE], *end;
	unsigned long n = strtoul(dual_value(c->args, "version", value), &end, 10);

	return *end != '\0' || n > UINT32_MAX ? 0 : (uint32_t)n;
}

/* A day, "2027-01-31", or a time of RFC 3339; none: 0. */
static int time_of(const struct dual_act_context *c, const char *which, struct wall *t)
{
	char value[DUAL_VALUE_SIZE], whole[DUAL_VALUE_SIZE + 16];

	t->ms = 0;
	if (dual_value(c->args, which, value)[0] == '\0')
		return 0;
	snprintf(whole, sizeof(whole), "%s%s", value, strlen(value) == 10 ? "T00:00:00Z" : "");
	return wall_parse_rfc3339(whole, t) == 0 ? 0
	     : keyring_why(ERR_INVALID, c->why, "%s is a day (2027-01-31) or a time (2027-01-31T00:00:00+09:00)", which);
}

static int usage_of(const struct dual_act_context *c, enum key_usage *usage)
{
	char value[DUAL_VALUE_SIZE];

	return key_usage_parse(dual_value(c->args, "usage", value), usage) == 0 ? 0
	     : keyring_why(ERR_INVALID, c->why, "there is no usage \"%s\"; callkey keys list shows those there are", value);
}

static int check_name(const struct dual_act_context *c)
{
	char name[DUAL_VALUE_SIZE];

	return key_name_is_good(name_of(c, name)) ? 0
	     : keyring_why(ERR_INVALID, c->why, "name: a key's name has letters, digits, '-', '_', '.' and '@', at most %d", KEY_NAME_SIZE - 1);
}

/* The key that name and version (0: the active one) tell. */
static const struct key *key_of(const struct dual_act_context *c)
{
	char name[DUAL_VALUE_SIZE];
	const struct key *k = keyring_find(c->ring, name_of(c, name), version_of(c));

	if (k == NULL)
		keyring_why(ERR_NOT_FOUND, c->why, "there is no key %s of this version; callkey keys list shows them", name);
	return k;
}

static int say_key(const struct dual_act_context *c, const struct key *k)
{
	snprintf(c->text, DUAL_TEXT_SIZE, "%s version %" PRIu32 " %s, check value %02X%02X%02X\n", k->name, k->version, key_state_word(k->state),
	         k->kcv[0], k->kcv[1], k->kcv[2]);
	return 0;
}

/* The version that was made last. */
static const struct key *newest(const struct keyring *r, const char *name)
{
	const struct key *found = NULL, *k;

	for (uint32_t v = 1; (k = keyring_find(r, name, v)) != NULL; v++)
		found = k;
	return found;
}

static int activate_newest(const struct dual_act_context *c, const char *name)
{
	const struct key *k = newest(c->ring, name);
	int e = k == NULL ? ERR_NOT_FOUND : keyring_set_state(c->ring, name, k->version, KEY_ACTIVE, c->now, c->why);

	if (e == 0)
		e = say_key(c, keyring_find(c->ring, name, newest(c->ring, name)->version));
	return e;
}

/* ---- making ---- */

static int check_generate(const struct dual_act_context *c)
{
	enum key_usage usage;
	struct wall from;
	int e = check_name(c);

	if (e == 0)
		e = usage_of(c, &usage);
	if (e == 0 && key_is_gateways(usage))
		e = keyring_why(ERR_INVALID, c->why, "a gateway makes its key itself: import-gateway");
	return e < 0 ? e : time_of(c, "from", &from);
}

static int run_generate(const struct dual_act_context *c)
{
	char name[DUAL_VALUE_SIZE];
	enum key_usage usage;
	struct wall from;
	int e = usage_of(c, &usage);

	if (e == 0)
		e = time_of(c, "from", &from);
	if (e == 0)
		e = keyring_generate(c->ring, name_of(c, name), usage, from, c->now, c->why);
	return e < 0 ? e : say_key(c, newest(c->ring, name));
}

static int check_rotate(const struct dual_act_context *c)
{
	char name[DUAL_VALUE_SIZE];
	const struct key *k = newest(c->ring, name_of(c, name));

	if (k == NULL)
		return keyring_why(ERR_NOT_FOUND, c->why, "there is no key %s; callkey keys list shows them", name);
	return key_algorithm_is_brought(k->algorithm) ? keyring_why(ERR_INVALID, c->why, "%s is a gateway's key: import its next one", name) : 0;
}

/* Two writes: what dies between them leaves a key that is not active yet, to be activated or destroyed. */
static int run_rotate(const struct dual_act_context *c)
{
	char name[DUAL_VALUE_SIZE];
	const struct key *k = newest(c->ring, name_of(c, name));
	int e = k == NULL ? check_rotate(c) : keyring_generate(c->ring, name, k->usage, c->now, c->now, c->why);

	return e < 0 ? e : activate_newest(c, name);
}

/* ---- import, export ---- */

/* A line's end behind a secret is the file's, not the secret's. */
static size_t secret_len(const struct dual_act_context *c)
{
	return c->len == TOKEN_ENCDATA_SIZE + 1 && c->payload[TOKEN_ENCDATA_SIZE] == '\n' ? TOKEN_ENCDATA_SIZE : c->len;
}

static int check_secret(const struct dual_act_context *c)
{
	size_t len = secret_len(c);
	bool good = len == TOKEN_ENCDATA_SIZE;

	for (size_t i = 0; good && i < len; i++)
		good = c->payload[i] > ' ' && c->payload[i] <= '~';
	return good ? 0 : keyring_why(ERR_INVALID, c->why, "gateway-encdata: must be the SecretKey of the gateway's merchant pages: one line of "
	                              "%d characters", TOKEN_ENCDATA_SIZE);
}

/* Whether card data can be sealed to it is found now, and not in a call. */
static int check_public(const struct dual_act_context *c, const char *kid)
{
	struct jwe_key *key = NULL;
	int e = c->len < 27 || memcmp(c->payload, "-----BEGIN PUBLIC KEY-----\n", 27) != 0 || c->len > KEY_WRAPPED_MAX - AES_GCM_OVERHEAD
		? ERR_INVALID : jwe_key_read((const char *)c->payload, c->len, kid, &key);

	jwe_key_free(&key);
	return e < 0 ? keyring_why(e, c->why, "gateway-public: must be a public key in PEM (BEGIN PUBLIC KEY), EC P-256 or RSA of 2048 to 4096 bits")
	             : 0;
}

static int cipher_of(const struct dual_act_context *c, enum key_usage usage, enum key_algorithm *a)
{
	char cipher[DUAL_VALUE_SIZE];

	dual_value(c->args, "cipher", cipher);
	if (cipher[0] != '\0' && (usage != KEY_GATEWAY_ENCDATA || (strcmp(cipher, "aes256") != 0 && strcmp(cipher, "aes128") != 0)))
		return keyring_why(ERR_INVALID, c->why, "cipher: goes with gateway-encdata, and is aes256 or aes128");
	*a = strcmp(cipher, "aes128") == 0 ? KEY_ENCDATA_128 : key_rule(usage)->algorithm;
	return 0;
}

/* A slip of the officers, or of a program at the door: found here, and not by a caller whose card nobody can open. */
static int check_kind(const struct dual_act_context *c, const struct keyring_given *g)
{
	for (size_t i = 0; i < c->gateway_count; i++)
		if (strcmp(c->gateways[i].name, g->name) == 0 && c->gateways[i].usage != g->usage)
			return keyring_why(ERR_INVALID, c->why, "usage %s: the protocol of gateway %s (uplinkd.pg, as keystored has read it) wants %s",
			                   key_rule(g->usage)->word, g->name, key_rule(c->gateways[i].usage)->word);
	return 0;
}

/* All of it but the key, which stays where it is. */
static int read_import(const struct dual_act_context *c, struct keyring_given *g, char name[DUAL_VALUE_SIZE], char kid[DUAL_VALUE_SIZE])
{
	int e = check_name(c);

	*g = (struct keyring_given){ .name = name_of(c, name), .kid = dual_value(c->args, "kid", kid), .clear = c->payload, .len = c->len };
	if (e == 0)
		e = usage_of(c, &g->usage);
	if (e == 0 && !key_is_gateways(g->usage))
		e = keyring_why(ERR_INVALID, c->why, "usage %s does not come in clear: only gateway-public and gateway-encdata do; others come as key blocks",
		                key_rule(g->usage)->word);
	if (e == 0 && strlen(name) > KEY_GATEWAY_MAX)
		e = keyring_why(ERR_TOO_LONG, c->why, "name: a gateway's name has at most %d characters", KEY_GATEWAY_MAX);
	if (e == 0 && !key_kid_is_good(kid))
		e = keyring_why(ERR_INVALID, c->why, "kid: what the gateway calls its key: letters, digits and -_.:+/=, at most %d", KEY_KID_SIZE - 1);
	if (e == 0)
		e = check_kind(c, g);
	if (e == 0)
		e = cipher_of(c, g->usage, &g->algorithm);
	if (e == 0)
		e = time_of(c, "from", &g->from);
	if (e == 0)
		e = time_of(c, "until", &g->until);
	if (e == 0 && g->until.ms != 0 && (g->until.ms <= c->now.ms || g->until.ms <= g->from.ms))
		e = keyring_why(ERR_INVALID, c->why, "until must be later than from, and than now");
	if (g->usage == KEY_GATEWAY_ENCDATA)
		g->len = secret_len(c);
	return e;
}

static int check_import(const struct dual_act_context *c)
{
	char name[DUAL_VALUE_SIZE], kid[DUAL_VALUE_SIZE];
	struct keyring_given g;
	int e = read_import(c, &g, name, kid);

	return e < 0 ? e : g.usage == KEY_GATEWAY_PUBLIC ? check_public(c, kid) : check_secret(c);
}

static int run_import(const struct dual_act_context *c)
{
	char name[DUAL_VALUE_SIZE], kid[DUAL_VALUE_SIZE];
	struct keyring_given g;
	int e = read_import(c, &g, name, kid);

	if (e == 0)
		e = keyring_import(c->ring, &g, c->now, c->why);
	return e < 0 ? e : activate_newest(c, name);
}

static int check_block(const struct dual_act_context *c)
{
	enum key_usage usage;
	int e = check_name(c);

	if (e == 0)
		e = usage_of(c, &usage);
	if (e == 0 && (c->len < 16 || memchr(c->payload, '\0', c->len) != NULL))
		e = keyring_why(ERR_INVALID, c->why, "a key block of TR-31 must come with it");
	return e;
}

static int run_block(const struct dual_act_context *c)
{
	char name[DUAL_VALUE_SIZE], transport[DUAL_VALUE_SIZE], block[DUAL_PAYLOAD_SIZE + 1];
	enum key_usage usage;
	int e = usage_of(c, &usage);

	snprintf(block, sizeof(block), "%.*s", (int)c->len, (const char *)c->payload);
	if (e == 0)
		e = keyring_block_import(c->ring, name_of(c, name), usage, dual_value(c->args, "transport", transport), block, c->now, c->why);
	return e < 0 ? e : say_key(c, newest(c->ring, name));
}

static int check_key(const struct dual_act_context *c)
{
	return key_of(c) != NULL ? 0 : ERR_NOT_FOUND;
}

static int run_export(const struct dual_act_context *c)
{
	char name[DUAL_VALUE_SIZE], transport[DUAL_VALUE_SIZE];
	int e = keyring_block_export(c->ring, name_of(c, name), version_of(c), dual_value(c->args, "transport", transport), c->text,
	                             DUAL_TEXT_SIZE - 1, c->now, c->why);

	return e < 0 ? e : 0;
}

/* 64 hex digits from each of the two: neither knows the key (split knowledge, PCI DSS 3.7.6). */
static int component_read(const uint8_t *text, size_t len, uint8_t out[32])
{
	char hex[65] = "";

	if (len != 64)
		return ERR_INVALID;
	for (size_t i = 0; i < len; i++)
		hex[i] = (char)(text[i] >= 'A' && text[i] <= 'F' ? text[i] - 'A' + 'a' : text[i]);
	len = audit_hex_read(hex, 32, out) == 0 ? 0 : 1;
	secret_wipe(hex, sizeof(hex));
	return len == 0 ? 0 : ERR_INVALID;
}

static int check_transport(const struct dual_act_context *c)
{
	uint8_t part[32];
	int e = check_name(c);

	if (e == 0 && component_read(c->payload, c->len, part) < 0)
		e = keyring_why(ERR_INVALID, c->why, "each officer brings a component of 64 hex digits");
	secret_wipe(part, sizeof(part));
	return e;
}

static int run_transport(const struct dual_act_context *c)
{
	char name[DUAL_VALUE_SIZE];
	uint8_t a[32], b[32];
	int e = component_read(c->payload, c->len, a) < 0 || component_read(c->second, c->second_len, b) < 0 || secret_equal(a, b, sizeof(a))
		? keyring_why(ERR_INVALID, c->why, "each officer brings a component of 64 hex digits, and not the same") : 0;

	for (size_t i = 0; e == 0 && i < sizeof(a); i++)
		a[i] ^= b[i];
	if (e == 0)
		e = keyring_import(c->ring, &(struct keyring_given){ name_of(c, name), "", KEY_TRANSPORT, KEY_AES_256, a, sizeof(a), c->now, { 0 } }, c->now,
		                   c->why);
	secret_wipe(a, sizeof(a));
	secret_wipe(b, sizeof(b));
	return e < 0 ? e : activate_newest(c, name);
}

/* ---- states ---- */

static int check_state(const struct dual_act_context *c)
{
	char value[DUAL_VALUE_SIZE];
	const struct key *k = key_of(c);
	enum key_state state;

	if (k == NULL || version_of(c) == 0)
		return k == NULL ? ERR_NOT_FOUND : keyring_why(ERR_INVALID, c->why, "say which version");
	if (key_state_parse(dual_value(c->args, "state", value), &state) < 0)
		return keyring_why(ERR_INVALID, c->why, "state is active, retired, compromised or destroyed");
	return key_may_become(k->state, state) ? 0 : keyring_why(ERR_STATE, c->why, "key %s version %u is %s; it cannot become %s", k->name, k->version,
	                                                         key_state_word(k->state), value);
}

static int run_state(const struct dual_act_context *c)
{
	char name[DUAL_VALUE_SIZE], value[DUAL_VALUE_SIZE];
	enum key_state state;
	int e = check_state(c);

	if (e == 0)
		e = key_state_parse(dual_value(c->args, "state", value), &state);
	if (e == 0)
		e = keyring_set_state(c->ring, name_of(c, name), version_of(c), state, c->now, c->why);
	return e < 0 ? e : say_key(c, keyring_find(c->ring, name, version_of(c)));
}

/* ---- people, policy, the end ---- */

/* The payload is the officer, hashed when it was proposed (dual.c). */
static int run_add_officer(const struct dual_act_context *c)
{
	struct keyfile_officer o;

	if (c->len != sizeof(o))
		return keyring_why(ERR_INVALID, c->why, "the officer's password is missing");
	memcpy(&o, c->payload, sizeof(o));
	return keyring_add_officer(c->ring, &o, c->why);
}

static int run_remove_officer(const struct dual_act_context *c)
{
	char name[DUAL_VALUE_SIZE];

	return keyring_remove_officer(c->ring, name_of(c, name), c->why);
}

static int run_end_unattended(const struct dual_act_context *c)
{
	return keyring_end_unattended(c->ring, c->why);
}

static int run_zeroise(const struct dual_act_context *c)
{
	int e = keyring_zeroise(c->ring);

	snprintf(c->text, DUAL_TEXT_SIZE, "the keys are gone from memory and disk; the way back is a ceremony, or the restoring of a backup\n");
	return e < 0 ? keyring_why(e, c->why, "the keys are gone from memory; files in keys_dir could not be removed: remove them by hand") : 0;
}

/* ---- the master key: officers agree to it, custodians do it (custody.h) ---- */

static unsigned number_of(const struct dual_act_context *c, const char *which)
{
	char value[DUAL_VALUE_SIZE], *end;
	unsigned long n = strtoul(dual_value(c->args, which, value), &end, 10);

	return *end != '\0' || n > KEYFILE_SHARES_MAX ? 0 : (unsigned)n;
}

static int scheme_of(const struct dual_act_context *c, struct keyring_agreed *a)
{
	char value[DUAL_VALUE_SIZE];

	dual_value(c->args, "scheme", value);
	a->scheme = strcmp(value, "components") == 0 ? KEYFILE_COMPONENTS : strcmp(value, "shares") == 0 ? KEYFILE_SHARES : KEYFILE_NO_SCHEME;
	a->needed = number_of(c, "needed");
	a->parts = number_of(c, "parts");
	a->until = c->until;
	return shares_may(a->scheme, a->needed, a->parts) ? 0
	     : keyring_why(ERR_INVALID, c->why, "say who will hold the master key: 2 or 3 components, or 2 and more shares of up to %d", KEYFILE_SHARES_MAX);
}

static int check_reshare(const struct dual_act_context *c)
{
	struct keyring_agreed a = { 0 };

	return scheme_of(c, &a);
}

static int check_renew(const struct dual_act_context *c)
{
	int e = keyring_may_renew(c->ring, c->why);

	return e < 0 ? e : check_reshare(c);
}

static int agree(const struct dual_act_context *c, enum keyring_change change, const char *word)
{
	struct keyring_agreed a = { .change = change };
	int e = scheme_of(c, &a);

	if (e < 0)
		return e;
	keyring_agree(c->ring, &a);
	snprintf(c->text, DUAL_TEXT_SIZE, "agreed; now custodians come: callkey keys %s\n", word);
	return 0;
}

static int run_renew(const struct dual_act_context *c)
{
	return agree(c, KEYRING_RENEW, "renew");
}

static int run_reshare(const struct dual_act_context *c)
{
	return agree(c, KEYRING_RESHARE, "reshare");
}

static const struct dual_act acts[] = {
	{ "generate", "name usage from", false, false, false, check_generate, run_generate },
	{ "rotate", "name", false, false, false, check_rotate, run_rotate },
	{ "import-gateway", "name kid usage cipher from until", true, false, false, check_import, run_import },
	{ "import-block", "name usage transport", true, false, false, check_block, run_block },
	{ "import-transport", "name", true, true, false, check_transport, run_transport },
	{ "export", "name version transport", false, false, false, check_key, run_export },
	{ "state", "name version state", false, false, false, check_state, run_state },
	{ "add-officer", "name", true, false, false, NULL, run_add_officer },
	{ "remove-officer", "name", false, false, false, NULL, run_remove_officer },
	{ "end-unattended", "", false, false, false, NULL, run_end_unattended },
	{ "renew", "scheme needed parts", false, false, false, check_renew, run_renew },
	{ "reshare", "scheme needed parts", false, false, false, check_reshare, run_reshare },
	{ "zeroise", "", false, false, true, NULL, run_zeroise },
};

const struct dual_act *dual_act_find(const char *word)
{
	for (size_t i = 0; i < ARRAY_LEN(acts); i++)
		if (strcmp(acts[i].word, word) == 0)
			return &acts[i];
	return NULL;
}
