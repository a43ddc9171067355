/* speech_worker.c: the processes that run espeak-ng and sox. A worker gets a text, never a command: the programs are fixed,
 * the text goes in by a pipe, the result gets its name only when it is whole. The nursery is the child of arsd that starts
 * workers, because arsd itself may start nothing once it is confined. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "arsd/speech.h"
#include "lib/confine.h"
#include "lib/log.h"

enum { WAV_HEADER_SIZE = 44, STEP_MS = 10000, POLL_MS = 2, CPU_S = 10, FILE_BYTES = 4 << 20 };

static const struct voice { const char *name, *espeak, *words_per_minute; } voices[] = {
	{ "ko", "ko", "150" }, { "ko-slow", "ko", "110" }, { "en", "en-us", "150" }, { "en-slow", "en-us", "110" },
};

static void become(char *const argv[], int in, int out)
{
	const struct rlimit cpu = { CPU_S, CPU_S }, file = { FILE_BYTES, FILE_BYTES };

	setrlimit(RLIMIT_CPU, &cpu);
	setrlimit(RLIMIT_FSIZE, &file);
	/* The synthesiser's sound library asks for shared memory that is larger than any file may be: it does without. */
	signal(SIGXFSZ, SIG_IGN);
	/* What they complain of (no sound card, no home) is no event of ours; that they failed is logged by the worker. */
	if (dup2(in, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0 || dup2(out, STDERR_FILENO) < 0)
		_exit(127);
	if (in > STDERR_FILENO)
		close(in);
	if (out > STDERR_FILENO)
		close(out);
	execvp(argv[0], argv);
	_exit(127);
}

/* Waits for pid, and kills it when it takes too long. True: it ended well. */
static bool ended_well(pid_t pid)
{
	const struct timespec pause = { 0, POLL_MS * 1000000 };
	int status = 0;

	for (int waited = 0; waited < STEP_MS; waited += POLL_MS) {
		if (waitpid(pid, &status, WNOHANG) == pid)
			return WIFEXITED(status) && WEXITSTATUS(status) == 0;
		nanosleep(&pause, NULL);
	}
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	return false;
}

static bool run(char *const argv[], int in, int out)
{
	pid_t pid = fork();

	if (pid == 0)
		become(argv, in, out);
	return pid > 0 && ended_well(pid);
}

/* The text as the reading end of a pipe: it is far smaller than a pipe holds. */
static int pipe_with(const char *text)
{
	int ends[2];
	size_t len = strlen(text);

	if (pipe2(ends, O_CLOEXEC) != 0)
		return -1;
	if (write(ends[1], text, len) != (ssize_t)len) {
		close(ends[0]);
		ends[0] = -1;
	}
	close(ends[1]);
	return ends[0];
}

/* Words that a file name is made into for execvp, which wants them writable. */
struct command { char *argv[28]; int count; char words[28][256]; };

static void word(struct command *c, const char *w)
{
	snprintf(c->words[c->count], sizeof(c->words[0]), "%s", w);
	c->argv[c->count] = c->words[c->count];
	c->argv[++c->count] = NULL;
}

static void words(struct command *c, const char *const list[])
{
	c->count = 0;
	for (int i = 0; list[i] != NULL; i++)
		word(c, list[i]);
}

static bool synthesise(const struct voice *v, const char *text, const char *folder, const char *raw, const char *made)
{
	static struct command espeak, sox;
	int in = pipe_with(text), null = open("/dev/null", O_RDWR | O_CLOEXEC);
	bool ok;

	words(&espeak, (const char *const[]){ "espeak-ng", "-v", v->espeak, "-s", v->words_per_minute, "--stdin", "-w", raw, NULL });
	/* As the prompts are made: 8 kHz, 16 bits, no silence around it, one level. --temp: it may write nowhere else. */
	words(&sox, (const char *const[]){ "sox", "--temp", folder, "-D", raw, "-r", "8000", "-b", "16", "-c", "1", made, "silence",
	                                   "1", "0.01", "0.5%", "reverse", "silence", "1", "0.01", "0.5%", "reverse", "norm", "-6",
	                                   NULL });
	ok = in >= 0 && null >= 0 && run(espeak.argv, in, null) && run(sox.argv, null, null);
	if (in >= 0)
		close(in);
	if (null >= 0)
		close(null);
	return ok;
}

enum { SPEECH_FOLDER_SIZE = 128 };

static void speech_folder(const struct settings *set, char folder[SPEECH_FOLDER_SIZE])
{
	snprintf(folder, SPEECH_FOLDER_SIZE, "%s/speech", set->state_dir);
}

static bool sync_path(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool ok = fd >= 0 && fsync(fd) == 0;

	if (fd >= 0)
		close(fd);
	return ok;
}

/* On the disk before the request is: after a power cut a request without its sound, or with an empty one, cannot be told. */
static bool keep(const char *made, const char *path, const char *folder)
{
	return chmod(made, 0640) == 0 && sync_path(made) && rename(made, path) == 0 && sync_path(folder);
}

