#include "keys/key.h"

#include <string.h>

enum { SELF = KEY_BY_SELF, ARSD = KEY_BY_ARSD, OFFICER = KEY_BY_OFFICER };

static const struct key_rule rules[KEY_USAGES] = {
	[KEY_WRAPPING] = { "wrapping", KEY_AES_256, KEY_WRAP | KEY_UNWRAP, SELF, KEY_UNWRAP, 365, false, false, false, "", 0 },
	[KEY_FINGERPRINT] = { "fingerprint", KEY_HMAC_SHA256, KEY_MAC, SELF, KEY_MAC, 1095, true, false, false, "M7", 'G' },
	[KEY_CONSENT_SIGNING] = { "consent-signing", KEY_ED25519, KEY_SIGN, ARSD, KEY_VERIFY, 730, false, false, false, "", 0 },
	[KEY_AUDIT_SIGNING] = { "audit-signing", KEY_ED25519, KEY_SIGN, SELF, KEY_VERIFY, 730, false, false, false, "", 0 },
	[KEY_COLUMN] = { "column", KEY_AES_256, KEY_SEAL | KEY_OPEN, ARSD, KEY_OPEN, 365, true, false, false, "D0", 'B' },
	[KEY_BLIND_INDEX] = { "blind-index", KEY_HMAC_SHA256, KEY_MAC, ARSD, KEY_MAC, 1095, true, false, false, "M7", 'G' },
	[KEY_GATEWAY_PUBLIC] = { "gateway-public", KEY_PUBLIC_PEM, KEY_SEAL, ARSD, 0, 730, false, true, true, "", 0 },
	[KEY_GATEWAY_SECRET] = { "gateway-secret", KEY_AES_128, KEY_SEAL, ARSD, 0, 730, false, true, true, "D0", 'E' },
	[KEY_GATEWAY_ENCDATA] = { "gateway-encdata", KEY_ENCDATA_256, KEY_SEAL, ARSD, 0, 730, false, true, true, "", 0 },
	[KEY_TRANSPORT] = { "transport", KEY_AES_256, KEY_WRAP | KEY_UNWRAP, OFFICER, KEY_UNWRAP, 365, false, true, true, "K1", 'B' },
};
static const char *const algorithm_words[] = {
	[KEY_AES_256] = "aes-256", [KEY_HMAC_SHA256] = "hmac-sha256", [KEY_ED25519] = "ed25519", [KEY_PUBLIC_PEM] = "public-pem",
	[KEY_AES_128] = "aes-128", [KEY_ENCDATA_256] = "encdata-256", [KEY_ENCDATA_128] = "encdata-128",
};
static const char *const state_words[] = {
	[KEY_PRE_ACTIVE] = "pre-active", [KEY_ACTIVE] = "active", [KEY_RETIRED] = "retired", [KEY_COMPROMISED] = "compromised",
	[KEY_DESTROYED] = "destroyed",
};

const struct key_rule *key_rule(enum key_usage usage)
{
	return &rules[usage];
}

int key_usage_parse(const char *word, enum key_usage *usage)
{
	for (unsigned u = KEY_USAGE_NONE + 1; u < KEY_USAGES; u++)
		if (strcmp(rules[u].word, word) == 0) {
			*usage = (enum key_usage)u;
			return 0;
		}
	return ERR_INVALID;
}

static int word_find(const char *const *words, size_t count, const char *word)
{
	for (size_t i = 1; i < count; i++)
		if (strcmp(words[i], word) == 0)
			return (int)i;
	return ERR_INVALID;
}

const char *key_algorithm_word(enum key_algorithm a)
{
	return algorithm_words[a];
}

int key_algorithm_parse(const char *word, enum key_algorithm *a)
{
	int n = word_find(algorithm_words, ARRAY_LEN(algorithm_words), word);

	if (n > 0)
		*a = (enum key_algorithm)n;
	return n < 0 ? n : 0;
}

bool key_algorithm_is_brought(enum key_algorithm a)
{
	return a == KEY_PUBLIC_PEM || a == KEY_ENCDATA_256 || a == KEY_ENCDATA_128;
}

const char *key_state_word(enum key_state s)
{
	return state_words[s];
}

int key_state_parse(const char *word, enum key_state *s)
{
	int n = word_find(state_words, ARRAY_LEN(state_words), word);

	if (n > 0)
		*s = (enum key_state)n;
	return n < 0 ? n : 0;
}

bool key_name_is_good(const char *name)
{
	size_t len = strlen(name);

	return len > 0 && len < KEY_NAME_SIZE &&
	       strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.@") == len;
}

/* As jwe_key_read() takes them. */
bool key_kid_is_good(const char *kid)
{
	size_t len = strlen(kid);

	return len > 0 && len < KEY_KID_SIZE &&
	       strspn(kid, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.:+/=") == len;
}

bool key_is_early(const struct key *k, struct wall now)
{
	return k->active_from.ms > k->created.ms && now.ms < k->active_from.ms;
}

bool key_is_gateways(enum key_usage usage)
{
	return usage == KEY_GATEWAY_PUBLIC || usage == KEY_GATEWAY_ENCDATA;
}

bool key_may_become(enum key_state from, enum key_state to)
{
	static const unsigned next[] = {
		[KEY_PRE_ACTIVE] = 1u << KEY_ACTIVE | 1u << KEY_COMPROMISED | 1u << KEY_DESTROYED,
		[KEY_ACTIVE] = 1u << KEY_RETIRED | 1u << KEY_COMPROMISED,
		[KEY_RETIRED] = 1u << KEY_COMPROMISED | 1u << KEY_DESTROYED,
		[KEY_COMPROMISED] = 1u << KEY_DESTROYED,
		[KEY_DESTROYED] = 0,
	};

	return (next[from] >> to & 1) != 0;
}

int key_may(const struct key *k, enum key_caller caller, enum key_mode mode, struct wall now, const char **why)
{
	const struct key_rule *r = key_rule(k->usage);
	unsigned modes = k->state == KEY_ACTIVE ? r->modes : k->state == KEY_RETIRED ? r->old_modes : 0;

	/* What was sealed while a key acted is opened long after. */
	bool makes_new = (mode & r->old_modes) == 0;

	if (makes_new && r->ends_hard && k->active_until.ms != 0 && now.ms >= k->active_until.ms)
		*why = "cryptoperiod over";
	else if (makes_new && key_is_early(k, now))
		*why = "not active yet";
	else if ((r->callers & caller) == 0)
		*why = "caller";
	else if ((r->modes & mode) == 0 && (r->old_modes & mode) == 0)
		*why = "mode";
	else if ((modes & mode) == 0)
		*why = "state";
	else
		return 0;
	return ERR_DENIED;
}
