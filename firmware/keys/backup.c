#include "keys/backup.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/aes.h"
#include "crypto/crypto.h"
#include "keys/keyfile_text.h"
#include "lib/secret.h"

enum { HASH_LINE_SIZE = sizeof("sha256 ") + 2 * CRYPTO_SHA256_SIZE, HEAD_LINES = 5, FIRST_LINES = 2 };
static const char magic[] = "callkey-backup 1\n", sealed_word[] = "sealed ", hash_word[] = "sha256 ";
static const char damaged[] = "the backup is damaged; take another copy of it";

struct backup {
	struct backup_head head;
	char *bound;                                  /* the lines that the seal is bound to */
	uint8_t *sealed;
	size_t sealed_len;
};

static int fail(int e, char why[KEYFILE_WHY_SIZE], const char *what)
{
	snprintf(why, KEYFILE_WHY_SIZE, "%s", what);
	return e;
}

static int key_of(const uint8_t master[TOKEN_MASTER_SIZE], uint8_t key[AES_KEY_SIZE])
{
	return aes_derive(master, TOKEN_MASTER_SIZE, "callkey backup", key, AES_KEY_SIZE);
}

static bool box_is_good(const char *box)
{
	size_t len = strlen(box);

	return len > 0 && len < BACKUP_BOX_SIZE &&
	       strspn(box, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.") == len;
}

/* ---- making ---- */

static int put_head(const struct keyfile *f, const char *box, struct wall now, char *text, size_t size)
{
	struct keyfile head = { .generation = f->generation, .master = f->master };
	int len = snprintf(text, size, "%sbox %s taken %" PRId64 "\n", magic, box, now.ms), e;

	memcpy(head.token, f->token, sizeof(head.token));
	head.master.unattended.len = 0;
	e = keyfile_print(&head, text + len, size - (size_t)len);
	return e < 0 ? e : len + e;
}

/* The file within has no unattended secret either. */
static int seal_file(const struct keyfile *f, const uint8_t master[TOKEN_MASTER_SIZE], const char *head, size_t head_len, char *out, size_t size)
{
	struct keyfile inner = *f;
	char *clear = malloc(KEYFILE_TEXT_MAX);
	uint8_t *sealed = malloc(KEYFILE_TEXT_MAX + AES_GCM_OVERHEAD), key[AES_KEY_SIZE];
	int len = ERR_NOMEM, e = ERR_NOMEM;

	inner.master.unattended.len = 0;
	if (clear != NULL && sealed != NULL)
		e = len = keyfile_render(&inner, master, clear, KEYFILE_TEXT_MAX);
	if (e >= 0)
		e = key_of(master, key);
	if (e >= 0)
		e = aes_gcm_seal(key, head, head_len, clear, (size_t)len, sealed);
	if (e >= 0)
		e = base64url_encode(sealed, (size_t)len + AES_GCM_OVERHEAD, out, size);
	secret_wipe(key, sizeof(key));
	free(clear);
	free(sealed);
	return e;
}

static int put_hash(const char *text, size_t len, char line[HASH_LINE_SIZE])
{
	uint8_t hash[CRYPTO_SHA256_SIZE];
	int e = crypto_sha256(text, len, hash);

	memcpy(line, hash_word, strlen(hash_word));
	return e < 0 ? e : hex_encode(hash, sizeof(hash), line + strlen(hash_word), HASH_LINE_SIZE - strlen(hash_word));
}

static int fill(const struct keyfile *f, const uint8_t master[TOKEN_MASTER_SIZE], const char *box, struct wall now, char *text)
{
	char line[HASH_LINE_SIZE];
	int len = put_head(f, box, now, text, BACKUP_TEXT_MAX), e;
	size_t at;

	if (len < 0)
		return len;
	at = (size_t)len + strlen(sealed_word);
	memcpy(text + len, sealed_word, strlen(sealed_word));
	e = seal_file(f, master, text, (size_t)len, text + at, BACKUP_TEXT_MAX - at - HASH_LINE_SIZE - 2);
	if (e < 0)
		return e;
	at += (size_t)e;
	text[at++] = '\n';
	e = put_hash(text, at, line);
	if (e >= 0)
		snprintf(text + at, BACKUP_TEXT_MAX - at, "%s\n", line);
	return e < 0 ? e : 0;
}

int backup_make(const struct keyfile *f, const uint8_t master[TOKEN_MASTER_SIZE], const char *box, struct wall now, char **text,
                char why[KEYFILE_WHY_SIZE])
{
	char *made = box_is_good(box) ? malloc(BACKUP_TEXT_MAX) : NULL;
	int e;

	if (!box_is_good(box))
		return fail(ERR_INVALID, why, "the appliance's name has letters, digits, '-', '_' and '.', at most 63");
	e = made == NULL ? ERR_NOMEM : fill(f, master, box, now, made);
	if (e < 0) {
		free(made);
		return fail(e, why, e == ERR_NOMEM ? "no memory is free" : "the keys could not be sealed");
	}
	*text = made;
	return 0;
}

/* ---- reading ---- */

/* The end of line number (from 1), after its LF; NULL: there are fewer. */
static const char *after_line(const char *text, const char *end, unsigned number)
{
	for (; number > 0 && text != NULL; number--) {
		text = memchr(text, '\n', (size_t)(end - text));
		if (text != NULL)
			text++;
	}
	return text;
}

static int read_box(const char *line, struct backup_head *h)
{
	char rest = '\0';

	if (sscanf(line, "box %63s taken %" SCNd64 "%c", h->box, &h->taken.ms, &rest) != 3 || rest != '\n' || !box_is_good(h->box) ||
	    h->taken.ms < 0)
		return ERR_INVALID;
	return 0;
}

/* bound: the lines before what is sealed, NUL-terminated. */
static int read_head(const char *bound, struct backup_head *h, char why[KEYFILE_WHY_SIZE])
{
	const char *keys = after_line(bound, bound + strlen(bound), FIRST_LINES);
	char *text = keys != NULL ? strdup(keys) : NULL;
	struct keyfile f = { 0 };
	int e = read_box(bound + strlen(magic), h);

	if (e == 0 && text == NULL)
		e = keys == NULL ? ERR_INVALID : ERR_NOMEM;
	if (e == 0)
		e = keyfile_parse(text, &f, why);
	free(text);
	if (e < 0)
		return fail(e, why, damaged);
	h->generation = f.generation;
	h->master = f.master;
	memcpy(h->token, f.token, sizeof(h->token));
	return 0;
}

/* Where the line of the hash begins, if it is right; NULL. */
static const char *check_hash(const char *text, size_t len)
{
	char line[HASH_LINE_SIZE];
	const char *at = len > HASH_LINE_SIZE ? text + len - HASH_LINE_SIZE : NULL;

	if (at == NULL || at[-1] != '\n' || text[len - 1] != '\n' || put_hash(text, (size_t)(at - text), line) < 0)
		return NULL;
	return memcmp(at, line, HASH_LINE_SIZE - 1) == 0 ? at : NULL;
}

/* sealed: its line, up to end. */
static int read_sealed(const char *sealed, const char *end, struct backup *b)
{
	size_t word = strlen(sealed_word), len = (size_t)(end - sealed);
	int n;

	if (len <= word + 1 || memcmp(sealed, sealed_word, word) != 0 || memchr(sealed, '\n', len) != end - 1)
		return ERR_INVALID;
	b->sealed = malloc(len);
	if (b->sealed == NULL)
		return ERR_NOMEM;
	n = base64url_decode(sealed + word, len - word - 1, b->sealed, len);
	if (n < AES_GCM_OVERHEAD || n > KEYFILE_TEXT_MAX)
		return ERR_INVALID;
	b->sealed_len = (size_t)n;
	return 0;
}

static int read_all(const char *text, size_t len, struct backup *b, char why[KEYFILE_WHY_SIZE])
{
	const char *end, *sealed;
	int e;

	if (len < strlen(magic) || memcmp(text, magic, strlen(magic)) != 0)
		return fail(ERR_INVALID, why, "this is no backup of keys: it does not begin with callkey-backup 1");
	end = len <= BACKUP_TEXT_MAX && memchr(text, '\0', len) == NULL ? check_hash(text, len) : NULL;
	sealed = end != NULL ? after_line(text, end, HEAD_LINES) : NULL;
	if (sealed == NULL)
		return fail(ERR_INVALID, why, damaged);
	e = read_sealed(sealed, end, b);
	if (e < 0)
		return fail(e, why, e == ERR_NOMEM ? "no memory is free" : damaged);
	b->bound = strndup(text, (size_t)(sealed - text));
	return b->bound == NULL ? fail(ERR_NOMEM, why, "no memory is free") : read_head(b->bound, &b->head, why);
}

int backup_read(const char *text, size_t len, struct backup **b, char why[KEYFILE_WHY_SIZE])
{
	struct backup *made = calloc(1, sizeof(*made));
	int e = made == NULL ? fail(ERR_NOMEM, why, "no memory is free") : read_all(text, len, made, why);

	if (e < 0)
		backup_free(&made);
	else
		*b = made;
	return e;
}

void backup_free(struct backup **b)
{
	if (*b == NULL)
		return;
	free((*b)->bound);
	free((*b)->sealed);
	free(*b);
	*b = NULL;
}

const struct backup_head *backup_head(const struct backup *b)
{
	return &b->head;
}

int backup_open(const struct backup *b, const uint8_t master[TOKEN_MASTER_SIZE], struct keyfile *f, char why[KEYFILE_WHY_SIZE])
{
	char *clear = malloc(KEYFILE_TEXT_MAX + 1);
	uint8_t key[AES_KEY_SIZE];
	int e = clear == NULL ? fail(ERR_NOMEM, why, "no memory is free") : key_of(master, key);

	if (e == 0)
		e = aes_gcm_open(key, b->bound, strlen(b->bound), b->sealed, b->sealed_len, clear, KEYFILE_TEXT_MAX);
	secret_wipe(key, sizeof(key));
	if (e >= 0) {
		clear[e] = '\0';
		e = keyfile_take(clear, (size_t)e, master, f, why);
	}
	if (e == ERR_CRYPTO)
		fail(e, why, "the backup was changed by somebody without the master key; take another copy of it");
	free(clear);
	return e;
}