static enum speech_result make(const struct settings *set, const struct speech_job *j)
{
	char folder[SPEECH_FOLDER_SIZE], raw[300], made[300], path[256];
	const struct voice *v = NULL;
	enum speech_result result = SPEECH_FAILED;
	struct stat st;

	for (size_t i = 0; i < ARRAY_LEN(voices); i++)
		if (strcmp(voices[i].name, j->voice) == 0)
			v = &voices[i];
	if (v == NULL)
		return SPEECH_FAILED;
	if (speech_exists(set, j->name, j->voice))
		return SPEECH_MADE;
	speech_folder(set, folder);
	speech_path(set, j->name, j->voice, path, sizeof(path));
	snprintf(raw, sizeof(raw), "%s.%d.raw.wav", path, (int)getpid());
	snprintf(made, sizeof(made), "%s.%d.wav", path, (int)getpid());
	if (synthesise(v, j->text, folder, raw, made) && stat(made, &st) == 0) {
		if (st.st_size <= WAV_HEADER_SIZE)
			result = SPEECH_SILENT;
		else if (keep(made, path, folder))
			result = SPEECH_MADE;
	}
	unlink(raw);
	if (result != SPEECH_MADE)
		unlink(made);
	return result;
}

NORETURN static void work(const struct settings *set, int fd)
{
	struct speech_job j;

	signal(SIGCHLD, SIG_DFL);
	for (;;) {
		ssize_t n = recv(fd, &j, sizeof(j), 0);
		struct speech_done done;

		if (n < 0 && errno == EINTR)
			continue;
		if (n != (ssize_t)sizeof(j))
			_exit(0);
		memset(&done, 0, sizeof(done));
		done.number = j.number;
		done.result = make(set, &j);
		if (done.result == SPEECH_FAILED)
			log_warn("speech_failed", "voice=%s name=%s", j.voice, j.name);
		if (send(fd, &done, sizeof(done), MSG_NOSIGNAL) != (ssize_t)sizeof(done))
			_exit(0);
	}
}

/* ---- the nursery ---- */

/* The next descriptor that arsd sends, -1 when arsd is gone. */
static int receive_fd(int from)
{
	union { struct cmsghdr header; char space[CMSG_SPACE(sizeof(int))]; } control;
	char byte;
	struct iovec part = { &byte, 1 };
	struct msghdr m = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control) };
	struct cmsghdr *c;
	ssize_t n;
	int fd = -1;

	do
		n = recvmsg(from, &m, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	c = n == 1 ? CMSG_FIRSTHDR(&m) : NULL;
	if (c != NULL && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS && c->cmsg_len == CMSG_LEN(sizeof(int)))
		memcpy(&fd, CMSG_DATA(c), sizeof(fd));
	return fd;
}

static bool send_fd(int to, int fd)
{
	union { struct cmsghdr header; char space[CMSG_SPACE(sizeof(int))]; } control;
	char byte = 0;
	struct iovec part = { &byte, 1 };
	struct msghdr m = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control) };

	memset(&control, 0, sizeof(control));
	control.header = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS };
	memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
	return sendmsg(to, &m, MSG_NOSIGNAL | MSG_DONTWAIT) == 1;
}

NORETURN static void nurse(const struct settings *set, const char *folder, int fd)
{
	int worker;

	signal(SIGTERM, SIG_DFL);
	signal(SIGINT, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGCHLD, SIG_IGN);                /* workers that end leave nothing to wait for */
	if (confine_speech_worker(folder) < 0)
		_exit(1);
	while ((worker = receive_fd(fd)) >= 0) {
		pid_t pid = fork();

		if (pid == 0) {
			close(fd);
			prctl(PR_SET_PDEATHSIG, SIGTERM);
			work(set, worker);
		}
		if (pid < 0)
			log_error("speech_worker_fork", "error=\"%s\"", strerror(errno));
		close(worker);                   /* without a worker arsd sees the other end close */
	}
	_exit(0);
}

int speech_nursery_start(const struct settings *set, int *fd)
{
	char folder[SPEECH_FOLDER_SIZE];
	int ends[2];
	pid_t pid;

	speech_folder(set, folder);
	if (mkdir(folder, 0750) != 0 && errno != EEXIST) {
		log_error("speech_folder", "path=%s error=\"%s\"", folder, strerror(errno));
		return ERR_IO;
	}
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
		return ERR_IO;
	pid = fork();
	if (pid == 0) {
		close(ends[0]);
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		nurse(set, folder, ends[1]);
	}
	close(ends[1]);
	if (pid < 0) {
		close(ends[0]);
		return ERR_IO;
	}
	*fd = ends[0];
	return 0;
}

int speech_worker_start(int nursery, int *fd)
{
	int ends[2];
	bool given;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
		return ERR_IO;
	given = send_fd(nursery, ends[1]);
	close(ends[1]);
	if (!given || fcntl(ends[0], F_SETFL, O_NONBLOCK) != 0) {
		close(ends[0]);
		return ERR_IO;
	}
	*fd = ends[0];
	return 0;
}
