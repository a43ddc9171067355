#include "keystored/seal_keys.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/secret.h"

static const char list_path[] = "keystored.pg_keys";

struct secrets { char key[SEAL_KEYS_MAX][ENCDATA_KEY_SIZE]; char read_in[ENCDATA_KEY_SIZE + 2]; };

struct seal_keys {
	struct seal_key list[SEAL_KEYS_MAX];
	size_t count;
	struct secrets *secrets;                 /* locked */
};

const struct seal_key *seal_keys_find(const struct seal_keys *k, const char *pg, const char *kid)
{
	const struct seal_key *otherwise = NULL;

	for (size_t i = 0; i < k->count; i++) {
		const struct seal_key *at = &k->list[i];
		bool own = strcmp(at->pg, pg) == 0;

		if ((!own && at->pg[0] != '\0') || (kid[0] != '\0' ? strcmp(at->kid, kid) != 0 : !at->active))
			continue;
		if (own)
			return at;
		otherwise = at;
	}
	return otherwise;
}

size_t seal_keys_count(const struct seal_keys *k)
{
	return k->count;
}

/* ---- loading ---- */

static const char *why_no_key(int e)
{
	switch (e) {
	case ERR_NOT_FOUND: return "there is no such file; ask the payment gateway for its public key";
	case ERR_DENIED: return "keystored may not read it; change its owner or mode";
	default: return "must be a public key in PEM (BEGIN PUBLIC KEY), EC P-256 or RSA of 2048 bits or more, "
		        "under a kid of letters and digits";
	}
}

static int load_public(const char *file, struct seal_key *key, const struct conf_node *n, char *why)
{
	int e = jwe_key_load_public(file, key->kid, &key->jwe);

	return e < 0 ? conf_fault(n, why, "%s: kid \"%s\", file %s: %s", list_path, key->kid, file, why_no_key(e)) : 0;
}

/* A line of 32 printable characters, with or without its end. */
static bool is_secret_key(const char *text, ssize_t len)
{
	if (len == ENCDATA_KEY_SIZE + 1 && text[ENCDATA_KEY_SIZE] == '\n')
		len--;
	for (ssize_t i = 0; i < len; i++)
		if (text[i] <= ' ' || text[i] > '~')
			return false;
	return len == ENCDATA_KEY_SIZE;
}

static const char *read_secret(int fd, struct secrets *s, char out[ENCDATA_KEY_SIZE])
{
	const char *what = NULL;
	struct stat st;
	ssize_t n;

	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		return "is no regular file";
	if ((st.st_mode & 077) != 0 || (st.st_uid != geteuid() && st.st_uid != 0))
		return "others can reach it; it must be keystored's own with mode 0600";
	n = read(fd, s->read_in, sizeof(s->read_in));
	if (is_secret_key(s->read_in, n))
		memcpy(out, s->read_in, ENCDATA_KEY_SIZE);
	else
		what = "must be the SecretKey of the gateway's merchant pages: one line of 32 characters";
	secret_wipe(s->read_in, sizeof(s->read_in));
	return what;
}

static int load_secret(struct seal_keys *k, const char *file, struct seal_key *key, const struct conf_node *n, char *why)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	const char *what;

	if (fd < 0)
		return conf_fault(n, why, "%s: kid \"%s\", file %s: cannot be read; it must be keystored's own", list_path, key->kid, file);
	what = read_secret(fd, k->secrets, k->secrets->key[k->count]);
	close(fd);
	if (what != NULL)
		return conf_fault(n, why, "%s: kid \"%s\", file %s: %s", list_path, key->kid, file, what);
	key->secret = k->secrets->key[k->count];
	return 0;
}

static int check_place(const struct seal_keys *k, const struct seal_key *key, const struct conf_node *n, char *why)
{
	if (k->count == SEAL_KEYS_MAX)
		return conf_fault(n, why, "%s: there are more than %d", list_path, SEAL_KEYS_MAX);
	for (size_t i = 0; i < k->count; i++) {
		const struct seal_key *other = &k->list[i];

		if (strcmp(other->kid, key->kid) == 0)
			return conf_fault(n, why, "%s: kid \"%s\" stands here twice", list_path, key->kid);
		if (key->active && other->active && strcmp(other->pg, key->pg) == 0)
			return conf_fault(n, why, "%s: \"%s\" and \"%s\" are both active; one must be", list_path, other->kid, key->kid);
	}
	return 0;
}

static int load_key(struct seal_keys *k, const struct conf_node *n, char *why)
{
	const char *file = conf_member_string(n, list_path, "file");
	struct seal_key *key = &k->list[k->count], made = {
		.active = conf_member_bool(n, list_path, "active"),
		.means = strcmp(conf_member_string(n, list_path, "kind"), "nicepay") == 0 ? SEAL_NICEPAY : SEAL_JWE,
		.aes256 = strcmp(conf_member_string(n, list_path, "cipher"), "aes256") == 0,
	};
	int e;

	snprintf(made.kid, sizeof(made.kid), "%s", conf_member_string(n, list_path, "kid"));
	snprintf(made.pg, sizeof(made.pg), "%s", conf_member_string(n, list_path, "pg"));
	e = check_place(k, &made, n, why);
	if (e == 0)
		e = made.means == SEAL_NICEPAY ? load_secret(k, file, &made, n, why) : load_public(file, &made, n, why);
	if (e == 0) {
		*key = made;
		k->count++;
	}
	return e;
}

static int load_all(struct seal_keys *k, const struct conf_tree *conf, char *why)
{
	const struct conf_node *list = conf_find(conf_root(conf), list_path);
	int e = 0;

	for (size_t i = 0; e == 0 && i < conf_count(list); i++)
		e = load_key(k, conf_at(list, i), why);
	for (size_t i = 0; e == 0 && i < k->count; i++) {
		const struct seal_key *active = seal_keys_find(k, k->list[i].pg, "");

		if (active == NULL || strcmp(active->pg, k->list[i].pg) != 0)
			e = conf_fault(list, why, "%s: none is active%s%s; write active = true at the key to seal to", list_path,
			               k->list[i].pg[0] != '\0' ? " for gateway " : "", k->list[i].pg);
	}
	return e;
}

int seal_keys_new(const struct conf_tree *conf, struct seal_keys **k, char why[CONF_WHY_SIZE])
{
	struct seal_keys *made = calloc(1, sizeof(*made));
	void *secrets = NULL;
	int e = made == NULL ? ERR_NOMEM : secret_alloc(sizeof(struct secrets), &secrets);

	if (e < 0) {
		snprintf(why, CONF_WHY_SIZE, "no memory can be locked; raise RLIMIT_MEMLOCK (LimitMEMLOCK=)");
		free(made);
		return e;
	}
	made->secrets = secrets;
	e = load_all(made, conf, why);
	if (e < 0) {
		seal_keys_free(&made);
		return e;
	}
	*k = made;
	return 0;
}

void seal_keys_free(struct seal_keys **k)
{
	void *secrets;

	if (*k == NULL)
		return;
	for (size_t i = 0; i < (*k)->count; i++)
		jwe_key_free(&(*k)->list[i].jwe);
	secrets = (*k)->secrets;
	secret_free(&secrets, sizeof(struct secrets));
	free(*k);
	*k = NULL;
}
