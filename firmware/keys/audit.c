#include "keys/audit.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "keys/audit_file.h"
#include "lib/log.h"

struct audit {
	struct audit_file *file;
	struct audit_link head;
	struct keyring *ring;
	const char *who;
	bool failing, busy;
	bool told_key;                                /* the key that signs is announced in the log */
	uint8_t key[TOKEN_PUBLIC_SIZE];               /* announced last */
	struct mono tried, refused_since;
	uint64_t refused;                             /* not written down yet */
	bool refused_told;
	char refused_key[KEY_NAME_SIZE];
};

/* ---- opening ---- */

int audit_open(const char *folder, struct audit **a, char why[AUDIT_WHY_SIZE])
{
	struct audit *made = calloc(1, sizeof(*made));
	struct audit_check *found = calloc(1, sizeof(*found));
	int e = made == NULL || found == NULL ? ERR_NOMEM : audit_file_open(folder, &made->file, found, why);

	if (e == 0) {
		made->head = found->last;
		made->told_key = found->signer_count > 0;
		if (made->told_key)
			memcpy(made->key, found->signers[found->signer_count - 1].public, sizeof(made->key));
		*a = made;
	} else {
		if (e == ERR_NOMEM)
			snprintf(why, AUDIT_WHY_SIZE, "no memory is free");
		free(made);
	}
	free(found);
	return e;
}

void audit_close(struct audit **a)
{
	if (*a == NULL)
		return;
	audit_file_close(&(*a)->file);
	free(*a);
	*a = NULL;
}

void audit_attach(struct audit *a, struct keyring *r)
{
	a->ring = r;
}

void audit_set_actor(struct audit *a, const char *who)
{
	a->who = who;
}

/* ---- one record ---- */

static bool signing_key(const struct audit *a, uint8_t public[TOKEN_PUBLIC_SIZE], char id[CRYPTO_KEY_ID_SIZE])
{
	char pem[CRYPTO_PUBLIC_SIZE];

	return a->ring != NULL && keyring_state(a->ring) == KEYRING_OPEN && keyring_public(a->ring, "audit", 0, public) == 0 &&
	       sign_print_key(public, pem, id) == 0;
}

static int sign_link(struct audit *a, const struct audit_link *link, uint8_t signature[CRYPTO_SIGNATURE_SIZE])
{
	const struct keyring_ask ask = { .name = "audit", .usage = KEY_AUDIT_SIGNING, .caller = KEY_BY_SELF, .now = clock_wall() };
	char text[CRYPTO_SIGNED_SIZE];
	int n = sign_text("audit", link->hash, text);

	return n < 0 ? n : keyring_sign(a->ring, &ask, text, (size_t)n, signature, NULL);
}

/* Signed where the keys are open; what comes before is under the next signature. */
static int print(struct audit *a, const struct audit_record *r, const char *id, char line[AUDIT_LINE_SIZE], struct audit_link *next)
{
	uint8_t signature[CRYPTO_SIGNATURE_SIZE];
	int n = audit_line_begin(&a->head, clock_wall(), r, id, line, next);

	if (n < 0 || id[0] == '\0')
		return n < 0 ? n : audit_line_end(line, n, next, NULL);
	if (sign_link(a, next, signature) < 0)
		return print(a, r, "", line, next);
	return audit_line_end(line, n, next, signature);
}

/* Told in keystored's own log as well: there another user keeps the heads. */
static void tell_head(const struct audit *a, const char *what)
{
	char hash[2 * CRYPTO_SHA256_SIZE + 1];

	if (hex_encode(a->head.hash, sizeof(a->head.hash), hash, sizeof(hash)) >= 0)
		log_info("audit", "n=%" PRIu64 " what=%s hash=%s", a->head.number, what, hash);
}

static void set_failing(struct audit *a, bool failing)
{
	if (a->ring != NULL)
		keyring_halt(a->ring, failing);
	if (failing && !a->failing)
		log_error("audit_failing", "error=\"%s\" hint=\"no key is used and no act done until the audit log can be written\"",
		          audit_file_why(a->file));
	if (!failing && a->failing)
		log_info("audit_writable", "n=%" PRIu64, a->head.number);
	a->failing = failing;
}

static int write_record(struct audit *a, const struct audit_record *r, const char *id)
{
	char line[AUDIT_LINE_SIZE];
	struct audit_link next;
	int n = print(a, r, id, line, &next), e = n < 0 ? n : audit_file_append(a->file, line, (size_t)n, &next);

	a->tried = clock_mono();
	set_failing(a, e < 0);
	if (e < 0)
		return ERR_IO;
	a->head = next;
	tell_head(a, r->what);
	return 0;
}

