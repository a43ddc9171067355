/* keys_files.c: the secret of unattended starts and the custodians' forms. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "callkey/keys_job.h"
#include "lib/disk.h"

enum { SECRET_SIZE = 32, PATH_SIZE = 512, HOST_SIZE = 65, TIME_SIZE = 40, FOLDER_MODE = 0700, FILE_MODE = 0600 };

static const char form_text[] =
	"KEY CUSTODIAN FORM\n"
	"\n"
	"appliance                 %s\n"
	"key ceremony              %s\n"
	"custodian                 %s\n"
	"part                      %u of %u, %s\n"
	"check value of the part   %s\n"
	"check value of the key    %s\n"
	"\n"
	"I hold the part named above of this appliance's master key, in writing, and I accept these duties:\n"
	"\n"
	" 1. The part is known to me alone. It is on the paper that I sealed, and nowhere else: in no file, photograph, message or\n"
	"    copy. This form does not have it.\n"
	" 2. The paper lies in a tamper-evident bag, under a lock that no other custodian opens, and I note each opening of it.\n"
	" 3. I enter it myself, alone at the appliance's terminal, after I have read the check value on the screen against this form.\n"
	" 4. I give it to nobody, and never hold another custodian's part.\n"
	" 5. If it is lost, seen or copied, or if I suspect so, I tell the security officer at once.\n"
	" 6. When I leave this duty I hand the bag over unopened, against a signature; the security officer decides whether the part is\n"
	"    still a secret, or the keys are made anew.\n"
	"\n"
	"custodian, date, signature          ______________________________________\n"
	"\n"
	"witness, date, signature            ______________________________________\n";

/* The secret exists once: its place on the disk is there before it is made. */
static enum keys_end prepare_secret(struct keys_job *j, struct keys_files *f)
{
	static const char zeros[SECRET_SIZE];

	f->fd = open(f->secret_path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, FILE_MODE);
	if (f->fd < 0)
		return keys_refuse(j, "--unattended %s: %s", f->secret_path,
		                   errno == EEXIST ? "is there already; it is not overwritten" : strerror(errno));
	if (write(f->fd, zeros, sizeof(zeros)) == SECRET_SIZE && fsync(f->fd) == 0 && disk_sync_folder_of(f->secret_path) == 0)
		return KEYS_DONE;
	keys_refuse(j, "--unattended %s: cannot be written: %s", f->secret_path, strerror(errno));
	keys_files_give_up(f);
	return KEYS_REFUSED;
}

static enum keys_end prepare_forms(struct keys_job *j, struct keys_files *f)
{
	if (mkdir(f->forms, FOLDER_MODE) == 0)
		f->made_folder = true;
	else if (errno != EEXIST || access(f->forms, W_OK | X_OK) != 0)
		return keys_refuse(j, "--forms %s: %s", f->forms, strerror(errno));
	return KEYS_DONE;
}

enum keys_end keys_files_prepare(struct keys_job *j, struct keys_files *f)
{
	enum keys_end end = KEYS_DONE;

	f->fd = -1;
	f->made_folder = false;
	if (f->forms != NULL)
		end = prepare_forms(j, f);
	if (end == KEYS_DONE && f->secret_path != NULL)
		end = prepare_secret(j, f);
	if (end != KEYS_DONE)
		keys_files_give_up(f);
	return end;
}

void keys_files_give_up(struct keys_files *f)
{
	if (f->fd >= 0) {
		close(f->fd);
		unlink(f->secret_path);
	}
	if (f->made_folder)
		rmdir(f->forms);
	f->fd = -1;
	f->made_folder = false;
}

enum keys_end keys_files_secret(struct keys_job *j, struct keys_files *f)
{
	bool whole;

	if (f->secret_path == NULL)
		return KEYS_DONE;
	whole = j->a.secret_len == SECRET_SIZE && pwrite(f->fd, j->a.secret, SECRET_SIZE, 0) == SECRET_SIZE && fsync(f->fd) == 0;
	close(f->fd);
	f->fd = -1;
	if (whole)
		return KEYS_DONE;
	unlink(f->secret_path);
	return keys_refuse(j, "%s could not be written: the keys are made, but at each start custodians must come (callkey keys unlock)",
	                   f->secret_path);
}

void keys_files_explain(const struct keys_files *f)
{
	if (f->secret_path == NULL)
		return;
	printf("\n%s has the secret that opens the keys at a start without custodians. With it and the key file anybody has the keys, so it\n"
	       "must not stay beside them as it is. Seal it to this machine, and name the sealed one in the configuration:\n"
	       "\n"
	       "  systemd-creds encrypt --with-key=tpm2 --name=unlock %s /etc/credstore.encrypted/callkey-unlock\n"
	       "  shred -u %s\n"
	       "  systemctl edit callkey-keystored      [Service]\n"
	       "                                        LoadCredentialEncrypted=unlock:/etc/credstore.encrypted/callkey-unlock\n"
	       "  keystored.unlock_file = \"/run/credentials/callkey-keystored.service/unlock\";\n"
	       "\n"
	       "With tpm2 a stolen disk or backup opens nothing; whoever has the whole machine and starts it has open keys. With host in its\n"
	       "place (no TPM) the sealing key lies on the same disk: a stolen disk is enough. Without an unattended secret, neither is.\n",
	       f->secret_path, f->secret_path, f->secret_path);
}

/* ---- forms ---- */

static void this_moment(char text[TIME_SIZE])
{
	time_t now = time(NULL);
	struct tm tm;

	localtime_r(&now, &tm);
	strftime(text, TIME_SIZE, "%Y-%m-%d %H:%M %Z", &tm);
}

static int write_form(FILE *f, const struct keys_form *form, const char *master_kcv)
{
	char host[HOST_SIZE] = "", at[TIME_SIZE], scheme[64];

	if (gethostname(host, sizeof(host) - 1) != 0)
		host[0] = '\0';
	this_moment(at);
	if (form->share)
		snprintf(scheme, sizeof(scheme), "a share; any %u of the %u open the keys", form->needed, form->parts);
	else
		snprintf(scheme, sizeof(scheme), "a component; all are needed");
	return fprintf(f, form_text, host, at, form->name[0] != '\0' ? form->name : "______________________________________", form->number,
	               form->parts, scheme, form->kcv, master_kcv);
}

enum keys_end keys_files_forms(struct keys_job *j, const struct keys_files *f, const struct keys_form *forms, const char *master_kcv)
{
	for (unsigned i = 0; f->forms != NULL && i < forms[0].parts; i++) {
		char path[PATH_SIZE];
		int fd, e = ERR_IO;
		FILE *out;

		snprintf(path, sizeof(path), "%s/custodian-%u-of-%u-%s.txt", f->forms, i + 1, forms[0].parts, master_kcv);
		fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, FILE_MODE);
		out = fd >= 0 ? fdopen(fd, "w") : NULL;
		if (out != NULL) {
			e = write_form(out, &forms[i], master_kcv) < 0 ? ERR_IO : 0;
			e = fclose(out) != 0 ? ERR_IO : e;
		} else if (fd >= 0) {
			close(fd);
		}
		if (e < 0)
			return keys_refuse(j, "%s: %s; the keys are made, write this form by hand", path, strerror(errno));
		printf("%sform            %s\n", i == 0 ? "\n" : "", path);
	}
	return KEYS_DONE;
}
