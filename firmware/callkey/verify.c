#include "callkey/verify.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "callkey/show_values.h"
#include "callkey/table.h"
#include "evidence/evidence.h"

enum { PROVEN = 0, NOT_PROVEN = 1, USAGE = 2, TRUSTED_MAX = 9, KEY_FILE_MAX = 1024 };

struct trusted { char id[TRUSTED_MAX][CRYPTO_KEY_ID_SIZE]; const char *list[TRUSTED_MAX]; size_t count; };

/* The whole file, or what comes from standard input for "-"; one byte more than size is told as too long. */
static int read_file(const char *path, char *buf, size_t size, size_t *len)
{
	FILE *f = strcmp(path, "-") == 0 ? stdin : fopen(path, "rb");
	size_t n;
	int e;

	if (f == NULL) {
		fprintf(stderr, "callkey: %s: %s\n", path, strerror(errno));
		return ERR_IO;
	}
	n = fread(buf, 1, size, f);
	e = ferror(f) ? ERR_IO : n == size ? ERR_TOO_LONG : 0;
	if (f != stdin)
		fclose(f);
	if (e < 0)
		fprintf(stderr, "callkey: %s: %s\n", path, e == ERR_IO ? "cannot be read" : "is too large to be what it should be");
	else
		*len = n;
	return e;
}

static bool is_id(const char *text)
{
	return strlen(text) == CRYPTO_KEY_ID_SIZE - 1 && strspn(text, "0123456789abcdef") == CRYPTO_KEY_ID_SIZE - 1;
}

static void trust(struct trusted *t, const char *id)
{
	if (t->count == TRUSTED_MAX)
		return;
	snprintf(t->id[t->count], sizeof(t->id[0]), "%s", id);
	t->list[t->count] = t->id[t->count];
	t->count++;
}

/* --key: an id, or a file with the public key. */
static int trust_named(struct trusted *t, const char *key)
{
	char pem[KEY_FILE_MAX], id[CRYPTO_KEY_ID_SIZE];
	size_t len = 0;

	if (is_id(key)) {
		trust(t, key);
		return 0;
	}
	if (read_file(key, pem, sizeof(pem) - 1, &len) < 0)
		return ERR_INVALID;
	pem[len] = '\0';
	if (sign_key_id(pem, id) < 0) {
		fprintf(stderr, "callkey: --key %s: is neither a key's id (64 hexadecimal digits) nor a file with an Ed25519 public key "
		        "(BEGIN PUBLIC KEY)\n", key);
		return ERR_INVALID;
	}
	trust(t, id);
	return 0;
}

static int trust_all(struct trusted *t, const struct words *w, const struct conf_tree *conf)
{
	const struct conf_node *list = conf != NULL ? conf_find(conf_root(conf), "callkey.trusted_keys") : NULL;

	if (w->key != NULL)
		return trust_named(t, w->key);
	for (size_t i = 0; list != NULL && i < conf_count(list); i++) {
		const char *id = conf_string(conf_at(list, i));

		if (!is_id(id)) {
			fprintf(stderr, "callkey: callkey.trusted_keys: \"%s\": must be 64 hexadecimal digits\n", id);
			return ERR_INVALID;
		}
		trust(t, id);
	}
	return 0;
}

/* ---- what is said ---- */

/* Every text of v as a terminal may show it. */
static void clean(json_t *v)
{
	size_t size = json_is_string(v) ? json_string_length(v) + 1 : 0, i;
	char *shown = size > 0 ? malloc(size) : NULL;
	const char *name;
	json_t *part;

	if (size > 0 && shown != NULL)
		text_clean(json_string_value(v), shown, size);
	if (size > 0)
		json_string_set(v, shown != NULL ? shown : "");
	free(shown);
	json_object_foreach(v, name, part)
		clean(part);
	json_array_foreach(v, i, part)
		clean(part);
}

static const char *text_of(const json_t *o, const char *group, const char *name)
{
	const char *text = json_string_value(json_object_get(group != NULL ? json_object_get(o, group) : o, name));

	return text != NULL ? text : "-";
}

