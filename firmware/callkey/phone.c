#include "callkey/phone.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

#include "callkey/phone_view.h"
#include "callkey/table.h"
#include "json/json.h"
#include "lib/clock.h"

#define KEYS "0123456789*#"

enum { IN_SIZE = 256 << 10, KEYS_MAX = 64, CTRL_C = 3, CTRL_D = 4, LEAVE_MS = 3000, NORMAL = 16, EXIT_REFUSED = 1, EXIT_NOBODY = 3 };

struct client {
	int fd;
	char id[32];
	bool json, stdin_open, placed, connected, ended, failed;
	int cause;
	struct mono leave;                    /* when to go although the call has not ended; 0: not yet */
	char keys[KEYS_MAX];                  /* typed, not yet sent: the call is not connected */
	int key_count;
	char sent[KEYS_MAX];                  /* sent, and not yet pressed as the carrier tells it */
	int sent_count;
	char in[IN_SIZE];
	size_t in_len;
	struct phone_view view;
};

static volatile sig_atomic_t signalled;
static void on_signal(int signal UNUSED) { signalled = 1; }

/* ---- the terminal ---- */
static struct termios saved;
static bool is_raw;

static void terminal_back(void)
{
	if (is_raw)
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &saved);
	is_raw = false;
}

static void terminal_raw(void)
{
	struct termios raw;

	if (!isatty(STDIN_FILENO) || tcgetattr(STDIN_FILENO, &saved) != 0)
		return;
	raw = saved;
	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO | ISIG | IEXTEN);
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	is_raw = tcsetattr(STDIN_FILENO, TCSAFLUSH, &raw) == 0;
}

/* ---- commands ---- */
static void send_command(struct client *c, json_t *command)
{
	char *text = command != NULL ? json_dumps(command, JSON_COMPACT) : NULL;
	size_t len = text != NULL ? strlen(text) : 0;

	json_decref(command);
	if (text != NULL)
		text[len++] = '\n';           /* in the place of the NUL */
	for (size_t done = 0; done < len; ) {
		ssize_t n = send(c->fd, text + done, len - done, MSG_NOSIGNAL);

		if (n < 0 && errno != EINTR) {
			c->failed = true;
			break;
		}
		done += n > 0 ? (size_t)n : 0;
	}
	free(text);
}

static void place(struct client *c, const struct words *w)
{
	json_t *o = json_pack("{s:s, s:s, s:s, s:s, s:i}", "cmd", "call", "id", c->id, "caller", w->caller, "called", w->number,
	                      "timeout_s", 3600);
	const struct { const char *name, *value; } more[] = {
		{ "span", w->span }, { "screening", w->screening }, { "presentation", w->presentation },
		{ "diverted_from", w->diverted_from },
	};

	for (size_t i = 0; i < ARRAY_LEN(more); i++)
		if (more[i].value != NULL)
			json_object_set_new(o, more[i].name, json_string(more[i].value));
	if (w->overlap)
		json_object_set_new(o, "overlap", json_true());
	send_command(c, o);
}

static json_t *to_own_phone(const struct client *c, const char *command)
{
	return json_pack("{s:s, s:s}", "cmd", command, "id", c->id);
}

static void hang_up(struct client *c)
{
	if (c->leave.ns == 0)
		send_command(c, to_own_phone(c, "hangup"));
	/* Whoever asks twice does not want to wait. */
	c->leave = c->leave.ns == 0 ? mono_add_ms(clock_mono(), LEAVE_MS) : clock_mono();
}

static void press_waiting(struct client *c)
{
	for (int i = 0; i < c->key_count; i++) {
		char key[2] = { c->keys[i], '\0' };
		json_t *o = to_own_phone(c, "press");

		if (c->sent_count == KEYS_MAX)
			break;
		c->sent[c->sent_count++] = key[0];
		json_object_set_new(o, "keys", json_string(key));
		if (phone_view_is_secret(&c->view))
			json_object_set_new(o, "secret", json_true());
		send_command(c, o);
	}
	c->key_count = 0;
}

static void typed(struct client *c, char key)
{
	if (key == 'q' || key == CTRL_C || (key == CTRL_D && is_raw))
		hang_up(c);
	else if (key != '\0' && strchr(KEYS, key) != NULL && c->key_count < KEYS_MAX)
		c->keys[c->key_count++] = key;
}

static void read_keys(struct client *c)
{
	char buf[KEYS_MAX];
	ssize_t n = read(STDIN_FILENO, buf, sizeof(buf));

	if (n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN)) {
		c->stdin_open = false;
		if (is_raw)
			hang_up(c);           /* the terminal is gone */
	}
	for (ssize_t i = 0; i < n; i++)
		typed(c, buf[i]);
	if (c->connected)
		press_waiting(c);
}

/* ---- events ---- */
static const char *text_of(const json_t *o, const char *name)
{
	const char *s = json_string_value(json_object_get(o, name));

	return s != NULL ? s : "";
}

static void show_pressed(struct client *c, const json_t *e, int64_t t_ms)
{
	int n = (int)json_integer_value(json_object_get(e, "count"));

	if (n < 0 || n > c->sent_count)
		n = c->sent_count;
	phone_view_pressed(&c->view, t_ms, json_is_true(json_object_get(e, "secret")) ? NULL : c->sent, n);
	memmove(c->sent, c->sent + n, (size_t)(c->sent_count - n));
	c->sent_count -= n;
}

static void show_end(struct client *c, const json_t *e, int64_t t_ms)
{
	const char *by = text_of(e, "by");

	phone_view_note(&c->view, t_ms, "ended: %s hung up, cause %d%s", strcmp(by, "phone") == 0 ? "you" : strcmp(by, "line") == 0 ?
	                "the line" : "the appliance", c->cause, c->connected ? "" : " (never connected)");
}

