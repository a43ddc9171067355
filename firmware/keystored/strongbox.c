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
static void unlock(const struct strongbox *s, const char *path)
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
	if (e < 0 && audit_add(s->audit, &(struct audit_record){ .what = "unattended_failed", .detail = why }) < 0)
		log_warn("not_noted", "what=unattended_failed");
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

/* The log first: what happens at the opening of the keys is written down already. */
static int open_audit(const char *folder, struct strongbox *s, char why[CONF_WHY_SIZE])
{
	char reason[AUDIT_WHY_SIZE] = "";
	int e = audit_open(folder, &s->audit, reason);

	if (e == 0 && audit_add(s->audit, &(struct audit_record){ .what = "start" }) < 0) {
		snprintf(reason, sizeof(reason), "%s: the audit log cannot be written; is the disk full?", folder);
		e = ERR_INVALID;
	}
	if (e < 0)
		snprintf(why, CONF_WHY_SIZE, "%s", reason);
	return e;
}

static int open_keys(const struct conf_tree *conf, const char *folder, struct strongbox *s, char why[CONF_WHY_SIZE])
{
	struct keyring_config c = { .note = audit_note, .context = s->audit };
	char path[KEYFILE_PATH_SIZE], reason[KEYFILE_WHY_SIZE] = "no memory can be locked; raise RLIMIT_MEMLOCK (LimitMEMLOCK=)";
	int e;

	snprintf(path, sizeof(path), "%s/keys", folder);
	c.path = path;
	e = make_token(conf, &c.token, reason);
	if (e == 0)
		e = keyring_new(&c, &s->ring, reason);
	if (e < 0)
		token_free(&c.token);
	else
		e = custody_new(s->ring, &s->custody);
	if (e < 0)
		snprintf(why, CONF_WHY_SIZE, "%s", reason);
	else
		audit_attach(s->audit, s->ring);
	return e;
}

/* Opened once: what the confinement leaves readable is the file that was there. */
static int open_intrusion(const char *path, struct strongbox *s, char why[CONF_WHY_SIZE])
{
	if (path[0] == '\0')
		return 0;
	s->intrusion_fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (s->intrusion_fd >= 0)
		return 0;
	snprintf(why, CONF_WHY_SIZE, "%s (keystored.intrusion_file): cannot be opened: %m; it must be there before keystored starts", path);
	return ERR_INVALID;
}

/* What a gateway's protocol wants to be sealed with. */
static void read_gateways(const struct conf_tree *conf, struct strongbox *s)
{
	const struct conf_node *list = conf_find(conf_root(conf), "uplinkd.pg");

	for (size_t i = 0; list != NULL && i < conf_count(list) && s->gateway_count < RECIPIENTS_MAX; i++) {
		struct dual_gateway *g = &s->gateways[s->gateway_count++];

		snprintf(g->name, sizeof(g->name), "%s", conf_member_string(conf_at(list, i), "uplinkd.pg", "name"));
		g->usage = strcmp(conf_member_string(conf_at(list, i), "uplinkd.pg", "kind"), "nicepay") == 0 ? KEY_GATEWAY_ENCDATA : KEY_GATEWAY_PUBLIC;
	}
}

int strongbox_open(const struct conf_tree *conf, struct strongbox *s, char why[CONF_WHY_SIZE])
{
	const char *folder = conf_get_string(conf, "keystored.keys_dir"), *unlock_file = conf_get_string(conf, "keystored.unlock_file");
	int e = make_folder(folder, why);

	s->intrusion_fd = -1;
	s->zeroise_after_wrong = (unsigned)conf_get_int(conf, "keystored.zeroise_after_wrong");
	if (e == 0)
		e = open_audit(folder, s, why);
	if (e == 0)
		e = open_keys(conf, folder, s, why);
	if (e == 0)
		e = recipients_new(s->ring, &s->recipients);
	if (e == 0)
		e = open_intrusion(conf_get_string(conf, "keystored.intrusion_file"), s, why);
	if (e == 0 && dual_new(s->ring, s->audit, conf_get_int(conf, "keystored.proposal_s") * 1000, &s->dual) < 0) {
		snprintf(why, CONF_WHY_SIZE, "no memory can be locked; raise RLIMIT_MEMLOCK (LimitMEMLOCK=)");
		e = ERR_NOMEM;
	}
	if (e < 0)
		return e;
	read_gateways(conf, s);
	dual_know_gateways(s->dual, s->gateways, s->gateway_count);
	if (keyring_state(s->ring) == KEYRING_LOCKED && unlock_file[0] != '\0')
		unlock(s, unlock_file);
	tell(s);
	tell_capabilities(s);
	recipients_look(s->recipients, clock_wall());
	return 0;
}