static void print_words(const json_t *record)
{
	const json_t *list = json_object_get(record, "prompts");

	fputs("what was played\n", stdout);
	for (size_t i = 0; i < json_array_size(list); i++)
		printf("  %-22s  %s\n", text_of(json_array_get(list, i), NULL, "id"), text_of(json_array_get(list, i), NULL, "text"));
}

static void print_proof(const char *path, const struct evidence_proof *p)
{
	const json_t *amount = json_object_get(json_object_get(p->record, "request"), "amount"), *r = p->record;
	char link[EVIDENCE_HEX_SIZE] = "", at[SHOW_TIME_SIZE];

	if (hex_encode(p->link, sizeof(p->link), link, sizeof(link)) < 0)
		link[0] = '\0';
	printf("%s: proven: nothing was changed since the appliance signed it\n\n", path);
	printf("consent         %s, to %s\n", text_of(r, NULL, "id"), text_of(r, "consent", "to"));
	printf("agreed          %s, by key %s\n", show_time(text_of(r, "consent", "at"), at), text_of(r, "consent", "key"));
	printf("request         %s, order %s\n", text_of(r, "request", "id"), text_of(r, "request", "order_id"));
	if (json_is_object(json_object_get(r, "billing_key")))
		printf("billing key     %s, card of %s ending in %s\n", text_of(r, "billing_key", "id"),
		       text_of(json_object_get(json_object_get(r, "billing_key"), "card"), NULL, "issuer"),
		       text_of(json_object_get(json_object_get(r, "billing_key"), "card"), NULL, "last4"));
	printf("merchant        %s (%s)\n", text_of(r, "request", "merchant_name"), text_of(r, "request", "merchant"));
	printf("product         %s\n", text_of(r, "request", "product_name"));
	if (json_is_object(amount))
		printf("amount          %" JSON_INTEGER_FORMAT " %s\n", json_integer_value(json_object_get(amount, "total")),
		       text_of(amount, NULL, "currency"));
	printf("caller          %s (%s), called %s\n", text_of(r, "call", "caller"), text_of(r, "call", "screening"),
	       text_of(r, "call", "called"));
	printf("call            %s, answered %s\n", text_of(r, "call", "id"), show_time(text_of(r, "call", "answered_at"), at));
	printf("software        %s\n", text_of(r, NULL, "software"));
	printf("chain           number %" PRId64 ", link %s; %zu that followed fit\n", p->number, link, p->after_count);
	printf("signed by       %s\n", p->key);
	print_words(r);
}

static int judge(const struct words *w, const char *text, size_t len, const struct trusted *t)
{
	struct evidence_proof proof = { .record = NULL };
	char why[EVIDENCE_WHY_SIZE] = "";
	int e = evidence_bundle_check(text, len, t->list, t->count, &proof, why);

	if (e == ERR_INVALID)
		fprintf(stderr, "callkey: %s: not proven: %s\n", w->bundle, why);
	else if (e == ERR_DENIED && t->count == 0)
		fprintf(stderr, "callkey: %s: not proven: it is whole, but no key is pinned, so anybody may have signed it.\nIts key is %s\n"
		        "If that is the id of the consent key that callkey keys status shows and that you noted at the key ceremony, say so: "
		        "callkey verify %s --key %s, or callkey.trusted_keys in callkey.cfg\n", w->bundle, why, w->bundle, why);
	else if (e == ERR_DENIED)
		fprintf(stderr, "callkey: %s: not proven: it is signed by another key than the pinned: %s\n", w->bundle, why);
	else if (e == 0 && w->json)
		json_dumpf(proof.record, stdout, JSON_COMPACT);
	else if (e == 0) {
		clean(proof.record);
		print_proof(w->bundle, &proof);
	}
	if (e == 0 && w->json)
		fputc('\n', stdout);
	json_decref(proof.record);
	return e == 0 && fflush(stdout) == 0 ? PROVEN : NOT_PROVEN;
}

int verify_run(const struct words *w, const struct conf_tree *conf)
{
	static char text[EVIDENCE_BUNDLE_MAX + 2];
	struct trusted t = { .count = 0 };
	size_t len = 0;

	if (trust_all(&t, w, conf) < 0)
		return USAGE;
	if (read_file(w->bundle, text, sizeof(text), &len) < 0)
		return NOT_PROVEN;
	return judge(w, text, len, &t);
}