static void on_event(struct client *c, const json_t *e)
{
	const char *what = text_of(e, "ev");
	int64_t t_ms = json_integer_value(json_object_get(e, "t_ms"));

	if (strcmp(what, "connected") == 0) {
		if (!c->json)
			phone_view_note(&c->view, t_ms, "connected");
		c->connected = true;
		press_waiting(c);
	} else if (strcmp(what, "ended") == 0) {
		c->ended = true;
		c->cause = (int)json_integer_value(json_object_get(e, "cause"));
		if (!c->json)
			show_end(c, e, t_ms);
	} else if (strcmp(what, "heard") == 0) {
		/* Also with --json: what is pressed next is secret or not by it. */
		phone_view_heard(&c->view, t_ms, text_of(e, "prompt"), text_of(e, "voice"));
	} else if (strcmp(what, "pressed") == 0) {
		show_pressed(c, e, t_ms);
	} else if (strcmp(what, "setup") == 0 && !c->json) {
		phone_view_note(&c->view, t_ms, "dialled on %s, channel %d", text_of(e, "span"),
		                (int)json_integer_value(json_object_get(e, "slot")));
	} else if (strcmp(what, "alerting") == 0 && !c->json) {
		phone_view_note(&c->view, t_ms, "ringing");
	}
}

static void refused(struct client *c, const json_t *answer)
{
	char why[JSON_WHERE_SIZE + JSON_WHY_SIZE];

	text_clean(text_of(answer, "why"), why, sizeof(why));
	fprintf(stderr, "callkey phone: the carrier refused: %s\n", why);
	c->failed = c->failed || !c->placed;
}

static void on_line(struct client *c, const char *text, size_t len)
{
	struct json_fault fault;
	json_t *o = NULL;

	if (json_read_strict(text, len, &o, &fault) != 0) {
		fprintf(stderr, "callkey phone: what the carrier says is no JSON object: %s\n", fault.why);
		c->failed = true;
		return;
	}
	if (c->json)
		printf("%.*s\n", (int)len, text);
	if (strcmp(text_of(o, "ev"), "ok") == 0)
		c->placed = true;
	else if (strcmp(text_of(o, "ev"), "error") == 0)
		refused(c, o);
	else
		on_event(c, o);
	json_decref(o);
	fflush(stdout);
}

static void read_lines(struct client *c)
{
	ssize_t n = recv(c->fd, c->in + c->in_len, sizeof(c->in) - c->in_len, 0);
	size_t start = 0;
	char *end;

	if (n < 0 && errno == EINTR)
		return;
	if (n <= 0) {
		fputs("callkey phone: the carrier is gone\n", stderr);
		c->failed = true;
		return;
	}
	c->in_len += (size_t)n;
	while (!c->ended && (end = memchr(c->in + start, '\n', c->in_len - start)) != NULL) {
		on_line(c, c->in + start, (size_t)(end - c->in) - start);
		start = (size_t)(end - c->in) + 1;
	}
	memmove(c->in, c->in + start, c->in_len - start);
	c->in_len -= start;
}

static bool wants_to_go(const struct client *c)
{
	return c->ended || c->failed || (c->leave.ns != 0 && clock_mono().ns >= c->leave.ns);
}

static void run(struct client *c)
{
	while (!wants_to_go(c)) {
		struct pollfd p[2] = { { c->fd, POLLIN, 0 }, { c->stdin_open ? STDIN_FILENO : -1, POLLIN, 0 } };
		int n = poll(p, ARRAY_LEN(p), c->leave.ns != 0 ? 100 : -1);

		if (signalled) {
			signalled = 0;
			hang_up(c);
		}
		if (n <= 0)
			continue;
		if (p[0].revents != 0)
			read_lines(c);
		if (p[1].revents != 0 && !c->failed)
			read_keys(c);
	}
}

static int connect_to(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd;

	if (strlen(path) >= sizeof(address.sun_path)) {
		fprintf(stderr, "callkey phone: %s: a socket's path has at most %zu bytes\n", path, sizeof(address.sun_path) - 1);
		return -1;
	}
	strcpy(address.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	fprintf(stderr, "callkey phone: no carrier at %s (%s)\nThe sandbox has one: start it with make run, or say which with --carrier "
	        "SOCKET.\n", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return -1;
}

int phone_run(const struct words *w, const char *carrier_socket, const char *prompts_dir)
{
	static struct client c;
	struct sigaction act = { .sa_handler = on_signal };
	FILE *nowhere = NULL;

	c.fd = connect_to(carrier_socket);
	if (c.fd < 0)
		return EXIT_NOBODY;
	sigaction(SIGINT, &act, NULL);
	sigaction(SIGTERM, &act, NULL);
	sigaction(SIGHUP, &act, NULL);
	snprintf(c.id, sizeof(c.id), "terminal-%d", (int)getpid());
	c.json = w->json;
	c.stdin_open = true;
	if (w->json)
		nowhere = fopen("/dev/null", "w");
	phone_view_open(&c.view, nowhere != NULL ? nowhere : stdout, !w->json && isatty(STDOUT_FILENO), prompts_dir);
	terminal_raw();
	if (!w->json)
		printf("%s calls %s.  Keys: 0-9 * #   hang up: q or Ctrl-C\n", w->caller, w->number);
	place(&c, w);
	run(&c);
	phone_view_close(&c.view);
	terminal_back();
	if (nowhere != NULL)
		fclose(nowhere);
	close(c.fd);
	return c.ended && c.connected && c.cause == NORMAL ? 0 : EXIT_REFUSED;
}