/* ---- in service ---- */

void strongbox_zeroise(struct strongbox *s, const char *reason)
{
	if (audit_add(s->audit, &(struct audit_record){ .what = "zeroise", .detail = reason }) < 0)
		log_error("zeroise_not_noted", "reason=\"%s\"", reason);
	custody_break_off(s->custody);
	if (keyring_zeroise(s->ring) < 0)
		log_error("zeroise_incomplete", "reason=\"%s\" hint=\"remove the files in keys_dir by hand\"", reason);
	else
		log_warn("zeroised", "reason=\"%s\" hint=\"the way back is a ceremony, or a backup\"", reason);
}

static bool is_intruded(const struct strongbox *s)
{
	char first = '0';

	return s->intrusion_fd >= 0 && pread(s->intrusion_fd, &first, 1, 0) == 1 && first == '1';
}

size_t strongbox_expiring(const struct strongbox *s, const struct key **first)
{
	const struct wall at = { clock_wall().ms + STRONGBOX_ALARM_DAYS * INT64_C(86400000) };

	return keyring_expiring(s->ring, at, first);
}

/* At the start, once a day, and when they become more. */
static void alarm_of_expiry(struct strongbox *s, struct mono now)
{
	const struct key *first = NULL;
	char when[CLOCK_RFC3339_SIZE];
	size_t count;

	count = strongbox_expiring(s, &first);
	if (s->alarmed.ns != 0 && count <= s->alarmed_count && mono_diff_ms(s->alarmed, now) < INT64_C(86400000)) {
		s->alarmed_count = count;
		return;
	}
	s->alarmed = now;
	s->alarmed_count = count;
	if (count > 0)
		log_warn("keys_expire", "alarm=keys count=%zu first=%s version=%u until=%s hint=\"callkey keys propose %s --name %s\"", count, first->name,
		         first->version, wall_print_rfc3339(first->active_until, when), key_algorithm_is_brought(first->algorithm) ? "import-gateway" : "rotate",
		         first->name);
}

/* At once, then each minute, until the disk has the file for certain. */
static void settle_file(struct strongbox *s, struct mono now)
{
	char why[KEYFILE_WHY_SIZE] = "the keys are not open";
	bool said = s->unsure_said.ns != 0;

	if (!keyring_is_unsure(s->ring) && said) {
		log_warn("key_file_sure", "alarm=keys generation=%llu", (unsigned long long)keyring_generation(s->ring));
		s->unsure_said = (struct mono){ 0 };
	}
	if (!keyring_is_unsure(s->ring) || (said && mono_diff_ms(s->unsure_said, now) < 60000))
		return;
	s->unsure_said = now;
	if (keyring_settle(s->ring, why) < 0 || keyring_is_unsure(s->ring))
		log_error("key_file_unsure", "alarm=keys why=\"%s\" hint=\"a failure of power may bring the keys of before their last change, or a change that "
		          "was refused: keep all papers; is the disk failing?\"", why);
}

void strongbox_tick(struct strongbox *s, struct mono now)
{
	if (keyring_state(s->ring) != KEYRING_EMPTY && is_intruded(s))
		strongbox_zeroise(s, "intrusion input");
	if (keyring_state(s->ring) == KEYRING_LOCKED && s->zeroise_after_wrong > 0 && custody_wrong(s->custody) >= s->zeroise_after_wrong)
		strongbox_zeroise(s, "too many wrong parts");
	custody_tick(s->custody, now);
	dual_tick(s->dual, now);
	recipients_look(s->recipients, clock_wall());
	audit_tick(s->audit, now);
	alarm_of_expiry(s, now);
	settle_file(s, now);
}

void strongbox_close(struct strongbox *s)
{
	if (s->audit != NULL && s->ring != NULL && audit_add(s->audit, &(struct audit_record){ .what = "stop" }) < 0)
		log_warn("stop_not_noted", "hint=\"the audit log cannot be written\"");
	dual_free(&s->dual);
	recipients_free(&s->recipients);
	custody_free(&s->custody);
	if (s->audit != NULL)
		audit_attach(s->audit, NULL);
	keyring_free(&s->ring);
	audit_close(&s->audit);
	if (s->intrusion_fd > 0)
		close(s->intrusion_fd);
}