/* A key that signs for the first time: the log tells which it is. */
static int announce(struct audit *a, const uint8_t public[TOKEN_PUBLIC_SIZE], const char *id)
{
	char text[AUDIT_KEY_TEXT_SIZE];
	const struct audit_record r = { .what = "audit_key", .detail = audit_key_text(public, text) };
	int e;

	if (a->told_key && memcmp(a->key, public, TOKEN_PUBLIC_SIZE) == 0)
		return 0;
	e = write_record(a, &r, id);
	if (e == 0) {
		a->told_key = true;
		memcpy(a->key, public, TOKEN_PUBLIC_SIZE);
	}
	return e;
}

int audit_add(struct audit *a, const struct audit_record *r)
{
	uint8_t public[TOKEN_PUBLIC_SIZE];
	char id[CRYPTO_KEY_ID_SIZE] = "";
	int e = 0;

	/* A refusal of the very key that signs: the record under way tells it by having no signature. */
	if (a->busy)
		return 0;
	a->busy = true;
	if (signing_key(a, public, id))
		e = announce(a, public, id);
	else
		id[0] = '\0';
	if (e == 0)
		e = write_record(a, r, id);
	a->busy = false;
	return e;
}

/* ---- the keyring's port ---- */

/* The key that is to sign from now on, vouched for by the one that does so still. */
static int hand_over(struct audit *a, const struct key *k)
{
	uint8_t public[TOKEN_PUBLIC_SIZE];
	char text[AUDIT_KEY_TEXT_SIZE];
	int e = keyring_public(a->ring, k->name, k->version, public);

	if (e == 0)
		e = audit_add(a, &(struct audit_record){ "audit_key", a->who, k->name, k->version, audit_key_text(public, text) });
	if (e == 0)
		memcpy(a->key, public, sizeof(a->key));
	return e;
}

static int add_refused(struct audit *a, const struct key *k, const char *detail)
{
	const struct mono now = clock_mono();

	if (a->refused_told && mono_diff_ms(a->refused_since, now) < AUDIT_REFUSED_EVERY_MS) {
		a->refused++;
		snprintf(a->refused_key, sizeof(a->refused_key), "%s", k->name);
		return 0;
	}
	a->refused_told = true;
	a->refused_since = now;
	return audit_add(a, &(struct audit_record){ "use_refused", NULL, k->name, k->version, detail });
}

int audit_note(void *context, const char *what, const struct key *k, const char *detail)
{
	struct audit *a = context;
	const struct audit_record r = { what, a->who, k != NULL ? k->name : NULL, k != NULL ? k->version : 0, detail };
	int e;

	if (strcmp(what, "use_refused") == 0)
		return add_refused(a, k, detail);
	e = audit_add(a, &r);
	if (e == 0 && k != NULL && k->usage == KEY_AUDIT_SIGNING && strcmp(what, "state") == 0 && strcmp(detail, "active") == 0)
		e = hand_over(a, k);
	return e;
}

void audit_tick(struct audit *a, struct mono now)
{
	if (a->failing && mono_diff_ms(a->tried, now) >= AUDIT_RETRY_MS &&
	    audit_add(a, &(struct audit_record){ .what = "log_writable", .detail = "no key was used meanwhile" }) < 0)
		return;
	if (a->refused > 0 && mono_diff_ms(a->refused_since, now) >= AUDIT_REFUSED_EVERY_MS) {
		char text[AUDIT_WORD_SIZE];

		snprintf(text, sizeof(text), "%" PRIu64 " more since the one before", a->refused);
		a->refused_since = now;
		if (audit_add(a, &(struct audit_record){ "use_refused", NULL, a->refused_key, 0, text }) == 0)
			a->refused = 0;
	}
}

/* ---- reading ---- */

bool audit_is_failing(const struct audit *a)
{
	return a->failing;
}

const struct audit_link *audit_head(const struct audit *a)
{
	return &a->head;
}

int audit_key_id(const struct audit *a, char id[CRYPTO_KEY_ID_SIZE])
{
	uint8_t public[TOKEN_PUBLIC_SIZE];

	return signing_key(a, public, id) ? 0 : ERR_STATE;
}

uint64_t audit_size(const struct audit *a)
{
	return audit_file_size(a->file);
}

int audit_read(const struct audit *a, uint64_t offset, void *out, size_t size)
{
	return audit_file_read(a->file, offset, out, size);
}

int audit_verify(const struct audit *a, struct audit_check *result, char why[AUDIT_WHY_SIZE])
{
	int e = audit_file_check(a->file, true, result, why);

	if (e == 0 && (result->last.number != a->head.number || memcmp(result->last.hash, a->head.hash, sizeof(a->head.hash)) != 0)) {
		snprintf(why, AUDIT_WHY_SIZE, "it ends with record %" PRIu64 ", the last one written is %" PRIu64, result->last.number, a->head.number);
		return ERR_CRYPTO;
	}
	return e;
}
