#include "audit/audit_check.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "crypto/ed25519.h"

static const char key_word[] = "ed25519 ";

static int broken(char why[AUDIT_WHY_SIZE], const char *fmt, ...) PRINTF_LIKE(2, 3);
static int broken(char why[AUDIT_WHY_SIZE], const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, AUDIT_WHY_SIZE, fmt, ap);
	va_end(ap);
	return ERR_CRYPTO;
}

const char *audit_key_text(const uint8_t public[32], char text[AUDIT_KEY_TEXT_SIZE])
{
	int n = snprintf(text, AUDIT_KEY_TEXT_SIZE, "%s", key_word);

	if (hex_encode(public, 32, text + n, AUDIT_KEY_TEXT_SIZE - (size_t)n) < 0)
		text[0] = '\0';
	return text;
}

static struct audit_signer *find_signer(struct audit_check *c, const char *id)
{
	for (size_t i = 0; i < c->signer_count; i++)
		if (strcmp(c->signers[i].id, id) == 0)
			return &c->signers[i];
	return NULL;
}

/* A record that tells of a key: by the key before it, or, after a ceremony, by itself. */
static int learn(struct audit_check *c, const struct audit_line *l, char why[AUDIT_WHY_SIZE])
{
	struct audit_signer made = { .since = l->link.number };
	char pem[CRYPTO_PUBLIC_SIZE];

	if (l->detail_len != strlen(key_word) + 64 || memcmp(l->detail, key_word, strlen(key_word)) != 0 ||
	    audit_hex_read(l->detail + strlen(key_word), 32, made.public) < 0 || sign_print_key(made.public, pem, made.id) < 0)
		return broken(why, "record %" PRIu64 ": it announces a key that is none", l->link.number);
	if (find_signer(c, made.id) != NULL)
		return 0;
	if (c->signer_count == AUDIT_KEYS_MAX)
		return broken(why, "record %" PRIu64 ": more than %d keys signed", l->link.number, AUDIT_KEYS_MAX);
	made.vouched = strcmp(l->signer, made.id) != 0;
	c->signers[c->signer_count++] = made;
	return 0;
}

static int check_signature(struct audit_check *c, const struct audit_line *l, bool signatures, char why[AUDIT_WHY_SIZE])
{
	const struct audit_signer *s = find_signer(c, l->signer);
	char text[CRYPTO_SIGNED_SIZE];
	int n;

	if (s == NULL)
		return broken(why, "record %" PRIu64 ": signed by a key that the log does not tell of", l->link.number);
	n = sign_text("audit", l->link.hash, text);
	if (signatures && (n < 0 || ed25519_verify(s->public, text, (size_t)n, l->signature) < 0))
		return broken(why, "record %" PRIu64 ": its signature is not of this record", l->link.number);
	c->signed_to = l->link.number;
	return 0;
}

int audit_check_line(struct audit_check *c, const char *line, size_t len, bool signatures, char why[AUDIT_WHY_SIZE])
{
	struct audit_line l;
	int e = audit_line_read(line, len, &l);

	if (e == ERR_INVALID)
		return broken(why, "after record %" PRIu64 ": a line that is no record", c->last.number);
	if (e < 0)
		return broken(why, "after record %" PRIu64 ": a record that was changed", c->last.number);
	if (l.link.number != c->last.number + 1)
		return broken(why, "after record %" PRIu64 ": record %" PRIu64 " follows; what is between is missing", c->last.number, l.link.number);
	if (memcmp(l.prev, c->last.hash, sizeof(l.prev)) != 0)
		return broken(why, "record %" PRIu64 " does not follow the one before it", l.link.number);
	if (strcmp(l.what, "audit_key") == 0 && (!l.is_signed || learn(c, &l, why) < 0))
		return l.is_signed ? ERR_CRYPTO : broken(why, "record %" PRIu64 ": a key that nobody signed for", l.link.number);
	if (l.is_signed && check_signature(c, &l, signatures, why) < 0)
		return ERR_CRYPTO;
	c->last = l.link;
	if (c->first_at[0] == '\0')
		memcpy(c->first_at, l.at, sizeof(l.at));
	memcpy(c->last_at, l.at, sizeof(l.at));
	memcpy(c->last_what, l.what, sizeof(l.what));
	return 0;
}
