#include "keystored/strongbox.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/log.h"
#include "lib/secret.h"

/* Nobody else's; or root's, as systemd gives it to its unit: its group bits are then the mask of an access list that names
 * our user alone. */
static bool is_private(const struct stat *st)
{
	return (st->st_mode & 077) == 0 || ((st->st_mode & 077) == S_IRGRP && st->st_uid == 0 && st->st_gid == 0);
}

/* The secret of unattended starts: 32 octets. */
static int read_secret(const char *path, uint8_t secret[TOKEN_MASTER_SIZE])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), e = 0;
	uint8_t more;
	struct stat st;

	if (fd < 0)
		return errno == ENOENT ? ERR_NOT_FOUND : ERR_IO;
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || !is_private(&st))
		e = ERR_DENIED;
	else if (read(fd, secret, TOKEN_MASTER_SIZE) != TOKEN_MASTER_SIZE || read(fd, &more, 1) != 0)
		e = ERR_INVALID;
	close(fd);
	return e;
}

/* Without it the keys stay locked, and custodians come. */
static void unlock(struct strongbox *s, const char *path)
{
	uint8_t secret[TOKEN_MASTER_SIZE];
	char why[KEYFILE_WHY_SIZE] = "";
	int e = read_secret(path, secret);

	if (e == ERR_NOT_FOUND)
		snprintf(why, sizeof(why), "there is no such file");
	else if (e == ERR_DENIED)
		snprintf(why, sizeof(why), "others can read it; it must have mode 0600 or less");
	else if (e < 0)
		snprintf(why, sizeof(why), "must have the 32 octets that the ceremony gave out");
	else
		e = custody_unattended(s->custody, secret, why);
	if (e < 0)
		log_warn("keys_stay_locked", "file=%s why=\"%s\"", path, why);
	secret_wipe(secret, sizeof(secret));
}

static void tell(const struct strongbox *s)
{
	switch (keyring_state(s->ring)) {
	case KEYRING_EMPTY: log_warn("no_keys", "hint=\"no card is taken before callkey keys ceremony\""); break;
	case KEYRING_LOCKED: log_warn("keys_locked", "hint=\"no card is taken before callkey keys unlock\""); break;
	case KEYRING_OPEN: log_info("keys_open", "token=%s generation=%llu", keyring_token(s->ring),
	                            (unsigned long long)keyring_generation(s->ring)); break;
	}
}

static int make_folder(const char *path, char why[CONF_WHY_SIZE])
{
	if (mkdir(path, 0700) == 0 || errno == EEXIST)
		return 0;
	snprintf(why, CONF_WHY_SIZE, "%s (keystored.keys_dir): cannot be made: %m; make it, as keystored's own with mode 0700", path);
	return ERR_INVALID;
}

/* What the token cannot do is said at each start. */
static void tell_capabilities(const struct strongbox *s)
{
	unsigned can = keyring_can(s->ring);
	char has[TOKEN_WORDS_SIZE], lacks[TOKEN_WORDS_SIZE];

	if (can == TOKEN_CAN_ALL)
		return;
	log_warn("token_lacks", "token=%s has=\"%s\" lacks=\"%s\" hint=\"keys that need it are not made, and their use is refused\"",
	         keyring_token(s->ring), token_can_words(can, has), token_can_words(TOKEN_CAN_ALL & ~can, lacks));
}

bool strongbox_has_module(const struct conf_tree *conf)
{
	return strcmp(conf_get_string(conf, "keystored.token"), "pkcs11") == 0;
}

static int make_token(const struct conf_tree *conf, struct token **t, char why[KEYFILE_WHY_SIZE])
{
	const struct token_pkcs11_config c = { conf_get_string(conf, "keystored.pkcs11_module"), conf_get_string(conf, "keystored.pkcs11_label"),
	                                       conf_get_string(conf, "keystored.pkcs11_parameters") };

	return strongbox_has_module(conf) ? token_pkcs11_new(&c, t, why) : token_openssl_new(t);
}

int strongbox_open(const struct conf_tree *conf, struct strongbox *s, char why[CONF_WHY_SIZE])
{
	const char *folder = conf_get_string(conf, "keystored.keys_dir"), *unlock_file = conf_get_string(conf, "keystored.unlock_file");
	struct keyring_config c = { 0 };
	char path[KEYFILE_PATH_SIZE], reason[KEYFILE_WHY_SIZE] = "no memory can be locked; raise RLIMIT_MEMLOCK (LimitMEMLOCK=)";
	int e = make_folder(folder, why);

	if (e < 0)
		return e;
	snprintf(path, sizeof(path), "%s/keys", folder);
	c.path = path;
	e = make_token(conf, &c.token, reason);
	if (e == 0)
		e = keyring_new(&c, &s->ring, reason);
	if (e < 0)
		token_free(&c.token);
	else
		e = custody_new(s->ring, &s->custody);
	if (e < 0) {
		snprintf(why, CONF_WHY_SIZE, "%s", reason);
		return e;
	}
	if (keyring_state(s->ring) == KEYRING_LOCKED && unlock_file[0] != '\0')
		unlock(s, unlock_file);
	tell(s);
	tell_capabilities(s);
	return 0;
}

void strongbox_close(struct strongbox *s)
{
	custody_free(&s->custody);
	keyring_free(&s->ring);
}
