/* pri_overread_test.c: libpri's readers of information elements look at octets that a short element does not have. Each such place
 * gets the frame that leads it beyond the frame's end, once with nothing behind the frame, which kills it, and once through the
 * port as it is: there it finds what pri_port.c has put behind every frame, within libpri's own buffer, and goes nowhere else.
 *
 * q921_receive() of this program stands before libpri's, and moves the frame to the end of the memory that there is. */
#include <dlfcn.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "tests/unit/pri_peer.h"

enum { LIBPRI_BUFFER = 1024, PAGE = 4096, FCS = 2, KILLED = SIGSEGV };

static uint8_t *end_of_memory;
static bool nothing_behind;
static int frames_seen;

typedef void *(*receiver)(void *pri, void *frame, int len);
void *q921_receive(void *pri, void *frame, int len);

void *q921_receive(void *pri, void *frame, int len)
{
	static receiver libpris;
	size_t there = nothing_behind ? (size_t)len - FCS : LIBPRI_BUFFER;
	const uint8_t *octets = frame;

	if (libpris == NULL) {
		void *found = dlsym(RTLD_NEXT, "q921_receive");

		memcpy(&libpris, &found, sizeof(libpris));
	}
	frames_seen++;
	for (int i = len; i < LIBPRI_BUFFER; i++)
		if (octets[i] != 0xff)
			abort();                             /* of frames before, or of the stack */
	memcpy(end_of_memory - there, frame, there);
	return libpris(pri, end_of_memory - there, len);
}

static int set_up(void **state UNUSED)
{
	uint8_t *pages = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_true(pages != MAP_FAILED);
	assert_int_equal(mprotect(pages + PAGE, PAGE, PROT_NONE), 0);
	end_of_memory = pages + PAGE;
	return 0;
}

/* where: the reader. Its element is the message's last, and ends before what the reader looks for. */
static const struct site {
	const char *where;
	uint8_t type;
	bool in_call;                        /* the message is about the call, else it begins one */
	uint8_t octets[24];
	size_t len;
} sites[] = {
#define OF_CALL(where, type, ...) { where, type, true, { __VA_ARGS__ }, sizeof((const uint8_t[]){ __VA_ARGS__ }) }
#define OF_SETUP(where, ...) { where, SETUP, false, { BEARER, EXCLUSIVE(2), __VA_ARGS__ }, \
                               10 + sizeof((const uint8_t[]){ __VA_ARGS__ }) }
	OF_SETUP("calling number, octet 3a without an end", 0x6c, 0x02, 0x01, 0x03),
	OF_SETUP("redirecting number, octet 3a without an end", 0x74, 0x02, 0x01, 0x03),
	OF_CALL("connected number, octet 3a without an end", CONNECT_ACK, 0x4c, 0x02, 0x01, 0x03),
	OF_CALL("redirection number, octet 3a without an end", 0x6e, 0x76, 0x02, 0x01, 0x03),
	OF_CALL("bearer capability, octet 4", 0x7d, 0x04, 0x01, 0x80),
	OF_CALL("cause, octet 4 behind octet 3a", DISCONNECT, 0x08, 0x02, 0x00, 0x80),
	OF_CALL("cause, octet 4", 0x7d, 0x08, 0x01, 0x80),
	OF_SETUP("progress indicator, octet 4", 0x1e, 0x01, 0x80),
	OF_CALL("call state, no octet", 0x7d, 0x14, 0x00),
	OF_CALL("notification, no octet", 0x6e, 0x27, 0x00),
	OF_CALL("user-user, no octet", CONNECT_ACK, 0x7e, 0x00),
	OF_CALL("display, no octet", 0x6e, 0x28, 0x00),
	OF_SETUP("reverse charging, no octet", 0x4a, 0x00),
};

static void send(struct peer *r, const struct site *s)
{
	send_message(r, s->in_call ? 5 : 6, s->type, s->octets, s->len);
}

/* A port with a call up. */
static struct peer *in_a_call(void)
{
	struct peer *r = peer_new(0);

	send_setup(r, 5, BEARER, EXCLUSIVE(1), CALLED);
	assert_int_equal(r->offers, 1);
	assert_int_equal(pri_call_answer(r->offered.call), 0);
	exchange(r);
	return r;
}

/* What becomes of a process in which there is nothing behind the frame: 0, or the signal that ended it. */
static int with_nothing_behind(const struct site *s)
{
	int status = -1;
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0) {
		struct peer *r = in_a_call();

		signal(SIGSEGV, SIG_DFL);
		nothing_behind = true;
		send(r, s);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	return WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
}

static void whole_elements_need_nothing_behind_them(void **state UNUSED)
{
	static const struct site whole = OF_SETUP("", CALLED);

	assert_int_equal(with_nothing_behind(&whole), 0);
}

static void each_place_reads_beyond_its_frame(void **state UNUSED)
{
	for (size_t i = 0; i < ARRAY_LEN(sites); i++) {
		int ended = with_nothing_behind(&sites[i]);

		if (ended != KILLED)
			print_message("%s\n", sites[i].where);
		assert_int_equal(ended, KILLED);
	}
}

/* Behind the longest frame the padding is shortest. */
static void through_the_port_each_finds_padding_and_the_port_lives(void **state UNUSED)
{
	static uint8_t longest[TRUNK_FRAME_MAX];

	for (size_t i = 0; i < ARRAY_LEN(sites); i++) {
		struct peer *r = in_a_call();
		int seen = frames_seen, offers = r->offers;

		memset(longest, 0x31, sizeof(longest));          /* what must not shine through: digits */
		pri_port_receive(r->port, longest, sizeof(longest));
		send(r, &sites[i]);
		assert_true(frames_seen >= seen + 2);
		if (r->offers > offers) {
			assert_null(strchr(r->offered.caller, '1'));
			assert_null(strchr(r->offered.called, '1'));
		}
		assert_true(pri_port_up(r->port));
		offers = r->offers;
		send_setup(r, 9, BEARER, EXCLUSIVE(9), CALLED);
		assert_int_equal(r->offers, offers + 1);
		assert_string_equal(r->offered.called, "07012340001");
		peer_free(r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_elements_need_nothing_behind_them),
		cmocka_unit_test(each_place_reads_beyond_its_frame),
		cmocka_unit_test(through_the_port_each_finds_padding_and_the_port_lives),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
